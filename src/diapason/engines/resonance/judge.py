"""The judge: one set of rows and weights, fixed before any arm is trained, by a family that no arm is of."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from diapason.engines.resonance.answers import Answers, learned_doubt
from diapason.engines.resonance.batches import harmful
from diapason.engines.resonance.converted import back, converted
from diapason.engines.resonance.copies import copies, odd_ones
from diapason.engines.resonance.diagnosis import abnormal, said, signs
from diapason.engines.resonance.gains import Gain, believed_gain, counted_gain, errors_gain, mean_gain
from diapason.engines.resonance.labels import (
    LabelNoise,
    belief,
    depends_on_row,
    doubted,
    label_noise,
    posterior,
    shared,
    unmixed,
)
from diapason.engines.resonance.lives import false_lives
from diapason.engines.resonance.matrix import matrix
from diapason.engines.resonance.populations import Population, examine, wrongness
from diapason.engines.resonance.residuals import Residuals
from diapason.engines.resonance.smooth import cross_fit, cross_probabilities, deal, local_scale
from diapason.engines.resonance.stages import CONFIRM, SCREEN, clusters, stages
from diapason.engines.resonance.stretches import Carried
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.findings import Finding, Where
from diapason.vocabulary.splits import Fold
from diapason.vocabulary.tasks import Task

__all__ = ["BY_ROW", "CONFIRM", "CORRECTED", "SCREEN", "Judge", "appoint"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]

CORRECTED, BY_ROW = "judge_corrects_labels", "label_noise_by_row"
"""Kinds of findings that say how labels are judged: corrected by the noise matrix, or as given, since the noise depends
on the row and no matrix tells it.
"""
_PARTS = 5
_TAUGHT = 2
_NEGLIGIBLE = 0.02
"""Wrong rows among answers from which on they teach the judge; learnt doubt below which a row counts fully."""
_SURE = 0.85
"""Mean of the largest belief in a class, from which on the family's belief judges."""
_SHOWN, _SHOWN_IN_CLASS = 0.05, 0.1
"""Lower limits of the rate of wrong labels, of all rows or of one class, from which on they are held to be shown."""
_TURNS = 2
_LIFE_TURNS = 5
_BOUGHT = 5.0
"""Hits that must be won for each false alarm more, both as shares of their rows."""
_LEFT = 0.4
"""Share of the judged weight that must be left where shifted stretches are not judged."""
_METRIC = {
    Task.REGRESSION: "rmse",
    Task.REMAINING_LIFE: "rmse",
    Task.CLASSIFICATION: "macro_f1",
    Task.MONITORING: "f1",
}


