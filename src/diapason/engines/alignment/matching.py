"""Which row of the other table belongs to which row of the left one, and rows that add up."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.errors import DataError
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import ROW

__all__ = ["Coverage", "Match", "attach", "coverage", "need"]

Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Match:
    """Positions (k,) in the left table and in the other one; -1 in `other` = no match. Every left row is in it."""

    left: Positions
    other: Positions
    rows: tuple[int, int]  # heights of both tables


@dataclass(frozen=True, slots=True)
class Coverage:
    """Counts that add up: left = matched + unmatched, other = used + unused."""

    left: int
    matched: int
    unmatched: int
    other: int
    used: int
    unused: int
    out: int  # rows of the result

    @property
    def share(self) -> float:
        """Share of left rows that found a match."""
        return self.matched / self.left if self.left else 0.0


def coverage(match: Match) -> Coverage:
    """Count matched and unmatched rows of both sides."""
    found = match.other >= 0
    matched = len(np.unique(match.left[found]))
    used = len(np.unique(match.other[found]))
    left, other = match.rows
    return Coverage(left, matched, left - matched, other, used, other - used, len(match.left))


def attach(
    left: pl.DataFrame, other: pl.DataFrame, match: Match, *, suffix: str
) -> tuple[pl.DataFrame, dict[str, str]]:
    """The left table with the other's columns beside it; returns also {new name: name in the other table}.

    A name that the left table already has gets `_<suffix>`; the hidden row column of the other table stays out.

    >>> match = Match(np.array([0, 1]), np.array([1, -1]), (2, 2))
    >>> attach(pl.DataFrame({"a": [1, 2]}), pl.DataFrame({"b": [7, 8]}), match, suffix="lab")[0]["b"].to_list()
    [8, None]
    """
    names: dict[str, str] = {}
    for name in other.columns:
        if name == ROW:
            continue
        new = name
        while new in left.columns or new in names:
            new = f"{new}_{suffix}"
        names[new] = name
    whole = len(match.left) == left.height and bool(np.all(match.left == np.arange(left.height)))
    base = left if whole else left[match.left]
    at = pl.Series(match.other)
    at = at.set(at < 0, None)
    taken = other.select([pl.col(old).gather(at).alias(new) for new, old in names.items()]) if names else None
    return (base.hstack(taken.get_columns()) if taken is not None else base), names


def need(frame: pl.DataFrame, names: Sequence[str], where: str) -> None:
    """Raise DataError unless all these columns are there."""
    for name in names:
        if name not in frame.columns:
            offered = [c for c in frame.columns if c != ROW]
            raise DataError(
                Text(f"no column '{name}'", f"没有列“{name}”"),
                at=where,
                fix=Text("choose one of: " + ", ".join(offered), "可选：" + "、".join(offered)),
            )
