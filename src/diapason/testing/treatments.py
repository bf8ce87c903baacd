"""What every treatment must do, as a public check: call it in the tests of your own. Ours pass the same one."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.roles.treatment import Cost, Evidence, Treatment
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.findings import Finding, Where
from diapason.vocabulary.tasks import Task
from diapason.vocabulary.trials import Candidate, Kind
from diapason.vocabulary.wire import plain

__all__ = ["ExampleEvidence", "check_treatment", "example_evidence"]

Array = NDArray[np.float64]
Damage = Literal[
    "nothing",
    "targets",
    "labels",
    "assets",
    "copies",
    "leak",
    "inputs",
    "batch",
    "change",
    "beside",
    "far",
    "drift",
    "gaps",
    "unit",
]

N = 400
"""Rows of an example."""


@dataclass(frozen=True, slots=True)
class ExampleEvidence:
    """Evidence as a diagnosis gives it, made up for a check."""

    examples: Examples
    out_of_fold: Array
    doubt: Array
    findings: tuple[Finding, ...] = ()


def example_evidence(damage: Damage = "nothing", *, seed: int = 0) -> ExampleEvidence:
    """Rows with one defect whose truth is known, and what a diagnosis would say of them.

    Args:
        damage: "targets" every ninth in another unit; "labels" every seventh of the other class; "assets" every fourth
            asset useless; "copies" 40 rows twice; "leak" a column written after the target; "inputs" spikes and a
            stretch held; "batch" 40 targets in a row shifted; "change" another relation since row 280; "beside"
            40 targets in a row moved by three rows; "far" 15 inputs far out; "drift" a sensor that slides away from
            its twin; "gaps" a quarter of a column missing that has a twin; "unit" every sixth input
            of a column in another unit; "nothing" sound rows.
    """
    draw = np.random.default_rng(seed)
    X = draw.normal(size=(N, 3))
    expected = X @ np.array([2.0, -1.0, 0.5]) + 20
    frame = pl.DataFrame(dict(zip("abc", X.T, strict=True)))
    target = expected + 0.2 * draw.normal(size=N)
    rows = Examples(Task.REGRESSION, frame, target, np.arange(N) + 1000, time=np.arange(N, dtype=np.float64))
    return _DAMAGED[damage](rows, expected)


def _nothing(rows: Examples, expected: Array) -> ExampleEvidence:
    return ExampleEvidence(rows, expected, np.full(N, 0.02))


def _targets(rows: Examples, expected: Array) -> ExampleEvidence:
    bad = np.arange(N) % 9 == 0
    line = Finding("target_unit", Where(), 0.95, "act", {"factor": 1.8, "offset": 32.0, "name": "°C as °F"})
    given = np.where(bad, 1.8 * rows.target + 32, rows.target)
    return ExampleEvidence(replace(rows, target=given), expected, np.where(bad, 0.99, 0.01), (line,))


def _labels(rows: Examples, expected: Array) -> ExampleEvidence:
    true, bad = (expected > 20).astype(float), np.arange(N) % 7 == 0
    given = np.where(bad, 1 - true, true)
    made = replace(rows, task=Task.CLASSIFICATION, target=given, classes=("bad", "good"))
    shares = np.where(true[:, None] == np.arange(2)[None, :], 0.9, 0.1)
    return ExampleEvidence(made, shares, np.where(bad, 0.95, 0.1))


def _assets(rows: Examples, expected: Array) -> ExampleEvidence:
    asset = np.arange(N) // 40
    made = replace(rows, task=Task.REMAINING_LIFE, asset=asset, assets=tuple("abcdefghij"))
    return ExampleEvidence(made, expected, np.where(asset % 4 == 0, 1.0, 0.0))


def _copies(rows: Examples, expected: Array) -> ExampleEvidence:
    index = np.r_[np.arange(N - 40), np.arange(40)]
    return ExampleEvidence(replace(rows.take(index), rows=np.arange(N)), expected[index], np.zeros(N))


def _leak(rows: Examples, expected: Array) -> ExampleEvidence:
    frame = rows.features.with_columns(written_after=pl.Series(rows.target * 2))
    return ExampleEvidence(replace(rows, features=frame), expected, np.zeros(N))


def _inputs(rows: Examples, expected: Array) -> ExampleEvidence:
    spiked, held = rows.features["a"].to_numpy().copy(), rows.features["b"].to_numpy().copy()
    spiked[::40] += 60.0
    held[100:160] = held[100]
    frame = rows.features.with_columns(a=pl.Series(spiked), b=pl.Series(held))
    return ExampleEvidence(replace(rows, features=frame), expected, np.zeros(N))


def _batch(rows: Examples, expected: Array) -> ExampleEvidence:
    shifted = (np.arange(N) >= 200) & (np.arange(N) < 240)
    return ExampleEvidence(replace(rows, target=rows.target + 4.0 * shifted), expected, np.zeros(N))


def _change(rows: Examples, expected: Array) -> ExampleEvidence:
    a = rows.features["a"].to_numpy()
    moved = np.where(np.arange(N) >= 280, 2.0 + 1.5 * a, 0.0)
    return ExampleEvidence(replace(rows, target=rows.target + moved), expected, np.zeros(N))


def _beside(rows: Examples, expected: Array) -> ExampleEvidence:
    piece = np.array_split(np.arange(N), 10)[5]
    moved = rows.target.copy()
    moved[piece] = np.roll(moved[piece], 3)
    return ExampleEvidence(replace(rows, target=moved), expected, np.zeros(N))


def _unit(rows: Examples, expected: Array) -> ExampleEvidence:
    a = rows.features["a"].to_numpy().copy()
    a[3::6] *= 10
    return ExampleEvidence(replace(rows, features=rows.features.with_columns(a=pl.Series(a))), expected, np.zeros(N))


def _far(rows: Examples, expected: Array) -> ExampleEvidence:
    a = rows.features["a"].to_numpy().copy()
    a[7::27] = np.where(np.arange(N)[7::27] % 2 == 0, 40.0, -60.0)
    return ExampleEvidence(replace(rows, features=rows.features.with_columns(a=pl.Series(a))), expected, np.zeros(N))


def _twin(rows: Examples) -> pl.DataFrame:
    twin = rows.features["a"].to_numpy() + 0.1 * np.random.default_rng(99).normal(size=N)
    return rows.features.with_columns(twin=pl.Series(twin))


def _drift(rows: Examples, expected: Array) -> ExampleEvidence:
    slid = rows.features["a"].to_numpy() + np.maximum(np.arange(N) - 120, 0) * 0.01
    frame = _twin(rows).with_columns(a=pl.Series(slid))
    return ExampleEvidence(replace(rows, features=frame), expected, np.zeros(N))


def _gaps(rows: Examples, expected: Array) -> ExampleEvidence:
    gap = pl.Series(np.arange(N) % 4 == 1)
    frame = _twin(rows).with_columns(a=pl.when(gap).then(None).otherwise(pl.col("a")))
    return ExampleEvidence(replace(rows, features=frame), expected, np.zeros(N))


_DAMAGED: dict[Damage, Callable[[Examples, Array], ExampleEvidence]] = {
    "nothing": _nothing,
    "targets": _targets,
    "labels": _labels,
    "assets": _assets,
    "copies": _copies,
    "leak": _leak,
    "inputs": _inputs,
    "batch": _batch,
    "change": _change,
    "beside": _beside,
    "far": _far,
    "unit": _unit,
    "drift": _drift,
    "gaps": _gaps,
}


def check_treatment(treatment: Treatment, damaged: Evidence, clean: Evidence | None = None) -> None:
    """A treatment proposes where there is damage, mends without touching what it was given, and repeats itself.

    Args:
        damaged: evidence in which the treatment finds something to do.
        clean: evidence of the same shape in which it must find nothing.

    Raises:
        AssertionError: a promise is broken; says which.
    """
    _priced(treatment)
    proposed = treatment.propose(damaged)
    _promise(bool(proposed), "damage is met with a candidate")
    _promise(len({c.id for c in proposed}) == len(proposed), "candidates have ids of their own")
    for candidate in proposed:
        _named(treatment, candidate)
    _promise([plain(c) for c in proposed] == [plain(c) for c in treatment.propose(damaged)], "proposals repeat")
    for candidate in proposed:
        _mends(treatment, damaged, candidate.parameters)
        if treatment.kind is Kind.CURATION:
            same = treatment.condition(damaged.examples, candidate.parameters)
            _promise(_equal(same, damaged.examples), "curation leaves the line alone")
        else:
            _travels(treatment, damaged, candidate.parameters)
    if clean is not None:
        _promise(not treatment.propose(clean), "without a sign of the defect nothing is proposed")


def _priced(treatment: Treatment) -> None:
    cost = getattr(treatment, "cost", None)
    known = isinstance(cost, Cost) and bool(cost.note.en and cost.note.zh) and cost.person_minutes >= 0
    _promise(known, "it says what it costs, in both languages")
    on_line = isinstance(cost, Cost) and cost.on_line
    _promise(on_line == (treatment.kind is Kind.CONDITIONING), "what travels to the line says that it costs there")


def _named(treatment: Treatment, candidate: Candidate) -> None:
    _promise(candidate.treatment == treatment.name, "a candidate names its treatment")
    _promise(candidate.kind is treatment.kind, "a candidate has the kind of its treatment")
    _promise(_is_json(candidate.parameters), "parameters are JSON")


def _mends(treatment: Treatment, evidence: Evidence, parameters: Mapping[str, Any]) -> None:
    before = evidence.examples
    kept = before.features.clone(), before.target.copy(), before.rows.copy()
    mended, touched = treatment.apply(evidence, json.loads(json.dumps(plain(parameters))))
    untouched = kept[0].equals(before.features) and _same(kept[1], before.target) and _same(kept[2], before.rows)
    _promise(untouched, "what was given is not changed in place")
    _promise(mended.task is before.task and len(mended) > 0, "mended rows are of the same task, and there are some")
    given = mended.rows[~mended.generated]
    _promise(bool(np.isin(given, before.rows).all()), "no row is invented without a negative number")
    _promise(len(np.unique(mended.rows)) == len(mended), "no row is doubled")
    _promise(bool(np.isin(touched, before.rows).all()), "rows touched are rows that were given")
    gone = np.setdiff1d(before.rows, mended.rows)
    _promise(bool(np.isin(gone, touched).all()), "dropped rows are among those touched")
    _promise(len(touched) > 0 and not _equal(mended, before), "a candidate changes something, and says which rows")
    again, _ = treatment.apply(evidence, parameters)
    _promise(_equal(again, mended), "the same call mends the same way")


def _travels(treatment: Treatment, evidence: Evidence, parameters: Mapping[str, Any]) -> None:
    """Conditioning runs on the line: by the same code, without the target, and without what is still to come."""
    before = evidence.examples
    mended, _ = treatment.apply(evidence, parameters)
    line = treatment.condition(before, parameters)
    _promise(_same(mended.rows, before.rows), "conditioning drops no row")
    _promise(_same(mended.target, before.target), "conditioning leaves the target alone")
    _promise(mended.features.equals(line.features), "training rows and the line are conditioned alike")
    blind = Examples(before.task, before.features, np.full(len(before), np.nan), before.rows, before.asset, before.time)
    _promise(treatment.condition(blind, parameters).features.equals(line.features), "the target is not looked at")
    half = np.arange(len(before) // 2, dtype=np.int64)
    early = treatment.condition(before.take(half), parameters)
    _promise(early.features.equals(line.features[: len(half)]), "nothing later than the row is looked at")


def _equal(one: Examples, other: Examples) -> bool:
    frames: tuple[pl.DataFrame, pl.DataFrame] = (one.features, other.features)
    alike = frames[0].equals(frames[1]) and _same(one.target, other.target) and _same(one.rows, other.rows)
    return alike and _same(_weight(one), _weight(other))


def _weight(rows: Examples) -> Array:
    return np.ones(len(rows)) if rows.weight is None else rows.weight


def _same(one: NDArray[Any], other: NDArray[Any]) -> bool:
    floats = np.issubdtype(one.dtype, np.floating)
    return one.shape == other.shape and bool(np.array_equal(one, other, equal_nan=floats))


def _is_json(value: Any) -> bool:
    try:
        return bool(json.loads(json.dumps(plain(value), allow_nan=False)) == plain(value))
    except (TypeError, ValueError):
        return False


def _promise(kept: bool, what: str) -> None:
    if not kept:
        raise AssertionError(f"promise broken: {what}")
