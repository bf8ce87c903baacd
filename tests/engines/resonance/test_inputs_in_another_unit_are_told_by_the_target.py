"""An input in another unit is told where the target says so, and only there."""

import numpy as np
import polars as pl
import pytest

from diapason.engines.resonance.answers import Answers
from diapason.engines.resonance.converted import back, converted
from diapason.engines.resonance.judge import appoint
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.splits import Fold
from diapason.vocabulary.tasks import Task


def made(factor=1.0, offset=0.0, share=0.15, seed=0, n=900, noise=0.1):
    """A smooth function of three independent inputs; `flow` is in another unit in a share of the rows."""
    draw = np.random.default_rng(seed)
    X = draw.uniform(0.2, 3.0, size=(n, 3))
    target = np.sin(X[:, 0]) * 3 + X[:, 1] + noise * draw.normal(size=n)
    wrong = draw.random(n) < share
    flow = np.where(wrong, X[:, 0] * factor + offset, X[:, 0])
    frame = pl.DataFrame({"flow": flow, "speed": X[:, 1], "idle": X[:, 2]})
    return Examples(Task.REGRESSION, frame, target, np.arange(n)), wrong, X[:, 0]


@pytest.mark.parametrize(
    ("factor", "offset", "share"), [(10.0, 0.0, 0.15), (0.1, 0.0, 0.15), (10.0, 0.0, 0.35), (1.8, 32.0, 0.1)]
)
def test_the_column_the_conversion_and_the_rows_are_found(factor, offset, share):
    examples, wrong, right = made(factor, offset, share)
    found = converted(examples, seed=0)
    assert found is not None
    assert (found.column, found.factor, found.offset) == ("flow", factor, offset)
    assert wrong[found.rows].mean() > 0.95
    assert found.rows[wrong].mean() > 0.6
    mended = back(examples, found).features["flow"].to_numpy()
    assert np.allclose(mended[found.rows & wrong], right[found.rows & wrong])


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_said_of_clean_rows_however_odd_their_inputs_are(seed):
    """Heavy tails, two regimes ten times apart, a column that tells nothing."""
    draw = np.random.default_rng(seed)
    n = 800
    tail, regime = np.exp(draw.normal(size=n)), np.where(draw.random(n) < 0.2, 10.0, 1.0) * draw.uniform(1, 2, n)
    target = np.log(tail) + np.log(regime) + 0.2 * draw.normal(size=n)
    frame = pl.DataFrame({"tail": tail, "regime": regime, "idle": draw.normal(size=n)})
    assert converted(Examples(Task.REGRESSION, frame, target, np.arange(n)), seed=0) is None


def test_a_column_that_the_target_does_not_follow_is_left_alone():
    """However odd its values are: what the target does not show is not shown."""
    examples, wrong, _ = made()
    idle = np.where(wrong, examples.features["idle"].to_numpy() * 10, examples.features["idle"].to_numpy())
    frame = examples.features.with_columns(idle=pl.Series(idle))
    assert converted(Examples(Task.REGRESSION, frame, examples.target, examples.rows), seed=0) is None


def test_such_rows_do_not_judge_and_are_said():
    """An arm that learnt right rows would be blamed for not following wrong ones."""
    examples, wrong, _ = made(10.0)
    folds = [Fold(np.flatnonzero(np.arange(900) % 5 != k), np.flatnonzero(np.arange(900) % 5 == k)) for k in range(5)]
    judge = appoint(examples, folds, 2, seed=0)
    assert (judge.weight[wrong] < 0.5).mean() > 0.6
    assert (judge.weight[~wrong] > 0.5).mean() > 0.95
    told = next(f for f in judge.findings if f.kind == "input_converted")
    assert told.where.columns == ("flow",)
    assert told.facts["factor"] == 10.0


def test_a_right_target_does_not_let_a_row_with_a_wrong_input_judge():
    """A person who says that the target is right has not looked at the input."""
    examples, wrong, _ = made(10.0)
    folds = [Fold(np.flatnonzero(np.arange(900) % 5 != k), np.flatnonzero(np.arange(900) % 5 == k)) for k in range(5)]
    before = appoint(examples, folds, 2, seed=0)
    rows = np.flatnonzero(wrong & (before.weight == 0))[:20]
    looked = Answers(rows, np.zeros(20, bool), examples.target[rows], np.ones(20))
    after = appoint(examples, folds, 2, seed=0, answers=looked)
    assert (after.stage[rows] == -1).all()
    assert (after.stage >= 0).sum() == (before.stage >= 0).sum()
