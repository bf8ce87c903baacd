"""Stretches of neighbouring rows, drawn fairly while the pass goes by; the same for any order of parts."""

from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

__all__ = ["KEPT", "STRETCH", "Sample"]

STRETCH, KEPT = 256, 32
"""Rows of a stretch, and how many stretches are kept."""
_MIX = np.uint64(0x9E3779B97F4A7C15)


@dataclass(slots=True)
class Sample:
    """The stretches whose numbers have the smallest digests; each whole, but for the last of a table."""

    stretches: dict[int, pl.DataFrame] = field(default_factory=dict)  # by number: rows from 256 times that on

    def update(self, frame: pl.DataFrame, first: int) -> None:
        """Take in rows, the first of which has a number."""
        numbers = np.arange(first // STRETCH, (first + frame.height - 1) // STRETCH + 1)
        chosen = sorted(set(self._smallest(numbers)) & set(numbers.tolist()))
        begins = [max(number * STRETCH, first) - first for number in chosen]
        sizes = [min((n + 1) * STRETCH - first, frame.height) - b for n, b in zip(chosen, begins, strict=True)]
        if not chosen:
            return
        at = np.concatenate([np.arange(b, b + size) for b, size in zip(begins, sizes, strict=True)])
        rows = frame.select(pl.all().gather(at))  # in memory of their own: a slice would keep the whole batch alive
        for number, end, size in zip(chosen, np.cumsum(sizes).tolist(), sizes, strict=True):
            self._add(number, rows[end - size : end])
        self._trim()

    def merge(self, after: "Sample") -> None:
        """Take in the stretches of the rows that follow."""
        for number, rows in after.stretches.items():
            self._add(number, rows)
        self._trim()

    def copy(self) -> "Sample":
        """One that may be changed."""
        return Sample(dict(self.stretches))

    def rows(self) -> int:
        """How many rows are kept."""
        return sum(f.height for f in self.stretches.values())

    def frames(self) -> list[pl.DataFrame]:
        """The stretches in the order of the table."""
        return [self.stretches[number] for number in sorted(self.stretches)]

    def _add(self, number: int, rows: pl.DataFrame) -> None:
        had = self.stretches.get(number)
        self.stretches[number] = rows if had is None else pl.concat([had, rows], how="vertical_relaxed")

    def _trim(self) -> None:
        kept = set(self._smallest(np.zeros(0, np.int64)))
        self.stretches = {number: rows for number, rows in self.stretches.items() if number in kept}

    def _smallest(self, more: NDArray[np.int64]) -> list[int]:
        """Of the numbers kept and more, those with the smallest digests."""
        numbers = np.array(sorted({*self.stretches, *more.tolist()}), np.int64)
        least: list[int] = numbers[np.argsort(_digests(numbers))[:KEPT]].tolist()
        return least


def _digests(numbers: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Splitmix64 of each number; source: Steele, Lea & Flood, OOPSLA 2014."""
    with np.errstate(over="ignore"):
        z = (numbers.astype(np.uint64) + np.uint64(1)) * _MIX
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: NDArray[np.uint64] = z ^ (z >> np.uint64(31))
    return mixed
