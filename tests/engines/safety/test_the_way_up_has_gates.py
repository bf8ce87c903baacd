"""How far an agent may go: enough clean decisions, nothing outside, no worse than who did it before."""

import math
from dataclasses import replace
from typing import Any

import pytest

from diapason.engines.safety import Response, foreseen, gates, rule_of_three
from diapason.vocabulary.acting import Autonomy, Shadow

WEEK = 7 * 86_400_000_000
GOOD = Shadow("a", "R", "t", "b", 300, 0, 0, WEEK, "operators", 0.1, -0.04, 0.2, 0.05)


def _missing(to: int, shadow: Shadow | None = GOOD, **other: Any) -> list[str]:
    facts = {"clean": 30, "twin": True, "budget": True} | other
    return [g.name for g in gates(Autonomy(to), shadow, **facts) if not g.holds]


CASES = [
    (3, {}, []),
    (2, {"shadow": None}, []),
    (3, {"shadow": None}, ["shadow"]),
    (3, {"shadow": replace(GOOD, decisions=299)}, ["shadow"]),
    (3, {"shadow": replace(GOOD, decisions=40, until=4 * WEEK)}, []),
    (3, {"shadow": replace(GOOD, decisions=0, until=5 * WEEK)}, ["shadow"]),
    (3, {"shadow": replace(GOOD, violations=1)}, ["violations"]),
    (3, {"shadow": replace(GOOD, low=-0.06)}, ["non-inferior"]),
    (3, {"shadow": replace(GOOD, low=math.nan)}, ["non-inferior"]),
    (3, {"shadow": replace(GOOD, margin=-1.0)}, ["non-inferior"]),
    (3, {"shadow": replace(GOOD, against="")}, ["non-inferior"]),
    (4, {}, []),
    (4, {"clean": 29}, ["advisory"]),
    (4, {"twin": False}, ["twin"]),
    (4, {"budget": False}, []),
    (5, {"budget": False}, ["budget"]),
    (5, {}, []),
]


@pytest.mark.parametrize(("to", "other", "missing"), CASES)
def test_a_gate_holds_only_with_its_evidence(to: int, other: dict[str, Any], missing: list[str]) -> None:
    assert _missing(to, **other) == missing
    assert all(g.said.en and g.said.zh for g in gates(Autonomy(to), None, clean=0, twin=False, budget=False))


def test_no_event_in_n_trials_bounds_the_rate() -> None:
    """The exact bound lies just under 3/n."""
    for n in (300, 3000, 100_000):
        assert 0.97 * 3 / n < rule_of_three(n) < 3 / n
        assert abs((1 - rule_of_three(n)) ** n - 0.05) < 1e-9
    assert (rule_of_three(0), rule_of_three(-1)) == (1.0, 1.0)


def test_a_response_foresees_a_range_that_holds_what_is_now() -> None:
    cold = Response("T", "Cel", gain=-1.0, doubt=0.5, lag=60.0, after=30.0, noise=0.2)
    soon, late = (foreseen([cold], 2.0, {"T": 120.0}, horizon)[0] for horizon in (30.0, math.inf))
    assert (soon.low, soon.high) == (119.8, 120.2)
    assert (late.low, late.high) == (116.8, 120.2)
    at_once = foreseen([replace(cold, lag=0.0, after=0.0, noise=0.0, doubt=0.0)], 2.0, {"T": 120.0}, 1.0)[0]
    assert (at_once.low, at_once.high) == (118.0, 120.0)
    assert math.isnan(foreseen([cold], 2.0, {}, 60.0)[0].low)
