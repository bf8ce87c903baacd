"""Rows that stand on both sides of a split, and columns that know the answer."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.resonance.matrix import floats
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.findings import Finding, Where
from diapason.vocabulary.splits import Fold
from diapason.vocabulary.tasks import Task

__all__ = ["leaks", "twins", "twins_across"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

_KEPT = 10_000
_KNOWS = 0.99
"""Share of the target's variance that one column alone explains."""
_PURE = 0.97
_FEWEST = 10
_PER_LEVEL = 25
"""Rows per rank of a number at least, so that a level can tell something else than its own row."""


def twins(examples: Examples) -> Index:
    """A code for each row, shape (n,): rows with equal inputs and equal target share one."""
    frame = examples.features.with_columns(pl.Series("target of the row", examples.target))
    return frame.hash_rows(seed=7).rank("dense").cast(pl.Int64).to_numpy()


def twins_across(examples: Examples, folds: Sequence[Fold]) -> Finding | None:
    """Judged rows that have an exact twin among the rows learnt from."""
    code = twins(examples)
    both = np.zeros(len(examples), bool)
    judged = 0
    for fold in folds:
        both[fold.test[np.isin(code[fold.test], code[fold.train])]] = True
        judged += len(fold.test)
    if not both.any():
        return None
    count = int(both.sum())
    where = Where(rows=_rows(examples, both), count=count, of=judged)
    return Finding("twins_across_folds", where, 1.0, "act" if count > 0.02 * judged else "look")


def leaks(examples: Examples) -> tuple[Finding, ...]:
    """Columns that alone nearly tell the target: known only afterwards, or the target in disguise."""
    found = []
    for name in examples.features.columns:
        tells = _tells(examples.features[name], examples)
        if tells is not None:
            share, count = tells
            where = Where(columns=(name,), count=count, of=len(examples))
            found.append(Finding("leak_suspect", where, 0.7, "act", {"tells": share}))
    return tuple(found)


def _tells(column: pl.Series, examples: Examples) -> tuple[float, int] | None:
    """Share of the target that this column alone tells, and the rows it does so for; None if no more than usual."""
    if examples.task is Task.MONITORING:
        return None
    level = _levels(column)
    if examples.task is Task.CLASSIFICATION:
        return _marks(level, examples.target.astype(np.int64), len(examples.classes))
    known = float(np.var(examples.target))
    if level.max() < 1 or known == 0:
        return None
    left = _by_neighbours(column, examples.target) if _many(column) else _by_level(level, examples.target)
    alone = 1 - left / known
    return (alone, len(level)) if alone > _KNOWS else None


def _by_neighbours(column: pl.Series, target: Array) -> float:
    """Variance of the target that is left when neighbours in the column are compared (Rice, 1984)."""
    order = np.argsort(floats(column), kind="stable")
    return float(np.mean(np.square(np.diff(target[order])))) / 2


def _by_level(level: Index, target: Array) -> float:
    """Variance of the target within the levels."""
    count = np.bincount(level)
    mean = np.bincount(level, weights=target) / np.maximum(count, 1)
    within = np.bincount(level, weights=np.square(target - mean[level]))
    return float(within.sum()) / max(len(level) - int(np.sum(count > 0)), 1)


def _many(column: pl.Series) -> bool:
    return column.dtype.is_numeric() and column.n_unique() > 50


def _levels(column: pl.Series) -> Index:
    """Levels of a category or flag, or up to 200 ranks of a number; missing is a level of its own."""
    if _many(column):
        ranks, most = column.rank("average").fill_null(0.0).to_numpy(), min(200, max(2, len(column) // _PER_LEVEL))
        return np.asarray(np.floor(ranks / (len(column) + 1) * most), dtype=np.int64)
    return column.cast(pl.String).fill_null("").rank("dense").cast(pl.Int64).to_numpy() - 1


def _marks(level: Index, classes: Index, k: int) -> tuple[float, int] | None:
    """A level that means one rare class in nearly all of its rows, and covers at least a twentieth of that class."""
    table = np.zeros((int(level.max()) + 1, k))
    np.add.at(table, (level, classes), 1)
    size, usual = table.sum(1), table.sum(0)
    pure = table / np.maximum(size, 1)[:, None]
    clear = (pure > _PURE) & (size >= _FEWEST)[:, None] & (usual / usual.sum() < 0.5)[None, :]
    clear &= table > np.maximum(0.05 * usual, _FEWEST)[None, :]
    few = int(level.max()) + 1 <= 20
    covered = (table * clear).sum(0)
    if few and covered.any():
        best = int(np.argmax(covered / np.maximum(usual, 1)))
        return float(covered[best] / usual[best]), int(covered[best])
    alone = float(table.max(1).sum() / table.sum())
    guess = float(usual.max() / usual.sum())
    return (alone, len(level)) if alone > 0.985 and guess < 0.9 and not few else None


def _rows(examples: Examples, chosen: Mask) -> tuple[int, ...]:
    return tuple(int(r) for r in examples.rows[chosen][:_KEPT])
