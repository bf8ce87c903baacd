"""Intervals that hold: quantiles of out-of-sample errors, by cluster, and how often they held."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diapason.engines.learning.clusters import Clusters

__all__ = ["Band", "band", "coverage"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Band:
    """How far truth lies from a prediction: prediction + low … prediction + high."""

    low: float
    high: float
    level: float


def band(truth: Array, prediction: Array, units: Clusters, *, level: float = 0.9) -> Band:
    """The band of errors (truth - prediction) that covers `level` of the rows of a new cluster.

    Each cluster weighs the same, so that a long series doesn't decide; n + 1 in place of n makes the level hold for a
    new one.

    Args:
        truth: shape (n,), out of sample.
        prediction: shape (n,).

    Source: split conformal prediction with cross-fitted residuals (CV+); Barber et al., Ann. Statist. 49 (2021);
    clusters: Dunn, Wasserman & Ramdas, J. Am. Stat. Assoc. 118 (2023).
    """
    error = truth - prediction
    good = np.isfinite(error)
    error, codes = error[good], np.unique(units.codes[good], return_inverse=True)[1]
    if not len(error):
        return Band(float("-inf"), float("inf"), level)
    size = np.bincount(codes)
    weight = 1.0 / size[codes] / (len(size) + 1)
    order = np.argsort(error, kind="stable")
    below = np.cumsum(weight[order])
    above = np.cumsum(weight[order][::-1])
    tail = (1 - level) / 2
    low = error[order][min(int(np.searchsorted(below, tail - 1 / (len(size) + 1))), len(error) - 1)]
    high = error[order][::-1][min(int(np.searchsorted(above, tail - 1 / (len(size) + 1))), len(error) - 1)]
    return Band(float(low), float(high), level)


def coverage(truth: Array, prediction: Array, fold: NDArray[np.int64], units: Clusters, *, level: float = 0.9) -> float:
    """Share of rows inside a band that was made without their fold."""
    inside = np.zeros(len(truth), bool)
    for i in np.unique(fold):
        own, rest = fold == i, fold != i
        if not rest.any():
            return float("nan")
        made = band(truth[rest], prediction[rest], Clusters(units.codes[rest], units.word), level=level)
        error = truth[own] - prediction[own]
        inside[own] = (error >= made.low) & (error <= made.high)
    known = np.isfinite(truth)
    return float(inside[known].mean()) if known.any() else float("nan")
