"""One file, consistent, checked; back into a new folder whole or not at all."""

import json
import shutil
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from diapason.errors import BrokenEvidence, Conflict, DiapasonError, Missing, NotFound
from diapason.ports.workspace import Workspace
from diapason.services import attest, workspace
from diapason.services.workspace.saving import MANIFEST
from diapason.testing.killing import kill_at, whole
from diapason.vocabulary.tables import VersionRef


def _same(one: Workspace, other: Workspace, *, entries: int) -> None:
    assert list(other.ledger.entries())[:entries] == list(one.ledger.entries())[:entries]
    assert other.lake.datasets() == one.lake.datasets()
    for name in one.lake.datasets():
        for version in one.lake.versions(name):
            assert other.lake.version(version.ref) == version
            assert other.lake.scan(version.ref).collect().equals(one.lake.scan(version.ref).collect())
    assert set(other.vault.digests()) == set(one.vault.digests())
    assert dict(other.vault.remembered()) == dict(one.vault.remembered())
    assert workspace.people(other) == workspace.people(one)


@pytest.mark.parametrize("with_keys", [False, True])
def test_what_is_restored_is_what_was_saved(plant: Workspace, tmp_path: Path, with_keys: bool) -> None:
    """Every version, blob, key, person, contract; and it goes on working."""
    made = workspace.backup(plant, tmp_path / "b", with_keys=with_keys)
    done = workspace.restore(tmp_path / "b", tmp_path / "again")
    assert (done["datasets"], done["able"]) == (["turbofan@2", "涡轮 B@1"], with_keys)
    again = workspace.open_workspace(tmp_path / "again")
    _same(plant, again, entries=made["entries"])
    assert whole(tmp_path / "again") == []
    assert (again.folder / "contracts" / "turbofan.yaml").exists()
    again.lake.commit("turbofan", [plant.lake.scan(VersionRef("turbofan")).collect().head(3)], run="", note="")
    assert len(list((again.folder / "keys").rglob("*.pem"))) == (3 if with_keys else 0)
    assert any(b"PRIVATE KEY" in zipfile.ZipFile(tmp_path / "b").read(n) for n in _members(tmp_path / "b")) is with_keys


def _members(path: Path) -> list[str]:
    return zipfile.ZipFile(path).namelist()


def test_without_its_key_it_cannot_sign_until_it_has_one(plant: Workspace, tmp_path: Path) -> None:
    """A new one on request, known to the ledger; old results still hold by the old key."""
    workspace.backup(plant, tmp_path / "b")
    workspace.restore(tmp_path / "b", tmp_path / "dumb")
    dumb = workspace.open_workspace(tmp_path / "dumb")
    assert dumb.signer.keyid == plant.signer.keyid
    with pytest.raises(Missing):
        dumb.signer.sign(b"x")
    assert workspace.restore(tmp_path / "b", tmp_path / "new", new_key=True)["able"]
    new = workspace.open_workspace(tmp_path / "new")
    assert new.signer.keyid != plant.signer.keyid
    assert attest.result(new, "learn", "turbofan")
    shutil.copy(plant.folder / "keys" / "workspace.pem", tmp_path / "dumb" / "keys")
    assert workspace.open_workspace(tmp_path / "dumb").signer.sign(b"x")


def test_it_is_consistent_while_others_write_and_delete(plant: Workspace, tmp_path: Path) -> None:
    """Three backups while another thread appends and forgets; each restores to a whole workspace."""
    stop = threading.Event()
    other = workspace.open_workspace(plant.folder)
    table = plant.lake.scan(VersionRef("turbofan")).collect().head(100)

    def write() -> None:
        k = 0
        while not stop.is_set():
            k += 1
            other.lake.commit(f"d{k % 3}", [table], run=f"w{k}", note="", append=True)
            other.vault.remember("k", other.vault.put(bytes([k % 250]) * 5000))
            if k % 4 == 0:
                workspace.forget(other, f"d{k % 3}", reason="test")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = [workspace.backup(plant, tmp_path / f"b{i}") for i in range(3)]
    finally:
        stop.set()
        writer.join()
    for i, said in enumerate(made):
        done = workspace.restore(tmp_path / f"b{i}", tmp_path / f"again{i}")
        assert done["entries"] == said["entries"]
        assert whole(tmp_path / f"again{i}") == []


