"""Rows whose target is one value that stands where no value was: -999, 0, the end of a range, the reading before."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diapason.engines.resonance.residuals import Residuals, fewest
from diapason.engines.resonance.scatter import gathered

__all__ = ["Constant", "find_constant"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_FAR = 4.0
_OFTEN = 5.0
"""How many times as often as the next most frequent value a value inside of the range must be there."""
_TOLD = 0.3
"""Share of the variance of all other targets that their expectation must tell, so that a difference could be seen."""
_ALIKE = 0.15
"""Kolmogorov distance between what is expected of these rows and of all others: beyond, the inputs tell the value."""
_SCATTERED = 1.5
_MOST = 0.45


@dataclass(frozen=True, slots=True)
class Constant:
    """One value, whatever the inputs say, and why it is believed to be none."""

    value: float
    count: int
    share: float
    gathering: float
    shown: bool

    def density(self, r: Residuals) -> Array:
        """Very high on the value, nothing elsewhere; shape (n,)."""
        return np.where(r.given == self.value, 1e6 / float(np.median(r.scale)), 0.0)


def find_constant(r: Residuals) -> Constant | None:
    """The most repeated target, if it is shown to stand for no value.

    Shown means: enough rows, fewer than 45 %, scattered over the inputs. And either the value lies outside of the
    core's range and nearly all of its rows are far from their expectation; or it is there far more often than any
    other value, and what is expected of its rows is what is expected of all rows, by a fit that tells others. A process
    that stands still or ends at a limit is expected to do so by its inputs; a target that is often at one value for no
    reason that the inputs know looks the same as an error: that is why a person adopts.
    """
    outside = _outside(r)
    return outside if outside is not None and outside.shown else _inside(r) or outside


def _outside(r: Residuals) -> Constant | None:
    """The most repeated target among rows far from their expectation, if nearly all rows that have it are far."""
    far = np.flatnonzero(np.abs(r.z) > _FAR)
    if len(far) < fewest(len(r)):
        return None
    values, counts = np.unique(r.given[far], return_counts=True)
    value, count = float(values[counts.argmax()]), int(counts.max())
    same = r.given == value
    if count < fewest(len(r)) or count < 0.8 * same.sum():
        return None
    core = r.given[np.abs(r.z) < _FAR]
    beyond = not len(core) or value < core.min() or value > core.max()
    return _judged(r, value, same, shown=beyond)


def _inside(r: Residuals) -> Constant | None:
    """The most repeated target of all, if nothing but chance decides which rows have it."""
    values, counts = np.unique(r.given, return_counts=True)
    best = int(counts.argmax())
    count, value = int(counts[best]), float(values[best])
    counts[best] = 0
    if count < fewest(len(r)) or count < _OFTEN * counts.max():
        return None
    same = r.given == value
    told = _told(r.given[~same], r.expected[~same])
    luck = 1.36 * float(np.sqrt(1 / count + 1 / max(len(r) - count, 1)))
    alike = _distance(r.expected[same], r.expected[~same]) < _ALIKE + luck
    made = _judged(r, value, same, shown=told > _TOLD and alike)
    return made if made.shown else None


def _judged(r: Residuals, value: float, same: Mask, *, shown: bool) -> Constant:
    share = float(same.mean())
    gathering, _ = gathered(r.X, np.flatnonzero(same), np.full(len(r), share), seed=r.seed)
    shown = bool(shown and gathering < _SCATTERED and share < _MOST)
    return Constant(value, int(same.sum()), share, gathering, shown)


def _told(given: Array, expected: Array) -> float:
    """Squared rank correlation, shape of the tails aside."""
    one, two = (np.argsort(np.argsort(x)).astype(np.float64) for x in (given, expected))
    return float(np.corrcoef(one, two)[0, 1]) ** 2 if len(one) > 2 else 0.0


def _distance(one: Array, other: Array) -> float:
    """Kolmogorov distance between two samples."""
    if not len(one) or not len(other):
        return 1.0
    both = np.concatenate([one, other])
    first, second = (np.searchsorted(np.sort(x), both, "right") / len(x) for x in (one, other))
    return float(np.abs(first - second).max())
