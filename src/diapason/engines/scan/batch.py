"""A batch of rows, cut into stretches that the kernel takes in: one asset, one window of time, one hour of the day."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.scan import _kernel
from diapason.engines.scan.names import Codes, Within
from diapason.engines.scan.shape import Shape

__all__ = ["DAY", "HOURS", "UNKNOWN", "Batch"]

Index = NDArray[np.int64]

HOURS, DAY = 24, 86_400_000_000
UNKNOWN = np.iinfo(np.int64).min
"""A time that is missing."""
_PIECE = 6  # begin, end, asset, window, slot, tag
_NONE, _ONE = np.zeros(0, np.int32), np.zeros(1, np.int64)


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows as stored; asset and tag as `Names.within` gives them, the state of the process by its numbers."""

    first: int  # `_row` number of the first
    height: int
    time: Index | None  # (n,) microseconds or counts; the smallest integer where missing
    asset: Within | None
    tag: Within | None
    regime: Codes | None

    @classmethod
    def of(
        cls,
        frame: pl.DataFrame,
        shape: Shape,
        first: int,
        asset: Within | None,
        tag: Within | None,
        regime: Codes | None,
    ) -> "Batch":
        """Of a frame."""
        return cls(first, frame.height, _time(frame, shape), asset, tag, regime)

    def rows(self) -> Index:
        """Their `_row` numbers, shape (n,)."""
        return np.arange(self.first, self.first + self.height, dtype=np.int64)

    def stretches(self, level: int, base: int, *, hours: bool) -> tuple[NDArray[np.int32] | None, Index]:
        """The order in which rows are taken in (positions; None = as stored): of each group in their stored order.

        Then, in that order: begin, end, asset, window, slot and tag of each piece, shape (p, 6). A slot is an hour of
        the day in one state of the process.

        Args:
            level: a window is 2^level microseconds or counts (or rows, without time) long.
            base: number of the first window.
            hours: whether the hour of the day is told apart.
        """
        none = (_NONE, _ONE)
        (asset, assets), (tag, tags) = self.asset or none, self.tag or none
        time, regime = (_NONE if column is None else column for column in (self.time, self.regime))
        order, made = _kernel.cut(
            asset, tag, time, regime, self.height, self.first, len(assets), len(tags), level, base, hours
        )
        pieces = np.frombuffer(made, np.int64).reshape(-1, _PIECE)
        for at, numbers in ((2, assets), (5, tags)):  # from here on by the numbers that they have in all batches
            pieces[:, at] = numbers[pieces[:, at]]
        return None if order is None else np.frombuffer(order, np.int32), pieces

    def span(self) -> tuple[int, int] | None:
        """First and last time, or row; None where no time is known."""
        if self.time is None:
            return self.first, self.first + self.height - 1
        low, high = int(self.time.min()), int(self.time.max())
        if low == UNKNOWN != high:
            low = int(self.time[self.time != UNKNOWN].min())
        return None if low == UNKNOWN else (low, high)


def _time(frame: pl.DataFrame, shape: Shape) -> Index | None:
    if not shape.time:
        return None
    column = frame[shape.time]
    if shape.calendar:
        kind = column.dtype
        moment = column if isinstance(kind, pl.Datetime) and kind.time_unit == "us" else column.cast(pl.Datetime("us"))
        return np.ascontiguousarray(moment.to_numpy()).view(np.int64)  # none is the smallest integer there too
    whole = column if column.dtype == pl.Int64 else (column.cast(pl.Float64, strict=False) * shape.parts).round()
    whole = whole.cast(pl.Int64, strict=False)
    return np.ascontiguousarray((whole.fill_null(UNKNOWN) if whole.null_count() else whole).to_numpy())
