"""A workspace is made whole or not at all, found from below, and refused with a reason where it is not what it was."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from diapason.errors import BrokenEvidence, Conflict, DataError, DiapasonError, Missing, NotFound
from diapason.ports.workspace import Workspace
from diapason.services import workspace
from diapason.services.workspace.working import Threads
from diapason.testing.killing import kill_at, whole


@pytest.mark.parametrize("name", ["plant-a", "Werk Süd", "一号工厂", "a#b", "100%"])
def test_a_folder_of_any_ordinary_name_becomes_a_workspace(tmp_path: Path, name: str) -> None:
    """With one administrator, a key that signs, an empty lake; other files in the folder stay."""
    (tmp_path / name).mkdir()
    (tmp_path / name / "engines.csv").write_text("a,b\n1,2\n")
    made = workspace.init(tmp_path / name, person="李雷")
    ws = workspace.open_workspace(tmp_path / name)
    assert (ws.name, ws.person, ws.signer.keyid) == (name, "李雷", made["keyid"])
    assert workspace.people(ws)["李雷"]["roles"] == ["administrator", "trainer", "operator"]
    assert len(ws.signer.sign(b"x")) == 64
    assert ws.lake.datasets() == ()
    assert (tmp_path / name / "engines.csv").exists()
    assert {p.name for p in (tmp_path / name).iterdir()} >= {"diapason.toml", "lake", "vault", "keys", "ledger.db"}
    assert whole(tmp_path / name) == []


@pytest.mark.parametrize(
    ("folder", "error"),
    [
        ("made", Conflict),
        ("taken", Conflict),
        ("file", Conflict),
        ("a%20b", DataError),
        ("x@1", DataError),
        ("/", DataError),
    ],
)
def test_a_folder_that_cannot_be_one_is_refused(tmp_path: Path, folder: str, error: type[DiapasonError]) -> None:
    """A workspace already, files of its own that clash, a file, a path or a name that tables cannot have."""
    workspace.init(tmp_path / "made")
    (tmp_path / "taken" / "lake").mkdir(parents=True)
    (tmp_path / "taken" / "lake" / "fish.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(error) as caught:
        workspace.init(tmp_path / folder)
    assert caught.value.fix
    assert (tmp_path / "taken" / "lake" / "fish.txt").read_text() == "mine"
    assert whole(tmp_path / "made") == []


def test_a_kill_while_it_is_made_leaves_none_and_the_next_call_makes_it(tmp_path: Path) -> None:
    """Before a touch of a file while parts are made, and while they are moved in, in turn on the same folder."""
    for touch in (3, 13, 27):
        assert kill_at(["diapason", "init", "plant"], touch, tmp_path / "plant", cwd=tmp_path)
        assert not (tmp_path / "plant" / "diapason.toml").exists()
    workspace.init(tmp_path / "plant")
    assert whole(tmp_path / "plant") == []
    assert not list((tmp_path / "plant").glob(".making*"))


def test_it_is_found_from_below_and_nowhere_else(plant: Workspace) -> None:
    """Like a repository; outside, the error says what to do."""
    deep = plant.folder / "lake" / "turbofan"
    assert workspace.open_workspace(deep).folder == plant.folder
    with pytest.raises(NotFound, match="init"):
        workspace.open_workspace(plant.folder.parent)


def _write(text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / "diapason.toml").write_text(text, encoding="utf-8")


def _swap_keys(folder: Path) -> None:
    workspace.init(folder.parent / "other")
    for name in ("workspace.pem", "workspace.pub"):
        shutil.copy(folder.parent / "other" / "keys" / name, folder / "keys" / name)


def _no_ledger(folder: Path) -> None:
    for path in folder.glob("ledger.db*"):
        path.unlink()


def _empty_ledger(folder: Path) -> None:
    _no_ledger(folder)
    (folder / "ledger.db").touch()


@pytest.mark.parametrize(
    ("harm", "error"),
    [
        (_write("format = 1\nname = "), DataError),
        (_write("format = 1\n"), DataError),
        (_write("\x00"), DataError),
        (_write('format = 9\nname = "a"\nperson = "wang"\n'), Missing),
        (_write('format = 1\nname = "a"\nperson = "nobody"\n'), NotFound),
        (_no_ledger, BrokenEvidence),
        (_empty_ledger, BrokenEvidence),
        (_swap_keys, BrokenEvidence),
    ],
)
def test_what_is_not_as_it_was_is_refused(plant: Workspace, harm: Callable, error: type[DiapasonError]) -> None:
    """Settings, ledger and key; nothing of the lake is touched by the refusal."""
    plant.ledger.close()
    harm(plant.folder)
    before = sorted(p.name for p in (plant.folder / "lake").rglob("*.parquet"))
    with pytest.raises(error) as caught:
        workspace.open_workspace(plant.folder)
    assert caught.value.fix
    assert sorted(p.name for p in (plant.folder / "lake").rglob("*.parquet")) == before


READER = """
import os, sys
from pathlib import Path
import deltalake
from diapason.errors import Conflict
from diapason.services import workspace
from diapason.vocabulary.tables import VersionRef
from diapason.stores import keys, lake, ledger, vault
workspace.doctor(Path(sys.argv[1]))
if hasattr(os, "geteuid") and os.geteuid() == 0:
    os.setuid(65534)  # root may write anywhere; from here on modules may be out of reach
