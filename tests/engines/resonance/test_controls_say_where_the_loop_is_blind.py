"""Controls: plantings are what they say, curves cover, decoys harm nothing, and the same seed says the same."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diapason.engines.resonance.controls import Plan, control, copy, decoys_of, kinds, plant
from diapason.engines.resonance.decoys import DECOYS
from diapason.engines.resonance.detection import Knowledge, Outcome, over_copies, share_at_most
from diapason.engines.resonance.diagnosis import Diagnosis
from diapason.engines.resonance.planting import DEFECTS
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.findings import Finding, Where
from diapason.vocabulary.tasks import Task


def rows(task=Task.REGRESSION, n=300):
    draw = np.random.default_rng(1)
    X = draw.normal(size=(n, 3)) + np.array([5.0, 0.0, 20.0])
    value = 50 + 4 * X[:, 0] - 2 * X[:, 1] + draw.normal(size=n)
    classes, target, more = (), value, {}
    if task is Task.CLASSIFICATION:
        classes, target = ("a", "b", "c"), np.digitize(value, np.quantile(value, (0.4, 0.7))).astype(float)
    if task is Task.REMAINING_LIFE:
        asset = np.repeat(np.arange(n // 20), 20)
        target, more = np.tile(np.arange(20)[::-1], n // 20).astype(float), {"asset": asset}
    if task is Task.MONITORING:
        target = (np.arange(n) >= n - 40).astype(float)
    frame = pl.DataFrame(X, schema=["x", "y", "z"])
    return Examples(task, frame, target, np.arange(n), classes=classes, time=np.arange(n) * 60.0, **more)


ALL = [(task, kind) for kind, defect in DEFECTS.items() for task in defect.tasks]


def value_doubter(limit):
    """A diagnosis that doubts targets beyond a limit, and nothing else."""

    def look(examples):
        doubt = (np.abs(examples.target - 70) > limit).astype(float)
        return Diagnosis(examples, np.full(len(examples), 70.0), doubt, ())

    return look


@pytest.mark.parametrize(("task", "kind"), ALL)
def test_a_planting_changes_the_rows_it_names_and_no_other(task, kind):
    table = rows(task)
    planted = plant(table, 200, kind, DEFECTS[kind].high, seed=3, turn=1)
    again = plant(table, 200, kind, DEFECTS[kind].high, seed=3, turn=1)
    assert planted.bad.any()
    assert planted.examples.target.tolist() == again.examples.target.tolist()
    assert planted.examples.features.equals(again.examples.features)
    source = table.take(planted.examples.rows)
    same = planted.examples.target == source.target
    for name in table.features.columns:
        left = planted.examples.features[name].to_numpy() == source.features[name].to_numpy()
        same &= left | (kind == "input_drift")
    assert same[~planted.bad].all() or kind == "target_swapped"
    assert kind == "input_stuck" or not same[planted.bad].all() or kind == "input_drift"


@pytest.mark.parametrize("name", sorted(DECOYS))
def test_a_decoy_says_which_rows_it_touched(name):
    table = rows(DECOYS[name].tasks[0])
    made = DECOYS[name].make(copy(table, 200, "decoy", 0, seed=0), np.random.default_rng(0))
    assert made.rows.any()
    assert len(made.rows) == len(made.source) == len(made.examples)


def test_a_diagnosis_that_sees_far_values_has_a_limit_and_a_blind_one_has_none():
    table = rows()
    plan = Plan(300, ("target_gross", "target_constant"), 4, 4, 1, (), 2)
    sharp = control(table, plan, value_doubter(18), lambda d: d.doubt > 0.5, seed=0)
    blind = control(table, plan, value_doubter(1e9), lambda d: d.doubt > 0.5, seed=0)
    assert sharp.detected[0].curve.limit is not None
    assert all(d.curve.limit is None for d in blind.detected)
    assert max(blind.flags) == 0
    assert max(float(d.curve.next_high[-1]) for d in blind.detected) < 0.5


def test_the_same_seed_says_the_same_and_another_plants_elsewhere():
    table = rows()
    plan = Plan(200, kinds(table)[:3], 2, 2, 1, decoys_of(table)[:2], 2)
    made = [control(table, plan, value_doubter(15), lambda d: d.doubt > 0.5, seed=s) for s in (0, 0, 1)]
    assert [d.outcomes for d in made[0].detected] == [d.outcomes for d in made[1].detected]
    assert made[0].decoys == made[1].decoys
    assert [d.outcomes for d in made[0].detected] != [d.outcomes for d in made[2].detected]


def test_a_finding_of_another_kind_catches_nothing():
    """Named as a wrong unit is not named as false labels."""
    table = rows()

    def look(examples):
        found = Finding("label_doubted", Where(("target",), tuple(examples.rows.tolist())), 1.0)
        return Diagnosis(examples, examples.target, np.zeros(len(examples)), (found,))

    made = control(table, Plan(300, ("target_scale",), 2, 2, 0, (), 2), look, lambda d: d.doubt > 0.5, seed=0)
    assert [o.caught for o in made.detected[0].outcomes] == [0, 0]


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(st.floats(1, 16), st.integers(0, 20)), min_size=1, max_size=6))
def test_a_curve_rises_and_its_interval_holds_its_mean(plantings):
    known = Knowledge(1, 16)
    for strength, caught in plantings:
        known.tell(Outcome(strength, caught, 20))
    curve = known.curve(20)
    assert np.all(np.diff(curve.mean) >= -1e-9)
    assert np.all(curve.low <= curve.high)
    assert np.all(np.diff(curve.next_low) >= -1e-9)
    assert 0 <= curve.mean.min() <= curve.mean.max() <= 1


def test_intervals_cover_the_next_planting_of_made_curves():
    """Curves with a threshold anywhere, 4 plantings each; the fifth lies inside in 85 % of 40 cases at least."""
    draw, inside = np.random.default_rng(5), []
    for case in range(40):
        middle, known = draw.uniform(0.1, 0.9), Knowledge(2, 32, seed=case)

        def rate(s, middle=middle):
            u = np.log(s / 2) / np.log(16) - middle + 0.05 * draw.normal()
            return draw.binomial(25, 0.95 / (1 + np.exp(-u / 0.05)))

        for _ in range(4):
            strength = known.ask()
            known.tell(Outcome(strength, int(rate(strength)), 25))
        strength = float(np.exp(draw.uniform(np.log(2), np.log(32))))
        _, low, high = known.curve(25).at(strength)
        inside.append(low - 1e-9 <= rate(strength) / 25 <= high + 1e-9)
    assert np.mean(inside) >= 0.85


def test_small_counts_are_bounded_as_they_must_be():
    assert share_at_most(0, 12) == pytest.approx(0.221, abs=0.001)
    assert share_at_most(3, 3) == 1.0
    assert over_copies([0.0] * 19)[3] == pytest.approx(0.9)


def test_rows_without_time_get_no_defects_that_need_it():
    bare = replace(rows(), time=None)
    assert not {"input_spike", "input_stuck", "input_drift"} & set(kinds(bare))
    assert {"target_gross", "input_unit"} <= set(kinds(bare))
