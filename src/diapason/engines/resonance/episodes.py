"""Stretches of a normal part that are unlike the rest of it: a fault that nobody noticed while it was recorded."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.vocabulary.examples import Examples

__all__ = ["episodes"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

_WIDTHS = (9, 31)
"""Rows over which the distance is averaged: short episodes show in the first, faint ones in the second."""
_BLOCKS = 8
_TURNS = 4
_KEPT = 0.75
"""Share of rows, the nearest ones, that the next turn learns from."""
_FEWEST, _PER_COLUMN = 60, 5
_FAR, _ALSO, _TIMES = 6.0, 3.5, 2.0
"""Robust standard deviations of the logarithm, and times the middle, beyond which a stretch is strange."""
_LEAST = 0.12
"""Least standard deviation of the logarithm that is believed."""
_MOST = 0.25
_RIDGE = 0.02


def episodes(examples: Examples, normal: Mask) -> Array:
    """Doubt of each row, shape (n,): above one half in stretches of the normal part that are unlike the rest of it.

    Each row is measured by its squared distance, in the covariance of other blocks of time, averaged over its
    surroundings of 9 and of 31 rows; blocks teach without the farthest quarter of rows, in turns, so that the episode
    itself is not learnt. Logarithms of these means are compared with their middle, in robust standard deviations of
    their lower side; a run beyond 3.5 that reaches 6 somewhere is one episode. No label is looked at. Nothing is said
    with fewer than 60 rows or 5 per column, or where more than a quarter would be strange: that is no exception.

    Args:
        normal: shape (n,), rows held to be normal; levels of an asset are its own.

    Source: concentration steps of a trimmed covariance; Rousseeuw and Van Driessen, Technometrics 41 (1999).
    """
    doubt = np.zeros(len(examples))
    rows = np.flatnonzero(normal)
    x = _scaled(examples, rows)
    if len(rows) < max(_FEWEST, _PER_COLUMN * x.shape[1]) or not x.shape[1]:
        return doubt
    code = np.zeros(len(rows), np.int64) if examples.asset is None else np.asarray(examples.asset)[rows]
    pieces = list(_pieces(rows, code))
    z = np.max([_strange(_distance(x, pieces, width)) for width in _WIDTHS], axis=0)
    z = np.concatenate([_as_one(z[p]) for p in pieces])
    if 0 < np.mean(z > _FAR) <= _MOST:
        doubt[rows] = 1 - np.exp(-np.log(2) * np.square(np.clip(z, 0, None) / _FAR))
    return doubt


def _strange(near: Array) -> Array:
    """How far each distance is from the middle one, in robust standard deviations of logarithms from the lower side."""
    far = np.log(near)
    middle, low = np.quantile(far, (0.5, 0.1))
    z = (far - middle) / max(float(middle - low) / 1.2816, _LEAST)
    return np.asarray(np.where(far > middle + np.log(_TIMES), z, np.minimum(z, 0.5 * _FAR)))


def _as_one(z: Array) -> Array:
    """A run of rows beyond the lower limit that reaches the upper one is one episode, all as strange as its peak."""
    inside = z > _ALSO
    run = np.cumsum(np.r_[True, inside[1:] != inside[:-1]]) - 1
    peak = np.full(int(run[-1]) + 1, -np.inf)
    np.maximum.at(peak, run, z)
    return np.asarray(np.where(inside & (peak[run] > _FAR), peak[run], z))


def _scaled(examples: Examples, rows: Index) -> Array:
    """Number columns that vary, by their middle in each asset and one robust spread; a gap at the middle."""
    frame = examples.features
    names = [c for c in frame.columns if frame[c].dtype.is_numeric()]
    code = np.zeros(len(rows), np.int64) if examples.asset is None else np.asarray(examples.asset)[rows]
    made = frame[rows].select(pl.col(names).cast(pl.Float64).fill_nan(None)).with_columns(pl.Series("_asset", code))
    away = made.select(pl.col(c) - pl.col(c).median().over("_asset") for c in names).fill_null(0.0)
    x = away.to_numpy().astype(np.float64)
    low, high = np.quantile(x, (0.25, 0.75), axis=0) if x.size else (np.zeros(0), np.zeros(0))
    spread = (high - low) / 1.349
    return np.clip(x[:, spread > 0] / spread[spread > 0], -20, 20)


def _pieces(rows: Index, code: Index) -> Iterator[slice]:
    cut = np.flatnonzero((np.diff(rows) != 1) | (np.diff(code) != 0)) + 1
    for low, high in pairwise(np.r_[0, cut, len(rows)].tolist()):
        yield slice(low, high)


def _distance(x: Array, pieces: list[slice], width: int) -> Array:
    """Mean squared distance of each row's surroundings from the rest, by what near rows of other blocks say."""
    n = len(x)
    block, keep = np.arange(n) * _BLOCKS // n, np.ones(n, bool)
    for _ in range(_TURNS):
        far = np.empty(n)
        for b in range(_BLOCKS):
            here, learnt = block == b, x[(block != b) & keep]
            inner = np.cov(learnt.T).reshape(x.shape[1], -1)
            inner = inner + np.diag(_RIDGE * np.diag(inner) + 1e-9)
            away = x[here] - learnt.mean(axis=0)
            far[here] = np.einsum("ij,ij->i", away, np.linalg.solve(inner, away.T).T)
        near = np.concatenate([_averaged(far[p], width) for p in pieces])
        keep = near <= np.quantile(near, _KEPT)
    return np.asarray(np.maximum(near, 1e-9))


def _averaged(far: Array, width: int) -> Array:
    """Centred running mean; shorter at the ends."""
    width = min(width, len(far))
    total = np.r_[0.0, np.cumsum(far)]
    at = np.arange(len(far))
    low, high = np.maximum(at - width // 2, 0), np.minimum(at + width // 2 + 1, len(far))
    return np.asarray((total[high] - total[low]) / (high - low))
