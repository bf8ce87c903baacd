"""What one pass costs: `diapason scan` against a bare DuckDB scan of the same Parquet file, process against process.

The table is a plant of twenty machines: time, machine, and 53 tags (slow walks with noise; a third rounded as a
historian stores them, a few missing cells). Each figure is a median over runs in turns; CPU and peak memory are those of
the whole process, start included, as the operating system counts them. A scan always has both tiers, the exact and the
sampled one: the bar of the exact tier and that of both are held against the same runs.

Run: python -m benchmarks.scanning [--quick] [--json]; --quick: 2 million rows instead of 10, growth to 8 instead of 100.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

import numpy as np
import polars as pl

from benchmarks.frame import Result, main

SEED, TAGS, MACHINES, PART, TURNS = 21, 53, 20, 500_000, 3
T = TypeVar("T")
COMMAND = str(Path(sys.executable).parent / "diapason")
DUCK = """
import duckdb, sys
con = duckdb.connect()
names = [r[0] for r in con.execute(f"describe select * from '{sys.argv[1]}'").fetchall() if r[1] == "DOUBLE"]
con.execute("select count(*), " + ", ".join(f'sum("{n}")' for n in names) + f" from '{sys.argv[1]}'").fetchall()
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one process."""

    wall: float  # s
    cpu: float  # s, user and system
    peak: float  # MB


def cost(words: Sequence[str]) -> Cost:
    """Run a process to its end."""
    begin = time.perf_counter()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(words)} failed:\n{said.decode()[-2000:]}")
    return Cost(time.perf_counter() - begin, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def machine(rows: int, number: int) -> pl.DataFrame:
    """The history of one machine, a row a second."""
    rng = np.random.default_rng([SEED, number])
    at = np.datetime64("2025-01-01", "us") + (np.arange(rows) * 1_000_000).astype("timedelta64[us]")
    columns: dict[str, object] = {"time": at, "machine": np.repeat(f"pump-{number:02d}", rows)}
    for i in range(TAGS):
        tag = 50 + 0.01 * np.cumsum(rng.normal(size=rows)) + rng.normal(size=rows)
        tag = tag.round(2) if i % 3 == 0 else tag
        if i % 10 == 3:
            tag[rng.integers(0, rows, rows // 1000)] = np.nan
        columns[f"tag_{i:02d}"] = tag
    return pl.DataFrame(columns).with_columns(pl.col("^tag.*$").fill_nan(None))


def written(folder: Path, rows: int) -> dict[str, Path]:
    """The table sorted by machine, by time, and long (a tenth of the rows), each as one file."""
    parts = folder / "parts"
    parts.mkdir()
    for number in range(MACHINES):
        machine(rows // MACHINES, number).write_parquet(parts / f"{number:02d}.parquet")
    files = {name: folder / f"{name}.parquet" for name in ("by_machine", "by_time", "long", "less", "more")}
    every = sorted(parts.glob("*.parquet"))
    pl.scan_parquet(every).sink_parquet(files["by_machine"], row_group_size=250_000)
    _by_time(every, files["by_time"], rows // MACHINES)
    few = pl.scan_parquet(files["by_time"]).head(rows // 10)
    few.unpivot(index=["time", "machine"], variable_name="tag", value_name="value").sink_parquet(files["long"])
    pl.scan_parquet(files["by_time"]).head(rows - rows // 100).sink_parquet(files["less"])
    pl.scan_parquet(files["by_time"]).tail(rows // 100).sink_parquet(files["more"])
    shutil.rmtree(parts)
    return files


def _by_time(every: Sequence[Path], file: Path, rows: int) -> None:
    """All machines in turn, second by second, in pieces of memory's size."""
    pieces = file.parent / "pieces"
    pieces.mkdir()
    step = PART // MACHINES
    for begin in range(0, rows, step):
        part = pl.concat([pl.scan_parquet(f).slice(begin, step).collect() for f in every])
        part.sort("time", "machine").write_parquet(pieces / f"{begin:09d}.parquet")
    pl.scan_parquet(sorted(pieces.glob("*.parquet"))).sink_parquet(file, row_group_size=250_000)
    shutil.rmtree(pieces)


