"""Concept drift: since when the same inputs mean another target."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diapason.engines.resonance.timeless import blocks, clocked, inputs, surprise
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

__all__ = ["Onset", "bridged", "find_onset"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_BLOCKS = 20
_DRAWS = 399
_EDGE = 3
"""Stretches on each side of an onset at least."""
_SHARE = 0.1
"""Share of what the inputs leave unexplained that the change must explain."""
_CLEAR = 4.0
"""How many times the largest of all shuffled orders the statistic must reach: levels that wander are shuffled too."""
_DIMENSIONS = 6
_FEWEST = 300
_CLIP = 4.0


@dataclass(frozen=True, slots=True)
class Onset:
    """When the relation changed, and by what."""

    at: float  # time of the first row after it
    before: NDArray[np.bool_]  # (n,), rows before it
    share: float  # of the variance that the inputs leave, explained by the change
    p: float  # share of shuffled orders that do as well
    moved: Array  # (n,), what the target would be higher by after the onset, at the inputs of each row


def find_onset(examples: Examples, *, seed: int = 0) -> Onset | None:
    """The moment since when the inputs mean another target; None unless shown. Numbers on one clock only.

    What a robust fit without the clock leaves over is regressed on the inputs before and after each possible moment.
    The best moment counts only if it explains far more than the best in any of 399 orders of the 20 stretches of
    time, so that batch effects and noise that hangs together inside a stretch are not taken for a change.

    Source: sup-F test for an unknown change point (Andrews, Econometrica 61, 1993), null by block permutation.
    """
    if examples.task is not Task.REGRESSION or len(examples) < _FEWEST or not clocked(examples):
        return None
    group, X = blocks(examples, _BLOCKS), inputs(examples)
    left = surprise(X, examples.target, np.arange(len(X), dtype=np.int64), seed=seed)
    spread = 1.4826 * float(np.median(np.abs(left - np.median(left)))) or 1.0
    left = np.clip(left - np.median(left), -_CLIP * spread, _CLIP * spread)
    Z = _basis(X)
    gram = np.array([Z[group == b].T @ Z[group == b] for b in range(_BLOCKS)])
    load = np.array([Z[group == b].T @ left[group == b] for b in range(_BLOCKS)])
    found = _explained(gram, load)
    draw = np.random.default_rng(seed)
    orders = [draw.permutation(_BLOCKS) for _ in range(_DRAWS)]
    chance = np.array([_explained(gram[o], load[o]).max() for o in orders])
    share = float(found.max() / max(float(np.square(left).sum()), 1e-300))
    if share < _SHARE or found.max() < _CLEAR * np.quantile(chance, 0.5) or found.max() <= chance.max():
        return None
    return _made(examples, Z, left, group < _EDGE + int(found.argmax()), share, 1 / (_DRAWS + 1))


def bridged(examples: Examples, onset: Onset) -> Array:
    """Targets of rows before the onset as they would be after it; shape (n,)."""
    return np.where(onset.before, examples.target + onset.moved, examples.target)


def _made(examples: Examples, Z: Array, left: Array, before: NDArray[np.bool_], share: float, p: float) -> Onset:
    change = _solve(Z[~before], left[~before]) - _solve(Z[before], left[before])
    at = float(np.min(np.asarray(examples.time)[~before]))
    return Onset(at, before, share, p, Z @ change)


def _basis(X: Array) -> Array:
    """One, and the inputs; of many their main directions."""
    centred = (X - X.mean(0)) / np.maximum(X.std(0), 1e-12)
    if X.shape[1] > _DIMENSIONS:
        _, vectors = np.linalg.eigh(centred.T @ centred)
        centred = centred @ vectors[:, -_DIMENSIONS:]
    return np.hstack([np.ones((len(X), 1)), centred])


def _explained(gram: Array, load: Array) -> Array:
    """Sum of squares explained by a change after each block, from the third to the third last; shape (blocks - 5,)."""
    before_g, before_l = np.cumsum(gram, 0)[_EDGE - 1 : -_EDGE], np.cumsum(load, 0)[_EDGE - 1 : -_EDGE]
    whole_g, whole_l = gram.sum(0), load.sum(0)

    def fitted(g: Array, v: Array) -> Array:
        ridge = 1e-6 * np.trace(whole_g) / len(whole_g) * np.eye(len(whole_g))
        return np.asarray(np.einsum("...i,...i->...", v, np.linalg.solve(g + ridge, v[..., None])[..., 0]))

    return np.asarray(
        fitted(before_g, before_l) + fitted(whole_g - before_g, whole_l - before_l) - fitted(whole_g, whole_l)
    )


def _solve(Z: Array, left: Array) -> Array:
    gram = Z.T @ Z
    return np.asarray(np.linalg.solve(gram + 1e-3 * np.trace(gram) / len(gram) * np.eye(len(gram)), Z.T @ left))
