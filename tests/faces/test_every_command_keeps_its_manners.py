"""Each command has both languages, a good and a bad example, --json; help comes at once."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from diapason.faces.cli import face
from diapason.faces.cli.app import app, commands

DIAPASON = Path(sys.executable).parent / "diapason"
COMMANDS = {c.name: c for c in commands()}


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_shows_a_good_and_a_bad_example(name: str) -> None:
    """And the common options, so that programs can use every command."""
    said = CliRunner().invoke(app, [name, "--help"])
    assert said.exit_code == 0
    assert "Good:" in said.output or "正例" in said.output
    assert "Bad:" in said.output or "反例" in said.output
    assert "--json" in said.output
    assert COMMANDS[name].good.startswith(f"diapason {name}")


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_is_written_in_both_languages(name: str) -> None:
    """Chinese is Chinese, English is English."""
    both = COMMANDS[name].help
    assert any("\u4e00" <= c <= "\u9fff" for c in both.zh)
    assert both.en.isascii()


def test_every_command_has_a_place_in_the_order() -> None:
    """And no place is kept for a command that does not exist."""
    assert set(COMMANDS) == set(face.ORDER)


def test_help_comes_at_once() -> None:
    """Under 0.2 s, the best of five: the machine may be busy, the command may not."""
    times = []
    for _ in range(5):
        begin = time.perf_counter()
        subprocess.run([DIAPASON, "--help"], check=True, capture_output=True)
        times.append(time.perf_counter() - begin)
    assert min(times) < 0.2, f"{min(times):.3f} s"


def test_an_error_outside_a_workspace_says_what_to_do(tmp_path: Path) -> None:
    """No traceback, exit code 1, the fix in words."""
    done = subprocess.run([DIAPASON, "status"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "fix:" in done.stderr
    assert "Traceback" not in done.stderr
