"""What every benchmark shares: flags, table, JSON, machine and versions."""

import argparse
import hashlib
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache, partial
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

__all__ = ["Result", "cell", "cells", "data_folder", "main"]

CELLS = Path(__file__).parent / ".cells"
SOURCE = Path(__file__).parents[1] / "src" / "diapason"
FACES = ("faces", "testing")
"""Rooms of the package that no figure depends on."""
SINGLE = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS")

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


def cells(name: str, facts: Sequence[tuple[object, ...]], work: Callable[..., T]) -> list[T]:
    """Many cells, one per core at a time, each with one thread; in the order of `facts`.

    Args:
        name: of the benchmark.
        facts: of each cell; also the arguments of `work`.
        work: a function of a module, so that another process can import it.
    """
    for thread in SINGLE:
        os.environ[thread] = "1"
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        return list(pool.map(partial(_one, name, work), facts))


def _one(name: str, work: Callable[..., T], facts: tuple[object, ...]) -> T:
    return cell(name, facts, partial(work, *facts))


@cache
def _code() -> str:
    """Digest of what figures depend on, the package without its faces and the benchmarks loaded: a changed line is
    another measurement.
    """
    total, here = hashlib.sha256(), Path(__file__).parent
    package = [f for f in SOURCE.rglob("*.py") if f.relative_to(SOURCE).parts[0] not in FACES]
    loaded = [f for m in list(sys.modules.values()) if (f := Path(getattr(m, "__file__", None) or "/")).parent == here]
    for file in sorted({*package, *loaded}):
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
