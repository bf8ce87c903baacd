"""Failure times of whole assets: which are false."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Lives", "false_lives"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

_BINS = 10
_FAR = 4.5
"""Robust standard deviations over assets at which one is flagged."""
_NEAR = 6.0
_JUMP, _CROWD, _FEWEST = 1.4, 0.1, 3
"""How much further the nearest of the flagged must be than the furthest of the others, unless this share of assets, and
three, is flagged: good ones do not lie that far out in such numbers."""
_LOOSE = 3.0
"""Beyond it an asset is left out in the next turn."""
_CLEAR = 7.0
"""Where the middle one of the flagged must lie for the flags to be believed."""
_LEAST = 0.3
"""Least spread over assets of a weighted median of residuals in their own spreads: good assets differ too."""
_MOST = 0.45
_FEWEST_ROWS = 6


@dataclass(frozen=True, slots=True)
class Lives:
    """One number per asset: how far its failure time is off, in robust standard deviations over assets."""

    assets: Index  # codes, shape (k,)
    off: Array  # shape (k,)
    limit: float  # those beyond it stand apart from the others
    shown: bool  # they are a population of their own

    @property
    def apart(self) -> Index:
        """Codes of assets beyond the limit, shown or not; usual spreads are not taken from them in the next turn."""
        return self.assets[np.abs(self.off) > self.limit]

    @property
    def untaught(self) -> Index:
        """Codes of assets that the next turn is not to learn from.

        Those apart; and where a crowd lies far out, loosely all that lie nearer too, at most 45 %: they teach what is
        false. Spreads are not taken from the rest alone: of a trimmed fleet they would be too small.
        """
        far = np.argsort(-np.abs(self.off), kind="stable")[: int(_MOST * len(self.off))]
        loose = _LOOSE if _crowded(np.abs(self.off) > _FAR) else self.limit
        return self.assets[far[np.abs(self.off[far]) > min(loose, self.limit)]]

    @property
    def wrong(self) -> Index:
        """Codes of assets with a false failure time; empty unless shown."""
        return self.apart if self.shown else self.assets[:0]


def false_lives(given: Array, expected: Array, asset: Index, trusted: Mask) -> Lives:
    """How far each asset's failure time is off.

    Near the end of life good assets look alike, so a row says most where either the life that is given or the one
    that is expected is short: residuals are measured in the smaller of the usual spreads at the given and at the
    expected life, and each asset's weighted median is compared over assets. Rows where both are at the cap of the
    target say nothing.

    Args:
        given: shape (n,), remaining life as given.
        expected: shape (n,), cross-fitted by asset.
        asset: shape (n,), codes.
        trusted: shape (n,), rows of assets not flagged so far; the usual spreads are taken from them.
    """
    told, residual = _telling(given, expected), given - expected
    codes = np.unique(asset)
    if not (told & trusted).any():
        return Lives(codes, np.zeros(len(codes)), np.inf, shown=False)
    spread = np.minimum(_usual(expected, residual, told, told & trusted), _usual(given, residual, told, told & trusted))
    middle = np.array(
        [_middle(residual[rows], spread[rows]) for rows in (np.flatnonzero((asset == c) & told) for c in codes)]
    )
    good = np.isin(codes, np.unique(asset[trusted]))
    centre, width = _densest(middle[good])
    off = (middle - centre) / width
    limit, jump = _gap(np.abs(off))
    flagged = np.abs(off) > limit
    shown = (
        flagged.sum() >= 2 and (jump >= _JUMP or _crowded(flagged)) and float(np.median(np.abs(off[flagged]))) > _CLEAR
    )
    return Lives(codes, off, limit, bool(shown))


def _crowded(far: Mask) -> bool:
    return bool(far.sum() >= max(_FEWEST, _CROWD * len(far)))


def _gap(size: Array) -> tuple[float, float]:
    """The widest relative gap at which the assets that stand apart may begin; its middle and its ratio.

    It lies no further out than `_NEAR`: failures booked early and late are two populations at two distances, and the
    gap between them would hide the nearer one. Fewer than 45 % of assets lie beyond it.
    """
    ranked = np.sort(size)
    low, high = np.maximum(ranked[:-1], 2.0), ranked[1:]
    left = np.arange(len(ranked) - 1, 0, -1)
    open_ = (high > _FAR) & (low < _NEAR) & (left < _MOST * len(ranked))
    if not open_.any():
        return _FAR, 1.0
    ratio = np.where(open_ & (left >= 2), high / low, np.where(open_, 1.0, 0.0))
    k = int(ratio.argmax())
    return float(np.sqrt(max(low[k], _FAR / 2) * high[k])), float(ratio[k])


def _densest(values: Array) -> tuple[float, float]:
    """Centre and standard deviation of the core: from the shortest stretch that holds two fifths of the values."""
    ranked = np.sort(values)
    k = max(2, int(np.ceil(0.4 * len(ranked))))
    if len(ranked) <= k:
        return float(np.median(ranked)), float(np.std(ranked)) or 1.0
    lengths = ranked[k - 1 :] - ranked[: len(ranked) - k + 1]
    begin = int(lengths.argmin())
    centre = float(np.median(ranked[begin : begin + k]))
    return centre, max(float(lengths[begin]) / 1.0488, 0.3 * float(np.median(np.abs(ranked - centre))), _LEAST)


def _telling(given: Array, expected: Array) -> Mask:
    top = float(given.max())
    if np.mean(given == top) < 0.02:
        return np.ones(len(given), bool)
    return np.asarray(~((given == top) & (expected > 0.85 * top)))


def _usual(life: Array, residual: Array, told: Mask, trusted: Mask) -> Array:
    """Usual size of residuals at that life, by tenths of it, from their lower third; at least a tenth of the middle."""
    edges = np.quantile(life[told], np.arange(1, _BINS) / _BINS)
    tenth = np.digitize(life, edges)
    size = np.abs(residual)
    overall = float(np.quantile(size[trusted], 0.3)) or 1.0
    sizes = np.array(
        [
            float(np.quantile(size[here], 0.3)) if (here := (tenth == b) & trusted).sum() > 4 else overall
            for b in range(_BINS)
        ]
    )
    return np.asarray(np.maximum(sizes, 0.1 * np.median(sizes) + 1e-12)[tenth] / 0.3853)


def _middle(residual: Array, spread: Array) -> float:
    """Median of residuals in their spreads, weighted by precision; 0 where too few rows tell."""
    if len(residual) < _FEWEST_ROWS:
        return 0.0
    z, weight = residual / spread, 1 / np.square(spread)
    order = np.argsort(z)
    total = np.cumsum(weight[order])
    return float(z[order][np.searchsorted(total, 0.5 * total[-1])])
