"""Incidents: the clocks of each regime, the Chinese grades, and the playbook."""

from functools import cache
from typing import Literal

from diapason.knowledge.facts import Condition
from diapason.knowledge.loader import Both, Titled, load
from diapason.knowledge.sourced import Entry, Regime

__all__ = ["FILE", "MOMENTS", "Clock", "Grade", "IncidentFile", "Phase", "clocks", "grades", "incidents", "playbook"]

FILE = "programme/incidents.yaml"

MOMENTS = ("found", "handled", "fixed")
"""From when a clock may run: the incident was found, its handling has ended, a fix is there."""


class Clock(Entry, frozen=True, kw_only=True):
    """One report that falls due: so long after the event, to whom, with what. A month is a calendar month.

    `tells` is missing where we do not know it. It runs where all of `when` holds, on top of the rules that name it.
    `begins` is one of `MOMENTS`, or the id of the clock whose report starts it.
    """

    regime: Regime
    event: Both
    starts: Both
    begins: str
    when: tuple[Condition, ...] = ()
    within: float
    unit: Literal["hour", "day", "month"]
    tells: Both | None = None
    reports: Both
    basis: str


class Grade(Entry, frozen=True, kw_only=True):
    """One grade of the Chinese incident measures; any bound that is met is enough.

    `unknown` names the fields that were not verified in the final text; they are not zero, they are unknown.
    """

    rank: int
    personal_records_at_least: int | None = None
    loss_yuan_at_least: int | None = None
    whole_stop_hours_at_least: float | None = None
    main_stop_hours_at_least: float | None = None
    must_report: bool
    unknown: tuple[str, ...] = ()


class Phase(Entry, frozen=True, kw_only=True):
    """One phase of the playbook and its steps, in order."""

    steps: tuple[Both, ...]


class IncidentFile(Titled, frozen=True, kw_only=True):
    """The whole file."""

    clocks: tuple[Clock, ...]
    grades: tuple[Grade, ...]
    playbook: tuple[Phase, ...]


@cache
def incidents() -> IncidentFile:
    """Everything in the file, with its source."""
    return load(FILE, IncidentFile)


def clocks() -> dict[str, Clock]:
    """The clocks by id."""
    return {clock.id: clock for clock in incidents().clocks}


def grades() -> tuple[Grade, ...]:
    """The grades, gravest first."""
    return incidents().grades


def playbook() -> tuple[Phase, ...]:
    """Detect, contain, recover, report."""
    return incidents().playbook
