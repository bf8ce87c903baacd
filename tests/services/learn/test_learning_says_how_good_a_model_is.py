"""Sealed before it trains; honest beside random; the gap has a cause; stopped and resumed; repeated by a stranger."""

import asyncio
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from diapason.errors import DataError, NotFound
from diapason.services import ingest, learn
from diapason.services.ingest import contract
from diapason.services.learn.cells import Cells
from diapason.services.learn.material import frame_of
from diapason.services.workspace import Workspace, init, open_workspace
from diapason.vocabulary.tables import VersionRef


def site(folder: Path, frame: pl.DataFrame, **roles: str) -> Workspace:
    """A workspace with one dataset, `mill`."""
    init(folder / "plant", person="li")
    ws = open_workspace(folder / "plant", person="li")
    frame.write_csv(folder / "mill.csv")
    asyncio.run(ingest.run(ws, str(folder / "mill.csv"), name="mill", **roles))
    return ws


def wandering(n: int = 700) -> pl.DataFrame:
    """A slow unseen state moves the target and leaves its mark on an input: neighbours give each other away."""
    draw = np.random.default_rng(1)
    state = np.cumsum(draw.normal(size=n))
    return pl.DataFrame(
        {
            "minute": np.arange(n),
            "feed": draw.normal(size=n),
            "mark": (np.arange(n) / 50 + 0.01 * draw.normal(size=n)).round(3),
            "hardness": 40 + state,
        }
    ).with_columns(hardness=pl.col("hardness") + pl.col("feed"))


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory):
    """A learnt model of the wandering mill."""
    ws = site(tmp_path_factory.mktemp("learnt"), wandering(), time="minute", target="hardness")
    return ws, learn.run(ws, "mill", "regression", folds=3)


def test_the_plan_is_in_the_ledger_before_the_result(learnt) -> None:
    ws, done = learnt
    order = [e.kind for e in ws.ledger.entries() if e.run == done["run"]]
    assert order.index("plan") < order.index("result") < order.index("model")
    plan = next(e.body["plan"] for e in ws.ledger.entries(kind="plan") if e.run == done["run"])
    assert plan["dataset"] == "mill@1"
    assert plan["settings"]["folds"] == 3


def test_a_random_split_flatters_where_neighbours_resemble_each_other(learnt) -> None:
    _, done = learnt
    assert done["split"]["kind"] == "time_ordered"
    honest, random = done["honest"]["score"], done["random"]["score"]
    assert random["value"] < 0.6 * honest["value"]
    gap = next(f for f in done["findings"] if f["kind"].startswith("honesty_gap"))
    said = next(s for s, f in zip(done["sentences"], done["findings"], strict=False) if f["kind"] == gap["kind"])
    assert set(said) == {"en", "zh"}
    assert len(done["ladder"]) >= 2
    cost = done["cost"]
    assert cost["spent"]["trainings"] + cost["spent"]["recalled"] <= cost["planned"]["trainings"]


def test_a_stranger_who_repeats_the_plan_gets_the_same_scores(learnt) -> None:
    ws, done = learnt
    plan = next(e.body["plan"] for e in ws.ledger.entries(kind="plan") if e.run == done["run"])
    agreed = contract(ws, "mill")
    again = learn.rerun(plan, frame_of(ws, VersionRef("mill", 1), agreed, 0, 10_000), agreed)
    for card in ("honest", "random"):
        assert again[card]["score"]["value"] == pytest.approx(done[card]["score"]["value"], rel=1e-9)


def test_what_was_trained_before_a_stop_is_not_trained_again(tmp_path, monkeypatch) -> None:
    ws = site(tmp_path, wandering(400), time="minute", target="hardness")
    real, count = Cells.kept, []

    def stopped(self, name, work):
        count.append(name)
        if len(count) == 3:
            raise KeyboardInterrupt
        return real(self, name, work)

    monkeypatch.setattr(Cells, "kept", stopped)
    with pytest.raises(KeyboardInterrupt):
        learn.run(ws, "mill", "regression", folds=3)
    monkeypatch.setattr(Cells, "kept", real)
    done = learn.run(open_workspace(tmp_path / "plant", person="li"), "mill", "regression", folds=3)
    assert done["cost"]["spent"]["recalled"] >= 2
    plans = [e for e in ws.ledger.entries(kind="plan") if e.body["plan"]["verb"] == "learn"]
    assert len(plans) == 1


@pytest.mark.parametrize(
    ("name", "task", "error", "fix"),
    [
        ("mil", "regression", NotFound, "mill"),
        ("mill", "regresion", DataError, "regression"),
        ("mill", "classification", DataError, ""),
        ("mill", "remaining_life", DataError, ""),
    ],
)
def test_what_cannot_be_learnt_is_said_with_the_fix(learnt, name, task, error, fix) -> None:
    ws, _ = learnt
    before = len(list(ws.ledger.entries()))
    with pytest.raises(error) as raised:
        learn.run(ws, name, task)
    assert fix in raised.value.said("en")["fix"]
    assert raised.value.said("en")["fix"]
    assert raised.value.said("zh")["what"] != raised.value.said("en")["what"]
    assert len(list(ws.ledger.entries())) == before
