"""Rows whose target belongs to some other row: swapped samples, results entered under a wrong number."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diapason.engines.resonance.residuals import LEVELS, Residuals, fewest
from diapason.engines.resonance.scatter import gathered

__all__ = ["Exchange", "find_exchange"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

_PIECE = 1000
_LIKELIER = 0.7
"""Mean log-likelihood by which "belongs to another row" must beat "a heavy tail of the same row"."""
_SURE = 5.0
_SCATTERED = 1.35
_LIKE_ALL = 0.2
_OUTSIDE = 0.05


@dataclass(frozen=True, slots=True)
class Exchange:
    """Targets that do not depend on their row, and why they are believed to be errors."""

    values: Array  # targets of the rows beyond the level
    weights: Array  # one over the chance that such a target is seen beyond the level
    width: float  # of the density's kernel
    level: float
    count: int
    share: float  # of all rows, those inside the core included
    likelier: float  # mean log-likelihood over a heavy tail
    gathering: float
    unlike: float  # Kolmogorov distance from the targets of all rows
    shown: bool

    def density(self, r: Residuals) -> Array:
        """Density of the target as given, were it of another row; shape (n,)."""
        return _density(self.values, self.weights, r.given, self.width)


def find_exchange(r: Residuals, left: Mask) -> Exchange | None:
    """Evidence that targets far from their expectation belong to other rows, at the nearest level where it is clear.

    A heavy tail of the process moves with the expectation; a target of another row doesn't. So the two are compared
    by likelihood, each with a density estimated from the rows beyond the level, leaving the row itself out. Beside
    that the rows must be scattered over the inputs as chance would have it, and their targets must be spread like all
    targets, none outside of the range.

    Args:
        left: rows not yet explained.
    """
    keep = np.flatnonzero(left)
    part = Residuals(r.given[keep], r.expected[keep], r.scale[keep], r.X[keep], r.seed)
    for level in LEVELS:
        rows = np.flatnonzero(np.abs(part.z) > level)
        if len(rows) < max(15, fewest(len(r))):
            return None
        found = _examined(part, rows, level)
        if found.shown:
            return found
    return None


def _examined(r: Residuals, rows: Index, level: float) -> Exchange:
    n, given = len(r), r.given[rows]
    sample = np.random.default_rng(r.seed).choice(n, min(n, 1500), replace=False)
    weights = 1 / np.maximum(_seen(given, r.expected[sample], level * r.scale[sample]), 1 / len(sample))
    width = _kernel(given, weights)
    chance = _beyond(given, weights, r.expected, level * r.scale)
    other = np.log(_density(given, weights, given, width, leave=True) + 1e-300) - np.log(np.maximum(chance[rows], 1e-3))
    gain = np.clip(other - _tail(r, rows), -5, 5)
    likelier = float(gain.mean())
    sure = likelier / (float(gain.std()) / np.sqrt(len(rows)) + 1e-12)
    gathering, _ = gathered(r.X, rows, chance * len(rows) / max(float(chance.sum()), 1e-12), seed=r.seed)
    core = np.sort(r.given[np.abs(r.z) < level])
    unlike, outside = _unlike(core, given, weights)
    shown = (
        likelier > _LIKELIER and sure > _SURE and gathering < _SCATTERED and unlike < _LIKE_ALL and outside < _OUTSIDE
    )
    share = min(float(weights.sum()) / n, 0.45)
    return Exchange(
        given, weights, width, level, len(rows), share, likelier, gathering, unlike, bool(shown and share < 0.45)
    )


def _seen(values: Array, expected: Array, reach: Array) -> Array:
    """Chance that a target lies beyond the level of a row drawn at random."""
    return np.concatenate(
        [
            np.mean(np.abs(piece[:, None] - expected[None, :]) > reach[None, :], axis=1)
            for piece in np.array_split(values, max(1, len(values) // _PIECE + 1))
        ]
    )


def _beyond(values: Array, weights: Array, expected: Array, reach: Array) -> Array:
    """Chance for each row that a target of another row lies beyond its level, shape (n,)."""
    order = np.argsort(values)
    ranked, total = values[order], np.r_[0.0, np.cumsum(weights[order])] / weights.sum()
    high = total[np.searchsorted(ranked, expected + reach, "right")]
    return np.asarray(1 - (high - total[np.searchsorted(ranked, expected - reach, "left")]))


def _kernel(values: Array, weights: Array) -> float:
    """Silverman's width from the smaller of spread and interquartile range."""
    spread = float(np.sqrt(np.average(np.square(values - np.average(values, weights=weights)), weights=weights)))
    quartiles = float(np.subtract(*np.quantile(values, (0.75, 0.25)))) / 1.349
    return float(0.9 * min(spread, quartiles or spread) * len(values) ** -0.2 + 1e-12)


def _density(values: Array, weights: Array, at: Array, width: float, *, leave: bool = False) -> Array:
    """Weighted kernel density; with `leave`, `at` are the values and each is left out for itself."""
    out = np.empty(len(at))
    for begin in range(0, len(at), _PIECE):
        piece = slice(begin, min(begin + _PIECE, len(at)))
        kernel = np.exp(-0.5 * np.square((at[piece, None] - values[None, :]) / width)) / (width * np.sqrt(2 * np.pi))
        total = np.full(kernel.shape[0], weights.sum())
        if leave:
            own = np.arange(kernel.shape[0])
            kernel[own, begin + own] = 0
            total = np.maximum(total - weights[piece], 1e-12)
        out[piece] = kernel @ weights / total
    return out


def _tail(r: Residuals, rows: Index) -> Array:
    """Log density of the rows as a heavy tail: any distribution of residuals that moves with the expectation."""
    z = r.z[rows]
    bent, even = np.arcsinh(z), np.ones(len(rows))
    density = _density(bent, even, bent, _kernel(bent, even), leave=True)
    return np.asarray(np.log(density + 1e-300) - np.log(np.sqrt(1 + np.square(z)) * r.scale[rows]))


def _unlike(core: Array, values: Array, weights: Array) -> tuple[float, float]:
    """Kolmogorov distance between the core's targets and these, and the share of these outside of the core's range."""
    if len(core) < 10:
        return 1.0, 1.0
    order = np.argsort(values)
    ranked, total = values[order], np.cumsum(weights[order]) / weights.sum()
    middle = total - 0.5 * weights[order] / weights.sum()
    distance = float(np.max(np.abs(np.searchsorted(core, ranked) / len(core) - middle)))
    low, high = np.quantile(core, (0.001, 0.999))
    margin = 0.02 * (high - low)
    out = (values < low - margin) | (values > high + margin)
    return distance, float(np.sum(weights * out) / weights.sum())
