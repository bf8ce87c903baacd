"""What was measured beside what was expected, row by row, with the usual spread there."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["LEVELS", "Residuals", "fewest"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]

LEVELS = (4.0, 6.0, 9.0, 14.0, 22.0)
"""Distances, in local robust standard deviations, beyond which rows are looked at: the nearest at which the evidence
is clear is taken, so that a heavy-tailed core doesn't hide what lies beyond it."""


def fewest(n: int) -> int:
    """Fewest rows that can be shown to be another population: 12, or 0.4 % of all."""
    return max(12, int(0.004 * n))


@dataclass(frozen=True, slots=True)
class Residuals:
    """A target as given, its cross-fitted expectation, the local scale of residuals, and the inputs.

    All of shape (n,); `X` is (n, d).
    """

    given: Array
    expected: Array
    scale: Array
    X: Array
    seed: int

    @property
    def z(self) -> Array:
        """Residuals in local robust standard deviations."""
        return np.asarray((self.given - self.expected) / self.scale)

    def __len__(self) -> int:
        return len(self.given)
