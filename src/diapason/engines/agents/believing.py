"""How far each row can be relied on, by what the model has seen of each input; many rows in one stroke."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Known", "believe"]

Array = NDArray[np.float64]

_FAR = 1.0  # beyond the range by more than so many times its width is bad, not doubtful
_MOST_MISSING = 0.5  # a row that lacks more than this share of what training rows had is bad


@dataclass(frozen=True, slots=True)
class Known:
    """What a model has seen of each column, shape (columns,) each; nan = nothing is known."""

    low: Array
    high: Array
    missing: Array  # share of training rows in which it was missing, 0..1

    @classmethod
    def of(cls, columns: Sequence[str], ranges: Sequence[tuple[str, float, float, float]]) -> "Known":
        """From (name, low, high, share missing) of inputs; a column that is not told of is never doubted."""
        told = {name: (low, high, missing) for name, low, high, missing in ranges}
        kept = np.array([told.get(c, (np.nan, np.nan, 1.0)) for c in columns]).reshape(-1, 3)
        return cls(kept[:, 0], kept[:, 1], kept[:, 2])


def believe(x: Array, known: Known) -> NDArray[np.uint8]:
    """0 = good, 1 = doubtful, 2 = bad, for each row; the rules are those of predictions from a file.

    Args:
        x: shape (n, columns), nan = missing.

    >>> known = Known(np.array([0.0]), np.array([10.0]), np.array([0.0]))
    >>> believe(np.array([[5.0], [12.0], [25.0], [np.nan]]), known)
    array([0, 1, 2, 2], dtype=uint8)
    """
    inside = x >= known.low
    inside &= x <= known.high
    if inside.all():
        return np.zeros(len(x), np.uint8)
    width = np.where(known.high > known.low, known.high - known.low, np.inf)
    with np.errstate(invalid="ignore"):
        beyond = np.maximum(known.low - x, x - known.high)
        level = np.asarray((beyond > 0).any(axis=1), np.uint8)
        level[(beyond > _FAR * width).any(axis=1)] = 2
    lost = np.isnan(x)
    if not lost.any():
        return level
    expected = known.missing < _MOST_MISSING
    level[(lost & (known.missing == 0)).any(axis=1) & (level == 0)] = 1
    level[(lost & expected).sum(axis=1) > _MOST_MISSING * max(1, int(expected.sum()))] = 2
    return level
