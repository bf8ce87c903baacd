"""False failure times and wrong labels are found; lives and labels of a clean fleet are left alone."""

import numpy as np
import pytest

from diapason.engines.resonance.answers import learned_doubt
from diapason.engines.resonance.labels import (
    LabelNoise,
    depends_on_row,
    doubted,
    label_noise,
    posterior,
    spared,
    unmixed,
)
from diapason.engines.resonance.lives import false_lives


def fleet(assets=40, seed=0):
    """Lives, and what a fair model expects: good near the end, vague far from it."""
    draw = np.random.default_rng(seed)
    code, life, expected = [], [], []
    for a in range(assets):
        n = int(draw.integers(120, 250))
        left = np.arange(n)[::-1].astype(float)
        bias = draw.normal(0, 12)
        guess = np.minimum(left, 125) + bias * np.minimum(left, 125) / 125 + draw.normal(0, 4, n)
        code += [a] * n
        life += list(np.minimum(left, 125))
        expected += list(np.clip(guess, 0, 125))
    return draw, np.array(code), np.array(life), np.array(expected)


def in_turns(given, expected, code, turns=4):
    keep = np.ones(len(code), bool)
    for _ in range(turns):
        lives = false_lives(given, expected, code, keep)
        keep = ~np.isin(code, lives.apart)
    return lives


@pytest.mark.parametrize("share", [0.2, 0.4])
@pytest.mark.parametrize("shift", [-60.0, -30.0, 25.0, 50.0])
def test_false_failure_times_are_found_in_turns(share, shift):
    draw, code, life, expected = fleet()
    false = draw.choice(40, int(share * 40), replace=False)
    given = np.where(np.isin(code, false), np.clip(life + shift, 0, 125), life)
    lives = in_turns(given, expected, code)
    assert len(set(lives.wrong) & set(false)) >= 0.9 * len(false)
    assert len(set(lives.wrong) - set(false)) <= 1


@pytest.mark.parametrize("share", [0.2, 0.4])
def test_early_and_late_failure_times_do_not_hide_each_other(share):
    draw, code, life, expected = fleet()
    false = draw.choice(40, int(share * 40), replace=False)
    shift = np.where(np.isin(code, false[::2]), -30.0, np.where(np.isin(code, false[1::2]), 90.0, 0.0))
    lives = in_turns(np.clip(life + shift, 0, 125), expected, code)
    assert len(set(lives.wrong) & set(false)) >= 0.9 * len(false)
    assert len(set(lives.wrong) - set(false)) <= 1


@pytest.mark.parametrize("seed", range(6))
def test_true_failure_times_are_left_alone(seed):
    _, code, life, expected = fleet(seed=seed)
    assert not len(in_turns(life, expected, code).wrong)


def classes(seed=0, n=1200, k=4):
    draw = np.random.default_rng(seed)
    true = draw.integers(k, size=n)
    sharp = draw.uniform(0.3, 4, n)
    logits = draw.normal(size=(n, k)) + sharp[:, None] * np.eye(k)[true]
    p = np.exp(logits)
    return draw, true, p / p.sum(1, keepdims=True)


@pytest.mark.parametrize("rate", [0.1, 0.2, 0.4])
def test_the_rate_of_wrong_labels_is_told_by_the_surest_rows(rate):
    draw, true, p = classes()
    given = np.where(draw.random(len(true)) < rate, (true + draw.integers(1, 4, len(true))) % 4, true)
    noise = label_noise(p, given)
    assert noise.rate == pytest.approx(rate, abs=0.08)
    assert noise.low <= noise.rate
    assert np.allclose(noise.given_if_true.sum(1), 1)
    wrong = given != true
    assert doubted(p, given)[wrong].mean() > doubted(p, given)[~wrong].mean() + 0.2


def test_overlap_of_classes_is_no_noise():
    draw, _true, p = classes(1)
    drawn = np.array([draw.choice(4, p=row) for row in p])
    assert label_noise(p, drawn).rate < 0.12


