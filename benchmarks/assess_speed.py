"""How soon `diapason assess` says something about a table of a million rows and twenty columns.

The table is one line of a plant (load, stops, a daily cycle) with a few thousand missing cells, wrong units and spikes; it
is brought in by `diapason ingest` once, and then assessed by the command line, whose standard error is watched.

Run: python -m benchmarks.assess_speed [--quick] [--json]; --quick takes a fifth of the rows.
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.frame import Result, main
from benchmarks.planting import line_columns

ROWS, COLUMNS, SEED = 1_000_000, 20, 5
COMMAND = str(Path(sys.executable).parent / "diapason")


def table(rows: int) -> pl.DataFrame:
    """The table, the same for the same number of rows."""
    rng = np.random.default_rng(SEED)
    base = line_columns(rng, rows)
    start = np.datetime64("2023-01-01T00:00:00", "us")
    columns = {"time": start + (np.arange(rows) * 60_000_000).astype("timedelta64[us]"), **base}
    for i in range(COLUMNS - len(base)):
        columns[f"tag_{i + 1}"] = (rng.uniform(0.1, 2) * base["power"] + 100 + 5 * rng.normal(size=rows)).round(2)
    place = pl.int_range(rows)
    return pl.DataFrame(columns).with_columns(
        pl.when(place % 997 == 0).then(None).otherwise(pl.col("pressure")).alias("pressure"),
        pl.when(place % 1511 == 0).then(pl.col("tag_3") * 10).otherwise(pl.col("tag_3")).alias("tag_3"),
        pl.when(place % 2003 == 0).then(pl.col("tag_4") + 400).otherwise(pl.col("tag_4")).alias("tag_4"),
    )


def _watched(folder: Path) -> tuple[float, float]:
    """Seconds from process start to the first finding on the error stream, and to the end."""
    begin = time.perf_counter()
    with subprocess.Popen(
        [COMMAND, "assess", "line"], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        first = process.stderr.readline()
        soon = time.perf_counter() - begin
        rest = process.stderr.read()
    if process.returncode or not first.strip():
        sys.exit(f"diapason assess failed:\n{first}{rest[-2000:]}")
    return soon, time.perf_counter() - begin


def measure(quick: bool) -> list[Result]:
    """First finding and whole assessment, medians of three runs, through the real command line."""
    rows = ROWS // 5 if quick else ROWS
    folder = Path(tempfile.mkdtemp(prefix="diapason-assess-"))
    try:
        subprocess.run([COMMAND, "init", "plant"], cwd=folder, check=True, capture_output=True)
        table(rows).write_parquet(folder / "line.parquet")
        bring = [COMMAND, "ingest", "../line.parquet", "--name", "line"]
        subprocess.run(bring, cwd=folder / "plant", check=True, capture_output=True)
        times = [_watched(folder / "plant") for _ in range(3)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    soon, whole = (statistics.median(t) for t in zip(*times, strict=True))
    size = f"{rows:,} x {COLUMNS + 1}"
    return [
        Result("start.first-finding", f"assess {size}: first finding from process start", soon, "< 3", "s", soon < 3),
        Result("start.assess", f"assess {size}: the whole of it", whole, "", "s", None),
    ]


if __name__ == "__main__":
    main("assess_speed", measure, seeds=[SEED])
