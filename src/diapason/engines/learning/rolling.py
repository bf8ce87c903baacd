"""Causal windows: mean, standard deviation and slope of the last w rows of the same asset, by sums that slide.

`Past` does the same row by row. Every sum here is added up in the order in which the line adds it, so both give the
same bits: a tree that cuts between two values a rounding apart tells sums added in another order from one another.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["AGAIN", "Sums", "afresh", "over", "slope_of", "spread_of", "starts"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]

AGAIN = 512
"""Rows of an asset after which its sums are taken afresh, so that rounding doesn't add up over months."""
_ROUNDED = 1e-10
"""Share of the mean square below which a variance is rounding."""


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
    """Columns of whole histories, from which windows are summed; nan is left out."""

    row: Index  # (n,), how many rows each row's asset had before
    reference: Array  # (n, d): taken off before summing, so that squares keep their digits; the first known value
    known: Array  # (n, d) of 0 and 1, or (n, 1) where nothing is missing
    z: Array  # (n, d), without the reference; 0 = missing
    pieces: tuple[Index, ...]  # rows of an asset from one fresh sum to the next, (pieces, rows) of each length
    lives: tuple[Index, ...]  # all rows of an asset, (assets, rows) of each length

    @classmethod
    def of(cls, x: Array, start: Index) -> "Sums":
        """Sums of x, shape (n, d), for assets that begin at `start`."""
        row = np.arange(len(x)) - start
        known = np.isfinite(x)
        reference = _first_known(x, known, start)
        z = np.where(known, x - reference, 0.0)
        k = np.ones((len(x), 1)) if known.all() else known.astype(np.float64)
        return cls(row, reference, k, z, _stretches(row, AGAIN), _stretches(row, len(x) + 1))

    def mean(self, width: int) -> Array:
        """Mean of the last `width` rows, shape (n, d), 0 = since the asset began; nan where none is known."""
        if width == 0:
            return over(_run(self.z, self.lives), _run(self.known, self.lives)) + self.reference
        return over(self._sum(self.z, width), self._sum(self.known, width)) + self.reference

    def base(self, width: int) -> Array:
        """Mean of the asset's first `width` rows, as far as they have come."""
        last = np.arange(len(self.row)) - np.maximum(self.row - (width - 1), 0)
        z, k = (_run(a, self.lives)[last] for a in (self.z, self.known))
        return over(z, k) + self.reference

    def std(self, width: int) -> Array:
        """Standard deviation of the last `width` rows."""
        k, z, square = (self._sum(a, width) for a in (self.known, self.z, self.z * self.z))
        return spread_of(over(square, k), over(z, k))

    def slope(self, width: int) -> Array:
        """Least-squares slope per row of the last `width` rows; 0 with fewer than 3 known."""
        k, z = self._sum(self.known, width), self._sum(self.z, width)
        t, tz = self._timed(self.known, k, width), self._timed(self.z, z, width)
        return slope_of(k, z, t, self._time_squared(k, t, width), tz)

    def _sum(self, a: Array, width: int) -> Array:
        """Sum of a column over each window."""
        return self._slid(a - self._gone(a, width), a, width, 0)

    def _timed(self, a: Array, total: Array, width: int) -> Array:
        """Sum of time times a column over each window, the newest row's time is 0; `total` is the sum of the column."""
        return self._slid(width * self._gone(a, width) - self._before(total), a, width, 1)

    def _time_squared(self, k: Array, t: Array, width: int) -> Array:
        steps = self._before(k) - 2 * self._before(t) - width * width * self._gone(self.known, width)
        return self._slid(steps, self.known, width, 2)

    def _slid(self, steps: Array, a: Array, width: int, power: int) -> Array:
        """What steps add up to, taken afresh where the line does."""
        ends = np.flatnonzero(self.row % AGAIN == AGAIN - 1)
        fresh = afresh(a[ends[:, None] + np.arange(1 - width, 1)], power)
        on = np.append(self.row, 0)[ends + 1] > 0
        steps[ends[on] + 1] += fresh[on]
        total = _run(steps, self.pieces)
        total[ends] = fresh
        return total

    def _gone(self, a: Array, width: int) -> Array:
        """The row that leaves each window, 0 while it fills."""
        out = np.zeros_like(a)
        out[width:] = np.where(self.row[width:, None] >= width, a[:-width], 0.0)
        return out

    def _before(self, a: Array) -> Array:
        """The row before, 0 where the asset begins."""
        return self._gone(a, 1)


def afresh(rows: Array, power: int) -> Array:
    """Sum over a window of time to a power times a column, added from the oldest row on; shape (..., d).

    Args:
        rows: shape (..., width, d), the oldest first; the newest has time 0.

    >>> afresh(np.array([[4.0], [3.0], [2.0]]), 1)
    array([-11.])
    """
    width = rows.shape[-2]
    time = np.arange(1.0 - width, 1.0)[:, None] ** power
    return np.asarray(np.cumsum(time * rows, axis=-2)[..., -1, :])


def spread_of(square: Array, mean: Array) -> Array:
    """Standard deviation from the mean square and the mean; 0 where it is lost in the rounding of their difference.

    >>> spread_of(np.array([5.0, 4.0 + 1e-14]), np.array([1.0, 2.0]))
    array([2., 0.])
    """
    variance = square - np.square(mean)
    return np.asarray(np.sqrt(np.where(variance > _ROUNDED * square, variance, np.minimum(square, 0.0))))


def slope_of(k: Array, z: Array, t: Array, tt: Array, tz: Array) -> Array:
    """Least-squares slope from sums over known rows: of 1, values, time, its square, time times value."""
    safe = np.maximum(k, 1)
    spread = tt - t * t / safe
    right = (k > 2) & (spread > 0)
    return np.where(right, (tz - t * z / safe) / np.where(right, spread, 1), 0.0)


def over(a: Array, n: Array) -> Array:
    """A / n, nan where n is 0."""
    return np.asarray(np.divide(a, n, out=np.full(a.shape, np.nan), where=n > 0))


def _run(steps: Array, pieces: tuple[Index, ...]) -> Array:
    """Running sums inside each piece, added row by row."""
    out = np.empty_like(steps)
    for rows in pieces:
        out[rows] = np.cumsum(steps[rows], axis=1)
    return out


def _stretches(row: Index, most: int) -> tuple[Index, ...]:
    """Positions of each asset's rows in stretches of at most `most`, those of one length together."""
    first = np.flatnonzero(row % most == 0)
    lengths = np.diff(np.append(first, len(row)))
    return tuple(first[lengths == n][:, None] + np.arange(n) for n in np.unique(lengths))


def _first_known(x: Array, known: NDArray[np.bool_], start: Index) -> Array:
    """The first known value of each row's asset, shape (n, d); nan where there is none."""
    n = len(x)
    if n == 0:
        return np.empty_like(x)
    begins = np.flatnonzero(start == np.arange(n))
    at = np.minimum.reduceat(np.where(known, np.arange(n)[:, None], n), begins, axis=0)
    first = np.take_along_axis(np.vstack([x, np.full((1, x.shape[1]), np.nan)]), at, axis=0)
    return np.asarray(np.repeat(first, np.diff(np.append(begins, n)), axis=0))
