"""By how much one arm is better than another on the same rows, and how sure that is."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from diapason.vocabulary.estimates import Estimate

__all__ = ["Gain", "counted_gain", "errors_gain", "mean_gain"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_DRAWS = 400
_FOLDS = 4
"""Folds from which on their own spread is looked at too."""


@dataclass(frozen=True, slots=True)
class Gain:
    """A paired difference, positive = better."""

    value: float
    error: float  # standard error, clustered
    n: int
    clusters: int
    unit: str

    def low(self, level: float) -> float:
        """Lower end of the two-sided interval at that level."""
        return self.value - self._reach(level)

    def estimate(self, level: float) -> Estimate:
        """With its two-sided interval."""
        reach = self._reach(level)
        return Estimate(
            self.value, self.value - reach, self.value + reach, self.n, self.unit, level=level, clusters=self.clusters
        )

    def _reach(self, level: float) -> float:
        free = max(2, (self.clusters or self.n) - 1)
        return float(stats.t.ppf(0.5 + level / 2, free)) * self.error


def errors_gain(loss: Array, other: Array, weight: Array, cluster: Index, fold: Index) -> Gain:
    """Relative gain in root mean square of `other` over `loss`, in percent.

    Args:
        loss: squared errors of the arm compared with, shape (n,).
        other: squared errors of the arm that may be better, same rows.
        weight: how far each row counts as judged, 0..1.
        cluster: codes; rows of one cluster are not independent.
        fold: codes; where there are four or more, the interval is at least as wide as the spread over folds says.

    Source: linearised ratio of means with cluster-robust variance (Liang and Zeger, Biometrika 73, 1986).
    """
    total = float(weight.sum())
    a, b = np.sqrt(float(weight @ loss) / total), np.sqrt(float(weight @ other) / total)
    if a == 0:
        return Gain(0.0, 0.0, len(loss), 0, "%")
    pull = weight * ((loss - a * a) * b / (2 * a**3) - (other - b * b) / (2 * a * max(b, 1e-300)))
    sums = np.bincount(cluster, weights=pull)
    k = int(np.sum(np.bincount(cluster) > 0))
    error = np.sqrt(float(np.square(sums).sum()) * k / max(k - 1, 1)) / total

    def of(rows: Array) -> float:
        w = weight * rows
        return 1 - float(np.sqrt(float(w @ other) / max(float(w @ loss), 1e-300)))

    error = max(float(error), _spread(of, fold))
    return Gain(100 * float(1 - b / a), 100 * error, len(loss), k if k < len(loss) else 0, "%")


def counted_gain(
    measure: Callable[[Array], float], cells: tuple[Index, Index], size: int, cluster: Index, fold: Index, *, seed: int
) -> Gain:
    """Gain in a measure of a table of counts (accuracy, F1), by a clustered bootstrap.

    Args:
        measure: from counts of shape (size,) to the score.
        cells: for each row the cell of the table it falls into, for the arm compared with and for the other one.
        size: number of cells.
    """
    one, two = cells

    def of(weight: Array) -> float:
        after = measure(np.bincount(two, weights=weight, minlength=size).astype(np.float64))
        return after - measure(np.bincount(one, weights=weight, minlength=size).astype(np.float64))

    codes, group = np.unique(cluster, return_inverse=True)
    draw = np.random.default_rng(seed)
    drawn = [of(draw.poisson(1.0, len(codes)).astype(np.float64)[group]) for _ in range(_DRAWS)]
    error = max(float(np.nanstd(drawn)), _spread(of, fold))
    clusters = len(codes) if len(codes) < len(one) else 0
    return Gain(of(np.ones(len(one))), error, len(one), clusters, "1")


def mean_gain(gains: list[Gain]) -> Gain:
    """The mean over several draws of one arm; the spread between draws widens the interval."""
    values = np.array([g.value for g in gains])
    within = float(np.mean([g.error**2 for g in gains]))
    between = float(values.var(ddof=1)) / len(values) if len(values) > 1 else 0.0
    first = gains[0]
    return Gain(float(values.mean()), float(np.sqrt(within + between)), first.n, first.clusters, first.unit)


def _spread(of: Callable[[Array], float], fold: Index) -> float:
    """Standard error from the spread over folds; 0 with fewer than four."""
    codes = np.unique(fold)
    if len(codes) < _FOLDS:
        return 0.0
    parts = np.array([of((fold == c).astype(np.float64)) for c in codes])
    parts = parts[np.isfinite(parts)]
    return float(parts.std(ddof=1) / np.sqrt(len(parts))) if len(parts) >= _FOLDS else 0.0
