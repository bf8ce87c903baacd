"""Nested parts of the rows to learn from: whole units, several draws of each size, proportions of classes kept."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["DRAWS", "FRACTIONS", "Part", "nested", "usable"]

Index = NDArray[np.int64]

FRACTIONS = (0.125, 0.18, 0.25, 0.35, 0.5, 0.7, 1.0)
"""Shares of the rows to learn from, about equal steps in the logarithm."""
DRAWS = (4, 4, 4, 3, 3, 2, 1)
"""How often each share is drawn: small parts vary more and cost less."""

_FEWEST_ROWS, _FEWEST_UNITS = 24, 4


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the rows of one fold to learn from."""

    size: int  # position in FRACTIONS
    draw: int
    train: Index  # positions, sorted


def usable(rows: int, units: int) -> tuple[int, ...]:
    """Positions in FRACTIONS that leave enough to learn from.

    Args:
        rows: to learn from in a fold.
        units: assets, batches or stretches of time among them; where rows are independent, the same as `rows`.

    >>> usable(1000, 1000)
    (0, 1, 2, 3, 4, 5, 6)
    >>> usable(60, 60)
    (4, 5, 6)
    """
    return tuple(
        i for i, f in enumerate(FRACTIONS) if f * rows >= _FEWEST_ROWS and round(f * units) >= min(_FEWEST_UNITS, units)
    )


def nested(train: Index, units: Index, strata: Index | None, sizes: tuple[int, ...], *, seed: int) -> Iterator[Part]:
    """Parts of one fold's training rows; within a draw each smaller part lies in each larger one.

    Args:
        train: positions learnt from.
        units: code of each row of the whole table; rows of one unit come and go together.
        strata: class of each row of the whole table, used where each unit is one row: every part then has the
            proportions of the whole, so that no rare class is lost by the draw.
        sizes: positions in FRACTIONS.

    >>> rows = np.arange(100)
    >>> parts = list(nested(rows, rows, None, (4, 6), seed=0))
    >>> [len(p.train) for p in parts]
    [50, 100, 50, 50]
    """
    own, code = np.unique(units[train], return_inverse=True)
    single = len(own) == len(train)
    for draw in range(max(DRAWS[s] for s in sizes)):
        rank = _ranks(len(own), strata[train] if strata is not None and single else None, code, seed + draw)
        for s in sizes:
            if draw < DRAWS[s]:
                taken = rank < max(1, round(FRACTIONS[s] * len(own)))
                yield Part(s, draw, np.sort(train[taken[code]]))


def _ranks(count: int, strata: Index | None, code: Index, seed: int) -> Index:
    """Random order of the units; with strata each beginning of the order is spread over them evenly."""
    random = np.random.default_rng([7, seed]).permutation(count)
    if strata is None:
        return random.astype(np.int64)
    share = np.empty(count)
    of = np.empty(count, np.int64)
    of[code] = strata
    for s in np.unique(of):
        members = np.flatnonzero(of == s)
        order = np.argsort(np.argsort(random[members]))
        share[members] = (order + 0.5) / len(members)
    return np.argsort(np.argsort(share + 1e-9 * random, kind="stable"), kind="stable").astype(np.int64)
