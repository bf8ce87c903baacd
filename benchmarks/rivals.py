"""The pass against tools that check or profile tables: the same Parquet file, the same checks, process against process.

Checkers answer a contract: for each of 54 columns no missing cell, for each of 53 a range, for one the only texts. Ours
is `diapason scan FILE --contract --rules`, which does these checks and no more; each rival a script in `rival/` in an
environment of its own, made once under the user's cache folder. Faults are planted, and counted by Polars: a rival whose counts are not the truth is no rival.
Profilers tell missing cells, extremes, mean, deviation, median and distinct values of each column; ours is
`diapason scan FILE`. Figures are medians over pairs of runs in turns; CPU, wall and peak memory are those of the whole
process; "without the start" takes off what the same process costs on a thousand rows.

Run: python -m benchmarks.rivals [--quick] [--json]; --quick: a million rows for the fast ones, 100,000 for the slow.
What was measured by the same code is recalled, so a run that was broken off goes on.
"""

import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.frame import Result, cell, main
from benchmarks.rivals_table import SEED, written, wrong
from benchmarks.scanning import COMMAND, elsewhere

HERE = Path(__file__).parent
TURNS, FEW = 3, 1_000
LIMIT = 1800.0
"""Seconds that one run may take."""
SHARE = 0.85
"""Of the machine's memory that one run may take; what wants more is stopped before it takes others along."""
PATIENT = 20.0
"""A run that takes longer than this is measured in one pair."""
LONGEST = 600.0
"""Seconds that the next size of a slow one may be expected to take, by ten times what this one took."""


@dataclass(frozen=True, slots=True)
class Rival:
    """A tool, as its documentation would have it used."""

    name: str
    needs: tuple[str, ...]
    script: str
    fast: bool = False  # belongs to the bar of three times less CPU; the others to that of fifty times
    profiler: bool = False


RIVALS = (
    Rival("pandera", ("pandera[polars]==0.35.0", "polars==2.1.0"), "pandera_polars", fast=True),
    Rival("pandera-lazy", ("pandera[polars]==0.35.0", "polars==2.1.0"), "pandera_lazy", fast=True),
    Rival("cuallee", ("cuallee==0.15.4", "polars==2.1.0", "numpy", "pyarrow"), "cuallee_polars", fast=True),
    Rival("cuallee-duckdb", ("cuallee==0.15.4", "duckdb==2.0.0", "pandas", "numpy"), "cuallee_duckdb", fast=True),
    Rival("pointblank", ("pointblank[pl]==1.1.1", "polars==2.1.0"), "pointblank_polars", fast=True),
    Rival(
        "pointblank-profile", ("pointblank[pl]==1.1.1", "polars==2.1.0"), "pointblank_profile", fast=True, profiler=True
    ),
    Rival("great-expectations", ("great-expectations==1.24.1", "pyarrow"), "great_expectations_pandas"),
    Rival("whylogs", ("whylogs==1.6.4", "numpy<2", "pandas<3", "pyarrow<26"), "whylogs_profile", profiler=True),
    Rival("ydata-profiling", ("ydata-profiling==4.18.4", "pyarrow"), "ydata_minimal", profiler=True),
)


@dataclass(frozen=True, slots=True)
class Run:
    """One process from start to end."""

    wall: float = 0.0  # s
    cpu: float = 0.0  # s, user and system
    peak: float = 0.0  # MB
    failed: str = ""  # why it has no answers
    answers: dict[str, float] = field(default_factory=dict)


def ran(words: Sequence[str], answers: Path, *, limit: float = LIMIT) -> Run:
    """Run a process to its end, or stop it where it takes more time or memory than it may."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    answers.unlink(missing_ok=True)
    with tempfile.TemporaryFile() as said, answers.with_suffix(".out").open("wb") as out:
        begin = time.perf_counter()
        process = subprocess.Popen(words, stdout=out, stderr=said, env=environment)
        stopped: list[str] = []
        over = threading.Event()
        watch = threading.Thread(target=_watch, args=(process, limit, stopped, over))
        watch.start()
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        over.set()
        watch.join()
        said.seek(0)
        last = said.read().decode(errors="replace").strip().splitlines()[-1:]
    failed = stopped[0] if stopped else ""
    if process.returncode and not failed:
        failed = f"ended with {process.returncode}: {' '.join(last)[:200]}"
    return Run(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, failed)


def _watch(process: subprocess.Popen[bytes], limit: float, stopped: list[str], over: threading.Event) -> None:
    """Stop the process where it goes beyond what it may have."""
    most = SHARE * os.sysconf("SC_PHYS_PAGES")
    begin = time.perf_counter()
    while not over.wait(0.2):
        if time.perf_counter() - begin > limit:
            stopped.append(f"not done after {limit:.0f} s")
        elif _pages(process.pid) > most:
            stopped.append(f"more than {most * os.sysconf('SC_PAGE_SIZE') / 1e9:.0f} GB of memory")
        if stopped:
            process.kill()
            return


def _pages(pid: int) -> int:
    """Pages of memory that a process has now; none where the system doesn't say."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0


