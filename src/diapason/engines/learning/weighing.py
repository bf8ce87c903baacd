"""How much each row counts in learning: the one place that says what a weight means."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from diapason.vocabulary.examples import Examples

__all__ = ["counted", "middle", "quantile", "systematic", "weights"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_FEWEST = 40
"""Rows that a resampling leaves at least, where there are so many."""


def counted(examples: Examples) -> Examples:
    """The rows that count: those of weight 0 are gone; without a weight where all that are left count once.

    Every recipe begins with this, so that a row of weight 0 is exactly as good as absent, windows over the past of an
    asset included.
    Where no row counts at all, all do.
    """
    if examples.weight is None:
        return examples
    keep = np.flatnonzero(examples.weight > 0)
    kept = examples.take(keep) if 0 < len(keep) < len(examples) else examples
    plain = kept.weight is None or not len(keep) or bool(np.all(kept.weight == 1))
    return replace(kept, weight=None) if plain else kept


def weights(examples: Examples) -> Array:
    """Shape (n,); ones where no weight is given."""
    return np.ones(len(examples)) if examples.weight is None else np.asarray(examples.weight, np.float64)


def middle(values: Array, weight: Array | None = None) -> float:
    """The median, each value counting by its weight."""
    return float(np.median(values)) if weight is None or np.all(weight == 1) else quantile(values, weight, 0.5)


def quantile(values: Array, weight: Array, share: float) -> float:
    """The least value at or below which that share of the weight lies.

    >>> quantile(np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0, 8.0]), 0.5)
    3.0
    """
    order = np.argsort(values, kind="stable")
    total = np.cumsum(weight[order])
    return float(values[order][min(int(np.searchsorted(total, share * total[-1])), len(values) - 1)])


def systematic(weight: Array) -> Index:
    """Positions, in order, of rows repeated by their weight: for learners that cannot weigh.

    A row of weight w stands there floor(w) or ceil(w) times, evenly spread, nothing drawn; whole weights are exact.

    Args:
        weight: shape (n,), not negative. Scaled up where fewer than 40 rows (or n) would be left.

    >>> systematic(np.array([1.0, 0.0, 2.0] * 20))[:6].tolist()
    [0, 2, 2, 3, 5, 5]

    Source: systematic sampling with unequal probabilities; Madow, Annals of Mathematical Statistics 20 (1949).
    """
    least = min(_FEWEST, len(weight))
    total = float(weight.sum())
    scaled = weight * (least / total) if 0 < total < least else weight
    edges = np.floor(np.r_[0.0, np.cumsum(scaled)] + 0.5 + 1e-9)
    return np.repeat(np.arange(len(weight)), np.diff(edges).astype(np.int64)).astype(np.int64)
