"""Bytes go, digests and reason stay; what others stand on stays; a kill in between is made good."""

from pathlib import Path

import pytest

from diapason.errors import DataError, DiapasonError, NotFound, Refused
from diapason.ports.workspace import Workspace
from diapason.services import attest, workspace
from diapason.services.workspace.forgetting import models
from diapason.testing.killing import kill_at, whole
from diapason.vocabulary.evidence import Plan
from diapason.vocabulary.tables import VersionRef


def test_a_dataset_goes_with_the_rows_that_its_runs_kept(plant: Workspace) -> None:
    """Lake, kept predictions, cells and contract; the model learnt on it stays and is named; the other dataset too."""
    kept = plant.vault.recall("cell/turbofan@2/0")
    assert kept
    plant.vault.remember("ranges/涡轮 B@1", plant.vault.put(b"ranges"))
    table = plant.lake.scan(VersionRef("涡轮 B")).collect()
    plant.lake.commit("turbofan.rejected", [table], run="r1", note="refused")
    joined = attest.begin(plant, Plan("join", "coils", "", "", "", "", (), 0, {}, settings={"left": "turbofan@2"}))
    plant.lake.commit("coils", [table], run=joined.id, note="join")
    joined.finish({})
    gone = workspace.forget(plant, "turbofan", reason="contract ended")
    assert gone["models"] == ["turbofan@1"]
    assert kept in gone["digests"].values()
    assert plant.vault.recall("cell/turbofan@2/0") is None
    assert plant.lake.datasets() == ("coils", "涡轮 B")
    assert gone["datasets"] == ["coils@1"]
    assert not (plant.folder / "contracts" / "turbofan.yaml").exists()
    assert plant.vault.recall("cell/涡轮 B@1/0") is None, "cells cannot be told apart; they are computed again"
    assert plant.vault.recall("ranges/涡轮 B@1")
    part = models(plant.ledger)["turbofan@1"].body["parts"]["model.txt"]
    assert plant.vault.get(part)
    assert any(e.body.get("reason") == "contract ended" for e in plant.ledger.entries(kind="erase"))
    assert not (plant.folder / "lake" / "turbofan").exists()
    assert whole(plant.folder) == []
    assert workspace.doctor(plant.folder)["whole"]


def test_one_version_goes_and_the_others_stay(plant: Workspace) -> None:
    """And its number is never given again."""
    workspace.forget(plant, "turbofan@2", reason="wrong file")
    assert [v["version"] for v in workspace.versions(plant, "turbofan")] == [1]
    again = plant.lake.commit("turbofan", [plant.lake.scan(VersionRef("turbofan")).collect()], run="", note="")
    assert again.ref.version == 3
    with pytest.raises(NotFound):
        plant.lake.scan(VersionRef("turbofan", 2))


def test_a_model_goes_alone(plant: Workspace) -> None:
    """Its parts; not those that another model shares; the dataset of the same name stays."""
    shared = plant.vault.put(b"shared")
    own = plant.vault.put(b"own")
    for version, parts in ((7, {"a": shared, "b": own}), (8, {"a": shared})):
        plant.ledger.append("model", subject=f"turbofan@{version}", body={"parts": parts, "dataset": "turbofan@2"})
    gone = workspace.forget(plant, "turbofan@7", reason="recalled", model=True)
    assert gone["digests"] == {"b": own}
    assert plant.vault.get(shared) == b"shared"
    assert own not in plant.vault.digests()
    entry = workspace.forgotten(plant, "turbofan@7")
    assert entry is not None
    assert entry.body["reason"] == "recalled"
    assert workspace.forgotten(plant, "turbofan@8") is None
    assert plant.lake.version(VersionRef("turbofan", 2)).rows == 5010
    assert "turbofan@7" not in [m["name"] for m in workspace.status(plant)["models"]]
    assert workspace.doctor(plant.folder)["whole"]


@pytest.mark.parametrize(
    ("who", "what", "reason", "model", "error"),
    [
        ("李雷", "turbofan", "x", False, Refused),
        ("wang", "turbofan", " ", False, DataError),
        ("wang", "turbin", "x", False, NotFound),
        ("wang", "turbofan@9", "x", False, NotFound),
        ("wang", "turbofan@9", "x", True, NotFound),
        ("wang", "涡轮 B@x", "x", False, DataError),
    ],
)
def test_what_must_not_be_deleted_is_not(
    plant: Workspace, who: str, what: str, reason: str, model: bool, error: type[DiapasonError]
) -> None:
    """By whom, without a reason, or of a name that is not there: nothing changes."""
    before = plant.ledger.head()
    with pytest.raises(error) as caught:
        workspace.forget(workspace.open_workspace(plant.folder, person=who), what, reason=reason, model=model)
    assert caught.value.fix
    assert plant.ledger.head() == before


def test_a_promise_to_delete_is_kept_after_a_kill(plant: Workspace) -> None:
    """The ledger says erased, the bytes are still there: opening deletes them, once; the same bytes may come again."""
    digest = plant.vault.put(b"Geheimnis")
    body = {"what": "model", "digests": {"a": digest}, "reason": "x"}
    plant.ledger.append("erase", subject="turbofan@5", body=body)
    assert workspace.open_workspace(plant.folder).settings["undone"] == ["deleted a of turbofan@5"]
    assert digest not in plant.vault.digests()
    plant.vault.put(b"Geheimnis")
    assert workspace.open_workspace(plant.folder).settings["undone"] == []
    assert digest in plant.vault.digests()


def test_kills_while_forgetting_leave_it_whole(plant: Workspace, tmp_path: Path) -> None:
    """Killed here and there, then called again where it is still there."""
    plant.ledger.close()
    call = ["diapason", "forget", "turbofan", "--reason", "x", "-w", "plant"]
    for touch in (7, 13):
        kill_at(call, touch, plant.folder, cwd=tmp_path)
        assert whole(plant.folder) == []
    ws = workspace.open_workspace(plant.folder)
    if "turbofan" in ws.lake.datasets():
        workspace.forget(ws, "turbofan", reason="x")
    assert "turbofan" not in ws.lake.datasets()
    assert whole(plant.folder) == []
