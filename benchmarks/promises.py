"""Promises of feasibility kept or broken: the gain of more rows, and the noise floor, with how often intervals hold.

A promise is made from a first part of the rows; then as many rows as promised are added, and both models are measured on
rows that neither has seen. Factors were fixed on the sets marked `tune`; the sets marked `check` were only measured.

Run: python -m benchmarks.promises [--quick] [--json] [--only NAME] [--rows]
"""

import time
from typing import Any

import numpy as np

from benchmarks.frame import data_folder
from benchmarks.promised_sets import Set
from diapason.engines.feasibility.curve import Curve, measure
from diapason.engines.feasibility.forms import foresee
from diapason.engines.feasibility.promise import gain
from diapason.engines.learning.clusters import clusters
from diapason.engines.learning.splits import honest
from diapason.services.feasible.learner import loss, quick, scale_of
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task
from diapason.vocabulary.wire import plain

SEEDS = (0, 1)
FOLDS = 5
MORE = (0.5, 1.0)
"""Rows promised, in those there are."""
JUDGED = 2500


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
