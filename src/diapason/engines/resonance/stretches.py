"""Answers that agree along the record tell the rows between them: a shift or a slide needs few checked rows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Carried", "carried"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

_FEWEST = 4
"""Wrong rows in a row, none right between them, from which on a stretch is looked at."""
_NEAR = 0.2
"""Distance, in the usual error of the stretch, within which an error must be foretold by the others."""
_AGREE = 0.9
"""Share of them that must be."""
_WIDEST = 0.15
"""Share of all rows that may be left out at one edge of a stretch, where nobody knows where it began."""


@dataclass(frozen=True, slots=True)
class Carried:
    """What answers say of rows that nobody looked at, shape (n,) each."""

    error: Array  # to be added to the value given; 0 where nothing is said
    known: Mask  # between checked rows of a stretch
    unsure: Mask  # between the last right row and the first wrong one


def carried(key: Array, at: Index, error: Array) -> Carried:
    """Errors of the rows between checked rows, where those foretell one another along the record.

    A stretch is a run of wrong rows with no right one among them; each of its errors must be told by a line through its
    neighbours. Errors that come row by row (another unit now and then, exchanged values) never pass.

    Args:
        key: order of the rows along the record, time or row number, shape (n,).
        at: positions of the rows answered whose right value is known, shape (m,).
        error: right less given of these, 0 where the row is right, shape (m,).
    """
    n = len(key)
    made = Carried(np.zeros(n), np.zeros(n, bool), np.zeros(n, bool))
    order = np.argsort(key[at], kind="stable")
    place, wrong = key[at][order], error[order] != 0
    edge = np.flatnonzero(np.diff(np.r_[0, wrong.astype(np.int64), 0]))
    for first, last in zip(edge[::2], edge[1::2], strict=True):
        own, x = error[order][first:last], place[first:last]
        if last - first < _FEWEST or not _foretold(x, own):
            continue
        inside = (key >= x[0]) & (key <= x[-1])
        made.error[inside] = np.interp(key[inside], x, own)
        made.known[inside] = True
        for a, b in (
            (place[first - 1] if first else -np.inf, x[0]),
            (x[-1], place[last] if last < len(place) else np.inf),
        ):
            between = (key > a) & (key < b)
            if between.mean() <= _WIDEST:
                made.unsure[between] = True
    return made


def _foretold(x: Array, error: Array) -> bool:
    """Whether a line through the two nearest others tells each error."""
    told = np.empty(len(x))
    for i in range(len(x)):
        others = np.delete(np.arange(len(x)), i)
        near = np.sort(others[np.argsort(np.abs(others - i), kind="stable")[:2]])
        width = x[near[1]] - x[near[0]]
        slope = (error[near[1]] - error[near[0]]) / width if width > 0 else 0.0
        told[i] = error[near[0]] + slope * (x[i] - x[near[0]])
    return bool((np.abs(told - error) <= _NEAR * np.median(np.abs(error))).mean() >= _AGREE)