def ours(file: Path, contract: Path | None, answers: Path) -> Run:
    """The command over the file; where rules are asked, those of the contract alone."""
    rules = [] if contract is None else ["--contract", str(contract), "--rules"]
    run = ran([COMMAND, "scan", str(file), "--json", *rules], answers)
    if run.failed:
        sys.exit(f"diapason scan {file} {run.failed}")
    told = json.loads(answers.with_suffix(".out").read_text(encoding="utf-8"))
    return Run(run.wall, run.cpu, run.peak, "", _profile(told) if contract is None else _broken(told["contract"]))


def _broken(judged: Mapping[str, Any]) -> dict[str, float]:
    """How many cells break each rule; a rule that is not told is kept, unless it was not tested."""
    if judged["untested"]:
        sys.exit(f"not tested: {judged['untested']}")
    return {f"{b['column']} {b['rule']}": b["count"] for b in judged["broken"]}


def _profile(told: Mapping[str, Any]) -> dict[str, float]:
    figures = {}
    for line in told["columns"]:
        figures[f"{line['name']} missing"] = line["missing"]
        if line["kind"] == "number":
            figures |= {f"{line['name']} {k}": line[k] for k in ("low", "high", "mean", "deviation")}
            figures[f"{line['name']} median"] = line["quantiles"]["0.5"]["value"]
            figures[f"{line['name']} distinct"] = line["distinct"]["value"]
    return figures


def theirs(rival: Rival, python: Path, file: Path, rules: Path, answers: Path) -> Run:
    """The rival's script over the file; isolated, so that nothing of ours is imported."""
    script = HERE / "rival" / f"{rival.script}.py"
    run = ran([str(python), "-I", str(script), str(file), str(rules), str(answers)], answers)
    if run.failed:
        return run
    return Run(run.wall, run.cpu, run.peak, "", json.loads(answers.read_text()))


def environment(rival: Rival) -> tuple[Path, str]:
    """The Python that has the rival, made where it is not there; and why it could not be made."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "diapason-rivals"
    told = f"{sys.version_info[:2]} {' '.join(rival.needs)}"  # those that need the same share one
    folder = cache / f"{rival.name.split('-')[0]}-{hashlib.sha256(told.encode()).hexdigest()[:8]}"
    python = folder / "bin" / "python"
    if (folder / "made").exists():
        return python, ""
    sys.stderr.write(f"making an environment for {rival.name} in {folder}\n")
    subprocess.run([sys.executable, "-m", "venv", "--clear", "--without-pip", folder], check=True)
    pip = [sys.executable, "-m", "pip", "--python", str(python)]
    words = [*pip, "install", "--quiet", "--disable-pip-version-check", *rival.needs]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        return python, f"can't be installed: {' '.join(errors[-1:])[:200]}"
    (folder / "made").touch()
    return python, ""


class Bench:
    """Rivals side by side, on tables that are made once for each size."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def table(self, rows: int) -> Path:
        """Folder of a table with its rules and contract; made in another process, since this one must stay small."""
        folder = self.folder / str(rows)
        if not folder.exists():
            elsewhere(written, folder, rows)
        return folder

    def pairs(self, rival: Rival, rows: int) -> dict[str, Any]:
        """Both in turns on one table, after a run of each that does not count; and both on hardly any rows."""
        python, why = environment(rival)
        if why:
            return {"failed": why}
        at = self.table(rows)
        first = self._both(rival, python, at)
        if first[1].failed:
            return {"failed": first[1].failed, "seconds": first[1].wall}
        turns = TURNS if first[1].wall < PATIENT else 1
        found = [self._both(rival, python, at) for _ in range(turns)] if turns > 1 else [first]
        few = self.table(FEW)
        start = [self._both(rival, python, few) for _ in range(TURNS)]
        failed = next((b.failed for _, b in [*found, *start] if b.failed), "")
        if failed:
            return {"failed": failed}
        return {
            "agree": _agree(rival, found[-1], json.loads((at / "truth.json").read_text())),
            "ours": [_figures(a) for a, _ in found],
            "theirs": [_figures(b) for _, b in found],
            "start": [[_figures(a), _figures(b)] for a, b in start],
        }

    def _both(self, rival: Rival, python: Path, at: Path) -> tuple[Run, Run]:
        contract = None if rival.profiler else at / "contract.yaml"
        mine = ours(at / "table.parquet", contract, at / "ours.json")
        return mine, theirs(rival, python, at / "table.parquet", at / "rules.json", at / "theirs.json")


def _figures(run: Run) -> dict[str, float]:
    return {k: v for k, v in asdict(run).items() if k in ("wall", "cpu", "peak")}


