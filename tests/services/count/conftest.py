"""Plants that were really learnt, published and used, with an effect that was signed."""

import asyncio
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import diapason
from diapason.ports.workspace import Workspace
from diapason.services import attest, predict, standing
from diapason.services import workspace as workspaces
from diapason.vocabulary.evidence import Plan


def plant(folder: Path, *, seed: int = 0) -> None:
    """A dataset with licence, a published model in use and its effect: everything that two rules demand."""
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(120, 2))
    table = pl.DataFrame({"flow": x[:, 0], "speed": x[:, 1], "hardness": 50 + 3 * x[:, 0] + draw.normal(size=120)})
    folder.mkdir(parents=True, exist_ok=True)
    table.write_csv(folder / "furnace.csv")
    table.drop("hardness").write_csv(folder / "new.csv")
    (folder / "licence.txt").write_text("may be used")
    made = diapason.init(folder / "plant", person="wang")
    made.person("li", roles=["approver"])
    made.ingest(str(folder / "furnace.csv"), name="furnace", target="hardness")
    made.ingest(str(folder / "new.csv"), name="mill")
    made.assess("furnace")
    made.learn("furnace", task="regression")
    diapason.open_plant(folder / "plant", person="li").approve("furnace@1")
    made.publish("furnace@1", accept=["rmse<=5"], waive="a test bench")
    ws = workspaces.open_workspace(folder / "plant", person="wang")
    asyncio.run(predict.run(ws, str(folder / "new.csv"), model="furnace@1", out=folder / "out.csv"))
    second = workspaces.open_workspace(folder / "plant", person="li")
    until = (ws.clock() + timedelta(days=90)).date().isoformat()
    standing.vouch(second, "furnace", folder / "licence.txt", kind="licence", until=until)
    effect(ws)


def effect(ws: Workspace) -> None:
    """A signed effect, as the verb signs it."""
    plan = Plan("effect", "furnace@1", "", "energy falls", "kWh", "", (), 0, {}, settings={"model": "furnace@1"})
    run = attest.begin(ws, plan)
    value = {"value": -3.0, "low": -4.0, "high": -2.0, "unit": "kWh/t"}
    run.finish({"effect": value, "better": "lower", "shown": True, "on": ["dataset:furnace@1"]})


@pytest.fixture
def grown() -> Callable[[Path], None]:
    """Makes such a plant in a folder."""
    return plant


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One plant, made once."""
    folder = tmp_path_factory.mktemp("first")
    plant(folder)
    return folder


@pytest.fixture(scope="session")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another one, with other data."""
    folder = tmp_path_factory.mktemp("other")
    plant(folder, seed=1)
    return folder


@pytest.fixture
def opened(first: Path, tmp_path: Path) -> Callable[..., Workspace]:
    """A copy of the first plant, opened by somebody."""
    shutil.copytree(first / "plant", tmp_path / "plant")
    return lambda person="li": workspaces.open_workspace(tmp_path / "plant", person=person)
