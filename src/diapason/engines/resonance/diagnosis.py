"""What is wrong with the rows that are learnt from: cross-fitted inside them, in turns."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.resonance.answers import Answers, learned_doubt
from diapason.engines.resonance.constants import Constant
from diapason.engines.resonance.copies import copies, odd_ones
from diapason.engines.resonance.episodes import episodes
from diapason.engines.resonance.exchange import Exchange
from diapason.engines.resonance.gross import Gross
from diapason.engines.resonance.labels import doubted, label_noise, posterior
from diapason.engines.resonance.lines import Line
from diapason.engines.resonance.lives import false_lives
from diapason.engines.resonance.matrix import matrix
from diapason.engines.resonance.normality import strangers
from diapason.engines.resonance.populations import Population, examine, wrongness
from diapason.engines.resonance.residuals import Residuals, fewest
from diapason.engines.resonance.smooth import deal, local_scale
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.findings import Finding, Where
from diapason.vocabulary.tasks import Task

__all__ = ["TURNS", "Diagnosis", "Fit", "Predict", "abnormal", "diagnose", "said", "signs"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

Predict = Callable[[Examples], Array]
Fit = Callable[[Examples, bool, int], Predict]
"""Learn from examples, robustly or as usual, with a seed; gives what predicts."""

_KEPT = 10_000
_HARDLY = 0.05
"""A class that a row is believed to be of by less than this is not learnt from it."""
_THINNED = 12_000
"""Rows that one fit of the diagnosis learns from; more are drawn at random."""
TURNS = {Task.REMAINING_LIFE: 4, Task.REGRESSION: 2, Task.CLASSIFICATION: 3, Task.MONITORING: 1}
"""How often rows are judged anew by what was learnt without those flagged before."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Evidence for treatments: nothing in it has seen a row outside of `examples`."""

    examples: Examples
    out_of_fold: Array
    doubt: Array
    findings: tuple[Finding, ...]


def diagnose(examples: Examples, fit: Fit, *, seed: int, parts: int = 4, answers: Answers | None = None) -> Diagnosis:
    """Find wrong targets, labels, failure times or normal rows by cross-fitting in turns.

    In each turn every row is predicted by models that have not learnt from it, nor from rows flagged in the turn
    before; the first turn learns robustly. Doubt above one half means: more likely wrong than right.

    Args:
        examples: the rows learnt from; whatever they are later judged on must not be among them.
        fit: the flagging family; it should not be the family of the judge.
        parts: of the inner cross-fit.
        answers: what people said of rows; the doubt of all rows learns from those among these rows, and the rows
            come back corrected.
    """
    if answers is None:
        return _diagnosed(examples, fit, seed, parts)
    stretched = examples.rows[answers.between(examples).known]
    return _settled(_diagnosed(answers.bridged(examples), fit, seed, parts), answers, stretched)


def signs(examples: Examples, expected: Array) -> Array:
    """How unusual each row is beside its expectation, by measures that need no threshold; shape (n, d)."""
    if examples.task is Task.CLASSIFICATION:
        own = expected[np.arange(len(examples)), examples.target.astype(np.int64)]
        return np.column_stack([own, expected.max(axis=1) - own])
    away = np.abs(np.nan_to_num(examples.target - expected))
    return np.asarray(np.log1p(away / (1.4826 * float(np.median(away)) or 1.0)))[:, None]


def _settled(made: Diagnosis, answers: Answers, stretched: Index) -> Diagnosis:
    """Doubt as the answers teach it, of rows as the answers have corrected them; an answered row is not doubted.

    Args:
        stretched: `_row` of rows in stretches that are off as a whole; they teach nothing of lone rows.
    """
    at, which = answers.place(made.examples)
    doubt = made.doubt
    if made.examples.task in (Task.CLASSIFICATION, Task.REGRESSION):
        unusual = signs(made.examples, made.out_of_fold)
        lone = ~np.isin(made.examples.rows[at], stretched)
        told = answers.wrong[which][lone], answers.inclusion[which][lone]
        doubt = learned_doubt(unusual, doubt, at[lone], *told)
    doubt = doubt.copy()
    doubt[at] = 0.0
    rows = answers.corrected(made.examples)
    place = np.flatnonzero(np.isin(made.examples.rows, rows.rows))
    return Diagnosis(rows, made.out_of_fold[place], doubt[place], made.findings)


