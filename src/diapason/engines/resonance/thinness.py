"""Thin slices: classes too rare to be learnt well; and rows between their own, so that they fill up."""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import stats
from scipy.spatial import cKDTree

from diapason.engines.resonance.timeless import inputs
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

__all__ = ["Thin", "thickened", "thin_classes"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_RARE = 0.3
"""Share of an even share below which a class is rare."""
_FEWEST = 8
_WORSE = 0.15
"""How much less of it than of all rows is recognised, at least, with 99 % probability."""
_NEAREST = 5
_TIMES = 3
_DIMENSIONS = 12


@dataclass(frozen=True, slots=True)
class Thin:
    """A rare class that is recognised much less often than the others."""

    code: int
    count: int
    found: float  # share of its rows that is recognised, cross-fitted
    others: float  # of all other rows


def thin_classes(examples: Examples, probabilities: Array) -> tuple[Thin, ...]:
    """Rare classes whose cross-fitted recall is lower than that of the other rows, beyond chance.

    Args:
        probabilities: shape (n, k), cross-fitted.

    Source: exact interval of a share; Clopper and Pearson, Biometrika 26 (1934).
    """
    if examples.task is not Task.CLASSIFICATION:
        return ()
    labels, n, k = examples.target.astype(np.int64), len(examples), len(examples.classes)
    right, found = probabilities.argmax(axis=1) == labels, []
    for c in range(k):
        own = labels == c
        count = int(own.sum())
        if not _FEWEST <= count < _RARE * n / k:
            continue
        hits, others = int(right[own].sum()), float(right[~own].mean())
        high = float(stats.beta.ppf(0.99, hits + 1, count - hits)) if hits < count else 1.0
        if high < others - _WORSE:
            found.append(Thin(c, count, hits / count, others))
    return tuple(found)


def thickened(examples: Examples, thin: tuple[Thin, ...], *, seed: int = 0) -> tuple[Examples, Index]:
    """More rows of thin classes: between a row and one of its five nearest of the class; and the rows that served.

    Numbers are interpolated, categories and gaps taken from the row, which also lends its asset, batch and time. Each
    class grows to three times its size at most. Invented rows stand beside the row they came from.

    Source: SMOTE; Chawla et al., JAIR 16 (2002).
    """
    draw, X = np.random.default_rng(seed), inputs(examples)
    few = X[:, np.argsort(-X.var(0), kind="stable")[:_DIMENSIONS]]
    bases, mates = [], []
    for t in thin:
        own = np.flatnonzero(examples.target == t.code)
        near = cKDTree(few[own]).query(few[own], min(_NEAREST, len(own) - 1) + 1)[1][:, 1:]
        for _ in range(_TIMES - 1):
            bases.append(own)
            mates.append(own[near[np.arange(len(own)), draw.integers(near.shape[1], size=len(own))]])
    base, mate = np.concatenate(bases), np.concatenate(mates)
    way = draw.random(len(base))
    new = replace(
        examples.take(base),
        features=_between(examples.features[base], examples.features[mate], way),
        rows=-1 - np.arange(len(base), dtype=np.int64),
    )
    return _beside(examples, new, base), np.unique(base)


def _between(one: pl.DataFrame, other: pl.DataFrame, way: Array) -> pl.DataFrame:
    made = []
    for name in one.columns:
        column = one[name]
        if column.dtype.is_numeric():
            step = (other[name] - column) * pl.Series(way)
            column = (column + step.fill_null(0.0)).alias(name)
        made.append(column)
    return pl.DataFrame(made)


def _beside(examples: Examples, new: Examples, base: Index) -> Examples:
    """All rows, the new ones right after those they came from."""
    n = len(examples)
    order = np.argsort(np.r_[np.arange(n), base], kind="stable")
    index = np.r_[np.arange(n), base][order].astype(np.int64)
    made = examples.take(index)
    features = pl.concat([examples.features, new.features])[order]
    return replace(made, features=features, rows=np.r_[examples.rows, new.rows][order])
