"""Kill a program at any moment, then ask whether the workspace is whole.

A program is killed either after so many seconds, or just before it touches the workspace's files for the n-th time:
the first finds what nobody thought of, the second hits every gap between two steps.
`python -m diapason.testing.killing N FOLDER MODULE ARGUMENT...` runs a module and does the latter; with N = 0 it runs
to its end and writes the number of touches to the error stream.
"""

import os
import runpy
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

from diapason.engines.evidence import dsse
from diapason.engines.evidence.chain import link
from diapason.errors import DiapasonError
from diapason.ports import find
from diapason.ports.ledger import Ledger
from diapason.vocabulary.tables import VersionRef

__all__ = ["kill_after", "kill_anywhere", "kill_at", "lasts", "touches", "whole"]

KILLED = 137
"""Exit status of a program that ended itself as a kill would."""
_TOUCH = "touches: "
_CHANGES = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.link", "sqlite3.connect")
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def kill_after(command: Sequence[str], seconds: float, *, cwd: Path | None = None) -> bool:
    """Start a program and kill it after some time (SIGKILL, or TerminateProcess); False if it had ended by then."""
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=cwd, stdin=quiet, stdout=quiet, stderr=quiet) as process:  # noqa: S603
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            return True
    return False


def kill_at(module: Sequence[str], touch: int, folder: Path, *, cwd: Path | None = None) -> bool:
    """Run `module argument…` and end it just before its n-th touch of the folder; False if it ended before."""
    return _run(module, touch, folder, cwd).returncode == KILLED


def touches(module: Sequence[str], folder: Path, *, cwd: Path | None = None) -> int:
    """How often `module argument…` touches the files of a folder.

    Raises:
        AssertionError: it fails even when nobody kills it.
    """
    done = _run(module, 0, folder, cwd)
    counted = [line for line in done.stderr.splitlines() if line.startswith(_TOUCH)]
    if done.returncode or not counted:
        raise AssertionError(f"{' '.join(module)} fails undisturbed ({done.returncode}):\n{done.stdout}{done.stderr}")
    return int(counted[-1].removeprefix(_TOUCH))


def lasts(command: Sequence[str], *, cwd: Path | None = None) -> float:
    """Seconds that a program takes undisturbed; raises AssertionError with its output if it fails."""
    began = time.monotonic()
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise AssertionError(f"{' '.join(command)} fails undisturbed ({done.returncode}):\n{done.stdout}{done.stderr}")
    return time.monotonic() - began


def kill_anywhere(module: Sequence[str], folder: Path, *, seconds: float, count: int, random: Random, cwd: Path) -> str:
    """Kill `module argument…` at a random moment, by time or by touch in turn; says where.

    Args:
        seconds: how long it takes undisturbed.
        count: how often it touches the folder undisturbed.
    """
    if random.random() < 0.5:
        after = random.uniform(0.1, 1.0) * seconds
        killed = kill_after([sys.executable, "-m", *module], after, cwd=cwd)
        return f"after {after:.2f} s" if killed else "not at all: it had ended"
    touch = random.randint(1, max(1, count))
    killed = kill_at(module, touch, folder, cwd=cwd)
    return f"before touch {touch}" if killed else "not at all: it had ended"


def whole(folder: Path) -> list[str]:
    """Complaints about a workspace after it was reconciled; an empty list means that it is whole.

    Chain, digests and every file of every version, blobs and keys, what results stand on, rows of every newest
    version; and that nothing half-done is found a second time.
    """
    if not (folder / "diapason.toml").is_file():
        return ["there is no diapason.toml"]
    try:
        return _complaints(folder)
    except (DiapasonError, OSError) as error:
        return [f"it cannot be opened: {error}"]


def _complaints(folder: Path) -> list[str]:
    ledger = find("stores", "ledger")(folder / "ledger.db", link=link)
    lake, vault = find("stores", "lake")(folder / "lake", ledger), find("stores", "vault")(folder / "vault")
    found = [] if ledger.check() else ["the ledger is empty"]
    lake.reconcile()
    found += [f"half-done after it was mended: {words}" for words in lake.reconcile()]
    found += [str(text) for text in (*lake.check(), *vault.check())]
    for name in lake.datasets():
        version = lake.version(VersionRef(name))
        rows = lake.scan(VersionRef(name)).collect().height
        found += [] if rows == version.rows else [f"{name} has {rows} rows, not {version.rows}"]
    found += [f"{what} is gone" for what in _lost(ledger, set(vault.digests()))]
    ledger.close()
    return found


def _lost(ledger: Ledger, here: set[str]) -> list[str]:
    """What results and models stand on, was not erased, and is not in the vault."""
    erased = {d for e in ledger.entries(kind="erase") for d in dict(e.body.get("digests", {})).values()}
    stands: dict[str, str] = {}
    for entry in ledger.entries(kind="result"):
        kept: Mapping[str, Any] = dsse.opened(entry.body).predicate.get("kept", {})
        stands |= {f"{entry.run}/{name}": facts["sha256"] for name, facts in kept.items()}
    for entry in ledger.entries(kind="model"):
        stands |= {f"{entry.subject}/{name}": digest for name, digest in dict(entry.body.get("parts", {})).items()}
    return [what for what, digest in stands.items() if digest not in here | erased]


def _run(module: Sequence[str], touch: int, folder: Path, cwd: Path | None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "diapason.testing.killing", str(touch), str(folder), *module]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)  # noqa: S603


def _watched(last: int, folder: str, module: Sequence[str]) -> None:
    """Run a module in this process, counting its touches of a folder, and end the process before the last one."""
    count = 0

    def watch(event: str, values: tuple[Any, ...]) -> None:
        nonlocal count
        if not _touches(event, values, folder):
            return
        count += 1
        if count == last:
            os._exit(KILLED)

    sys.addaudithook(watch)
    sys.argv = list(module)
    try:
        runpy.run_module(module[0], run_name="__main__", alter_sys=True)
    finally:
        sys.stderr.write(f"{_TOUCH}{count}\n")


def _touches(event: str, values: tuple[Any, ...], folder: str) -> bool:
    """Whether an event of the interpreter changes a file of the folder."""
    if event not in _CHANGES and event != "open":
        return False
    path = values[0] if values else ""
    path = os.fsdecode(path) if isinstance(path, bytes | os.PathLike) else path
    if not isinstance(path, str) or not os.path.abspath(path).startswith(folder):  # noqa: PTH100  (inside an audit hook)
        return False
    return event != "open" or bool(isinstance(values[2], int) and values[2] & _WRITES)


if __name__ == "__main__":
    _watched(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
