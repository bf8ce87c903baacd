"""Levels of their own: assets that stand higher or lower than others, and states named by a category."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.quality.layout import AT, Floats, Keys, Layout, Longs, segments
from diapason.engines.quality.sample import Part
from diapason.engines.quality.tails import robust

__all__ = ["Levels", "learn_levels"]

ROWS = 30
"""Rows of an asset or of a state from which its level is known."""
STATES = 8
"""Categories with more values than this do not name states."""


@dataclass(frozen=True, slots=True)
class State:
    """A category whose values go with levels: grade, mode, crew, type."""

    column: str
    values: tuple[str, ...]
    effects: Floats  # (k, values + 1), the last for all other values


@dataclass(frozen=True, slots=True)
class Levels:
    """What to take from standardised values before they are compared."""

    assets: Keys  # sorted
    offsets: Floats  # (k, a)
    local: NDArray[np.bool_]  # (k,) columns whose assets differ
    states: tuple[State, ...] = ()

    def offset(self, asset: Keys, words: pl.DataFrame) -> Floats | None:
        """(k, n) levels of rows, nan where an asset is not known; None where all are alike."""
        if not self.local.any() and not self.states:
            return None
        out = np.zeros((self.local.size, asset.size))
        if self.local.any():
            at = np.minimum(np.searchsorted(self.assets, asset), self.assets.size - 1)
            known = self.assets[at] == asset
            out[self.local] = np.where(known, self.offsets[self.local][:, at], np.nan)
        for state in self.states:
            out += state.effects[:, _codes(words[state.column], state.values)]
        return out


def _codes(column: pl.Series, values: tuple[str, ...]) -> Longs:
    numbered = {value: i for i, value in enumerate(values)}
    codes = column.replace_strict(numbered, default=len(values), return_dtype=pl.Int64)
    return codes.to_numpy()


def learn_levels(
    Z: Floats, part: Part, judged: NDArray[np.bool_], layout: Layout, *, scale: Floats
) -> tuple[Levels, Floats]:
    """Learn levels from standardised values, and the spread that is left inside of them.

    Args:
        Z: (k, n) values in spreads from the common centre.
        scale: (k,) spreads so far.

    Returns:
        The levels in new spreads, and the new spreads.
    """
    starts, size = segments(part.asset)
    k, assets = Z.shape[0], part.asset[starts]
    levels = Levels(assets, np.zeros((k, assets.size)), np.zeros(k, dtype=bool))
    spread = scale.copy()
    if starts.size > 1:
        groups = np.repeat(np.arange(starts.size), size)
        for j in np.flatnonzero(judged):
            found = _grouped(Z[j], groups, starts.size, 0.5)
            if found is not None:
                levels.offsets[j], inside = found[0] / found[1], found[1]
                levels.local[j], spread[j] = True, spread[j] * inside
    states = []
    for name in layout.words:
        if name != layout.target and (state := _state(name, part, judged, levels, Z, (scale, spread))) is not None:
            states.append(state)
            levels = Levels(levels.assets, levels.offsets, levels.local, tuple(states))
    return levels, spread


def _state(
    name: str, part: Part, judged: NDArray[np.bool_], levels: Levels, Z: Floats, scales: tuple[Floats, Floats]
) -> State | None:
    """The state that a category names, if levels go with it beyond those already known; narrows the spreads."""
    values = part.words[name].drop_nulls().value_counts(name=AT).filter(pl.col(AT) >= ROWS)
    if not 2 <= values.height <= STATES:
        return None
    named = tuple(sorted(values[name].to_list()))
    groups = _codes(part.words[name], named)
    first, spread = scales
    left = Z * (first / np.where(spread > 0, spread, 1.0))[:, None]
    offset = levels.offset(part.asset, part.words)
    left = left if offset is None else left - offset
    effects = np.zeros((Z.shape[0], len(named) + 1))
    for j in np.flatnonzero(judged):
        found = _grouped(left[j], np.where(groups < len(named), groups, -1), len(named), 0.3)
        if found is not None:
            effects[j, :-1] = np.nan_to_num(found[0])
    return State(name, named, effects) if effects.any() else None


def _grouped(z: Floats, groups: Longs, count: int, least: float) -> tuple[Floats, float] | None:
    """Medians of groups and the spread inside, if the medians differ by more than `least` of it; nan where unknown."""
    parts = [z[(groups == g) & np.isfinite(z)] for g in range(count)]
    each = [robust(p) if p.size >= ROWS else (np.nan, np.nan) for p in parts]
    level, within = (np.array(x) for x in zip(*each, strict=True))
    known = np.isfinite(level)
    inside = float(np.median(within[known])) if known.any() else 0.0
    if known.sum() < 2 or not inside > 0:
        return None
    weight = np.array([p.size for p in parts], dtype=np.float64)[known]
    middle = float(np.average(level[known], weights=weight))
    between = float(np.sqrt(np.average((level[known] - middle) ** 2, weights=weight)))
    robust_between = robust(level[known])[1] if known.sum() > 4 else between
    return (level, inside) if min(between, max(robust_between, 0.0)) > least * inside else None
