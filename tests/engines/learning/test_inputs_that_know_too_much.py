"""Leaks are shown by taking them away; what is missing to learn from is not called drift; every finding has words."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from diapason.engines.learning.ladder import ladder
from diapason.engines.learning.leaks import leaking, too_good
from diapason.knowledge.findings import kinds, sentence
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.splits import SplitKind
from diapason.vocabulary.tasks import Task


def energy(data: Path) -> Examples:
    frame = pl.read_csv(data / "steel-energy" / "Steel_industry_data.csv.gz", infer_schema_length=None)
    time = frame["date"].str.to_datetime("%d/%m/%Y %H:%M").dt.epoch("s").to_numpy().astype(np.float64)
    order = np.argsort(time, kind="stable")
    inputs = frame.drop("date", "Usage_kWh")
    inputs = inputs.with_columns(pl.col(c).cast(pl.Float64) for c in inputs.columns if inputs[c].dtype.is_numeric())
    target = frame["Usage_kWh"].to_numpy().astype(np.float64)
    return Examples(Task.REGRESSION, inputs[order], target[order], np.arange(len(order)), time=time[order])


def machines(data: Path, *, flags: bool) -> Examples:
    frame = pl.read_csv(data / "ai4i2020" / "ai4i2020.csv.gz")
    modes = ["TWF", "HDF", "PWF", "OSF", "RNF"]
    target = frame["Machine.failure"].to_numpy().astype(np.float64)
    inputs = frame[:, 3:8].hstack(frame.select(modes) if flags else [])
    inputs = inputs.with_columns(pl.all().cast(pl.Float64))
    return Examples(Task.CLASSIFICATION, inputs, target, np.arange(len(target)), classes=("0", "1"))


def test_same_moment_columns_of_the_steel_plant_are_named(data: Path) -> None:
    """CO2 nearly is the target; reactive power carries the score by its own moment."""
    found = {f.kind: f for f in leaking(energy(data), seed=0)}
    assert found["leak_by_itself"].where.columns == ("CO2(tCO2)",)
    moment = found["leak_same_moment"]
    assert "Lagging_Current_Reactive.Power_kVarh" in moment.where.columns
    assert float(moment.facts["without"]) > 2 * float(moment.facts["with_it"])


def test_failure_modes_are_leaks_and_physics_is_not(data: Path) -> None:
    """Mode flags are found and cost the score when taken away; torque and speed are left alone."""
    (found,) = leaking(machines(data, flags=True), seed=0)
    assert {"HDF", "PWF", "OSF"} <= set(found.where.columns) <= {"TWF", "HDF", "PWF", "OSF"}
    assert float(found.facts["without"]) < float(found.facts["with_it"]) - 0.05
    assert leaking(machines(data, flags=False), seed=0) == ()


@pytest.mark.parametrize("strength", [0.0, 0.9])
def test_a_good_sensor_is_no_leak(strength: float) -> None:
    """A column that explains four fifths of the target is what one hopes for."""
    draw = np.random.default_rng(1)
    x = draw.normal(size=(600, 2))
    y = strength * x[:, 0] + np.sqrt(1 - strength**2) * draw.normal(size=600)
    rows = Examples(Task.REGRESSION, pl.DataFrame({"a": x[:, 0], "b": x[:, 1]}), y, np.arange(600))
    assert too_good(rows) == ()


def test_having_less_to_learn_from_is_a_step_of_its_own() -> None:
    """In time order the ladder first takes rows away, then the future."""
    y = np.cumsum(np.random.default_rng(2).normal(size=300))
    rows = Examples(Task.REGRESSION, pl.DataFrame({"a": y}), y, np.arange(300), time=np.arange(300.0))
    rungs = {r.cause: r.split for r in ladder(rows, SplitKind.TIME_ORDERED, seed=0, folds=3)}
    assert list(rungs) == ["", "neighbours", "scarcity", "drift"]
    sizes = [[len(f.train) for f in rungs[c].folds] for c in ("scarcity", "drift")]
    assert sizes[0][:2] == sizes[1][:2]
    assert sizes[0][2] <= sizes[1][2]


def test_every_finding_of_learning_has_words(data: Path) -> None:
    """Both languages, nothing left open."""
    found = leaking(energy(data), seed=0)
    for finding in found:
        for language in ("en", "zh"):
            assert "?" not in sentence(finding, language)
    causes = ("duplicates", "neighbours", "scarcity", "asset", "batch", "drift", "unknown")
    assert {f"honesty_gap_{c}" for c in causes} | {"leak_by_itself", "leak_same_moment"} <= set(kinds())
