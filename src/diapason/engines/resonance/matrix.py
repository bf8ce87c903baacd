"""Examples as one numeric matrix, for the room's own smooth family."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

__all__ = ["floats", "matrix"]

Array = NDArray[np.float64]

_LEVELS = 20
"""One-hot columns per category at most."""
_WIDE = 5.0
"""Robust standard deviations at which an input is clipped."""
_MEMORY = 15
"""Rows of an asset over which running means are taken."""


def floats(column: pl.Series) -> Array:
    """A copy as float64, shape (n,); what is missing, or no number, is nan."""
    numbers = column if column.dtype == pl.Float64 else column.cast(pl.Float64, strict=False)
    return np.array(numbers.to_numpy(), np.float64)


def matrix(examples: Examples) -> Array:
    """Numbers centred, robustly scaled and clipped, missing = 0 with a flag; categories one-hot; time if there is one.

    Where assets run through time to their end, running means of the last 15 rows of the asset are added. Nothing here
    looks at the target.

    Returns:
        Shape (n, d); constant columns are left out.
    """
    frame = examples.features
    parts: list[Array] = []
    for name in frame.columns:
        column = frame[name]
        parts.append(_scaled(column) if column.dtype.is_numeric() else _hot(column))
    if examples.task is Task.REMAINING_LIFE and examples.asset is not None:
        parts = [np.hstack([p, _running(p, examples.asset)]) for p in parts]
    if examples.time is not None:
        parts.append(_scaled(pl.Series(examples.time)))
    wide = np.hstack(parts) if parts else np.zeros((len(examples), 0))
    return np.asarray(wide[:, np.ptp(wide, axis=0) > 0]) if wide.size else wide


def _scaled(column: pl.Series) -> Array:
    raw = floats(column)
    lost = ~np.isfinite(raw)
    known = raw[~lost]
    if not len(known):
        return np.zeros((len(raw), 1))
    low, middle, high = np.quantile(known, (0.1, 0.5, 0.9))
    width = (high - low) / 2.563 or float(np.std(known)) or 1.0
    scaled = np.clip(np.where(lost, 0.0, (raw - middle) / width), -_WIDE, _WIDE)
    return np.column_stack([scaled, lost.astype(np.float64)]) if lost.any() else scaled[:, None]


def _hot(column: pl.Series) -> Array:
    said = column.cast(pl.String).fill_null("")
    counted = said.value_counts().sort(["count", said.name], descending=[True, False])
    most = counted[said.name].to_list()[:_LEVELS]
    return np.column_stack([(said == level).to_numpy().astype(np.float64) for level in most])


def _running(values: Array, asset: NDArray[np.int64]) -> Array:
    """Means over the last rows of the same asset; rows of an asset are contiguous."""
    n = len(values)
    begin = np.searchsorted(asset, asset) if np.all(np.diff(asset) >= 0) else _starts(asset)
    low = np.maximum(np.arange(n) + 1 - _MEMORY, begin)
    total = np.vstack([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    return np.asarray((total[np.arange(n) + 1] - total[low]) / (np.arange(n) + 1 - low)[:, None])


def _starts(asset: NDArray[np.int64]) -> NDArray[np.int64]:
    new = np.r_[True, np.diff(asset) != 0]
    return np.asarray(np.maximum.accumulate(np.where(new, np.arange(len(asset)), 0)), dtype=np.int64)