def test_nothing_is_ever_written_over(plant: Workspace, tmp_path: Path) -> None:
    """Neither a file by a backup, nor a folder by a restore; an empty folder is nothing."""
    workspace.backup(plant, tmp_path / "b")
    before = (tmp_path / "b").read_bytes()
    with pytest.raises(Conflict, match="exists"):
        workspace.backup(plant, tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "x").touch()
    (tmp_path / "file").touch()
    for target in (plant.folder, tmp_path / "mine", tmp_path / "file"):
        with pytest.raises(Conflict, match="ever restored"):
            workspace.restore(tmp_path / "b", target)
    (tmp_path / "empty").mkdir()
    workspace.restore(tmp_path / "b", tmp_path / "empty")
    with pytest.raises(NotFound):
        workspace.restore(tmp_path / "absent", tmp_path / "x")
    assert whole(plant.folder) == whole(tmp_path / "empty") == []


def test_a_backup_that_was_harmed_is_refused_whole(plant: Workspace, tmp_path: Path) -> None:
    """Cut anywhere, or one bit flipped anywhere: refused, or every byte is as it was; never half a folder."""
    workspace.backup(plant, tmp_path / "b")
    good = (tmp_path / "b").read_bytes()
    cuts = [0, 1, 100, len(good) // 2, len(good) - 1]
    for k, bad in enumerate([good[:n] for n in cuts] + [_flipped(good, k * len(good) // 25) for k in range(25)]):
        (tmp_path / "bad").write_bytes(bad)
        try:
            workspace.restore(tmp_path / "bad", tmp_path / f"r{k}")
        except BrokenEvidence:
            assert not (tmp_path / f"r{k}").exists()
        else:
            _same(plant, workspace.open_workspace(tmp_path / f"r{k}"), entries=5)
            assert k >= len(cuts)
    assert not list(tmp_path.glob(".*restoring"))


def _flipped(data: bytes, at: int) -> bytes:
    bad = bytearray(data)
    bad[at] ^= 16
    return bytes(bad)


def _renamed(name: str) -> Callable[[str], str]:
    return lambda member: name if member == "contracts/turbofan.yaml" else member


@pytest.mark.parametrize(
    "name", ["../evil", "/evil", "contracts/../../evil.yaml", "C:\\evil", "lake/../evil.parquet", "keys/../evil.pem"]
)
def test_a_backup_that_points_elsewhere_is_refused(plant: Workspace, tmp_path: Path, name: str) -> None:
    """Even with a manifest that agrees."""
    workspace.backup(plant, tmp_path / "b")
    change = _renamed(name)
    with zipfile.ZipFile(tmp_path / "b") as old, zipfile.ZipFile(tmp_path / "evil", "w") as new:
        said = json.loads(old.read(MANIFEST))
        said["members"] = {change(member): sha256 for member, sha256 in said["members"].items()}
        for member in old.namelist():
            new.writestr(change(member), json.dumps(said) if member == MANIFEST else old.read(member))
    with pytest.raises(BrokenEvidence):
        workspace.restore(tmp_path / "evil", tmp_path / "target")
    assert not list(tmp_path.rglob("evil.*"))
    assert not (tmp_path / "target").exists()


@pytest.mark.parametrize("where", ["lake/turbofan/*.parquet", "vault/blobs/*/*", "ledger.db"])
def test_a_damaged_workspace_is_not_saved(plant: Workspace, tmp_path: Path, where: str) -> None:
    """A backup is worth what was checked; nothing is left of the attempt."""
    path = sorted(plant.folder.glob(where))[0]
    plant.ledger.close()
    data = path.read_bytes()
    path.write_bytes(_flipped(data, len(data) // 2) if where != "ledger.db" else data[: len(data) // 2])
    with pytest.raises(DiapasonError):
        workspace.backup(workspace.open_workspace(plant.folder), tmp_path / "b")
    assert not (tmp_path / "b").exists()
    assert not list(tmp_path.glob(".backup*"))


@pytest.mark.parametrize("touch", [3, 9])
def test_a_kill_leaves_no_half_backup_and_no_half_folder(plant: Workspace, tmp_path: Path, touch: int) -> None:
    """Before a touch of a file early or late; the verbs then do their work."""
    plant.ledger.close()
    assert kill_at(["diapason", "backup", "b", "-w", "plant"], touch, tmp_path, cwd=tmp_path)
    assert not (tmp_path / "b").exists()
    assert whole(plant.folder) == []
    workspace.backup(workspace.open_workspace(plant.folder), tmp_path / "b")
    assert kill_at(["diapason", "restore", "b", "again"], 2 * touch, tmp_path, cwd=tmp_path)
    assert not (tmp_path / "again").exists()
    workspace.restore(tmp_path / "b", tmp_path / "again")
    assert whole(tmp_path / "again") == []
    assert not list(tmp_path.glob(".again*"))
