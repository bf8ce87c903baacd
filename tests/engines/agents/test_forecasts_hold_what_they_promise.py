"""Forecasts and times to a limit: nine in ten come as told, on series that are known to be hard; and what is kept."""

import numpy as np
import pytest
from scipy.signal import lfilter

from diapason.engines.agents import Rule, Trails, foresee, parsed, reaches
from diapason.errors import DataError


def alike(draw: np.random.Generator, n: int, phi: float, size: float = 1.0) -> np.ndarray:
    """Noise whose rows follow one another, by so much."""
    return np.asarray(lfilter([1.0], [1.0, -phi], draw.normal(0, size, n + 100)))[100:]


SERIES = {
    "noise": lambda draw, n: alike(draw, n, 0.0),
    "slow noise": lambda draw, n: alike(draw, n, 0.8),
    "slower noise": lambda draw, n: alike(draw, n, 0.95),
    "a walk": lambda draw, n: np.cumsum(draw.normal(size=n)),
    "a trend": lambda draw, n: 0.05 * np.arange(n) + alike(draw, n, 0.8, 0.3),
}


@pytest.mark.parametrize("series", SERIES)
@pytest.mark.parametrize(("n", "steps"), [(64, 4), (128, 8)])
def test_nine_in_ten_values_lie_in_their_interval(series: str, n: int, steps: int) -> None:
    """Of 300 series that were not used to make the interval; 0.85 is three standard errors below 0.9."""
    draw, inside = np.random.default_rng(3), 0
    for _ in range(300):
        x = SERIES[series](draw, n + steps)
        found = foresee(x[:n], steps)
        assert found is not None
        inside += found.low <= x[n - 1 + steps] <= found.high
    assert inside / 300 >= 0.85


@pytest.mark.parametrize("phi", [0.0, 0.5, 0.8])
@pytest.mark.parametrize("down", [False, True])
def test_a_limit_is_reached_when_it_was_told(phi: float, down: bool) -> None:
    """The first row beyond the limit comes within the interval, as often as is promised, upwards and downwards."""
    draw, right, sign = np.random.default_rng(4), 0, -1.0 if down else 1.0
    for _ in range(300):
        x = sign * (0.1 * np.arange(700) + alike(draw, 700, phi, 0.5))
        told = reaches(x[:60], sign * 12.0)
        first = np.argmax(sign * x[60:] >= 12.0) + 1
        right += told.low <= first <= told.high
    assert right / 300 >= 0.85


@pytest.mark.parametrize("quickens", [15, 60])
@pytest.mark.parametrize("ahead", [10, 30, 60])
def test_what_quickens_is_not_told_too_late(quickens: int, ahead: int) -> None:
    """Wear grows by itself: a straight line would promise too much time. Fewer than one in six come before they are
    told, whatever the noise; rows from now, e-fold within so many rows."""
    draw, late = np.random.default_rng(7), 0
    for k in range(200):
        rows = np.arange(700) - 60.0
        x = 10 * np.exp((rows - ahead) / quickens) + alike(draw, 700, 0.8 * (k % 2), 0.1)
        late += int(np.argmax(x[61:] >= 10.0) + 1 < reaches(x[:61], 10.0).low)
    assert late / 200 < 1 / 6


def test_what_is_no_trend_reaches_nothing() -> None:
    """Of calm series fewer than one in ten has a limit in sight, of short ones none, nor one that is left behind."""
    draw = np.random.default_rng(5)
    told = [np.isfinite(reaches(alike(draw, 60, phi), 40.0).high) for phi in (0.0, 0.8) for _ in range(200)]
    assert np.mean(told) < 0.1
    assert np.isinf(reaches(np.arange(30.0), 80).likely)
    assert np.isinf(reaches(np.arange(60.0), 50.0).likely)


def test_a_trail_keeps_means_and_grows_coarser() -> None:
    """Seconds become twos, then fours, up to the widest; what was seen keeps its mean, a gap stays one."""
    trails = Trails([4.0, 1.0])
    seconds = np.arange(700.0)
    for s in seconds:
        if not 300 <= s < 340:
            trails.add(np.array([s, s]), np.array([s, 7.0]))
    assert trails.spacing.tolist() == [4.0, 1.0]
    slow, quick = trails.history(0), trails.history(1)
    assert len(slow) <= 128
    assert len(quick) == 128
    assert np.nansum(np.isnan(slow)) == pytest.approx(10, abs=1)
    known = slow[np.isfinite(slow)]
    assert np.median(np.diff(known)) == 4.0
    assert known[-1] == pytest.approx(697, abs=4)
    assert (quick == 7.0).all()


def test_a_trail_goes_on_after_a_restart() -> None:
    """The same as without one, for the series that are still there."""
    draw = np.random.default_rng(6)
    values = draw.normal(size=(300, 2))
    whole, first = Trails([8.0, 8.0]), Trails([8.0, 8.0])
    for s in range(300):
        whole.add(np.full(2, float(s)), values[s])
    for s in range(150):
        first.add(np.full(2, float(s)), values[s])
    second = Trails([8.0])
    second.restore(first.state(), [0], [1])
    for s in range(150, 300):
        second.add(np.array([float(s)]), values[s, 1:])
    np.testing.assert_allclose(second.history(0), whole.history(1))


def test_a_source_that_was_silent_for_days_is_taken_up_at_once() -> None:
    """The gap is as long as is remembered, and the next value is that of now."""
    trails = Trails([1.0])
    for s in (*range(60), *range(900_000, 900_050)):
        trails.add(np.array([float(s)]), np.array([5.0]))
    found = trails.history(0)
    assert len(found) == 128
    assert np.isfinite(found[-40:]).all()


def test_how_far_a_rule_looks_is_its_own_word() -> None:
    """Ten minutes unless it says so, not at all with 0, and nothing where a rule has no limit of its tag."""
    said = {"kind": "above", "tag": "T", "limit": 80}
    assert parsed(said, asset="").ahead == 600
    assert parsed({**said, "ahead": 0}, asset="").ahead == 0
    assert Rule("held", "T").ahead == 0
    for wrong in ({**said, "ahead": -1}, {**said, "ahead": 1e9}, {"kind": "held", "tag": "T", "after": 9, "ahead": 60}):
        with pytest.raises(DataError, match=r"ahead|foresees nothing") as caught:
            parsed(wrong, asset="", at="agents/a.yaml, field rules[0]")
        assert caught.value.at == "agents/a.yaml, field rules[0]"
