"""One topic, the clauses that ask for it in each regime, and what answers them all."""

from functools import cache

from diapason.knowledge.loader import load
from diapason.knowledge.sourced import Entry, Sourced

__all__ = ["FILE", "Crossing", "CrosswalkFile", "crosswalk"]

FILE = "programme/crosswalk.yaml"


class Crossing(Entry, frozen=True, kw_only=True):
    """One row of the crosswalk; a regime without a clause is an empty list."""

    cn: tuple[str, ...]
    iso: tuple[str, ...]
    eu: tuple[str, ...]
    artefacts: tuple[str, ...]


CrosswalkFile = Sourced[Crossing]


@cache
def crosswalk() -> tuple[Crossing, ...]:
    """All rows in order."""
    return load(FILE, CrosswalkFile).entries
