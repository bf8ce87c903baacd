"""What comes next, with its doubt: a forecast beside "as it is now", and when a limit will be reached."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Forecast", "Reach", "foresee", "reaches"]

Array = NDArray[np.float64]

_FEWEST = 30
_ORDER = 3
_LEVEL = 0.9


@dataclass(frozen=True, slots=True)
class Forecast:
    """Values `steps` rows ahead, and what they are worth."""

    value: float
    low: float  # 90 % of past errors at this distance lay inside
    high: float
    by: str  # "trend" or "as now", whichever erred less on the rows that were held back
    error: float  # mean absolute error of it there
    as_now: float  # mean absolute error of "as it is now" there


@dataclass(frozen=True, slots=True)
class Reach:
    """When a value will reach a limit, in rows from now; inf = not within sight."""

    likely: float
    low: float
    high: float


def foresee(history: Array, steps: int) -> Forecast | None:
    """A forecast from the last rows of one tag; None where there are too few.

    An autoregression of differences is learnt on the first part and judged beside persistence on the rest; the one that
    erred less speaks, with the quantiles of its own errors there.

    Args:
        history: shape (n,), evenly spaced, nan = missing (the value before stands in).
        steps: rows ahead.

    Source: direct multi-step autoregression; Marcellino, Stock & Watson, J. Econometrics 135 (2006).
    """
    x = _filled(history)
    if len(x) < _FEWEST + steps + _ORDER:
        return None
    past = np.column_stack([np.diff(x)[_ORDER - 1 - k : len(x) - 1 - k] for k in range(_ORDER)])
    known = np.arange(len(past) - steps)
    gain = x[_ORDER + known + steps] - x[_ORDER + known]
    cut = max(len(known) * 2 // 3, _ORDER + 2)
    weights = _ridge(past[:cut], gain[:cut])
    held = slice(cut, len(known))
    errors = {"as now": gain[held], "trend": gain[held] - past[known][held] @ weights}
    sizes = {name: float(np.mean(np.abs(e))) for name, e in errors.items()}
    by = "trend" if sizes["trend"] < sizes["as now"] else "as now"
    value = float(x[-1] + (past[-1] @ weights if by == "trend" else 0.0))
    tail = (1 - _LEVEL) / 2
    low, high = (float(value + q) for q in np.quantile(errors[by], (tail, 1 - tail)))
    return Forecast(value, low, high, by, sizes[by], sizes["as now"])


def reaches(history: Array, limit: float) -> Reach:
    """Rows until the trend of the last rows reaches a limit, upwards or downwards.

    The slope is the median of slopes between pairs of rows; its interval their order statistics.

    Args:
        history: shape (n,), evenly spaced, nan = missing.

    Source: Sen, J. Am. Stat. Assoc. 63 (1968).
    """
    x = _filled(history)[-60:]
    if len(x) < 10:
        return Reach(np.inf, np.inf, np.inf)
    i, j = np.triu_indices(len(x), 5)
    slopes = np.sort((x[j] - x[i]) / (j - i))
    n, pairs = len(x), len(slopes)
    wide = 1.645 * np.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    ends = [slopes[int(np.clip((pairs + d * wide) / 2, 0, pairs - 1))] for d in (-1, 0, 1)]
    away = limit - float(np.median(x[-5:]))
    rows = sorted(away / s if s * away > 0 else np.inf for s in ends)
    middle = away / ends[1] if ends[1] * away > 0 else np.inf
    return Reach(float(middle), float(rows[0]), float(rows[-1]))


def _filled(history: Array) -> Array:
    """Missing values as the one before; leading ones left out."""
    x = np.asarray(history, np.float64)
    known = np.isfinite(x)
    if not known.any():
        return np.empty(0)
    at = np.maximum.accumulate(np.where(known, np.arange(len(x)), -1))
    return np.asarray(x[at[at >= 0]])


def _ridge(z: Array, y: Array) -> Array:
    gram = z.T @ z + 1e-6 * (np.trace(z.T @ z) + 1e-12) * np.eye(z.shape[1])
    return np.asarray(np.linalg.solve(gram, z.T @ y))
