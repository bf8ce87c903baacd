"""What the inputs alone let expect, learnt without the row's own stretch of time and without the clock."""

import numpy as np
from numpy.typing import NDArray

from diapason.engines.resonance.matrix import matrix
from diapason.engines.resonance.smooth import cross_fit, deal
from diapason.vocabulary.examples import Examples

__all__ = ["blocks", "clocked", "inputs", "paired", "stretches", "surprise"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_SHORTEST = 20
"""Rows of a stretch at least."""
_PARTS = 4
_WAVES = 120
_FEWEST_BATCHES = 12
_FEWEST_ROWS = 6


def inputs(examples: Examples) -> Array:
    """The matrix of the inputs without the time, shape (n, d)."""
    X = matrix(Examples(examples.task, examples.features, examples.target, examples.rows, examples.asset))
    return X if X.shape[1] else np.zeros((len(examples), 1))


def clocked(examples: Examples) -> bool:
    """Whether all rows share one clock: a time, and no asset that counts its own cycles."""
    if examples.time is None or not np.isfinite(examples.time).all():
        return False
    return examples.asset is None or examples.time_unit == "s" or len(np.unique(examples.asset)) < 2


def blocks(examples: Examples, count: int) -> Index:
    """`count` stretches of equal length in the order of time, shape (n,), codes in that order."""
    n = len(examples)
    rank = np.empty(n, np.int64)
    rank[np.argsort(np.asarray(examples.time), kind="stable")] = np.arange(n)
    return np.asarray(rank * count // n, dtype=np.int64)


def stretches(examples: Examples, most: int = 40) -> tuple[Index, bool] | None:
    """Batches where there are twelve of six rows and more, else stretches of time; and whether they are batches.

    Codes follow the order of time, else of the rows as they were numbered. None where there are too few rows.
    """
    if examples.batch is not None:
        _, first, code, size = np.unique(examples.batch, return_index=True, return_inverse=True, return_counts=True)
        if len(size) >= _FEWEST_BATCHES and np.median(size) >= _FEWEST_ROWS:
            began = first if examples.time is None else np.asarray(examples.time)[first]
            rank = np.empty(len(size), np.int64)
            rank[np.argsort(began, kind="stable")] = np.arange(len(size))
            return rank[code].astype(np.int64), True
    n = len(examples)
    if n < _FEWEST_BATCHES * _SHORTEST:
        return None
    count = min(most, n // _SHORTEST)
    if examples.time is None:
        return np.asarray(np.argsort(np.argsort(examples.rows, kind="stable")) * count // n, dtype=np.int64), False
    if clocked(examples):
        return blocks(examples, count), False
    return np.asarray(np.arange(n) * count // n, dtype=np.int64), False


def surprise(X: Array, target: Array, group: Index, *, seed: int, without: NDArray[np.bool_] | None = None) -> Array:
    """Target less what a robust smooth fit to the rows of other groups expects, shape (n,).

    Args:
        X: shape (n, d), as `inputs`.
        group: shape (n,); rows of one group are never learnt from and predicted by the same fit.
        without: shape (n,), rows that are never learnt from.
    """
    part = deal(len(X), _PARTS, seed, group)
    if without is None:
        return np.asarray(target - cross_fit(X, target, part, seed=seed, count=_WAVES))
    expected = np.empty(len(target))
    for k in range(_PARTS):
        mine = part == k
        side = np.where(mine, 1, np.where(without, 2, 0))
        kept = np.flatnonzero(side < 2)
        expected[mine] = cross_fit(X[kept], target[kept], side[kept], seed=seed, count=_WAVES, only=1)[side[kept] == 1]
    return np.asarray(target - expected)


def paired(one: Array, two: Array, block: Index) -> tuple[float, float]:
    """By what share losses `two` are smaller than `one`, and that in standard errors clustered by block.

    Source: linearised ratio of means with cluster-robust variance; Liang and Zeger, Biometrika 73 (1986).
    """
    total = max(float(one.sum()), 1e-300)
    gain = float((one - two).sum()) / total
    sums = np.bincount(block, weights=(one - two) - gain * one)
    return gain, gain * total / (float(np.sqrt(np.square(sums).sum())) + 1e-12 * total)
