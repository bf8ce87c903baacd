"""What a model has seen of each input: its range, its middle, its categories."""

from dataclasses import dataclass

import numpy as np
import polars as pl

__all__ = ["Range", "learnt"]

MOST_LEVELS = 1000
"""A category with more levels than this is not checked for new ones."""


@dataclass(frozen=True, slots=True)
class Range:
    """Training values of one input; numbers have low..high, categories have levels."""

    name: str
    low: float = float("nan")
    q1: float = float("nan")
    middle: float = float("nan")
    q3: float = float("nan")
    high: float = float("nan")
    levels: tuple[str, ...] = ()
    missing: float = 0.0  # share of training rows in which it was missing

    @property
    def number(self) -> bool:
        """Whether there is a range of numbers."""
        return not np.isnan(self.low)


def learnt(features: pl.DataFrame) -> tuple[Range, ...]:
    """The range of each column of training features.

    >>> learnt(pl.DataFrame({"x": [1.0, 2.0, None, 4.0]}))[0].high
    4.0
    """
    return tuple(_range(column) for column in features)


def _range(column: pl.Series) -> Range:
    missing = column.null_count() / max(1, len(column))
    if column.dtype == pl.String:
        levels = column.drop_nulls().unique().sort().to_list()
        return Range(column.name, levels=tuple(levels) if len(levels) <= MOST_LEVELS else (), missing=missing)
    values = column.cast(pl.Float64).fill_nan(None).drop_nulls().to_numpy()
    values = values[np.isfinite(values)]
    if not len(values):
        return Range(column.name, missing=missing)
    low, q1, middle, q3, high = (float(q) for q in np.quantile(values, (0, 0.25, 0.5, 0.75, 1)))
    return Range(column.name, low, q1, middle, q3, high, missing=missing)