@dataclass(frozen=True, slots=True)
class Judge:
    """Compares arms on rows that none of them has learnt from."""

    task: Task
    metric: str
    truth: Array  # as given, dirty as it is
    weight: Array  # probability that the row is what it says; all 1 unless errors were shown
    doubt: Array  # how surely each row is wrong, by this family; for the audit, not for judging
    expected: Array  # by the judge's own family
    cluster: Index
    stage: Index  # SCREEN, CONFIRM, or -1 = never judged
    fold: Index
    classes: int
    noise: LabelNoise | None
    belief: Array | None  # (n, k), how much each row counts in each class, where noise of labels was shown
    unmixed: bool  # whether that is what the noise matrix gives back, and not a probability
    findings: tuple[Finding, ...]
    seed: int

    @property
    def trimmed(self) -> bool:
        """Whether some rows count less because errors were shown."""
        return bool((self.weight < 0.999).any())

    def score(self, arm: Array, stage: int) -> float:
        """The deployment metric of one arm, corrected as the judge corrects it."""
        rows = self._rows(stage, arm)
        if self.belief is not None:
            made = arm[rows].astype(np.int64)
            held = [np.bincount(made, weights=b, minlength=self.classes) for b in self.belief[rows].T]
            return self._measure(np.concatenate(held))
        if self._counted():
            return self._measure(np.bincount(self._cells(arm, rows), minlength=self.classes**2).astype(np.float64))
        weight = self.weight[rows]
        return float(np.sqrt(weight @ np.square(arm[rows] - self.truth[rows]) / weight.sum()))

    def gain(self, over: Array | Sequence[Array], arm: Array, stage: int) -> Gain:
        """Gain of an arm over another one, or over the mean of several draws."""
        if not isinstance(over, np.ndarray):
            return mean_gain([self.gain(one, arm, stage) for one in over])
        return self._gained(over, arm, self._rows(stage, over, arm))

    def agrees(self, over: Array, arm: Array, stage: int) -> bool:
        """Whether an arm is also no worse by the labels as given, where the judge's own belief measures the gain.

        The mean over classes of the share that is recognised keeps its order under noise that depends on the class
        (Menon et al., ICML 2015, for two classes), so a gain that only the belief sees is no gain. One standard error
        is allowed.
        """
        if self.belief is None:
            return True
        rows = self._rows(stage, over, arm)
        cells = self._cells(over, rows), self._cells(arm, rows)
        by_class = counted_gain(self._recognised, cells, self.classes**2, self.cluster[rows], self.fold[rows])
        return by_class.value >= -by_class.error

    def guard(self, over: Array, arm: Array, stage: int) -> Gain:
        """The worst gain among the slices that must not suffer: rare values, the rarest class, misses, false alarms.

        A monitor that is deaf raises no false alarms either, so these may rise where hits rise five times as much (in
        points of their own share); hits may never fall for them.
        """
        rows = self._rows(stage, over, arm)
        slices = [rows[keep] for keep in self._slices(rows)]
        gains = [self._hits(over, arm, s) if self._counted() else self._gained(over, arm, s) for s in slices if len(s)]
        if self.task is Task.MONITORING and len(gains) == 2 and gains[1].value >= -_BOUGHT * gains[0].value > 0:
            return gains[1]
        return min(gains, key=lambda g: g.value) if gains else self._gained(over, arm, rows)

    def _gained(self, over: Array, arm: Array, rows: Index) -> Gain:
        cluster, fold = self.cluster[rows], self.fold[rows]
        if self.belief is not None:
            made = over[rows].astype(np.int64), arm[rows].astype(np.int64)
            return believed_gain(self._measure, self.belief[rows], made, cluster, fold)
        if self._counted():
            cells = self._cells(over, rows), self._cells(arm, rows)
            return counted_gain(self._measure, cells, self.classes**2, cluster, fold)
        truth = self.truth[rows]
        loss, other = np.square(over[rows] - truth), np.square(arm[rows] - truth)
        return errors_gain(loss, other, self.weight[rows], cluster, fold)

    def _hits(self, over: Array, arm: Array, rows: Index) -> Gain:
        """Gain in accuracy on some rows."""
        cells = self._cells(over, rows), self._cells(arm, rows)

        def accuracy(counts: Array) -> float:
            return float(np.trace(counts.reshape(self.classes, -1)) / max(counts.sum(), 1e-12))

        return counted_gain(accuracy, cells, self.classes**2, self.cluster[rows], np.zeros(len(rows), np.int64))

    def _slices(self, rows: Index) -> list[NDArray[np.bool_]]:
        truth = self.truth[rows]
        if self.task is Task.CLASSIFICATION:
            return [truth == np.argmin(np.bincount(truth.astype(np.int64), minlength=self.classes))]
        if self.task is Task.MONITORING:
            return [truth == 0, truth == 1]
        low, high = np.quantile(self.expected[rows], (0.1, 0.9))
        return [self.expected[rows] <= low, self.expected[rows] >= high]

    def _rows(self, stage: int, *arms: Array) -> Index:
        keep = (self.stage == stage) & np.isfinite(self.truth) & (self.weight > 0)
        for arm in arms:
            keep &= np.isfinite(arm)
        return np.flatnonzero(keep)

    def _counted(self) -> bool:
        return self.task in (Task.CLASSIFICATION, Task.MONITORING)

    def _cells(self, arm: Array, rows: Index) -> Index:
        return np.asarray(self.truth[rows] * self.classes + arm[rows], dtype=np.int64)

    def _recognised(self, counts: Array) -> float:
        """Share of each class that is recognised, mean over the classes that are there."""
        table = counts.reshape(self.classes, self.classes)
        there = table.sum(axis=1) > 0
        return float(np.mean(np.diag(table)[there] / table.sum(axis=1)[there]))

    def _measure(self, counts: Array) -> float:
        table = counts.reshape(self.classes, self.classes)
        if self.task is Task.MONITORING:
            return float(2 * table[1, 1] / max(table[1].sum() + table[:, 1].sum(), 1e-12))
        return float(np.mean(2 * np.diag(table) / np.maximum(table.sum(0) + table.sum(1), 1e-12)))


