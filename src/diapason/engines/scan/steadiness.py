"""How far the mean of a stretch strays by itself: the yardstick of drift, taken from the reference alone."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diapason.engines.scan.batch import DAY, HOURS
from diapason.engines.scan.column import Column
from diapason.engines.scan.table import Scan

__all__ = ["FEWEST", "Strayed", "cell_means", "knows_hours", "strayed"]

Array = NDArray[np.float64]

FEWEST = 6
"""Stretches of one length from which their spread is told at least."""


@dataclass(frozen=True, slots=True)
class Strayed:
    """Variance of the mean of a stretch, by its length in windows of the reference.

    Lengths at which there are too few stretches are reached by the power law that the longest ones follow, never
    steeper than independent readings allow. Source: aggregated variances, Beran, Statistics for Long-Memory Processes,
    1994, section 4.4.
    """

    lengths: Array  # (k,) in windows, ascending
    variances: Array  # (k,) of the mean of one asset
    common: Array  # (k,) the part that all assets have at the same time
    freedom: Array  # (k,) degrees of freedom

    def of(self, length: float, assets: int) -> tuple[float, float]:
        """Variance of the mean over some assets, and its degrees of freedom; infinite where nothing is known."""
        if not self.lengths.size:
            return np.inf, 0.0
        at = int(np.searchsorted(self.lengths, length, side="right") - 1)
        place = min(max(at, 0), len(self.lengths) - 1)
        rate = self._rate(place) if length >= self.lengths[place] else 1.0  # shorter ones stray more
        alone = self.variances[place] * (self.lengths[place] / length) ** rate
        shared = self.common[place] * (self.lengths[place] / length) ** rate
        return float(shared + max(alone - shared, 0.0) / max(assets, 1)), float(self.freedom[place])

    def _rate(self, place: int) -> float:
        if place == 0 or not self.variances[place] > 0:
            return 0.0
        before = max(place - 2, 0)
        fall = np.log(self.variances[before] / self.variances[place])
        return float(np.clip(fall / np.log(self.lengths[place] / self.lengths[before]), 0.0, 1.0))


def cell_means(scan: Scan, column: Column) -> tuple[Array, Array]:
    """Values in windows and their mean, of each followed asset in each state of the process; shapes (assets, kinds)."""
    n, mean = _cells(scan, column)
    total = n.sum(axis=2)
    return total, (n * mean).sum(axis=2) / np.maximum(total, 1)


def strayed(scan: Scan, column: Column) -> Strayed:
    """What windows of a column tell, the hours of the day and the states of the process taken out."""
    count, values = _cells(scan, column)
    total, mean = cell_means(scan, column)
    away = np.where(count > 0, values - mean[:, :, None] - _expected(scan, column)[None], 0.0)
    whole = count.sum(axis=1)
    together = (count * away).sum(axis=1) / np.maximum(whole, 1)
    found = list(_by_length(whole, together, int((total > 0).sum())))
    return Strayed(*(np.array([f[i] for f in found]) for i in range(4)))


def knows_hours(scan: Scan) -> bool:
    """Whether a table has seen each hour of the day; a shorter one tells the course of a day from nothing."""
    return scan.shape.calendar and scan.span is not None and scan.span[1] - scan.span[0] >= DAY


def _cells(scan: Scan, column: Column) -> tuple[Array, Array]:
    """Counts and means by asset, state of the process and window."""
    shape = (len(column.windows), scan.kinds, scan.wide)
    return column.windows["n"].astype(np.float64).reshape(shape), column.windows["mean"].reshape(shape)


def _by_length(count: Array, away: Array, means_taken: int) -> Iterator[tuple[float, float, float, float]]:
    """Length, variance of one asset, variance that assets share, freedom; longest last."""
    length, assets = 1, int((count.sum(axis=1) > 0).sum())
    while length <= count.shape[1]:
        n, means = _blocks(count, away, length)
        known = n > 0
        if (freedom := int(known.sum()) - means_taken) < FEWEST - 1:
            return
        together = n.sum(axis=0)
        joint = ((n * means).sum(axis=0) / np.maximum(together, 1))[together > 0]
        alone = float(np.square(means[known]).sum() / freedom)
        per = float(known.sum(axis=0)[together > 0].mean())
        common = alone if assets < 2 else max(float(np.square(joint).mean()) - alone / per, 0.0)
        yield float(length), alone, common, float(min(freedom, len(joint) - 1) if common else freedom)
        length *= 2


def _blocks(count: Array, away: Array, length: int) -> tuple[Array, Array]:
    """Counts and means of blocks of windows, those half empty left out; shape (assets, blocks)."""
    whole = count.shape[1] // length * length
    n, x = (a[:, :whole].reshape(len(a), -1, length) for a in (count, away))
    total = n.sum(axis=2)
    mean = (n * x).sum(axis=2) / np.maximum(total, 1)
    full = (n > 0).sum(axis=2) * 2 > length
    return np.where(full, total, 0.0), np.where(full, mean, 0.0)


def _expected(scan: Scan, column: Column) -> Array:
    """What the hours of the day alone would make of each window's mean, shape (kinds, windows)."""
    if not knows_hours(scan):
        return np.zeros((scan.kinds, scan.wide))
    slots = column.slots.reshape(scan.kinds, HOURS)
    n = slots["n"].astype(np.float64)
    overall = (n * slots["mean"]).sum(axis=1) / np.maximum(n.sum(axis=1), 1)
    profile = np.where(n > 0, slots["mean"] - overall[:, None], 0.0)
    ends = (scan.base + np.arange(scan.wide + 1, dtype=np.float64)) * 2.0**scan.level / (DAY / HOURS)
    upto = np.concatenate([np.zeros((scan.kinds, 1)), np.cumsum(profile, axis=1)], axis=1)
    part = np.array([np.interp(ends % HOURS, np.arange(HOURS + 1), sums) for sums in upto])
    integral = np.floor(ends / HOURS) * upto[:, -1:] + part
    return np.asarray(np.diff(integral, axis=1) / np.diff(ends))
