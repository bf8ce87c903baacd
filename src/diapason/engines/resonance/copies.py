"""Rows with equal inputs: copies, and copies that contradict each other in the target."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diapason.engines.resonance.overlap import twins
from diapason.vocabulary.examples import Examples

__all__ = ["Copies", "copies", "odd_ones"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

_COPIED = 3
"""Equal rows from which on a measurement was copied, not made again."""
_REPLICATES = 0.05
"""Share of rows that were measured again at equal inputs, beyond which nothing is called a contradiction."""
_FAR, _FURTHER = 4.0, 3.0
"""How far a value must be from its expectation, and how much further than the nearest one of the same inputs."""


@dataclass(frozen=True, slots=True)
class Copies:
    """What is equal to what; arrays of shape (n,)."""

    inputs: Index  # code of the inputs, in the order of first sight
    first: Mask  # the first of each set of rows with equal inputs and target
    count: Index  # rows with these inputs and this target
    torn: Mask  # of inputs that have several targets, one of them copied

    def weight(self) -> Array:
        """What each row counts as judged: copies together as one, a contradiction not at all; shape (n,)."""
        return np.where(self.torn, 0.0, 1.0 / self.count)


def copies(examples: Examples) -> Copies:
    """Which rows repeat others. Replicates, measured again at equal settings, are no contradiction."""
    inputs, _, _ = _coded(examples.features.hash_rows(seed=7).to_numpy())
    row, first, count = _coded(twins(examples))
    values = np.bincount(inputs, weights=first).astype(np.int64)[inputs]
    most = np.zeros(int(inputs.max(initial=0)) + 1, np.int64)
    np.maximum.at(most, inputs, count)
    torn = (values > 1) & (most[inputs] >= _COPIED)
    if np.mean((values > 1) & ~torn) > _REPLICATES or torn.mean() > 0.5:
        torn = np.zeros(len(row), bool)
    return Copies(inputs, first, count, torn)


def odd_ones(same: Copies, z: Array) -> Mask:
    """Rows of a contradiction whose target is far from its expectation, and another one of it is much nearer.

    Args:
        z: residuals in local scales, shape (n,), by a fit that has not learnt from rows with the same inputs.
    """
    nearest = np.full(int(same.inputs.max(initial=0)) + 1, np.inf)
    np.minimum.at(nearest, same.inputs, np.abs(z))
    return np.asarray(same.torn & (np.abs(z) > _FAR) & (np.abs(z) > nearest[same.inputs] + _FURTHER))


def _coded(keys: NDArray[np.generic]) -> tuple[Index, Mask, Index]:
    """Codes in the order of first sight, whether a row is the first of its code, and how many have it."""
    _, begin, inverse, count = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
    rank = np.empty(len(begin), np.int64)
    rank[np.argsort(begin, kind="stable")] = np.arange(len(begin))
    first = np.zeros(len(keys), bool)
    first[begin] = True
    return rank[inverse].astype(np.int64), first, count[inverse].astype(np.int64)
