"""Slow drift of one sensor against the others, shown by the others and by the target; a rule takes it out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.resonance.timeless import blocks, clocked, inputs, paired, surprise
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

__all__ = ["drift_rules", "undrifted"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_BLOCKS = 20
_FEWEST = 300
_MOST_COLUMNS = 40
_TOLD = 0.3
"""Share of a column's variance inside stretches that the other columns must tell."""
_STRAIGHT = 0.85
"""Share of the variance over stretches that the drift must explain."""
_FAR = 1.5
"""Drift at the end, in spreads of what the others leave over inside a stretch."""
_GAIN, _SURE = 0.03, 3.5
"""How much better the target must be told with the drift taken out, and in standard errors over stretches."""


def drift_rules(examples: Examples, *, seed: int = 0) -> tuple[dict[str, Any], ...]:
    """Columns that slide away from what the others say, with onset and slope per unit of time; each is shown twice.

    First by the others: inside each stretch of time the columns tell one another as they did before, but the level of
    one slides along a straight line after an onset. Then by the target: a robust fit tells it better once the drift is
    taken out. A process that really drifts fails the second, since there the drift is information.

    Source: analytical redundancy (Gertler, IEEE Control Systems Magazine 8, 1988); thresholds set on generated sets.
    """
    if examples.task is Task.MONITORING or len(examples) < _FEWEST or not clocked(examples):
        return ()
    names = [c for c in examples.features.columns if _usable(examples.features[c])][:_MOST_COLUMNS]
    if len(names) < 3:
        return ()
    time, group = np.asarray(examples.time), blocks(examples, _BLOCKS)
    x = examples.features.select(names).fill_null(np.nan).to_numpy().astype(np.float64)
    x = np.where(np.isfinite(x), x, np.nanmedian(x, axis=0))
    left, told = _against_others(x, group)
    middle = np.array([np.median(time[group == b]) for b in range(_BLOCKS)])
    rules = []
    for j in np.flatnonzero(told > _TOLD):
        rule = _line(left[:, j], group, middle)
        if rule is not None:
            rules.append({"column": names[j], **rule})
    if not rules:
        return ()
    target = _told(examples)
    given = np.abs(surprise(inputs(examples), target, group, seed=seed))
    return tuple(r for r in rules if _proved(examples, r, target, given, group, seed))


def undrifted(examples: Examples, rules: Sequence[Mapping[str, Any]]) -> tuple[pl.DataFrame, NDArray[np.bool_]]:
    """Features with drifts taken out, on the line as in training; and the rows touched, shape (n,)."""
    features, touched = examples.features, np.zeros(len(examples), bool)
    for rule in rules:
        name = str(rule["column"])
        if examples.time is None or name not in features.columns:
            continue
        gone = float(rule["slope"]) * np.maximum(np.asarray(examples.time) - float(rule["onset"]), 0.0)
        touched |= gone != 0
        features = features.with_columns((pl.col(name) - pl.Series(gone)).alias(name))
    return features, touched


def _usable(column: pl.Series) -> bool:
    return column.dtype.is_numeric() and column.n_unique() >= 20 and column.null_count() < 0.2 * len(column)


def _against_others(x: Array, group: Index) -> tuple[Array, Array]:
    """What each column has left when the others are known, by their relation inside stretches; and what they tell."""
    within = x.copy()
    for b in range(_BLOCKS):
        within[group == b] -= within[group == b].mean(0)
    spread = np.maximum(within.std(0), 1e-12)
    scaled = within / spread
    precise = np.linalg.inv(scaled.T @ scaled / len(x) + 1e-3 * np.eye(x.shape[1]))
    weights = precise / np.diag(precise)[None, :]
    return (x / spread) @ weights * spread, 1 - 1 / np.diag(precise)


def _line(left: Array, group: Index, middle: Array) -> dict[str, float] | None:
    """Level until an onset, then a straight line: the best over all onsets, if it is shown."""
    level = np.array([np.median(left[group == b]) for b in range(_BLOCKS)])
    inside = 1.4826 * float(np.median(np.abs(left - level[group])))
    total = float(np.square(level - level.mean()).sum())
    best, rule = 0.0, None
    for o in range(_BLOCKS - 4):
        rise = np.maximum(middle - middle[o], 0.0)
        slope, _ = np.polyfit(rise, level, 1)
        explained = 1 - float(np.square(level - np.polyval(np.polyfit(rise, level, 1), rise)).sum()) / max(
            total, 1e-300
        )
        if explained > best and abs(slope) * rise[-1] > _FAR * inside:
            best, rule = explained, {"onset": float(middle[o]), "slope": float(slope)}
    return rule if best > _STRAIGHT else None


def _told(examples: Examples) -> Array:
    """The target as a number: of classes, whether it is the commonest."""
    target = examples.target
    if examples.task is Task.CLASSIFICATION:
        return np.asarray(target == np.argmax(np.bincount(target.astype(np.int64))), np.float64)
    return target


def _proved(examples: Examples, rule: Mapping[str, Any], target: Array, given: Array, group: Index, seed: int) -> bool:
    """Whether the target is told better with the drift taken out than `given`, stretches left out in turns."""
    mended = replace(examples, features=undrifted(examples, [rule])[0])
    gain, sure = paired(given, np.abs(surprise(inputs(mended), target, group, seed=seed)), group)
    return gain > _GAIN and sure > _SURE
