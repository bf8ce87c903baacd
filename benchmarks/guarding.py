"""Live quality: what a judged stream costs, how soon a verdict is there, and what is found of planted breaks.

The table is a line of two machines: time, machine, a grade, and eighteen tags (levels with noise). Rules are proposed by
`diapason contract --propose` from a clean part; further rows come as lines of JSON, some of them broken on purpose, each
known: a cell beyond the usual range by so many times the width that holds 98 % of its tag, a text that is none of the
grades, a missing cell. Rows per second are of CPU time of the whole process while the stream runs, storing, signing and
the pass for faults included, so that other work on the machine does not count.

Run: python -m benchmarks.guarding [--quick] [--json]; --quick: 60,000 rows instead of 400,000.
"""

import asyncio
import io
import json
import os
import re
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.frame import Result, main
from diapason.services import contract, guard, workspace
from diapason.services.workspace import Workspace

SEED, TAGS, CLEAN = 27, 18, 50_000
STRENGTHS = (0.1, 0.3, 0.5, 1.0, 3.0)
PLANTED = 0.005
"""Share of rows that are broken, for each kind and strength."""
RATE, LIVE = 2000, 10.0
"""Rows a second, and seconds, of the stream whose delay is measured."""
WIDTH = 2 * 2.326
"""Of a normal tag of spread 1: what holds 98 % of it."""


def table(rows: int, begin: int, seed: int) -> pl.DataFrame:
    """Rows of the line from a second on."""
    draw = np.random.default_rng(seed)
    time_ = pl.datetime_range(
        pl.datetime(2024, 1, 1), pl.datetime(2024, 1, 1) + pl.duration(seconds=rows - 1), "1s", eager=True
    ).dt.offset_by(f"{begin}s")
    tags = {f"tag_{i:02d}": 100.0 * i + draw.normal(size=rows).round(4) for i in range(TAGS)}
    grades = pl.Series(draw.choice(["A", "B", "C"], size=rows))
    return pl.DataFrame({"time": time_, "machine": np.arange(rows) % 2 + 1, "grade": grades, **tags})


def broken(clean: pl.DataFrame, seed: int) -> tuple[pl.DataFrame, dict[int, str]]:
    """The same rows with planted breaks, and which row is broken how."""
    draw, rows = np.random.default_rng(seed), clean.height
    each = int(PLANTED * rows)
    kinds = [f"range {s}" for s in STRENGTHS] + ["values", "missing"]
    where = draw.permutation(rows)[: each * len(kinds)].reshape(len(kinds), each)
    cells = {c: clean[c].to_numpy().copy() for c in clean.columns if c.startswith("tag")}
    grades, truth = clean["grade"].to_list(), dict[int, str]()
    for kind, at in zip(kinds, where, strict=True):
        for row in at.tolist():
            truth[row] = kind
            tag = f"tag_{draw.integers(TAGS):02d}"
            if kind == "values":
                grades[row] = "Z"
            elif kind == "missing":
                cells[tag][row] = np.nan
            else:
                level, sign = 100.0 * int(tag[-2:]), draw.choice([-1, 1])
                cells[tag][row] = level + sign * WIDTH * (0.5 + float(kind.split()[1]))
    made = clean.with_columns(pl.Series("grade", grades), *(pl.Series(c, v).fill_nan(None) for c, v in cells.items()))
    return made, truth


def lines(rows: pl.DataFrame) -> bytes:
    """As JSON, a row a line."""
    return rows.with_columns(pl.col("time").dt.strftime("%Y-%m-%dT%H:%M:%SZ")).write_ndjson().encode()


def plant(folder: Path) -> Workspace:
    """A workspace with the clean part and rules proposed from it; a missing cell sets its row aside."""
    workspace.init(folder, person="wang")
    ws = workspace.open_workspace(folder, person="wang")
    table(CLEAN, 0, SEED).write_parquet(folder / "clean.parquet")
    asyncio.run(guard.bring(ws, str(folder / "clean.parquet"), name="line", asset="machine", time="time"))
    contract.run(ws, "line", proposed=True)
    path = ws.folder / "contracts" / "line.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("columns:", "policy: {missing: quarantine}\ncolumns:", 1))
    return ws


