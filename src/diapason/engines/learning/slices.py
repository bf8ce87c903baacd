"""Parts of the rows where a model is weak, in the user's words: searched on one half, tested on the other."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import norm

from diapason.engines.learning.clusters import Clusters, resampled
from diapason.engines.learning.metrics import deployment, losses, score
from diapason.vocabulary.estimates import Estimate
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.scores import Slice

__all__ = ["weak"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

LEAST, SHARE, WORSE, KEPT, LEVELS = 30, 0.02, 1.3, 5, 12
"""Rows and share of rows a slice needs; times the loss of the rest; slices shown; levels of a category tried."""


@dataclass(frozen=True, slots=True)
class _Part:
    rule: str
    mask: Mask


def weak(examples: Examples, prediction: Array, units: Clusters, *, seed: int) -> tuple[Slice, ...]:
    """Slices whose loss is beyond chance worse than the rest, worst first; none is a good answer.

    Args:
        examples: the judged rows.
        prediction: of these rows, out of sample.
        units: their clusters.

    Source: search and test on separate halves, Bonferroni over the slices tested; after Chung et al., Slice Finder,
    ICDE 2019.
    """
    metric = deployment(examples.task).name
    loss = losses("rmse" if metric == "rmse" else "accuracy", examples.target, prediction)
    known = np.isfinite(loss)
    half = _half(units, seed)
    tried = [p for p in _parts(examples) if _large(p.mask & known & half) and _large(p.mask & known & ~half)]
    worse = sorted(tried, key=lambda p: -_excess(loss, p.mask & known & half, ~p.mask & known & half))
    asked = [p for p in worse if _excess(loss, p.mask & known & half, ~p.mask & known & half) > 0][: 4 * KEPT]
    shown = [p for p in asked if _proved(loss, p.mask, known & ~half, units, len(asked))]
    return tuple(_slice(examples, prediction, units, p, seed) for p in _distinct(shown)[:KEPT])


def _half(units: Clusters, seed: int) -> Mask:
    codes = np.unique(units.codes, return_inverse=True)[1]
    return np.asarray(np.random.default_rng(seed).permutation(int(codes.max()) + 1)[codes] % 2 == 0)


def _large(mask: Mask) -> bool:
    return 2 * int(mask.sum()) >= max(LEAST, SHARE * len(mask))


def _excess(loss: Array, part: Mask, rest: Mask) -> float:
    """How much more than WORSE times the rest's loss, weighted by the part's size."""
    if not part.any() or not rest.any():
        return 0.0
    return float((loss[part].mean() - WORSE * loss[rest].mean()) * np.sqrt(part.sum()))


def _proved(loss: Array, mask: Mask, other: Mask, units: Clusters, tests: int) -> bool:
    """The difference of mean losses on the other half, against its clustered standard error."""
    part, rest = mask & other, ~mask & other
    if not part.any() or not rest.any():
        return False
    gap = loss[part].mean() - loss[rest].mean()
    influence = np.where(part, (loss - loss[part].mean()) / part.sum(), 0.0)
    influence -= np.where(rest, (loss - loss[rest].mean()) / rest.sum(), 0.0)
    sums = np.bincount(np.unique(units.codes, return_inverse=True)[1][other], weights=influence[other])
    error = float(np.sqrt(np.square(sums).sum()))
    return bool(gap > norm.isf(0.05 / max(tests, 1)) * error and loss[part].mean() > WORSE * loss[rest].mean())


def _distinct(parts: list[_Part]) -> list[_Part]:
    """Parts that don't say the same as a worse one."""
    kept: list[_Part] = []
    for part in parts:
        if all((part.mask & k.mask).sum() < 0.7 * min(part.mask.sum(), k.mask.sum()) for k in kept):
            kept.append(part)
    return kept


def _slice(examples: Examples, prediction: Array, units: Clusters, part: _Part, seed: int) -> Slice:
    metric = deployment(examples.task)

    def measured(mask: Mask) -> Estimate:
        truth, own = examples.target[mask], prediction[mask]
        unit = metric.unit or examples.target_unit or "1"
        inside = Clusters(units.codes[mask], units.word)
        return resampled(lambda w: score(metric.name, truth, own, weight=w), inside, unit=unit, seed=seed, n=len(truth))

    return Slice(part.rule, int(part.mask.sum()), measured(part.mask), measured(~part.mask))


def _parts(examples: Examples) -> Iterator[_Part]:
    """Simple rules over the inputs, and over the target's range."""
    for column in examples.features:
        yield from _levels(column) if column.dtype == pl.String else _ranges(column.name, column.to_numpy())
    if not examples.classes:
        yield from _ranges(examples.target_name, examples.target)


def _levels(column: pl.Series) -> Iterator[_Part]:
    counted = column.drop_nulls().value_counts(sort=True).head(LEVELS)
    for level in counted[column.name].to_list():
        yield _Part(f"{column.name} = {level}", (column == level).fill_null(False).to_numpy())
    if column.null_count():
        yield _Part(f"{column.name} = ?", column.is_null().to_numpy())


def _ranges(name: str, values: Array) -> Iterator[_Part]:
    values = np.asarray(values, np.float64)
    finite = values[np.isfinite(values)]
    if len(np.unique(finite[:5000])) < 3:
        return
    for share in (0.05, 0.1, 0.2, 0.35):
        low, high = (float(q) for q in np.quantile(finite, (share, 1 - share)))
        yield _Part(f"{name} ≤ {low:.4g}", values <= low)
        yield _Part(f"{name} ≥ {high:.4g}", values >= high)
    if (~np.isfinite(values)).any():
        yield _Part(f"{name} = ?", ~np.isfinite(values))
