"""Clean sets repeat by their seed and keep their parts apart; a damage touches what it says it touches."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from benchmarks.damages import DAMAGES, DECOYS, damage, decoy, decoys_for, kinds_for
from benchmarks.sets import SETS, load, named
from diapason.vocabulary.tasks import Task

MADE = [n for n, s in SETS.items() if s.kind != "real"]
ONE_EACH = ("friedman-2", "classes-mixed", "fleet-late", "watch-spread", "plant-lots", "otl-circuit")


def same(a, b):
    assert_frame_equal(a.features, b.features)
    np.testing.assert_array_equal(a.target, b.target)
    np.testing.assert_array_equal(a.rows, b.rows)


def sound(pair):
    for part in (pair.train, pair.test):
        assert np.isfinite(part.target).all()
        assert len(np.unique(part.rows)) == len(part)
        if part.asset is not None:
            assert (np.diff(part.asset) >= 0).all()
            assert set(np.unique(part.asset)) <= set(range(len(part.assets)))
            assert all((np.diff(part.time[part.asset == a]) > 0).all() for a in np.unique(part.asset))
    assert pair.train.features.columns == pair.test.features.columns
    assert 100 <= len(pair.train) <= 3200
    assert 50 <= len(pair.test) <= 5000
    if pair.train.task is Task.CLASSIFICATION:
        assert np.unique(pair.train.target).size == len(pair.train.classes)
        assert set(pair.test.target) <= set(pair.train.target)


@pytest.mark.parametrize("name", MADE)
def test_a_made_set_repeats_by_its_seed_and_differs_by_another(name):
    pair = load(name, 3)
    sound(pair)
    same(pair.train, load(name, 3).train)
    assert not np.array_equal(pair.train.target, load(name, 4).train.target)


def test_real_sets_are_sound_and_share_no_row_between_their_parts(data):
    for name in named(kind="real"):
        for seed in (0, 1):
            pair = load(name, seed)
            sound(pair)
            same(pair.test, load(name, seed).test)
            if not name.startswith("tep"):  # rows of TEP are numbered by part; its parts come from different files
                key = [pair.train.rows, pair.test.rows]
                if not name.startswith("skab"):
                    assert not set(key[0]) & set(key[1]), name


def test_there_are_enough_sets_of_each_role_and_task():
    assert len(SETS) >= 40
    for role in ("tune", "check"):
        assert 20 <= len(named(role=role)) <= 34
        for task in (Task.REGRESSION, Task.CLASSIFICATION, Task.REMAINING_LIFE, Task.MONITORING):
            assert len(named(role=role, task=task)) >= 2
    looked_at = {"ccpp", "fd001", "steel-energy", "skab"}
    assert all((s.role == "tune") == (s.family in looked_at) for s in SETS.values() if s.kind == "real")


CASES = [(name, kind) for name in ONE_EACH for kind in kinds_for(load(name, 0).train)]


def test_every_kind_of_damage_is_tried_here():
    assert {k for _, k in CASES} == set(DAMAGES)


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_what_is_not_said_to_be_bad_is_as_it_was(name, kind):
    train = load(name, 0).train
    made = damage(train, kind, 0.2, 7)
    rows, truth = made.examples, made.truth
    assert len(rows) == len(truth) == len(made.bad_rows)
    assert made.bad_rows.any() or any(m.any() for m in made.bad_cells.values())
    good = np.flatnonzero(~made.bad_rows)
    np.testing.assert_array_equal(rows.target[good], truth.target[good])
    np.testing.assert_array_equal(rows.rows, truth.rows)
    for column in rows.features.columns:
        touched = made.bad_cells.get(column, np.zeros(len(rows), bool))
        clean = ~touched & ~(made.bad_rows & (kind == "contaminated_faults"))
        keep = np.flatnonzero(clean)
        assert rows.features[column][keep].equals(truth.features[column][keep], null_equal=True)
        now, then = rows.features[column].filter(touched), truth.features[column].filter(touched)
        assert not any(a == b for a, b in zip(now, then, strict=True))
    again = damage(train, kind, 0.2, 7)
    same(rows, again.examples)
    np.testing.assert_array_equal(made.bad_rows, again.bad_rows)
    same(train, load(name, 0).train)  # the rows given are left alone


@settings(max_examples=25, deadline=None)
@given(st.sampled_from([c for c in CASES if c[1] != "label_hard"]), st.floats(0.01, 0.6), st.integers(0, 10_000))
def test_no_strength_or_seed_breaks_a_damage(case, strength, seed):
    name, kind = case
    made = damage(load(name, 0).train, kind, strength, seed)
    share = made.bad_rows.mean()
    assert share <= strength + 0.2 if kind != "false_life" else share <= strength + 0.3
    assert np.isfinite(made.examples.target).all()


def test_strength_is_the_share_of_wrong_rows():
    for kind in ("target_gross", "target_offset_batch", "target_drift", "target_swap"):
        made = damage(load("friedman-1", 1).train, kind, 0.1, 0)
        assert made.bad_rows.mean() == pytest.approx(0.1, abs=0.005)
    for kind in ("label_uniform", "label_pair", "label_hard"):
        made = damage(load("classes-many", 1).train, kind, 0.3, 0)
        assert made.bad_rows.mean() == pytest.approx(0.3, abs=0.005)


def test_a_damage_that_does_not_apply_is_refused():
    with pytest.raises(ValueError, match="does not apply"):
        damage(load("friedman-1", 0).train, "false_life", 0.1, 0)


@pytest.mark.parametrize("name", ONE_EACH)
def test_a_decoy_leaves_every_target_right(name):
    pair = load(name, 0)
    for kind in decoys_for(pair.train):
        made = decoy(pair, kind, 0)
        np.testing.assert_array_equal(made.test.target, pair.test.target)
        n = len(pair.train)
        np.testing.assert_array_equal(made.train.target[:n], pair.train.target)
        assert len(made.train) == n or kind.startswith("repeated_")
        assert kind in DECOYS
        assert not made.train.features.equals(pair.train.features)
