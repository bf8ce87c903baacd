"""Killed at any moment: no half version, a contract exactly where there is data; the same command ends the work."""

import asyncio
import shutil
from pathlib import Path

import polars as pl
import pytest

from diapason.errors import NotFound
from diapason.services import attest
from diapason.services.ingest import contract, run
from diapason.services.workspace import init, open_workspace
from diapason.testing.killing import kill_at, touches, whole
from diapason.vocabulary.tables import ROW, VersionRef

ENGINES = "unit,cycle,T\n" + "".join(f"{u},{c},{20 + c}.5\n" for u in (1, 2, 3) for c in range(1, 30)) + "1,x,2\n"
MORE = ENGINES.replace("T\n", "T,p\n", 1).replace(".5\n", ".5,1\n").replace("1,x,2", "1,x,2,3") + "broken\n"
COMMAND = ("diapason", "ingest", "more.csv", "--name", "engines", "-o", "changes=accept", "-w", "plant")
KILLS = 5


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with one version of a dataset, and a file with other columns."""
    folder = tmp_path_factory.mktemp("killing")
    (folder / "data.csv").write_text(ENGINES)
    (folder / "more.csv").write_text(MORE)
    init(folder / "plant", person="li")
    ws = open_workspace(folder / "plant")
    asyncio.run(run(ws, str(folder / "data.csv"), name="engines", run_to_failure=True))
    ws.ledger.close()
    return folder


@pytest.fixture(scope="module")
def count(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> int:
    """How often the command touches the workspace undisturbed."""
    folder = copied(prepared, tmp_path_factory.mktemp("counting"))
    return touches(COMMAND, folder / "plant", cwd=folder)


def copied(prepared: Path, place: Path) -> Path:
    """The prepared folder once more."""
    shutil.copytree(prepared, place, dirs_exist_ok=True)
    return place


@pytest.mark.parametrize("part", range(KILLS))
def test_a_killed_ingest_leaves_a_whole_workspace_and_can_be_done_again(
    part: int, prepared: Path, count: int, tmp_path: Path
) -> None:
    """Spread over the whole command, the last touches included."""
    folder = copied(prepared, tmp_path)
    touch = max(1, round(count * (part + 1) / KILLS) - part % 2)
    killed = kill_at(COMMAND, touch, folder / "plant", cwd=folder)
    assert killed or part == KILLS - 1
    holds(folder / "plant")
    ws = open_workspace(folder / "plant")
    done = asyncio.run(run(ws, str(folder / "more.csv"), name="engines", options={"changes": "accept"}))
    assert (done["version"], done["rows"], done["rejected"]) == (2, 87, 2)
    assert len(ws.lake.versions("engines")) == 2, "what was committed before the kill is not committed again"
    assert len(ws.lake.versions("engines.rejected")) == 2
    assert [r["state"] for r in attest.runs(ws)] == ["finished", "finished"]
    ws.ledger.close()
    holds(folder / "plant")


def holds(plant: Path) -> None:
    """The workspace is whole, and every dataset has a contract that names exactly its columns."""
    assert whole(plant) == []
    ws = open_workspace(plant)
    for name in ws.lake.datasets():
        columns = ws.lake.scan(VersionRef(name)).collect_schema().names()
        assert sorted(c.name for c in contract(ws, name).columns) == sorted(c for c in columns if c != ROW)
    table = ws.lake.scan(VersionRef("engines")).collect()
    assert table.filter(pl.col("rul").is_null()).height == 0
    with pytest.raises(NotFound):
        contract(ws, "nobody")
    ws.ledger.close()
