"""Numbers far outside of their column, by a power of ten: a slipped point, another unit."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from diapason.engines.mending.clues import Clue
from diapason.engines.mending.coded import Coded, number

__all__ = ["outliers"]

FAR = 5.0
"""Quarter-to-quarter spreads beyond the quarters, on the scale on which the column is even."""
RARE = 0.03
LEAST = 50


def outliers(column: Coded) -> Iterator[Clue]:
    """Cells beyond `FAR` spreads, with nothing between; what one power of ten brings back is proposed.

    The scale, plain or logarithmic, is the one on which the quarters lie more evenly around the middle.
    """
    if not column.numeric(0.9) or len(column.values) < 5:
        return
    values = np.array([x if (x := number(v)) is not None else np.nan for v in column.values])
    known = np.isfinite(values)
    each = np.repeat(values[known], column.counts[known])
    if len(each) < LEAST:
        return
    log = bool((each > 0).all()) and _skew(np.log(each)) < _skew(each)
    scaled, told = (np.log(each), np.log(values)) if log else (each, values)
    q1, q3 = np.quantile(scaled, [0.25, 0.75])
    spread = q3 - q1
    if spread <= 0:
        return
    far = np.where(known, np.maximum(told - q3, q1 - told) / spread, 0.0)
    out = far > FAR
    share = column.counts[out].sum() / len(each)
    if not out.any() or share > RARE or far[out].min() - far[~out].max(initial=0.0) < 1.0:
        return
    low, high = np.exp([q1, q3]) if log else (q1, q3)
    rows = column.rows()
    for k in np.flatnonzero(out):
        right, trust = _brought_back(float(values[k]), float(low), float(high), values[known & ~out])
        sure = float(1 - 0.5 / far[k]) if right else float(min(0.75, 1 - 1.5 / far[k]))
        facts = {"low": float(low), "high": float(high), "far": float(far[k])}
        for row in rows[k]:
            yield Clue(int(row), column.name, "outlier", sure, right, trust, facts)


def _skew(x: NDArray[np.float64]) -> float:
    q1, middle, q3 = np.quantile(x, [0.25, 0.5, 0.75])
    return float(abs(q3 + q1 - 2 * middle) / (q3 - q1)) if q3 > q1 else 1.0


def _brought_back(value: float, low: float, high: float, others: NDArray[np.float64]) -> tuple[str | None, float]:
    """The power of ten that brings a number back among the others, and how clearly it is that one."""
    least, most = float(others.min()), float(others.max())
    fits = [p for p in (1, 2, 3, 4, 6, -1, -2, -3, -4, -6) if least <= value / 10.0**p <= most]
    if not fits:
        return None, 0.0
    middle = np.sqrt(low * high) if low > 0 and high > 0 else (low + high) / 2
    best = min(fits, key=lambda p: abs(np.log(abs(value / 10.0**p / middle))) if middle else 0.0)
    return f"{value / 10.0**best:.10g}", 0.85 / len(fits)
