"""A plant that has learnt, as the tests of what must be shown want it."""

import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import diapason


@pytest.fixture(scope="session")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A furnace, assessed, learnt by wang, approved by li; a paper lies beside it. Nothing is published or declared."""
    folder = tmp_path_factory.mktemp("taught")
    draw = np.random.default_rng(0)
    x = draw.normal(size=(120, 2))
    table = pl.DataFrame({"flow": x[:, 0], "speed": x[:, 1], "hardness": 50 + 3 * x[:, 0] + draw.normal(size=120)})
    table.write_csv(folder / "furnace.csv")
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
