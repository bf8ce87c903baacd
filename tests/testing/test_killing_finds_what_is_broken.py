"""The harness kills where it says, and calls a workspace whole only if it is."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from diapason.engines.evidence.chain import link
from diapason.services import workspace
from diapason.stores.ledger import SqliteLedger
from diapason.testing.killing import kill_after, kill_at, lasts, touches, whole

STEPS = "import sys\nfor i in range(5):\n    open(sys.argv[1] + f'/{i}', 'w').write('x')\n"


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A program that touches a folder five times; importable in a child process."""
    (tmp_path / "steps.py").write_text(STEPS)
    (tmp_path / "out").mkdir()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return ["steps", str(tmp_path / "out")]


def test_a_program_is_ended_before_its_nth_touch(tmp_path: Path, module: list[str]) -> None:
    """Four files are there when it dies before the fifth; it is not killed after its last."""
    out = tmp_path / "out"
    assert touches(module, out) == 5
    for path in out.iterdir():
        path.unlink()
    assert kill_at(module, 4, out)
    assert sorted(p.name for p in out.iterdir()) == ["0", "1", "2"]
    assert not kill_at(module, 6, out)
    assert touches(module, tmp_path / "elsewhere") == 0


def test_a_program_is_killed_in_time(tmp_path: Path) -> None:
    """And one that has ended is not said to be killed."""
    began = time.monotonic()
    assert kill_after([sys.executable, "-c", "import time; time.sleep(60)"], 0.2)
    assert time.monotonic() - began < 20
    assert not kill_after([sys.executable, "-c", ""], 60)


def test_a_program_that_fails_by_itself_is_no_measure(tmp_path: Path) -> None:
    """Its output is shown."""
    with pytest.raises(AssertionError, match="No module named nothing_there"):
        touches(["nothing_there"], tmp_path)
    with pytest.raises(AssertionError, match="oh no"):
        lasts([sys.executable, "-c", "raise SystemExit('oh no')"])


def _cut_a_file(folder: Path) -> None:
    path = next((folder / "lake" / "t").glob("*.parquet"))
    path.write_bytes(path.read_bytes()[:-1])


def _lose_a_blob(folder: Path) -> None:
    ws = workspace.open_workspace(folder)
    ws.ledger.append("model", subject="t@1", body={"parts": {"a": "0" * 64}})


def _damage_a_blob(folder: Path) -> None:
    ws = workspace.open_workspace(folder)
    ws.vault.path(ws.vault.put(b"x")).write_bytes(b"y")


def _cut_the_ledger(folder: Path) -> None:
    path = folder / "ledger.db"
    path.write_bytes(path.read_bytes()[:3000])


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (_cut_a_file, "was changed"),
        (_lose_a_blob, "t@1/a is gone"),
        (_damage_a_blob, "digest"),
        (_cut_the_ledger, "cannot be opened"),
        (lambda folder: (folder / "diapason.toml").unlink(), "no diapason.toml"),
    ],
)
def test_what_is_broken_is_not_whole(tmp_path: Path, harm: Callable[[Path], object], said: str) -> None:
    """Each kind of damage is told; before it there was nothing to tell."""
    workspace.init(tmp_path / "plant")
    ws = workspace.open_workspace(tmp_path / "plant")
    ws.lake.commit("t", [pl.DataFrame({"_row": [0, 1]})], run="", note="")
    ws.ledger.close()
    assert whole(tmp_path / "plant") == []
    SqliteLedger(tmp_path / "plant" / "ledger.db", link=link).close()
    harm(tmp_path / "plant")
    assert any(said in words for words in whole(tmp_path / "plant"))
