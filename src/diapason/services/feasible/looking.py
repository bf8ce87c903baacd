"""The thinking of `feasible`, without a workspace: curve, floor, parts of the residuals, hard slices, cleaning."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diapason.engines.feasibility.curve import Curve, cross_fitted, measure, trainings
from diapason.engines.feasibility.floor import Floor, class_floor, number_floor
from diapason.engines.feasibility.forms import Future, foresee
from diapason.engines.feasibility.promise import FARTHEST, Scale
from diapason.engines.feasibility.residue import Known, between, column, drifting
from diapason.engines.feasibility.slices import hard_parts, thinned, worth
from diapason.engines.learning.clusters import Clusters, clusters
from diapason.engines.learning.encoding import learn_encoding
from diapason.engines.learning.ladder import apart
from diapason.engines.learning.splits import honest
from diapason.engines.resonance.judge import appoint
from diapason.ports import find
from diapason.services.feasible.learner import Quick, loss, quick, scale_of
from diapason.vocabulary.estimates import Estimate
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.splits import Fold, Split, SplitKind
from diapason.vocabulary.tasks import Task

__all__ = ["Cleaned", "Looked", "Told", "Worth", "look", "material", "planned"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Told = Callable[[int, int], None]
"""Told how many trainings are done, and how many there will be."""

FOLDS, PARTS, WRONG = 5, 3, 0.5
"""Folds; hard parts that are thinned; doubt from which a row counts as wrong."""


@dataclass(frozen=True, slots=True)
class Worth:
    """A part of the rows and what more rows of it would give."""

    rule: str
    rows: int
    gain: Estimate


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Rows judged wrong, and the metric without them."""

    wrong: int
    of: int
    score: Estimate


@dataclass(frozen=True, slots=True)
class Looked:
    """Everything that was measured."""

    curve: Curve
    future: Future
    scale: Scale
    split: Split
    units: Clusters
    judged: Array  # cross-fitted predictions of the quick learner
    now: Estimate  # its metric
    floor: Floor
    residue: tuple[Known, ...]
    worth: tuple[Worth, ...]
    cleaned: Cleaned | None
    trainings: int


def material(examples: Examples, *, seed: int) -> tuple[Split, Clusters]:
    """The split and the independent units of a curve: in time order, blocks of time with a gap, all learning from
    equally many rows.
    """
    split = honest(examples, seed=seed, folds=FOLDS)
    if split.kind is SplitKind.TIME_ORDERED:
        split = apart(examples, seed=seed, folds=FOLDS)
    return split, clusters(examples, split.kind)


def planned(split: Split, units: Clusters) -> int:
    """Trainings at most: curve, halves, another family, hard parts, cleaning."""
    return trainings(split.folds, units.codes) + len(split.folds) * (2 + 1 + PARTS + 1)


@dataclass(slots=True)
class _Counted:
    """The learner, its trainings counted and told."""

    learner: Quick
    told: Told
    planned: int
    done: int = 0

    def predicted(self, train: Index, test: Index, seed: int) -> Array:
        made = self.learner.predicted(train, test, seed)
        self.done += 1
        self.told(self.done, self.planned)
        return made


def look(
    examples: Examples,
    unused: Mapping[str, Array],
    *,
    rows: int,
    more: int,
    seed: int,
    told: Told = lambda _d, _p: None,
) -> Looked:
    """Measure what is there to be reached.

    Args:
        examples: rows, perhaps a sample of the table.
        unused: columns that no model sees, as numbers or codes, in the order of the examples.
        rows: of the whole table; gains are told from there.
        more: rows that would be added to a hard part.
    """
    split, units = material(examples, seed=seed)
    counted = _Counted(quick(examples), told, planned(split, units))
    classes = examples.task is Task.CLASSIFICATION
    strata = examples.target.astype(np.int64) if classes else None
    curve, judged = measure(split.folds, units.codes, strata, counted.predicted, counted.learner.loss, seed=seed)
    future, scale = foresee(curve, seed=seed), scale_of(examples)
    residual = _residual(examples, judged)
    return Looked(
        curve,
        future,
        scale,
        split,
        units,
        judged,
        score(examples, judged, units, scale, seed=seed),
        _floor(examples, split, units, counted, judged, future, rows, seed),
        _residue(examples, units, residual, unused, seed),
        _worth(examples, split, units, counted, judged, curve, future, more, seed),
        _cleaned(examples, split, units, counted, scale, seed),
        counted.done,
    )


def score(examples: Examples, judged: Array, units: Clusters, scale: Scale, *, seed: int) -> Estimate:
    """The metric of a prediction with its 90 % interval over units."""
    known = np.isfinite(judged if judged.ndim == 1 else judged[:, 0])
    codes = np.unique(units.codes[known], return_inverse=True)[1]
    count = int(codes.max()) + 1
    weight = known.astype(np.float64)
    value = loss(examples, judged, weight)
    drawn = []
    for c in np.random.default_rng([53, seed]).multinomial(count, np.full(count, 1 / count), size=200):
        weight[known] = c[codes]
        drawn.append(loss(examples, judged, weight))
    made = scale.told(np.array([v for v in drawn if np.isfinite(v)] or [value]))
    low, high = (float(q) for q in np.quantile(made, (0.05, 0.95)))
    middle = float(scale.told(np.array(value)))
    return Estimate(
        middle, min(low, middle), max(high, middle), int(known.sum()), scale.unit, level=0.9, clusters=count
    )


