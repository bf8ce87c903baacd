"""For which part of the rows new rows are worth most: hard parts, thinned to see what they give."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.feasibility.curve import Curve, Loss
from diapason.engines.feasibility.forms import Future
from diapason.engines.feasibility.promise import LEVEL, Scale
from diapason.vocabulary.estimates import Estimate

__all__ = ["Part", "hard_parts", "thinned", "worth"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

_LEAST_ROWS, _LEAST_SHARE, _MOST_SHARE = 40, 0.05, 0.5
_LEVELS = 12
_RESAMPLED = 120


@dataclass(frozen=True, slots=True)
class Part:
    """Rows that a rule names."""

    rule: str
    mask: Mask


def hard_parts(features: pl.DataFrame, loss: Array, most: int = 3) -> tuple[Part, ...]:
    """The parts that carry most of the loss beyond their share of the rows, by simple rules; few overlap.

    Args:
        features: inputs of the rows.
        loss: of each row, nan where not judged.
    """
    known = np.isfinite(loss)
    usual = float(loss[known].mean()) if known.any() else 0.0
    found = []
    for part in _rules(features):
        size = int((part.mask & known).sum())
        if size >= _LEAST_ROWS and _LEAST_SHARE <= size / max(known.sum(), 1) <= _MOST_SHARE:
            excess = float(loss[part.mask & known].sum()) - usual * size
            found.append((excess, part))
    kept: list[Part] = []
    for excess, part in sorted(found, key=lambda f: -f[0]):
        apart = all((part.mask & k.mask).sum() < 0.6 * min(part.mask.sum(), k.mask.sum()) for k in kept)
        if excess > 0 and apart and len(kept) < most:
            kept.append(part)
    return tuple(kept)


def _rules(features: pl.DataFrame) -> Iterator[Part]:
    for column in features:
        if column.dtype == pl.String:
            counted = column.drop_nulls().value_counts(sort=True).head(_LEVELS)
            for level in counted[column.name].to_list():
                yield Part(f"{column.name} = {level}", (column == level).fill_null(value=False).to_numpy())
            continue
        values = column.cast(pl.Float64).fill_null(np.nan).to_numpy()
        finite = values[np.isfinite(values)]
        if len(np.unique(finite[:5000])) < 3:
            continue
        for share in (0.1, 0.25):
            low, high = (float(q) for q in np.quantile(finite, (share, 1 - share)))
            yield Part(f"{column.name} ≤ {low:.4g}", values <= low)
            yield Part(f"{column.name} ≥ {high:.4g}", values >= high)


def thinned(train: Index, part: Mask, *, seed: int) -> Index:
    """The rows to learn from with every second row of the part left out, by a draw."""
    inside = train[part[train]]
    out = np.random.default_rng([41, seed]).permutation(inside)[: len(inside) // 2]
    return np.setdiff1d(train, out)


def worth(
    part: Part,
    full: Array,
    thin: Array,
    *,
    loss: Loss,
    units: Index,
    curve: Curve,
    future: Future,
    scale: Scale,
    more: float,
    seed: int,
) -> Estimate:
    """Gain over all judged rows if `more` rows of the part are added, from what half of its rows have given.

    What the second half of the part's rows gave is continued to `more` rows with the exponents of the learning curve.

    Args:
        full: cross-fitted predictions with all rows to learn from.
        thin: the same with half of the part's rows left out.
        loss: of a whole prediction.
    """
    judged = np.isfinite(full if full.ndim == 1 else full[:, 0])
    codes = np.unique(units[judged], return_inverse=True)[1]
    count = int(codes.max()) + 1
    weight = np.zeros(len(units))
    weight[judged] = 1.0
    first = loss(thin, weight) - loss(full, weight)
    drawn = []
    for c in np.random.default_rng([43, seed]).multinomial(count, np.full(count, 1 / count), size=_RESAMPLED):
        weight[judged] = c[codes]
        drawn.append(loss(thin, weight) - loss(full, weight))
    error = np.hypot(float(np.nanstd(drawn)), float(curve.drawn[-1]) * np.sqrt(2 / curve.folds) * _inside(part, judged))
    rate = np.where(future.kind == 0, future.rate, 0.5)
    there = float(part.mask.sum())
    step = (there**-rate - (there + more) ** -rate) / ((there / 2) ** -rate - there**-rate)
    given = (first + error * np.random.default_rng([47, seed]).normal(size=len(rate))) * step
    here = loss(full, judged.astype(np.float64))
    told = scale.better(np.full(len(given), here), np.maximum(here - given, 0.0))
    low, middle, high = (float(q) for q in np.quantile(told, (0.5 - LEVEL / 2, 0.5, 0.5 + LEVEL / 2)))
    return Estimate(middle, low, high, int(there), scale.unit, level=LEVEL, clusters=count)


def _inside(part: Part, judged: Mask) -> float:
    """Share of the judged rows that lie in the part, as a standard deviation scales."""
    return float(np.sqrt((part.mask & judged).sum() / max(judged.sum(), 1)))