def appoint(
    examples: Examples, folds: Sequence[Fold], screened: int, *, seed: int, answers: Answers | None = None
) -> Judge:
    """Fix what arms are judged by, before any of them is trained.

    Row weights come from the smooth family, cross-fitted over all rows with parts of its own: what a row is does not
    depend on which arm is tried. Rows count less only where a population of errors is shown; else every row counts
    fully and the loss is the deployment metric itself, which rewards no trimming.

    Args:
        folds: of the honest split.
        screened: how many of the folds are for screening; with a single fold a third of its clusters is.
        answers: what people said of rows: these are judged by what is right, and teach what the others are.
    """
    between = None if answers is None else answers.between(examples)
    examples = examples if between is None else replace(examples, target=examples.target + between.error)
    cluster = clusters(examples)
    stage, fold = stages(examples, folds, screened, cluster, seed)
    weight, expected = np.ones(len(examples)), np.full(len(examples), np.nan)
    found: tuple[Finding, ...] = ()
    noise, doubt, believed, unmixed_ = None, None, None, False
    if examples.task is Task.REGRESSION or (examples.task is Task.REMAINING_LIFE and len(np.unique(cluster)) < 8):
        weight, doubt, expected, found, untold = _targets(examples, seed)
        weight, stage = _unshifted(examples, weight, stage), np.where(untold, -1, stage)
    elif examples.task is Task.REMAINING_LIFE:
        weight, expected, found = _lives(examples, seed)
    elif examples.task is Task.CLASSIFICATION:
        noise, doubt, believed, found = _labels(examples, seed)
        unmixed_ = believed is not None and bool((believed < 0).any())
    else:
        doubt, found = abnormal(examples, seed)
    classes = 2 if examples.task is Task.MONITORING else len(examples.classes)
    metric = _METRIC[examples.task]
    made = Judge(
        examples.task,
        metric,
        examples.target,
        weight,
        1 - weight if doubt is None else doubt,
        expected,
        cluster,
        stage,
        fold,
        classes,
        noise,
        believed,
        unmixed_,
        found,
        seed,
    )
    return made if answers is None or between is None else _informed(made, examples, answers, between)


def _informed(judge: Judge, examples: Examples, answers: Answers, between: Carried) -> Judge:
    """The judge after people have looked at rows: right values stand in for wrong ones, doubt is as learnt."""
    at, which = answers.place(examples)
    wrong, right = answers.wrong[which], answers.right[which]
    truth, weight, doubt, belief_ = judge.truth.copy(), judge.weight.copy(), judge.doubt, judge.belief
    if judge.task is Task.REGRESSION and wrong.sum() >= _TAUGHT:
        lone = ~between.known[at]
        told = (at[lone], wrong[lone], answers.inclusion[which][lone])
        doubt = learned_doubt(signs(examples, judge.expected), np.maximum(doubt, 0.01), *told)
        weight = np.where(doubt > _NEGLIGIBLE, 1 - doubt, 1.0) * copies(examples).weight()
        weight = _unshifted(examples, weight, judge.stage)
    if judge.task is Task.REMAINING_LIFE and examples.asset is not None:
        weight[np.isin(examples.asset, examples.asset[at[wrong]])] = 0.0
        weight[np.isin(examples.asset, examples.asset[at[~wrong]])] = 1.0
    else:
        known = np.isfinite(right)
        truth[at[wrong & known]] = right[wrong & known]
        weight[between.unsure] = 0.0
        weight[at] = np.where(wrong & ~known, 0.0, 1.0)
    if belief_ is not None:
        if wrong.sum() >= _TAUGHT:
            given = judge.truth.astype(np.int64)
            doubt = learned_doubt(np.zeros((len(doubt), 0)), doubt, at, wrong, answers.inclusion[which])
            belief_ = belief_ if judge.unmixed else shared(belief_, given, doubt)
        belief_ = belief_.copy()
        belief_[at] = np.eye(judge.classes)[truth[at].astype(np.int64)]
    found = tuple(f for f in judge.findings if f.kind != BY_ROW)
    return replace(judge, truth=truth, weight=weight, doubt=doubt, belief=belief_, findings=found)


def _targets(examples: Examples, seed: int) -> tuple[Array, Array, Array, tuple[Finding, ...], NDArray[np.bool_]]:
    """Weights, doubt, expectations and findings; where errors are shown, once more by a fit without them.

    And the rows that may have an input in another unit: they never judge, whatever people say of their targets. No arm
    is to learn them.
    """
    unit = converted(examples, seed=seed)
    examples = examples if unit is None else back(examples, unit)
    X, same = matrix(examples), copies(examples)
    part = deal(len(examples), _PARTS, seed, same.inputs)
    keep: NDArray[np.bool_] = same.first
    populations: tuple[Population, ...] = ()
    for _ in range(2):
        expected = _without(X, examples.target, part, np.where(keep, part, -1), seed)
        scale = local_scale(X, examples.target - expected, part, seed=seed)
        r = Residuals(examples.target, expected, scale, X, seed)
        populations = examine(r) or populations
        wrong, _ = wrongness(r, populations)
        if not populations:
            break
        keep = same.first & (wrong < 0.5)
    doubt = np.where(odd_ones(same, r.z), 1.0, wrong)
    weight, found = (1 - wrong) * same.weight(), said(examples, populations, wrong, r.z)
    if unit is None:
        return weight, doubt, expected, found, np.zeros(len(examples), bool)
    untold = unit.rows | unit.unsure
    return np.where(untold, 0.0, weight), doubt, expected, (*found, unit.finding(examples)), untold


