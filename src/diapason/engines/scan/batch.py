"""A batch of rows, cut into stretches that the kernel takes in: one asset, one window of time, one hour of the day."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.scan.shape import Shape

__all__ = ["DAY", "HOURS", "Batch"]

Index = NDArray[np.int64]

HOURS, DAY = 24, 86_400_000_000
_BROKEN = 4
"""Changes of the group, over groups in a batch, from which on its rows are brought together first."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows in the order in which they are taken in; of each group in their stored order."""

    rows: Index  # (n,) `_row` numbers, as stored
    time: Index | None  # (n,) microseconds or counts, as stored; the smallest integer where missing
    order: NDArray[np.int32] | None  # (n,) positions; None = as stored
    begin: Index  # (s,) of each stretch of one group, in that order
    end: Index
    asset: Index  # (s,) code
    tag: Index  # (s,) code; 0 in a wide table
    regime: Index | None = None  # (n,) code, as stored

    @property
    def first(self) -> int:
        """Number of the first row."""
        return int(self.rows[0]) if len(self.rows) else 0

    @classmethod
    def of(
        cls,
        frame: pl.DataFrame,
        shape: Shape,
        first: int,
        asset: Index | None,
        tag: Index | None,
        regime: Index | None = None,
    ) -> "Batch":
        """Cut a frame; `asset`, `tag` and `regime` are codes of each row, if there are such columns."""
        n = frame.height
        group = _together(asset, tag)
        order, begin = _order(group, n)
        end = np.r_[begin[1:], n] if n else begin
        at = begin if order is None else order[begin]
        none = np.zeros(len(begin), np.int64)
        return cls(
            np.arange(first, first + n, dtype=np.int64),
            _time(frame, shape),
            order,
            begin,
            end,
            none if asset is None else asset[at],
            none if tag is None else tag[at],
            regime,
        )

    def stretches(self, level: int, base: int, *, hours: bool) -> Index:
        """Begin, end, asset, window and slot of each piece, shape (p, 5): a slot is an hour of the day in one regime.

        Args:
            level: a window is 2^level microseconds or counts (or rows, without time) long.
            base: number of the first window.
            hours: whether the hour of the day is told apart.
        """
        n = len(self.rows)
        at = self.rows if self.time is None else self.time
        ordered = at if self.order is None else at[self.order]
        window = (ordered >> level) - base
        slot = self._slots(ordered, hours)
        if self.time is not None:
            unknown = ordered == np.iinfo(np.int64).min
            window, slot = np.where(unknown, -1, window), np.where(unknown, -1, slot)
        cut = np.zeros(n, bool)
        cut[self.begin] = True
        cut[1:] |= (np.diff(window) != 0) | (np.diff(slot) != 0)
        begin = np.flatnonzero(cut)
        group = np.searchsorted(self.begin, begin, side="right") - 1
        end = np.r_[begin[1:], n]
        return np.ascontiguousarray(np.column_stack([begin, end, self.asset[group], window[begin], slot[begin]]))

    def _slots(self, ordered: Index, hours: bool) -> Index:
        if self.regime is None and not hours:
            return np.full(len(self.rows), -1, np.int64)
        hour = (ordered % DAY) // (DAY // HOURS) if hours else np.zeros(len(self.rows), np.int64)
        if self.regime is None:
            return hour
        return (self.regime if self.order is None else self.regime[self.order]) * HOURS + hour

    def span(self) -> tuple[int, int] | None:
        """First and last time, or row; None where no time is known."""
        at = self.rows if self.time is None else self.time[self.time != np.iinfo(np.int64).min]
        return (int(at.min()), int(at.max())) if at.size else None


def _together(asset: Index | None, tag: Index | None) -> Index | None:
    if asset is None or tag is None:
        return asset if tag is None else tag
    return tag * (int(asset.max(initial=0)) + 1) + asset


def _order(group: Index | None, n: int) -> tuple[NDArray[np.int32] | None, Index]:
    """The order that brings groups together, if they are not, and where each stretch of one begins."""
    if group is None or not n:
        return None, np.zeros(min(n, 1), np.int64)
    begin = np.flatnonzero(np.r_[True, np.diff(group) != 0])
    if len(begin) <= _BROKEN * np.count_nonzero(np.bincount(group[begin])):
        return None, begin
    small = group.astype(np.int16) if int(group.max()) < 2**15 else group
    order = np.argsort(small, kind="stable").astype(np.int32)
    return order, np.flatnonzero(np.r_[True, np.diff(group[order]) != 0])


def _time(frame: pl.DataFrame, shape: Shape) -> Index | None:
    if not shape.time:
        return None
    column = frame[shape.time]
    if shape.calendar:
        kind = column.dtype
        moment = column if isinstance(kind, pl.Datetime) and kind.time_unit == "us" else column.cast(pl.Datetime("us"))
        whole = moment.to_physical()
    else:
        whole = column if column.dtype == pl.Int64 else (column.cast(pl.Float64, strict=False) * shape.parts).round()
        whole = whole.cast(pl.Int64, strict=False)
    return whole.fill_null(np.iinfo(np.int64).min).to_numpy() if whole.null_count() else whole.to_numpy()
