"""Texts of a column: which there are and how often, counted up to a hundred thousand different ones."""

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from diapason.engines.scan.names import numbered

__all__ = ["MOST", "Words"]

MOST = 100_000
_SEED = 20_607
_KEPT = 2048


@dataclass(frozen=True, slots=True)
class Words:
    """Counts of each text; beyond the most that are counted, only how many different ones there are, estimated.

    Then the 2,048 smallest of their digests say how many there are, to 2.2 %; source: Bar-Yossef et al., RANDOM 2002.
    """

    known: int = 0
    missing: int = 0
    counts: dict[str, int] | None = field(default_factory=dict)  # None: too many
    digests: tuple[int, ...] = ()  # the smallest

    @classmethod
    def of(cls, column: pl.Series) -> "Words":
        """Of one batch."""
        place, met = numbered(column if column.dtype == pl.String else column.cast(pl.String))
        count = np.bincount(place, minlength=len(met))
        known = met.drop_nulls()
        counted = count[met.is_not_null().to_numpy()].tolist()
        smallest = np.sort(known.hash(seed=_SEED).to_numpy())[:_KEPT]
        missing = column.null_count()
        told = dict(zip(known.to_list(), counted, strict=True))
        return cls(len(column) - missing, missing, told, tuple(smallest.tolist()))

    def merge(self, after: "Words") -> "Words":
        """What both tell."""
        counts = None
        if self.counts is not None and after.counts is not None:
            counts = dict(self.counts)
            for word, times in after.counts.items():
                counts[word] = counts.get(word, 0) + times
            counts = counts if len(counts) <= MOST else None
        smallest = tuple(sorted({*self.digests, *after.digests})[:_KEPT])
        return Words(self.known + after.known, self.missing + after.missing, counts, smallest)

    def distinct(self) -> tuple[float, float]:
        """How many different texts there are, and the standard error of that."""
        if self.counts is not None:
            return float(len(self.counts)), 0.0
        if len(self.digests) < _KEPT:
            return float(len(self.digests)), 0.0
        told = (_KEPT - 1) / (self.digests[-1] / 2**64)
        return told, told / np.sqrt(_KEPT - 2)

    def top(self, most: int = 10) -> list[tuple[str, int]]:
        """The most frequent texts, if they were counted."""
        return sorted((self.counts or {}).items(), key=lambda kv: (-kv[1], kv[0]))[:most]
