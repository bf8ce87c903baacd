"""Which rows harm what a smooth model says of the rows that are not doubted."""

import numpy as np
from numpy.typing import NDArray

from diapason.engines.resonance.smooth import waves
from diapason.engines.resonance.timeless import inputs
from diapason.vocabulary.examples import Examples

__all__ = ["influence_weights"]

Array = NDArray[np.float64]

_WAVES = 80
_LEAST = 0.1


def influence_weights(examples: Examples, doubt: Array, *, seed: int = 0) -> Array:
    """A weight for each row, shape (n,): 1, falling to a tenth the more its presence raises the loss elsewhere.

    A ridge fit on random cosines to all rows; the loss is that of rows that are not doubted. Leaving row i out changes
    it by about -2 (g' H^-1 z_i) r_i, with g the gradient over those rows: what is above three times the usual size
    counts as harm.

    Source: influence functions; Koh and Liang, ICML 2017, in closed form for squared loss.
    """
    X, y = inputs(examples), examples.target - np.median(examples.target)
    Z = waves(X.shape[1], _WAVES, seed)(X)
    bend = Z.T @ Z + 1.0 * np.eye(Z.shape[1])
    left = y - Z @ np.linalg.solve(bend, Z.T @ y)
    sound = doubt <= 0.5
    pull = Z @ np.linalg.solve(bend, Z[sound].T @ left[sound])
    harm = -pull * left
    usual = 3 * float(np.median(np.abs(harm))) or 1e-300
    return np.asarray(np.clip(usual / np.maximum(harm, usual), _LEAST, 1.0))
