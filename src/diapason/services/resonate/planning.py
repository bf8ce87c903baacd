"""A budget becomes a plan: learners, folds, draws, finalists; written down, so that the run can be repeated."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from diapason.engines.learning.racing import Across
from diapason.engines.learning.recipes.robust import Robust
from diapason.engines.resonance.answers import Answers
from diapason.engines.resonance.diagnosis import TURNS, Predict, diagnose
from diapason.engines.resonance.labels import spared
from diapason.errors import DataError
from diapason.ports import find, names
from diapason.ports.workspace import Workspace
from diapason.roles.recipe import Recipe
from diapason.roles.treatment import Treatment
from diapason.services.resonate.material import sampled
from diapason.services.resonate.playing import Learner, Size
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.language import Text
from diapason.vocabulary.spans import seconds
from diapason.vocabulary.tables import VersionRef
from diapason.vocabulary.tasks import Task
from diapason.vocabulary.wire import plain

__all__ = ["Planned", "choose", "flagger", "from_settings", "in_use", "recipes", "seconds", "treatments"]

SIZES = (
    Size(folds=8, screened=2, draws=3, finalists=3, parts=4, tried=40),
    Size(folds=6, screened=2, draws=2, finalists=3, parts=4, tried=24),
    Size(folds=5, screened=2, draws=2, finalists=2, parts=3, tried=16),
)
"""Largest first; the first that fits into the budget is taken."""

PROBE, RACED = 2000, 6000
"""Rows on which learners are timed, and on which they race, before the plan is sealed."""
CLEAN = 0.3
"""Doubt above which a row is left out of the race on mended rows."""
LEAST_OF_CLASS = 0.4
"""Share of each class that must be left there."""
FEWEST_ROWS = 1500
LEAST_LEFT = 0.5
"""Share of the budget that trials get, however long the choice of learners has taken."""
SHARED = 0.7
"""By how much each further thread speeds trials up: they share memory and the interpreter."""
_GROWTH = 0.8
"""How the time of a training grows with its rows, as a power: the part that is the same for any size is large."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What will be run, and what it is thought to cost."""

    learners: tuple[Learner, ...]
    flagger: Learner
    size: Size
    rows: int
    seconds: float
    trainings: int

    def settings(self) -> dict[str, Any]:
        """JSON from which the same trial can be run again."""
        return {
            "learners": [[x.label, x.recipe.name, plain(x.settings)] for x in self.learners],
            "flagger": [self.flagger.recipe.name, plain(self.flagger.settings)],
            "size": plain(self.size),
            "treatments": [t.name for t in treatments()],
        }


def recipes() -> tuple[Recipe, ...]:
    """Every recipe that is installed."""
    return tuple(find("recipes", name) for name in names("recipes"))


def treatments() -> tuple[Treatment, ...]:
    """Every treatment that is installed, ours and others', by the same door."""
    return tuple(find("treatments", name) for name in names("treatments"))


def flagger(task: Task) -> Learner:
    """Quick learners that doubt targets, robustly in the first turn; the judge is of another family.

    Classes are doubted by trees, a linear and a distance model together: each errs in its own way, so their mean knows
    wrong labels far better than any of them.
    """
    recipe: Recipe = find("recipes", "boosted")
    if task not in recipe.tasks:
        return Learner("boosted/none", recipe, {"usual": {}, "robust": {}})
    given = recipe.settings(task)
    quick = {"rounds": 250, "rate": 0.1, "leaves": 31, "least": 15, "columns": 0.7, "pairs": 0, "windows": False}
    if task is Task.CLASSIFICATION:
        return _council({**given[-1], **quick, "rounds": 100, "leaves": 8, "least": 30})
    usual = {**given[0], **quick}
    return Learner("boosted/flagger", recipe, {"usual": usual, "robust": {**usual, "loss": "absolute"}})


def _council(trees: Mapping[str, Any]) -> Learner:
    """Three families in equal parts."""
    linear, nearest = (find("recipes", name).settings(Task.CLASSIFICATION) for name in ("linear", "nearest"))
    chosen = (("boosted", trees), ("linear", {**linear[-1], "products": False}), ("nearest", nearest[-1]))
    members = [{"recipe": name, "settings": said, "weight": 1 / len(chosen)} for name, said in chosen]
    both = {"members": plain(members)}
    return Learner("council/flagger", find("recipes", "robust"), {"usual": both, "robust": both})


def choose(
    examples: Examples,
    used: Mapping[str, Any] | None,
    budget: float,
    *,
    seed: int,
    threads: int = 1,
    answers: Answers | None = None,
    held: bool = False,
    across: Across = map,
) -> Planned:
    """Choose learners, time them on a sample, and take the largest trial that fits into the budget.

    Learners are a plain one in its default; the most robust one, raced on the data as it is; and the same race on a
    sample from which doubted rows were left out, since what suits dirty rows need not suit mended ones. Where labels
    are doubted, so are the three families that doubt them, in equal parts: hard to lead astray.

    Args:
        used: settings of the robust learner as it was raced before on these rows, if it was.
        budget: seconds, those for choosing included.
        threads: trainings that go on at the same time.
        answers: what people said of rows; learners race on rows so corrected.
        held: whether a repair that was proved before is confirmed once more.
        across: runs the trainings of a race.

    Raises:
        DataError: no recipe learns the task.
    """
    begin, usual = time.monotonic(), _usual(examples.task)
    whole, examples = examples, examples if answers is None else answers.corrected(examples)
    robust: Recipe = find("recipes", "robust")
    racing = replace(robust, across=across) if isinstance(robust, Robust) else robust
    sample, raced = (examples.take(sampled(examples, n, seed)) for n in (PROBE, RACED))
    learners = [Learner("usual", usual, usual.settings(examples.task)[0])]
    learners.append(Learner("robust", robust, used or _raced(racing, raced, seed)))
    mended = _mended(raced, seed)
    if mended is not None:
        learners.append(Learner("mended", robust, _raced(racing, mended, seed)))
    flags = flagger(examples.task)
    if mended is not None and examples.task is Task.CLASSIFICATION:
        learners.append(Learner("council", flags.recipe, flags.settings["robust"]))
    left = max(budget - (time.monotonic() - begin), LEAST_LEFT * budget)
    clocked = Clocked(sample, seed, 1 + (threads - 1) * SHARED)
    return _fitted(whole, tuple(learners), flags, left, clocked, held)


