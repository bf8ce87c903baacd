"""Rows whose target lies on another line: given = factor × expected + offset. Wrong unit, wrong decimal, wrong zero."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from diapason.engines.resonance.residuals import LEVELS, Residuals, fewest
from diapason.engines.resonance.scatter import gathered

__all__ = ["FACTORS", "Line", "find_line"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

FACTORS: dict[str, tuple[float, float]] = {
    "°C as °F": (1.8, 32.0),
    "°F as °C": (1 / 1.8, -32 / 1.8),
    "°C as K": (1.0, 273.15),
    "K as °C": (1.0, -273.15),
    "x 10": (10.0, 0.0),
    "x 0.1": (0.1, 0.0),
    "x 100": (100.0, 0.0),
    "x 0.01": (0.01, 0.0),
    "x 1000": (1000.0, 0.0),
    "x 0.001": (0.001, 0.0),
    "sign": (-1.0, 0.0),
    "bar as psi": (14.50377, 0.0),
    "psi as bar": (1 / 14.50377, 0.0),
    "psi as kPa": (6.894757, 0.0),
    "kPa as psi": (1 / 6.894757, 0.0),
    "in as mm": (25.4, 0.0),
    "mm as in": (1 / 25.4, 0.0),
    "m as ft": (3.28084, 0.0),
    "ft as m": (0.3048, 0.0),
    "kg as lb": (2.204623, 0.0),
    "lb as kg": (0.4535924, 0.0),
    "gal as L": (3.785412, 0.0),
    "L as gal": (1 / 3.785412, 0.0),
    "cal as J": (4.1868, 0.0),
    "J as cal": (1 / 4.1868, 0.0),
    "per min as per h": (60.0, 0.0),
    "per h as per min": (1 / 60, 0.0),
    "m/s as km/h": (3.6, 0.0),
    "km/h as m/s": (1 / 3.6, 0.0),
}
"""What a wrong unit does: factor and offset, by name."""

_RANKS = {"scale": 1, "shift": 2, "line": 3}
"""Simple before general; a known conversion has rank 0."""

_FAR = 6.0
"""The line must lie this many scales from the core, at the median of its rows."""
_MOST = 0.45
_THIN = 0.05
"""Scale of a line's rows relative to the core's, at least: readings are rounded."""


@dataclass(frozen=True, slots=True)
class Line:
    """Rows on another line, and why they are believed to be errors."""

    factor: float
    offset: float
    name: str  # of FACTORS, or "scale", "shift", "line"
    count: int
    share: float
    far: float  # median distance from the core, in scales
    gathering: float  # 1 = scattered over the inputs
    tight: float  # spread around the line over the spread that the core would have there
    shown: bool

    def on(self, r: Residuals, width: float = 5.0) -> Mask:
        """Rows within `width` scales of the line."""
        return np.asarray(np.abs(r.given - self.factor * r.expected - self.offset) <= width * self.spread(r))

    def spread(self, r: Residuals) -> Array:
        """Scale of the rows around the line, shape (n,)."""
        return np.asarray(r.scale * max(abs(self.factor), _THIN) + 1e-9 * np.abs(r.given) + 1e-300)

    def density(self, r: Residuals) -> Array:
        """Density of the target as given, were the row on this line; shape (n,)."""
        spread = self.spread(r)
        return np.asarray(stats.t.pdf((r.given - self.factor * r.expected - self.offset) / spread, 5) / spread)


def find_line(r: Residuals, left: Mask) -> Line | None:
    """The line that most rows far from the core lie on, if it is shown to be another population.

    Shown means: enough rows; far from the core; an empty valley between; as tight around the line as the core is
    around its own; fewer than 45 % of rows; and scattered over the inputs, unless it is a known unit conversion and
    nearly all that lies outside of the core (a week in a wrong unit gathers in time). A hidden regime of the process
    could look the same: that is why a person adopts.

    Args:
        left: rows not yet explained.
    """
    for level in LEVELS:
        rows = np.flatnonzero((np.abs(r.z) > level) & left)
        if len(rows) < fewest(len(r)):
            return None
        line = _best(r, rows, left)
        if line is not None and line.shown:
            return line
    return None


def _best(r: Residuals, rows: Index, left: Mask) -> Line | None:
    """The simplest line that holds nearly as many rows as the best: a known conversion, a scale or shift, any line."""
    best: dict[int, tuple[float, tuple[float, float, str]]] = {}
    given, expected, scale = r.given[rows], r.expected[rows], r.scale[rows]
    spread = float(np.subtract(*np.quantile(given, (0.95, 0.05)))) + 1e-300
    for factor, offset, name in _candidates(given, expected, r.seed):
        away = np.abs((factor - 1) * expected + offset) / (scale * (1 + abs(factor)))
        if not 1e-4 < abs(factor) < 1e5 or np.median(away) < 4:
            continue
        width = 3 * scale * max(abs(factor), _THIN) + 1e-9 * np.abs(given)
        hits = float(np.sum(np.abs(given - factor * expected - offset) <= width))
        by_chance = len(rows) * min(1.0, 2 * float(np.median(width)) / spread)
        worth, rank = hits - 0.5 * by_chance, _RANKS.get(name, 0)
        if worth > best.get(rank, (0.0, None))[0]:
            best[rank] = worth, (factor, offset, name)
    if not best:
        return None
    enough = 0.85 * max(worth for worth, _ in best.values())
    lines = [
        _judged(r, rows, left, *_refined(r, rows, *best[rank][1])) for rank in sorted(best) if best[rank][0] >= enough
    ]
    tight = min(line.tight for line in lines) + 1e-9
    return next(line for line in lines if line.tight <= tight * (1.5 if line.name in FACTORS else 1.15))


def _candidates(given: Array, expected: Array, seed: int) -> Iterator[tuple[float, float, str]]:
    """Known conversions, then scales, shifts and lines through rows drawn at random."""
    draw, n = np.random.default_rng(seed), len(given)
    yield from ((a, b, name) for name, (a, b) in FACTORS.items())
    safe = np.where(np.abs(expected) > 1e-9, expected, 1e-9)
    few = draw.choice(n, min(n, 80), replace=False)
    yield from ((float(a), 0.0, "scale") for a in (given / safe)[few])
    yield from ((1.0, float(b), "shift") for b in (given - expected)[few])
    for _ in range(150):
        i, j = draw.choice(n, 2, replace=False)
        if abs(expected[i] - expected[j]) > 1e-9 * abs(expected[i]):
            a = float((given[i] - given[j]) / (expected[i] - expected[j]))
            yield a, float(given[i] - a * expected[i]), "line"


def _refined(r: Residuals, rows: Index, factor: float, offset: float, name: str) -> tuple[float, float, str]:
    if name in FACTORS:
        return factor, offset, name
    given, expected, scale = r.given[rows], r.expected[rows], r.scale[rows]
    for _ in range(3):
        on = np.abs(given - factor * expected - offset) <= 3 * scale * max(abs(factor), _THIN) + 1e-9 * np.abs(given)
        if np.sum(on) < 10:
            break
        if name == "shift":
            offset = float(np.median((given - expected)[on]))
        elif name == "scale":
            factor = float(np.median(given[on] / np.where(expected[on] == 0, 1e-9, expected[on])))
        else:
            factor, offset = (float(v) for v in np.polyfit(expected[on], given[on], 1))
    return factor, offset, name


def _judged(r: Residuals, rows: Index, left: Mask, factor: float, offset: float, name: str) -> Line:
    n, draft = len(r), Line(factor, offset, name, 0, 0.0, 0.0, 1.0, np.inf, shown=False)
    on = rows[draft.on(r, 3.0)[rows]]
    way = (factor - 1) * r.expected + offset
    gone = (r.given - r.expected) / np.where(way == 0, np.inf, way)  # 0 at the core, 1 on the line
    clear = (np.abs(way) / r.scale > 8) & left
    valley = int(np.sum(clear & (gone > 0.35) & (gone < 0.65)))
    top = int(np.sum(clear & (gone > 0.65) & (gone < 1.35)))
    far = float(np.median(np.abs(way[on]) / r.scale[on])) if len(on) else 0.0
    gathering, _ = gathered(r.X, on, np.full(n, len(on) / n), seed=r.seed)
    known, tight = name in FACTORS, _tightness(r, on, draft)
    most = len(on) > (0.7 if name == "line" else 0.5) * len(rows)
    exact = known and tight < 1.3 and (gathering < 1.5 or (far > 10 and len(on) > 0.8 * len(rows)))
    shown = (
        len(on) >= fewest(n)
        and len(on) < _MOST * n
        and far >= _FAR
        and valley <= 0.1 * top
        and tight < 2
        and (exact or (most and gathering < 1.5))
    )
    return Line(factor, offset, name, len(on), len(on) / n, far, gathering, tight, bool(shown))


def _tightness(r: Residuals, on: Index, line: Line) -> float:
    """Spread around the line over the spread that the core would have there."""
    if not len(on):
        return np.inf
    off = np.abs(r.given[on] - line.factor * r.expected[on] - line.offset) / r.scale[on]
    return float(np.median(off)) / max(abs(line.factor), 1e-9) / 0.6745
