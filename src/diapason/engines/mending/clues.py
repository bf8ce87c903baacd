"""What speaks against a cell: one clue per reason, and what the cell is held to be in the end."""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Clue", "Doubted"]


@dataclass(frozen=True, slots=True)
class Clue:
    """One reason to doubt one cell."""

    row: int  # position in the table, from 0
    column: str
    kind: str  # "dependency", "typo", "variant", "unit", "blank", "format", "fused", "outlier", "long"
    sure: float  # probability that the cell is wrong, by this reason alone
    proposed: str | None = None  # "" = empty; None = nothing can be proposed
    trust: float = 0.0  # probability that `proposed` is right, if the cell is wrong
    facts: Mapping[str, str | float] = field(default_factory=dict)  # for the sentence


@dataclass(frozen=True, slots=True)
class Doubted:
    """A cell held to be wrong, with what should stand there."""

    row: int
    column: str
    value: str  # as it stands, "" = empty
    sure: float  # probability that it is wrong
    proposed: str | None  # None = a person must say
    trust: float  # probability that `proposed` is right
    kind: str  # of the strongest clue
    facts: Mapping[str, str | float]
