"""Do flagged rows fall anywhere, or only in certain corners of the inputs?"""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

__all__ = ["gathered"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_NEAREST = 10
_MOST = 1500
_DIMENSIONS = 12
"""More inputs than this are turned to their main directions first."""


def gathered(X: Array, flagged: Index, chance: Array, *, seed: int) -> tuple[float, float]:
    """How much more often flagged rows are neighbours of flagged rows than chance would have it.

    Errors fall on rows whatever these are; an unknown regime, or a region where the model is weak, gathers.

    Args:
        X: shape (n, d), scaled inputs.
        flagged: positions.
        chance: shape (n,), the probability of each row to be flagged if flags fell by chance.

    Returns:
        Ratio of found to expected neighbours (1 = scattered), and its distance from 1 in standard errors.

    Source: nearest-neighbour two-sample test, Schilling, JASA 81 (1986).
    """
    if not X.shape[1] or len(flagged) < 2 or len(X) <= _NEAREST + 1:
        return 1.0, 0.0
    draw = np.random.default_rng(seed)
    places = _few(np.clip(X, -4, 4))
    places = places + 1e-6 * draw.normal(size=places.shape)
    asked = flagged if len(flagged) <= _MOST else draw.choice(flagged, _MOST, replace=False)
    near = cKDTree(places).query(places[asked], _NEAREST + 1)[1][:, 1:]
    flag = np.zeros(len(X))
    flag[flagged] = 1
    found, expected = float(flag[near].sum()), max(float(chance[near].sum()), 1e-9)
    return found / expected, (found - expected) / np.sqrt(2 * expected)


def _few(X: Array) -> Array:
    if X.shape[1] <= _DIMENSIONS:
        return X
    centred = X - X.mean(0)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    return np.asarray(centred @ vectors[:, -_DIMENSIONS:])
