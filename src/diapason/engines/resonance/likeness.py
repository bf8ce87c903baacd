"""Newest rows unlike older ones: shown by telling them apart, and weights that make old rows count by likeness."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from diapason.engines.resonance.smooth import waves
from diapason.engines.resonance.timeless import blocks, clocked, inputs, paired
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

__all__ = ["Likeness", "find_likeness"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

_BLOCKS = 20
_NEWEST = 4
"""Stretches of twenty that count as the newest."""
_APART = 0.75
"""Chance that a newest row is told from an older one, cross-fitted, from which on the two are held to differ."""
_CLIP = (0.2, 5.0)
_FEWEST = 300
_GAIN, _SURE = 0.1, 4.0
_TURNS = 12
_WAVES = 80


@dataclass(frozen=True, slots=True)
class Likeness:
    """How like the newest rows each row is."""

    weight: Array  # (n,), mean 1, between a fifth and five before scaling
    apart: float  # area under the curve: 0.5 = alike, 1 = told apart always
    since: float  # time of the first of the newest rows
    gain: float  # share by which a weighted smooth fit to older rows predicts the newest better
    proved: bool  # the gain is shown


def find_likeness(examples: Examples, *, seed: int = 0) -> Likeness | None:
    """Whether the newest fifth of the rows has other inputs than the rest; None where it hasn't, or no clock is shared.

    A logistic classifier, cross-fitted over stretches of time, tells newest from older rows; its odds, clipped, are the
    ratio of densities. That a shift is there is no harm by itself: `proved` says that a smooth fit to the older rows
    predicts the newest better when weighted so.

    Source: covariate shift by probabilistic classification; Bickel, Brueckner and Scheffer, JMLR 10 (2009).
    """
    if examples.task is Task.MONITORING or len(examples) < _FEWEST or not clocked(examples):
        return None
    group, X = blocks(examples, _BLOCKS), _scaled(inputs(examples))
    new = group >= _BLOCKS - _NEWEST
    odds = np.empty(len(X))
    part = np.random.default_rng(seed).permutation(_BLOCKS - _NEWEST) % _NEWEST
    turn = np.r_[part, np.arange(_NEWEST)][group]
    for k in range(_NEWEST):
        weights = _logistic(X[turn != k], new[turn != k])
        odds[turn == k] = X[turn == k] @ weights
    apart = _area(odds, new)
    if apart < _APART:
        return None
    weight = np.clip(np.exp(np.clip(odds - np.median(odds[new]), -5, 5)), *_CLIP)
    weight = weight / weight.mean()
    gain, sure = _proof(X, examples, weight, new)
    since = float(np.min(np.asarray(examples.time)[new]))
    return Likeness(weight, apart, since, gain, gain > _GAIN and sure > _SURE)


def _scaled(X: Array) -> Array:
    return np.hstack([np.ones((len(X), 1)), X])


def _logistic(X: Array, new: Mask) -> Array:
    """Ridge logistic regression by Newton steps, classes balanced."""
    solved, share = np.zeros(X.shape[1]), float(new.mean())
    counts = np.where(new, 0.5 / max(share, 1e-9), 0.5 / max(1 - share, 1e-9))
    ridge = 1e-2 * len(X) * np.eye(X.shape[1])
    ridge[0, 0] = 1e-6
    for _ in range(_TURNS):
        p = 1 / (1 + np.exp(-np.clip(X @ solved, -20, 20)))
        slope = X.T @ (counts * (new - p)) - ridge @ solved
        bend = (X * (counts * p * (1 - p))[:, None]).T @ X + ridge
        solved = solved + np.linalg.solve(bend, slope)
    return np.asarray(solved)


def _area(odds: Array, new: Mask) -> float:
    ranks = stats.rankdata(odds)
    k, rest = int(new.sum()), int((~new).sum())
    return float((ranks[new].sum() - k * (k + 1) / 2) / max(k * rest, 1))


def _proof(X: Array, examples: Examples, weight: Array, new: Mask) -> tuple[float, float]:
    """Gain on the newest rows of a smooth fit to the older ones when they are weighted."""
    y, X = examples.target, waves(X.shape[1] - 1, _WAVES, 0)(X[:, 1:])
    if examples.task is Task.CLASSIFICATION:
        y = (y == np.argmax(np.bincount(y.astype(np.int64)))).astype(np.float64)
    old = ~new
    losses = []
    for counts in (np.ones(int(old.sum())), weight[old]):
        gram = (X[old] * counts[:, None]).T @ X[old] + counts.mean() * np.eye(X.shape[1])
        losses.append(np.abs(y[new] - X[new] @ np.linalg.solve(gram, X[old].T @ (counts * y[old]))))
    rank = np.argsort(np.argsort(np.asarray(examples.time)[new], kind="stable"), kind="stable")
    return paired(losses[0], losses[1], rank * 16 // len(rank))
