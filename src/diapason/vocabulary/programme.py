"""What a programme files of each workspace, and how it looks at all of them."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["AXES", "Axis", "Filed", "Line", "Row"]

Axis = Literal["sector", "region", "month"]
AXES: tuple[Axis, ...] = ("sector", "region", "month")
"""By what totals are kept."""


@dataclass(frozen=True, slots=True)
class Line:
    """One candidate of a counter, or one item of an appraisal, in one workspace."""

    what: str  # "dataset", "annex2:13"
    name: str  # "furnace"; "" for an appraised item
    state: str  # "accepted", "refused", "level 2"
    same: str = ""  # digest by which the same thing is known elsewhere; counted once
    since: str = ""  # since when it is there: of equals the oldest counts


@dataclass(frozen=True, slots=True)
class Filed:
    """Everything that one reading of a workspace's ledger gave."""

    key: str  # key id of the workspace
    workspace: str
    day: str  # of the reading, ISO 8601
    seq: int  # entries of its ledger
    lines: tuple[Line, ...]
    sector: str = ""  # "" = not said
    region: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One number of a view."""

    what: str
    state: str
    at: tuple[str, ...]  # values of the axes that were asked for, in their order
    number: int
