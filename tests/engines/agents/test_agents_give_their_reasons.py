"""Trust, causes, forecasts, advice and budgets: each says what it stands on, or says nothing."""

import numpy as np
import polars as pl
import pytest

from diapason.engines.agents.advising import Aim, Movable, advise
from diapason.engines.agents.believing import Known, believe
from diapason.engines.agents.causes import ranked
from diapason.engines.agents.foresight import foresee, reaches
from diapason.engines.agents.judging import Run, detection, no_worse
from diapason.engines.agents.teams import Supervisor
from diapason.engines.trust import judge, learnt
from diapason.vocabulary.acting import Envelope
from diapason.vocabulary.trust import Trust

LEVELS = {Trust.GOOD: 0, Trust.DOUBTFUL: 1, Trust.BAD: 2}


def test_a_row_is_trusted_on_the_line_as_in_a_file() -> None:
    """The same rules as `predict` has, in one stroke."""
    draw = np.random.default_rng(0)
    learning = draw.normal(size=(400, 5))
    learning[:, 3][draw.random(400) < 0.7] = np.nan
    learning[:, 2][draw.random(400) < 0.1] = np.nan
    learning[:, 4] = 1.0
    names = [f"t{i}" for i in range(5)]
    ranges = learnt(pl.DataFrame(dict(zip(names, learning.T, strict=True))).fill_nan(None))
    known = Known.of(names, [(r.name, r.low, r.high, r.missing) for r in ranges])
    new = draw.normal(0, 3, (2000, 5)) * draw.choice([0.3, 1, 4], (2000, 1))
    new[draw.random((2000, 5)) < 0.2] = np.nan
    new[::2, 4], new[:700] = 1.0, np.where(np.isnan(new[:700]), 1.0, np.clip(new[:700], -2, 2))
    new[:700, 4] = 1.0
    levels, _ = judge(pl.DataFrame(dict(zip(names, new.T, strict=True))).fill_nan(None), ranges)
    assert believe(new, known).tolist() == [LEVELS[level] for level in levels]
    assert len(set(believe(new, known).tolist())) == 3


def test_what_moved_first_is_suspected_first() -> None:
    """Two tags made the alarm alike; the one that left its place earlier is named first."""
    made = np.abs(np.random.default_rng(0).normal(0, 0.01, (60, 4)))
    made[30:, 2] += np.linspace(0.1, 1.0, 30)
    made[50:, 1] += np.linspace(0.1, 1.1, 10)
    causes = ranked(("a", "b", "c", "d"), made)
    assert [c.tag for c in causes] == ["c", "b"]
    assert causes[0].rows_before > causes[1].rows_before
    assert sum(c.share for c in causes) == pytest.approx(1, abs=0.05)
    assert ranked(("a",), np.zeros((5, 1))) == ()


def test_a_forecast_stands_beside_as_it_is_now() -> None:
    """Where the past tells, the trend speaks; where it does not, things stay as they are; few rows say nothing."""
    draw = np.random.default_rng(0)
    steps = np.zeros(300)
    for i in range(1, 300):
        steps[i] = 0.9 * steps[i - 1] + draw.normal()
    moving = foresee(np.cumsum(steps), 5)
    assert moving is not None
    assert moving.by == "trend"
    assert moving.error < 0.8 * moving.as_now
    walk = foresee(np.cumsum(draw.normal(size=300)), 5)
    assert walk is not None
    assert walk.low < walk.value < walk.high
    assert walk.error <= walk.as_now
    assert foresee(np.arange(10.0), 3) is None
    ahead = reaches(np.arange(60.0) + draw.normal(0, 0.5, 60), 80)
    assert ahead.low <= ahead.likely <= ahead.high
    assert ahead.likely == pytest.approx(21, abs=3)
    assert np.isinf(reaches(-np.arange(60.0), 80).likely)


def bounds(**other: float) -> Envelope:
    return Envelope("m", "sp", "Cel", **{"low": 0, "high": 10, "step": 2, "rate": 2, "dwell": 60, "daily": 5, **other})


def test_advice_stays_inside_and_is_worth_it() -> None:
    """Inside the envelope, the step and what the model has seen; nothing where gain is small or a bound is broken."""
    row = np.array([5.0, 1.0])
    movable = [Movable(0, bounds(), 0.0, 6.5)]

    def model(rows: np.ndarray) -> np.ndarray:
        return 100 - 4 * rows[:, 0]

    best = advise(row, movable, model, Aim("low"), errors=(-1, 1), least=1.0)
    assert best is not None
    assert (best.old, best.new) == (5.0, 6.5)
    assert (best.now, best.then, best.low, best.high) == (80, 74, 73, 75)
    assert advise(row, movable, model, Aim("low"), errors=(-1, 1), least=10.0) is None
    assert advise(row, movable, model, Aim("low", least=74.5), errors=(-1, 1), least=1.0).new < 6.5
    assert advise(row, movable, model, Aim("low", least=90), errors=(-1, 1), least=1.0) is None
    assert advise(np.array([np.nan, 1]), movable, model, Aim("low"), errors=(-1, 1), least=1.0) is None
    near = advise(row, movable, model, Aim("near", 78.0), errors=(-1, 1), least=0.5)
    assert near.new == pytest.approx(5.5, abs=0.2)


def test_a_group_keeps_its_budget_and_one_hand_on_a_tag() -> None:
    """A second agent waits, a spent budget says so, and who can't see hands over."""
    boss = Supervisor({"a": 2}, group=3, hold=100, successors={"m": ("a", "b")})
    assert boss.asks("a", "m", "t", 0).allowed
    assert "leads" in boss.asks("b", "m", "u", 1).why.en
    boss.sees("a", well=False)
    assert "in hand" in boss.asks("b", "m", "t", 2).why.en
    boss.lets_go("a", "m", "t")
    assert boss.asks("b", "m", "t", 3).allowed
    boss.sees("a", well=True)
    assert boss.asks("a", "m", "u", 4).allowed
    assert "its budget is 2" in boss.asks("a", "m", "v", 5).why.en
    assert "group" in boss.asks("c", "n", "t", 6).why.en
    assert boss.asks("a", "m", "t", 86_400_000_000 + 500).allowed


def test_detection_is_counted_with_its_doubt() -> None:
    """Delay from the first abnormal row, misses of events, false episodes per day of normal operation."""
    at = np.arange(0, 86_400, 60.0)
    abnormal = np.zeros(len(at), bool)
    abnormal[[*range(100, 200), *range(500, 600)]] = True
    alarm = np.zeros(len(at), bool)
    alarm[105:200] = alarm[300:305] = alarm[800] = True
    found = detection([Run(at, alarm, abnormal)])
    assert (found.delay, found.misses, found.false_alarms) == (300.0, 1, 2)
    assert found.asset_days == pytest.approx((len(at) - 200) * 60 / 86_400)
    rate, low, high = found.false_rate()
    assert low < rate < high
    assert found.miss_rate()[0] == 0.5
    assert no_worse(found, found)
    assert not no_worse(found, detection([Run(at, abnormal, abnormal)]))
