"""`diapason guard` and `quarantine` tell what broke in both languages, refuse with exit code 1, and stop on request."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., Any]
HEAD = "time,machine,T\n"


def lines(begin: int, count: int, hot: int = -1) -> str:
    rows = []
    for i in range(begin, begin + count):
        value = 999 if i - begin == hot else 50 + i % 7
        rows.append(f"2024-01-01T00:{i // 60:02d}:{i % 60:02d}Z,m{i % 2},{value}.5\n")
    return "".join(rows)


@pytest.fixture
def line(tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with rules, as the current folder."""
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text(HEAD + lines(0, 300), encoding="utf-8")
    Path("b.csv").write_text(HEAD + lines(300, 100, hot=7), encoding="utf-8")
    assert call("init", "plant", "--as", "wang").exit_code == 0
    assert (
        call("ingest", "a.csv", "--name", "line", "--asset", "machine", "--time", "time", "-w", "plant").exit_code == 0
    )
    assert call("contract", "line", "--propose", "-w", "plant").exit_code == 0
    return tmp_path


def test_what_is_set_aside_is_told_looked_at_and_decided(line: Path, call: Call) -> None:
    """The sentence, the incident, the table, the rows, and what comes next."""
    said = call("ingest", "b.csv", "--name", "line", "--append", "-w", "plant").stdout
    assert "99 rows stored, 0 refused, 1 set aside in line.quarantine@1; 100 seen" in said
    assert "quarantine: T outside of" in said
    assert "1/100 (rows 7)" in said
    told = call("guard", "line", "-w", "plant").stdout
    assert "100 sent = 99 stored + 1 quarantined + 0 refused" in told
    assert "Open: incident-" in told
    assert "1 rows wait in quarantine" in told
    chinese = call("guard", "line", "--lang", "zh", "-w", "plant").stdout
    assert "送入 100 = 入库 99 + 隔离 1 + 拒收 0" in chinese
    assert "0  T=999.5" in call("quarantine", "line", "-w", "plant").stdout
    assert call("quarantine", "line", "--release", "0", "-w", "plant").exit_code == 1
    done = call("quarantine", "line", "--release", "0", "--because", "a trip", "--lang", "zh", "-w", "plant")
    assert "已放行 1 行，存入 line@3" in done.stdout
    assert json.loads(call("quarantine", "line", "--json", "-w", "plant").stdout)["released"] == 1
    for slip in (["--release", "0", "--drop", "0"], ["--because", "x"]):
        assert call("quarantine", "line", *slip, "-w", "plant").exit_code == 2


def test_what_the_policy_refuses_ends_with_an_error(line: Path, call: Call) -> None:
    path = Path("plant/contracts/line.yaml")
    path.write_text(
        path.read_text(encoding="utf-8").replace("columns:", "policy: {range: refuse}\ncolumns:"), encoding="utf-8"
    )
    done = call("ingest", "b.csv", "--name", "line", "--append", "-w", "plant")
    assert done.exit_code == 1
    assert "100 rows sent, none stored: T outside of" in done.stderr
    assert "X" in call("guard", "line", "-w", "plant").stdout.split("·")[0]
    assert call("guard", "line", "--follow", "-w", "plant").exit_code == 2


def test_a_request_to_end_keeps_what_was_read(line: Path) -> None:
    """SIGTERM, as a service manager sends it: the verdict is signed, the exit code is 0, nothing is left over."""
    Path("live.csv").write_text(HEAD + lines(300, 50, hot=3), encoding="utf-8")
    words = ["guard", "line", "--from", "live.csv", "--follow", "--json", "--version-seconds", "600", "-w", "plant"]
    process = subprocess.Popen([sys.executable, "-m", "diapason", *words], stdout=subprocess.PIPE)
    waited = time.monotonic()
    while not list(Path("plant/guard").glob("*.lock")) and time.monotonic() - waited < 60:
        time.sleep(0.1)
    time.sleep(2)
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    done = json.loads(out)
    assert done["stopped"] is True
    assert done["sent"] == done["stored"] + done["quarantined"] + done["refused"]
    assert list(Path("plant/guard").glob("*.pending")) == []
