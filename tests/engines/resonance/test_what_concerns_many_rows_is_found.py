"""Harmful batches, a changed relation, mis-joins, new inputs and thin classes are found, said, and not made up."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from diapason.engines.resonance.batches import AGAIN, harmful
from diapason.engines.resonance.influence import influence_weights
from diapason.engines.resonance.joins import misjoins
from diapason.engines.resonance.labels import label_noise, posterior
from diapason.engines.resonance.likeness import find_likeness
from diapason.engines.resonance.noticing import KINDS, also_found
from diapason.engines.resonance.onset import find_onset
from diapason.engines.resonance.softening import noise_shown
from diapason.engines.resonance.thinness import thin_classes
from diapason.engines.resonance.treatments.augment import treatment as augment
from diapason.engines.resonance.treatments.reweight import treatment as reweight
from diapason.engines.resonance.treatments.soft_label import treatment as soft_label
from diapason.knowledge.findings import sentence
from diapason.testing.treatments import check_treatment, example_evidence
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

N = 800


def sound(kind="plain", seed=0):
    """Generated rows that nothing is wrong with."""
    draw = np.random.default_rng(seed)
    X = draw.normal(size=(N, 4))
    if kind == "drift":
        X[:, 0] += np.linspace(0, 3, N)
    noise = draw.standard_t(3, size=N) if kind == "heavy" else draw.normal(size=N)
    noise = noise * np.exp(0.8 * X[:, 1]) if kind == "hetero" else noise
    y = X @ np.array([2.0, -1.0, 0.5, 0.0]) + 0.3 * X[:, 0] * X[:, 1] + 0.4 * noise
    frame = pl.DataFrame(X, schema=list("abcd"))
    return Examples(Task.REGRESSION, frame, y, np.arange(N) + 9, time=1.7e9 + 60.0 * np.arange(N))


def imbalanced(seed=0):
    """Sound rows with a rare class that a cross-fit never finds."""
    rows = sound(seed=seed)
    rare = np.arange(N) % 40 == 0
    made = replace(rows, task=Task.CLASSIFICATION, target=rare.astype(float), classes=("usual", "rare"))
    return replace(example_evidence(), examples=made, out_of_fold=np.tile([0.9, 0.1], (N, 1)), doubt=np.zeros(N))


def noisy():
    """Two classes of which every fifth label is the other one."""
    true, wrong = np.arange(N) % 2, np.arange(N) % 5 == 0
    given = np.where(wrong, 1 - true, true).astype(float)
    made = replace(sound(), task=Task.CLASSIFICATION, target=given, classes=("no", "yes"))
    shares = np.where(true[:, None] == np.arange(2)[None, :], 0.9, 0.1)
    return replace(example_evidence(), examples=made, out_of_fold=shares, doubt=np.where(wrong, 0.95, 0.1))


@pytest.mark.parametrize("kind", ["plain", "heavy", "hetero", "drift"])
@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_is_found_where_nothing_is(kind, seed):
    rows = sound(kind, seed)
    found = also_found(rows, rows.target, np.zeros(N), np.arange(N) // 20)
    assert [f.kind for f in found if f.kind != "newest_unlike" or kind != "drift"] == []


def test_a_shifted_stretch_is_found_with_its_edges_and_its_shift():
    rows = sound()
    bad = (np.arange(N) >= 300) & (np.arange(N) < 365)
    rows = replace(rows, target=rows.target + 2.5 * bad)
    (one,) = harmful(rows)
    assert abs(len(one.positions) - 65) <= 4
    assert one.shift == pytest.approx(2.5, abs=0.4)
    assert np.isin(np.flatnonzero(bad), one.positions).mean() > 0.95
    assert not one.slide


def test_batches_that_differ_as_all_do_are_not_harmful_but_one_far_beyond_is():
    draw = np.random.default_rng(5)
    batch = np.arange(N) // 20
    rows = replace(sound(), batch=batch)
    rows = replace(rows, target=rows.target + 0.5 * draw.normal(size=40)[batch])
    assert harmful(rows) == ()
    (one,) = harmful(replace(rows, target=rows.target + 8.0 * (batch == 13)))
    assert one.batch
    assert set(batch[one.positions]) == {13}


def test_batches_that_are_off_by_the_same_are_found_together():
    batch = np.arange(N) // 20
    rows = replace(sound(), batch=batch)
    level = 0.3 * np.random.default_rng(5).normal(size=40)
    bad = np.isin(batch, np.random.default_rng(6).choice(40, 14, replace=False))
    found = harmful(replace(rows, target=rows.target + level[batch] + 3.0 * bad))
    assert set(np.concatenate([s.positions for s in found])) == set(np.flatnonzero(bad))
    assert np.median([s.shift for s in found]) == pytest.approx(3.0, abs=0.3)


@pytest.mark.parametrize("seed", range(4))
def test_batches_that_pull_the_fit_towards_themselves_are_found_all_the_same(seed):
    """An input that each batch has one value of lets the fit learn the fault: it is left out and looked for anew."""
    draw, batch = np.random.default_rng(seed), np.arange(N) // 40
    bad = np.isin(batch, draw.choice(20, 6, replace=False))
    lever = draw.normal(size=20)[batch]
    inputs = sound().features.with_columns(lever=pl.Series(lever + 0.02 * draw.normal(size=N)))
    rows = replace(sound(), features=inputs, batch=batch, time=None)
    assert harmful(replace(rows, target=rows.target + 2 * lever), bar=AGAIN) == ()
    found = harmful(replace(rows, target=rows.target + 2 * lever + 6.0 * bad))
    assert set(np.concatenate([s.positions for s in found])) == set(np.flatnonzero(bad))


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_without_a_clock_a_block_of_rows_and_a_slide_at_the_end_are_found(share):
    rows = replace(sound(), time=None)
    size = round(share * N)
    block = (np.arange(N) >= 200) & (np.arange(N) < 200 + size)
    (one,) = harmful(replace(rows, target=rows.target + 3.0 * block))
    assert abs(len(one.positions) - size) <= 8
    assert one.shift == pytest.approx(3.0, abs=0.3)
    slid = np.maximum(np.arange(N) - (N - size), 0) / size * 6.0
    (end,) = harmful(replace(rows, target=rows.target + slid))
    assert end.slide
    left = slid.copy()
    left[end.positions] -= end.moved()
    assert np.abs(left).mean() < 0.25 * np.abs(slid).mean()


@pytest.mark.parametrize("seed", range(6))
def test_without_a_clock_sound_rows_have_no_block_and_no_slide(seed):
    assert harmful(replace(sound("heavy" if seed % 2 else "hetero", seed), time=None), bar=AGAIN) == ()


def test_the_moment_of_a_change_is_named():
    rows = sound()
    after = np.arange(N) >= 560
    changed = replace(rows, target=rows.target + after * (2.0 + 1.5 * rows.features["a"].to_numpy()))
    onset = find_onset(changed)
    assert onset is not None
    assert abs(int(onset.before.sum()) - 560) <= N // 20
    (told,) = (f for f in also_found(changed, rows.target, np.zeros(N), np.arange(N)) if f.kind == "relation_changed")
    assert str(told.facts["since"]).startswith("2023-11-15T")


def test_targets_beside_their_inputs_are_found_with_their_lag():
    rows, piece = sound(), np.array_split(np.arange(N), 12)[4]
    moved = rows.target.copy()
    moved[piece] = np.roll(moved[piece], 2)
    (one,) = misjoins(replace(rows, target=moved))
    assert one.by == 2
    late = replace(rows, target=np.roll(rows.target, 3))
    assert misjoins(late) == ()  # a process that answers late everywhere is no mis-join


def test_newest_rows_that_differ_are_told_and_weights_follow_them():
    like = find_likeness(sound("drift"))
    assert like is not None
    assert like.apart > 0.75
    assert like.weight[-100:].mean() > 2 * like.weight[:100].mean()
    assert find_likeness(sound()) is None


def test_labels_become_probabilities_that_lean_on_the_surest_rows():
    p = np.tile([0.95, 0.05], (400, 1))
    p[200:] = [0.05, 0.95]
    right = (np.arange(400) >= 200).astype(np.int64)
    wrong = np.where(np.arange(400) % 5 == 0, 1 - right, right)
    assert not noise_shown(p, right)
    assert noise_shown(p, wrong)
    believed = posterior(p, wrong, label_noise(p, wrong).given_if_true)
    assert believed.sum(axis=1) == pytest.approx(1.0)
    assert (believed.argmax(axis=1) == right).all()


def test_harmful_rows_count_less():
    rows = sound()
    bad = np.arange(N) % 25 == 0
    weight = influence_weights(replace(rows, target=rows.target + 15.0 * bad), bad.astype(float))
    assert weight[bad].mean() < 0.5 * weight[~bad].mean()


def test_treatments_with_weights_and_invented_rows_keep_the_same_promises():
    check_treatment(soft_label, noisy(), example_evidence())
    check_treatment(reweight, example_evidence("targets"), example_evidence())
    check_treatment(augment, imbalanced(), example_evidence())
    made, _ = augment.apply(imbalanced(), {})
    rare = made.take(np.flatnonzero(made.generated))
    assert (rare.target == 1).all()
    assert len(rare) == 2 * 20
    given = sound().features.to_numpy()
    assert (rare.features.to_numpy() >= given.min(0)).all()
    assert (rare.features.to_numpy() <= given.max(0)).all()


def test_a_rare_class_is_thin_only_where_it_is_recognised_less():
    evidence = imbalanced()
    (thin,) = thin_classes(evidence.examples, evidence.out_of_fold)
    assert (thin.count, thin.found) == (20, 0.0)
    sure = np.eye(2)[evidence.examples.target.astype(int)]
    assert thin_classes(evidence.examples, sure) == ()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_is_said_in_both_languages(kind, language):
    rows = sound()
    bad, a = (np.arange(N) >= 300) & (np.arange(N) < 365), rows.features["a"].to_numpy()
    piece = np.array_split(np.arange(N), 12)[4]
    moved = rows.target.copy()
    moved[piece] = np.roll(moved[piece], 2)
    cases = {
        "harmful_batch": (replace(rows, target=rows.target + 2.5 * bad), rows.target),
        "relation_changed": (replace(rows, target=rows.target + (np.arange(N) >= 560) * (2.0 + 1.5 * a)), rows.target),
        "targets_beside_inputs": (replace(rows, target=moved), rows.target),
        "newest_unlike": (sound("drift"), rows.target),
        "thin_class": (imbalanced().examples, imbalanced().out_of_fold),
    }
    found = {f.kind: f for f in also_found(*cases[kind], np.zeros(N), np.arange(N) // 20)}
    for part in ("title", "sentence", "advice"):
        said = sentence(found[kind], language, part=part)
        assert said
        assert "?" not in said
        assert "{" not in said
