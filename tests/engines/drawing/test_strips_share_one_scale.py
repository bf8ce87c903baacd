"""Strips of a forest plot: what decides stays readable, what is cut says so, what was not tested is no zero."""

import re

import pytest

from diapason.engines.drawing.forest import scale, span, strip
from diapason.vocabulary.estimates import Estimate

NEAR, FAR = Estimate(1, -1, 3, n=9, unit="%"), Estimate(28, 22, 34, n=9, unit="%")


def test_a_large_gain_does_not_hide_the_one_that_decides():
    """The scale is that of the deciding interval; the large one is an arrow at the edge, with its figures on hover."""
    ends = span([NEAR], [FAR])
    assert ends[1] < 8
    drawn = strip(FAR, ends)
    assert "▸" in drawn
    assert "circle" not in drawn
    assert "28 (22 … 34) %" in drawn
    assert "▸" not in strip(NEAR, ends)


def test_what_was_not_tested_is_a_dotted_box():
    assert 'class="untested"' in strip(None, (-1, 1))


@pytest.mark.parametrize("value", [-0.5, 0.0, 0.5])
def test_zero_is_always_on_the_scale(value):
    """Whatever the values, so that which side an interval lies on can be seen."""
    low, high = span([Estimate(value, value - 0.1, value + 0.1, n=9)])
    assert low < 0 < high
    assert 'class="zero"' in strip(NEAR, (low, high))


def test_equal_values_stand_below_each_other():
    """The tick of a value and the dot of that value have the same place."""
    ends = (-2.0, 6.0)
    dot = re.search(r'circle cx="([\d.]+)%"', strip(Estimate(2, 1, 3, n=9), ends))
    tick = re.search(r'x="([\d.]+)%"[^>]*>\+2<', scale(ends))
    assert dot
    assert tick
    assert dot[1] == tick[1]
