"""Curves, floors and parts of residuals on data whose truth is known."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diapason.engines.feasibility.curve import Curve, measure
from diapason.engines.feasibility.floor import cover_hart, neighbours, replicates
from diapason.engines.feasibility.forms import foresee
from diapason.engines.feasibility.promise import Scale, gain, reach
from diapason.engines.feasibility.residue import between, column, drifting
from diapason.engines.feasibility.subsets import nested
from diapason.errors import DataError
from diapason.vocabulary.splits import Fold

RMSE = Scale("rmse", "1", root=True)


def falling(floor=1.0, fall=40.0, power=0.8):
    rows = np.array([100, 144, 200, 280, 400, 560, 800.0])
    loss = floor + fall * rows**-power
    noise = np.diag(np.square(0.002 * loss))
    return Curve(rows, loss, noise, 0.004 * loss, np.array([4, 4, 4, 3, 3, 2, 1]), 5, 1000)


def test_a_power_law_is_continued():
    """The true gain lies in the interval, and the interval is no wider than it must be."""
    curve = falling()
    said = gain(curve, foresee(curve, seed=0), RMSE, 1000, 1000)
    true = float(np.sqrt(1 + 40 * 1000**-0.8) - np.sqrt(1 + 40 * 2000**-0.8))
    assert said.low <= true <= said.high
    assert said.high - said.low < 0.2


def test_a_wish_below_the_floor_takes_no_number_of_rows():
    curve = falling()
    future = foresee(curve, seed=0)
    assert reach(future, RMSE, 1000, 0.5).rows is None
    near = reach(future, RMSE, 1000, float(np.sqrt(1 + 40 * 3000**-0.8))).rows
    assert near is not None
    assert near.low <= 2000 <= near.high


@given(st.integers(40, 300), st.integers(0, 20))
def test_smaller_parts_lie_in_larger_ones(count, seed):
    rows = np.arange(count)
    parts = list(nested(rows, rows // 3, None, (3, 4, 6), seed=seed))
    for draw in {p.draw for p in parts}:
        sizes = [set(p.train.tolist()) for p in parts if p.draw == draw]
        assert all(a <= b for a, b in pairwise(sizes))
    units = [np.unique(rows[p.train] // 3).size * 3 for p in parts]
    assert all(len(p.train) >= u - 3 for p, u in zip(parts, units, strict=True))


def test_too_few_rows_are_refused():
    rows = np.arange(40)
    with pytest.raises(DataError, match="too few"):
        measure([Fold(rows[:30], rows[30:])], rows, None, lambda a, b, s: b * 1.0, lambda p, w: 1.0, seed=0)


def test_the_noise_of_a_smooth_target_is_found():
    draw = np.random.default_rng(0)
    X = draw.uniform(-1, 1, size=(2000, 2))
    y = np.sin(2 * X[:, 0]) + X[:, 1] + 0.3 * draw.normal(size=2000)
    found = neighbours(X, y, np.arange(2000))
    assert found.limit(0.01) <= 0.09 <= found.limit(0.99)
    twice = replicates(np.round(X, 1), y - np.sin(2 * X[:, 0]) - X[:, 1], np.arange(2000))
    assert twice is not None
    assert twice.value == pytest.approx(0.09, rel=0.2)
    assert replicates(X, y, np.arange(2000)) is None


@given(st.floats(0, 1), st.integers(2, 9))
def test_the_limit_of_cover_and_hart_is_a_limit(error, classes):
    found = cover_hart(error, classes)
    assert 0 <= found <= min(error, (classes - 1) / classes) + 1e-9


def test_what_lies_between_assets_and_in_time_is_told_apart():
    """Half the variance between assets; then a slow state; then nothing."""
    draw, asset = np.random.default_rng(1), np.repeat(np.arange(60), 30)
    noise, order = draw.normal(size=1800), np.arange(1800)
    known = between(noise + draw.normal(size=60)[asset], asset, "asset", "asset", seed=0)
    assert known is not None
    assert known.shown
    assert known.share.low <= 0.5 <= known.share.high
    slow = np.sin(order / 40) * np.sqrt(2)
    state = drifting(noise + slow, order, None, order // 45, name="time")
    assert state is not None
    assert 0.3 < state.share.value < 0.55
    none = drifting(noise, order, None, order // 45, name="time")
    assert none is not None
    assert not none.shown
    told = column(noise + 2.0 * (asset % 2), (asset % 2).astype(float), asset, name="mould", tests=5)
    assert told.share.low > 0.3
    assert not column(noise, draw.normal(size=1800), asset, name="x", tests=5).shown
