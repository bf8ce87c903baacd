"""Small plants that have learnt: one has gone the whole way once, one is still to be published."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import diapason
from diapason.services.workspace import Workspace, open_workspace


@pytest.fixture(scope="session")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A furnace, assessed, learnt by wang, approved by li; a paper lies beside it. Nothing is published or declared."""
    folder = tmp_path_factory.mktemp("taught")
    draw = np.random.default_rng(0)
    x = draw.normal(size=(120, 2))
    hardness = 50 + 3 * x[:, 0] + draw.normal(size=120)
    table = pl.DataFrame({"flow_t_h": x[:, 0], "speed": x[:, 1], "hardness": hardness})
    table.write_csv(folder / "furnace.csv")
    table.drop("hardness").head(5).write_csv(folder / "new.csv")
    (folder / "paper.pdf").write_bytes(b"signed by somebody")
    plant = diapason.init(folder / "plant", person="wang")
    plant.person("li", roles=["approver"])
    plant.ingest(str(folder / "furnace.csv"), name="furnace", target="hardness")
    plant.assess("furnace")
    plant.learn("furnace", task="regression")
    diapason.open_plant(folder / "plant", person="li").approve("furnace@1")
    return folder


@pytest.fixture
def furnace(taught: Path, tmp_path: Path) -> Path:
    """A copy of it: the folder that holds `plant` and `paper.pdf`."""
    shutil.copytree(taught, tmp_path / "furnace")
    return tmp_path / "furnace"


@pytest.fixture(scope="session")
def shown(taught: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, published and asked for a prediction: data, an assessment, a model, a second person."""
    folder = tmp_path_factory.mktemp("shown")
    shutil.copytree(taught / "plant", folder / "plant")
    plant = diapason.open_plant(folder / "plant", person="wang")
    plant.publish("furnace@1", accept=["rmse<=9"], waive="a test")
    plant.predict(str(taught / "new.csv"), model="furnace@1", out=folder / "out.csv")
    return folder / "plant"


@pytest.fixture
def ws(shown: Path, tmp_path: Path) -> Workspace:
    """A copy of it, opened by wang."""
    shutil.copytree(shown, tmp_path / "plant")
    return open_workspace(tmp_path / "plant", person="wang")


@pytest.fixture
def as_person(ws: Workspace) -> Callable[[str], Workspace]:
    """The same workspace, opened by somebody else."""
    return lambda name: open_workspace(ws.folder, person=name)
