"""Numbers with fewer digits: counts to a base, gains and ranges to what their spread can bear."""

import math

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["to_base", "to_digits", "usual_range"]


def to_base(count: int, base: int) -> int:
    """The nearest multiple of `base`, halves up.

    >>> to_base(1003, 5), to_base(1002, 5)
    (1005, 1000)
    """
    return base * math.floor(count / base + 0.5)


def to_digits(value: float, digits: int, *, scale: float = 0.0) -> float | None:
    """A number with so many significant digits of `scale` (default: of itself); None for nan.

    >>> to_digits(0.123456, 2), to_digits(1234.567, 2, scale=10.0)
    (0.12, 1235.0)
    """
    if not math.isfinite(value):
        return None
    size = abs(scale) or abs(value)
    if size == 0:
        return 0.0
    places = digits - 1 - math.floor(math.log10(size))
    return float(round(value, places)) + 0.0


def usual_range(values: ArrayLike, k: int, digits: int) -> tuple[float, float, float] | None:
    """Low, middle and high of a column: rounded quantiles with at least `k` rows beyond each, never an extreme alone.

    Returns:
        The 10 %, 50 % and 90 % quantiles, or further inside where `k` rows ask for it; None below 4 k rows.

    >>> usual_range(np.arange(1000), 10, 2)
    (100.0, 500.0, 900.0)
    """
    given = np.asarray(values, np.float64)
    known = np.sort(given[np.isfinite(given)])
    n = len(known)
    if n < 4 * k:
        return None
    beyond = max(k, round(0.1 * n))
    low, middle, high = (float(known[i]) for i in (beyond, n // 2, n - 1 - beyond))
    rounded = [to_digits(x, digits, scale=(high - low) or abs(x)) for x in (low, middle, high)]
    return (rounded[0] or 0.0, rounded[1] or 0.0, rounded[2] or 0.0)