def _residual(examples: Examples, judged: Array) -> Array:
    """Shape (n,) for numbers, (n, k) for classes: what was, less what was expected."""
    if examples.task is not Task.CLASSIFICATION:
        return np.asarray(examples.target - judged)
    return np.asarray(np.eye(judged.shape[1])[examples.target.astype(np.int64)] - judged)


def _floor(  # roomy: what a floor stands on, one argument each
    examples: Examples,
    split: Split,
    units: Clusters,
    counted: _Counted,
    judged: Array,
    future: Future,
    rows: int,
    seed: int,
) -> Floor:
    space = learn_encoding(examples.features).dense(examples.features, clip=5.0)
    other = _linear(examples, split.folds, seed)
    if examples.task is Task.CLASSIFICATION:
        labels = examples.target.astype(np.int64)
        known = np.isfinite(judged[:, 0])
        wrong = [(p.argmax(1) != labels).astype(np.float64)[known] for p in (judged, other)]
        spaces = [space[known], judged[known], other[known]]
        return class_floor(labels[known], len(examples.classes), spaces, wrong, units.codes[known])
    first, second = np.full(len(examples), np.nan), np.full(len(examples), np.nan)
    for k, fold in enumerate(split.folds):
        for out, train in zip((first, second), _halves(fold, units, seed + k), strict=True):
            out[fold.test] = examples.target[fold.test] - counted.predicted(train, fold.test, seed)
    residuals = [_residual(examples, judged), _residual(examples, other)]
    endless = future.loss(rows * FARTHEST)
    unit = scale_of(examples).unit
    return number_floor(
        examples.target, space, residuals, (first, second), endless=endless, units=units.codes, unit=unit
    )


def _halves(fold: Fold, units: Clusters, seed: int) -> tuple[Index, Index]:
    """Two parts of a fold's rows to learn from that share no unit."""
    own, code = np.unique(units.codes[fold.train], return_inverse=True)
    side = np.random.default_rng([59, seed]).permutation(len(own))[code] % 2 == 0
    return fold.train[side], fold.train[~side]


def _linear(examples: Examples, folds: tuple[Fold, ...], seed: int) -> Array:
    """Cross-fitted predictions of a second family."""
    recipe = find("recipes", "linear")
    learner = Quick(recipe, recipe.settings(examples.task)[0], examples)
    return cross_fitted(folds, np.ones(len(examples), bool), learner.predicted, seed=seed)


def _residue(
    examples: Examples, units: Clusters, residual: Array, unused: Mapping[str, Array], seed: int
) -> tuple[Known, ...]:
    """Parts of the residuals that are shown, the largest first."""
    known = np.flatnonzero(np.isfinite(residual if residual.ndim == 1 else residual[:, 0]))
    r, codes = residual[known], units.codes[known]
    found: list[Known | None] = []
    for group, word in ((examples.asset, "asset"), (examples.batch, "batch")):
        found.append(None if group is None else between(r, group[known], word, word, seed=seed))
    place = examples.rows if examples.time is None else np.nan_to_num(examples.time)
    order = np.argsort(np.argsort(place[known], kind="stable"), kind="stable")
    group = examples.asset if examples.asset is not None else examples.batch
    blocks = codes if len(np.unique(codes)) < len(codes) else order * 40 // len(order)
    found.append(
        drifting(
            r,
            order,
            None if group is None else group[known],
            blocks,
            name="time" if examples.time is not None else "order",
        )
    )
    found += [column(r, v[known], codes, name=name, tests=len(unused)) for name, v in unused.items()]
    return tuple(sorted((f for f in found if f is not None), key=lambda f: -f.share.value))


def _worth(  # roomy: what a part is weighed by, one argument each
    examples: Examples,
    split: Split,
    units: Clusters,
    counted: _Counted,
    judged: Array,
    curve: Curve,
    future: Future,
    more: int,
    seed: int,
) -> tuple[Worth, ...]:
    """Hard parts with what `more` rows of each would give, the best first."""
    residual = np.square(_residual(examples, judged))
    each = residual if residual.ndim == 1 else (judged.argmax(1) != examples.target).astype(np.float64)
    each = np.where(np.isfinite(judged if judged.ndim == 1 else judged[:, 0]), each, np.nan)
    made = []
    for i, part in enumerate(hard_parts(examples.features, each, PARTS)):
        thin = np.full(judged.shape, np.nan)
        for k, fold in enumerate(split.folds):
            thin[fold.test] = counted.predicted(thinned(fold.train, part.mask, seed=seed + 17 * i + k), fold.test, seed)
        said = worth(
            part,
            judged,
            thin,
            loss=counted.learner.loss,
            units=units.codes,
            curve=curve,
            future=future,
            scale=scale_of(examples),
            more=float(more),
            seed=seed,
        )
        made.append(Worth(part.rule, int(part.mask.sum()), said))
    return tuple(sorted(made, key=lambda w: -w.gain.value))


def _cleaned(
    examples: Examples, split: Split, units: Clusters, counted: _Counted, scale: Scale, seed: int
) -> Cleaned | None:
    """The metric when the rows that are judged wrong are neither learnt from nor judged on; None where none are shown.

    The judge is that of the trials, of another family than the learner.
    """
    judge = appoint(examples, split.folds, 1, seed=seed)
    wrong = (judge.doubt if examples.task is Task.CLASSIFICATION else 1 - judge.weight) > WRONG
    if not (judge.findings and wrong.any()):
        return None
    made = cross_fitted(split.folds, ~wrong, counted.predicted, seed=seed)
    made[wrong] = np.nan
    return Cleaned(int(wrong.sum()), len(wrong), score(examples, made, units, scale, seed=seed))
