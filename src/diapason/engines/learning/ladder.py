"""A ladder of splits from the random one to the honest one: each rung takes one kinship of rows away, nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from diapason.engines.learning.splits import duplicates, honest, random, together
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.splits import Fold, Split, SplitKind
from diapason.vocabulary.tasks import Task

__all__ = ["RUNGS", "Rung", "apart", "ladder", "one_label"]

Index = NDArray[np.int64]

RUNGS = 5
"""Rungs of a ladder at most."""

_BLOCKS, _ROWS, _MARGIN = 8, 30, 4
"""Blocks per fold of one series; rows of a block where there are many series; a margin is a block over this."""

_ALIKE, _INSIDE = 0.9, 0.01
"""Share of rows that are of their asset's commonest class, and of a value's variance inside of assets, by which an
asset is held to carry one label."""

_LAST = {
    SplitKind.ASSET: "asset",
    SplitKind.BATCH: "batch",
    SplitKind.TIME_ORDERED: "drift",
    SplitKind.CONTIGUOUS: "drift",
}


@dataclass(frozen=True, slots=True)
class Rung:
    """A split that keeps one kinship more apart than the rung before."""

    cause: (
        str  # what the step to this rung takes away: "duplicates", "neighbours", "scarcity", "asset", "batch", "drift"
    )
    split: Split


def ladder(examples: Examples, kind: SplitKind, *, seed: int, folds: int) -> tuple[Rung, ...]:
    """From the random split to the honest one, one kinship at a time, with as many rows to learn from on each rung.

    Random rows → copies on one side → neighbours away, by many short blocks all over the record, with margins → whole
    assets or batches, or the past alone. Short blocks leave the rest of the asset and all times to learn from, so that
    neither a machine nor drift is blamed on neighbours. Where only the past is learnt from, a rung before has as few
    rows as there are by then, from all times, so that drift is not blamed for scarcity.

    Where each asset (batch) carries one label there is no rung of neighbours: a margin inside the asset parts rows that
    share the label by what they are, near or far, so only whole assets part them (`one_label`).
    """
    start, code = random(examples, seed=seed, folds=folds), duplicates(examples)
    copied = len(np.unique(code)) < len(code)
    copies = Rung("duplicates", together(examples, seed=seed, folds=folds))
    if kind is SplitKind.STRATIFIED:
        return (Rung("", start), *([copies] if copied else []))
    draw, ahead = np.random.default_rng(seed), kind is SplitKind.TIME_ORDERED
    near = _without_copies(apart(examples, seed=seed, folds=folds), code)
    end = _without_copies(honest(examples, seed=seed, folds=folds), code)
    sizes = [len(f.train) for f in near.folds]
    few = [_fewer(n, *(len(f.train) for f in pair)) for n, *pair in zip(sizes, end.folds, start.folds, strict=False)]
    if one_label(examples, kind):
        sizes = few = [min(len(f.train) for f in both) for both in zip(start.folds, end.folds, strict=True)]
    rungs = [Rung("", _thinned(start, sizes, 1, draw))]
    rungs += [replace(copies, split=_thinned(copies.split, sizes, 1, draw))] if copied else []
    if not one_label(examples, kind):
        rungs += [Rung("neighbours", near if ahead else _thinned(near, few, _ROWS, draw))]
    rungs += [Rung("scarcity", _thinned(near, few, _ROWS, draw))] if ahead else []
    return (*rungs, Rung(_LAST[kind], _thinned(end, few, _ROWS, draw)))


def one_label(examples: Examples, kind: SplitKind) -> bool:
    """Whether each asset (batch) that the honest split keeps whole carries one label.

    A remaining life is one failure time per asset; a class counts as one label where nine rows in ten of an asset are
    of its commonest class, a value where less than a hundredth of the variance lies inside of assets.

    >>> import polars as pl
    >>> asset = np.repeat([0, 1, 2], 4)
    >>> made = Examples(Task.CLASSIFICATION, pl.DataFrame({"x": np.arange(12.0)}), asset % 2, np.arange(12), asset)
    >>> one_label(made, SplitKind.ASSET)
    True
    """
    unit = {SplitKind.ASSET: examples.asset, SplitKind.BATCH: examples.batch}.get(kind)
    if unit is None or len(np.unique(examples.target)) < 2:
        return False
    if examples.task is Task.REMAINING_LIFE:
        return True
    of, target = np.unique(unit, return_inverse=True)[1], examples.target
    size = np.bincount(of)
    if examples.task is Task.CLASSIFICATION:
        pairs, count = np.unique(np.stack([of, target.astype(np.int64)]), axis=1, return_counts=True)
        most = np.zeros(len(size), np.int64)
        np.maximum.at(most, pairs[0], count)
        return bool(most.sum() >= _ALIKE * len(target))
    inside = target - (np.bincount(of, target) / size)[of]
    return bool(np.var(inside) < _INSIDE * np.var(target))


def _fewer(size: int, end: int, start: int) -> int:
    """As much fewer than `size` as the honest split's rows are fewer than the random split's."""
    return max(1, min(end, size * min(end, start) // max(start, 1)))


def apart(examples: Examples, *, seed: int, folds: int) -> Split:
    """Many short blocks of each asset's, each batch's, or else the whole record's time, with margins not learnt from.

    A fold judges one block of every `folds` in turn, so that rows of the same asset and of times before and after
    remain to be learnt from. Source: hv-blocks; Racine, J. Econometrics 99 (2000).
    """
    group = examples.asset if examples.asset is not None else examples.batch
    codes = np.zeros(len(examples), np.int64) if group is None else np.unique(group, return_inverse=True)[1]
    place = examples.rows if examples.time is None else np.nan_to_num(np.asarray(examples.time))
    order = np.lexsort((place, codes)).astype(np.int64)
    size = np.bincount(codes)
    start = np.repeat(np.cumsum(size) - size, size)
    count = np.clip(size // _ROWS, folds, _BLOCKS * folds) if group is not None else np.array([_BLOCKS * folds])
    length = -(-size // count)[codes[order]]
    block = (np.arange(len(order)) - start) // length
    part = _dealt(start, block, folds, np.random.default_rng(seed))
    made = []
    for i in range(folds):
        free = _distance(part == i, start) > length // _MARGIN
        made.append(Fold(np.sort(order[free]), np.sort(order[part == i])))
    why = "short blocks of time all over the record, with margins"
    return Split(SplitKind.CONTIGUOUS, tuple(f for f in made if len(f.train) and len(f.test)), why, seed)


def _dealt(start: Index, block: Index, folds: int, draw: np.random.Generator) -> Index:
    """The fold of each row: blocks are dealt in rounds, each round in an order of its own, so that no rhythm is met."""
    turn = np.unique(np.stack([start, block // folds]), axis=1, return_inverse=True)[1].ravel()
    tables = np.stack([draw.permutation(folds) for _ in range(int(turn.max()) + 1)])
    return np.asarray(tables[turn, block % folds], np.int64)


def _distance(judged: NDArray[np.bool_], start: Index) -> Index:
    """Rows from each row to the nearest judged one of the same series; a large number where there is none."""
    n = len(judged)
    here = np.arange(n)
    before = np.maximum.accumulate(np.where(judged, here, -1))
    after = np.minimum.accumulate(np.where(judged, here, n)[::-1])[::-1]
    back = np.where(before >= start, here - before, n)
    own = np.append(start, n)[np.minimum(after, n)] == start
    return np.asarray(np.minimum(back, np.where(own, after - here, n)), np.int64)


def _without_copies(split: Split, code: Index) -> Split:
    """Rows equal to a judged one are not learnt from, unless that would leave less than half."""

    def kept(fold: Fold) -> Fold:
        other = fold.train[~np.isin(code[fold.train], code[fold.test])]
        return replace(fold, train=other) if 2 * len(other) >= len(fold.train) else fold

    return replace(split, folds=tuple(kept(f) for f in split.folds))


def _thinned(split: Split, sizes: Sequence[int], run: int, draw: np.random.Generator) -> Split:
    """Each fold learns from at most that many rows; runs of neighbours are left out, so that windows stay whole."""

    def kept(fold: Fold, size: int) -> Fold:
        if len(fold.train) <= size:
            return fold
        length = max(1, min(run, size // 4))
        of = np.arange(len(fold.train)) // length
        rank = draw.permutation(int(of[-1]) + 1)[of]
        chosen = np.argsort(rank, kind="stable")[:size]
        return replace(fold, train=np.sort(fold.train[chosen]))

    return replace(split, folds=tuple(kept(f, n) for f, n in zip(split.folds, sizes, strict=False)))