def _diagnosed(examples: Examples, fit: Fit, seed: int, parts: int) -> Diagnosis:
    if examples.task is Task.MONITORING:
        doubt, found = abnormal(examples, seed)
        return Diagnosis(examples, np.full(len(examples), np.nan), doubt, found)
    X = matrix(examples)
    seen = replace(examples, features=pl.DataFrame({f"x{i}": X[:, i] for i in range(X.shape[1])}))
    if examples.task is Task.CLASSIFICATION:
        return _labels(examples, seen, fit, seed, parts)
    if examples.task is Task.REMAINING_LIFE and _many(examples):
        return _lives(examples, seen, fit, seed, parts)
    return _targets(examples, seen, X, fit, seed, parts)


def abnormal(examples: Examples, seed: int) -> tuple[Array, tuple[Finding, ...]]:
    """Doubt of rows held to be normal that are not like the rest, lone ones and whole stretches; shape (n,)."""
    normal = np.asarray(examples.normal if examples.normal is not None else examples.target == 0)
    lone, long = strangers(examples, normal, seed=seed), episodes(examples, normal)
    doubt = np.maximum(lone, long)
    wrong = doubt > 0.5
    if not wrong.any():
        return doubt, ()
    facts: dict[str, float | str] = {"in_stretches": int((long > 0.5).sum())}
    return doubt, (_found("normal_contaminated", examples, wrong, int(wrong.sum()), 0.8, facts),)


def said(examples: Examples, populations: Sequence[Population], doubt: Array, z: Array) -> tuple[Finding, ...]:
    """Populations of wrong targets as findings; without one, the tail if it is heavy."""
    n, wrong = len(examples), doubt > 0.5
    found: list[Finding] = []
    for p in populations:
        if isinstance(p, Line):
            facts: dict[str, float | str] = {"factor": p.factor, "offset": p.offset, "name": p.name, "far": p.far}
            facts |= {"share_estimated": p.share, "gathering": p.gathering}
            found.append(_found("target_unit", examples, wrong, p.count, 0.95, facts))
        elif isinstance(p, Exchange):
            facts = {"share_estimated": p.share, "level": p.level, "likelier": p.likelier, "gathering": p.gathering}
            found.append(_found("target_exchanged", examples, wrong, round(p.share * n), 0.9, facts))
        elif isinstance(p, Constant):
            same = wrong & (examples.target == p.value)
            found.append(_found("target_constant", examples, same, p.count, 0.95, {"value": p.value}))
        elif isinstance(p, Gross):
            found.append(_found("target_gross", examples, wrong, p.count, 0.85, {"reach": p.level}))
    far = np.abs(z) > 6
    if not populations and far.sum() >= fewest(n) / 2:
        found.append(_found("target_tail", examples, far, int(far.sum()), 0.5, {"reach": 6.0}, harm="know"))
    return tuple(found)


def _targets(examples: Examples, seen: Examples, X: Array, fit: Fit, seed: int, parts: int) -> Diagnosis:
    same = copies(examples)
    keep, robust = same.first, True
    for turn in range(TURNS[Task.REGRESSION]):
        part = deal(len(seen), parts, seed + turn, same.inputs)
        expected = _crossed(seen, fit, keep, part, robust=robust, seed=seed)
        scale = local_scale(X, seen.target - expected, part, seed=seed)
        r = Residuals(seen.target, expected, scale, X, seed)
        populations = examine(r)
        doubt, _ = wrongness(r, populations)
        doubt = np.where(odd_ones(same, r.z), 1.0, doubt)
        keep, robust = (doubt < 0.5, False) if populations else (np.abs(r.z) < 6, True)
        keep = keep & same.first
    found = said(examples, populations, doubt, r.z)
    if same.torn.any():
        facts = {"inputs": len(np.unique(same.inputs[same.torn])), "odd": int((doubt[same.torn] > 0.5).sum())}
        found += (_found("copies_torn", examples, same.torn, int(same.torn.sum()), 0.9, facts),)
    return Diagnosis(examples, expected, doubt, found)


