"""What every benchmark shares: flags, table, JSON, machine and versions."""

import argparse
import hashlib
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

__all__ = ["Result", "cell", "data_folder", "main"]

CELLS = Path(__file__).parent / ".cells"
SOURCES = (Path(__file__).parents[1] / "src", Path(__file__).parent)

T = TypeVar("T")
WATCHED = ("diapason", "numpy", "scipy", "polars", "deltalake", "lightgbm")


@dataclass(frozen=True, slots=True)
class Result:
    """One figure against its bar; `holds` is None where there is no bar."""

    id: str
    what: str
    value: float
    bar: str
    unit: str
    holds: bool | None


def data_folder() -> Path:
    """Real public sets: `DIAPASON_DATA`, or `../shared/data` beside the project."""
    folder = Path(os.environ.get("DIAPASON_DATA") or Path(__file__).parents[2] / "shared" / "data")
    if not folder.is_dir():
        sys.exit(f"real data is absent: set DIAPASON_DATA (looked in {folder})")
    return folder


def cell(name: str, facts: Sequence[object], work: Callable[[], T]) -> T:
    """One cell of a grid: recalled if the same code has measured it before, else measured and kept at once.

    Args:
        name: of the benchmark.
        facts: what the cell is: set, damage, strength, seed.
        work: measures it; gives what JSON can hold.
    """
    file = CELLS / name / f"{hashlib.sha256(repr((_code(), *facts)).encode()).hexdigest()[:24]}.json"
    if file.exists():
        recalled: T = json.loads(file.read_text(encoding="utf-8"))
        return recalled
    begin = time.monotonic()
    made = work()
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_suffix(".half")
    half.write_text(json.dumps(made), encoding="utf-8")
    half.replace(file)
    sys.stderr.write(f"{name} {' '.join(map(str, facts))}: {made} ({time.monotonic() - begin:.0f} s)\n")
    return made


@cache
def _code() -> str:
    """Digest of the package and the benchmarks: a changed line is another measurement."""
    total = hashlib.sha256()
    for file in sorted(f for folder in SOURCES for f in folder.rglob("*.py")):
        total.update(file.read_bytes())
    return total.hexdigest()


def _machine() -> dict[str, object]:
    return {"cpus": os.cpu_count(), "processor": platform.machine(), "python": platform.python_version()}


def main(name: str, measure: Callable[[bool], list[Result]], *, seeds: Sequence[int] = ()) -> None:
    """Parse the flags, measure, print."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}")
    parser.add_argument("--quick", action="store_true", help="a smaller run, at most 15 minutes")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    flags = parser.parse_args()
    results = measure(flags.quick)
    if flags.json:
        facts = {
            "results": [asdict(r) for r in results],
            "machine": _machine(),
            "versions": {package: version(package) for package in WATCHED},
            "seeds": list(seeds),
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        sys.stdout.write(json.dumps(facts, ensure_ascii=False, indent=1) + "\n")
        return
    for r in results:
        holds = {True: "holds", False: "MISSED", None: ""}[r.holds]
        sys.stdout.write(f"{r.id:28} {r.value:>12.4g} {r.unit:6} bar {r.bar:14} {holds:7} {r.what}\n")
