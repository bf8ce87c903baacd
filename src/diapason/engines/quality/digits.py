"""Numbers with two neighbouring digits exchanged."""

import numpy as np
from numpy.typing import NDArray

from diapason.engines.quality.layout import Floats

__all__ = ["exchanged_digits"]

PLACES = 7


def exchanged_digits(stored: Floats, expected: Floats, width: Floats, resolution: float) -> NDArray[np.bool_]:
    """Cells that come to where they are expected when two neighbouring digits change places.

    Empty where as many cells come there by an equal shift in the other direction, which no exchange explains.

    Args:
        stored: (n,) suspicious values.
        expected: (n,) what they should be.
        width: (n,) doubt of that.
        resolution: smallest step of the column, nan where its values are not rounded.

    >>> one = np.ones(3)
    >>> exchanged_digits(np.array([81.52, 72.44, 92.18]), np.array([18.5, 27.4, 29.2]), one, 0.01)
    array([ True,  True,  True])
    """
    if not np.isfinite(resolution) or not stored.size:
        return np.zeros(stored.size, dtype=bool)
    whole = np.round(np.abs(stored) / resolution)
    hit, decoy = np.zeros(stored.size, dtype=bool), np.zeros(stored.size, dtype=bool)
    for place in range(PLACES):
        low, high = np.floor(whole / 10.0**place) % 10, np.floor(whole / 10.0 ** (place + 1)) % 10
        moved = (low - high) * 9 * 10.0**place * resolution * np.sign(stored)
        large = np.abs(moved) > 3 * width
        hit |= large & (np.abs(stored + moved - expected) < 3 * width)
        decoy |= large & (np.abs(stored - 0.7 * moved - expected) < 3 * width)
        decoy |= large & (np.abs(stored + 0.6 * moved - expected) < 3 * width)
    enough = hit.sum() >= 3 and hit.sum() > 3 * decoy.sum() and hit.sum() >= 0.5 * stored.size
    return hit if enough else np.zeros(stored.size, dtype=bool)
