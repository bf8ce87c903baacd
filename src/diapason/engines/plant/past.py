"""What a live plant remembers: minutes of its history before, and every reading since, as far back as memory allows."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["Past"]

Array = NDArray[np.float64]
Times = NDArray[np.int64]


@dataclass(slots=True)
class Past:
    """Columns are numbered; times are microseconds since 1970, rising."""

    minutes: Times  # of the history before, shape (n,)
    before: Array  # shape (n, columns known then); its columns come first
    columns: int
    rows: int  # how many live readings are kept
    _at: Times = field(init=False)
    _values: Array = field(init=False)
    _count: int = 0

    def __post_init__(self) -> None:
        self._at = np.zeros(self.rows, dtype=np.int64)
        self._values = np.empty((self.rows, self.columns))

    def keep(self, at: int, values: Array) -> None:
        """One more row, shape (columns,); the oldest live row gives way."""
        place = self._count % self.rows
        self._at[place], self._values[place] = at, values
        self._count += 1

    def read(self, column: int, start: int, end: int, most: int) -> tuple[Times, Array]:
        """Readings with start <= time < end, the oldest first, at most so many."""
        parts = [self._minutes(column, start, end), self._live(column, start, end)]
        at, values = (np.concatenate([part[i] for part in parts])[:most] for i in (0, 1))
        return at, values

    def _minutes(self, column: int, start: int, end: int) -> tuple[Times, Array]:
        if column >= self.before.shape[1]:
            return np.empty(0, np.int64), np.empty(0)
        first, last = np.searchsorted(self.minutes, [start, end])
        return self.minutes[first:last], self.before[first:last, column]

    def _live(self, column: int, start: int, end: int) -> tuple[Times, Array]:
        if self._count <= self.rows:
            at, values = self._at[: self._count], self._values[: self._count, column]
        else:
            turn = self._count % self.rows
            at, values = np.roll(self._at, -turn), np.roll(self._values[:, column], -turn)
        first, last = np.searchsorted(at, [start, end])
        return at[first:last], values[first:last]
