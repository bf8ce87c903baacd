"""init, person, datasets, status, doctor, backup, restore, forget: sentences for people, JSON for programs."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from diapason.services import workspace


@pytest.fixture
def plant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with two people and two versions of one dataset; the current folder is beside it."""
    monkeypatch.chdir(tmp_path)
    workspace.init(tmp_path / "plant-a", person="wang")
    ws = workspace.open_workspace(tmp_path / "plant-a")
    workspace.add_person(ws, "李雷", ["operator"])
    table = pl.DataFrame({"_row": range(5), "温度": [1.0, 2.0, 3.0, 4.0, 5.0]})
    ws.lake.commit("turbofan", [table], run="", note="ingest")
    edited = table.filter(pl.col("_row") > 0).with_columns(pl.col("温度").replace(3.0, 30.0))
    ws.lake.commit("turbofan", [edited], run="", note="adopt")
    return tmp_path / "plant-a"


Call = Callable[..., Any]


STEPS = [
    (["status"], r"turbofan@2 +4 .*adopt[\s\S]*Next: diapason assess turbofan"),
    (["datasets"], r"turbofan@2"),
    (["datasets", "turbofan"], r"turbofan@1[\s\S]*turbofan@2"),
    (["datasets", "turbofan@1", "turbofan@2"], r"0 rows added, 1 removed, 1 cells changed[\s\S]*温度 +3.0 +30.0"),
    (["person"], r"wang +administrator"),
    (["person", "李雷", "--role", "approver"], r"李雷 is now: approver"),
    (["person", "李雷", "--retire"], r"李雷 is now: -"),
    (["doctor"], r"good +lake[\s\S]*Everything here is whole"),
    (["backup", "b.backup"], r"holds everything, checked[\s\S]*keys/ apart"),
    (["forget", "turbofan@2", "--reason", "x"], r"turbofan@2 is deleted"),
]


@pytest.mark.parametrize(("words", "said"), STEPS, ids=lambda x: " ".join(x) if isinstance(x, list) else "")
def test_a_command_says_what_it_did(plant: Path, call: Call, words: list[str], said: str) -> None:
    """For a reader in English and in Chinese, and for a program the same facts."""
    spoken = call(*words, "-w", "plant-a")
    assert spoken.exit_code == 0, spoken.output
    assert re.search(said, spoken.output), spoken.output


@pytest.mark.parametrize("words", [s[0] for s in STEPS], ids=" ".join)
def test_a_command_speaks_chinese_and_json(plant: Path, call: Call, words: list[str]) -> None:
    """Under --lang zh no English sentence; under --json one document and nothing else."""
    first = call(*words, "-w", "plant-a", "--json")
    assert isinstance(json.loads(first.stdout), dict), first.output
    if words[0] in ("backup", "forget"):
        return
    spoken = call(*words, "-w", "plant-a", "--lang", "zh")
    assert re.search("[一-鿿]", spoken.output)
    assert not re.search(r"\b(is|are|the|in)\b", spoken.output), spoken.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["init", "plant-a"], "already a workspace"),
        (["init", "a@b"], "cannot be a name"),
        (["status"], "no workspace here or above"),
        (["status", "-w", "plant-a", "--as", "zhao"], "nobody here is called 'zhao'"),
        (["datasets", "turbin", "-w", "plant-a"], "there is no dataset turbin"),
        (["datasets", "turbofan@1", "turbofan@9", "-w", "plant-a"], "there is no dataset turbofan@9"),
        (["person", "li", "--role", "boss", "-w", "plant-a"], "no role 'boss'"),
        (["person", "wang", "--retire", "-w", "plant-a"], "last administrator"),
        (["person", "zhao", "--retire", "-w", "plant-a"], "nobody here is called 'zhao'"),
        (["datasets", "turbofan@7", "-w", "plant-a"], "there is no dataset turbofan@7"),
        (["datasets", "turbofan@x", "-w", "plant-a"], "there is no dataset turbofan@x"),
        (["forget", "turbofan", "-w", "plant-a"], "deleting needs a reason"),
        (["forget", "turbofan@1", "--model", "--reason", "x", "-w", "plant-a"], "there is no model turbofan@1"),
        (["restore", "absent", "x"], "there is no file absent"),
        (["restore", "plant-a/diapason.toml", "x"], "damaged, or is none"),
        (["backup", "plant-a/diapason.toml", "-w", "plant-a"], "exists already"),
    ],
    ids=lambda x: " ".join(x) if isinstance(x, list) else "",
)
def test_a_mistake_is_said_with_its_fix(plant: Path, call: Call, words: list[str], said: str) -> None:
    """Exit code 1, no traceback; under --json the same as JSON."""
    spoken = call(*words)
    assert spoken.exit_code == 1
    assert said in spoken.output
    assert "fix:" in spoken.output
    facts = json.loads(call(*words, "--json").stderr)
    assert said in facts["what"]
    assert facts["fix"]


def test_doctor_fails_where_something_is_damaged(plant: Path, call: Call) -> None:
    """Exit code 1, so that a script notices; the file is named."""
    path = next((plant / "lake" / "turbofan").glob("v000001*"))
    path.write_bytes(path.read_bytes()[:-1])
    spoken = call("doctor", "-w", "plant-a")
    assert spoken.exit_code == 1
    assert re.search(f"BAD +lake: turbofan: {path.name} was changed", spoken.output)


def test_a_workspace_goes_and_comes_back(plant: Path, call: Call) -> None:
    """backup, restore, and on."""
    assert call("backup", "b.backup", "-w", "plant-a", "--with-keys").exit_code == 0
    spoken = call("restore", "b.backup", "again")
    assert "plant-a is back in again: turbofan@2" in spoken.output
    assert "cannot sign" not in spoken.output
    assert call("status", "-w", "again").exit_code == 0
    assert call("restore", "b.backup", "again").exit_code == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["init", ""], "FOLDER is empty"),
        (["person", "--new-key", "-w", "plant-a"], "NAME is missing"),
        (["person", "wang", "--retire", "--role", "trainer", "-w", "plant-a"], "exclude each other"),
    ],
    ids=lambda x: " ".join(x) if isinstance(x, list) else "",
)
def test_words_that_mean_nothing_change_nothing(plant: Path, call: Call, words: list[str], said: str) -> None:
    """Exit code 2 with the fix; an unset variable of a shell makes no workspace of the folder here."""
    spoken = call(*words)
    assert spoken.exit_code == 2
    assert said in spoken.stderr
    assert "fix:" in spoken.stderr
    assert not (plant.parent / "diapason.toml").exists()
    assert len(json.loads(call("person", "-w", "plant-a", "--json").stdout)["people"]) == 2


def test_what_comes_next_can_be_pasted(plant: Path, call: Call) -> None:
    """A folder with a space is quoted, a Chinese one needs no quotes."""
    assert "cd 厂二 && diapason" in call("init", "厂二", "--as", "li").stdout
    assert "cd 'plant b' && diapason" in call("init", "plant b", "--as", "li").stdout


def test_doctor_and_tables_are_chinese_throughout(plant: Path, call: Call) -> None:
    """Names of checks and reasons of versions too."""
    checks = call("doctor", "-w", "plant-a", "--lang", "zh").stdout
    assert "账本：" in checks
    assert not re.search(r"\b(ledger|lake|vault|settings|disk)\b:", checks)
    versions = call("datasets", "turbofan", "-w", "plant-a", "--lang", "zh").stdout
    assert "导入" in versions
    assert "采纳" in versions