def small(file: Path, rows: int, names: Sequence[str]) -> None:
    """The history of one machine with few tags."""
    machine(rows, 99).select("time", "machine", *names).write_parquet(file)


def elsewhere(work: Callable[..., T], *facts: object) -> T:
    """In a process of its own: one that was ever large hands its peak on to those it starts."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *facts).result()


def turns(one: Callable[[], Cost], two: Callable[[], Cost]) -> tuple[list[Cost], list[Cost]]:
    """Both in turns, after one run of each that does not count: files are in memory, as they are for both."""
    one(), two()
    pairs = [(one(), two()) for _ in range(TURNS)]
    return [a for a, _ in pairs], [b for _, b in pairs]


def middle(costs: Sequence[Cost], what: str) -> float:
    """Median of one figure."""
    return statistics.median(getattr(c, what) for c in costs)


def scan(file: Path | str, *words: str) -> Callable[[], Cost]:
    """The command over a file."""
    return lambda: cost([COMMAND, "scan", str(file), "--json", *words])


def starting(folder: Path) -> float:
    """Seconds of CPU that hardly any rows cost: nearly all of it is start and telling."""
    few = folder / "few.parquet"
    elsewhere(small, few, 1_000, [f"tag_{i:02d}" for i in range(TAGS)])
    return statistics.median(scan(few, "--asset", "machine")().cpu for _ in range(TURNS))


def against(files: dict[str, Path], rows: int, start: float) -> list[Result]:
    """Wall, CPU and memory over those of the bare scan; other orders over the first, per value."""
    ours, bare = turns(
        scan(files["by_machine"], "--asset", "machine"),
        lambda: cost([sys.executable, "-c", DUCK, str(files["by_machine"])]),
    )
    what = f"{rows:,} x {TAGS + 2}"
    out = []
    for figure, said, unit in (("wall", "wall", "s"), ("cpu", "CPU", "s")):
        over = statistics.median(getattr(a, figure) / getattr(b, figure) for a, b in zip(ours, bare, strict=True))
        told = f"{said} over a bare DuckDB scan ({middle(ours, figure):.2f} over {middle(bare, figure):.2f} {unit})"
        for name, tier, most in (("", "exact tier (the sampled one included)", 1.5), ("both-", "both tiers", 2.0)):
            out.append(
                Result(f"scan.{name}{figure}", f"{what}, {tier}: {told}", over, f"<= {most:g}", "x", over <= most)
            )
    peak = max(c.peak for c in ours)
    out.append(
        Result(
            "scan.peak", f"{what}: peak memory (DuckDB {middle(bare, 'peak'):.0f} MB)", peak, "< 600", "MB", peak < 600
        )
    )
    base = middle(ours, "cpu") / (rows * TAGS)
    for name, words, values in (
        ("by_time", ("--asset", "machine"), rows * TAGS),
        ("long", ("--asset", "machine", "--tag", "tag", "--value", "value"), rows // 10 * TAGS),
    ):
        other = [scan(files[name], *words)() for _ in range(TURNS)]
        ratio = middle(other, "cpu") / values / base
        rest = (middle(other, "cpu") - start) / values * rows * TAGS / (middle(ours, "cpu") - start)
        said = "sorted by time" if name == "by_time" else f"long, {values:,} rows"
        out.append(
            Result(
                f"scan.{name}",
                f"{said}: CPU per value over sorted by machine (the start taken off both: {rest:.3g})",
                ratio,
                "<= 1.3",
                "x",
                ratio <= 1.3,
            )
        )
    return out


def growing(files: dict[str, Path], times: int, start: float) -> list[Result]:
    """A million rows again and again: time per row and memory, from the first million on."""
    rows, one = 1_000_000, files["by_machine"].parent / "million.parquet"
    pl.scan_parquet(files["by_machine"]).head(rows).sink_parquet(one, row_group_size=250_000)
    folder = files["by_machine"].parent / "many"
    folder.mkdir()
    per, peaks, counts = [], [], sorted({1, times // 10 or 2, times // 2, times})
    for count in counts:
        for i in range(count):
            link = folder / f"{i:03d}.parquet"
            if not link.exists():
                os.link(one, link)
        spent = scan(folder / "*.parquet", "--asset", "machine")()
        per.append((spent.cpu - start) / (count * rows))
        peaks.append(spent.peak)
        sys.stderr.write(f"{count} million rows: {spent.wall:.1f} s, {spent.cpu:.1f} s of CPU, {spent.peak:.0f} MB\n")
    said = f"{rows:,} to {times * rows:,} rows"
    grown, fat = per[-1] / per[0], peaks[-1] / peaks[1]
    memory = f"peak memory, {counts[-1]} over {counts[1]} million rows ({peaks[0]:.0f} MB at one, {peaks[-1]:.0f} at the end)"
    return [
        Result(
            "scan.linear",
            f"{said}: CPU per row without the start, last over first ({1e6 * per[-1]:.3g} µs)",
            grown,
            "<= 1.1",
            "x",
            grown <= 1.1,
        ),
        Result("scan.flat", memory, fat, "<= 1.2", "x", fat <= 1.2),
    ]


def added(files: dict[str, Path], folder: Path) -> list[Result]:
    """One per cent of new rows, from the kept state: the time, and whether it is as if all had been read."""
    import json

    state = folder / "less.scan"
    scan(files["less"], "--asset", "machine", "--keep", str(state))()
    more = [scan(files["more"], "--asset", "machine", "--after", str(state))() for _ in range(TURNS)]

    def told(*words: str) -> list[dict[str, object]]:
        run = subprocess.run([COMMAND, "scan", *words, "--asset", "machine", "--json"], capture_output=True, check=True)
        return list(json.loads(run.stdout)["columns"])

    whole, parts = told(str(files["by_time"])), told(str(files["more"]), "--after", str(state))
    exact = ("rows", "missing", "infinite", "zeros", "low", "high", "distinct", "quantiles", "repeats", "longest_run")
    same = sum(all(a.get(k) == b.get(k) for k in exact) for a, b in zip(whole, parts, strict=True))
    took = middle(more, "wall")
    return [
        Result("scan.added", "1 % new rows from the kept state, process start included", took, "< 1", "s", took < 1),
        Result(
            "scan.same",
            f"columns told as by a full pass, of {len(whole)}",
            same,
            f"= {len(whole)}",
            "",
            same == len(whole),
        ),
    ]


def first(folder: Path, rows: int) -> Result:
    """From the start of the process to what is wrong, of a small table."""
    names = [f"tag_{i:02d}" for i in range(18)]
    file = folder / "small.parquet"
    elsewhere(small, file, rows, names)
    took = statistics.median(scan(file)().wall for _ in range(TURNS))
    return Result("scan.first", f"process start to the findings, {rows:,} x 20", took, "< 1.5", "s", took < 1.5)


def measure(quick: bool) -> list[Result]:
    """All of it in one folder that is thrown away."""
    rows = 2_000_000 if quick else 10_000_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = elsewhere(written, folder, rows)
        start = starting(folder)
        out = against(files, rows, start)
        what = f"1,000 x {TAGS + 2}: CPU, nearly all of it start and telling"
        out.append(Result("scan.start", what, start, "", "s", None))
        out += added(files, folder)
        out.append(first(folder, 1_000_000))
        return out + growing(files, 8 if quick else 100, start)


if __name__ == "__main__":
    main("scanning", measure, seeds=(SEED,))
