"""What every treatment must do, as a public check: call it in the tests of your own. Ours pass the same one."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.roles.treatment import Evidence, Treatment
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.trials import Candidate, Kind
from diapason.vocabulary.wire import plain

__all__ = ["check_treatment"]


def check_treatment(treatment: Treatment, damaged: Evidence, clean: Evidence | None = None) -> None:
    """A treatment proposes where there is damage, mends without touching what it was given, and repeats itself.

    Args:
        damaged: evidence in which the treatment finds something to do.
        clean: evidence of the same shape in which it must find nothing.

    Raises:
        AssertionError: a promise is broken; says which.
    """
    proposed = treatment.propose(damaged)
    _promise(bool(proposed), "damage is met with a candidate")
    _promise([plain(c) for c in proposed] == [plain(c) for c in treatment.propose(damaged)], "proposals repeat")
    _promise(len({c.id for c in proposed}) == len(proposed), "candidates have ids of their own")
    for candidate in proposed:
        _named(treatment, candidate)
        _mends(treatment, damaged, candidate.parameters)
        if treatment.kind is Kind.CURATION:
            same = treatment.condition(damaged.examples, candidate.parameters)
            _promise(_equal(same, damaged.examples), "curation leaves the line alone")
        else:
            _travels(treatment, damaged, candidate.parameters)
    if clean is not None:
        _promise(not treatment.propose(clean), "without a sign of the defect nothing is proposed")


def _named(treatment: Treatment, candidate: Candidate) -> None:
    _promise(candidate.treatment == treatment.name, "a candidate names its treatment")
    _promise(candidate.kind is treatment.kind, "a candidate has the kind of its treatment")
    read = json.loads(json.dumps(plain(candidate.parameters)))
    _promise(read == plain(candidate.parameters), "parameters are JSON")


def _mends(treatment: Treatment, evidence: Evidence, parameters: Mapping[str, Any]) -> None:
    before = evidence.examples
    kept = before.features.clone(), before.target.copy(), before.rows.copy()
    mended, touched = treatment.apply(evidence, json.loads(json.dumps(plain(parameters))))
    untouched = kept[0].equals(before.features) and _same(kept[1], before.target) and _same(kept[2], before.rows)
    _promise(untouched, "what was given is not changed in place")
    _promise(mended.task is before.task and len(mended) > 0, "mended rows are of the same task, and there are some")
    _promise(bool(np.isin(mended.rows, before.rows).all()), "no row is invented")
    _promise(len(np.unique(mended.rows)) == len(mended), "no row is doubled")
    _promise(bool(np.isin(touched, before.rows).all()), "rows touched are rows that were given")
    gone = np.setdiff1d(before.rows, mended.rows)
    _promise(bool(np.isin(gone, touched).all()), "dropped rows are among those touched")
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
    return frames[0].equals(frames[1]) and _same(one.target, other.target) and _same(one.rows, other.rows)


def _same(one: NDArray[Any], other: NDArray[Any]) -> bool:
    floats = np.issubdtype(one.dtype, np.floating)
    return one.shape == other.shape and bool(np.array_equal(one, other, equal_nan=floats))


def _promise(holds: bool, what: str) -> None:
    assert holds, f"promise broken: {what}"  # noqa: S101  # this is a check for tests
