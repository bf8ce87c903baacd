"""What is in a model's residuals: what differs between units, what drifts, what unused columns know, the rest."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diapason.engines.feasibility.clustered import clustered
from diapason.vocabulary.estimates import Estimate

__all__ = ["Known", "between", "column", "drifting"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]

LEVEL = 0.9
_DRAWS = 400
_REACH = (2, 5, 12, 30, 80)
"""Rows on each side that a slow state is read from."""
_BINS = 12
_SHRUNK = 5.0


@dataclass(frozen=True, slots=True)
class Known:
    """A part of the residuals that something not measured, or not used, would tell."""

    kind: str  # "asset", "batch", "time", "column"
    name: str
    share: Estimate  # of the mean squared residual, 0..1

    @property
    def shown(self) -> bool:
        """Whether it is there beyond chance."""
        return self.share.low > 0


def between(residual: Array, units: Index, kind: str, name: str, *, seed: int) -> Known | None:
    """Variance between units: what a sensor would give that tells what is peculiar to each asset or batch.

    Args:
        residual: shape (n,) or (n, k), cross-fitted with whole units held out.
        units: code of each row.

    Returns:
        None with fewer than 8 units or fewer than two rows a unit.

    Source: one-way random effects by moments (Searle, Casella and McCulloch, Variance Components, 1992); interval by
    a bootstrap over units.
    """
    r = residual.reshape(len(residual), -1)
    code = np.unique(units, return_inverse=True)[1]
    size = np.bincount(code).astype(np.float64)
    if len(size) < 8 or len(r) < 2 * len(size):
        return None
    total = np.stack([np.bincount(code, weights=c) for c in r.T], axis=1).astype(np.float64)
    square = np.bincount(code, weights=np.square(r).sum(1)).astype(np.float64)
    counts = np.random.default_rng([31, seed]).multinomial(len(size), np.full(len(size), 1 / len(size)), size=_DRAWS)
    drawn = np.array([_component(size, total, square, c.astype(np.float64)) for c in counts])
    value = _component(size, total, square, np.ones(len(size)))
    return Known(kind, name, _share(value, np.quantile(drawn, (0.05, 0.95)), len(r), len(size)))


def _component(size: Array, total: Array, square: Array, weight: Array) -> float:
    """Share of the mean square that lies between units; can be negative."""
    n, k = float(weight @ size), float(weight.sum())
    grand = weight @ total / n
    mean = total / size[:, None]
    among = float(weight @ (size * np.square(mean - grand).sum(1)))
    inside = float(weight @ (square - size * np.square(mean).sum(1)))
    usual = (n - float(weight @ np.square(size)) / n) / max(k - 1, 1)
    variance = (among / max(k - 1, 1) - inside / max(n - k, 1)) / max(usual, 1e-12)
    return variance / max(float(weight @ square) / n, 1e-300)


def drifting(residual: Array, order: Index, group: Index | None, units: Index, *, name: str) -> Known | None:
    """What a sensor of a slowly changing state would give: residuals told by their neighbours in time.

    Each residual is compared with the mean of those around it, itself left out; how far around is chosen on one half
    of the units and counted on the other. Means of groups (assets, batches) are taken off before, so that only what
    changes within them counts. Neighbours before and after are used: a limit for a sensor that reads the state.

    Args:
        order: rank of each row in time.
        group: code of each row's asset or batch, or None.
        units: codes that the interval is clustered by; stretches of time where there are no assets.

    Returns:
        None with fewer than 60 rows.
    """
    n = len(residual)
    if n < 60:
        return None
    r = residual.reshape(n, -1)
    by = np.lexsort((order, group)) if group is not None else np.argsort(order, kind="stable")
    r, of, unit = r[by], (np.zeros(n, np.int64) if group is None else group[by]), units[by]
    first = np.flatnonzero(np.r_[True, of[1:] != of[:-1]])
    r = (
        r
        - (np.add.reduceat(r, first, axis=0) / np.diff(np.r_[first, n])[:, None])[
            np.cumsum(np.isin(np.arange(n), first)) - 1
        ]
    )
    gains = [np.square(r).sum(1) - np.square(r - _around(r, of, reach)).sum(1) for reach in _REACH]
    half = np.unique(unit, return_inverse=True)[1] % 2 == 0
    taken = np.empty(n)
    for side in (half, ~half):
        best = max(gains, key=lambda g: float(g[~side].sum()))
        taken[side] = best[side]
    whole = float(np.square(residual.reshape(n, -1)).sum(1).mean()) or 1.0
    mean = clustered(taken / whole, unit)
    return Known("time", name, _share(mean.value, (mean.limit(0.05), mean.limit(0.95)), n, mean.free + 1))


def _around(r: Array, of: Index, reach: int) -> Array:
    """Mean of up to `reach` rows on each side within the same group, the row itself left out; 0 where there is none."""
    n = len(r)
    start = np.searchsorted(of, of, side="left") if np.all(np.diff(of) >= 0) else np.zeros(n, np.int64)
    end = np.searchsorted(of, of, side="right")
    low, high = np.maximum(np.arange(n) - reach, start), np.minimum(np.arange(n) + reach + 1, end)
    total = np.vstack([np.zeros((1, r.shape[1])), np.cumsum(r, axis=0)])
    count = (high - low - 1)[:, None]
    return np.asarray((total[high] - total[low] - r) / (np.maximum(count, 1) + 1.0))


def column(residual: Array, values: Array, units: Index, *, name: str, tests: int) -> Known:
    """What an unused column knows of the residuals: means of its levels or steps, learnt on other units.

    Args:
        values: codes of a category, or numbers; nan = missing, a level of its own.
        tests: how many columns are looked at; the interval is corrected for it.
    """
    n = len(residual)
    r = residual.reshape(n, -1)
    step = _steps(values)
    part = np.random.default_rng(37).permutation(int(units.max()) + 1)[units] % 4
    guess = np.zeros_like(r)
    for p in range(4):
        learn, test = part != p, part == p
        size = np.bincount(step[learn], minlength=int(step.max()) + 1)
        for k in range(r.shape[1]):
            total = np.bincount(step[learn], weights=r[learn, k], minlength=len(size))
            guess[test, k] = (total / (size + _SHRUNK))[step[test]]
    whole = float(np.square(r).sum(1).mean()) or 1.0
    mean = clustered((np.square(r).sum(1) - np.square(r - guess).sum(1)) / whole, units)
    tail = (1 - LEVEL) / 2 / max(tests, 1)
    return Known("column", name, _share(mean.value, (mean.limit(tail), mean.limit(1 - tail)), n, mean.free + 1))


def _steps(values: Array) -> Index:
    known = np.isfinite(values)
    distinct = np.unique(values[known])
    if len(distinct) > _BINS:
        edges = np.unique(np.quantile(values[known], np.arange(1, _BINS) / _BINS))
        return np.where(known, np.searchsorted(edges, np.where(known, values, 0.0)) + 1, 0).astype(np.int64)
    return np.where(known, np.searchsorted(distinct, np.where(known, values, 0.0)) + 1, 0).astype(np.int64)


def _share(value: float, limits: "tuple[float, float] | Array", n: int, clusters: int) -> Estimate:
    low, high = (float(np.clip(x, 0.0, 1.0)) for x in limits)
    value = float(np.clip(value, 0.0, 1.0))
    return Estimate(value, min(low, value), max(high, value), n, "1", level=LEVEL, clusters=clusters)
