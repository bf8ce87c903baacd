"""Named operators by which scores come together; a model file chooses them."""

import math
from collections.abc import Callable, Sequence

from diapason.vocabulary.maturity import Rollup

__all__ = ["GROUPS", "ITEMS", "level"]

Scored = tuple[float, float]
"""Score and weight."""

_NEAR = 1e-9
_BELOW = 0.99
"""A level that is not met gives at most this part of itself."""


def mean(scores: Sequence[Scored]) -> float:
    """All alike.

    >>> mean([(1, 3), (2, 1)])
    1.5
    """
    return sum(s for s, _ in scores) / len(scores)


def weighted_mean(scores: Sequence[Scored]) -> float:
    """Each by its weight.

    >>> weighted_mean([(1, 3), (2, 1)])
    1.25
    """
    return sum(s * w for s, w in scores) / sum(w for _, w in scores)


def minimum(scores: Sequence[Scored]) -> float:
    """The weakest decides."""
    return min(s for s, _ in scores)


def capped_mean(scores: Sequence[Scored]) -> float:
    """The mean, but never more than one above the weakest.

    >>> capped_mean([(1, 1), (4, 1), (4, 1)])
    2
    """
    return min(mean(scores), minimum(scores) + 1)


def floor_mean(scores: Sequence[Scored]) -> float:
    """The whole part of the mean."""
    return float(math.floor(mean(scores) + _NEAR))


GROUPS: dict[str, Callable[[Sequence[Scored]], float]] = {
    "mean": mean,
    "weighted_mean": weighted_mean,
    "minimum": minimum,
    "capped_mean": capped_mean,
    "floor": floor_mean,
}
"""From items to a dimension, and from dimensions to the model."""


def ladder(levels: Sequence[Sequence[Scored]], base: int, rollup: Rollup) -> float:
    """The highest level that is met together with all below it, and the part reached of the next.

    Args:
        levels: scores of the clauses of each level above the base, upwards; a level without a clause is not met.

    >>> ladder([[(1, 1)], [(0.5, 1), (1, 1)], [(1, 1)]], 1, Rollup())
    2.75
    """
    reached = float(base)
    for clauses in levels:
        part = weighted_mean(clauses) if clauses else 0.0
        if part < rollup.met - _NEAR or any(s == 0 for s, _ in clauses):
            return reached + min(part, _BELOW)
        reached += 1
    return reached


def total(levels: Sequence[Sequence[Scored]], base: int, _rollup: Rollup) -> float:
    """The base and the mean of every level, added up, whether those below are met or not."""
    return base + sum(weighted_mean(clauses) for clauses in levels if clauses)


ITEMS: dict[str, Callable[[Sequence[Sequence[Scored]], int, Rollup], float]] = {"ladder": ladder, "sum": total}
"""From clauses to an item."""


def level(score: float, base: int, top: int, cuts: Sequence[float]) -> int:
    """The level that a score gives: by the cuts of the model, else its whole part.

    >>> level(2.9, 1, 5, ()), level(1.9, 0, 5, (0.8, 1.8, 2.8, 3.8, 4.8))
    (2, 2)
    """
    if cuts:
        return min(top, base + sum(score >= cut - _NEAR for cut in cuts))
    return min(top, max(base, math.floor(score + _NEAR)))
