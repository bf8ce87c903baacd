"""Copies count once, contradictions among them are judged by what similar rows say, replicates are left alone."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from diapason.engines.resonance.copies import copies, odd_ones
from diapason.engines.resonance.judge import appoint
from diapason.engines.resonance.treatments.deduplicate import treatment as deduplicate
from diapason.testing.treatments import example_evidence
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.splits import Fold
from diapason.vocabulary.tasks import Task

N, WRONG = 400, 12


def torn(seed=0):
    """400 rows; of 12 of them there are 20 copies each with another target."""
    draw = np.random.default_rng(seed)
    X = draw.normal(size=(N, 3))
    right = X @ np.array([2.0, -1.0, 0.5])
    index = np.concatenate([np.arange(N), np.repeat(np.arange(WRONG), 20)])
    y = right[index] + 0.2 * draw.normal(size=N)[index]
    y[N:] += np.repeat(draw.choice([-6.0, 6.0], WRONG), 20)
    rows = Examples(Task.REGRESSION, pl.DataFrame(X[index], schema=list("abc")), y, np.arange(len(y)))
    return rows, right[index]


def test_copies_are_counted_and_contradictions_found():
    same = copies(torn()[0])
    assert same.first.sum() == N + WRONG
    assert set(same.count) == {1, 20}
    assert set(np.flatnonzero(same.torn)) == {*range(WRONG), *range(N, N + 20 * WRONG)}


def test_only_the_value_far_from_its_expectation_is_odd():
    rows, right = torn()
    odd = odd_ones(copies(rows), (rows.target - right) / 0.2)
    assert set(np.flatnonzero(odd)) == set(range(N, len(rows)))


def test_replicates_are_no_contradiction():
    draw = np.random.default_rng(1)
    level = np.repeat(np.arange(40.0), 10)
    rows = Examples(Task.REGRESSION, pl.DataFrame({"a": level}), level + draw.normal(size=400), np.arange(400))
    rows.target[:5] = rows.target[0]
    assert not copies(rows).torn.any()


def test_the_believed_one_of_a_contradiction_is_kept():
    rows, right = torn()
    doubt = np.r_[np.zeros(N), np.ones(20 * WRONG)]
    evidence = replace(example_evidence(), examples=rows, out_of_fold=right, doubt=doubt)
    kept, gone = deduplicate.apply(evidence, deduplicate.propose(evidence)[0].parameters)
    assert set(kept.rows) == set(range(N))
    assert len(gone) == 20 * WRONG


def test_contradictions_are_not_judged_and_copies_count_as_one():
    rows, _ = torn()
    twice = rows.take(np.r_[np.arange(len(rows)), np.arange(300, 320)])
    part = np.arange(len(twice)) % 6
    folds = tuple(Fold(np.flatnonzero(part != k), np.flatnonzero(part == k)) for k in range(6))
    weight = appoint(twice, folds, 2, seed=0).weight
    assert weight[N : N + 20 * WRONG].max() == 0
    assert weight[300:320] == pytest.approx(0.5, abs=0.02)
    assert np.median(weight[20:300]) > 0.95
