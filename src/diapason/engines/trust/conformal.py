"""Intervals around predictions, from the errors that an honest split has shown."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Margins", "margins"]

Array = NDArray[np.float64]

LEAST = 20
"""Errors that a bin needs at least, more for a high level; fewer than this in all give no interval."""


@dataclass(frozen=True, slots=True)
class Margins:
    """Signed errors (truth - prediction) at both ends of the level, by the size of the prediction."""

    edges: tuple[float, ...]  # between bins of the prediction, ascending
    low: tuple[float, ...]  # one more than edges; empty = not known
    high: tuple[float, ...]
    level: float

    def around(self, prediction: ArrayLike) -> tuple[Array, Array]:
        """Lower and upper end for each prediction; nan where nothing is known."""
        p = np.asarray(prediction, np.float64)
        if not self.low:
            return np.full(len(p), np.nan), np.full(len(p), np.nan)
        at = np.searchsorted(self.edges, np.nan_to_num(p))
        return p + np.asarray(self.low)[at], p + np.asarray(self.high)[at]


def margins(truth: ArrayLike, prediction: ArrayLike, *, level: float = 0.9, bins: int = 5) -> Margins:
    """Learn intervals from predictions that were made out of sample.

    Args:
        truth: shape (n,), nan = not known.
        prediction: shape (n,), same unit.
        level: share of new rows that should lie inside, if they come as the old ones did.
        bins: at most so many equally filled bins of the prediction, each with errors of its own.

    >>> known = margins(np.zeros(200), np.linspace(-1, 1, 200), bins=1)
    >>> [round(float(end[0]), 1) for end in known.around([0.0])]
    [-0.9, 0.9]

    Source: split conformal prediction, Lei et al. (JASA 2018); by bins, Mondrian, Vovk et al. (2005).
    """
    t, p = np.asarray(truth, np.float64), np.asarray(prediction, np.float64)
    known = np.isfinite(t) & np.isfinite(p)
    t, p = t[known], p[known]
    count = min(bins, len(p) // _least(level))
    if not count:
        return Margins((), (), (), level)
    edges = np.unique(np.quantile(p, np.arange(1, count) / count))
    at = np.searchsorted(edges, p)
    ends = [_ends((t - p)[at == i], level) for i in range(len(edges) + 1)]
    whole = _ends(t - p, level)
    ends = [end if end is not None else whole for end in ends]
    known_ends = [end for end in ends if end is not None]
    low, high = zip(*known_ends, strict=True) if len(known_ends) == len(ends) else ((), ())
    return Margins(tuple(edges.tolist()), tuple(low), tuple(high), level)


def _least(level: float) -> int:
    """With fewer, even the smallest and the largest error do not hold the level."""
    return max(LEAST, int(np.ceil(2 / (1 - level) - 1 - 1e-9)))


def _ends(errors: Array, level: float) -> tuple[float, float] | None:
    """The order statistics that hold the level for the next error, too; None for too few errors."""
    n = len(errors)
    if n < _least(level):
        return None
    ordered, rest = np.sort(errors), (1 - level) / 2
    below = max(int(np.floor((n + 1) * rest)) - 1, 0)
    above = min(int(np.ceil((n + 1) * (1 - rest))) - 1, n - 1)
    return float(ordered[below]), float(ordered[above])
