"""A race of recipes and settings on the data as it is: many on a sample, few on more, judged as the line will judge."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diapason.engines.learning import metrics, splits
from diapason.engines.learning.crossing import judge
from diapason.engines.learning.noise import corrected
from diapason.engines.learning.sampling import sample
from diapason.engines.learning.weighing import systematic
from diapason.engines.learning.widening import windowed
from diapason.errors import DataError
from diapason.roles.recipe import Recipe
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.language import Text
from diapason.vocabulary.splits import Fold
from diapason.vocabulary.tasks import Task

__all__ = ["Across", "Race", "Runner", "race", "trainings"]

Array = NDArray[np.float64]
Entrant = tuple[Recipe, Mapping[str, Any]]
Across = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]
"""Does independent work, results in order: `map`, or the same on several threads."""

_CELLS = 400_000
_FIRST_ROWS = (2_500, 10_000)
_LATER = 2.4
_WINDOWS = 12  # columns that windows make of one
_FINALISTS = 4
_FOLDS = 3
_NEAR = 1.2


@dataclass(frozen=True, slots=True)
class Runner:
    """One recipe with one setting, and how far it came."""

    recipe: str
    family: str
    settings: Mapping[str, Any]
    score: float  # the deployment measure, corrected for noise, in the last heat it ran
    finalist: bool
    predictions: Array | None = None  # cross-fitted, on the rows of the last heat; finalists only


@dataclass(frozen=True, slots=True)
class Race:
    """Runners, best first, and the rows on which the last heat was run."""

    runners: tuple[Runner, ...]
    examples: Examples
    judged: NDArray[np.bool_]  # rows of `examples` that were predicted
    trainings: int

    @property
    def scored(self) -> NDArray[np.int64]:
        """Positions in `examples` of the rows that score; a row of weight 3 three times, as it is learnt from."""
        return _scored(self.judged, self.examples.weight)


def trainings(recipes: Sequence[Recipe], task: Task) -> int:
    """How many models a race trains at most; known before it starts."""
    field = sum(len(r.settings(task)) for r in recipes if task in r.tasks)
    return field + _FOLDS * min(field, _FINALISTS) if field > 1 else 0


def race(recipes: Sequence[Recipe], examples: Examples, *, seed: int, across: Across = map) -> Race:
    """Every setting of every recipe on one fold of a sample; the best four on three folds of a larger one.

    The samples have 2,500 to 10,000 rows and 2.4 times as many, fewer where columns are many. Among the four are the
    best two, the best of another family if it is near, and the best robust setting. Splits are honest ones inside the
    given rows; nothing depends on the clock.

    Args:
        across: runs the trainings of a heat; the result is the same whatever goes on beside what.

    Raises:
        DataError: no recipe learns this task.
    """
    field = [(r, s) for r in recipes if examples.task in r.tasks for s in r.settings(examples.task)]
    if not field:
        raise DataError(Text(f"no recipe learns '{examples.task}'", f"没有配方可学习“{examples.task}”"))
    if len(field) == 1:
        only = Runner(field[0][0].name, field[0][0].family, field[0][1], float("nan"), finalist=False)
        return Race((only,), examples, np.zeros(len(examples), np.bool_), 0)
    few, more = _rows(examples)
    first, _, _ = _heat(field, sample(examples, few, seed), 1, seed, across)
    chosen = _through(field, first, examples.task)
    rows = sample(examples, more, seed)
    last, predictions, judged = _heat([field[i] for i in chosen], rows, _FOLDS, seed, across)
    named = [(r.name, r.family, s) for r, s in field]
    ran = [
        Runner(*named[i], v, finalist=True, predictions=p) for i, v, p in zip(chosen, last, predictions, strict=True)
    ]
    ran += [Runner(*named[i], v, finalist=False) for i, v in enumerate(first) if i not in chosen]
    better = _order(examples.task)
    ran.sort(key=lambda r: (not r.finalist, better * r.score if np.isfinite(r.score) else np.inf))
    return Race(tuple(ran), rows, judged, len(field) + _FOLDS * len(chosen))


def _rows(examples: Examples) -> tuple[int, int]:
    """Rows of the first heat and of the last."""
    width = examples.features.width * (_WINDOWS if windowed(examples) else 1)
    few = int(np.clip(_CELLS // width, *_FIRST_ROWS))
    return few, int(_LATER * few)


def _order(task: Task) -> int:
    """1 if less is better, else -1."""
    return 1 if metrics.deployment(task).better == "lower" else -1


def _heat(
    field: Sequence[Entrant], examples: Examples, folds: int, seed: int, across: Across
) -> tuple[list[float], list[Array], NDArray[np.bool_]]:
    """Run each entrant on the first so many of three honest folds; scores, predictions, and the rows predicted."""
    split = splits.honest(examples, seed=seed, folds=_FOLDS)
    used = split.folds[-folds:]
    judged = np.zeros(len(examples), np.bool_)
    for fold in used:
        judged[fold.test] = True
    told = iter(
        across(lambda job: _judged(job[0], job[1], examples, seed), [(e, fold) for e in field for fold in used])
    )
    predictions = [_gathered(examples, [(fold, next(told)) for fold in used]) for _ in field]
    rows, measure = _scored(judged, examples.weight), metrics.deployment(examples.task).name
    units = examples.asset if examples.asset is not None else examples.batch
    own = None if units is None else units[rows]
    return corrected(measure, examples.target[rows], [p[rows] for p in predictions], own), predictions, judged


def _scored(judged: NDArray[np.bool_], weight: Array | None) -> NDArray[np.int64]:
    rows = np.flatnonzero(judged)
    return rows if weight is None else rows[systematic(weight[rows])]


def _judged(entrant: Entrant, fold: Fold, examples: Examples, seed: int) -> Array:
    recipe, settings = entrant
    return judge(recipe.fit(examples.take(fold.train), settings, seed), examples, fold)


def _gathered(examples: Examples, told: Sequence[tuple[Fold, Array]]) -> Array:
    classes = len(examples.classes)
    out = np.full((len(examples), classes) if examples.task is Task.CLASSIFICATION else len(examples), np.nan)
    for fold, predicted in told:
        out[fold.test] = predicted
    return out


def _through(field: Sequence[Entrant], scores: Sequence[float], task: Task) -> list[int]:
    """Who runs the last heat."""
    cost = np.nan_to_num(_order(task) * np.asarray(scores), nan=np.inf)
    order: list[int] = np.argsort(cost, kind="stable").tolist()
    chosen = order[:2]
    near = [i for i in order if abs(scores[i]) <= _NEAR * abs(scores[order[0]]) or task is Task.CLASSIFICATION]
    families = {field[i][0].family for i in chosen}
    chosen += [i for i in near if field[i][0].family not in families][:1]
    robust = [i for i in order if i not in chosen and field[i][1] == field[i][0].settings(task)[-1]]
    chosen += robust[:1]
    chosen += [i for i in order if i not in chosen][: _FINALISTS - len(chosen)]
    return chosen
