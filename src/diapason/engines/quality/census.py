"""Counting: missing cells by kind, extremes, and the outermost values of each number column."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.quality.layout import Floats, Layout, Longs, Rows

__all__ = ["Census", "Ends", "Words", "infinities", "unreadable"]

DEPTH = 24
"""How many distinct values are kept at each end of a column."""
HEAD = 64
STRIDE = 16


@dataclass(frozen=True, slots=True)
class Ends:
    """The outermost distinct values of one column with exact counts, ascending."""

    values: Floats
    counts: Longs

    @classmethod
    def lowest(cls, values: Floats) -> "Ends":
        """Of finite values in any order."""
        if values.size > STRIDE * HEAD:
            few = values[values <= np.partition(values[::STRIDE], HEAD)[HEAD]]
            found, counts = np.unique(few, return_counts=True)
            if found.size >= DEPTH:
                return cls(found[:DEPTH], counts[:DEPTH].astype(np.int64))
        found, counts = np.unique(values, return_counts=True)
        return cls(found[:DEPTH], counts[:DEPTH].astype(np.int64))

    def merge(self, other: "Ends") -> "Ends":
        """The outermost values of both."""
        found, back = np.unique(np.concatenate((self.values, other.values)), return_inverse=True)
        counts = np.bincount(back, np.concatenate((self.counts, other.counts)), minlength=found.size)
        return Ends(found[:DEPTH], counts[:DEPTH].astype(np.int64))


@dataclass(frozen=True, slots=True)
class Census:
    """Counts per number column; merging is order-free."""

    rows: int
    missing: Longs  # (k,) null or nan
    infinite: Longs  # (k,)
    unread: Longs  # (k,) text that is no number, in columns of numbers stored as text
    total: Floats  # (k,)
    low: tuple[Ends, ...]
    high: tuple[Ends, ...]  # of the negated values

    @classmethod
    def of(cls, rows: Rows, layout: Layout) -> "Census":
        """Count one batch."""
        valid = [x[~np.isnan(x)] for x in rows.X]
        absent = np.array([x.size - v.size for x, v in zip(rows.X, valid, strict=True)], dtype=np.int64)
        infinite = np.array([infinities(rows.frame[c]).sum() for c in layout.numbers], dtype=np.int64)
        unread = np.array([unreadable(rows.frame[c]).sum() for c in layout.numbers], dtype=np.int64)
        return cls(
            rows=len(rows),
            missing=absent - infinite - unread,
            infinite=infinite,
            unread=unread,
            total=np.array([v.sum() for v in valid]),
            low=tuple(Ends.lowest(v) for v in valid),
            high=tuple(Ends.lowest(-v) for v in valid),
        )

    def merge(self, other: "Census") -> "Census":
        """The counts of both."""
        return Census(
            rows=self.rows + other.rows,
            missing=self.missing + other.missing,
            infinite=self.infinite + other.infinite,
            unread=self.unread + other.unread,
            total=self.total + other.total,
            low=tuple(a.merge(b) for a, b in zip(self.low, other.low, strict=True)),
            high=tuple(a.merge(b) for a, b in zip(self.high, other.high, strict=True)),
        )

    def range(self, column: int) -> tuple[float, float]:
        """Least and greatest value, nan when there is none."""
        low, high = self.low[column].values, self.high[column].values
        return (float(low[0]), -float(high[0])) if low.size else (np.nan, np.nan)


def infinities(column: pl.Series) -> NDArray[np.bool_]:
    """(n,) cells that are not finite, though numbers."""
    if not column.dtype.is_float():
        return np.zeros(len(column), dtype=bool)
    return column.is_infinite().fill_null(value=False).to_numpy()


def unreadable(column: pl.Series) -> NDArray[np.bool_]:
    """(n,) cells of text that are no number; blanks count as missing, not as unread."""
    if column.dtype != pl.String:
        return np.zeros(len(column), dtype=bool)
    text = column.str.strip_chars()
    read = text.cast(pl.Float64, strict=False)
    return (text.is_not_null() & (text != "") & read.is_null()).fill_null(value=False).to_numpy()


@dataclass(frozen=True, slots=True)
class Words:
    """Values of text columns with their counts, and blanks; merging is order-free."""

    counts: tuple[pl.DataFrame, ...]  # per column: value, count, digest; by value
    missing: Longs  # null
    blank: Longs  # empty or only spaces
    thinned: NDArray[np.int64]  # per column: values are kept whose digest has so many leading zero bits
    limit: int

    @classmethod
    def of(cls, words: pl.DataFrame, limit: int) -> "Words":
        """Count one batch; of columns with more than `limit` distinct values a digest-chosen part is kept."""
        return cls(
            counts=tuple(_counted(words[c]) for c in words.columns),
            missing=np.array([words[c].null_count() for c in words.columns], dtype=np.int64),
            blank=np.array([int((words[c].str.strip_chars() == "").sum()) for c in words.columns], dtype=np.int64),
            thinned=np.zeros(len(words.columns), dtype=np.int64),
            limit=limit,
        )._thin()

    def merge(self, other: "Words") -> "Words":
        """The counts of both."""
        joined = tuple(
            pl.concat([a, b]).group_by("value", "digest").agg(pl.col("count").sum()).select("value", "count", "digest")
            for a, b in zip(self.counts, other.counts, strict=True)
        )
        thinned = np.maximum(self.thinned, other.thinned)
        return Words(joined, self.missing + other.missing, self.blank + other.blank, thinned, self.limit)._thin()

    def _thin(self) -> "Words":
        """Keep every second value, by digest, until there are few enough; in a fixed order."""
        kept, thinned = [], self.thinned.copy()
        for i, table in enumerate(self.counts):
            fewer = table
            while True:
                fewer = fewer.filter(pl.col("digest") < (1 << (64 - int(thinned[i]))) - 1)
                if fewer.height <= self.limit:
                    break
                thinned[i] += 1
            kept.append(fewer.sort("value"))
        return Words(tuple(kept), self.missing, self.blank, thinned, self.limit)


def _counted(column: pl.Series) -> pl.DataFrame:
    counted = column.drop_nulls().alias("value").value_counts(name="count")
    return counted.with_columns(pl.col("count").cast(pl.Int64), digest=pl.col("value").hash(seed=11))
