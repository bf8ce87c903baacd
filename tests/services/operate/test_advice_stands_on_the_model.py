"""Set-point advice: inside the envelope, from what the model learnt, with the interval that it has shown."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from diapason.engines.agents import Crew, Known, Ticks
from diapason.engines.learning.recipes import linear
from diapason.engines.trust import margins
from diapason.errors import DataError
from diapason.services.operate.advising import advice
from diapason.services.operate.squads import Model, Squad
from diapason.vocabulary.acting import Envelope, Manifest
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.line import Packet
from diapason.vocabulary.tasks import Task

RULE = {"kind": "advise", "aim": "low", "gain": 0.5, "output": "residual", "unit": "%"}


@pytest.fixture(scope="module")
def squad() -> Squad:
    """An agent of a reactor: residual = 10 - 0.8 SP + 0.5 F, seen with SP from 0 to 10."""
    draw = np.random.default_rng(0)
    x = np.column_stack([draw.uniform(0, 10, 600), draw.normal(5, 1, 600)])
    y = 10 - 0.8 * x[:, 0] + 0.5 * x[:, 1] + draw.normal(0, 0.1, 600)
    frame = pl.DataFrame({"SP": x[:, 0], "F": x[:, 1]})
    learnt = linear.recipe.fit(
        Examples(Task.REGRESSION, frame, y, np.arange(600)), linear.recipe.settings(Task.REGRESSION)[1], 0
    )
    known = Known.of(("SP", "F"), [("SP", 0.0, 10.0, 0.0), ("F", 1.0, 9.0, 0.0)])
    error = draw.normal(0, 0.1, 200)
    shown = margins(y[:200], y[:200] - error)
    model = Model("reactor@1", "d", Task.REGRESSION, linear.recipe, learnt, ("SP", "F"), (), known, shown)
    bounds = Envelope("R-1", "R-1/SP", "Cel", low=2, high=8, step=1.5, rate=2, dwell=60, daily=10)
    one = Manifest("r-1-advice", 1, "", "wang", "2099-01-01T00:00:00+00:00", "R-1", "reactor@1", (), (bounds,))
    crew = Crew(["r-1-advice"], lambda who: linear.recipe.stream(learnt, ["R-1"] * len(who)), known, alarms=False)
    ticks = Ticks(1, 2, lambda _a, t: (0, ("SP", "F").index(t)))
    return Squad("k", (one,), ("SP", "F"), {}, crew, ticks, model)


def sees(squad: Squad, sp: float, f: float, at: int) -> None:
    packet = Packet("R-1", ("SP", "F"), np.array([sp, f]), np.full(2, at * 1_000_000), np.zeros(2, np.uint8), 0)
    for decided in squad.take([packet]):
        assert len(decided.rows) == 1


def test_the_best_step_with_its_effect(squad: Squad) -> None:
    """As far as one step goes, and what comes of it lies in the interval that the model has shown."""
    sees(squad, 5.0, 5.0, 1)
    found = advice(squad, 0, RULE)
    assert found is not None
    said, effect = found
    assert (said.tag, said.old, said.new) == ("R-1/SP", 5.0, 6.5)
    assert effect.low < 10 - 0.8 * 6.5 + 2.5 < effect.high
    assert (effect.tag, effect.unit) == ("residual", "%")
    assert said.gain == pytest.approx(1.2, abs=0.1)


def test_no_advice_where_none_is_worth_it(squad: Squad) -> None:
    """At the edge of the envelope, for a gain that is asked to be larger, without trust, without an interval."""
    sees(squad, 8.0, 5.0, 2)
    assert advice(squad, 0, RULE) is None
    sees(squad, 5.0, 5.0, 3)
    assert advice(squad, 0, {**RULE, "gain": 2.0}) is None
    assert squad.model is not None
    blind = replace(squad, model=replace(squad.model, margins=margins([], [])))
    assert advice(blind, 0, RULE) is None
    sees(squad, 5.0, 50.0, 4)
    assert squad.crew.trust[0] == 2
    assert advice(squad, 0, RULE) is None


def test_asking_changes_nothing(squad: Squad) -> None:
    """What the model remembers of the line is the same before and after it was asked."""
    sees(squad, 5.0, 5.0, 5)
    before = {n: a.copy() for n, a in squad.crew.state().items()}
    advice(squad, 0, {**RULE, "ahead": 5})
    for name, array in squad.crew.state().items():
        np.testing.assert_array_equal(array, before[name])


@pytest.mark.parametrize(
    "rule", [{"kind": "advise"}, {**RULE, "aim": "near"}, {**RULE, "gain": "much"}, {**RULE, "colour": 1}]
)
def test_advice_that_cannot_be_is_refused(squad: Squad, rule: dict[str, object]) -> None:
    """With what is wrong and where."""
    with pytest.raises(DataError) as caught:
        advice(squad, 0, rule)
    assert caught.value.at == "r-1-advice@1"
