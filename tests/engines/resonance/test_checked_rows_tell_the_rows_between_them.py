"""A shift or a slide is carried between checked rows; errors that come row by row never are."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diapason.engines.resonance.answers import Answers
from diapason.engines.resonance.stretches import carried
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

N = 400


def shifted(kind):
    error = np.zeros(N)
    size = np.arange(160)
    error[120:280] = {"shift": -7.0, "slide": -0.05 * size}[kind] - 0.01
    return error


@pytest.mark.parametrize("kind", ["shift", "slide"])
def test_rows_between_checked_ones_are_told(kind):
    error, at = shifted(kind), np.arange(5, N, 16)
    made = carried(np.arange(N, dtype=float), at, error[at])
    assert made.known.sum() >= 140
    assert np.abs(made.error - error)[made.known].max() < 0.3
    assert (error[~made.known & ~made.unsure] == 0).all()


@given(st.integers(0, 10_000))
def test_errors_that_come_row_by_row_are_not_carried(seed):
    draw = np.random.default_rng(seed)
    error = np.where(draw.random(N) < 0.5, 20 * draw.normal(size=N), 0.0)
    at = np.sort(draw.choice(N, 60, replace=False))
    assert carried(np.arange(N, dtype=float), at, error[at]).known.mean() < 0.25


def test_what_is_corrected_is_what_was_right():
    draw = np.random.default_rng(0)
    right, error = draw.normal(size=N), shifted("slide")
    rows = Examples(Task.REGRESSION, pl.DataFrame({"a": right}), right - error, np.arange(N))
    at = np.arange(5, N, 16)
    answers = Answers(rows.rows[at], error[at] != 0, right[at], np.full(len(at), len(at) / N))
    made = answers.corrected(rows)
    assert np.abs(made.target - right[made.rows]).max() < 0.3
    assert len(made) >= N - 40
