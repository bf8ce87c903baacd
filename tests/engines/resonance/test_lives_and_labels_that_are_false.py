"""False failure times and wrong labels are found; lives and labels of a clean fleet are left alone."""

import numpy as np
import pytest

from diapason.engines.resonance.labels import doubted, label_noise
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
