"""Ours pass the same public check as anybody's, and a placebo does the same to rows that were not flagged."""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
import pytest

from diapason.engines.resonance.placebo import placebo
from diapason.engines.resonance.softening import softened, spoken
from diapason.ports import find, names
from diapason.testing.treatments import check_treatment
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.findings import Finding, Where
from diapason.vocabulary.tasks import Task

N = 400


@dataclass(frozen=True)
class Seen:
    """Evidence as a diagnosis gives it."""

    examples: Examples
    out_of_fold: np.ndarray
    doubt: np.ndarray
    findings: tuple[Finding, ...] = ()


def numbers(task=Task.REGRESSION, seed=0):
    draw = np.random.default_rng(seed)
    X = draw.normal(size=(N, 3))
    frame = pl.DataFrame({"a": X[:, 0], "b": X[:, 1], "c": X[:, 2]})
    expected = X @ np.array([2.0, -1.0, 0.5]) + 20
    given = expected + 0.2 * draw.normal(size=N)
    return Examples(task, frame, given, np.arange(N) + 1000, time=np.arange(N) * 1.0), expected


def doubted_targets():
    examples, expected = numbers()
    bad = np.arange(N) % 9 == 0
    given = np.where(bad, 1.8 * examples.target + 32, examples.target)
    line = Finding("target_unit", Where(), 0.95, "act", {"factor": 1.8, "offset": 32.0, "name": "°C as °F"})
    return Seen(replace(examples, target=given), expected, np.where(bad, 0.99, 0.01), (line,))


def doubted_labels():
    examples, expected = numbers()
    true = (expected > 20).astype(float)
    bad = np.arange(N) % 7 == 0
    p = np.where(true[:, None] == np.arange(2)[None, :], 0.9, 0.1)
    made = replace(examples, task=Task.CLASSIFICATION, target=np.where(bad, 1 - true, true), classes=("bad", "good"))
    return Seen(made, p, np.where(bad, 0.95, 0.1))


def fleet():
    examples, expected = numbers(Task.REMAINING_LIFE)
    asset = np.arange(N) // 40
    made = replace(examples, asset=asset, assets=tuple("abcdefghij"))
    return Seen(made, expected, np.where(asset % 4 == 0, 1.0, 0.0))


def copied():
    examples, expected = numbers()
    index = np.r_[np.arange(N - 40), np.arange(40)]
    made = examples.take(index)
    return Seen(replace(made, rows=np.arange(N)), expected[index], np.zeros(N))


def leaking():
    examples, expected = numbers()
    frame = examples.features.with_columns(written_after=pl.Series(examples.target * 2))
    return Seen(replace(examples, features=frame), expected, np.zeros(N))


def faulty_inputs():
    examples, expected = numbers()
    values = examples.features["a"].to_numpy().copy()
    values[::40] += 60.0
    held = examples.features["b"].to_numpy().copy()
    held[100:160] = held[100]
    frame = examples.features.with_columns(a=pl.Series(values), b=pl.Series(held))
    return Seen(replace(examples, features=frame), expected, np.zeros(N))


def clean():
    examples, expected = numbers()
    return Seen(examples, expected, np.full(N, 0.02))


@pytest.mark.parametrize(
    ("name", "damaged", "sound"),
    [
        ("drop", doubted_targets, clean),
        ("drop", doubted_labels, clean),
        ("relabel", doubted_labels, clean),
        ("relabel", doubted_targets, clean),
        ("repair_target", doubted_targets, clean),
        ("drop_assets", fleet, clean),
        ("deduplicate", copied, clean),
        ("remove_leak", leaking, clean),
        ("repair_cell", faulty_inputs, clean),
    ],
)
def test_every_treatment_keeps_its_promises(name, damaged, sound):
    check_treatment(find("treatments", name), damaged(), sound())


def test_all_that_are_installed_were_checked():
    assert set(names("treatments")) >= {"drop", "relabel", "repair_target", "drop_assets", "deduplicate"}


def test_a_repair_brings_targets_back():
    evidence = doubted_targets()
    tool = find("treatments", "repair_target")
    mended, touched = tool.apply(evidence, tool.propose(evidence)[0].parameters)
    assert len(mended) == N
    assert np.abs(mended.target - evidence.out_of_fold).max() < 1.5
    assert len(touched) == (evidence.doubt > 0.5).sum()


def test_rules_for_inputs_bring_the_cells_back():
    evidence, tool = faulty_inputs(), find("treatments", "repair_cell")
    faults = {c.id: c for c in tool.propose(evidence)}
    assert set(faults) == {"repair_cell-range", "repair_cell-stuck"}
    mended, _ = tool.apply(evidence, faults["repair_cell-range"].parameters)
    assert mended.features["a"].null_count() == 10
    held, _ = tool.apply(evidence, faults["repair_cell-stuck"].parameters)
    assert held.features["b"].null_count() >= 40


@pytest.mark.parametrize("made", [doubted_targets, doubted_labels, fleet])
@pytest.mark.parametrize("name", ["drop", "relabel", "repair_target", "drop_assets"])
def test_a_placebo_is_of_the_same_size_on_other_rows(name, made):
    evidence, tool = made(), find("treatments", name)
    for candidate in tool.propose(evidence):
        mended, _ = tool.apply(evidence, candidate.parameters)
        sham = placebo(evidence, mended, draw=0)
        before = evidence.examples
        gone, sham_gone = (set(before.rows) - set(x.rows) for x in (mended, sham))
        assert len(sham_gone) == pytest.approx(len(gone), abs=max(2, 0.3 * len(gone)))
        assert not gone & sham_gone or name == "drop_assets"
        assert {*sham_gone}.isdisjoint(gone)
        again = placebo(evidence, mended, draw=0)
        assert np.array_equal(sham.rows, again.rows)
        if len(gone):
            assert any(not np.array_equal(sham.rows, placebo(evidence, mended, draw=d).rows) for d in (1, 2, 3))


def test_a_placebo_splits_as_many_other_labels_by_the_same_shares():
    seen = doubted_labels()
    p = np.where(seen.out_of_fold > 0.5, 0.8, 0.2)
    doubt = np.where(seen.doubt > 0.5, 0.9, 0.0)
    treated, touched = softened(seen.examples, p, doubt, 0.05)
    held, sham = spoken(seen.examples, treated), placebo(replace(seen, out_of_fold=p), treated, draw=1)
    other = spoken(seen.examples, sham)
    split = [np.flatnonzero((h > 0).sum(axis=1) > 1) for h in (held, other)]
    assert set(split[0]) == set(touched)
    assert len(split[1]) == len(split[0])
    assert not set(split[0]) & set(split[1])
    assert sham.weight.sum() == pytest.approx(treated.weight.sum())
