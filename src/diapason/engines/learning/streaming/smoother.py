"""The running median and the exponentially weighted mean of `smoothing.smooth`, one row of each asset at a time."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["Smoother", "median"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]


class Smoother:
    """What `smooth` remembers of each asset: the last rows of the spike filter, and the mean.

    Args:
        assets: how many.
        width: columns, lagged ones included.
        spike: rows of the running median, odd; 1 = none.
        forget: weight of the newest row, 0..1.
    """

    def __init__(self, assets: int, width: int, *, spike: int, forget: float) -> None:
        self.forget = forget
        self._before = [np.zeros((assets, width)) for _ in range(spike - 1)]  # newest first
        self._mean = np.zeros((assets, width))
        self._seen = np.zeros(assets, np.bool_)
        self._everybody = False  # whether all assets were seen

    def step(self, x: Array, who: Index | None) -> Array:
        """The smoothed rows, shape (n, width); the array belongs to the smoother until the next step.

        Args:
            x: scaled rows, shape (n, width).
            who: which asset each row is of, each once; None = row i is of asset i, all of them.
        """
        self._first(x, who)
        if who is None:
            return self._all(x)
        before = [b[who] for b in self._before]
        mean = self._mean[who] * (1 - self.forget) + self.forget * median([x, *before])
        self._mean[who] = mean
        for held, newer in zip(self._before, [x, *before], strict=False):
            held[who] = newer
        return mean

    def state(self) -> dict[str, Array]:
        """What is remembered, the first axis over assets."""
        before = np.stack(self._before, axis=1) if self._before else np.zeros((len(self._seen), 0, 0))
        return {"before": before, "mean": self._mean.copy(), "seen": self._seen.astype(np.float64)}

    def restore(self, state: Mapping[str, Array]) -> None:
        """Take up a state."""
        for i, held in enumerate(self._before):
            held[:] = state["before"][:, i]
        self._mean[:], self._seen[:] = state["mean"], state["seen"] > 0
        self._everybody = bool(self._seen.all())

    def _all(self, x: Array) -> Array:
        now = median([x, *self._before])
        if now is x:
            now = x * self.forget
        else:
            now *= self.forget
        self._mean *= 1 - self.forget
        self._mean += now
        if self._before:
            oldest = self._before.pop()
            oldest[:] = x
            self._before.insert(0, oldest)
        return self._mean

    def _first(self, x: Array, who: Index | None) -> None:
        """Before the first row of an asset lay that row: the filter begins with copies of it."""
        if self._everybody:
            return
        seen = self._seen if who is None else self._seen[who]
        if seen.all():
            return
        new = np.flatnonzero(~seen)
        at = new if who is None else who[new]
        for held in self._before:
            held[at] = x[new]
        self._seen[at] = True
        self._everybody = bool(self._seen.all())


def median(rows: Sequence[Array]) -> Array:
    """The median of an odd number of arrays, element by element; one array comes back as it is.

    >>> median([np.array([1.0, 9.0]), np.array([5.0, 0.0]), np.array([3.0, 4.0])])
    array([3., 4.])

    Source: the smallest networks of comparisons; Paeth, Graphics Gems (1990).
    """
    if len(rows) == 1:
        return rows[0]
    if len(rows) == 3:
        return _of_three(*rows)
    if len(rows) == 5:
        a, b, c, d, e = rows
        low = np.maximum(np.minimum(a, b), np.minimum(c, d))
        return _of_three(e, low, np.minimum(np.maximum(a, b), np.maximum(c, d)))
    return np.asarray(np.median(np.stack(rows), axis=0))


def _of_three(a: Array, b: Array, c: Array) -> Array:
    high = np.maximum(a, b)
    np.minimum(high, c, out=high)
    return np.maximum(np.minimum(a, b), high, out=high)
