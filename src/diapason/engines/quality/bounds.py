"""What a value can be at all: said in the contract, or by the physics of its unit and name."""

import re

import numpy as np
from numpy.typing import NDArray

from diapason.engines.quality.layout import Floats, Layout
from diapason.engines.quality.units import physical

__all__ = ["limits_of", "outside"]

NAMED = (
    (re.compile(r"humid|湿度", re.IGNORECASE), 0.0, 100.0),
    (re.compile(r"(^|[^a-z])ph([^a-z]|$)|酸碱度", re.IGNORECASE), -1.0, 15.0),
)
"""Quantities whose name gives their ends away, in their usual unit; 2 % beyond them is a matter of calibration."""


def limits_of(layout: Layout) -> Floats:
    """(k, 2) least and greatest possible value of each number column, infinite where nothing is known.

    What the contract says counts before everything else.
    """
    out = np.full((len(layout.numbers), 2), (-np.inf, np.inf))
    for j, name in enumerate(layout.numbers):
        out[j] = physical(layout.units[j])
        for pattern, low, high in NAMED:
            if pattern.search(name) and layout.units[j] in ("", "%", "[pH]"):
                slack = 0.02 * (high - low)
                out[j] = low - slack, high + slack
        told = layout.limits[j]
        out[j] = [x if x is not None else y for x, y in zip(told, out[j], strict=True)]
    return out


def outside(X: Floats, limits: Floats) -> NDArray[np.bool_]:
    """(k, n) values beyond what is possible; nan is not."""
    out = np.zeros(X.shape, dtype=bool)
    for j in np.flatnonzero(np.isfinite(limits).any(axis=1)):
        out[j] = (X[j] < limits[j, 0]) | (X[j] > limits[j, 1])
    return out
