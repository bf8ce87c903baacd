"""Uncertainty of readings carried through a model to its predictions, by drawing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diapason.engines.uncertainty.budget import Budget, Part

__all__ = ["DRAWS", "Carried", "carried", "errors"]

Array = NDArray[np.float64]

DRAWS = 200
"""Draws: the standard uncertainty is then known to 5 %."""


@dataclass(frozen=True, slots=True)
class Carried:
    """Of each prediction what the readings' uncertainty makes of it."""

    mean: Array  # of the draws, shape (n,) or (n, k)
    u: Array  # standard uncertainty, shape (n,) or (n, k)
    low: Array  # of the shortest probabilistically symmetric interval, same shape
    high: Array
    draws: int
    level: float


def errors(budget: Budget, rows: int, draw: np.random.Generator) -> Array:
    """One draw of the errors of a tag's readings, shape (rows,): common ones alike in all, others new in each."""
    total = np.zeros(rows)
    for part in budget.parts:
        total += _drawn(part, 1 if part.common else rows, draw)
    return total


def _drawn(part: Part, size: int, draw: np.random.Generator) -> Array:
    if part.shape == "rectangular":
        return np.asarray(draw.uniform(-1, 1, size) * part.u * np.sqrt(3))
    drawn = draw.normal(size=size) if np.isinf(part.dof) else draw.standard_t(part.dof, size)
    return np.asarray(part.u * drawn)


def carried(
    predict: Callable[[Mapping[str, Array]], Array],
    budgets: Sequence[Budget],
    rows: int,
    *,
    draws: int = DRAWS,
    level: float = 0.9,
    seed: int = 0,
) -> Carried:
    """Draw errors of all tags, predict with them, and see how far predictions move.

    Args:
        predict: predictions, shape (n,) or (n, k), where these errors, each of shape (n,), are added to the readings.
        rows: n.

    Source: JCGM 101:2008, 7, with a fixed number of draws.
    """
    rng = np.random.default_rng(seed)
    told = np.stack([predict({b.tag: errors(b, rows, rng) for b in budgets}) for _ in range(draws)])
    low, high = np.quantile(told, [0.5 - level / 2, 0.5 + level / 2], axis=0)
    return Carried(told.mean(axis=0), told.std(axis=0, ddof=1), low, high, draws, level)