def _agree(rival: Rival, runs: tuple[Run, Run], truth: Mapping[str, Any]) -> dict[str, Any]:
    """How many answers of each are the truth, of how many; and some that are not."""
    asked = truth["profile"] if rival.profiler else truth["broken"]
    mine, other = (wrong(r.answers, asked) for r in runs)
    for name, bad in (("diapason", mine), (rival.name, other)):
        for line in bad[:5]:
            sys.stderr.write(f"{name}: {line}\n")
    return {"of": len(asked), "broken": sum(1 for v in asked.values() if v), "ours": len(mine), "theirs": len(other)}


def told(rival: Rival, rows: int, found: Mapping[str, Any]) -> list[Result]:
    """The lines of one rival at one size."""
    name, what = f"rivals.{rival.name}", f"{rows:,} rows"
    if "failed" in found:
        return [Result(f"{name}.fails", f"{what}: {found['failed']}", rows, "", "rows", None)]
    agree, mine, other = found["agree"], found["ours"], found["theirs"]
    right = agree["of"] - max(agree["ours"], agree["theirs"])
    kind = "figures" if rival.profiler else "checks"
    said = "" if rival.profiler else f", {agree['broken']} of them broken"
    bar = None if rival.fast else 50.0
    out = [
        Result(
            f"{name}.agrees",
            f"{what}: {kind} on which it, ours and the truth agree{said}",
            right,
            f"= {agree['of']}",
            "",
            right == agree["of"],
        )
    ]
    for figure, unit in (("wall", "s"), ("cpu", "s"), ("peak", "MB")):
        value = ratio(found, figure)
        a, b = (statistics.median(r[figure] for r in rs) for rs in (mine, other))
        started = "" if figure == "peak" else f"; without the start {ratio(found, figure, started=True):.3g}"
        judged = bar if figure == "wall" else None
        out.append(
            Result(
                f"{name}.{figure}",
                f"{what}: {figure} over ours ({b:.4g} over {a:.3g} {unit}){started}",
                value,
                f">= {judged:.0f}" if judged else "",
                "x",
                value >= judged if judged else None,
            )
        )
    return out


def ratio(found: Mapping[str, Any], figure: str, *, started: bool = False) -> float:
    """Median over pairs of what the rival takes over what ours does."""
    off = [statistics.median(s[i][figure] for s in found["start"]) if started else 0.0 for i in (0, 1)]
    pairs = zip(found["ours"], found["theirs"], strict=True)
    return statistics.median(max(b[figure] - off[1], 1e-3) / max(a[figure] - off[0], 1e-3) for a, b in pairs)


def bars(found: Mapping[str, Mapping[str, Any]], rows: int) -> list[Result]:
    """CPU and memory of the fastest checker over ours: over all, and over those that run on Polars."""
    checkers = [r.name for r in RIVALS if not r.profiler]
    done = {
        n: found[n] for n in checkers if n in found and "failed" not in found[n] and not found[n]["agree"]["theirs"]
    }
    out = []
    for word, names in (("", list(done)), ("-polars", [n for n in done if not n.endswith("duckdb")])):
        if not names:
            continue
        best = min(names, key=lambda n: statistics.median(r["cpu"] for r in done[n]["theirs"]))
        whose = "fastest checker" if not word else "fastest checker of those on Polars"
        for figure, bar in (("cpu", 3), ("peak", 8)):
            value = ratio(done[best], figure)
            what = f"{rows:,} rows: {figure} of the {whose} ({best}) over ours"
            out.append(Result(f"rivals.fastest{word}.{figure}", what, value, f">= {bar}", "x", value >= bar))
    return out


def measure(quick: bool) -> list[Result]:
    """Fast ones at one size; slow ones at the largest that they finish."""
    rows, sizes = (1_000_000, (100_000,)) if quick else (10_000_000, (100_000, 1_000_000, 10_000_000))
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name))
        fast = {r.name: _kept(bench, r, rows) for r in RIVALS if r.fast}
        out = [line for r in RIVALS if r.fast for line in told(r, rows, fast[r.name])] + bars(fast, rows)
        for rival in [r for r in RIVALS if not r.fast]:
            out += _climbed(bench, rival, sizes)
    return out


def _climbed(bench: Bench, rival: Rival, sizes: Sequence[int]) -> list[Result]:
    """The largest size that a slow one finishes, and why it does not finish the next, or was not asked to."""
    best: list[Result] = []
    for rows in sizes:
        found = _kept(bench, rival, rows)
        lines = told(rival, rows, found)
        if "failed" in found:
            return best + lines
        best = lines
        took = 10 * statistics.median(run["wall"] for run in found["theirs"])
        if took > LONGEST and rows != sizes[-1]:
            what = f"{10 * rows:,} rows: not tried, about {took:,.0f} s by ten times as many rows"
            return [*best, Result(f"rivals.{rival.name}.next", what, took, "", "s", None)]
    return best


def _kept(bench: Bench, rival: Rival, rows: int) -> dict[str, Any]:
    script = hashlib.sha256((HERE / "rival" / f"{rival.script}.py").read_bytes()).hexdigest()[:12]
    return cell("rivals", (rival.name, rows, rival.needs, script), partial(bench.pairs, rival, rows))


if __name__ == "__main__":
    main("rivals", measure, seeds=(SEED,))
