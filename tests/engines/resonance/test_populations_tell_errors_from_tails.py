"""Errors of the target are shown where there are any, and never where a tail is the process's own."""

import numpy as np
import pytest

from diapason.engines.resonance.populations import examine, wrongness
from diapason.engines.resonance.residuals import Residuals
from diapason.engines.resonance.smooth import cross_fit, deal, local_scale

N = 1500


def ground(seed=0):
    draw = np.random.default_rng(seed)
    X = draw.normal(size=(N, 4))
    return draw, X, X[:, 0] + X[:, 1] ** 2 - X[:, 2] * X[:, 3], draw.normal(size=N)


def looked_at(X, y, seed=0):
    part = deal(len(y), 4, seed)
    expected = cross_fit(X, y, part, seed=seed, count=150)
    r = Residuals(y, expected, local_scale(X, y - expected, part, seed=seed), X, seed)
    found = examine(r)
    return found, wrongness(r, found)[0]


def bad_rows(draw, share):
    return draw.choice(N, int(share * N), replace=False)


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("normal", lambda d, X, f, e: f + 0.3 * e),
        ("heavy tail", lambda d, X, f, e: f + 0.3 * d.standard_t(2.5, N)),
        ("Cauchy", lambda d, X, f, e: f + 0.3 * d.standard_t(1, N)),
        ("skewed", lambda d, X, f, e: f + 0.5 * np.exp(1.2 * e)),
        ("spread grows", lambda d, X, f, e: np.exp(0.5 * f + 0.5 * e)),
        ("known regime", lambda d, X, f, e: np.where(X[:, 3] > 1.2, 0.5, 1) * (f + 10) + 0.3 * e),
        ("on and off", lambda d, X, f, e: np.where(X[:, 3] + 0.5 * d.normal(size=N) > -1, f + 10 + 0.3 * e, 0.05 * e)),
        ("counts", lambda d, X, f, e: d.poisson(np.exp(0.4 * f)).astype(float)),
    ],
)
def test_nothing_is_shown_where_the_tail_is_the_process_own(name, made):
    found, wrong = looked_at((g := ground())[1], made(*g))
    assert not found, name
    assert not wrong.any()


@pytest.mark.parametrize(
    ("factor", "offset", "share", "said"),
    [
        (1.8, 32.0, 0.1, "°C as °F"),
        (1000.0, 0.0, 0.03, "x 1000"),
        (0.1, 0.0, 0.1, "x 0.1"),
        (1.37, 0.0, 0.2, "scale"),
        (1.0, 9.0, 0.1, "shift"),
    ],
)
def test_a_wrong_unit_is_found_with_its_factor(factor, offset, share, said):
    draw, X, f, e = ground(1)
    right = 12 + f + 0.3 * e
    rows = bad_rows(draw, share)
    given = right.copy()
    given[rows] = factor * given[rows] + offset
    found, wrong = looked_at(X, given, 1)
    assert [type(p).__name__ for p in found] == ["Line"]
    assert found[0].name == said
    assert found[0].factor == pytest.approx(factor, rel=0.03)
    assert (wrong[rows] > 0.5).mean() > 0.95
    assert np.delete(wrong, rows).mean() < 0.01


@pytest.mark.parametrize("share", [0.05, 0.1, 0.3])
def test_exchanged_targets_are_found_without_harm_to_the_rest(share):
    draw, X, f, e = ground(2)
    given = f + 0.2 * e
    rows = bad_rows(draw, share)
    given[rows] = given[draw.permutation(rows)]
    found, wrong = looked_at(X, given, 2)
    assert [type(p).__name__ for p in found] == ["Exchange"]
    far = rows[np.abs(given[rows] - f[rows]) > 1.5]
    assert (wrong[far] > 0.5).mean() > 0.85
    assert (np.delete(wrong, rows) > 0.5).mean() < 0.03


def test_a_value_for_no_value_is_found():
    draw, X, f, e = ground(3)
    given = 20 + f + 0.3 * e
    rows = bad_rows(draw, 0.04)
    given[rows] = -999.0
    found, wrong = looked_at(X, given, 3)
    assert [type(p).__name__ for p in found] == ["Constant"]
    assert set(np.flatnonzero(wrong > 0.5)) == set(rows)


@pytest.mark.parametrize("share", [0.05, 0.3])
def test_a_value_inside_of_the_range_is_found_if_no_input_tells_it(share):
    draw, X, f, e = ground(4)
    given = 20 + f + 0.3 * e
    rows = bad_rows(draw, share)
    given[rows] = given[rows[0]]
    found, wrong = looked_at(X, given, 4)
    assert [type(p).__name__ for p in found] == ["Constant"]
    assert set(np.flatnonzero(wrong > 0.5)) == set(rows)


@pytest.mark.parametrize("limit", [0.0, 1.0])
def test_a_process_that_ends_at_a_limit_is_left_alone(limit):
    _, X, f, e = ground(5)
    found, wrong = looked_at(X, np.maximum(f + 0.3 * e, limit), 5)
    assert not found
    assert not wrong.any()


@pytest.mark.parametrize("share", [0.05, 0.3])
def test_gross_errors_to_both_sides_are_found(share):
    draw, X, f, e = ground(6)
    given = f + 0.3 * e
    rows = bad_rows(draw, share)
    given[rows] += draw.choice([-1, 1], len(rows)) * draw.uniform(3, 10, len(rows)) * f.std()
    found, wrong = looked_at(X, given, 6)
    assert [type(p).__name__ for p in found] == ["Gross"]
    assert (wrong[rows] > 0.5).mean() > 0.95
    assert (np.delete(wrong, rows) > 0.5).mean() < 0.01
