"""The mean of per-row values and its doubt, where rows of one unit are not independent."""

import numpy as np
from numpy.typing import NDArray
from scipy import stats

__all__ = ["Mean", "clustered"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]


class Mean:
    """A mean with its standard error."""

    __slots__ = ("error", "free", "value")

    def __init__(self, value: float, error: float, free: int) -> None:
        self.value, self.error, self.free = value, error, free

    def limit(self, level: float) -> float:
        """One-sided limit: above with that probability (below for a level under one half)."""
        return self.value + float(stats.t.ppf(level, max(self.free, 2))) * self.error


def clustered(values: Array, units: Index) -> Mean:
    """Mean over rows with a standard error over units.

    Args:
        values: shape (n,); nan is left out.
        units: code of each row.

    >>> one = clustered(np.array([1.0, 1.0, 3.0, 3.0]), np.array([0, 0, 1, 1]))
    >>> one.value, round(one.error, 3)
    (2.0, 1.0)

    Source: linearised mean with cluster-robust variance; Liang and Zeger, Biometrika 73 (1986).
    """
    known = np.isfinite(values)
    v, u = values[known], np.unique(units[known], return_inverse=True)[1]
    if not len(v):
        return Mean(float("nan"), float("nan"), 0)
    k = int(u.max()) + 1
    mean = float(v.mean())
    sums = np.bincount(u, weights=v - mean)
    error = np.sqrt(float(np.square(sums).sum()) * k / max(k - 1, 1)) / len(v)
    return Mean(mean, float(error), k - 1)
