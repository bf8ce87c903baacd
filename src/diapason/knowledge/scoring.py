"""Measures of a dataset in three standards, each bound to a calculation here, and how indicators turn into points."""

from functools import cache
from typing import Literal

import msgspec

from diapason.knowledge.loader import Both, Titled, load
from diapason.knowledge.sourced import Marked

__all__ = ["FILE", "POINTS", "Family", "MeasureFile", "Named", "Part", "PointFile", "Repair", "measures", "points"]

FILE = "programme/data_measures.yaml"
POINTS = "programme/points.yaml"


class Named(Marked, frozen=True, kw_only=True):
    """One measure of a standard: the calculation that gives it, or why there is none here."""

    id: str
    group: str  # id of its group
    title: Both
    how: str = ""  # name of a calculation
    better: Literal["higher", "lower"] = "higher"
    not_for: Both | None = None  # means nothing for tables of readings
    untested: Both | None = None  # could be known, but not from what a workspace holds

    def __post_init__(self) -> None:
        if sum((bool(self.how), self.not_for is not None, self.untested is not None)) != 1:
            raise ValueError(f"{self.id} needs one of: how, not_for, untested")


class Group(Marked, frozen=True, kw_only=True):
    """A characteristic, or a first-level indicator."""

    id: str
    title: Both


class Family(Marked, frozen=True, kw_only=True):
    """One standard with its measures."""

    id: str
    standard: str
    title: Both
    groups: tuple[Group, ...]
    measures: tuple[Named, ...]


class MeasureFile(Titled, frozen=True, kw_only=True):
    """The whole file; formulas are our reading."""

    families: tuple[Family, ...]


class Part(Marked, frozen=True, kw_only=True):
    """What an indicator's points are made of: calculations in equal parts, each from 0 to 1, higher is better."""

    code: str
    of: tuple[str, ...] = ()
    sub: tuple[str, ...] = ()  # sub-indicators that count with these, as codes
    title: Both  # how it turns into points, in words


class SubPart(Marked, frozen=True, kw_only=True):
    """The calculation of one of our own sub-indicators."""

    code: str
    how: str


class Repair(Marked, frozen=True, kw_only=True):
    """Which indicator a repair speaks of: what it gains, its defect has cost."""

    treatment: str
    indicator: str


class PointFile(Titled, frozen=True, kw_only=True):
    """The whole file; all of it is ours."""

    ours: tuple[str, ...]
    indicators: tuple[Part, ...]
    sub_indicators: tuple[SubPart, ...]
    repairs: tuple[Repair, ...] = msgspec.field(default=())


@cache
def measures() -> tuple[Family, ...]:
    """The standards in the file's order."""
    return load(FILE, MeasureFile).families


@cache
def points() -> PointFile:
    """How indicators turn into points."""
    return load(POINTS, PointFile)
