"""A bounded part of the rows, chosen by digest in stretches of neighbours: the same part whatever the batches were."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.quality.layout import Floats, Keys, Longs, Rows, spread_bits

__all__ = ["Part", "Sample"]


@dataclass(frozen=True, slots=True)
class Part:
    """Rows as arrays, by asset and row; `place` (n,) tells stretches of neighbours apart."""

    row: Longs
    asset: Keys
    time: Floats | None
    X: Floats
    words: pl.DataFrame
    stretch: NDArray[np.uint64]

    def __len__(self) -> int:
        return self.row.size

    def take(self, index: Longs | NDArray[np.bool_]) -> "Part":
        """These rows."""
        at = np.flatnonzero(index) if index.dtype == bool else index
        return Part(
            self.row[at],
            self.asset[at],
            None if self.time is None else self.time[at],
            np.ascontiguousarray(self.X[:, at]),
            self.words[at] if self.words.width else self.words,
            self.stretch[at],
        )


@dataclass(frozen=True, slots=True)
class Sample:
    """Whole stretches of rows of one asset; merging is order-free up to the order of rows."""

    parts: tuple[Part, ...]
    halvings: int
    limit: int
    length: int

    @classmethod
    def of(cls, rows: Rows, limit: int, length: int) -> "Sample":
        """Keep what the digests choose from one batch."""
        stretch = spread_bits(rows.asset ^ spread_bits((rows.row // length).astype(np.uint64)))
        part = Part(rows.row, rows.asset, rows.time, rows.X, rows.words, stretch)
        return cls((part,), 0, limit, length)._thin()

    def merge(self, other: "Sample") -> "Sample":
        """The parts of both, thinned to the limit."""
        return Sample(self.parts + other.parts, max(self.halvings, other.halvings), self.limit, self.length)._thin()

    def _thin(self) -> "Sample":
        halvings = self.halvings
        while True:
            below = np.uint64((1 << (64 - halvings)) - 1)
            parts = tuple(p if (p.stretch <= below).all() else p.take(p.stretch <= below) for p in self.parts)
            if sum(len(p) for p in parts) <= self.limit:
                return Sample(tuple(p for p in parts if len(p)), halvings, self.limit, self.length)
            halvings += 1

    @property
    def share(self) -> float:
        """The share of all stretches that was kept; 1.0 when the sample is the table."""
        return 0.5**self.halvings

    def finish(self) -> Part | None:
        """All kept rows in the order of asset and row; None for an empty table."""
        if not self.parts:
            return None
        time = (
            None if self.parts[0].time is None else np.concatenate([p.time for p in self.parts if p.time is not None])
        )
        whole = Part(
            np.concatenate([p.row for p in self.parts]),
            np.concatenate([p.asset for p in self.parts]),
            time,
            np.concatenate([p.X for p in self.parts], axis=1),
            pl.concat([p.words for p in self.parts]),
            np.concatenate([p.stretch for p in self.parts]),
        )
        return whole.take(np.lexsort((whole.row, whole.asset)))
