"""Steps, slides and second groups of levels are shown beside what order and gaps make by chance."""

import numpy as np
import pytest

from diapason.engines.resonance.steps import find_slide, find_step, second_group


def levels(seed=0, n=40):
    return np.random.default_rng(seed).normal(size=n)


def test_a_step_is_placed_and_measured():
    level = levels()
    level[10:20] += 8.0
    step = find_step(level)
    assert (step.begin, step.end) == (10, 20)
    assert step.shift == pytest.approx(8.0, abs=1.0)
    assert step.sure > 5


def test_a_slide_is_told_from_a_step_by_what_is_left():
    level = levels(1)
    level[28:] += np.linspace(1, 12, 12)
    slide = find_slide(level)
    assert slide.end == 40
    assert abs(slide.begin - 28) <= 2
    assert slide.left < find_step(level).left


@pytest.mark.parametrize("seed", range(20))
def test_noise_is_not_sure(seed):
    assert find_step(levels(seed)).sure < 3
    assert find_slide(levels(seed)).sure < 3


def test_a_second_group_needs_a_gap():
    level = levels(3)
    assert not len(second_group(level))
    assert not len(second_group(np.linspace(0, 10, 40)))
    level[[3, 8, 21]] -= 12.0
    assert second_group(level).tolist() == [3, 8, 21]


def test_few_stretches_say_nothing():
    assert find_step(np.arange(5.0)) is None
    assert find_slide(np.arange(5.0)) is None
