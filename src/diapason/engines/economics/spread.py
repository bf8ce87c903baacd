"""How far chance moves a weighted sum of days that resemble their neighbours."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

__all__ = ["Spread", "spread"]

Array = NDArray[np.float64]

_ORDER = 7
"""Days back that a day may resemble: a week."""
_FAR = 0.98
_LONG = 1500


@dataclass(frozen=True, slots=True)
class Spread:
    """The standard error of a weighted sum, and what is needed to make an interval of it."""

    error: float
    correlation: float  # of a day with the one before
    freedom: float

    def reach(self, level: float) -> float:
        """Half width of the two-sided interval at that level."""
        return float(stats.t.ppf(0.5 + level / 2, self.freedom)) * self.error


def spread(weights: Array, residual: Array, side: NDArray[np.bool_], parameters: int) -> Spread:
    """Standard error of `weights @ y` where `residual` is what is left of y.

    The residual is taken for an autoregression of up to seven days; each side may scatter by its own amount, but none
    less than both together.

    Args:
        weights: shape (n,).
        residual: shape (n,), in order of time, mean zero on each side.
        side: shape (n,), which of the two sides each day is on.
        parameters: fitted coefficients.

    Source: Burg's recursion (1975), order by BIC, first coefficient corrected for its small-sample bias (Kendall,
    Biometrika 41, 1954).

    >>> draw = np.random.default_rng(0).normal(size=200)
    >>> half = np.arange(200) >= 100
    >>> round(spread(np.where(half, 0.01, -0.01), draw, half, 2).error, 2)  # sqrt(2 / 100) = 0.141
    0.14
    """
    n = len(residual)
    free = max(n - parameters - 1, 2)
    variance = float(residual @ residual) / free
    if variance <= 0:
        return Spread(0.0, 0.0, free)
    scale = np.ones(n)
    for part in (side, ~side):
        own = float(np.mean(residual[part] ** 2)) if part.any() else 0.0
        scale[part] = np.sqrt(max(1.0, own / variance))
    reflections, rest = _burg(residual / scale, max(1, min(_ORDER, n // 15)))
    fitted = (1 + parameters) / 2 + 3 * reflections[0]  # what fitting takes off the first, times n
    reflections[0] = np.clip(reflections[0] + max(0.0, fitted) / n, 0.0, _FAR)  # days that alternate earn no trust
    covariance = _covariance(reflections, min(n, _LONG)) * rest * n / free
    lagged = np.correlate(weights * scale, weights * scale, "full")[n - 1 : n - 1 + len(covariance)]
    total = covariance[0] * lagged[0] + 2 * float(covariance[1:] @ lagged[1:])
    least = float(np.square(weights * scale).sum()) * covariance[0] * 0.05  # a sum cannot be known that much better
    alike = float(covariance[1] / covariance[0]) if len(covariance) > 1 else 0.0
    counted = n * (1 - max(alike, 0.0)) / (1 + max(alike, 0.0))
    return Spread(float(np.sqrt(max(total, least))), alike, max(3.0, counted - parameters))


def _burg(series: Array, most: int) -> tuple[Array, float]:
    """Reflection coefficients up to the order with the best BIC (one at least), and the variance that is left."""
    n = len(series)
    forward, backward = series[1:], series[:-1]
    left, found, best = float(np.mean(series**2)), list[float](), (np.inf, 1, 0.0)
    for order in range(1, most + 1):
        size = float(forward @ forward + backward @ backward)
        k = 2 * float(forward @ backward) / size if size > 0 else 0.0
        found.append(float(np.clip(k, -_FAR, _FAR)))
        left *= 1 - found[-1] ** 2
        cost = n * np.log(max(left, 1e-300)) + order * np.log(n)
        best = min(best, (cost, order, left))
        forward, backward = (forward - k * backward)[1:], (backward - k * forward)[:-1]
    return np.array(found[: best[1]]), best[2]


def _covariance(reflections: Array, lags: int) -> Array:
    """Covariance at lags 0, 1, … of the autoregression with unit innovations, shape (lags,)."""
    coefficients = np.zeros(0)
    for k in reflections:
        coefficients = np.append(coefficients - k * coefficients[::-1], k)
    p = len(coefficients)
    unit = np.prod(1 - reflections**2)
    out = np.zeros(max(lags, p + 1))
    out[0] = 1 / unit
    for h in range(1, len(out)):  # Levinson: the first p lags follow from the reflections, the others from these
        out[h] = _next(out, reflections, h) if h <= p else float(coefficients @ out[h - 1 : h - p - 1 : -1])
    return out[:lags]


def _next(known: Array, reflections: Array, h: int) -> float:
    """Covariance at lag h from those before and the h-th reflection coefficient."""
    lower, left = np.zeros(0), float(known[0])
    for k in reflections[: h - 1]:
        lower = np.append(lower - k * lower[::-1], k)
        left *= 1 - k**2
    return float(reflections[h - 1]) * left + float(lower @ known[h - 1 : 0 : -1])
