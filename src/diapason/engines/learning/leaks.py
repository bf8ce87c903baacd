"""Inputs that know too much: a column that nearly is the target, and columns measured at the target's own moment."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.learning import metrics
from diapason.engines.learning.crossing import cross_predict
from diapason.engines.learning.recipes.boosted import recipe as boosted
from diapason.engines.learning.rolling import starts
from diapason.engines.learning.sampling import sample
from diapason.engines.learning.splits import honest
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.findings import Finding, Where
from diapason.vocabulary.tasks import Task

__all__ = ["leaking", "too_good"]

Array = NDArray[np.float64]

_ROWS, _FOLDS, _ROUNDS = 4000, 3, 80
_ALONE = 0.95  # share of the target's variance that one column explains alone
_PURE, _COVERS = 0.98, 0.05  # how surely levels of a flag mean one class, and of how many of its rows
_FEW_LEVELS = 12
_LOST = 0.25  # share of the skill that must be lost before moments are blamed
_PERFECT, _FOLD = 0.98, 2.0  # or a skill too good to be true, and the error so many times as large


@dataclass(frozen=True, slots=True)
class _Look:
    """The score, as skill over a constant, that a quick model reaches with some inputs."""

    score: float
    skill: float  # 0 = a constant, 1 = perfect


def leaking(examples: Examples, *, seed: int) -> tuple[Finding, ...]:
    """Inputs that would not be known when the prediction is needed, each shown by taking it away.

    First columns that alone say nearly everything (`too_good`): the score is measured with and without them. Then,
    where rows follow in time, all inputs are put back by one row, as the line would know them before the target is
    measured; if the skill falls by a quarter, or was all but perfect and the error doubles, those columns are named
    that bring most of it back at their own moment. None of this proves a leak, since a soft sensor may use the same
    moment: it says what to ask.

    Source: leakage by illegitimate features; Kaufman, Rosset & Perlich, ACM TKDD 6 (2012).
    """
    if examples.task not in (Task.REGRESSION, Task.CLASSIFICATION):
        return ()
    part = sample(examples, _ROWS, seed)
    found = []
    if suspects := too_good(part):
        others = [c for c in part.features.columns if c not in suspects]
        found += [_finding("leak_by_itself", part, suspects, _look(part, seed), _without(part, others, seed))]
        part = replace(part, features=part.features.select(others)) if others else part
    if part.time is not None and part.task is Task.REGRESSION:
        found += _same_moment(part, seed)
    return tuple(found)


def too_good(examples: Examples) -> tuple[str, ...]:
    """Columns that alone nearly determine the target on rows they were not fitted to.

    A number explains 95 % of the target's variance by the medians of 100 bins; a flag or a category of few levels
    means one of the classes in 98 % of the rows of a level, and covers a twentieth of that class or more, where the
    class has less than half of all rows.
    """
    return tuple(c for c in examples.features.columns if _nearly(examples.features[c], examples))


def _nearly(column: pl.Series, examples: Examples) -> bool:
    y = examples.target
    known = np.isfinite(y) & column.is_not_null().to_numpy()
    if known.sum() < 50:
        return False
    code = column.rank("dense").fill_null(0).to_numpy().astype(np.int64)
    if examples.task is Task.CLASSIFICATION:
        return len(np.unique(code[known])) <= _FEW_LEVELS and _pure(code[known], y[known].astype(np.int64))
    rank = np.unique(code, return_inverse=True)[1]
    bins = rank if column.dtype == pl.String else rank * 100 // (int(rank.max()) + 1)
    learn = np.arange(len(y)) % 2 == 0
    typical = np.full(int(bins.max()) + 1, np.median(y[known]))
    for b in np.unique(bins[known & learn]):
        typical[b] = np.median(y[known & learn & (bins == b)])
    test = known & ~learn
    return metrics.score("r2", y[test], typical[bins[test]]) >= _ALONE


def _pure(code: NDArray[np.int64], y: NDArray[np.int64]) -> bool:
    table = np.zeros((int(code.max()) + 1, int(y.max()) + 1))
    np.add.at(table, (code, y), 1)
    share = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    rare = table.sum(0) < 0.5 * table.sum()
    covers = (table >= np.maximum(_COVERS * table.sum(0), 10)) & (share >= _PURE)
    return bool((covers & rare[None, :]).any())


def _same_moment(examples: Examples, seed: int) -> list[Finding]:
    start = starts(examples.asset, len(examples))
    before = np.maximum(np.arange(len(examples)) - 1, start)
    then = examples.features[before]
    now, late = _look(examples, seed), _look(replace(examples, features=then), seed)
    perfect = now.skill >= _PERFECT and late.score >= _FOLD * now.score
    if now.skill <= 0 or not (perfect or late.skill <= (1 - _LOST) * now.skill):
        return []
    back = {
        c: _look(replace(examples, features=then.with_columns(examples.features[c])), seed).skill for c in then.columns
    }
    blamed = tuple(c for c, skill in back.items() if skill - late.skill >= _LOST * (now.skill - late.skill))
    return [_finding("leak_same_moment", examples, blamed or tuple(then.columns), now, late)]


def _without(examples: Examples, others: Sequence[str], seed: int) -> _Look:
    if not others:
        return _Look(float("nan"), 0.0)
    return _look(replace(examples, features=examples.features.select(others)), seed)


def _look(examples: Examples, seed: int) -> _Look:
    """A quick boosted model on three honest folds, without windows."""
    asked = {**boosted.settings(examples.task)[0], "rounds": _ROUNDS, "rate": 0.1, "pairs": 0, "windows": False}
    split = honest(examples, seed=seed, folds=_FOLDS)
    made, fold = cross_predict(boosted, asked, examples, split, seed=seed)
    judged = fold >= 0
    truth, prediction = examples.target[judged], made[judged]
    score = metrics.score(metrics.deployment(examples.task).name, truth, prediction)
    if examples.task is not Task.CLASSIFICATION:
        return _Look(score, max(0.0, metrics.score("r2", truth, prediction)))
    chance = 1 / max(len(np.unique(truth)), 1)
    return _Look(score, max(0.0, (metrics.score("balanced_accuracy", truth, prediction) - chance) / (1 - chance)))


def _finding(kind: str, examples: Examples, columns: tuple[str, ...], with_: _Look, without: _Look) -> Finding:
    name = metrics.deployment(examples.task).name
    facts: dict[str, float | str] = {"metric": name, "with_it": with_.score, "without": without.score}
    facts |= {"skill": 100 * with_.skill, "skill_without": 100 * without.skill}
    lost = 1 - without.skill / with_.skill if with_.skill > 0 else 0.0
    n = len(examples)
    sure = round(float(np.clip(0.5 + lost / 2, 0.5, 0.95)), 2)
    return Finding(kind, Where(columns=columns, count=n, of=n), sure=sure, harm="look", facts=facts)
