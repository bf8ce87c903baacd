"""Budgets against closed forms; steps found or not claimed; what readings' errors make of predictions."""

from math import inf, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diapason.engines.uncertainty import Part, Sensor, budget, carried, combined, errors, step


def test_the_example_of_the_guide_comes_out() -> None:
    """GUM G.4.1: 1.03 % with 19 degrees of freedom."""
    parts = (("a", 0.25, 9), ("b", 0.57, 4), ("c", 0.82, 14))
    made = combined("y", tuple(Part(n, u, d, "student", True) for n, u, d in parts))
    assert made.u == pytest.approx(1.03, abs=0.005)
    assert made.dof == pytest.approx(19.0, abs=0.05)
    assert made.k == pytest.approx(2.093, abs=0.005)


def test_each_line_is_its_textbook_form() -> None:
    """Certificate by its factor, a step by the root of twelve, drift by the root of three and its age."""
    made = budget(Sensor("t", calibration=0.3, k=3, days=730.5, drift=0.2, resolution=0.1))
    assert {p.name: p.u for p in made.parts} == pytest.approx(
        {"calibration": 0.1, "resolution": 0.1 / sqrt(12), "drift": 0.4 / sqrt(3)}
    )
    assert made.dof == inf
    assert made.expanded == pytest.approx(1.95996 * made.u, rel=1e-5)


def test_what_is_not_said_is_named_and_a_step_is_taken_from_the_data() -> None:
    """A declared resolution wins over the one that was found."""
    made = budget(Sensor("t"), seen=0.5)
    assert (made.missing, made.u) == (("calibration", "drift"), pytest.approx(0.5 / sqrt(12)))
    assert budget(Sensor("t", resolution=0.2), seen=0.5).u == pytest.approx(0.2 / sqrt(12))
    assert budget(Sensor("t")).parts == ()


@given(
    st.sampled_from([0.001, 0.01, 0.25, 1 / 3, 2.0, 50.0]), st.sets(st.integers(-400, 400), min_size=30, max_size=120)
)
def test_a_step_is_found(size: float, counts: set[int]) -> None:
    """All values are whole numbers of it, and so is every gap; it may be a multiple where they all are."""
    told = step([c * size for c in sorted(counts)])
    gap = int(np.gcd.reduce(np.diff(sorted(counts))))
    assert told == pytest.approx(gap * size, rel=1e-6)


def test_no_step_is_claimed_where_there_is_none() -> None:
    """Real numbers, too few values, constants."""
    assert all(step(np.sort(np.random.default_rng(i).normal(size=500))) is None for i in range(20))
    assert step([1.0, 2.0]) is None
    assert step([3.0] * 9) is None


def test_errors_common_to_a_sensor_do_not_average_out() -> None:
    """A mean of many readings keeps the calibration's uncertainty and loses that of the step."""
    made = budget(Sensor("t", calibration=0.2, resolution=1.0))
    told = carried(lambda e: np.full(1, e["t"].mean()), [made], 400, draws=3000)
    assert float(told.u[0]) == pytest.approx(0.1, rel=0.08)
    lone = errors(budget(Sensor("t", calibration=0.2)), 5, np.random.default_rng(0))
    assert np.ptp(lone) == 0


def test_a_linear_model_carries_by_its_slopes() -> None:
    """And nothing is carried where nothing is uncertain."""
    a, b = budget(Sensor("a", calibration=0.2)), budget(Sensor("b", resolution=0.3))
    told = carried(lambda e: 5 * e["a"] - 2 * e["b"], [a, b], 3, draws=4000, level=0.9)
    assert told.u == pytest.approx(sqrt((5 * a.u) ** 2 + (2 * b.u) ** 2), rel=0.05)
    assert (told.high - told.low) / 2 == pytest.approx(1.645 * told.u, rel=0.08)
    assert carried(lambda e: np.zeros(3), [a], 3).u.tolist() == [0, 0, 0]
