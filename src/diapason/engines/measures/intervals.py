"""Intervals of shares: from independent draws, from a finite whole, and from draws of known, unequal chance."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

__all__ = ["finite", "weighted", "wilson"]

Interval = tuple[float, float, float]
"""Value, low, high."""


def wilson(met: float, of: float, level: float = 0.95) -> Interval:
    """The share of a large whole of which `of` independent ones were looked at.

    >>> [round(x, 3) for x in wilson(90, 100)]
    [0.9, 0.826, 0.945]

    Source: Wilson, JASA 22 (1927).
    """
    if of <= 0:
        return float("nan"), 0.0, 1.0
    return _score(met / of, of, float(stats.norm.ppf(0.5 + level / 2)))


def _score(p: float, n: float, z: float) -> Interval:
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return p, max(0.0, float(middle - half)), min(1.0, float(middle + half))


def finite(met: int, of: int, size: int, level: float = 0.95) -> Interval:
    """The share of a whole of `size` of which `of` were drawn alike without replacement; exact.

    All wholes are kept under which so many or fewer, and so many or more, are not too rare.

    >>> finite(10, 10, 10)
    (1.0, 1.0, 1.0)

    Source: test inversion of the hypergeometric law; Wendell and Schmee, JASA 96 (2001).
    """
    if of <= 0 or size < of:
        return float("nan"), 0.0, 1.0
    tail = (1 - level) / 2
    wholes = (met, size - (of - met))  # least and most that the whole can hold
    low = _first(wholes, lambda m: float(stats.hypergeom.sf(met - 1, size, m, of)) > tail)
    high = size - _first((of - met, size - met), lambda m: float(stats.hypergeom.sf(of - met - 1, size, m, of)) > tail)
    return met / of, low / size, high / size


def _first(span: tuple[int, int], holds: Callable[[int], bool]) -> int:
    """The first whole number in a span for which something that goes on to hold holds."""
    low, high = span
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


def weighted(met: ArrayLike, chance: ArrayLike, size: int, level: float = 0.95) -> Interval:
    """The share of a whole of which each was drawn with its own known chance, without replacement.

    Equal chances give the exact interval of a finite whole. Else the share is that of Hajek, its variance that of
    draws on their own in a finite whole; the interval is Wilson's at the number of even draws that would be as sure,
    never more than were drawn, with Student's factor for the variance being estimated.

    Args:
        met: whether each drawn one is good, shape (n,).
        chance: with what probability each came into the sample, 0..1, shape (n,).
        size: of the whole.

    >>> weighted([True, True, False], [0.5, 0.5, 0.5], 6) == finite(2, 3, 6)
    True

    Source: Korn and Graubard, Survey Methodology 24 (1998).
    """
    y: NDArray[np.float64] = np.asarray(met, np.float64)
    pi = np.clip(np.asarray(chance, np.float64), 1e-12, 1.0)
    n = len(y)
    if n == 0:
        return float("nan"), 0.0, 1.0
    if np.ptp(pi) <= 1e-9 * float(pi.max()):
        return finite(int(y.sum()), n, max(size, n), level)
    w = 1 / pi
    p = float(w @ y / w.sum())
    kish = float(w.sum() ** 2 / (w @ w))
    variance = float(((1 - pi) * np.square(w * (y - p))).sum() / w.sum() ** 2)
    even = p * (1 - p) / variance if 0 < p < 1 and variance > 0 else kish
    even = min(even, float(n)) * _student(n, level) if n > 1 else kish
    return _score(p, max(even, 1.0), float(stats.norm.ppf(0.5 + level / 2)))


def _student(n: int, level: float) -> float:
    return float((stats.norm.ppf(0.5 + level / 2) / stats.t.ppf(0.5 + level / 2, n - 1)) ** 2)
