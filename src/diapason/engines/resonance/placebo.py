"""A placebo: the same action on the same number of rows that look alike but were not flagged."""

from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.resonance.softening import spoken, spread
from diapason.roles.treatment import Evidence
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

__all__ = ["hard", "placebo"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

_STRATA = 5


def placebo(evidence: Evidence, treated: Examples, *, draw: int) -> Examples:
    """Do to matched rows what the treatment did to those it chose.

    What was done is read from the treated rows: dropped rows are matched by as many others, changed targets by
    targets set to their expectation, changed cells by cells of the same columns set to the column's median, labels that
    were split over classes by the same shares for other rows of that class. Matched
    means: same class or same fifth of the expected value, same fifth of time, never a touched row. Where whole assets
    were dropped, whole assets are matched.

    Two kinds take turns. Even draws take any of these rows: what the action does by itself. Odd draws take them from
    the half with the larger loss, since flagged rows have large losses too: what forgetting hard rows does.

    Args:
        treated: what the treatment made of `evidence.examples`.
        draw: number of the draw; several make a distribution, one is an anecdote.
    """
    before = evidence.examples
    held = spoken(before, treated) if before.task is Task.CLASSIFICATION else None
    if held is not None:
        return spread(before, _passed_on(evidence, held, draw))
    place = np.searchsorted(before.rows, treated.rows, sorter=np.argsort(before.rows))
    kept = np.argsort(before.rows)[place]
    dropped = np.ones(len(before), bool)
    dropped[kept] = False
    relabelled = np.zeros(len(before), bool)
    relabelled[kept] = treated.target != before.target[kept]
    cells = _cells(before, treated, kept)
    touched = dropped | relabelled | cells.any(axis=1)
    random = np.random.default_rng(7919 * (draw + 1))
    strata, loss = _strata(evidence), _loss(evidence) if hard(draw) else None
    if before.task is Task.REMAINING_LIFE and before.asset is not None and dropped.any() and _whole(before, dropped):
        return before.take(np.flatnonzero(~_assets(before, dropped, random)))
    made = _recast(before, cells, touched, strata, loss, random)
    swap = _matched(strata, loss, relabelled, touched, random)
    made = replace(made, target=np.where(swap, _told(evidence), before.target))
    return made.take(np.flatnonzero(~_matched(strata, loss, dropped, touched | swap, random)))


def hard(draw: int) -> bool:
    """Whether a draw takes rows with large losses.

    >>> [hard(d) for d in range(3)]
    [False, True, False]
    """
    return draw % 2 == 1


def _passed_on(evidence: Evidence, held: Array, draw: int) -> Array:
    """What split rows are held to be, given to as many matched rows that were not split, each from its stratum."""
    plain = np.eye(held.shape[1])[evidence.examples.target.astype(np.int64)]
    split = np.asarray((np.abs(held - plain) > 1e-9).any(axis=1), bool)
    strata = _strata(evidence)
    random = np.random.default_rng(7919 * (draw + 1))
    chosen = _matched(strata, _loss(evidence) if hard(draw) else None, split, split, random)
    for s in np.unique(strata[chosen]):
        donors, mine = np.flatnonzero(split & (strata == s)), np.flatnonzero(chosen & (strata == s))
        if len(donors):
            plain[mine] = held[random.choice(donors, len(mine), replace=len(mine) > len(donors))]
    return plain


def _cells(before: Examples, treated: Examples, kept: Index) -> NDArray[np.bool_]:
    """Which cells were changed, shape (n, columns before)."""
    changed = np.zeros((len(before), before.features.width), bool)
    old = before.features[kept]
    for j, name in enumerate(before.features.columns):
        if name in treated.features.columns:
            changed[kept, j] = ~old[name].eq_missing(treated.features[name]).to_numpy()
    return changed


def _strata(evidence: Evidence) -> Index:
    """Class or fifth of the expected value, crossed with the fifth of time."""
    examples, expected = evidence.examples, evidence.out_of_fold
    if examples.task in (Task.CLASSIFICATION, Task.MONITORING):
        base = np.nan_to_num(examples.target, nan=-1).astype(np.int64) + 1
    else:
        base = _fifth(expected)
    when = np.zeros(len(base), np.int64) if examples.time is None else _fifth(examples.time)
    return np.asarray(base * _STRATA + when, dtype=np.int64)


def _fifth(values: Array) -> Index:
    rank = np.argsort(np.argsort(values, kind="stable"), kind="stable")
    return np.asarray(rank * _STRATA // max(len(values), 1), dtype=np.int64)


def _loss(evidence: Evidence) -> Array:
    examples, expected = evidence.examples, evidence.out_of_fold
    if examples.task is Task.CLASSIFICATION:
        return np.asarray(1 - expected[np.arange(len(examples)), examples.target.astype(np.int64)])
    return np.nan_to_num(np.abs(examples.target - expected)) if expected.ndim == 1 else np.zeros(len(examples))


def _told(evidence: Evidence) -> Array:
    """What the cross-fitted model would write as target."""
    expected = evidence.out_of_fold
    return expected.argmax(axis=1).astype(np.float64) if expected.ndim == 2 else expected


def _matched(strata: Index, loss: Array | None, chosen: Mask, banned: Mask, random: np.random.Generator) -> Mask:
    """As many rows as were chosen in each stratum, none of them banned; of the half with the larger loss, if given."""
    out = np.zeros(len(strata), bool)
    for s in np.unique(strata[chosen]):
        pool = np.flatnonzero((strata == s) & ~banned)
        wanted = min(int(np.sum(chosen & (strata == s))), len(pool))
        if loss is not None:
            pool = pool[np.argsort(-loss[pool], kind="stable")][: max(wanted, len(pool) // 2)]
        out[random.choice(pool, wanted, replace=False)] = True
    lacking = int(chosen.sum() - out.sum())
    rest = np.flatnonzero(~out & ~banned)
    if lacking > 0 and len(rest):
        out[random.choice(rest, min(lacking, len(rest)), replace=False)] = True
    return out


def _recast(
    before: Examples, cells: Mask, touched: Mask, strata: Index, loss: Array | None, random: np.random.Generator
) -> Examples:
    """Medians into as many matched cells of each column that was changed."""
    features = before.features
    for j in np.flatnonzero(cells.any(axis=0)):
        name = features.columns[j]
        if features[name].dtype.is_numeric():
            rows = _matched(strata, loss, cells[:, j], touched, random)
            middle = pl.lit(features[name].median(), dtype=pl.Float64)
            features = features.with_columns(pl.when(pl.Series(rows)).then(middle).otherwise(pl.col(name)).alias(name))
    return replace(before, features=features)


def _whole(before: Examples, dropped: Mask) -> bool:
    asset = np.asarray(before.asset)
    gone = np.unique(asset[dropped])
    return bool(np.isin(asset, gone).sum() == dropped.sum())


def _assets(before: Examples, dropped: Mask, random: np.random.Generator) -> Mask:
    """As many other assets, of the same length of life where that can be had."""
    asset = np.asarray(before.asset)
    codes, length = np.unique(asset, return_counts=True)
    gone = np.isin(codes, np.unique(asset[dropped]))
    alike = _fifth(length.astype(np.float64)) if len(codes) >= 8 * _STRATA else np.zeros(len(codes), np.int64)
    chosen = _matched(alike, None, gone, gone, random)
    return np.isin(asset, codes[chosen])
