"""Ingest, assess, learn, resonate, approve, publish, predict, report, evidence, verify, typed as a user types them.

Run: python -m benchmarks.path [--quick] [--json]. Sets: CCPP, AI4I, TEP and FD001 from their files (TEP's runs are put
into one table with the label that its README gives: the fault begins at row 160). A step counts if the command ends
with 0; `adopt` counts too if it refuses because nothing held up. --quick leaves FD001 out and re-scores, the full run
also repeats the sealed plans (`--grade reproduced`) of CCPP and AI4I.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.frame import Result, cell, data_folder, main
from benchmarks.recipes import _bytes


@dataclass(frozen=True, slots=True)
class Site:
    """A set as its user knows it."""

    name: str
    prepare: Callable[[Path, Path], str]  # data folder, own folder: what to ingest
    roles: tuple[str, ...]
    learn: tuple[str, ...]
    accept: str
    new: str  # file with rows to predict
    grade: str = "re-scored"


def _ccpp(data: Path, home: Path) -> str:
    frame = pl.read_csv(_bytes(data / "ccpp" / "Folds5x2_pp.csv.gz"))
    frame[-200:, :4].write_csv(home / "new.csv")
    return str(data / "ccpp" / "Folds5x2_pp.csv.gz")


def _ai4i(data: Path, home: Path) -> str:
    frame = pl.read_csv(_bytes(data / "ai4i2020" / "ai4i2020.csv.gz"))
    frame.drop("Machine.failure")[-200:].write_csv(home / "new.csv")
    return str(data / "ai4i2020" / "ai4i2020.csv.gz")


def _tep(data: Path, home: Path) -> str:
    runs = []
    for fault in (0, 1, 2, 4, 5, 8, 10):
        rows = np.loadtxt(data / "tep" / f"d{fault:02d}_te.dat.gz")
        columns = {f"x{i + 1}": rows[:, i] for i in range(rows.shape[1])}
        wrong = (np.arange(len(rows)) >= 160) & (fault > 0)
        known = {"run": np.full(len(rows), f"d{fault:02d}"), "minute": np.arange(len(rows)) * 3}
        runs.append(pl.DataFrame({**known, **columns, "faulty": wrong.astype(int)}))
    pl.concat(runs).write_csv(home / "runs.csv")
    runs[1].drop("faulty").write_csv(home / "new.csv")
    return str(home / "runs.csv")


def _fd001(data: Path, home: Path) -> str:
    test = np.loadtxt(data / "cmapss-fd001" / "test_FD001.txt.gz")
    np.savetxt(home / "new.txt", test[test[:, 0] <= 10], fmt="%g")
    return str(data / "cmapss-fd001" / "train_FD001.txt.gz")


LEAKS = tuple(word for flag in ("TWF", "HDF", "PWF", "OSF", "RNF") for word in ("--leak", flag))
SITES = (
    Site("ccpp", _ccpp, ("--target", "energy"), ("--task", "regression"), "rmse<=4", "new.csv", "reproduced"),
    Site(
        "ai4i",
        _ai4i,
        ("--target", "Machine.failure", *LEAKS),
        ("--task", "classification"),
        "macro_f1>=0.85",
        "new.csv",
        "reproduced",
    ),
    Site(
        "tep",
        _tep,
        ("--target", "faulty", "--asset", "run", "--time", "minute"),
        ("--task", "monitoring", "--normal-first", "160"),
        "false_alarms<=0.3",
        "new.csv",
    ),
    Site(
        "fd001",
        _fd001,
        ("--asset", "1", "--time", "2", "--run-to-failure"),
        ("--task", "remaining_life", "--horizon", "125"),
        "rmse<=15",
        "new.txt",
    ),
)


def _steps(site: Site, source: str, grade: str) -> list[list[str]]:
    """The commands, without `diapason`."""
    model, file = f"{site.name}@1", f"{site.name}.evidence"
    return [
        ["ingest", source, "--name", site.name, *site.roles],
        ["assess", site.name],
        ["learn", site.name, *site.learn],
        ["resonate", site.name, "--budget", "60s"],
        ["adopt", site.name],
        ["person", "li", "--role", "approver"],
        ["approve", model, "--as", "li"],
        ["publish", model, "--accept", site.accept, "--waive", "the public set as it is"],
        ["predict", f"../{site.new}", "--model", model],
        ["report", site.name],
        ["report", site.name, "--lang", "zh", "--to", "zh.html"],
        ["evidence", site.name, "--with-data"],
        ["verify", file, "--signer", "KEY", "--grade", grade],
    ]


def _said(words: list[str], home: Path) -> subprocess.CompletedProcess[str]:
    call = [sys.executable, "-m", "diapason", *words]
    return subprocess.run(call, cwd=home, capture_output=True, text=True, check=False)


def _walked(site: Site, grade: str) -> dict[str, float]:
    """How many of the commands did what they should, how many there are, and the seconds of all."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        source = site.prepare(data_folder(), home)
        _said(["init", "plant", "--as", "engineer"], home)
        signer = json.loads(_said(["status", "--json"], home / "plant").stdout)["signer"]
        began, fine = time.monotonic(), 0
        steps = _steps(site, source, grade)
        for words in steps:
            begin = time.monotonic()
            done = _said([signer if w == "KEY" else w for w in words], home / "plant")
            held = done.returncode == 0 or (words[0] == "adopt" and "not proved" in done.stderr)
            fine += held
            note = "" if held else f"\n{done.stdout[-400:]}{done.stderr[-600:]}"
            sys.stderr.write(f"{site.name} {words[0]}: {time.monotonic() - begin:.1f} s{note}\n")
        return {"fine": fine, "steps": len(steps), "seconds": time.monotonic() - began}


def measure(quick: bool) -> list[Result]:
    """Each set in turn."""
    rows = []
    for site in SITES[: 3 if quick else 4]:
        grade = "re-scored" if quick else site.grade
        made = cell("path", (site.name, grade), partial(_walked, site, grade))
        what = f"{site.name}: commands that did what they should, to verify --grade {grade} ({made['seconds']:.0f} s)"
        fine, steps = made["fine"], made["steps"]
        rows.append(Result(f"path.{site.name}", what, fine, f"= {steps:.0f}", "steps", fine == steps))
    return rows


if __name__ == "__main__":
    main("path", measure)
