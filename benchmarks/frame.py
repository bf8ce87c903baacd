"""What every benchmark shares: flags, table, JSON, machine and versions."""

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

__all__ = ["Result", "data_folder", "main"]

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
