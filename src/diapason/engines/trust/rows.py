"""Which new rows can be relied on, and why not; and which columns seem to come in another unit."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.trust.ranges import Range
from diapason.vocabulary.trust import Trust

__all__ = ["Suspicion", "judge", "suspicions"]

Array = NDArray[np.float64]
Change = tuple[str, float, float]
"""Name, factor and offset: a value was stored as factor * value + offset."""

FAR = 1.0
"""Beyond the range by more than this many times its width is not doubtful but bad."""
MOST_MISSING = 0.5
"""A row that lacks more than this share of the numbers that training rows had is bad."""
LEAST_ROWS = 5
"""A column is suspected only from so many values on."""
MOST_INSIDE = 0.5
"""It is suspected where at most so many of them lie inside the training range,"""
MOVED = 4.0
"""or its middle has moved by at least so many quarter widths,"""
BACK = 0.9
"""and undoing a change of unit brings so many back inside,"""
NEAR = 2.0
"""with quartiles that are at most so many quarter widths away from the learnt ones; the nearest change is named."""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A column that looks as if it came in another unit."""

    column: str
    change: str  # "°C → °F"
    inside: float  # share of its values inside the training range as they are
    after: float  # share inside after undoing the change


def suspicions(features: pl.DataFrame, ranges: Sequence[Range], changes: Sequence[Change]) -> tuple[Suspicion, ...]:
    """Columns most of whose values leave the training range, and come back by undoing a known change of unit."""
    found = (_suspicion(features, seen, changes) for seen in ranges if seen.number and seen.name in features.columns)
    return tuple(s for s in found if s is not None)


def judge(
    features: pl.DataFrame, ranges: Sequence[Range], suspected: Sequence[Suspicion] = ()
) -> tuple[list[Trust], list[str]]:
    """Trust in each row, and the reasons in words that need no translation.

    Returns:
        Levels and reasons, in the order of the rows; the reason of a good row is empty. A reason reads
        "T_in 412 > 98.5", "T_in missing", "grade new: Z", "T_in unit °C → °F".
    """
    n = features.height
    level, reasons = np.zeros(n, np.int64), [list[str]() for _ in range(n)]
    lacking, expected = np.zeros(n), 0
    units = {s.column: s.change for s in suspected}
    for seen in ranges:
        if seen.name not in features.columns:
            gone = np.ones(n, bool)
        else:
            gone = _column(features[seen.name], seen, level, reasons, units.get(seen.name, ""))
        if seen.missing < MOST_MISSING:
            lacking, expected = lacking + gone, expected + 1
            _note(gone & (seen.missing == 0), f"{seen.name} missing", 1, level, reasons)
    level[lacking > MOST_MISSING * max(1, expected)] = 2
    return [_LEVELS[i] for i in level], ["; ".join(r) for r in reasons]


_LEVELS = (Trust.GOOD, Trust.DOUBTFUL, Trust.BAD)


def _column(
    column: pl.Series, seen: Range, level: NDArray[np.int64], reasons: list[list[str]], unit: str
) -> NDArray[np.bool_]:
    """Note what is odd in one column; returns where it is missing."""
    if not seen.number:
        if seen.levels:
            new = (~column.is_in(seen.levels) & column.is_not_null()).to_numpy()
            for i in np.flatnonzero(new):
                reasons[i].append(f"{seen.name} new: {str(column[int(i)])[:40]}")
            level[new] = np.maximum(level[new], 1)
        return column.is_null().to_numpy()
    values = column.cast(pl.Float64).fill_null(np.nan).to_numpy()
    width = seen.high - seen.low or np.inf  # of a constant nobody knows how far is far
    beyond = np.maximum(seen.low - values, values - seen.high)
    for i in np.flatnonzero(beyond > 0):
        edge = f"> {seen.high:.6g}" if values[i] > seen.high else f"< {seen.low:.6g}"
        reasons[i].append(f"{seen.name} {values[i]:.6g} {edge}")
        level[i] = max(level[i], 2 if beyond[i] > FAR * width else 1)
    if unit:
        _note(np.isfinite(values), f"{seen.name} unit {unit}", 2, level, reasons)
    return np.asarray(np.isnan(values))


def _note(
    where: NDArray[np.bool_], reason: str, at_least: int, level: NDArray[np.int64], reasons: list[list[str]]
) -> None:
    for i in np.flatnonzero(where):
        reasons[i].append(reason)
    level[where] = np.maximum(level[where], at_least)


def _suspicion(features: pl.DataFrame, seen: Range, changes: Sequence[Change]) -> Suspicion | None:
    values = features[seen.name].cast(pl.Float64).fill_nan(None).drop_nulls().to_numpy()
    quarter = max(seen.q3 - seen.q1, 1e-3 * (seen.high - seen.low))
    if len(values) < LEAST_ROWS or quarter <= 0:
        return None
    inside = _inside(values, seen)
    if inside > MOST_INSIDE and abs(np.median(values) - seen.middle) < MOVED * quarter:
        return None
    undone = ((name, (values - offset) / factor) for name, factor, offset in changes)
    least = max(BACK, inside + (1 - inside) / 2)
    fitting = [(_off(v, seen, quarter), _inside(v, seen), name) for name, v in undone if _inside(v, seen) >= least]
    off, after, name = min(fitting, default=(np.inf, 0.0, ""))
    return Suspicion(seen.name, name, inside, after) if off < NEAR else None


def _inside(values: Array, seen: Range) -> float:
    return float(np.mean((values >= seen.low) & (values <= seen.high)))


def _off(values: Array, seen: Range, quarter: float) -> float:
    """How many quarter widths the quartiles lie from those that were learnt, on average."""
    here = np.quantile(values, (0.25, 0.5, 0.75))
    return float(np.mean(np.abs(here - (seen.q1, seen.middle, seen.q3))) / quarter)