def test_missed_rows_of_a_rare_class_show_in_that_class():
    """Of all rows few are wrong, of the rare class a half."""
    draw = np.random.default_rng(3)
    true = (draw.random(2000) < 0.06).astype(int)
    p = np.column_stack([1 - true, true]) * 0.8 + 0.1
    given = np.where((true == 1) & (draw.random(2000) < 0.5), 0, true)
    assert label_noise(p, given).low < 0.05
    assert label_noise(p, given).worst > 0.2
    assert label_noise(p, true).worst == 0


def test_the_noise_of_a_class_tells_more_than_the_label_alone():
    """A label that its own class never gets is not doubted, however sure the model is of another one."""
    p, labels = np.tile([0.7, 0.3], (2, 1)), np.array([0, 1])
    held = posterior(p, labels, np.array([[1.0, 0.0], [0.4, 0.6]]))
    assert held[1, 1] > 0.99
    assert held[0, 0] == pytest.approx(0.7 / (0.7 + 0.3 * 0.4), abs=0.01)


@pytest.mark.parametrize(("where", "by_row"), [("anywhere", False), ("boundary", True)])
def test_noise_that_seeks_the_boundary_is_told_from_noise_of_classes(where, by_row):
    draw = np.random.default_rng(0)
    x = draw.uniform(-3, 3, 2000)
    p = 1 / (1 + np.exp(-2 * x))
    right = (x > 0).astype(int)
    chance = np.full(2000, 0.25) if where == "anywhere" else np.where(np.abs(x) < 2.1, 0.4, 0.0)
    given = np.where(draw.random(2000) < chance, 1 - right, right)
    both = np.column_stack([1 - p, p])
    assert depends_on_row(both, given, label_noise(both, given)) is by_row


def test_no_class_is_dropped_whole():
    labels, doubt = np.repeat([0.0, 1.0], [20, 10]), np.r_[np.zeros(20), np.linspace(0.6, 0.9, 10)]
    gone = spared(doubt > 0.5, doubt, labels, 0.4)
    assert gone.sum() == 6
    assert doubt[gone].min() > doubt[20:][~gone[20:]].max()


@pytest.mark.parametrize(("teaches", "changed"), [(True, True), (False, False)])
def test_answers_change_doubt_only_where_they_foretell_one_another(teaches, changed):
    draw = np.random.default_rng(1)
    sign, doubt = draw.normal(size=(800, 1)), np.full(800, 0.2)
    wrong = draw.random(800) < (1 / (1 + np.exp(-3 * sign[:, 0])) if teaches else doubt)
    at = draw.choice(800, 80, replace=False)
    told = learned_doubt(sign, doubt, at, wrong[at], np.full(80, 0.1))
    assert bool(np.abs(told - doubt).max() > 0.3) is changed


def test_counts_are_right_on_average_however_little_the_family_knows():
    """An arm that is right half of the time is found to be, from labels of which 40 % are wrong, by a blind family."""
    draw = np.random.default_rng(0)
    k, n = 3, 20_000
    mixed = np.array([[0.6, 0.3, 0.1], [0.1, 0.7, 0.2], [0.3, 0.2, 0.5]])
    true = draw.integers(k, size=n)
    given = (draw.random(n)[:, None] > np.cumsum(mixed[true], axis=1)).sum(axis=1)
    arm = np.where(draw.random(n) < 0.5, true, (true + 1) % k)
    for q in (np.full((n, k), 1 / k), np.tile([0.8, 0.1, 0.1], (n, 1)), 0.9 * np.eye(k)[true] + 0.1 / k):
        count = unmixed(q, given, LabelNoise(mixed, 0.4, 0.4, 0.4))
        assert count is not None
        assert np.allclose(count.sum(axis=1), 1)
        assert abs(count[np.arange(n), arm].mean() - 0.5) < 0.02


def test_noise_that_can_hardly_be_taken_back_is_not():
    assert (
        unmixed(np.full((4, 2), 0.5), np.array([0, 1, 0, 1]), LabelNoise(np.full((2, 2), 0.5), 0.5, 0.4, 0.4)) is None
    )