def _lives(examples: Examples, seen: Examples, fit: Fit, seed: int, parts: int) -> Diagnosis:
    asset = np.asarray(examples.asset)
    keep = usual = np.ones(len(examples), bool)
    for turn in range(TURNS[Task.REMAINING_LIFE]):
        part = deal(len(seen), parts, seed + turn, asset)
        expected = _crossed(seen, fit, keep, part, robust=True, seed=seed)
        lives = false_lives(seen.target, expected, asset, usual)
        keep, usual = ~np.isin(asset, lives.untaught), ~np.isin(asset, lives.apart)
    doubt = np.isin(asset, lives.wrong).astype(np.float64)
    found = []
    if len(lives.wrong):
        named = ", ".join(examples.assets[c] if examples.assets else str(c) for c in lives.wrong[:12])
        facts: dict[str, float | str] = {"assets": len(lives.wrong), "of_assets": len(lives.assets), "named": named}
        found.append(_found("false_life", examples, doubt > 0.5, int(doubt.sum()), 0.95, facts))
    return Diagnosis(examples, expected, doubt, tuple(found))


def _labels(examples: Examples, seen: Examples, fit: Fit, seed: int, parts: int) -> Diagnosis:
    """Three turns: all labels as given; without those disputed; each row as the classes that it may be of."""
    given = examples.target.astype(np.int64)
    keep = np.ones(len(examples), bool)
    for turn in range(2):
        part = _dealt_by_class(given, parts, seed + turn)
        probabilities = _crossed(seen, fit, keep, part, robust=True, seed=seed)
        keep = doubted(probabilities, given) <= 0.5
    believed = posterior(probabilities, given, label_noise(probabilities, given).given_if_true)
    probabilities = _crossed_softly(seen, fit, believed, _dealt_by_class(given, parts, seed + 2), seed)
    noise = label_noise(probabilities, given)
    doubt = 1 - posterior(probabilities, given, noise.given_if_true)[np.arange(len(given)), given]
    wrong, found = doubt > 0.5, []
    if wrong.sum() >= fewest(len(given)) / 2:
        facts: dict[str, float | str] = {"rate": noise.rate, "rate_low": noise.low}
        harm = "act" if noise.low > 0.05 else "look" if noise.low > 0.01 else "know"
        found.append(_found("label_doubted", examples, wrong, int(wrong.sum()), 0.6, facts, harm=harm))
    return Diagnosis(examples, probabilities, doubt, tuple(found))


def _crossed_softly(seen: Examples, fit: Fit, believed: Array, part: Index, seed: int) -> Array:
    """Each row predicted by a model that learnt from the others, a row entering once per class that it may be of."""
    out = np.empty(believed.shape)
    draw = np.random.default_rng(seed)
    source, code = np.nonzero(believed > _HARDLY)
    for k in np.unique(part):
        some = np.flatnonzero(part[source] != k)
        if len(some) > _THINNED:
            some = np.sort(draw.choice(some, _THINNED, replace=False))
        rows = seen.take(source[some])
        weight = believed[source[some], code[some]]
        soft = replace(rows, target=code[some].astype(np.float64), weight=weight, rows=np.arange(len(some)))
        test = np.flatnonzero(part == k)
        out[test] = fit(soft, True, seed)(seen.take(test))
    return out


def _crossed(seen: Examples, fit: Fit, keep: Mask, part: Index, *, robust: bool, seed: int) -> Array:
    """Each row predicted by a model that learnt from kept rows of the other parts."""
    shape = (len(seen), len(seen.classes)) if seen.task is Task.CLASSIFICATION else (len(seen),)
    out = np.empty(shape)
    draw = np.random.default_rng(seed)
    for k in np.unique(part):
        rows = np.flatnonzero((part != k) & keep)
        if len(rows) > _THINNED:
            rows = np.sort(draw.choice(rows, _THINNED, replace=False))
        test = np.flatnonzero(part == k)
        out[test] = fit(seen.take(rows), robust, seed)(seen.take(test))
    return out


def _dealt_by_class(given: Index, parts: int, seed: int) -> Index:
    draw = np.random.default_rng(seed)
    part = np.empty(len(given), np.int64)
    for c in np.unique(given):
        rows = draw.permutation(np.flatnonzero(given == c))
        part[rows] = (np.arange(len(rows)) + draw.integers(parts)) % parts
    return part


def _many(examples: Examples) -> bool:
    return examples.asset is not None and len(np.unique(examples.asset)) >= 8


def _found(
    kind: str, examples: Examples, rows: Mask, count: int, sure: float, facts: dict[str, Any], *, harm: str = "act"
) -> Finding:
    kept = tuple(int(r) for r in examples.rows[rows][:_KEPT])
    where = Where((examples.target_name,), kept, count, len(examples))
    return Finding(kind, where, sure, harm, facts)