def _unshifted(examples: Examples, weight: Array, stage: Index) -> Array:
    """Weights without batches or rows in a row whose targets are shown to be shifted, as long as enough is left.

    Under a clock they stay, unless the shift came and passed with sharp edges: what does not pass is the process.
    """
    inside, clocked = np.zeros(len(examples), bool), examples.time is not None
    for stretch in harmful(examples):
        inside[stretch.positions] |= stretch.batch or stretch.passed or not clocked
    for s in (SCREEN, CONFIRM):
        judged = stage == s
        if weight[judged & ~inside].sum() < _LEFT * weight[judged].sum():
            return weight
    return np.where(inside, 0.0, weight)


def _lives(examples: Examples, seed: int) -> tuple[Array, Array, tuple[Finding, ...]]:
    asset = np.asarray(examples.asset)
    X, keep = matrix(examples), np.ones(len(examples), bool)
    usual = keep
    part = deal(len(examples), _PARTS, seed, asset)
    for turn in range(_LIFE_TURNS):
        trusted = np.where(keep, part, -1)
        expected = _without(X, examples.target, part, trusted, seed + turn)
        lives = false_lives(examples.target, expected, asset, usual)
        keep, usual = ~np.isin(asset, lives.untaught), ~np.isin(asset, lives.apart)
    wrong = np.isin(asset, lives.wrong)
    found: tuple[Finding, ...] = ()
    if wrong.any():
        facts: dict[str, float | str] = {"assets": len(lives.wrong), "of_assets": len(lives.assets)}
        facts["named"] = ", ".join(examples.assets[c] if examples.assets else str(c) for c in lives.wrong[:12])
        rows = tuple(int(x) for x in examples.rows[wrong][:10_000])
        where = Where((examples.target_name,), rows, int(wrong.sum()), len(wrong))
        found = (Finding("false_life", where, 0.95, "act", facts),)
    return (~wrong).astype(np.float64), expected, found


def _without(X: Array, y: Array, part: Index, trusted: Index, seed: int) -> Array:
    """Cross-fit that learns from trusted rows only (part -1 is never learnt from)."""
    out = np.empty(len(y))
    for k in np.unique(part):
        learn, test = np.flatnonzero((trusted >= 0) & (part != k)), np.flatnonzero(part == k)
        both = np.r_[learn, test]
        side = np.r_[np.zeros(len(learn), np.int64), np.ones(len(test), np.int64)]
        out[test] = cross_fit(X[both], y[both], side, seed=seed, only=1)[len(learn) :]
    return out


def _labels(examples: Examples, seed: int) -> tuple[LabelNoise, Array, Array | None, tuple[Finding, ...]]:
    """Noise, doubt and belief by this family: it learns the labels as given, then what each row is believed to be.

    No belief where no noise is shown, nor where it depends on the row: the labels judge as they are given then.
    """
    labels, k = examples.target.astype(np.int64), len(examples.classes)
    X, held = matrix(examples), np.eye(k)[labels]
    for turn in range(_TURNS):
        told = cross_probabilities(X, held, deal(len(labels), _PARTS, seed + turn), seed=seed + turn)
        noise = label_noise(told, labels)
        held = posterior(told, labels, noise.given_if_true)
    if noise.low < 0.01 and noise.worst < _SHOWN_IN_CLASS:
        return noise, doubted(told, labels), None, ()
    doubt = 1 - held[np.arange(len(labels)), labels]
    wrong, is_shown = doubt > 0.5, noise.low > _SHOWN or noise.worst > _SHOWN_IN_CLASS
    where = Where(
        (examples.target_name,), tuple(int(x) for x in examples.rows[wrong][:10_000]), int(wrong.sum()), len(wrong)
    )
    facts: dict[str, float | str] = {"rate": noise.rate, "rate_low": noise.low}
    found = Finding("label_doubted", where, 0.6, "act" if is_shown else "look", facts)
    if not is_shown:
        return noise, doubt, None, (found,)
    if depends_on_row(told, labels, noise):
        return noise, doubt, None, (found, replace(found, kind=BY_ROW, harm="look"))
    return noise, doubt, _counted_as(told, labels, noise), (found, replace(found, kind=CORRECTED, harm="know"))


def _counted_as(told: Array, labels: Index, noise: LabelNoise) -> Array:
    """What each row is believed to be, where the family is sure of most; else what the noise matrix gives back.

    A belief that is often wrong makes every difference small, the noise matrix makes every interval wide.
    """
    believed = belief(told, labels, noise)
    back = unmixed(told, labels, noise) if believed.max(axis=1).mean() < _SURE else None
    return believed if back is None else back
