"""The grade of an incident by numbers, some bounds of which nobody could verify; and clocks that run."""

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from diapason.engines.compliance.truth import Truth, every, some

__all__ = ["Bound", "Grade", "Graded", "after", "graded"]


@dataclass(frozen=True, slots=True)
class Bound:
    """One number that, when reached, is enough for a grade; `least` is None where the bound itself is not known."""

    measure: str
    least: float | None


@dataclass(frozen=True, slots=True)
class Grade:
    """One grade; without bounds it is what is left."""

    id: str
    bounds: tuple[Bound, ...]


@dataclass(frozen=True, slots=True)
class Graded:
    """The grade, or between which two it lies; gravest first in `why`."""

    surely: str  # the gravest grade that is reached for certain, or the least one
    perhaps: str  # the gravest that is not ruled out
    why: tuple[tuple[str, str, Truth], ...]  # grade, measure, whether its bound is reached
    ask: tuple[str, ...]  # measures that would settle it

    @property
    def known(self) -> bool:
        """Whether it is one grade."""
        return self.surely == self.perhaps


def graded(grades: Sequence[Grade], numbers: Mapping[str, float]) -> Graded:
    """Grade by the gravest bound that is reached.

    Args:
        grades: gravest first; the last is the least.
        numbers: what is known of the incident; an absent measure is not known, zero is known.

    >>> found = graded([Grade("major", (Bound("loss", 20.0),)), Grade("ordinary", ())], {"loss": 3.0})
    >>> found.surely, found.known
    ('ordinary', True)
    """
    told = {g.id: some(_reached(b, numbers) for b in g.bounds) for g in grades[:-1]}
    surely = next((g for g, truth in told.items() if truth is True), grades[-1].id)
    perhaps = next((g for g, truth in told.items() if truth is not False), grades[-1].id)
    why = tuple((g.id, b.measure, _reached(b, numbers)) for g in grades for b in g.bounds)
    between = [g.id for g in grades]
    between = between[between.index(perhaps) : between.index(surely)]
    ask = tuple(dict.fromkeys(m for g, m, truth in why if g in between and truth is None))
    return Graded(surely, perhaps, why, ask)


def after(start: datetime, within: float, unit: str) -> datetime:
    """When a clock that began at `start` runs out; a month is a calendar month, cut to its last day.

    >>> after(datetime(2026, 1, 31, 12), 1, "month")
    datetime.datetime(2026, 2, 28, 12, 0)
    """
    if unit != "month":
        return start + timedelta(**{f"{unit}s": within})
    months = start.month - 1 + int(within)
    year, month = start.year + months // 12, months % 12 + 1
    return start.replace(year=year, month=month, day=min(start.day, calendar.monthrange(year, month)[1]))


def _reached(bound: Bound, numbers: Mapping[str, float]) -> Truth:
    """Nothing lost or stopped reaches no bound, not even one that nobody knows."""
    number = numbers.get(bound.measure)
    if number is None:
        return None
    if bound.least is None:
        return False if number == 0 else None
    return every([number >= bound.least])
