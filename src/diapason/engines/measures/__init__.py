"""Measures of a dataset with their doubt: shares, intervals, coverage, fitted weights, gates."""

from diapason.engines.measures import cells, labels, origin, signals, use, watched  # noqa: F401  # each declares calculations
from diapason.engines.measures.coverage import Axis, Cover, Covered
from diapason.engines.measures.fitted import Trial, cost, weights
from diapason.engines.measures.gates import Gate, Ruling, gate
from diapason.engines.measures.measure import Measure, State, together, whole
from diapason.engines.measures.registry import CALCULATIONS
from diapason.engines.measures.seen import (
    Assessed,
    Audited,
    Clock,
    ColumnSeen,
    Compared,
    Fault,
    Fit,
    Guarded,
    Keyed,
    Reach,
    Seen,
)  # fmt: skip
from diapason.engines.measures.use import meets

__all__ = [
    "CALCULATIONS", "Assessed", "Audited", "Axis", "Clock", "ColumnSeen", "Compared", "Cover", "Covered", "Fault",
    "Fit", "Gate", "Guarded", "Keyed", "Measure", "Reach", "Ruling", "Seen", "State", "Trial", "cost", "gate", "meets",
    "together", "weights", "whole",
]  # fmt: skip
