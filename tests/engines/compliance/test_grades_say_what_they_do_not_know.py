"""Incident grades: a bound that nobody verified is unknown, never zero; clocks count calendar months."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diapason.engines.compliance.grades import Bound, Grade, after, graded

GRADES = (
    Grade("gravest", (Bound("records", 100), Bound("loss", 100), Bound("stop", 6))),
    Grade("major", (Bound("records", 10), Bound("loss", 20), Bound("stop", None))),
    Grade("ordinary", ()),
)


@pytest.mark.parametrize(
    ("numbers", "surely", "perhaps", "ask"),
    [
        ({}, "ordinary", "gravest", ("records", "loss", "stop")),
        ({"records": 0, "loss": 0, "stop": 0}, "ordinary", "ordinary", ()),
        ({"records": 0, "loss": 0, "stop": 2}, "ordinary", "major", ("stop",)),
        ({"records": 10}, "major", "gravest", ("loss", "stop")),
        ({"records": 10, "loss": 0, "stop": 1}, "major", "major", ()),
        ({"stop": 6}, "gravest", "gravest", ()),
    ],
)
def test_a_grade_is_said_as_far_as_it_is_known(
    numbers: dict[str, float], surely: str, perhaps: str, ask: tuple[str, ...]
) -> None:
    """An hour of stop under a bound that nobody knows may be the graver grade."""
    found = graded(GRADES, numbers)
    assert (found.surely, found.perhaps, found.ask) == (surely, perhaps, ask)
    assert found.known == (surely == perhaps)


@given(st.fixed_dictionaries({m: st.integers(0, 200) for m in ("records", "loss", "stop")}), st.data())
def test_a_number_that_is_not_known_never_makes_it_lighter(numbers: dict[str, float], data: st.DataObject) -> None:
    """Without it, the gravest that may be is at least as grave."""
    gone = data.draw(st.sampled_from(sorted(numbers)))
    order = [g.id for g in GRADES]
    less = graded(GRADES, {k: v for k, v in numbers.items() if k != gone})
    assert order.index(less.perhaps) <= order.index(graded(GRADES, numbers).perhaps)
    assert order.index(less.surely) >= order.index(graded(GRADES, numbers).surely)


@pytest.mark.parametrize(
    ("within", "unit", "end"),
    [
        (1, "hour", datetime(2026, 1, 31, 13, tzinfo=UTC)),
        (30, "day", datetime(2026, 3, 2, 12, tzinfo=UTC)),
        (1, "month", datetime(2026, 2, 28, 12, tzinfo=UTC)),
        (12, "month", datetime(2027, 1, 31, 12, tzinfo=UTC)),
    ],
)
def test_clocks_run_out_when_the_calendar_says(within: float, unit: str, end: datetime) -> None:
    """Hours, days, and calendar months."""
    assert after(datetime(2026, 1, 31, 12, tzinfo=UTC), within, unit) == end
