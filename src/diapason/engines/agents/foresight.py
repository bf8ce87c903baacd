"""What comes next, with its doubt: a forecast beside "as it is now", and when a limit will be reached."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["Forecast", "Reach", "foresee", "reaches"]

Array = NDArray[np.float64]

_FEWEST = 30
_ORDER = 3
_TAILS = (0.05, 0.95)
_Z = 1.645
_BENDS = (-8.0, -4.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 12.0)
"""How often the slope grows e-fold within the rows that a trend is taken from."""
_LIKELY, _CHANCE = 2.71, 9.0
"""By so much less likely (twice the log) a bend still counts; and the straight line no more."""
_TREND = 60
"""Rows that a trend is taken from."""
_LEAST = 40
"""Fewer than these show no trend: what looks like one is mostly noise that goes on for a while."""
_WORTH = 4.0
"""Errors that a history is worth at least; fewer would leave no interval at all."""
_CLOSEST = 0.97
"""Autocorrelation above which rows are not held to be still more alike."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Values `steps` rows ahead, and what they are worth."""

    value: float
    low: float  # 90 % of rows at this distance should lie inside, if errors come as they came
    high: float
    by: str  # "trend" or "as now", whichever erred less on the rows that were held back
    error: float  # mean absolute error of it there
    as_now: float  # mean absolute error of "as it is now" there


@dataclass(frozen=True, slots=True)
class Reach:
    """When a value will reach a limit, in rows from now; 0 = at any moment, inf = not within sight."""

    likely: float
    low: float
    high: float