ws = workspace.open_workspace(Path(sys.argv[1]))
assert workspace.status(ws)["datasets"][0]["rows"] == 5010
frame = ws.lake.scan(VersionRef("turbofan")).collect()
assert frame.height == 5010
assert workspace.doctor(ws.folder)["whole"]
append, put = (lambda: ws.ledger.append("plan", body={})), (lambda: ws.vault.put(b"x"))
for act in (append, put, lambda: ws.lake.commit("t", [frame], run="", note="")):
    try:
        act()
        sys.exit("written")
    except Conflict as error:
        assert error.fix
"""


def test_it_opens_where_nothing_may_be_written(plant: Workspace) -> None:
    """An archive on a read-only disk: everything reads, writing says why not. (As a user without rights.)"""
    plant.ledger.close()
    for path in [plant.folder, *plant.folder.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o400 if path.suffix == ".pem" else 0o444)
    for above in plant.folder.parents:
        if above in (Path(tempfile.gettempdir()), above.parent):
            break
        above.chmod(above.stat().st_mode | 0o055)
    done = subprocess.run(
        [sys.executable, "-c", READER, str(plant.folder)], capture_output=True, text=True, check=False
    )
    for path in [plant.folder, *plant.folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    assert done.returncode == 0, done.stderr


def test_what_a_kill_left_is_undone_and_told(plant: Workspace) -> None:
    """A stray file and a stage without a writer; the second opening has nothing to tell."""
    (plant.folder / "lake" / "turbofan" / "stray.parquet").write_bytes(b"x")
    (plant.folder / "lake" / ".staging" / "dead").mkdir()
    assert len(workspace.open_workspace(plant.folder).settings["undone"]) == 2
    assert workspace.open_workspace(plant.folder).settings["undone"] == []


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_work_comes_back_in_order(threads: int) -> None:
    """Whatever finishes first; an error comes at its place; a caller who stops early ends it."""
    import time

    def slow(x: int) -> int:
        time.sleep(0.002 * (7 - x % 7))
        return x * x

    workers = Threads(threads)
    assert list(workers.map(slow, range(20))) == [x * x for x in range(20)]
    begun: list[int] = []

    def breaks(x: int) -> int:
        begun.append(x)
        return 1 // (3 - x)

    with pytest.raises(ZeroDivisionError):
        list(workers.map(breaks, range(1000)))
    first = next(iter(workers.map(slow, range(1000))))
    assert first == 0
    assert len(begun) < 30
