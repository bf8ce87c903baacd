"""Missing cells from the other columns of the row, and how far such a row may still be believed."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.resonance.matrix import floats
from diapason.vocabulary.examples import Examples

__all__ = ["fill_rules", "filled"]

Array = NDArray[np.float64]

_LEAST = 0.02
"""Share of missing cells of a column from which on it is worth filling."""
_MOST = 0.6
_TOLD = 0.5
"""Share of a column's variance that the other columns must tell, out of sample."""
_FEWEST = 100
_COLUMNS = 60


def fill_rules(examples: Examples) -> tuple[dict[str, Any], ...]:
    """A linear rule per column with gaps that the other columns can tell; nothing here looks at the target.

    Returns:
        column, from (names), centre, weights (per name), level, low and high (the range seen), told (share of the
        variance that the rule told on every other row, having learnt from the rest).
    """
    frame = examples.features
    names = [c for c in frame.columns if frame[c].dtype.is_numeric() and frame[c].drop_nulls().n_unique() > 1][
        :_COLUMNS
    ]
    x = frame.select(names).fill_null(np.nan).to_numpy().astype(np.float64) if names else np.empty((len(frame), 0))
    x = np.where(np.isfinite(x), x, np.nan)
    lost = np.isnan(x)
    rules = []
    for j in np.flatnonzero((lost.mean(0) >= _LEAST) & (lost.mean(0) <= _MOST)):
        known = np.flatnonzero(~lost[:, j])
        if len(known) >= _FEWEST and len(names) > 1:
            rule = _rule(np.delete(x, j, axis=1), x[:, j], known)
            if rule["told"] > _TOLD:
                rules.append({"column": names[j], "from": [c for i, c in enumerate(names) if i != j], **rule})
    return tuple(rules)


def filled(examples: Examples, rules: Sequence[Mapping[str, Any]]) -> tuple[pl.DataFrame, Array]:
    """Features without the gaps that rules can fill, and how far each row may be believed, shape (n,).

    Belief is the product of `told` over the filled cells of a row, 1 where none was filled. A cell gets the mean of
    all values it may have had given the row: what many imputations would average to. A name that a rule needs and
    that is missing too stands at its centre.
    """
    features, belief = examples.features, np.ones(len(examples))
    for rule in rules:
        name = str(rule["column"])
        if name not in features.columns:
            continue
        names = list(rule["from"])
        x = np.column_stack([_numbers(examples.features, c) for c in names])
        centred = np.where(np.isfinite(x), x - np.asarray(rule["centre"]), 0.0)
        told = np.full(len(x), float(rule["level"]))
        for column, weight in zip(centred.T, rule["weights"], strict=True):
            told += column * float(weight)  # not `@`, whose last bit depends on how many rows come along
        told = np.clip(told, rule["low"], rule["high"])
        given = _numbers(examples.features, name)
        gap = ~np.isfinite(given)
        belief = np.where(gap, belief * float(rule["told"]), belief)
        features = features.with_columns(pl.Series(name, np.where(gap, told, given)))
    return features, belief


def _numbers(frame: pl.DataFrame, name: str) -> Array:
    if name not in frame.columns:
        return np.full(frame.height, np.nan)
    return floats(frame[name])


def _rule(others: Array, values: Array, known: NDArray[np.int64]) -> dict[str, Any]:
    centre = np.nanmedian(others, axis=0)
    x = np.where(np.isfinite(others), others - centre, 0.0)[known]
    y, level = values[known], float(np.mean(values[known]))
    half = np.arange(len(known)) % 2 == 0
    spare = 0.0
    for learn in (half, ~half):
        spare += float(np.square(y[~learn] - level - x[~learn] @ _ridge(x[learn], y[learn] - level)).sum())
    told = 1 - spare / max(float(np.square(y - level).sum()), 1e-300)
    weights = _ridge(x, y - level)
    facts = {"centre": centre.tolist(), "weights": weights.tolist(), "level": level, "told": float(max(told, 0.0))}
    return facts | {"low": float(y.min()), "high": float(y.max())}


def _ridge(x: Array, y: Array) -> Array:
    size = np.maximum(x.std(0), 1e-12)
    z = x / size
    return np.asarray(np.linalg.solve(z.T @ z + 1e-2 * len(z) * np.eye(x.shape[1]), z.T @ y) / size)