def foresee(history: Array, steps: int) -> Forecast | None:
    """A forecast from the last rows of one tag; None where there are too few.

    An autoregression of differences is learnt on the first part and judged beside persistence on the rest; the one that
    erred less speaks. Its interval is the wider of the quantiles of its errors there and of Student's t for as many of
    them as are worth one each: errors of rows that follow one another are alike.

    Args:
        history: shape (n,), evenly spaced, nan = missing (the value before stands in).
        steps: rows ahead.

    Source: direct multi-step autoregression, Marcellino, Stock & Watson, J. Econometrics 135 (2006); size of a sample
    of an autocorrelated series, Bayley & Hammersley, Suppl. J. R. Stat. Soc. 8 (1946).
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
    low, high = _ends(errors[by], steps)
    return Forecast(value, value + low, value + high, by, sizes[by], sizes["as now"])


def reaches(history: Array, limit: float) -> Reach:
    """Rows until the trend of the last rows reaches a limit, upwards or downwards.

    The trend is a straight line, its slope the median of slopes between pairs of rows with their order statistics as an
    interval; where a bend is beyond chance (as wear quickens), an exponential, of all bends that are likely. Both are
    held for less sure as rows that follow one another are alike. Nine in ten rows lie around the trend: the earlier end
    is where the near edge of the steeper one reaches the limit (a bend that may be chance counts there), the later
    where the far edge of the flatter one does.

    Args:
        history: shape (n,), evenly spaced, nan = missing.

    Source: Sen, J. Am. Stat. Assoc. 63 (1968); Yue & Wang, Water Resour. Manage. 18 (2004); profile
    likelihood, Venzon & Moolgavkar, Applied Statistics 37 (1988).
    """
    x = _filled(history)[-_TREND:]
    if len(x) < _LEAST:
        return Reach(np.inf, np.inf, np.inf)
    sign = 1.0 if limit >= float(np.median(x[-5:])) else -1.0
    x, limit = sign * x, sign * limit
    straight, bent, surely = _straight(x, limit), *_bent(x, limit)
    return bent if surely else Reach(straight.likely, min(straight.low, bent.low), straight.high)


def _straight(x: Array, limit: float) -> Reach:
    """When a line climbs to a limit."""
    n = len(x)
    i, j = np.triu_indices(n, 5)
    slopes = np.sort((x[j] - x[i]) / (j - i))
    pairs, rows = len(slopes), np.arange(1.0 - n, 1.0)
    middle = float(np.median(slopes))
    rest = x - middle * rows
    rest -= np.median(rest)
    kendall = np.sqrt(n * (n - 1) * (2 * n + 5) / 18 * _repeats(rest)) / (n * (n - 1) / 2)
    ends = [slopes[int(np.clip(pairs * (1 + d * _Z * kendall) / 2, 0, pairs - 1))] for d in (-1, 1)]
    near, far = np.quantile(rest, _TAILS)[::-1]
    lines = ((middle, 0.0), (float(ends[1]), float(near)), (float(ends[0]), float(far)))
    return Reach(*(_climbs(np.median(x - slope * rows), slope, 0.0, limit - aside) for slope, aside in lines))


def _bent(x: Array, limit: float) -> tuple[Reach, bool]:
    """When a curve that quickens or slackens climbs to a limit, and whether its bend is more than chance."""
    n = len(x)
    terms, inverse = _curves(n)
    found = np.einsum("cij,cnj,n->ci", inverse, terms, x)
    rest = x - np.einsum("cnj,cj->cn", terms, found)
    sizes = np.maximum((rest**2).sum(axis=1), 1e-300)
    best = int(sizes.argmin())
    repeats = _repeats(rest[best])
    unlike = n / repeats * np.log(sizes / sizes[best])
    doubt = _Z * np.sqrt(inverse[:, 1, 1] * sizes / (n - 3) * repeats)
    near, far = np.quantile(rest[best], _TAILS)[::-1]
    told = [(c, *found[k], doubt[k]) for k, c in enumerate(_BENDS) if unlike[k] <= _LIKELY]
    early = min(_climbs(level, slope + wide, c, limit - near) for c, level, slope, wide in told)
    late = max(_climbs(level, slope - wide, c, limit - far) for c, level, slope, wide in told)
    reach = Reach(*(n * t for t in (_climbs(found[best, 0], found[best, 1], _BENDS[best], limit), early, late)))
    return reach, bool(unlike[_BENDS.index(0.0)] >= _CHANCE)


@lru_cache(maxsize=_TREND)
def _curves(n: int) -> tuple[Array, Array]:
    """For each bend: a level and a slope now as columns over n rows, and the inverse of their products."""
    rows = np.arange(1.0 - n, 1.0) / n
    along = np.array([np.expm1(c * rows) / c if c else rows for c in _BENDS])
    terms = np.stack([np.ones_like(along), along], axis=2)
    return terms, np.linalg.inv(np.einsum("cni,cnj->cij", terms, terms))


def _climbs(level: float, slope: float, bend: float, limit: float) -> float:
    """When a curve of this level and slope now, that grows e-fold by `bend`, is at a limit; inf = never."""
    away = float(limit - level)
    if away <= 0:
        return 0.0
    if slope <= 0 or 1 + bend * away / slope <= 0:
        return float(np.inf)
    return float(np.log1p(bend * away / slope) / bend) if bend else away / slope


def _repeats(rest: Array) -> float:
    """How many rows say what one would, were they not alike."""
    alike = _alike(rest - rest.mean())
    return (1 + alike) / (1 - alike)


def _ends(errors: Array, steps: int) -> tuple[float, float]:
    """Both ends of the interval of the next error."""
    from scipy.special import stdtrit  # slow to load

    near, far = (float(q) for q in np.quantile(errors, _TAILS))
    middle = float(errors.mean())
    worth = max(min(len(errors) / _repeats(errors), 2 * len(errors) / steps), _WORTH)
    spread = float(errors.std()) * np.sqrt(worth / (worth - 1) * (1 + 1 / worth)) * float(stdtrit(worth - 1, _TAILS[1]))
    return min(near, middle - spread), max(far, middle + spread)


def _alike(x: Array) -> float:
    """Correlation of each row with the one before, less its bias in short series, 0 where there is none."""
    size = float(x @ x)
    if size <= 0:
        return 0.0
    found = float(x[1:] @ x[:-1]) / size
    return float(np.clip(found + (1 + 4 * found) / len(x), 0.0, _CLOSEST))


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
