"""`map` and `count` on the command line: tables, reasons, and bad input by name."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import diapason


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plant with an assessed table, and its bundle."""
    folder = tmp_path_factory.mktemp("made")
    pl.DataFrame({"flow": range(40), "hardness": range(40)}).write_csv(folder / "furnace.csv")
    plant = diapason.init(folder / "plant", person="wang")
    plant.ingest(str(folder / "furnace.csv"), name="furnace", target="hardness")
    plant.assess("furnace")
    plant.evidence("furnace", to=folder / "furnace.evidence")
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> str:
    shutil.copytree(made, tmp_path / "made")
    return str(tmp_path / "made" / "plant")


Call = Callable[..., Any]


def test_the_map_is_a_table_of_27_lines_in_either_language(call: Call, folder: str) -> None:
    english, chinese = (call("map", "-w", folder, "--lang", lang).stdout for lang in ("en", "zh"))
    assert "Carry out Model-Data Resonance" in english
    assert "开展“模数共振”行动" in chinese
    assert len(english.splitlines()) == len(chinese.splitlines()) == 1 + 27 + 4
    said = json.loads(call("map", "-w", folder, "--annex2", "--json").stdout)
    assert len(said["lines"]) == 29


def test_one_measure_and_one_item_are_told_in_full(call: Call, folder: str) -> None:
    assert "run:assess-" in call("map", "-w", folder, "--measure", "15").stdout
    assert "待申报" in call("map", "-w", folder, "--item", "7", "--lang", "zh").stdout
    assert (
        call("map", "-w", folder, "--annex2", "--measure", "7").stdout
        == call("map", "-w", folder, "--item", "7").stdout
    )
    assert call("map", "-w", folder, "--measure", "22").exit_code == 2


def test_count_says_what_is_missing_and_how_it_is_supplied(call: Call, folder: str) -> None:
    said = call("count", "-w", folder)
    assert said.exit_code == 0
    assert "not tested" in said.stdout
    assert "Signed as count-" in said.stdout
    why = call("count", "-w", folder, "--why", "furnace").stdout
    assert "diapason vouch furnace --paper FILE --kind licence" in why
    zh = call("count", "-w", folder, "--why", "dataset", "--lang", "zh").stdout
    assert "没有经人担保的许可或合同" in zh


def test_count_takes_many_bundles_without_a_workspace_and_names_broken_ones(
    call: Call, folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = Path(folder).parent / "furnace.evidence", tmp_path / "bad.evidence"
    bad.write_bytes(good.read_bytes()[:3000])
    monkeypatch.chdir(tmp_path)
    said = call("count", str(good), str(bad))
    assert said.exit_code == 0
    assert f"Counted as nothing: {bad}" in said.stdout
    assert "Not signed" in said.stdout
    assert "不计入" in call("count", str(good), str(bad), "--lang", "zh").stdout
    assert call("count").exit_code != 0
    assert call("count", "nothing.evidence").exit_code != 0


def test_what_is_filed_is_shown_by_the_axes_asked_for(call: Call, folder: str, tmp_path: Path) -> None:
    """Filed twice, nothing is new."""
    into = f"sqlite:///{tmp_path / 'programme.db'}"
    first = json.loads(call("count", "-w", folder, "--into", into, "--by", "sector", "--json").stdout)
    assert first["lines"] == 2
    assert {v["what"] for v in first["view"]} == {"dataset", "enterprise"}
    assert "新增 0 行" in call("count", "-w", folder, "--into", into, "--lang", "zh").stdout
    said = call("count", "-w", folder, "--into", into, "--by", "colour")
    assert "nothing is added up by 'colour'" in said.stderr
    assert call("count", "-w", folder, "--into", "mysql://x/y").exit_code != 0
    assert "--into" in call("count", "-w", folder, "--by", "sector").stderr
