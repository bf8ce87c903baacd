"""How far a natural value may lie, and how sure one can be beyond: tails and intervals."""

import math

import numpy as np

from diapason.engines.quality.layout import Floats

__all__ = ["counted_sure", "robust", "tail_limit", "wilson"]


def robust(values: Floats) -> tuple[float, float]:
    """Median and 1.4826 times the median absolute deviation; nan for no values.

    >>> robust(np.array([1.0, 2.0, 3.0, 4.0, 100.0]))
    (3.0, 1.4826)
    """
    if not values.size:
        return math.nan, math.nan
    centre = float(np.median(values))
    return centre, 1.4826 * float(np.median(np.abs(values - centre)))


def _weibull(low: tuple[float, float], high: tuple[float, float], deep: float) -> float:
    """Where a Weibull tail through two quantiles has probability exp(-deep); each is (probability, value)."""
    (p1, q1), (p2, q2) = low, high
    if not 0 < q1 < q2:
        return math.inf
    shape = math.log(math.log(1 - p2) / math.log(1 - p1)) / math.log(q2 / q1)
    return float(q2 * (deep / -math.log(1 - p2)) ** (1 / shape))


def tail_limit(deviations: Floats, cells: int, alpha: float) -> float:
    """The deviation that fewer than `alpha` of `cells` natural ones exceed.

    A Weibull tail goes through the 40 and 70 % quantile; what lies beyond it is set aside, and the tail is drawn again
    through the 80 and 96 % quantile of the rest, so that up to a quarter of gross errors does not widen it. Where
    deviations come in a few sizes only, no tail can be drawn, and six times the 96 % quantile is taken.

    Args:
        deviations: absolute deviations, any unit; zeros count as no deviation.
        cells: how many cells will be judged.
        alpha: expected number of natural cells beyond the limit.

    Returns:
        The limit, in the unit of the deviations; infinite when there is too little to go by.

    >>> z = np.abs(np.random.default_rng(0).normal(size=10_000))
    >>> 5.0 < tail_limit(z, 10_000, 0.01) < 7.5
    True

    Source: log-linearity of the Weibull survival function in log-log scale; two-quantile fit.
    """
    sizes = deviations[deviations > 0]
    if sizes.size < 50:
        return math.inf
    deep = math.log(max(cells, 2) / alpha)
    q40, q70 = np.quantile(sizes, [0.4, 0.7])
    first = _weibull((0.4, q40), (0.7, q70), deep)
    if not np.isfinite(first):
        first = 6 * q70
    q80, q96 = np.quantile(sizes[sizes <= first], [0.8, 0.96])
    last = _weibull((0.8, q80), (0.96, q96), deep)
    return last if np.isfinite(last) else float(6 * q96)


def counted_sure(middle: int, near: int, beyond: int, most: float) -> float:
    """The share of cells beyond a limit that a natural tail does not explain.

    Args:
        middle: cells between a half and three quarters of the limit.
        near: cells between three quarters of the limit and the limit.
        beyond: cells beyond it.
        most: the slowest decline that counts as natural.

    The decline from `middle` to `near` is continued beyond the limit.

    >>> counted_sure(100, 1, 5, 0.6)
    0.99
    >>> counted_sure(10, 8, 11, 0.6)
    0.0
    """
    if not beyond:
        return 0.0
    decline = min((near + 0.1) / (middle + 1), most)
    return float(min(max(1 - near * decline / (1 - decline) / beyond, 0.0), 0.99))


def wilson(good: float, of: float, z: float = 1.96) -> tuple[float, float]:
    """Wilson's interval of a share; (0, 1) when nothing was looked at.

    >>> tuple(round(x, 3) for x in wilson(95, 100))
    (0.888, 0.978)

    Source: Wilson, JASA 22 (1927).
    """
    if of <= 0:
        return 0.0, 1.0
    p = min(max(good / of, 0.0), 1.0)
    middle = (p + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * math.sqrt(p * (1 - p) / of + z * z / (4 * of * of))
    return max(middle - half, 0.0), min(middle + half, 1.0)
