"""The calendar: from when which duty binds whom."""

from datetime import date
from functools import cache

from diapason.knowledge.loader import Both, load
from diapason.knowledge.sourced import Entry, Regime, Sourced

__all__ = ["FILE", "DateFile", "Day", "dates"]

FILE = "programme/dates.yaml"


class Day(Entry, frozen=True, kw_only=True):
    """One date, what begins or ends on it, and for whom."""

    date: date
    for_whom: Both
    regimes: tuple[Regime, ...]
    basis: str


DateFile = Sourced[Day]


@cache
def dates() -> tuple[Day, ...]:
    """All dates, earliest first."""
    return tuple(sorted(load(FILE, DateFile).entries, key=lambda day: day.date))
