"""What a straight relation leaves of a bent one: where expectations are high or low, residuals lie off and wide."""

from dataclasses import dataclass

import numpy as np

from diapason.engines.quality.layout import Floats
from diapason.engines.quality.tails import robust

__all__ = ["Bend", "learn_bend"]

CUTS = (0.005, 0.01, 0.02, 0.05, *(n / 10 for n in range(1, 10)), 0.95, 0.98, 0.99, 0.995)
"""Quantiles of the expectation between which residuals are looked at together."""
ROWS = 40
"""Fewer rows say nothing."""
CHANCE = 4.0
"""Standard errors that chance does not explain."""


@dataclass(frozen=True, slots=True)
class Bend:
    """Middle and width of a column's residuals, in usual spreads, by what is expected of it."""

    at: Floats  # ascending expectations
    middle: Floats
    width: Floats  # 1 and more

    @property
    def curved(self) -> bool:
        """Whether there is anything to straighten."""
        return bool(self.middle.any() or (self.width > 1).any())

    def straight(self, residuals: Floats, expected: Floats) -> Floats:
        """Residuals without what is usual where so much is expected."""
        if not self.curved:
            return residuals
        middle = np.interp(expected, self.at, self.middle)
        return np.asarray((residuals - middle) / np.interp(expected, self.at, self.width))


def learn_bend(residuals: Floats, expected: Floats) -> Bend:
    """Learn it from (n,) residuals in spreads and what was expected, nan for unknown; what chance explains is none.

    >>> e = np.linspace(-3, 3, 4_000)
    >>> r = np.random.default_rng(0).normal(size=e.size)
    >>> learn_bend(r, e).curved, learn_bend(r + e**2, e).curved
    (False, True)
    """
    known = np.isfinite(expected) & np.isfinite(residuals)
    e, r = expected[known], residuals[known]
    cuts = [q for q in CUTS if min(q, 1 - q) * e.size >= ROWS]
    if not cuts:
        return Bend(np.zeros(1), np.zeros(1), np.ones(1))
    part = np.searchsorted(np.unique(np.quantile(e, cuts)), e)
    parts = [part == i for i in range(int(part.max()) + 1)]
    parts = [p for p in parts if p.sum() >= ROWS / 2]
    at = np.array([np.median(e[p]) for p in parts])
    found = np.array([robust(r[p]) for p in parts])
    doubt = CHANCE / np.sqrt([p.sum() for p in parts])
    middle = np.sign(found[:, 0]) * np.maximum(np.abs(found[:, 0]) - doubt, 0.0)
    width = np.maximum(found[:, 1] * (1 - doubt), 1.0)
    return _lengthened(Bend(at, middle, width), float(e.min()), float(e.max()))


def _lengthened(bend: Bend, low: float, high: float) -> Bend:
    """Straight on from the outermost parts to the least and the greatest expectation."""
    if bend.at.size < 2:
        return bend
    slopes = np.diff(bend.middle)[[0, -1]] / np.maximum(np.diff(bend.at)[[0, -1]], 1e-9)
    ends = bend.middle[[0, -1]] + slopes * (np.array([low, high]) - bend.at[[0, -1]])
    ends = np.where(bend.middle[[0, -1]] != 0, ends, 0.0)
    return Bend(
        np.concatenate(([low], bend.at, [high])),
        np.concatenate((ends[:1], bend.middle, ends[1:])),
        np.concatenate((bend.width[:1], bend.width, bend.width[-1:])),
    )
