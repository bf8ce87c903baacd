"""Honest splits: by asset, by batch, in time order; and the random one to set beside."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from diapason.errors import DataError
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.language import Text
from diapason.vocabulary.splits import Fold, Split, SplitKind
from diapason.vocabulary.tasks import Task

__all__ = ["duplicates", "honest", "random", "together"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_FEW = 3
"""Fewest assets or batches that can stand for others."""


def honest(examples: Examples, *, seed: int, folds: int = 5) -> Split:
    """Divide rows as the line will meet them: new asset, new batch, later time; else independent rows.

    In this order: rows declared normal against the rest (monitoring); whole assets (3 or more); whole batches; time
    order with a gap; blocks of the file's order where the target depends on it; else at random within strata of the
    target, with equal rows kept together, and said to be honest for that reason. For a split by asset, batch or
    stratum each row is judged once; in time order the first block is only learnt from.

    Raises:
        DataError: fewer than 2 rows with a known target, or folds < 2.
    """
    _check(examples, folds)
    if examples.normal is not None:
        return _declared(examples, seed)
    for codes, kind, word in (
        (examples.asset, SplitKind.ASSET, "asset"),
        (examples.batch, SplitKind.BATCH, "batch"),
    ):
        if codes is not None and (count := len(np.unique(codes))) >= _FEW:
            why = f"whole {word}s are held out ({count}), because the line will meet new ones"
            return Split(kind, _grouped(examples, codes, min(folds, count), seed), why, seed)
    if examples.time is not None:
        return _forward(examples, seed, folds)
    if (order := _ordered(examples)) is not None:
        gap = _gap(examples.target[order], folds)
        why = (
            f"blocks of the file's order are held out with a gap of {gap} rows, because neighbours resemble each other"
        )
        return Split(SplitKind.CONTIGUOUS, _blocks(order, folds, gap), why, seed)
    copies = duplicates(examples)
    together = len(copies) - len(np.unique(copies))
    why = "rows are independent: no asset, batch or time is declared and the file's order says nothing about the target"
    why += f"; {together} repeated rows stay with their copies" if together else ""
    return Split(SplitKind.STRATIFIED, _grouped(examples, copies, folds, seed), why, seed)


def random(examples: Examples, *, seed: int, folds: int = 5) -> Split:
    """Divide rows at random, whatever belongs together: the flattering split, shown beside the honest one.

    For monitoring with a declared normal part, the same number of rows is learnt from, drawn at random among those
    known to be normal.
    """
    _check(examples, folds)
    draw, n = np.random.default_rng(seed), len(examples)
    why = "rows are drawn at random, whatever belongs together"
    if examples.normal is not None:
        pool = np.flatnonzero(examples.normal | (examples.target == 0))
        train = np.sort(draw.permutation(pool)[: int(examples.normal.sum())])
        test = np.setdiff1d(np.arange(n), train)
        return Split(SplitKind.RANDOM, (Fold(train.astype(np.int64), test.astype(np.int64)),), why, seed)
    part = draw.permutation(n) % folds
    return Split(SplitKind.RANDOM, _folds(part, folds), why, seed)


def duplicates(examples: Examples) -> Index:
    """A group code for each row, shape (n,); rows with equal features share one."""
    frame = examples.features
    return frame.select(frame.hash_rows(seed=0).rank("dense").cast(int)).to_series().to_numpy().astype(np.int64)


def together(examples: Examples, *, seed: int, folds: int = 5) -> Split:
    """Random within strata, but rows with equal features stay on one side: takes copies away, nothing else."""
    _check(examples, folds)
    why = "rows are drawn at random, copies stay together"
    return Split(SplitKind.STRATIFIED, _grouped(examples, duplicates(examples), folds, seed), why, seed)


def _check(examples: Examples, folds: int) -> None:
    if folds < 2 or len(examples) < 2 * folds:
        raise DataError(
            Text(f"{len(examples)} rows can't be divided into {folds} folds", f"{len(examples)} 行无法分成 {folds} 折"),
            fix=Text("bring more rows, or fewer folds (at least 2)", "请提供更多行，或减少折数（至少 2）"),
        )


def _folds(part: Index, folds: int) -> tuple[Fold, ...]:
    """Fold i judges the rows whose part is i and learns from all others."""
    return tuple(
        Fold(np.flatnonzero(part != i).astype(np.int64), np.flatnonzero(part == i).astype(np.int64))
        for i in range(folds)
        if (part == i).any() and (part != i).any()
    )


def _strata(examples: Examples) -> Index:
    """Classes, or tenths of a continuous target; rows with unknown target share one stratum."""
    y = examples.target
    if examples.task in (Task.CLASSIFICATION, Task.MONITORING):
        return np.nan_to_num(y, nan=-1).astype(np.int64) + 1
    known = np.isfinite(y)
    strata = np.zeros(len(y), np.int64)
    if known.any():
        strata[known] = 1 + np.searchsorted(np.quantile(y[known], np.arange(1, 10) / 10), y[known])
    return strata


def _grouped(examples: Examples, groups: Index, folds: int, seed: int) -> tuple[Fold, ...]:
    """Whole groups go to folds so that sizes and strata are even; groups are dealt in random order, large first."""
    codes, group = np.unique(groups, return_inverse=True)
    strata = _strata(examples)
    k = int(strata.max()) + 1
    table = np.bincount(group * k + strata, minlength=len(codes) * k).reshape(len(codes), k).astype(np.float64)
    draw = np.random.default_rng(seed).permutation(len(codes))
    size = table.sum(1)
    part = np.empty(len(codes), np.int64)
    single = draw[size[draw] == 1]
    large = draw[size[draw] > 1]
    large = large[np.argsort(-size[large], kind="stable")]
    filled = _deal(table, large, part, folds)
    _fill(strata[np.unique(group, return_index=True)[1]], single, part, filled)
    return _folds(part[group], folds)


def _deal(table: Array, order: Index, part: Index, folds: int) -> Array:
    """Give each group to the fold that most lacks its strata; returns the counts, shape (folds, strata)."""
    filled = np.zeros((folds, table.shape[1]))
    scale = 1 / np.maximum(table.sum(0), 1)
    for g in order:
        cost = (filled * scale) @ (table[g] > 0) + 1e-3 * filled.sum(1) / max(table.sum(), 1)
        part[g] = int(np.argmin(cost))
        filled[part[g]] += table[g]
    return filled


def _fill(strata: Index, singles: Index, part: Index, filled: Array) -> None:
    """Spread single rows evenly within each stratum, beginning with the folds that have least of it."""
    for s in np.unique(strata[singles]):
        members = singles[strata[singles] == s]
        order = np.lexsort((filled.sum(1), filled[:, s]))
        part[members] = order[np.arange(len(members)) % len(order)]
        filled[:, s] += np.bincount(part[members], minlength=len(order))


def _declared(examples: Examples, seed: int) -> Split:
    normal = np.asarray(examples.normal)
    train, test = np.flatnonzero(normal).astype(np.int64), np.flatnonzero(~normal).astype(np.int64)
    if not (len(train) and len(test)):
        raise DataError(
            Text("the declared normal part leaves nothing to judge on", "声明的正常段没有留下可评估的行"),
            fix=Text("declare fewer normal rows", "请减少声明为正常的行"),
        )
    why = f"{len(train)} rows were declared normal and only they are learnt from"
    if not np.isfinite(examples.target[test]).any():
        held = _last_third(examples, train)
        train, test = train[~held], np.union1d(train[held], test)
        why += f"; nothing else is labelled, so the last {int(held.sum())} of them are held out to count false alarms"
    return Split(SplitKind.TIME_ORDERED, (Fold(train, test),), why, seed)


def _last_third(examples: Examples, rows: Index) -> NDArray[np.bool_]:
    """Which of these rows are the last third of their asset's or batch's."""
    groups = examples.asset if examples.asset is not None else examples.batch
    codes = np.zeros(len(rows), np.int64) if groups is None else groups[rows]
    by = np.argsort(codes, kind="stable")
    first, last = (np.searchsorted(codes[by], codes[by], side) for side in ("left", "right"))
    late = np.empty(len(rows), bool)
    late[by] = (np.arange(len(rows)) - first) * 3 >= (last - first) * 2
    return late


def _forward(examples: Examples, seed: int, folds: int) -> Split:
    """Blocks of time; each is judged by what was learnt from all blocks before it, less a gap."""
    order = np.argsort(np.asarray(examples.time), kind="stable").astype(np.int64)
    gap = _gap(examples.target[order], folds)
    edges = np.linspace(0, len(order), folds + 2).astype(int)
    made = tuple(Fold(order[: max(edges[i] - gap, 1)], order[edges[i] : edges[i + 1]]) for i in range(1, folds + 1))
    why = f"only the past is learnt from, with a gap of {gap} rows, because the line will meet later times"
    return Split(SplitKind.TIME_ORDERED, made, why, seed)


def _blocks(order: Index, folds: int, gap: int) -> tuple[Fold, ...]:
    edges = np.linspace(0, len(order), folds + 1).astype(int)
    made = []
    for low, high in pairwise(edges):
        train = np.concatenate([order[: max(low - gap, 0)], order[high + gap :]])
        made.append(Fold(np.sort(train), np.sort(order[low:high])))
    return tuple(made)


def _gap(target: Array, folds: int) -> int:
    """Rows after which the target no longer resembles itself (autocorrelation < 0.2), at most a tenth of a block."""
    known = np.nan_to_num(target - np.nanmean(target)) if np.isfinite(target).any() else np.zeros(len(target))
    most = max(1, len(target) // (folds + 1) // 10)
    spread = float(known @ known)
    for lag in range(1, most):
        if spread == 0 or float(known[lag:] @ known[:-lag]) / spread < 0.2:
            return lag
    return most


def _ordered(examples: Examples) -> Index | None:
    """The file's order, if the target depends on it otherwise than by having been sorted; else None.

    Judged by the lag-1 autocorrelation of the target's ranks against its standard error. A file counts as sorted where
    a number hardly ever turns, and where a class has more than two fifths of its rows in one fifth of the file (wrong
    labels leave that as it is).
    """
    order = np.argsort(examples.rows, kind="stable").astype(np.int64)
    y = examples.target[order]
    y = y[np.isfinite(y)]
    values, rank = np.unique(y, return_inverse=True)
    if len(y) < 50 or len(values) < 2 or _sorted(rank, classes=examples.task is Task.CLASSIFICATION):
        return None
    centred = rank - rank.mean()
    r = float(centred[1:] @ centred[:-1]) / float(centred @ centred)
    return order if r > max(0.2, 5 / np.sqrt(len(y))) else None


def _sorted(rank: Index, *, classes: bool) -> bool:
    if not classes:
        turns = np.diff(np.sign(np.diff(rank[np.r_[True, np.diff(rank) != 0]])))
        return int(np.count_nonzero(turns)) <= len(rank) // 100
    fifth = np.arange(len(rank)) * 5 // len(rank)
    table = np.bincount(rank * 5 + fifth, minlength=5 * (int(rank.max()) + 1)).reshape(-1, 5)
    return bool((table.max(axis=1) > 0.4 * np.maximum(table.sum(axis=1), 10)).any())
