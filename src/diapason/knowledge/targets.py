"""What the programme counts by 2027, and later numbers, from `programme/targets.yaml`."""

from datetime import date
from functools import cache
from typing import Literal

from diapason.knowledge.loader import Both, Titled, load
from diapason.knowledge.sourced import Entry

__all__ = ["FILE", "Counter", "CounterName", "Target", "TargetFile", "counters", "target_file", "targets"]

FILE = "programme/targets.yaml"

CounterName = Literal["agent", "dataset", "scenario", "enterprise", "general_model", "provider", "none"]


class Counter(Entry, frozen=True, kw_only=True):
    """One thing that is counted, and what must be proved before one more is counted."""

    counts_when: Both


class Target(Entry, frozen=True, kw_only=True):
    """One number the programme names; both bounds are missing where the document gives none."""

    counts: Both
    counter: CounterName
    low: int | None = None
    high: int | None = None
    by: date
    where: Literal["nation", "province", "city", "state_enterprise"] = "nation"
    document: str


class TargetFile(Titled, frozen=True, kw_only=True):
    """The whole file; `ours` names the fields that are always our proposal."""

    ours: tuple[str, ...]
    counters: tuple[Counter, ...]
    entries: tuple[Target, ...]


@cache
def target_file() -> TargetFile:
    """Everything in the file, with its source."""
    return load(FILE, TargetFile)


def targets() -> tuple[Target, ...]:
    """All targets, those of the opinion first."""
    return target_file().entries


def counters() -> dict[str, Counter]:
    """What is counted, by the counter's name."""
    return {counter.id: counter for counter in target_file().counters}
