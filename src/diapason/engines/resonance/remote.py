"""Rows far out in the inputs that pull a model away from all others."""

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import stats

from diapason.engines.resonance.timeless import paired
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

__all__ = ["remote"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_FAR = 8.0
"""Robust standard deviations of a column."""
_FEWEST = 12
_MOST = 0.05
_AGREE = 0.3
"""Rank correlation between what a fit to the other rows says of the far ones and what they are: beyond, they are good
rows far out."""
_USUAL = 0.5
_GAIN, _SURE = 0.02, 4.0
_PARTS = 4


def remote(examples: Examples) -> Mask:
    """Rows that lie far out and do not follow the others, shape (n,); none unless that is shown. Numbers only.

    Shown means: what a linear fit to all other rows says of the far rows has nothing to do with what they are, though
    it tells near rows well; and near rows are told better when the far ones are left out of the fit.

    Source: leverage and influence; Cook, Technometrics 19 (1977), for a group of rows.
    """
    n, none = len(examples), np.zeros(len(examples), bool)
    if examples.task is not Task.REGRESSION:
        return none
    X = _wide(examples.features)
    far = np.asarray((np.abs(X) > _FAR).any(axis=1))
    if not _FEWEST <= far.sum() <= _MOST * n:
        return none
    y, near = examples.target, np.flatnonzero(~far)
    full = np.hstack([np.ones((n, 1)), X])
    part = np.random.default_rng(0).permutation(n) % _PARTS
    with_far, without = np.empty(n), np.empty(n)
    for k in range(_PARTS):
        test = part == k
        with_far[test] = full[test] @ _fit(full[~test], y[~test])
        without[test] = full[test] @ _fit(full[~test & ~far], y[~test & ~far])
    agree = float(stats.spearmanr(without[far], y[far]).statistic)
    usual = float(stats.spearmanr(without[near], y[near]).statistic)
    one, two = (np.abs(y[near] - p[near]) for p in (with_far, without))
    gain, sure = paired(one, two, np.arange(len(near), dtype=np.int64))
    shown = bool(np.nan_to_num(agree) < _AGREE) and usual > _USUAL and gain > _GAIN and sure > _SURE
    return far if shown else none


def _wide(frame: pl.DataFrame) -> Array:
    """Numbers in robust standard deviations, not clipped; a gap at the centre."""
    columns = [c for c in frame.columns if frame[c].dtype.is_numeric() and frame[c].drop_nulls().n_unique() > 10]
    if not columns:
        return np.zeros((frame.height, 1))
    x = frame.select(columns).fill_null(np.nan).to_numpy().astype(np.float64)
    low, middle, high = np.nanquantile(x, (0.25, 0.5, 0.75), axis=0)
    spread = np.where(high > low, (high - low) / 1.349, np.nanstd(x, axis=0))
    return np.asarray(np.nan_to_num((x - middle) / np.where(spread > 0, spread, 1.0)))


def _fit(X: Array, y: Array) -> Array:
    return np.asarray(np.linalg.solve(X.T @ X + 1e-3 * len(X) * np.eye(X.shape[1]), X.T @ y))
