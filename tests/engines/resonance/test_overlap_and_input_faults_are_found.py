"""Twins across folds, columns that know the answer, and sensor faults tied to loss."""

import numpy as np
import polars as pl
import pytest

from diapason.engines.resonance.overlap import leaks, twins_across
from diapason.engines.resonance.sensors import faults, mend, rules
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.splits import Fold
from diapason.vocabulary.tasks import Task

N = 1000


def table(seed=0, **columns):
    draw = np.random.default_rng(seed)
    base = {"a": draw.normal(size=N), "b": draw.normal(size=N), "c": draw.gamma(2.0, size=N)}
    return draw, pl.DataFrame(base | columns)


def regression(frame, target):
    return Examples(Task.REGRESSION, frame, target, np.arange(N), time=np.arange(N) * 1.0)


def folds(k=5):
    part = np.arange(N) % k
    return tuple(Fold(np.flatnonzero(part != i), np.flatnonzero(part == i)) for i in range(k))


def test_twins_on_both_sides_are_counted():
    draw, frame = table()
    y = draw.normal(size=N)
    index = np.r_[np.arange(N - 30), np.arange(30) + 1]
    examples = Examples(Task.REGRESSION, frame[index], y[index], np.arange(N))
    found = twins_across(examples, folds())
    assert found.kind == "twins_across_folds"
    assert 40 <= found.where.count <= 60
    assert twins_across(regression(frame, y), folds()) is None


def test_a_column_that_is_the_target_in_disguise_is_named_and_a_good_one_is_not():
    draw, frame = table()
    y = 2 * frame["a"].to_numpy() + 0.5 * draw.normal(size=N)
    told = frame.with_columns(after=pl.Series(np.exp(0.3 * y) + 0.001 * draw.normal(size=N)))
    assert [f.where.columns for f in leaks(regression(told, y))] == [("after",)]
    assert leaks(regression(frame, y)) == ()


def test_a_flag_that_is_only_set_after_a_failure_is_named():
    draw, frame = table()
    failed = draw.random(N) < 0.08
    flag = failed & (draw.random(N) < 0.4)
    made = frame.with_columns(overstrain=pl.Series(flag.astype(float)))
    examples = Examples(Task.CLASSIFICATION, made, failed.astype(float), np.arange(N), classes=("no", "yes"))
    assert [f.where.columns for f in leaks(examples)] == [("overstrain",)]


@pytest.mark.parametrize("k", [2, 3])
def test_separable_classes_are_no_leak(k):
    draw, frame = table()
    label = np.digitize(frame["a"].to_numpy() + 0.3 * draw.normal(size=N), np.linspace(-0.5, 0.5, k - 1)).astype(float)
    examples = Examples(Task.CLASSIFICATION, frame, label, np.arange(N), classes=tuple("abc"[:k]))
    assert leaks(examples) == ()


def drifting(draw):
    return np.cumsum(draw.normal(size=N)) * 0.1


def with_unit(draw, x):
    rows = draw.choice(N, 60, replace=False)
    return np.where(np.isin(np.arange(N), rows), 1.8 * (x + 50) + 32, x + 50), "unit"


def with_code(draw, x):
    return np.where(draw.random(N) < 0.03, -999.0, x), "range"


def with_spikes(draw, x):
    hit = np.isin(np.arange(N), draw.choice(np.arange(20, N - 20), 20, replace=False))
    return x + np.where(hit, draw.choice([-1, 1], N) * 3.0, 0), "spike"


def with_hold(draw, x):
    held = x + 0.01 * draw.normal(size=N)
    held[300:360] = held[300]
    return held, "stuck"


@pytest.mark.parametrize("damage", [with_unit, with_code, with_spikes, with_hold])
def test_each_fault_of_an_input_gets_its_rule(damage):
    draw, frame = table(3)
    truth = drifting(draw) if damage is not with_unit else 3 * frame["a"].to_numpy() + 0.2 * draw.normal(size=N)
    values, kind = damage(draw, truth)
    examples = regression(frame.with_columns(probe=pl.Series(values)), frame["b"].to_numpy())
    found = [r for r in rules(examples, seed=0) if r["column"] == "probe"]
    assert kind in {r["fault"] for r in found}
    features, touched = mend(examples, found)
    assert touched.any()
    if kind == "unit":
        assert np.abs(features["probe"].to_numpy() - 50 - truth).max() < 1e-6


def test_sound_inputs_get_no_rule():
    draw, frame = table(1)
    frame = frame.with_columns(walk=pl.Series(drifting(draw)), level=pl.Series(np.tile([1.0, 2.0], 500)))
    frame = frame.with_columns(steps=pl.Series(np.repeat(draw.normal(size=50), 20)))
    assert rules(regression(frame, draw.normal(size=N)), seed=0) == ()


def test_a_fault_that_the_loss_follows_is_said():
    draw, frame = table(2)
    values = np.where(draw.random(N) < 0.05, -999.0, drifting(draw))
    examples = regression(frame.with_columns(probe=pl.Series(values)), frame["b"].to_numpy())
    loss = np.where(values < -900, 3.0, 1.0) * draw.normal(size=N)
    kinds = {f.kind for f in faults(examples, loss, seed=0)}
    assert kinds == {"input_range", "loss_follows_sensor"}
    assert {f.kind for f in faults(examples, draw.normal(size=N), seed=0)} == {"input_range"}
