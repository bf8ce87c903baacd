"""Rows whose target is off by far, either way: slips of the pen, failed analyses. Not a tail: there is a valley."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diapason.engines.resonance.residuals import Residuals, fewest
from diapason.engines.resonance.scatter import gathered

__all__ = ["Gross", "find_gross"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_LEVELS = np.geomspace(4.5, 40.0, 14)
_WIDE = 2.5
"""Ratio of the ends of the two ranges of distances that are compared."""
_SURE = 3.0
"""Standard errors by which the further range must hold more rows than the nearer one."""
_BOTH = 0.25
"""Share of the rows that must be off to either side."""
_SCATTERED = 1.4
_MOST = 0.45


@dataclass(frozen=True, slots=True)
class Gross:
    """A second hump of distances from the expectation, and why it is believed to be errors."""

    level: float  # distance, in scales, where the hump begins
    reach: float  # of the largest errors, in units of the target
    count: int
    share: float
    gathering: float
    shown: bool

    def density(self, r: Residuals) -> Array:
        """As likely at any distance up to the largest; shape (n,)."""
        return np.where(np.abs(r.given - r.expected) <= self.reach, 0.5 / self.reach, 0.0)


def find_gross(r: Residuals, left: Mask) -> Gross | None:
    """Targets far from their expectation that are no tail, if shown.

    Any tail, that of a Cauchy distribution too, holds fewer rows between L and 2.5 L than between L / 2.5 and L.
    Where the further range holds more, by 3 standard errors, there are two populations. The far one must lie on both
    sides, so that leaving it out does not move the level, and be scattered over the inputs. An on-and-off of the
    process that no input tells of has one side; two-sided disturbances look the same: a trial, then a person, decide.

    Args:
        left: rows not yet explained.

    Source: unimodality of the distances on a logarithmic scale; levels fixed on generated sets.
    """
    u = np.abs(r.z)
    best: tuple[float, float] = (_SURE, 0.0)
    for level in _LEVELS:
        far = int(np.sum(left & (u > level) & (u <= _WIDE * level)))
        near = int(np.sum(left & (u > level / _WIDE) & (u <= level)))
        sure = (far - near) / np.sqrt(max(far + near, 1))
        if far >= fewest(len(r)) and sure > best[0]:
            best = (float(sure), float(level))
    if not best[1]:
        return None
    rows = np.flatnonzero(left & (u > best[1]))
    share, above = len(rows) / len(r), float(np.mean(r.z[rows] > 0))
    gathering, _ = gathered(r.X, rows, np.full(len(r), share), seed=r.seed)
    shown = share < _MOST and _BOTH < above < 1 - _BOTH and gathering < _SCATTERED
    reach = float(np.abs(r.given - r.expected)[rows].max())
    return Gross(best[1], reach, len(rows), share, gathering, bool(shown))
