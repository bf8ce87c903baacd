"""Files in: a million rows of 20 columns, and about a gigabyte in bounded memory; the real command, cold."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.frame import Result, main

DIAPASON = Path(sys.executable).parent / "diapason"
SEED = 20261122
ROWS = 1_000_000
MEASURE = """
import resource, subprocess, sys, time
begin = time.perf_counter()
done = subprocess.run(sys.argv[1:], capture_output=True, text=True)
wall, used = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
sys.stderr.write(done.stderr)
print(done.returncode, wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
"""


def _made(path: Path) -> None:
    """1,000 assets of 1,000 cycles with 18 tags."""
    rng = np.random.default_rng(SEED)
    number = np.arange(ROWS)
    columns = {"unit": number // 1000, "cycle": number % 1000}
    tags = {f"s{i}": rng.normal(100, 5, ROWS).round(4) for i in range(18)}
    pl.DataFrame(columns | tags).write_csv(path)


def _longer(path: Path, source: Path, times: float) -> int:
    """The same rows several times; bytes written."""
    head, _, body = source.read_bytes().partition(b"\n")
    with path.open("wb") as file:
        file.write(head + b"\n")
        for _ in range(int(times)):
            file.write(body)
        file.write(body[: body.rfind(b"\n", 0, int(len(body) * (times % 1)) + 1) + 1])
    return path.stat().st_size


def _ingested(folder: Path, file: str, name: str) -> tuple[float, float, float, dict[str, int]]:
    """Seconds, CPU seconds, peak MB, and what the workspace holds then."""
    command = [str(DIAPASON), "ingest", file, "--name", name, "-w", "plant"]
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, *command], cwd=folder, capture_output=True, text=True, check=True
    )
    code, wall, cpu, peak = (float(x) for x in done.stdout.split())
    if code:
        sys.exit(done.stderr)
    again = subprocess.run([*command, "--json"], cwd=folder, capture_output=True, text=True, check=True)
    said = json.loads(again.stdout)
    return wall, cpu, peak, {k: said[k] for k in ("rows", "rejected", "seen")}


def measure(quick: bool) -> list[Result]:
    """Ingest both files from the command line."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        subprocess.run([str(DIAPASON), "init", "plant", "--as", "wang"], cwd=folder, check=True, capture_output=True)
        _made(folder / "million.csv")
        wall, cpu, _, counts = _ingested(folder, "million.csv", "million")
        whole = counts == {"rows": ROWS, "rejected": 0, "seen": ROWS}
        results = [
            Result("files-million", "1 M × 20 CSV, stored and signed, wall", wall, "", "s", None),
            Result("files-million-cpu", "the same, CPU of all threads", cpu, "≤ 8 s", "s", cpu <= 8 and whole),
        ]
        size = _longer(folder / "long.csv", folder / "million.csv", 2.5 if quick else 6.5)
        wall, _, peak, counts = _ingested(folder, "long.csv", "long")
        lost = counts["seen"] - counts["rows"] - counts["rejected"]
        what = f"peak memory while {size / 1e9:.2f} GB of CSV come in"
        results += [
            Result("files-memory", what, peak, "≤ 700 MB", "MB", peak <= 700),
            Result("files-long", f"{size / 1e9:.2f} GB of CSV, wall", wall, "", "s", None),
            Result("files-lost", "rows neither stored nor refused", lost, "0", "rows", lost == 0),
        ]
    return results


if __name__ == "__main__":
    main("files", measure, seeds=[SEED])
