"""What many tags have done, evenly spaced, as far back as it is needed: rows of seconds become rows of minutes."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["Trails"]

Array = NDArray[np.float64]

_ROWS = 128


class Trails:
    """Means over even stretches of time, the last 128 of each series; when these are full, two become one.

    So a series is seen closely soon, and after a while as far back as `widest` times 128 seconds.

    Args:
        widest: shape (k,), s of the longest stretch that a series may have; the shortest is a second.
    """

    def __init__(self, widest: Sequence[float]) -> None:
        k = len(widest)
        self._widest = np.asarray(widest, np.float64)
        self._rows, self._count = np.full((k, _ROWS), np.nan), np.zeros(k, np.int64)
        self.spacing = np.ones(k)  # s, present length of a stretch
        self._sum, self._seen = np.zeros(k), np.zeros(k)  # of the stretch that is open
        self._ends = np.full(k, np.nan)  # s, when it ends

    def add(self, at: Array, values: Array) -> NDArray[np.bool_]:
        """Take a value of each series, those of one series in the order of time.

        Args:
            at: shape (k,), s by the source's clock; nan = nothing new of that series.
            values: shape (k,), nan = missing.

        Returns:
            Shape (k,), whether a stretch ended.
        """
        known = np.isfinite(at)
        first = known & np.isnan(self._ends)
        self._ends[first] = at[first] + self.spacing[first]
        ended = np.zeros(len(at), np.bool_)
        for _ in range(_ROWS):
            due = np.flatnonzero(known & (at >= self._ends))
            if not len(due):
                break
            self._close(due)
            ended[due] = True
        late = known & (at >= self._ends)  # silent for longer than is remembered: the new stretch begins now
        self._ends[late] = at[late] + self.spacing[late]
        good = known & np.isfinite(values)
        self._sum[good] += values[good]
        self._seen[good] += 1
        return ended

    def history(self, series: int) -> Array:
        """The stretches of a series that have ended, the oldest first, nan = nothing came."""
        return self._rows[series, : self._count[series]]

    def state(self) -> dict[str, Array]:
        """What is remembered, the first axis over series."""
        names = ("rows", "count", "sum", "seen", "ends")
        return {n: getattr(self, f"_{n}").astype(np.float64) for n in names} | {"spacing": self.spacing.copy()}

    def restore(self, state: Mapping[str, Array], mine: Sequence[int], theirs: Sequence[int]) -> None:
        """Take up the state of some series, each where it was."""
        for name in ("rows", "count", "sum", "seen", "ends"):
            own = getattr(self, f"_{name}")
            own[list(mine)] = state[name][list(theirs)].astype(own.dtype)
        self.spacing[list(mine)] = state["spacing"][list(theirs)]

    def _close(self, due: NDArray[np.int64]) -> None:
        """End the open stretch of these series."""
        full = due[self._count[due] == _ROWS]
        wide = self.spacing[full] * 2 > self._widest[full]
        self._rows[full[wide], :-1] = self._rows[full[wide], 1:]
        self._count[full[wide]] -= 1
        self._halve(full[~wide])
        seen = self._seen[due]
        self._rows[due, self._count[due]] = np.where(seen > 0, self._sum[due] / np.maximum(seen, 1), np.nan)
        self._count[due] += 1
        self._sum[due] = self._seen[due] = 0.0
        self._ends[due] += self.spacing[due]

    def _halve(self, which: NDArray[np.int64]) -> None:
        """Two stretches become one, the mean of what came in them."""
        pairs = self._rows[which].reshape(len(which), _ROWS // 2, 2)
        some = np.isfinite(pairs)
        total, number = np.where(some, pairs, 0.0).sum(axis=2), some.sum(axis=2)
        self._rows[which, : _ROWS // 2] = np.where(number > 0, total / np.maximum(number, 1), np.nan)
        self._rows[which, _ROWS // 2 :] = np.nan
        self._count[which] = _ROWS // 2
        self.spacing[which] *= 2
