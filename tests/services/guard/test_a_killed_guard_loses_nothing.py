"""Killed at any moment: no row lost, none twice, nothing half written; the same command ends the work."""

import asyncio
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from diapason.services import attest, guard
from diapason.services.workspace import open_workspace
from diapason.testing.killing import kill_at, touches, whole
from diapason.vocabulary.tables import VersionRef

Rows = Callable[[int, int], list[dict[str, Any]]]
STREAM = ("diapason", "guard", "line", "--from", "live.jsonl", "--version-rows", "60", "--rows", "60", "-w", "plant")
BRING = ("diapason", "ingest", "b.csv", "--name", "line", "--append", "-w", "plant")
RELEASE = ("diapason", "quarantine", "line", "--release", "all", "--because", "right", "-w", "plant")


@pytest.fixture(scope="module")
def prepared(lined: Path, rows: Rows, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The line, and 120 rows as a file, four of them bad and one no row."""
    folder = tmp_path_factory.mktemp("killed")
    shutil.copytree(lined, folder / "plant")
    made = rows(120, 600)
    for i in (3, 50, 70, 119):
        made[i]["T"] = 999.0
    lines = [json.dumps(row) for row in made]
    (folder / "live.jsonl").write_text("\n".join([*lines[:80], "{half", *lines[80:]]) + "\n", encoding="utf-8")
    pl.DataFrame(made).write_csv(folder / "b.csv")
    return folder


def counts(folder: Path) -> tuple[int, int, int]:
    """Rows of the dataset, of its quarantine, and of what was refused."""
    ws = open_workspace(folder / "plant", person="wang")
    assert whole(folder / "plant") == []
    told = tuple(
        ws.lake.version(VersionRef(name)).rows if ws.lake.versions(name) else 0
        for name in ("line", "line.quarantine", "line.rejected")
    )
    totals = guard.view(ws, "line")["totals"]
    assert totals["sent"] == totals["stored"] + totals["quarantined"] + totals["refused"]
    assert [r["state"] for r in attest.runs(ws) if r["state"] != "finished"] == []
    assert len(guard.view(ws, "line")["incidents"]) == len({i["rule"] for i in guard.view(ws, "line")["incidents"]})
    ws.ledger.close()
    return told


@pytest.mark.parametrize("share", [0.6, 0.85])
def test_a_killed_stream_goes_on_where_it_was(share: float, prepared: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(prepared, tmp_path / "x")
    count = _touched(STREAM, prepared)
    assert kill_at(STREAM, max(1, round(count * share)), folder / "plant", cwd=folder)
    ws = open_workspace(folder / "plant", person="wang")
    guard.run(ws, "line", str(folder / "live.jsonl"))
    ws.ledger.close()
    assert counts(folder) == (600 + 116, 4, 1)


@pytest.mark.parametrize("share", [0.8])
def test_a_killed_ingest_sets_rows_aside_once(share: float, prepared: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(prepared, tmp_path / "x")
    count = _touched(BRING, prepared)
    assert kill_at(BRING, max(1, round(count * share)), folder / "plant", cwd=folder)
    ws = open_workspace(folder / "plant", person="wang")
    asyncio.run(guard.bring(ws, str(folder / "b.csv"), name="line", append=True))
    ws.ledger.close()
    assert counts(folder) == (600 + 116, 4, 0)


def test_a_killed_release_releases_once(prepared: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(prepared, tmp_path / "x")
    ws = open_workspace(folder / "plant", person="wang")
    guard.run(ws, "line", str(folder / "live.jsonl"))
    ws.ledger.close()
    count = touches(RELEASE, shutil.copytree(folder, tmp_path / "y") / "plant", cwd=tmp_path / "y")
    assert kill_at(RELEASE, count - 1, folder / "plant", cwd=folder)
    ws = open_workspace(folder / "plant", person="wang")
    assert guard.quarantine(ws, "line")["waiting"] in (0, 4)
    if guard.quarantine(ws, "line")["waiting"]:
        guard.decide(ws, "line", "release", "all", because="right")
    assert ws.lake.version(VersionRef("line")).rows == 600 + 120
    ws.ledger.close()


_COUNTS: dict[tuple[str, ...], int] = {}


def _touched(command: tuple[str, ...], prepared: Path) -> int:
    if command not in _COUNTS:
        folder = shutil.copytree(prepared, prepared.with_name(f"count-{len(_COUNTS)}"))
        _COUNTS[command] = touches(command, folder / "plant", cwd=folder)
    return _COUNTS[command]
