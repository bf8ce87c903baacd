"""Whatever was changed is named, with its fix; what is sound is called sound; status says what comes next."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from diapason.errors import NotFound
from diapason.ports.workspace import Workspace
from diapason.services import attest, workspace
from diapason.vocabulary.evidence import Plan


def _bad(folder: Path) -> dict[str, dict]:
    checks = workspace.doctor(folder)["checks"]
    return {check["name"]: check for check in checks if check["state"] == "bad"}


def test_a_sound_workspace_is_sound(plant: Workspace) -> None:
    """Every check says something in both languages; looking changes nothing."""
    before = plant.ledger.head()
    found = workspace.doctor(plant.folder)
    assert found["whole"]
    assert {"ledger", "key", "lake", "vault", "evidence", "disk", "packages", "font"} <= {
        c["name"] for c in found["checks"]
    }
    assert all(c["said"]["en"] and c["said"]["zh"] for c in found["checks"])
    assert plant.ledger.head() == before


def _flip(pattern: str) -> Callable[[Path], str]:
    def harm(folder: Path) -> str:
        path = sorted(folder.glob(pattern))[0]
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
        return path.name

    return harm


def _gone(pattern: str) -> Callable[[Path], str]:
    def harm(folder: Path) -> str:
        path = sorted(folder.glob(pattern))[0]
        path.unlink()
        return path.name

    return harm


def _entry(folder: Path) -> str:
    with closing(sqlite3.connect(folder / "ledger.db")) as file:
        file.execute("DROP TRIGGER entries_never_change")
        file.execute("UPDATE entries SET body = replace(body, '5000', '5001') WHERE kind = 'commit' AND run = 'r1'")
        file.commit()
    return "entry 4"


def _readable(folder: Path) -> str:
    (folder / "keys" / "workspace.pem").chmod(0o644)
    return "workspace.pem"


def _no_ledger(folder: Path) -> str:
    for path in folder.glob("ledger.db*"):
        path.unlink()
    return "ledger"


def _settings(folder: Path) -> str:
    (folder / "diapason.toml").write_text("name = 'x'\n[")
    return "diapason.toml"


@pytest.mark.parametrize(
    ("harm", "check"),
    [
        (_flip("lake/turbofan/*.parquet"), "lake"),
        (_gone("lake/turbofan/*.parquet"), "lake"),
        (_flip("vault/blobs/*/*"), "vault"),
        (_gone("vault/blobs/*/*"), "evidence"),
        (_entry, "ledger"),
        (_no_ledger, "ledger"),
        (_settings, "settings"),
        (_flip("keys/workspace.pub"), "key"),
        (_flip("keys/people/wang.pub"), "people"),
        (_readable, "key"),
    ],
)
def test_what_was_changed_is_named(plant: Workspace, harm: Callable[[Path], str], check: str) -> None:
    """One bit in a table, a blob, an entry, a key; a file that is gone; a key that others may read."""
    plant.ledger.close()
    if check == "evidence":
        for path in plant.folder.glob("vault/keys/*/*"):
            path.unlink()
    name = harm(plant.folder)
    found = _bad(plant.folder)
    assert set(found) == {check}
    assert found[check]["fix"]["en"]
    assert found[check]["fix"]["zh"]
    assert check == "evidence" or name in found[check]["said"]["en"]


def test_a_broken_ledger_keeps_the_lake_untouched(plant: Workspace) -> None:
    """The ledger wins over the lake, but only a ledger that holds."""
    plant.ledger.close()
    before = sorted(plant.folder.rglob("*.parquet"))
    _no_ledger(plant.folder)
    assert not workspace.doctor(plant.folder)["whole"]
    assert sorted(plant.folder.rglob("*.parquet")) == before
    assert not (plant.folder / "ledger.db").exists()


def test_there_is_nothing_to_examine_outside(tmp_path: Path) -> None:
    """The error says what to do."""
    with pytest.raises(NotFound, match="init"):
        workspace.doctor(tmp_path)


def test_status_counts_runs_and_leads_on(plant: Workspace) -> None:
    """Finished, abandoned, unfinished; the next verb that the newest dataset has not seen."""
    said = workspace.status(plant)
    assert said["runs"] == {"finished": 2, "abandoned": 0, "unfinished": 0}
    assert [(d["name"], d["version"], d["rows"]) for d in said["datasets"]] == [
        ("turbofan", 2, 5010),
        ("涡轮 B", 1, 20),
    ]
    assert said["next"]["command"] == "diapason assess 涡轮 B"
    for verb, after in (("assess", "resonate"), ("resonate", "report")):
        attest.begin(plant, Plan(verb, "涡轮 B@1", "", "", "", "", (), 0, {})).finish({})
        assert workspace.status(plant)["next"]["command"].startswith(f"diapason {after}")
    attest.begin(plant, Plan("assess", "turbofan@2", "", "", "", "", (), 0, {})).abandon("no time")
    attest.begin(plant, Plan("assess", "turbofan@2", "", "", "", "", (), 1, {}))
    assert workspace.status(plant)["runs"] == {"finished": 4, "abandoned": 1, "unfinished": 1}


def test_a_new_workspace_asks_for_a_table(tmp_path: Path) -> None:
    """The first step."""
    workspace.init(tmp_path / "new")
    assert "ingest" in workspace.status(workspace.open_workspace(tmp_path / "new"))["next"]["command"]


def test_versions_and_differences_are_plain(plant: Workspace) -> None:
    """As `--json` prints them."""
    assert [v["rows"] for v in workspace.versions(plant, "turbofan")] == [5000, 5010]
    found = workspace.difference(plant, "turbofan@1", "turbofan@2")
    assert (found["added"], found["removed"], found["changed_cells"]) == (10, 0, 0)
    assert found["added_rows"] == list(range(5000, 5010))
    with pytest.raises(NotFound):
        workspace.versions(plant, "turbin")
