"""Charts are whole SVG, keep extremes, escape words, and show what is not tested."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diapason.engines.drawing.intervals import DotRow, dots, slope
from diapason.engines.drawing.series import Shade, scatter, signal, thin
from diapason.engines.drawing.svg import ticks
from diapason.vocabulary.estimates import Estimate

NICE = Estimate(1.0, 0.5, 1.5, n=10)


@given(st.lists(st.floats(-1e6, 1e6) | st.just(float("nan")), min_size=1, max_size=500), st.integers(1, 50))
def test_thinning_keeps_the_extremes(values: list[float], pixels: int) -> None:
    """The largest and the smallest value survive, in order, within two per pixel."""
    keep, shown = thin(np.array(values), pixels)
    assert (np.diff(keep) > 0).all()
    assert len(keep) <= max(2 * pixels, 0) or len(values) <= 2 * pixels
    finite = [v for v in values if np.isfinite(v)]
    if finite:
        assert np.nanmax(shown) == max(finite)
        assert np.nanmin(shown) == min(finite)


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9))
def test_ticks_lie_inside(low: float, span: float) -> None:
    """No tick outside of the axis, never more than a reader can take."""
    marks = ticks(low, low + span)
    assert len(marks) <= 12
    assert all(low - span * 1e-6 <= t <= low + span * 1.000001 for t in marks) or low + span == low


@pytest.mark.parametrize(
    "drawn",
    [
        dots(
            [DotRow("a <b>", NICE, "ours", "group"), DotRow("c", None)],
            title="t & t",
            axis="gain",
            untested="not tested",
        ),
        dots([], title="empty", axis="gain"),
        slope(("honest", NICE), ("random", Estimate(0.8, 0.8, 0.8, n=3)), title="gap", axis="rmse"),
        signal(np.array([1.0, np.nan, 3.0]), [Shade(0, 0, "x")], title="s", label="TI-101"),
        signal(np.full(5, np.nan), [], title="all missing", label="TI-101"),
        scatter(np.arange(5.0), np.arange(5.0), title="p", across="truth", up="prediction"),
        scatter(np.array([]), np.array([]), title="p", across="truth", up="prediction"),
    ],
)
def test_a_chart_is_whole_and_named(drawn: str) -> None:
    """Well-formed XML with a title, and no figure that isn't one."""
    root = ET.fromstring(drawn)
    assert root.find("{http://www.w3.org/2000/svg}title") is not None
    assert "nan" not in drawn
    assert "inf" not in drawn


def test_not_tested_is_an_outline_and_words() -> None:
    """Neither an empty cell nor a zero."""
    drawn = dots([DotRow("drop", None)], title="t", axis="gain", untested="not tested")
    assert 'class="untested"' in drawn
    assert ">not tested<" in drawn
