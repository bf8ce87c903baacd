"""Where a random split flatters or scores worse, the reader is told why; where the two agree, nothing is said."""

import numpy as np
import polars as pl
import pytest

from diapason.engines.learning.gap import RUNGS, explained, ladder, torn
from diapason.vocabulary.estimates import Estimate
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.scores import Metric, Scorecard
from diapason.vocabulary.splits import SplitKind
from diapason.vocabulary.tasks import Task

N = 240


def card(value, kind=SplitKind.ASSET):
    doubt = Estimate(value, value - 0.5, value + 0.5, n=N)
    return Scorecard(Task.REGRESSION, "robust", kind, Metric("rmse", "MW", "lower"), doubt, {}, (), ())


def rows(**known):
    draw = np.random.default_rng(0)
    frame = pl.DataFrame({"a": draw.normal(size=N)})
    return Examples(Task.REGRESSION, frame, draw.normal(size=N), np.arange(N), **known)


def test_the_largest_step_names_the_cause():
    steps = (("", 4.0), ("duplicates", 4.1), ("neighbours", 7.5), ("asset", 8.0))
    found = explained(card(8.0), card(4.0), steps)
    assert found.kind == "honesty_gap_neighbours"
    assert found.facts["gap"] == pytest.approx(100)


@pytest.mark.parametrize("flattering", [8.0, 7.9, 9.0])
def test_no_gap_is_no_finding(flattering):
    assert explained(card(8.0), card(flattering), (("", flattering), ("asset", 8.0))) is None


def test_a_random_split_that_tears_windows_is_said_to():
    moving = rows(asset=np.arange(N) // 40, time=np.arange(N, dtype=float))
    assert [f.kind for f in torn(moving, card(8.0), card(9.0))] == ["random_split_tears_windows"]
    assert torn(moving, card(8.0), card(8.3)) == ()
    assert torn(moving, card(8.0), card(6.0)) == ()
    assert torn(rows(), card(8.0), card(9.0)) == ()


@pytest.mark.parametrize("kind", [SplitKind.ASSET, SplitKind.TIME_ORDERED, SplitKind.STRATIFIED])
def test_a_ladder_has_no_more_rungs_than_a_plan_counts(kind):
    examples = rows(asset=np.arange(N) // 40, time=np.arange(N, dtype=float))
    assert len(ladder(examples, kind, seed=0, folds=3)) <= RUNGS
