"""A furnace whose people have said all that a card asks, and a line of which nobody has said anything."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

import diapason
from diapason.ports.workspace import Workspace
from diapason.services.workspace import open_workspace

START = datetime(2026, 3, 1, 8)  # noqa: DTZ001  # as historians export it: local, without a zone
SAID = {
    "title": "Furnace 2, hardness “after quench”",
    "description": 'One row each minute.\nNot of stops; "raw".',
    "licence": "CC-BY-4.0",
    "owner": "Works 2 二厂",
    "steward": "li",
    "grade": "general",
    "sector": "RM1",
    "scene": "hardness of quenched strip",
    "keywords": "furnace, hardness, 淬火",
    "contact": "data@works.example",
    "language": "zh",
    "source": "historian of line 2",
    "generated": "no",
    "annotation": "hardness class by the laboratory, one sample an hour",
    "annotator": "laboratory 2",
}


def furnace() -> pl.DataFrame:
    """Two furnaces in turn, with gaps, odd names and a class to predict."""
    rows = 600
    return pl.DataFrame(
        {
            "at": [START + timedelta(minutes=i // 2) for i in range(rows)],
            "unit": ["F1", "F2"] * (rows // 2),
            "heat [°C]": [540.5 + (i % 37) / 8 if i % 50 else None for i in range(rows)],
            "流量 t/h": [50.25 + (i % 11) / 4 for i in range(rows)],
            "steps": [i % 5 for i in range(rows)],
            "class": ["ok", "soft", "ok", "hard"] * (rows // 4),
        }
    )


@pytest.fixture(scope="session")
def described(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with both."""
    folder = tmp_path_factory.mktemp("described")
    furnace().write_parquet(folder / "furnace.parquet")
    pl.DataFrame({"flow": [1.5, None, 2.5], "ok": [True, False, None]}).write_csv(folder / "line.csv")
    plant = diapason.init(folder / "plant", person="wang")
    plant.ingest(str(folder / "furnace.parquet"), name="furnace", time="at", asset="unit", target="class")
    plant.ingest(str(folder / "line.csv"), name="line")
    plant.describe("furnace", **SAID)
    plant.assess("furnace")
    return folder


@pytest.fixture
def ws(described: Path, tmp_path: Path) -> Workspace:
    """A copy of it, opened by wang."""
    shutil.copytree(described / "plant", tmp_path / "plant")
    return open_workspace(tmp_path / "plant", person="wang")
