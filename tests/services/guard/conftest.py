"""A line with rules: two thousand rows, a second apart, of two machines."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest

import diapason
from diapason.services import contract, workspace
from diapason.services.workspace import Workspace

Row = dict[str, Any]
Rows = Callable[[int, int], list[Row]]


@pytest.fixture(scope="session")
def rows() -> Rows:
    """`rows(n, begin)`: as many good rows from that second on."""

    def made(n: int, begin: int) -> list[Row]:
        draw = Random(begin)
        return [
            {
                "time": (datetime(2024, 1, 1) + timedelta(seconds=begin + i)).isoformat() + "Z",  # noqa: DTZ001
                "machine": i % 2 + 1,
                "T": round(50 + draw.uniform(-9, 9), 2),
                "p": round(2 + draw.uniform(-0.2, 0.2), 3),
                "n": i % 7,
                "grade": draw.choice("AB"),
            }
            for i in range(n)
        ]

    return made


def csv(path: Path, rows: list[Row]) -> Path:
    """The rows as a file."""
    pl.DataFrame(rows, infer_schema_length=None).write_csv(path)
    return path


@pytest.fixture(scope="session")
def lined(rows: Rows, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the line and proposed rules."""
    folder = tmp_path_factory.mktemp("lined")
    plant = diapason.init(folder / "plant", person="wang")
    plant.ingest(str(csv(folder / "a.csv", rows(600, 0))), name="line", asset="machine", time="time")
    contract.run(plant.workspace, "line", proposed=True)
    plant.workspace.ledger.close()
    return folder / "plant"


@pytest.fixture
def ws(lined: Path, tmp_path: Path) -> Iterator[Workspace]:
    """A copy of it, opened by wang."""
    import shutil

    shutil.copytree(lined, tmp_path / "plant")
    opened = workspace.open_workspace(tmp_path / "plant", person="wang")
    yield opened
    opened.ledger.close()


@pytest.fixture
def policy(ws: Workspace) -> Callable[..., None]:
    """`policy(range="refuse")`: as a person would write it into the file."""

    def write(**said: str) -> None:
        path = ws.folder / "contracts" / "line.yaml"
        head, columns = path.read_text(encoding="utf-8").split("columns:")
        words = ", ".join(f"{key}: {act}" for key, act in said.items())
        path.write_text(f"{head}policy: {{{words}}}\ncolumns:{columns}", encoding="utf-8")

    return write
