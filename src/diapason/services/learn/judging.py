"""The thinking of `learn`: the honest split first, the random one beside it, and why they differ."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial, reduce
from itertools import pairwise
from typing import Any, Protocol, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from diapason.engines.learning.clusters import Clusters, clusters, resampled
from diapason.engines.learning.conformal import coverage
from diapason.engines.learning.evaluating import Judged, gathered, scorecard
from diapason.engines.learning.gap import dearer, explained, torn
from diapason.engines.learning.ladder import RUNGS, ladder
from diapason.engines.learning.leaks import leaking
from diapason.engines.learning.metrics import deployment, score
from diapason.engines.learning.sampling import sample
from diapason.engines.learning.slices import weak
from diapason.engines.learning.splits import honest, random
from diapason.engines.learning.unlabelled import unlabelled_alarms
from diapason.engines.learning.widening import beside_their_past
from diapason.vocabulary.estimates import Estimate
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.scores import Scorecard
from diapason.vocabulary.splits import Fold, Split, SplitKind
from diapason.vocabulary.tasks import Task
from diapason.vocabulary.wire import plain

__all__ = ["MOST_STEPS", "Chosen", "Judgement", "Trainings", "again", "judge", "judged_by_others"]

A = TypeVar("A")
Array = NDArray[np.float64]
Settings = Mapping[str, Any]

_RACED: Settings = {"blend": 3}

LADDER_ROWS, LADDER_FOLDS, LEVEL = 6000, 3, 0.9
"""Rows and folds that explain a gap; level of the prediction interval."""

MOST_STEPS = RUNGS * LADDER_FOLDS
"""Trainings that explaining a gap takes at most."""


class Trainings(Protocol):
    """Runs trainings, perhaps from a cache, and counts them."""

    def predicted(self, settings: Settings, examples: Examples, fold: Fold) -> Array:
        """Learn from the fold's training rows, predict its test rows."""
        ...

    def each(self, work: Callable[[int], A], count: int) -> Iterator[A]:
        """Do the work for 0..count-1, results in order."""
        ...


class Chosen(Protocol):
    """What a race chose and learnt."""

    @property
    def ran(self) -> Sequence[Mapping[str, Any]]:
        """How the race ended, for the reader."""
        ...

    def chosen(self) -> list[dict[str, Any]]:
        """Its members, so that they can be learnt again unraced."""
        ...

    def parts(self) -> dict[str, bytes]:
        """The model's files."""
        ...


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found out about a learner."""

    model: Chosen  # learnt from all rows
    honest: Scorecard
    random: Scorecard
    split: Split
    judged: Judged
    beside: Judged
    coverage: float  # of the 90 % prediction interval, nan for classes and alarms
    steps: tuple[tuple[str, float], ...] = field(default=())  # of the ladder


def judge(examples: Examples, trainings: Trainings, learn: Callable[[], Chosen], *, seed: int, folds: int) -> Judgement:
    """Judge the robust learner: raced anew inside each honest fold, and as it was chosen on all rows beside it.

    Args:
        learn: races on all rows, at the same time as the folds do; of what it chose only the flattering figures know.
    """
    split = honest(examples, seed=seed, folds=folds)
    made, judged = _raced(examples, split, trainings, learn)
    chosen = again(made)
    card = judged_by_others(examples, judged, split, recipe="robust", seed=seed)
    flat = random(examples, seed=seed, folds=folds)
    (beside,) = _crossed(examples, [flat], trainings, chosen)
    units = clusters(examples, split.kind)
    other = scorecard(examples, beside, units, recipe="robust", split=SplitKind.RANDOM, seed=seed)
    steps, rises = _climbed(examples, split.kind, trainings, chosen, seed) if _flatters(card, other) else ([], {})
    found = explained(card, other, rises) if rises else None
    told = unlabelled_alarms(examples, judged) + torn(examples, card, other)
    card = replace(card, findings=((found,) if found else ()) + told + leaking(examples, seed=seed))
    own = Clusters(units.codes[judged.index], units.word)
    return Judgement(made, card, other, split, judged, beside, _held(examples, judged, own), tuple(steps))


def judged_by_others(examples: Examples, judged: Judged, split: Split, *, recipe: str, seed: int) -> Scorecard:
    """The scorecard of any predictions for rows of a split, weak slices named."""
    units = clusters(examples, split.kind)
    own = Clusters(units.codes[judged.index], units.word)
    slices = weak(examples.take(judged.index), judged.prediction, own, seed=seed)
    return scorecard(examples, judged, units, recipe=recipe, split=split.kind, seed=seed, slices=slices)


def again(model: Chosen) -> Settings:
    """Settings that learn the members of a blend again, unraced."""
    return {**_RACED, "members": plain(model.chosen())}


def _raced(
    examples: Examples, split: Split, trainings: Trainings, learn: Callable[[], Chosen]
) -> tuple[Chosen, Judged]:
    """What is learnt from all rows, and each fold's rows predicted by what a race on its training rows chose."""

    def work(i: int) -> Chosen | Array:
        return trainings.predicted(_RACED, examples, split.folds[i - 1]) if i else learn()

    model, *made = trainings.each(work, 1 + len(split.folds))
    tests = (fold.test for fold in split.folds)
    return cast(Chosen, model), gathered(list(zip(tests, cast(list[Array], made), strict=True)))


def _crossed(examples: Examples, splits: Sequence[Split], trainings: Trainings, settings: Settings) -> list[Judged]:
    """For each split, each fold's rows predicted by what was learnt from its training rows."""
    folds = [fold for split in splits for fold in split.folds]
    done = trainings.each(lambda i: trainings.predicted(settings, examples, folds[i]), len(folds))
    return [gathered([(fold.test, next(done)) for fold in split.folds]) for split in splits]


def _flatters(card: Scorecard, other: Scorecard) -> bool:
    """Whether the random split's score is better than the honest one's doubt allows."""
    if card.metric.better == "lower":
        return other.score.value < card.score.low
    return other.score.value > card.score.high


def _climbed(
    examples: Examples, kind: SplitKind, trainings: Trainings, chosen: Settings, seed: int
) -> tuple[list[tuple[str, float]], dict[str, Estimate]]:
    """On a sample, over rows that every rung judges: the score on each rung, and how much worse each step makes it."""
    if examples.normal is not None:
        return [], {}
    part = sample(examples, LADDER_ROWS, seed)
    rungs = ladder(part, kind, seed=seed, folds=LADDER_FOLDS)
    seen = beside_their_past(part)
    judged = _crossed(seen, [rung.split for rung in rungs], trainings, chosen)
    common = reduce(np.intersect1d, (j.index for j in judged))
    found = [j.prediction[np.searchsorted(j.index, common)] for j in judged]
    name, truth = deployment(examples.task).name, part.target[common]
    units = Clusters(clusters(part, kind).codes[common], "")
    rises = {
        rung.cause: resampled(partial(dearer, truth, before, after), units, unit="1", seed=seed, n=len(common))
        for rung, (before, after) in zip(rungs[1:], pairwise(found), strict=True)
    }
    return [(rung.cause, score(name, truth, p)) for rung, p in zip(rungs, found, strict=True)], rises


def _held(examples: Examples, judged: Judged, units: Clusters) -> float:
    if examples.task not in (Task.REGRESSION, Task.REMAINING_LIFE):
        return float("nan")
    return coverage(examples.target[judged.index], judged.prediction, judged.fold, units, level=LEVEL)
