"""A peer repairs on its own ground, sees dirty rows alone, repeats by its seed, and costs at most six small models."""

import numpy as np
import pytest
from polars.testing import assert_frame_equal

from benchmarks import peers
from benchmarks.damages import DAMAGES, damage, kinds_for
from benchmarks.peers import GROUND, PEERS, peers_for
from benchmarks.sets import load
from diapason.engines.learning.recipes.boosted import recipe as boosted
from diapason.engines.learning.recipes.subspace import recipe as subspace
from diapason.vocabulary.tasks import Task

SETS = {"label_": "classes-apart", "contaminated": "watch-shift", "target_": "wing-weight", "input_": "classes-mixed"}


class Learner:
    """A quick learner that remembers what it was given."""

    def __init__(self):
        self.given = []

    def __call__(self, examples):
        self.given.append(examples)
        recipe = subspace if examples.task is Task.MONITORING else boosted
        settings = {**recipe.settings(examples.task)[0], **({"rounds": 20} if recipe is boosted else {})}
        return recipe.fit(examples, settings, 0).predict


def case(kind, strength=0.2):
    name = next(s for k, s in SETS.items() if kind.startswith(k))
    pair = load(name, 0)
    return damage(pair.train, kind, strength, 0), pair.test


def left_out(given, dirty):
    return ~np.isin(dirty.examples.rows, given.rows)


def test_every_peer_has_a_ground_and_every_ground_is_a_damage():
    assert set(GROUND) == set(PEERS)
    assert all(kinds and set(kinds) <= set(DAMAGES) for kinds in GROUND.values())
    assert peers_for("label_pair") == ("cleanlab-drop", "cleanlab-relabel", "random-drop")
    assert set(peers_for("input_spike")) == {"isolation-forest", "mad", "comet-like", "boostclean-like", "random-drop"}


@pytest.mark.parametrize("name", PEERS)
def test_a_peer_repeats_by_its_seed_changes_nothing_it_was_given_and_is_cheap(name, monkeypatch):
    dirty, test = case(GROUND[name][0])
    before, small, first, again = dirty.examples.features.clone(), [], Learner(), Learner()
    real = peers._small
    monkeypatch.setattr(peers, "_small", lambda *a: small.append(1) or real(*a))
    made = PEERS[name](dirty.examples, first, 3)(test)
    assert len(small) <= 6
    assert len(first.given) <= (2 if name == "boostclean-like" else 1)
    assert len(made) == len(test)
    assert np.isfinite(made).all()
    np.testing.assert_array_equal(made, PEERS[name](dirty.examples, again, 3)(test))
    assert_frame_equal(before, dirty.examples.features)


@pytest.mark.parametrize("name", PEERS)
@pytest.mark.parametrize("given", ["fleet-late", "watch-break", "plant-lots", "classes-two"])
def test_a_peer_answers_for_every_task_and_leaves_known_faults_in(name, given):
    pair, learner = load(given, 0), Learner()
    dirty = damage(pair.train, kinds_for(pair.train)[0], 0.2, 0).examples
    if name.endswith("-like"):  # the dear ones: rows enough for the promise
        dirty = dirty.take(np.arange(0, len(dirty), 2)) if dirty.asset is None else dirty
    made = PEERS[name](dirty, learner, 0)(pair.test)
    assert np.isfinite(made).all()
    for rows in learner.given:
        assert len(rows) >= len(dirty) / 2
        assert (np.diff(rows.rows) > 0).all()
        if dirty.normal is not None:
            assert (~rows.normal).sum() == (~dirty.normal).sum()


def test_cleanlab_takes_out_wrong_labels_far_above_chance_and_gives_most_of_them_their_class_back():
    dirty, _ = case("label_uniform")
    learner = Learner()
    PEERS["cleanlab-drop"](dirty.examples, learner, 0)
    gone = left_out(learner.given[0], dirty)
    assert dirty.bad_rows[gone].mean() > 0.6
    assert gone[dirty.bad_rows].mean() > 0.6
    PEERS["cleanlab-relabel"](dirty.examples, learner, 0)
    right = learner.given[1].target == dirty.truth.target
    assert right.mean() > (~dirty.bad_rows).mean() + 0.05


@pytest.mark.parametrize("kind", ["target_gross", "contaminated_normal"])
@pytest.mark.parametrize("name", ["mad", "isolation-forest"])
def test_outlier_filters_drop_gross_errors_above_chance(name, kind):
    dirty, _ = case(kind, 0.05)
    learner = Learner()
    PEERS[name](dirty.examples, learner, 0)
    gone = left_out(learner.given[0], dirty)
    assert gone[dirty.bad_rows].mean() > 3 * gone[~dirty.bad_rows].mean()


@pytest.mark.parametrize("kind", ["input_spike", "input_missing_code", "input_stuck"])
def test_the_simple_cleaner_suspects_wrong_cells_above_chance(kind):
    dirty, _ = case(kind, 0.1)
    found = peers._suspects(dirty.examples)
    for name, bad in dirty.bad_cells.items():
        assert found[name][bad].mean() > 0.8
        assert found[name][~bad].mean() < 0.05


def test_comet_like_changes_cells_it_suspects_in_at_most_two_columns_and_drops_no_row():
    dirty, _ = case("input_missing_code")
    learner = Learner()
    PEERS["comet-like"](dirty.examples, learner, 0)
    given, found = learner.given[0], peers._suspects(dirty.examples)
    assert len(given) == len(dirty.examples)
    changed = {
        c: ~given.features[c].eq_missing(dirty.examples.features[c]).to_numpy() for c in dirty.examples.features.columns
    }
    touched = {c: m for c, m in changed.items() if m.any()}
    assert len(touched) <= 2
    assert all(not m[~found[c]].any() for c, m in touched.items())


def test_random_drop_takes_a_tenth():
    dirty, _ = case("target_gross")
    learner = Learner()
    PEERS["random-drop"](dirty.examples, learner, 0)
    assert left_out(learner.given[0], dirty).sum() == len(dirty.examples) // 10
