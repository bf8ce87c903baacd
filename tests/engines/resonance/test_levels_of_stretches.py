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
    assert min(step.sure, step.ordered) > 3
    assert step.sharp > 0.7


def test_a_slide_is_told_from_a_step_by_what_is_left():
    level = levels(1)
    level[28:] += np.linspace(1, 12, 12)
    slide = find_slide(level)
    assert slide.end == 40
    assert abs(slide.begin - 28) <= 2
    assert slide.left < find_step(level).left


def test_one_level_that_stands_out_is_not_ordered_and_a_walk_is_not_sharp():
    level = levels(4)
    level[17] += 15.0
    step = find_step(level)
    assert step.sure > 3
    assert step.ordered < 1.5
    walks = [find_step(np.cumsum(levels(seed))) for seed in range(20)]
    assert sum(w.sharp > 0.7 and w.apart > 3.5 and w.ordered > 3.5 for w in walks) <= 1


@pytest.mark.parametrize("seed", range(20))
def test_noise_is_not_sure(seed):
    assert find_step(levels(seed)).sure < 2
    assert find_slide(levels(seed)).sure < 2


def test_a_second_group_needs_a_gap():
    level = levels(3)
    assert not len(second_group(level))
    assert not len(second_group(np.linspace(0, 10, 40)))
    level[[3, 8, 21]] -= 12.0
    assert second_group(level).tolist() == [3, 8, 21]


def test_few_stretches_say_nothing():
    assert find_step(np.arange(5.0)) is None
    assert find_slide(np.arange(5.0)) is None
