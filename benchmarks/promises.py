"""Promises of feasibility kept or broken: the gain of more rows, and the noise floor, with how often intervals hold.

A promise is made from a first part of the rows; then as many rows as promised are added, and both models are measured on
rows that neither has seen. Factors were fixed on the sets marked `tune`; the sets marked `check` were only measured.

Run: python -m benchmarks.promises [--quick] [--json]
"""

import time
from typing import Any

import numpy as np

from benchmarks.frame import Result, cells, data_folder, main
from benchmarks.promised_sets import SETS, Set
from diapason.engines.feasibility.curve import Curve, measure
from diapason.engines.feasibility.forms import foresee
from diapason.engines.feasibility.promise import gain
from diapason.engines.learning.clusters import clusters
from diapason.engines.learning.splits import honest
from diapason.services.feasible.learner import loss, quick, scale_of
from diapason.services.feasible.looking import look
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task
from diapason.vocabulary.wire import plain

SEEDS = (0, 1)
FOLDS = 5
MORE = (0.5, 1.0)
"""Rows promised, in those there are."""
JUDGED = 2500
BY_NAME = {s.name: s for s in SETS}


def _parts(one: Set, examples: Examples, size: int, seed: int) -> tuple[list[np.ndarray], np.ndarray]:
    """The first part, the first with each addition, and the rows that judge: whole units, drawn anew for each seed."""
    codes = {"rows": np.arange(len(examples)), "assets": examples.asset, "batches": examples.batch}[one.units]
    order = np.random.default_rng([23, seed]).permutation(np.unique(codes))
    parts = [np.flatnonzero(np.isin(codes, order[: round(size * (1 + m))])) for m in (0.0, *MORE)]
    rest = order[round(size * (1 + MORE[-1])) :]
    untouched = np.flatnonzero(np.isin(codes, rest))
    return parts, untouched[: max(JUDGED, 0)] if one.units == "rows" else untouched


def trial(one: Set, size: int, seed: int) -> dict[str, Any]:
    """A curve from the first part, and what more rows really gave."""
    made = one.make(seed, data_folder())
    parts, untouched = _parts(one, made.examples, size, seed)
    first = made.examples.take(parts[0])
    learner, split = quick(first), honest(first, seed=seed, folds=FOLDS)
    units = clusters(first, split.kind)
    strata = first.target.astype(np.int64) if first.task is Task.CLASSIFICATION else None
    begin = time.monotonic()
    curve, _ = measure(split.folds, units.codes, strata, learner.predicted, learner.loss, seed=seed)
    spent = time.monotonic() - begin
    losses = [_untouched(made.examples, p, untouched, seed) for p in parts]
    judged = made.examples.take(untouched)
    independent = clusters(judged, split.kind).count
    return {
        "curve": plain(curve),
        "rows": [len(p) for p in parts],
        "losses": losses,
        "judged": independent,
        "seconds": spent,
        "noise": made.noise,
    }


def _untouched(examples: Examples, part: np.ndarray, judged: np.ndarray, seed: int) -> float:
    learner = quick(examples)
    return loss(examples.take(judged), learner.predicted(part, judged, seed), np.ones(len(judged)))


def _curve(said: dict[str, Any]) -> Curve:
    arrays = {k: np.array(said[k]) for k in ("rows", "loss", "tested", "drawn", "draws")}
    return Curve(**arrays, folds=said["folds"], judged=said["judged"])


def kept_promises(one: Set, found: dict[str, Any], seed: int) -> list[dict[str, Any]]:
    """Each promise of a trial beside what was measured."""
    curve, scale = _curve(found["curve"]), scale_of(one.make(0, data_folder()).examples.take(np.arange(1)))
    future = foresee(curve, seed=seed)
    now, rows = found["rows"][0], []
    for more, after in zip(found["rows"][1:], found["losses"][1:], strict=True):
        said = gain(curve, future, scale, now, more - now, judged=found["judged"])
        real = float(scale.better(np.array(found["losses"][0]), np.array(after)))
        level = abs(float(scale.told(np.array(found["losses"][0]))))
        rows.append(
            {
                "set": one.name,
                "part": one.part,
                "now": now,
                "more": more - now,
                "promised": said.value,
                "low": said.low,
                "high": said.high,
                "real": real,
                "level": level,
            }
        )
    return rows


def floor_trial(one: Set, size: int, seed: int) -> dict[str, Any]:
    """The noise floor as it is told, beside the noise that was put in."""
    made = one.make(seed, data_folder())
    said = look(made.examples.take(np.arange(size)), {}, rows=size, more=size // 4, seed=seed).floor
    return {"true": made.noise, "low": said.value.low, "high": said.value.high, "identified": said.identified}


def measure_all(quick_run: bool) -> list[Result]:
    """Coverage and width of promises and of floors, for sets looked at while tuning and for the others."""
    chosen = [
        (s.name, size, seed)
        for s in SETS
        for size in (s.sizes[:1] if quick_run else s.sizes)
        for seed in (SEEDS[:1] if quick_run else SEEDS)
    ]
    known = [("floor", n, size) for n, size, seed in chosen if seed == SEEDS[0] and _noisy(n)]
    found = dict(zip(chosen, cells("promises", chosen, one_trial), strict=True))
    floors = dict(zip(known, cells("promises", known, one_floor), strict=True))
    results = []
    for part in ("tune", "check"):
        own = [k for k in chosen if BY_NAME[k[0]].part == part]
        rows = [r for k in own for r in kept_promises(BY_NAME[k[0]], found[k], k[2])]
        results += _told(part, rows, [f for k, f in floors.items() if BY_NAME[k[1]].part == part])
    return results


def one_trial(name: str, size: int, seed: int) -> dict[str, Any]:
    """A cell of the grid."""
    return trial(BY_NAME[name], size, seed)


def one_floor(_: str, name: str, size: int) -> dict[str, Any]:
    """A cell of the floors."""
    return floor_trial(BY_NAME[name], size, 0)


def _noisy(name: str) -> bool:
    return BY_NAME[name].make(0, data_folder()).noise is not None


def _told(part: str, rows: list[dict[str, Any]], floors: list[dict[str, Any]]) -> list[Result]:
    held = float(np.mean([r["low"] <= r["real"] <= r["high"] for r in rows])) * 100
    width = float(np.median([100 * (r["high"] - r["low"]) / r["level"] for r in rows]))
    bias = float(np.mean([100 * (r["real"] - r["promised"]) / r["level"] for r in rows]))
    names = len({r["set"] for r in rows})
    known = float(np.mean([f["low"] <= f["true"] <= f["high"] for f in floors])) * 100
    wide = float(np.median([100 * (f["high"] - f["low"]) / f["true"] for f in floors]))
    sure = sum(f["identified"] for f in floors)
    good = 85 <= held <= 95
    return [
        Result(
            f"promises.{part}-covered", f"{len(rows)} promises on {names} sets, nominal 90 %", held, "85-95", "%", good
        ),
        Result(f"promises.{part}-width", "median width of the interval, of the metric", width, "none", "%", None),
        Result(f"promises.{part}-bias", "mean of delivered less promised, of the metric", bias, "none", "%", None),
        Result(
            f"promises.{part}-floor",
            f"noise floor inside its limits, {len(floors)} cases",
            known,
            ">= 85",
            "%",
            known >= 85,
        ),
        Result(
            f"promises.{part}-floor-width", f"median width, of the noise; {sure} called known", wide, "none", "%", None
        ),
    ]


if __name__ == "__main__":
    main("promises", measure_all, seeds=SEEDS)
