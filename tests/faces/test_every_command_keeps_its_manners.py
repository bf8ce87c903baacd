"""Each command has both languages, a good and a bad example, --json; help comes at once; slips are met with the way."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from diapason import __version__
from diapason.faces.cli import face
from diapason.faces.cli.app import commands
from diapason.faces.cli.columns import width
from diapason.services import workspace

DIAPASON = Path(sys.executable).parent / "diapason"
COMMANDS = {c.name: c for c in commands()}
HAN = re.compile("[\u4e00-\u9fff]")
Call = Callable[..., Any]


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_shows_a_good_and_a_bad_example(name: str, call: Call) -> None:
    """And the common options, so that programs can use every command; English is English."""
    said = call(name, "--help")
    assert said.exit_code == 0
    assert f"Good: diapason {name}" in said.stdout
    assert f"Bad:  diapason {name}" in said.stdout
    assert all(flag in said.stdout for flag in ("--json", "--lang", "-w, --workspace", "--as", "-h, --help"))
    assert not HAN.search(said.stdout)
    assert COMMANDS[name].help.en in " ".join(said.stdout.split())


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_is_written_in_both_languages(name: str, call: Call) -> None:
    """Chinese is Chinese, to the last word of explanation; what is explained stays within 80 columns."""
    said = call(name, "--help", "--lang", "zh")
    assert said.exit_code == 0
    assert f"正例：diapason {name}" in said.stdout
    assert "反例：diapason " in said.stdout
    explained, examples = said.stdout.split("正例：")
    assert max(map(width, explained.splitlines())) <= 80
    assert not re.search(r"(?<!-)\b(the|is|are|this|default|required|options?|or)\b", explained), explained
    assert HAN.search(examples.split("->")[-1]), "the bad example answers in Chinese"


def test_the_whole_help_has_every_command_in_its_section(call: Call) -> None:
    """In the order in which a user meets them, in both languages; nothing typed shows the same."""
    assert set(COMMANDS) == set(face.ORDER)
    for language in ("en", "zh"):
        said = call("--lang", language, "--help").stdout
        places = [said.index(f"\n  {name} ") for name in dict.fromkeys(n.split()[0] for n in face.ORDER)]
        titles = [said.index(f"\n{title(language)}\n") for title, _ in face.SECTIONS]
        assert places == sorted(places)
        assert titles == sorted(titles)
        assert call("--lang", language).stdout == call("help", "--lang", language).stdout == said
    assert call("help", "learn").stdout == call("learn", "-h").stdout


def test_no_command_file_is_forgotten() -> None:
    """A file with a command that no section names would be there for nobody."""
    told = set()
    for path in Path(face.__file__).parent.glob("*.py"):
        told |= {path.stem.replace("_", " ")} if "\n@command(" in path.read_text(encoding="utf-8") else set()
    assert told == set(face.ORDER)


def test_help_comes_at_once() -> None:
    """Under 0.2 s at its best: the machine may be busy, the command may not."""
    times: list[float] = []
    while len(times) < 30 and min(times, default=1.0) >= 0.2:
        begin = time.perf_counter()
        subprocess.run([DIAPASON, "--help"], check=True, capture_output=True)
        times.append(time.perf_counter() - begin)
    assert min(times) < 0.2, f"{min(times):.3f} s"


@pytest.mark.parametrize(
    ("words", "imported"), [("status", ["status"]), ("--version", []), ("doctor --help", ["doctor"])]
)
def test_a_command_is_imported_only_when_it_is_run(tmp_path: Path, words: str, imported: list[str]) -> None:
    """And no heavy library for words alone."""
    program = (
        "import json, sys; from diapason.faces.cli.app import called; from diapason.faces.cli.face import ORDER; "
        "called(sys.argv[1:]); names = [n for n in ORDER if 'diapason.faces.cli.' + n in sys.modules]; "
        "sys.stderr.write('\\n' + json.dumps([names, 'polars' in sys.modules]))"
    )
    command = [sys.executable, "-c", program, *words.split()]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    names, heavy = json.loads(done.stderr.splitlines()[-1])
    assert names == imported
    assert heavy == (words == "status")


def test_an_error_outside_a_workspace_says_what_to_do(tmp_path: Path) -> None:
    """No traceback, exit code 1, the fix in words."""
    done = subprocess.run([DIAPASON, "status"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "fix:" in done.stderr
    assert "Traceback" not in done.stderr


SLIPS = [
    (["stauts"], "there is no command 'stauts'", "did you mean status?", "没有命令“stauts”"),
    (["frobnicate"], "there is no command 'frobnicate'", "diapason --help", "没有命令"),
    (["--jsn", "status"], "there is no option --jsn", "did you mean --json?", "没有选项 --jsn"),
    (["--name", "x", "ingest", "f"], "there is no option --name", "after its name", "没有选项 --name"),
    (["learn", "x", "--tsk", "y"], "there is no option --tsk", "did you mean --task", "没有选项 --tsk"),
    (["learn", "x", "-q"], "there is no option -q", "choose one of: --task", "没有选项 -q"),
    (["learn", "x"], "--task is missing", "for example: diapason learn turbofan --task", "缺少 --task"),
    (["learn"], "NAME is missing", "diapason learn --help", "缺少 NAME"),
    (["learn", "x", "--task"], "--task needs a value", "after --task", "--task 需要一个值"),
    (["ingest", "f", "--name", "--asset", "unit"], "--name needs a value", "after --name", "--name 需要一个值"),
    (["learn", "x", "y", "--task", "z"], "one word too many: 'y'", "in quotes", "多出一个词：“y”"),
    (["learn", "x", "--task", "y", "--seed", "1.5"], "--seed cannot be '1.5'", "a whole number", "--seed 不能是“1.5”"),
    (["learn", "x", "--task", "y", "--horizon", "nan"], "--horizon cannot be 'nan'", "a number", "不能是“nan”"),
    (["learn", "x", "--task", "y", "--seed", "-1"], "--seed cannot be '-1'", "a whole number not below 0", "“-1”"),
    (["approve", "m@1", "--days", "0"], "--days cannot be '0'", "from 1 to 3650", "--days 不能是“0”"),
    (["verify", "f", "--grade", "intakt"], "--grade cannot be 'intakt'", "did you mean intact?", "不能是“intakt”"),
    (["status", "--json=yes"], "--json takes no value", "write --json alone", "--json 不带值"),
    (["status", "--lang", "fr"], "no language 'fr' here", "en, zh", ""),
]


@pytest.mark.parametrize(
    ("words", "what", "fix", "zh"), SLIPS, ids=lambda x: " ".join(x) if isinstance(x, list) else ""
)
def test_a_slip_of_the_keyboard_is_met_with_the_right_way(
    words: list[str], what: str, fix: str, zh: str, call: Call
) -> None:
    """Exit code 2; what, where and fix in the user's language, and as JSON for programs."""
    said = call(*words)
    assert said.exit_code == 2
    assert not said.stdout
    assert said.stderr.startswith(what + "\n")
    assert fix in said.stderr.split("fix:")[1]
    if zh:
        spoken = (
            call("--lang", "zh", *words) if words[0].startswith("-") else call(words[0], "--lang", "zh", *words[1:])
        )
        assert zh in spoken.stderr
        assert "办法:" in spoken.stderr
        assert not re.search(r"\b(there|did|you|mean|missing|needs|cannot)\b", spoken.stderr), spoken.stderr
    if "--json=yes" not in words:
        facts = json.loads(call("--json", *words).stderr)
        assert (facts["error"], facts["what"]) == ("Misused", what)
        assert facts["at"]


