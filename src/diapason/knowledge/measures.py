"""The seven tasks, 21 measures and safeguards of the programme, from `programme/measures.yaml`."""

from functools import cache

from diapason.knowledge.loader import Both, Titled, load
from diapason.knowledge.sourced import Marked

__all__ = ["FILE", "Measure", "MeasureFile", "Safeguard", "Task", "measure_file", "measures", "safeguards", "tasks"]

FILE = "programme/measures.yaml"


class Task(Marked, frozen=True, kw_only=True):
    """One of the seven tasks."""

    number: int
    title: Both


class _Asked(Marked, frozen=True, kw_only=True):
    """What the programme asks for, what software can do about it and what it can't.

    `software_can` is false where nothing of it is for software; then `not_for_software` says why. It also stands
    beside a true `software_can` where a part is not for software.
    """

    title: Both
    asks: Both
    software: Both | None = None
    evidence: Both | None = None
    software_can: bool
    not_for_software: Both | None = None


class Measure(_Asked, frozen=True, kw_only=True):
    """One of the 21 measures; `title.zh` is the official name."""

    number: int
    task: int


class Safeguard(_Asked, frozen=True, kw_only=True):
    """One of the safeguards; the document does not number them, the ids are ours."""

    id: str


class MeasureFile(Titled, frozen=True, kw_only=True):
    """The whole file; `ours` names the fields that are always our proposal."""

    ours: tuple[str, ...]
    tasks: tuple[Task, ...]
    measures: tuple[Measure, ...]
    safeguards: tuple[Safeguard, ...]


@cache
def measure_file() -> MeasureFile:
    """Everything in the file, with its source."""
    return load(FILE, MeasureFile)


def tasks() -> tuple[Task, ...]:
    """The seven tasks in order."""
    return measure_file().tasks


def measures() -> tuple[Measure, ...]:
    """The 21 measures in order."""
    return measure_file().measures


def safeguards() -> tuple[Safeguard, ...]:
    """The safeguards in order."""
    return measure_file().safeguards
