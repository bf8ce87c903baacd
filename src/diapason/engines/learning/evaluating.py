"""Predictions out of sample into a scorecard: measures with clustered intervals, misses and false alarms as a pair."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.learning.clusters import Clusters, resampled
from diapason.engines.learning.metrics import deployment, others, score
from diapason.vocabulary.estimates import Estimate
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.findings import Finding
from diapason.vocabulary.scores import Metric, Scorecard, Slice
from diapason.vocabulary.splits import SplitKind
from diapason.vocabulary.tasks import Task

__all__ = ["Judged", "gathered", "judged_table", "scorecard", "table"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Judged:
    """Rows that were judged once each, and what was predicted for them."""

    index: Index  # positions in the examples, shape (m,)
    fold: Index  # shape (m,)
    prediction: Array  # shape (m,) or (m, k)


def gathered(pieces: list[tuple[Index, Array]]) -> Judged:
    """Folds' test positions and predictions put together in the order of positions."""
    index = np.concatenate([index for index, _ in pieces])
    fold = np.concatenate([np.full(len(index), i) for i, (index, _) in enumerate(pieces)])
    order = np.argsort(index, kind="stable")
    prediction = np.concatenate([p for _, p in pieces])[order]
    return Judged(index[order], fold[order].astype(np.int64), prediction)


def scorecard(
    examples: Examples,
    judged: Judged,
    units: Clusters,
    *,
    recipe: str,
    split: SplitKind,
    seed: int,
    slices: tuple[Slice, ...] = (),
    findings: tuple[Finding, ...] = (),
    settings: Mapping[str, Any] | None = None,
) -> Scorecard:
    """The deployment measure and those beside it, each with its interval.

    Args:
        units: clusters of all examples; those of the judged rows are resampled.
    """
    truth = examples.target[judged.index]
    own = Clusters(units.codes[judged.index], units.word)

    def measured(metric: Metric) -> Estimate:
        unit = metric.unit or examples.target_unit or "1"
        return resampled(
            lambda w: score(metric.name, truth, judged.prediction, weight=w), own, unit=unit, seed=seed, n=len(truth)
        )

    main = deployment(examples.task)
    shown = {m.name: measured(m) for m in others(examples.task)}
    return Scorecard(examples.task, recipe, split, main, measured(main), shown, slices, findings, dict(settings or {}))


def judged_table(examples: Examples, judged: Judged) -> pl.DataFrame:
    """The kept predictions of cross-fitting, as `table` writes them."""
    return table(examples.take(judged.index), judged.prediction, judged.fold)


def table(examples: Examples, prediction: Array, fold: Index) -> pl.DataFrame:
    """Kept predictions: row, fold, asset, time, truth, prediction, and p_CLASS for classes.

    Classes are written by name, alarms as a score with limit 1, so that a stranger can recompute every measure.
    """
    n = len(examples)
    asset = [
        "" if examples.asset is None else _name(examples, i)
        for i in (examples.asset if examples.asset is not None else [0] * n)
    ]
    columns: dict[str, Any] = {"row": examples.rows, "fold": fold, "asset": asset}
    columns["time"] = examples.time if examples.time is not None else np.full(n, np.nan)
    if examples.task is not Task.CLASSIFICATION:
        return pl.DataFrame(columns | {"truth": examples.target, "prediction": prediction}).fill_nan(None)
    names = np.array(examples.classes)
    known = np.isfinite(examples.target)
    truth = [str(names[int(t)]) if k else None for t, k in zip(examples.target, known, strict=True)]
    columns |= {"truth": truth, "prediction": names[prediction.argmax(axis=1)].tolist()}
    columns |= {f"p_{name}": prediction[:, i] for i, name in enumerate(examples.classes)}
    return pl.DataFrame(columns).fill_nan(None)


def _name(examples: Examples, code: int) -> str:
    return examples.assets[code] if code < len(examples.assets) else str(code)
