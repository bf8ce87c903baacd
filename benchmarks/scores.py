"""Whether the doubt that `diapason score` states is the doubt there is.

Intervals: how often they hold the truth, computed exactly or over many draws; audits are drawn as `diapason audit` draws
them. Coverage of an operating space: against the true share of generated shapes. Measures: against plain loops over the
file. Budgets and Monte Carlo: against closed forms. Pooled costs of defects: how often the interval holds the mean.

Run: python -m benchmarks.scores [--quick] [--json]; --quick: a quarter of the draws.
"""

import asyncio
import csv
import math
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from benchmarks.frame import Result, main
from diapason.engines.measures import Axis, Cover, Trial, cost
from diapason.engines.measures.intervals import finite, weighted, wilson
from diapason.engines.resonance.audit import sheet
from diapason.engines.uncertainty import Part, Sensor, budget, carried, combined, step
from diapason.services import ingest, score, workspace

SEED = 31
Array = NDArray[np.float64]
Shape = Callable[[Array, Array], NDArray[np.bool_]]


def measure(quick: bool) -> list[Result]:
    """All figures."""
    draws = 250 if quick else 1000
    return [
        *intervals(),
        *audits(draws),
        *spaces(draws // 10),
        *pooled(draws * 4),
        *budgets(draws),
        *steps(),
        *against_loops(),
    ]


def intervals() -> list[Result]:
    """Coverage summed over every possible sample, not simulated."""
    means, least = [], 1.0
    for n in (20, 60, 200):
        told = np.array([wilson(k, n) for k in range(n + 1)])
        shares = np.linspace(0.005, 0.995, 199)
        pmf = stats.binom.pmf(np.arange(n + 1)[:, None], n, shares)
        held = (told[:, 1, None] <= shares) & (shares <= told[:, 2, None])
        means.append(float((pmf * held).sum(axis=0).mean()))
    for size, n in ((50, 20), (400, 60), (5000, 200)):
        bounds = np.array([finite(k, n, size) for k in range(n + 1)])
        for good in range(0, size + 1, max(1, size // 100)):
            pmf = stats.hypergeom.pmf(np.arange(n + 1), size, good, n)
            inside = (bounds[:, 1] <= good / size + 1e-12) & (good / size <= bounds[:, 2] + 1e-12)
            least = min(least, float(pmf[inside].sum()))
    return [
        _at_least("wilson-mean", "Wilson: mean share of intervals that hold the truth, lowest of three sizes", min(means), 0.945),
        _at_least("finite-least", "finite whole: lowest share over all truths and sizes", least, 0.95),
    ]  # fmt: skip


def audits(draws: int) -> list[Result]:
    """Label accuracy from sheets drawn with unequal chances: weighted, and as if they were drawn alike."""
    held, alike = [], []
    for share in (0.02, 0.05, 0.15):
        for sharp in (0.5, 2.0):
            for size in (60, 200):
                rng = np.random.default_rng([SEED, int(100 * share), int(10 * sharp), size])
                both = [_audited(rng, share, sharp, size, seed) for seed in range(draws)]
                held.append(np.mean([b[0] for b in both]))
                alike.append(np.mean([b[1] for b in both]))
    return [
        _at_least("audit-least", "audited labels: lowest share of intervals that hold, over 12 worlds", float(min(held)), 0.9),
        _at_least("audit-mean", "audited labels: mean share of intervals that hold", float(np.mean(held)), 0.94),
        _at_most("audit-unweighted", "the same taken as an even sample: mean share that hold", float(np.mean(alike)), 0.9),
    ]  # fmt: skip


def _audited(rng: np.random.Generator, share: float, sharp: float, size: int, seed: int) -> tuple[bool, bool]:
    rows = 3000
    wrong = rng.random(rows) < share
    doubt = 1 / (1 + np.exp(-(rng.normal(size=rows) + sharp * np.where(wrong, 2.0, -1.0))))
    drawn = sheet(np.arange(rows), doubt, np.zeros(rows), size, seed=seed)
    at = np.array([r.position for r in drawn])
    truth = float(1 - wrong.mean())
    _, low, high = weighted(~wrong[at], [r.inclusion for r in drawn], rows)
    _, even_low, even_high = wilson(float((~wrong[at]).sum()), len(at))
    return low <= truth <= high, even_low <= truth <= even_high


SHAPES: dict[str, Shape] = {
    "corner": lambda x, y: (x < 0.6) & (y < 0.7),
    "disc": lambda x, y: (x - 0.5) ** 2 + (y - 0.5) ** 2 < 0.16,
    "islands": lambda x, y: ((x - 0.25) ** 2 + (y - 0.3) ** 2 < 0.04) | ((x - 0.7) ** 2 + (y - 0.7) ** 2 < 0.05),
    "band": lambda x, y: np.abs(x - y) < 0.2,
    "hole": lambda x, y: (x - 0.5) ** 2 + (y - 0.5) ** 2 > 0.09,
    "all": lambda x, y: x + y > -1,
}


def spaces(draws: int) -> list[Result]:
    """Share of a square that has data, against the area of the shape in which rows fall."""
    grid = (np.arange(1000) + 0.5) / 1000
    xs, ys = np.meshgrid(grid, grid)
    held, off = [], []
    for name, shape in SHAPES.items():
        truth = float(shape(xs, ys).mean())
        for rows in (300, 3000, 30_000):
            rng = np.random.default_rng([SEED, rows, len(name)])
            for _ in range(draws):
                told = _covered(rng, shape, rows)
                held.append(told[1] - 1e-9 <= truth <= told[2] + 1e-9)
                off.append(abs(told[0] - truth) if rows == 30_000 else 0.0)
    return [
        _at_least("space-held", "operating space: share of bounds that hold the true share", float(np.mean(held)), 0.95),
        _at_most("space-off", "operating space: largest error of the value at 30,000 rows", float(max(off)), 0.1),
    ]  # fmt: skip


def _covered(rng: np.random.Generator, shape: Shape, rows: int) -> tuple[float, float, float]:
    points = rng.random((4 * rows + 1000, 2))
    for _ in range(20):
        inside = points[shape(points[:, 0], points[:, 1])]
        if len(inside) >= rows:
            break
        points = np.concatenate([inside, rng.random((4 * rows + 1000, 2))])
    cover = Cover((Axis("x"), Axis("y")), rows)
    cover.add([inside[:rows, 0], inside[:rows, 1]])
    told = cover.told()
    return told.value, told.low, told.high


def pooled(draws: int) -> list[Result]:
    """How often the interval of a pooled cost holds the mean cost of the worlds that trials come from."""
    least = 1.0
    for count in (2, 3, 5, 10):
        for between in (0.0, 2.0):
            rng = np.random.default_rng([SEED, count, int(between)])
            held = 0
            for _ in range(draws):
                error = rng.uniform(0.5, 2.0, count)
                gains = 3.0 + between * rng.normal(size=count) + error * rng.normal(size=count)
                told = cost([Trial("", "", "", float(g), float(e)) for g, e in zip(gains, error, strict=True)])
                held += told.low <= 3.0 <= told.high
            least = min(least, held / draws)
    return [_at_least("pooled-least", "pooled cost of a defect: lowest share of intervals that hold, 2 to 10 trials", least, 0.92)]  # fmt: skip


def budgets(draws: int) -> list[Result]:
    """Budgets against closed forms, and drawing against the law of propagation."""
    known = combined("y", tuple(Part(n, u, d, "student", True) for n, u, d in (("a", 0.25, 9), ("b", 0.57, 4), ("c", 0.82, 14))))  # fmt: skip
    worst = max(abs(known.dof - 19.0) / 19.0, abs(known.u - math.sqrt(0.25**2 + 0.57**2 + 0.82**2)))
    a = budget(Sensor("a", calibration=0.2, days=182.625, drift=0.3, resolution=0.1))
    u = math.sqrt(0.1**2 + (0.15**2) / 3 + 0.1**2 / 12)
    b = budget(Sensor("b", calibration=0.05, k=2.5, dof=12, resolution=0.0))
    told = carried(lambda e: 2 * e["a"] + 3 * e["b"] + np.zeros(20), [a, b], 20, draws=40 * draws, seed=SEED)
    students = b.parts[0].u * math.sqrt(12 / 10)  # Student's law is wider than its scale
    linear = math.sqrt((2 * a.u) ** 2 + (3 * students) ** 2)
    return [
        _at_most("budget-off", "budget against closed forms, the example of GUM G.4 included: largest error", max(worst, abs(a.u - u)), 1e-3),
        _at_most("carried-off", "drawing against the law of propagation, linear model: relative error", float(np.abs(told.u / linear - 1).max()), 0.03),
    ]  # fmt: skip


def steps() -> list[Result]:
    """Steps found in quantised series, and none in those that have none."""
    rng = np.random.default_rng(SEED)
    found = false = 0
    sizes = (0.001, 0.0125, 0.1, 0.25, 1 / 3, 5.0, 1 / 4096)
    for size in sizes:
        for _ in range(20):
            x = np.unique(np.round(rng.normal(50, 40 * size, 800) / size) * size)
            told = step(x)
            found += told is not None and abs(told / size - 1) < 1e-6
            false += step(np.unique(rng.normal(size=800))) is not None
    count = 20 * len(sizes)
    return [
        _at_least("step-found", "step of quantised readings: share found", found / count, 0.99),
        _at_most("step-false", "step claimed where there is none: share", false / count, 0.0),
    ]


def against_loops() -> list[Result]:
    """Measures of a small plant against plain loops over its file: largest difference."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "line.csv"
        lines = _written(file)
        workspace.init(Path(folder) / "plant", person="wang")
        ws = workspace.open_workspace(Path(folder) / "plant", person="wang")
        asyncio.run(ingest.run(ws, str(file), name="line", time="at", target="grade"))
        needs = Path(folder) / "needs.yaml"
        needs.write_text("space: {flow: [0, 10], level: [0, 4]}\nleast: 50\n", encoding="utf-8")
        told = score.run(ws, "line", needs=needs)
    got = {m["id"]: m for f in told["families"] for m in f["measures"]}
    slow = _slow(lines)
    off = max(abs(float(got[name]["value"]) - value) for name, value in slow.items())
    return [
        _at_most("measures-off", f"{len(slow)} counted measures against plain loops: largest difference", off, 1e-9)
    ]


def _written(file: Path) -> list[dict[str, str]]:
    rng = np.random.default_rng(SEED)
    begin, lines = datetime(2026, 1, 1, tzinfo=UTC), []
    for i in range(1500):
        gone = i % 37 == 5
        lines.append(
            {
                "at": (begin + timedelta(minutes=i if i < 900 else i + 240)).isoformat(),
                "flow": "" if gone else f"{rng.uniform(-1, 11):.2f}",
                "level": "" if i % 101 == 7 else f"{rng.uniform(0, 5):.3f}",
                "note": f"call 1391234567{i % 10}" if i % 300 == 4 else f"shift {'ABC'[i % 3]}",
                "grade": "" if i % 211 == 3 else rng.choice(["good", "fair", "bad"], p=[0.8, 0.17, 0.03]),
            }
        )
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)
    return lines


def _slow(lines: Sequence[dict[str, str]]) -> dict[str, float]:
    n, cells = len(lines), sum(len(line) for line in lines)
    labels = [line["grade"] for line in lines if line["grade"]]
    counts = {word: labels.count(word) for word in set(labels)}
    inside = sum(
        bool(line["flow"]) and bool(line["level"]) and 0 <= float(line["flow"]) <= 10 and float(line["level"]) <= 4
        for line in lines
    )
    p = [c / len(labels) for c in counts.values()]
    even, both = 1 / len(p), [(x + 1 / len(p)) / 2 for x in p]
    apart = sum(x * math.log2(x / m) for x, m in zip(p, both, strict=True)) / 2
    apart += sum(even * math.log2(even / m) for m in both) / 2
    return {
        "Com-ML-1": sum(bool(v) for line in lines for v in line.values()) / cells,
        "Com-ML-2": n / (n + 240),
        "Com-ML-4": sum(all(line.values()) for line in lines) / n,
        "Com-ML-5": sum(not line["grade"] for line in lines) / n,
        "Bal-ML-7": max(p) - min(p),
        "Bal-ML-8": apart,
        "Div-ML-1": len(counts) / len(labels),
        "Div-ML-2": min(counts.values()) / len(labels),
        "Div-ML-3": sum(c < 50 for c in counts.values()) / len(counts),
        "Idn-ML-1": sum("1391234567" in line["note"] for line in lines) / n,
        "Rel-ML-2": inside / n,
        "timeliness-3": 1.0,
        "completeness-2": sum(all(line.values()) for line in lines) / n,
    }


def _at_least(name: str, what: str, value: float, bar: float) -> Result:
    return Result(name, what, value, f">= {bar:.3g}", "1", value >= bar)


def _at_most(name: str, what: str, value: float, bar: float) -> Result:
    return Result(name, what, value, f"<= {bar:.2g}", "1", value <= bar)


if __name__ == "__main__":
    main("scores", measure, seeds=(SEED,))