def test_common_options_stand_before_or_after_the_command(tmp_path: Path, call: Call) -> None:
    """The later one wins; the environment speaks where nobody else does."""
    workspace.init(tmp_path / "plant-a", person="wang")
    plant = str(tmp_path / "plant-a")
    after = call("status", "--lang", "zh", "-w", plant)
    assert "下一步" in after.stdout
    assert call("--lang", "zh", "-w", plant, "status").output == after.output
    assert call(f"--workspace={plant}", "--lang=en", "status", "--lang=zh").output == after.output
    assert json.loads(call("--json", "--as", "wang", "-w", plant, "status").stdout)["person"] == "wang"
    assert "nobody here is called 'zhao'" in call("--as", "zhao", "status", "-w", plant).stderr


def test_the_environment_speaks_where_no_option_does(
    tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DIAPASON_LANG before LANG, DIAPASON_WORKSPACE, DIAPASON_PERSON."""
    workspace.init(tmp_path / "plant-a", person="wang")
    monkeypatch.setenv("DIAPASON_WORKSPACE", str(tmp_path / "plant-a"))
    monkeypatch.setenv("DIAPASON_LANG", "zh")
    assert "下一步" in call("status").stdout
    assert "Next:" in call("status", "--lang", "en").stdout
    monkeypatch.delenv("DIAPASON_LANG")
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert "下一步" in call("status").stdout
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    monkeypatch.setenv("DIAPASON_PERSON", "zhao")
    assert "nobody here is called 'zhao'" in call("status").stderr


def test_the_version_is_told(call: Call) -> None:
    """For a person and for a program, before or after a command."""
    assert call("--version").stdout == f"diapason {__version__}\n"
    assert json.loads(call("status", "--version", "--json").stdout) == {"version": __version__}


@pytest.mark.parametrize(
    ("error", "code", "what"),
    [
        (KeyboardInterrupt(), 130, "Stopped. What was done is kept."),
        (PermissionError(13, "Permission denied", "/x/y"), 1, "this may not be read or written\n  at:  /x/y\n  fix:"),
        (OSError(28, "No space left on device"), 1, "the disk is full\n  fix: make room"),
        (KeyError("turbine"), 1, "this is a defect of diapason: KeyError: 'turbine'\n  at:  test_every_command"),
    ],
)
def test_what_nobody_foresaw_is_said_in_words(
    error: BaseException, code: int, what: str, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No traceback; the whole of it under DIAPASON_TRACE."""

    def fails(*args: object, **options: object) -> None:
        raise error

    monkeypatch.setattr(workspace, "doctor", fails)
    said = call("doctor")
    assert said.exit_code == code
    assert said.stderr.startswith(what)
    assert "Traceback" not in said.stderr
    if isinstance(error, KeyError):
        monkeypatch.setenv("DIAPASON_TRACE", "1")
        with pytest.raises(KeyError, match="turbine"):
            call("doctor")


def test_a_reader_that_leaves_is_no_mishap() -> None:
    """`diapason --help | head -1` ends quietly."""
    line = f"{DIAPASON} --help | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
    assert done.stdout.startswith("diapason")
    assert done.stderr == ""