def found(ws: Workspace, truth: dict[int, str], rows: pl.DataFrame) -> list[Result]:
    """Recall for each kind and strength, and precision over all rows set aside."""
    kept = guard.quarantine(ws, "line", most=10**9)["rows"]
    second = {str(t)[:19]: i for i, t in enumerate(rows["time"])}
    aside = {second[json.loads(r["row"])["time"][:19]] for r in kept}
    out = []
    for kind in dict.fromkeys(truth.values()):
        mine = {row for row, k in truth.items() if k == kind}
        recall, firm = len(mine & aside) / len(mine), kind not in ("range 0.1", "range 0.3", "range 0.5")
        said = f"{kind} widths beyond the usual range" if kind.startswith("range") else kind
        bar, holds = (">= 0.95", recall >= 0.95) if firm else ("-", None)
        out.append(Result(f"guard.recall.{kind.replace(' ', '_')}", f"recall, {said}", recall, bar, "", holds))
    precision = len(aside & set(truth)) / max(len(aside), 1)
    return [
        *out,
        Result("guard.precision", "of rows set aside, those broken", precision, ">= 0.95", "", precision >= 0.95),
    ]


def speed(ws: Workspace, rows: pl.DataFrame) -> tuple[list[Result], dict[str, Any]]:
    """Rows per CPU second of the whole stream, and whether it adds up; incidents of all rules are open already."""
    first, _ = broken(table(20_000, -20_000, SEED + 4), SEED + 5)
    guard.run(ws, "line", "-", pipe=io.BytesIO(lines(first)))
    guard.decide(ws, "line", "drop", "all", because="a first stream, so that every incident is open")
    data = io.BytesIO(lines(rows))
    begin = time.process_time()
    done = guard.run(ws, "line", "-", pipe=data, pace=guard.Pace(version_seconds=1e9))
    spent = time.process_time() - begin
    even = done["sent"] - done["stored"] - done["quarantined"] - done["refused"]
    what = f"{rows.height:,} rows x {rows.width} columns of JSON"
    rate = rows.height / spent
    return [
        Result("guard.rows", f"{what}: judged, stored and signed per CPU second", rate, ">= 20000", "1/s", rate >= 2e4),
        Result("guard.lost", "rows sent that are neither stored, set aside nor refused", even, "= 0", "", even == 0),
    ], done


def delay(ws: Workspace, rows: pl.DataFrame) -> list[Result]:
    """From the moment at which a row is written to the verdict on it, at a steady rate, while versions are stored."""
    out, into = os.pipe()
    sent = lines(rows).splitlines(keepends=True)
    at = np.empty(len(sent))
    waits: list[float] = []

    def write() -> None:
        begin, step = time.perf_counter(), RATE // 100
        for i in range(0, len(sent), step):
            time.sleep(max(0.0, begin + i / RATE - time.perf_counter()))
            at[i : i + step] = time.perf_counter()
            os.write(into, b"".join(sent[i : i + step]))
        os.close(into)

    def judged(_what: object, _share: float, note: str) -> None:
        now, told = time.perf_counter(), re.search(r"sent ([\d,]+)", note)
        if told:
            waits.extend(now - at[len(waits) : int(told[1].replace(",", ""))])

    writer = threading.Thread(target=write)
    writer.start()
    with os.fdopen(out, "rb") as pipe:
        pace = guard.Pace(rows=1000, seconds=0.2, version_seconds=3.0)
        guard.run(replace(ws, progress=judged), "line", "-", pipe=pipe, pace=pace)
    writer.join()
    middle, most = (float(np.quantile(waits, q)) for q in (0.5, 0.99))
    what = f"from a row written to its verdict, {RATE:,} rows/s, batches of 0.2 s, a version each 3 s"
    return [
        Result("guard.delay", f"{what}: median", middle, "< 0.5", "s", middle < 0.5),
        Result("guard.delay99", f"{what}: 99 of 100", most, "-", "s", None),
    ]


def measure(quick: bool) -> list[Result]:
    """All of it in one folder that is thrown away."""
    rows = 60_000 if quick else 400_000
    with tempfile.TemporaryDirectory() as name:
        ws = plant(Path(name) / "plant")
        sent, truth = broken(table(rows, CLEAN, SEED + 1), SEED + 2)
        out, _ = speed(ws, sent)
        out += found(ws, truth, sent)
        out += delay(ws, table(int(RATE * LIVE), CLEAN + rows, SEED + 3))
        ws.ledger.close()
        return out


if __name__ == "__main__":
    main("guarding", measure, seeds=(SEED,))
