"""Could somebody who does sums with the counts told find a small group? Answered with whole tables as witnesses."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

__all__ = ["Atoms", "atoms", "holds", "near"]

Index = NDArray[np.int64]
Array = NDArray[np.float64]

MOST = 300
"""Atoms beyond which no audit is tried, and the groups that made them are withheld."""
_SECONDS, _TABLES = 1.0, 40
"""Time for one witness, and how many are looked for, before an audit counts as failed and the group is withheld."""


@dataclass(frozen=True, slots=True)
class Atoms:
    """The rows of several sets, divided by which sets they are in: the finest parts that sums of counts can reach."""

    member: Array  # shape (sets, atoms), 1 where the atom lies in the set
    count: Array  # shape (atoms,), rows


def atoms(sets: Sequence[Index]) -> Atoms:
    """Divide the rows of the sets by membership.

    >>> atoms([np.array([1, 2, 3]), np.array([3])]).count
    array([2., 1.])
    """
    every = np.unique(np.concatenate([*sets, np.empty(0, np.int64)]))
    member = np.stack([np.isin(every, s) for s in sets]) if sets else np.zeros((0, len(every)), bool)
    patterns, counts = np.unique(member.T, axis=0, return_counts=True)
    return Atoms(patterns.T.astype(np.float64), counts.astype(np.float64))


def holds(told: Sequence[Index], dominated: Sequence[Index], k: int) -> bool:
    """Whether the exact counts of the sets told leave every small or dominated group open.

    For each part of fewer than `k` rows there is another table of whole numbers with the very same counts in which that
    part has `k` rows or more; since a union of parts is at least as large as each of them, no union of fewer than `k`
    rows can be told either. The count of each dominated group can be off by `k` or more. What is published is rounded
    as well, which leaves more open still.

    Source: the audit of cell suppression by feasibility intervals, Hundepool et al. 2012, section 4.4, done with whole
    numbers over parts in place of cells.
    """
    made = atoms([*told, *dominated])
    if made.member.shape[1] > MOST:
        return False
    known = made.member[: len(told)]
    values = known @ made.count
    if not _each_may_be_large(known, values, made.count, k):
        return False
    return all(_wide(known, values, row, k) for row in made.member[len(told) :])


def near(one: Index, other: Index, k: int) -> bool:
    """Whether two sets of rows differ, but by fewer than `k` rows on either side.

    >>> near(np.arange(100), np.arange(101), 5), near(np.arange(100), np.arange(100), 5)
    (True, False)
    """
    more = len(np.setdiff1d(one, other, assume_unique=True))
    less = len(np.setdiff1d(other, one, assume_unique=True))
    return more + less > 0 and more < k and less < k


def _each_may_be_large(known: Array, values: Array, count: Array, k: int) -> bool:
    """For every atom below `k` rows a witness; one table often serves many atoms."""
    if not len(known):
        return True
    open_ = np.flatnonzero((count > 0) & (count < k))
    least = np.where(known[:, open_] > 0, values[:, None], np.inf).min(axis=0)
    if (least < k).any():
        return False
    for _ in range(_TABLES):
        if not len(open_):
            return True
        wish = np.zeros(len(count))
        wish[open_] = -1.0
        made = _table(wish, known, values)
        done = set() if made is None else set(np.flatnonzero(np.round(made) >= k).tolist())
        if not done & set(open_.tolist()):
            alone = np.zeros(len(count))
            alone[open_[0]] = -1.0
            made = _table(alone, known, values)
            if made is None or round(made[open_[0]]) < k:
                return False
            done = {int(open_[0])}
        open_ = np.array([a for a in open_ if a not in done], dtype=np.int64)
    return not len(open_)


def _wide(known: Array, values: Array, wanted: Array, k: int) -> bool:
    """Whether the sum over the wanted atoms can be `k` or more apart in two tables."""
    if not len(known):
        return True
    low, high = _table(wanted, known, values), _table(-wanted, known, values)
    return low is not None and high is not None and float(wanted @ high - wanted @ low) >= k - 1e-6


def _table(cost: Array, known: Array, values: Array) -> Array | None:
    """The table of whole numbers of least cost that has those values; None where none was found in time."""
    most = float(values.max(initial=0.0))
    found = milp(
        cost,
        integrality=np.ones(len(cost)),
        bounds=Bounds(0, most),
        constraints=LinearConstraint(known, values, values),
        options={"time_limit": _SECONDS},
    )
    return None if found.x is None else np.asarray(np.round(found.x), np.float64)
