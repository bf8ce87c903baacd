"""`diapason ingest` asks on a terminal, names the option elsewhere, and tells what it did in both languages."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from diapason.services.ingest import contract
from diapason.services.workspace import init, open_workspace
from diapason.vocabulary.tables import Role, VersionRef

DIAPASON = Path(sys.executable).parent / "diapason"
UNCLEAR = "t,x\n03/04/2026,1\n05/06/2026,2\n07/08/2026,3\n"
DIRTY = "t;T [°C];p\n" + "".join(f"{i};2{i % 10},5;1\n" for i in range(40)) + "x;1,5;2\n1;2\n1;No Data;3\n"


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    """An empty workspace, and the files beside it."""
    init(tmp_path / "p", person="li")
    (tmp_path / "unclear.csv").write_text(UNCLEAR)
    (tmp_path / "dirty.csv").write_text(DIRTY)
    return tmp_path / "p"


COLUMNS = {"en": "column role unit because", "zh": "列 角色 单位 理由"}
Tell = Callable[..., tuple[int, str, str]]


@pytest.fixture
def said(plant: Path, call: Callable[..., Any]) -> Tell:
    """Exit code, output and errors of the command."""

    def tell(*words: str, language: str = "en") -> tuple[int, str, str]:
        done = call("ingest", *words, "-w", str(plant), "--lang", language)
        return done.exit_code, done.stdout, done.stderr

    return tell


def test_without_a_terminal_the_error_names_the_option(plant: Path, said: Tell) -> None:
    """Both readings are shown, nothing is guessed, nothing is stored."""
    code, _, error = said(str(plant.parent / "unclear.csv"), "--name", "lab")
    assert code == 1
    assert "which day is 03/04/2026" in error
    assert "-o date_order=dmy (day 03, month 04, year 2026)" in error
    assert open_workspace(plant).lake.datasets() == ()


def test_on_a_terminal_it_asks(plant: Path) -> None:
    """The answer is taken, and the ingest goes on."""
    master, slave = pty.openpty()
    command = [DIAPASON, "ingest", "unclear.csv", "--name", "lab", "-w", "p", "--lang", "en"]
    with subprocess.Popen(command, cwd=plant.parent, stdin=slave, stdout=slave, stderr=slave) as process:
        os.close(slave)
        os.write(master, b"2\n")
        shown = b""
        while True:
            try:
                piece = os.read(master, 4096)
            except OSError:
                break
            if not piece:
                break
            shown += piece
    os.close(master)
    text = shown.decode()
    assert process.returncode == 0, text
    assert "1  dmy: day 03, month 04, year 2026" in text
    assert "lab@1: 3 rows stored" in text
    table = open_workspace(plant).lake.scan(VersionRef("lab")).collect()
    assert table["t"][0].month == 3


@pytest.mark.parametrize(
    ("language", "sentence", "reason", "assumed"),
    [
        ("en", "d@1: 41 rows stored, 2 refused, kept in d.rejected@1; 43 seen.", "t: 'x' is not a number", "assumed"),
        ("zh", "d@1：存储 41 行，拒收 2 行，保存在 d.rejected@1；共读到 43 行。", "t：“x”不是数", "所作假设"),
    ],
)
def test_it_tells_what_it_did(language: str, sentence: str, reason: str, assumed: str, plant: Path, said: Tell) -> None:
    """First the sentence, then reasons, assumptions, columns, and the next step; within 80 columns."""
    code, text, _ = said(str(plant.parent / "dirty.csv"), "--name", "d", language=language)
    assert code == 0
    lines = text.splitlines()
    assert lines[0] == sentence
    assert any(reason in line for line in lines)
    assert any(line.startswith(assumed) for line in lines)
    assert lines[-1].endswith("diapason assess d")
    assert any(line.split() == COLUMNS[language].split() for line in lines)
    assert max(len(line) for line in lines if str(plant) not in line) <= 80


def test_json_is_one_document(plant: Path, said: Tell) -> None:
    """With everything in it, for programs."""
    code, text, _ = said(str(plant.parent / "dirty.csv"), "--name", "d", "--json", "--units", "p=bar,1=s")
    done = json.loads(text)
    assert code == 0
    assert (done["rows"], done["rejected"], done["seen"]) == (41, 2, 43)
    assert {c["name"]: c["unit"] for c in done["contract"]["columns"]} == {"t": "s", "T [°C]": "Cel", "p": "bar"}
    assert done["source"]["files"][0]["sha256"] == done["source"]["digest"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--units", "p"), "is not COLUMN=VALUE"),
        (("-o", "separator"), "is not OPTION=VALUE"),
        (("-o", "decimal=dot"), "option decimal cannot be 'dot'"),
        (("-o", "types=p=colour"), "option types.p cannot be 'colour'"),
        (("-o", "max_rejected=lots"), "option max_rejected cannot be 'lots'"),
        (("--asset", "p", "--time", "p"), "cannot be both"),
        (("--target", "q"), "there is no column 'q'"),
    ],
)
def test_a_slip_on_the_command_line_is_met_with_the_right_way(
    words: tuple[str, ...], message: str, plant: Path, said: Tell
) -> None:
    """What, where, fix."""
    code, _, error = said(str(plant.parent / "dirty.csv"), "--name", "d", *words)
    assert code == 1
    assert message in error
    assert "fix:" in error


def test_the_command_of_the_manual_works(plant: Path, said: Tell) -> None:
    """Columns by name or by number; the remaining life is derived."""
    rows = "".join(f"{u} {c} {c * 1.5}\n" for u in (1, 2, 3) for c in range(1, 9))
    (plant.parent / "train.txt").write_text(rows)
    words = ("--name", "turbofan", "--asset", "1", "--time", "2", "--run-to-failure")
    code, _, _ = said(str(plant.parent / "train.txt"), *words)
    assert code == 0
    agreed = contract(open_workspace(plant), "turbofan")
    assert (agreed.first(Role.ASSET), agreed.first(Role.TIME), agreed.first(Role.TARGET)) == (
        "column_1",
        "column_2",
        "rul",
    )
