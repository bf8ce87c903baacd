"""How fast a newcomer is served: help, demo, first finding, size of the core install, the test suite.

Run: python -m benchmarks.start [--quick] [--json]; --quick leaves out the test suite.
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.frame import Result, main

ROOT = Path(__file__).parents[1]
HERE = Path(sys.executable).parent


def _timed(command: Sequence[str], folder: Path) -> float:
    begin = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return time.perf_counter() - begin


def _help(folder: Path) -> Result:
    times = [_timed([str(HERE / "diapason"), "--help"], folder) for _ in range(11)]
    value = statistics.median(times[1:])
    return Result("start.help", "diapason --help, median of 10", value, "< 0.2", "s", value < 0.2)


def _demo(folder: Path) -> Result:
    value = _timed([str(HERE / "diapason"), "demo"], folder)
    left = [p.name for p in folder.glob("*.html")] and [p.name for p in folder.glob("*.evidence")]
    holds = value <= 180 and bool(left)
    return Result("start.demo", "diapason demo, the whole path; leaves bundle and report", value, "<= 180", "s", holds)


def _core(folder: Path) -> Result:
    """A fresh environment with nothing but the core, as pip installs it (bytecode included, pip itself not)."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "core"], check=True)
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--prefix",
        str(folder / "core"),
    ]
    _timed([*install, "--ignore-installed", str(ROOT)], folder)
    size = sum(f.stat().st_size for f in (folder / "core").rglob("*") if f.is_file() and not f.is_symlink()) / 1e6
    return Result("start.core-install", "size of the core install with bytecode", size, "< 600", "MB", size < 600)


def _suite(folder: Path) -> Result:
    value = _timed([sys.executable, "-m", "pytest", "-n", "2", str(ROOT)], ROOT) if folder else 0.0
    return Result("start.tests", "the whole test suite, two workers", value, "<= 600", "s", value <= 600)


def measure(quick: bool) -> list[Result]:
    """All rows; each in a folder of its own that is removed."""
    from benchmarks import assess_speed

    folder = Path(tempfile.mkdtemp(prefix="diapason-start-"))
    try:
        rows = [_help(folder), _demo(folder), *assess_speed.measure(quick), _core(folder)]
        return rows if quick else [*rows, _suite(folder)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main("start", measure)
