"""A workspace with a past: versions, kept rows, a model, a second person."""

from pathlib import Path

import polars as pl
import pytest

from diapason.ports.workspace import Workspace
from diapason.services import attest, workspace
from diapason.vocabulary.evidence import Plan


def rows(start: int, stop: int, shift: float = 0.0) -> pl.DataFrame:
    """A small table."""
    numbers = range(start, stop)
    return pl.DataFrame(
        {"_row": numbers, "x": [i / 4 + shift for i in numbers], "who": [f"Geheimnis-{i}" for i in numbers]}
    )


def learnt(ws: Workspace, dataset: str, model: str) -> str:
    """A finished run that kept its predictions, and the model that came of it; returns the digest of a part."""
    digest = ws.lake.version(workspace_ref(dataset)).digest
    run = attest.begin(ws, Plan("learn", dataset, digest, "", "rmse", "asset", ("boosted",), 1, {}))
    run.keep("predictions", pl.DataFrame({"row": [0, 1], "truth": [0.0, 0.25], "prediction": [0.1, 0.2]}))
    part = ws.vault.put(f"model of {dataset}".encode())
    ws.vault.remember(f"cell/{dataset}/0", ws.vault.put(f"cell of {dataset}".encode()))
    run.finish({"score": 0.1})
    body = {"run": run.id, "dataset": dataset, "task": "regression", "parts": {"model.txt": part}}
    ws.ledger.append("model", run=run.id, subject=model, body=body)
    return part


def workspace_ref(dataset: str):
    """The version that a text names."""
    from diapason.vocabulary.tables import VersionRef

    return VersionRef.parse(dataset)


def make(folder: Path) -> Workspace:
    """A workspace with two datasets, a model on each, and an approver."""
    workspace.init(folder, person="wang")
    ws = workspace.open_workspace(folder)
    ws.lake.commit("turbofan", [rows(0, 5000)], run="r1", note="ingest")
    ws.lake.commit("turbofan", [rows(5000, 5010)], run="r2", note="more", append=True)
    ws.lake.commit("涡轮 B", [rows(0, 20)], run="r3", note="ingest")
    learnt(ws, "turbofan@2", "turbofan@1")
    learnt(ws, "涡轮 B@1", "涡轮 B@1")
    workspace.add_person(ws, "李雷", ["approver"])
    (folder / "contracts" / "turbofan.yaml").write_text("name: turbofan\n", encoding="utf-8")
    return ws


@pytest.fixture
def plant(tmp_path: Path) -> Workspace:
    """As `make` makes it."""
    return make(tmp_path / "plant")
