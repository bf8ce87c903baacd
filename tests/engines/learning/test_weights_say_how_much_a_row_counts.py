"""A weight of a row means one thing, everywhere it is learnt from."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diapason.engines.learning.weighing import counted, quantile, systematic
from diapason.errors import DataError
from diapason.ports import find
from diapason.testing.recipes import example_rows
from diapason.vocabulary.tasks import Task

WHOLE = st.lists(st.integers(0, 4), min_size=40, max_size=90).filter(lambda w: sum(w) >= 90)


@given(WHOLE)
def test_whole_weights_repeat_a_row_exactly(weight):
    chosen = systematic(np.asarray(weight, np.float64))
    assert np.array_equal(np.bincount(chosen, minlength=len(weight)), weight)


@given(st.lists(st.floats(0.001, 3), min_size=1, max_size=80))
def test_other_weights_are_rounded_up_or_down_and_never_leave_too_few(weight):
    given_, n = np.asarray(weight), len(weight)
    scaled = given_ * max(1.0, min(40, n) / given_.sum())
    count = np.bincount(systematic(given_), minlength=n)
    assert (np.abs(count - scaled) < 1 + 1e-6).all()
    assert abs(count.sum() - scaled.sum()) <= 0.5 + 1e-6


def test_weights_travel_with_their_rows_and_bad_ones_are_refused():
    rows = replace(example_rows(Task.REGRESSION), weight=np.arange(240.0))
    assert rows.take(np.array([5, 2])).weight.tolist() == [5, 2]
    assert len(counted(rows)) == 239
    assert counted(replace(rows, weight=np.ones(240))).weight is None
    for bad in (-1.0, np.nan):
        with pytest.raises(DataError, match="not negative"):
            replace(rows, weight=np.full(240, bad))
    with pytest.raises(DataError, match="240 rows"):
        replace(rows, weight=np.ones(3))


def test_rows_that_were_invented_know_it():
    rows = example_rows(Task.REGRESSION)
    assert not rows.generated.any()
    assert replace(rows, rows=rows.rows - 10).generated.sum() == 10


@pytest.mark.parametrize("name", ["subspace", "neighbours"])
def test_a_monitor_hears_less_of_rows_that_count_little(name):
    """Normal rows of a second kind widen what is normal; weighed down, they hardly do."""
    rows = example_rows(Task.MONITORING, n=480)
    odd = (rows.target == 0) & (np.arange(480) % 20 < 6)
    moved = rows.features.with_columns(wear=pl.col("wear") + pl.Series(3.0 * odd))
    rows = replace(rows, features=moved, asset=None)
    recipe = find("recipes", name)
    asked = recipe.settings(Task.MONITORING)[0]
    odd_rows = rows.take(np.flatnonzero(odd))

    def strange(weight: float) -> float:
        learnt = replace(rows, weight=np.where(odd, weight, 1.0))
        return float(np.median(recipe.fit(learnt, asked, 0).predict(odd_rows)))

    assert strange(1.0) < strange(0.02) < strange(0.0)


def test_a_quantile_counts_by_weight():
    assert quantile(np.array([3.0, 1.0, 2.0]), np.array([1.0, 1.0, 1.0]), 0.5) == 2.0
    assert quantile(np.array([3.0, 1.0, 2.0]), np.array([0.1, 5.0, 0.1]), 0.9) == 1.0