def _usual(task: Task) -> Recipe:
    """A plain recipe for the task: trees where they learn it, else the first that does."""
    able = [r for r in recipes() if task in r.tasks and r.name != "robust"]
    if not able:
        raise DataError(
            Text(f"no recipe learns '{task}'", f"没有能学习“{task}”的方法"),
            fix=Text("install one in the group diapason.recipes", "请安装 diapason.recipes 组的插件"),
        )
    return next((r for r in able if r.name == "boosted"), able[0])


def _raced(robust: Recipe, rows: Examples, seed: int) -> dict[str, Any]:
    """Settings that learn the winners of the race again, unraced."""
    setting = robust.settings(rows.task)[0]
    made: Any = robust.fit(rows, setting, seed)
    return {**setting, "members": plain(made.chosen())}


def in_use(ws: Workspace, ref: VersionRef, task: Task) -> Mapping[str, Any] | None:
    """Settings of the robust learner in the newest model learnt from that very version."""
    newest: Mapping[str, Any] | None = None
    for entry in ws.ledger.entries(kind="model"):
        said = entry.body
        same = said.get("dataset") == str(ref) and said.get("task") == task.value and said.get("recipe") == "robust"
        if same and said["settings"].get("members"):
            newest = said["settings"]
    return newest


def from_settings(settings: Mapping[str, Any], rows: int, trainings: int, estimated: float) -> Planned:
    """The plan as it was sealed."""
    learners = tuple(Learner(label, find("recipes", recipe), said) for label, recipe, said in settings["learners"])
    name, said = settings["flagger"]
    return Planned(
        learners, Learner("flagger", find("recipes", name), said), Size(**settings["size"]), rows, estimated, trainings
    )


def _mended(sample: Examples, seed: int) -> Examples | None:
    """The rows that are not doubted, if some are."""
    if sample.task is Task.MONITORING:
        return None
    learner = flagger(sample.task)

    def fit(part: Examples, robust: bool, seed: int) -> Predict:
        return learner.recipe.fit(part, learner.settings["robust" if robust else "usual"], seed).predict

    doubt = diagnose(sample, fit, seed=seed).doubt
    if not (doubt > 0.5).any():
        return None
    gone = doubt > CLEAN
    return sample.take(
        np.flatnonzero(~(spared(gone, doubt, sample.target, LEAST_OF_CLASS) if sample.classes else gone))
    )


@dataclass(frozen=True, slots=True)
class Clocked:
    """On what trainings are timed, and how many of them are done in the time of one."""

    sample: Examples
    seed: int
    lanes: float

    def seconds(self, learner: Learner, settings: Mapping[str, Any]) -> float:
        """Time of one training and prediction."""
        begin = time.perf_counter()
        learner.recipe.fit(self.sample, settings, self.seed).predict(self.sample)
        return (time.perf_counter() - begin) / self.lanes


def _fitted(
    examples: Examples, learners: tuple[Learner, ...], flags: Learner, budget: float, clocked: Clocked, held: bool
) -> Planned:
    each = [clocked.seconds(x, x.settings) for x in learners]
    quick = clocked.seconds(flags, flags.settings["usual"]) if flags.settings["usual"] else 0.0
    n, timed = len(examples), max(len(clocked.sample), 1)
    for size in SIZES:
        cost, trainings = _cost(size, each, quick, n / timed, examples.task, held)
        if cost <= budget:
            return Planned(learners, flags, size, n, cost, trainings)
    small = SIZES[-1]
    at_one, trainings = _cost(small, each, quick, 1.0, examples.task, held)
    rows = int(max(min(n, FEWEST_ROWS), min(n, timed * (budget / max(at_one, 1e-9)) ** (1 / _GROWTH))))
    cost, _ = _cost(small, each, quick, rows / timed, examples.task, held)
    return Planned(learners, flags, small, rows, cost, trainings)


def _cost(size: Size, each: Sequence[float], quick: float, larger: float, task: Task, held: bool) -> tuple[float, int]:
    """Seconds and trainings at most, from timings on the sample."""
    diagnoses = (size.folds + 1) * size.parts * TURNS.get(task, 1)  # the last one over all rows, if a repair is adopted
    usual, mean, others = each[0], float(np.mean(each)), sum(each[1:])
    raced = size.tried + (size.screened - 1) * max(6, size.tried // 2)
    screen = size.screened * sum(each) + raced * usual + size.finalists * size.screened * others
    count = size.screened * len(each) + raced + size.finalists * size.screened * (len(each) - 1)
    entrants, folds = size.finalists + 1 + held, size.folds - size.screened  # their bundle is one more
    confirm = usual + max(each) + entrants * ((1 + size.draws) * mean + usual) + size.finalists * mean
    count += folds * (2 + entrants * (2 + size.draws) + size.finalists)
    spent = diagnoses * quick * (size.parts - 1) / size.parts + screen + folds * confirm
    return float((spent + 0.3 * size.folds) * larger**_GROWTH), diagnoses + count
