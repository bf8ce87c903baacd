"""Where a random split flatters or scores worse, the reader is told why; where the two agree, nothing is said."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from diapason.engines.learning.gap import dearer, explained, torn
from diapason.engines.learning.ladder import RUNGS, ladder, one_label
from diapason.engines.learning.widening import beside_their_past
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


def rises(**made):
    return {cause: Estimate(value, value - 0.2, value + 0.2, n=N) for cause, value in made.items()}


def test_the_largest_step_names_the_cause():
    found = explained(card(8.0), card(4.0), rises(duplicates=0.1, neighbours=3.4, asset=0.5))
    assert found.kind == "honesty_gap_neighbours"
    assert found.facts["gap"] == pytest.approx(100)


def test_a_step_within_its_doubt_is_no_cause():
    assert explained(card(8.0), card(4.0), rises(duplicates=0.05, neighbours=-0.3)).kind == "honesty_gap_unknown"


@pytest.mark.parametrize("flattering", [8.0, 7.9, 9.0])
def test_no_gap_is_no_finding(flattering):
    assert explained(card(8.0), card(flattering), rises(asset=3.0)) is None


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


def causes(examples, kind):
    return [rung.cause for rung in ladder(examples, kind, seed=0, folds=3)]


def test_copies_are_a_rung_only_where_there_are_some():
    single = rows(time=np.arange(N, dtype=float))
    assert causes(single, SplitKind.TIME_ORDERED) == ["", "neighbours", "scarcity", "drift"]
    double = single.take(np.repeat(np.arange(N // 2), 2))
    assert causes(double, SplitKind.TIME_ORDERED) == ["", "duplicates", "neighbours", "scarcity", "drift"]


@pytest.mark.parametrize(
    ("known", "kind"),
    [({"time": np.arange(N, dtype=float)}, SplitKind.TIME_ORDERED), ({"asset": np.arange(N) // 60}, SplitKind.ASSET)],
)
def test_a_rung_takes_neighbours_away_and_leaves_all_times_and_assets(known, kind):
    examples = rows(**known)
    rung = next(r for r in ladder(examples, kind, seed=0, folds=3) if r.cause == "neighbours")
    for fold in rung.split.folds:
        apart = np.abs(fold.train[:, None] - fold.test[None, :])
        group = np.zeros(N) if examples.asset is None else examples.asset
        same = group[fold.train][:, None] == group[fold.test][None, :]
        assert (apart[same] > 2).all()
        assert set(group[fold.train]) == set(group)
        assert examples.asset is not None or len(np.unique(fold.train * 10 // N)) >= 9
    assert np.array_equal(np.sort(np.concatenate([f.test for f in rung.split.folds])), np.arange(N))


def test_rungs_that_are_compared_learn_from_as_many_rows():
    examples = rows(asset=np.arange(N) // 40)
    made = ladder(examples, SplitKind.ASSET, seed=0, folds=3)
    sizes = np.array([[len(f.train) for f in rung.split.folds] for rung in made])
    assert np.ptp(sizes, axis=0).max() <= 2


def test_the_cost_of_a_step_is_that_of_values_or_of_probabilities():
    truth, even = np.array([0.0, 1.0]), np.ones(2)
    assert dearer(truth, np.array([0.0, 1.0]), np.array([1.0, 2.0]), even) == pytest.approx(1.0)
    sure, wrong = np.eye(2), np.eye(2)[::-1]
    assert dearer(truth, sure, wrong, even) == pytest.approx(np.sqrt(2))
    assert dearer(truth, sure, sure, even) == 0


@pytest.mark.parametrize(
    ("task", "target", "one"),
    [
        (Task.REMAINING_LIFE, 40.0 - np.arange(N) % 40, True),
        (Task.REGRESSION, np.arange(N) // 40 * 1.0, True),
        (Task.REGRESSION, np.arange(N) % 40 * 1.0, False),
        (Task.CLASSIFICATION, np.arange(N) // 40 % 2 * 1.0, True),
        (Task.CLASSIFICATION, np.arange(N) // 10 % 2 * 1.0, False),
    ],
)
def test_assets_with_one_label_each_have_no_rung_of_neighbours(task, target, one):
    examples = replace(rows(asset=np.arange(N) // 40), task=task, target=target, classes=("a", "b"))
    assert one_label(examples, SplitKind.ASSET) is one
    assert causes(examples, SplitKind.ASSET) == ["", *([] if one else ["neighbours"]), "asset"]


def test_every_row_keeps_its_past_when_rows_are_parted():
    moving = rows(asset=np.arange(N) // 40, time=np.arange(N, dtype=float))
    whole = beside_their_past(moving)
    assert whole.time is None
    assert whole.features.width > moving.features.width
    half = np.arange(0, N, 2)
    assert beside_their_past(whole.take(half)).features.equals(whole.features[half])
    assert beside_their_past(rows()).features.width == 1
