"""Causal windows: mean, standard deviation and slope of the last w rows of the same asset, by running sums."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Sums", "spread_of", "starts"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_ROUNDED = 1e-10
"""Share of the mean square below which a variance is rounding: sums over a long history leave so much."""


def starts(asset: Index | None, n: int) -> Index:
    """Position of the first row of each row's asset, shape (n,); rows of one asset lie together.

    >>> starts(np.array([0, 0, 1, 1, 1]), 5)
    array([0, 0, 2, 2, 2])
    """
    if asset is None or n == 0:
        return np.zeros(n, np.int64)
    first = np.r_[True, asset[1:] != asset[:-1]]
    return np.asarray(np.maximum.accumulate(np.where(first, np.arange(n), 0)))


@dataclass(frozen=True, slots=True)
class Sums:
    """Running sums of columns, shape (n + 1, d) each, from which every window is one subtraction; nan is left out."""

    start: Index
    centre: Array  # taken off before summing, so that squares keep their digits
    count: Array
    first: Array  # of x
    second: Array  # of x squared
    when: Array  # of t
    when2: Array  # of t squared
    cross: Array  # of t x

    @classmethod
    def of(cls, x: Array, start: Index) -> "Sums":
        """Sums of x, shape (n, d), for assets that begin at `start`."""
        known = np.isfinite(x)
        centre = np.where(known, x, 0).sum(0) / np.maximum(known.sum(0), 1)
        z = np.where(known, x - centre, 0.0)
        k = known.astype(np.float64)
        t = (np.arange(len(x)) - start)[:, None] * k
        total = (np.vstack([np.zeros((1, x.shape[1])), np.cumsum(a, axis=0)]) for a in (k, z, z * z, t, t * t, t * z))
        return cls(start, centre, *total)

    def bounds(self, width: int) -> tuple[Index, Index]:
        """First row and one past the last row of each row's window; width 0 = since the asset began."""
        end = np.arange(1, len(self.start) + 1)
        return (self.start if width == 0 else np.maximum(end - width, self.start)), end

    def mean(self, width: int) -> Array:
        """Mean of the last `width` rows, shape (n, d); nan where none is known."""
        low, high = self.bounds(width)
        return self._mean(low, high) + self.centre

    def base(self, width: int) -> Array:
        """Mean of the asset's first `width` rows, as far as they have come."""
        high = np.minimum(self.start + width, np.arange(1, len(self.start) + 1))
        return self._mean(self.start, high) + self.centre

    def std(self, width: int) -> Array:
        """Standard deviation of the last `width` rows."""
        low, high = self.bounds(width)
        n = self.count[high] - self.count[low]
        return spread_of(_over(self.second[high] - self.second[low], n), self._mean(low, high))

    def slope(self, width: int) -> Array:
        """Least-squares slope per row of the last `width` rows; 0 with fewer than 3 known."""
        low, high = self.bounds(width)
        n = self.count[high] - self.count[low]
        t, t2 = self.when[high] - self.when[low], self.when2[high] - self.when2[low]
        x, tx = self.first[high] - self.first[low], self.cross[high] - self.cross[low]
        safe = np.maximum(n, 1)
        spread = t2 - t * t / safe
        return np.where((n > 2) & (spread > 0), (tx - t * x / safe) / np.where(spread > 0, spread, 1), 0.0)

    def _mean(self, low: Index, high: Index) -> Array:
        return _over(self.first[high] - self.first[low], self.count[high] - self.count[low])


def spread_of(square: Array, mean: Array) -> Array:
    """Standard deviation from the mean square and the mean; 0 where it is lost in the rounding of their difference.

    >>> spread_of(np.array([5.0, 4.0 + 1e-14]), np.array([1.0, 2.0]))
    array([2., 0.])
    """
    variance = square - np.square(mean)
    return np.asarray(np.sqrt(np.where(variance > _ROUNDED * square, variance, np.minimum(square, 0.0))))


def _over(a: Array, n: Array) -> Array:
    return np.asarray(np.divide(a, n, out=np.full(a.shape, np.nan), where=n > 0))
