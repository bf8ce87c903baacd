"""Which rows judge in which stage, and which of them are not independent."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from diapason.vocabulary.examples import Examples
from diapason.vocabulary.splits import Fold

__all__ = ["CONFIRM", "SCREEN", "clusters", "stages"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]

SCREEN, CONFIRM = 0, 1

_BLOCKS = 60
"""Stretches of time that count as independent."""
_SCREENED = 3
"""Where one fold judges, one cluster in so many screens."""


def clusters(examples: Examples) -> Index:
    """Assets, else batches, else stretches of time, else rows; rows of one code are not independent; shape (n,)."""
    for codes in (examples.asset, examples.batch):
        if codes is not None and len(np.unique(codes)) >= 8:
            return np.unique(codes, return_inverse=True)[1].astype(np.int64)
    n = len(examples)
    if examples.time is not None:
        rank = np.empty(n, np.int64)
        rank[np.argsort(examples.time, kind="stable")] = np.arange(n)
        return np.asarray(rank * min(_BLOCKS, n) // n, dtype=np.int64)
    return np.arange(n, dtype=np.int64)


def stages(examples: Examples, folds: Sequence[Fold], screened: int, cluster: Index, seed: int) -> tuple[Index, Index]:
    """In which stage each row is judged, -1 = never, and in which fold; shape (n,) each.

    Args:
        folds: of the honest split.
        screened: how many of the folds are for screening; with a single fold a third of its clusters is.
    """
    stage, fold = np.full(len(examples), -1, np.int64), np.full(len(examples), -1, np.int64)
    for i, f in enumerate(folds):
        fold[f.test] = i
        stage[f.test] = SCREEN if i < screened else CONFIRM
    if len(folds) == 1:
        stage[folds[0].test] = _parted(cluster[folds[0].test], examples.target[folds[0].test], seed)
    return stage, fold


def _parted(cluster: Index, target: Array, seed: int) -> Index:
    """A third of the clusters screens, as rich in faults as the others, which confirm; shape (n,)."""
    codes, group, count = np.unique(cluster, return_inverse=True, return_counts=True)
    share = np.bincount(group, weights=np.nan_to_num(target)) / count
    draw = np.random.default_rng(seed)
    order = np.lexsort((draw.random(len(codes)), share))
    first = np.zeros(len(codes), bool)
    first[order[int(draw.integers(min(_SCREENED, len(codes)))) :: _SCREENED]] = True
    return np.asarray(np.where(first[group], SCREEN, CONFIRM))
