"""What a repair changed among the inputs stands in the adopted version, cell by cell, and nothing else does."""

import asyncio

import numpy as np
import polars as pl
import pytest

from diapason.services import adopt, ingest, resonate, workspace
from diapason.vocabulary.tables import ROW, VersionRef


@pytest.fixture(scope="module")
def plant(tmp_path_factory):
    folder = tmp_path_factory.mktemp("units")
    draw = np.random.default_rng(0)
    X = draw.uniform(0.2, 3.0, size=(700, 3))
    wrong = draw.random(700) < 0.25
    target = np.sin(X[:, 0]) * 3 + X[:, 1] + 0.1 * draw.normal(size=700)
    flow = np.where(wrong, 10 * X[:, 0], X[:, 0])
    table = {"flow": flow, "speed": X[:, 1], "idle": X[:, 2], "hardness": target}
    pl.DataFrame(table).write_csv(folder / "mill.csv")
    workspace.init(folder / "plant", person="wang")
    ws = workspace.open_workspace(folder / "plant", person="wang")
    asyncio.run(ingest.run(ws, str(folder / "mill.csv"), name="mill", target="hardness"))
    return ws, X[:, 0], wrong


def test_the_adopted_version_has_the_converted_values(plant, without_controls):
    ws, right, wrong = plant
    done = resonate.run(ws, "mill", budget="1s", task="regression")
    assert "convert_input" in done["adopted"][0], done["rows"]
    made = adopt.run(ws, "mill")
    assert made["dataset"] == "mill@2"
    old, new = (ws.lake.scan(VersionRef("mill", v)).collect().sort(ROW) for v in (1, 2))
    flow, before = new["flow"].to_numpy(), old["flow"].to_numpy()
    changed = flow != before
    assert (changed & wrong).sum() > 0.6 * wrong.sum()
    known = changed & np.isfinite(flow)
    assert np.allclose(flow[known & wrong], right[known & wrong])
    assert (changed & ~wrong).sum() <= 0.05 * wrong.sum()
    assert new.drop("flow").equals(old.drop("flow"))


def test_inputs_that_are_no_numbers_or_mostly_missing_stop_nothing():
    from diapason.engines.resonance.converted import converted
    from diapason.vocabulary.examples import Examples
    from diapason.vocabulary.tasks import Task

    draw = np.random.default_rng(1)
    target, grade = draw.normal(size=300), pl.Series("grade", draw.choice(["a", "b"], 300))
    few = np.where(draw.random(300) < 0.8, np.nan, draw.normal(size=300))
    for frame in (pl.DataFrame([grade]), pl.DataFrame({"few": few, "x": draw.normal(size=300)}).fill_nan(None)):
        assert converted(Examples(Task.REGRESSION, frame, target, np.arange(300)), seed=0) is None
