"""A question in, its plan out; a statement in, its evidence out: numbers recomputed, else withheld."""

from diapason.engines.grounding.checking import Computed, Source, compute, numbers_in, unsupported
from diapason.engines.grounding.planning import planned
from diapason.engines.grounding.plans import STATISTICS, TOOLS, Held, Known, Plan, Table, Window

__all__ = [
    "STATISTICS",
    "TOOLS",
    "Computed",
    "Held",
    "Known",
    "Plan",
    "Source",
    "Table",
    "Window",
    "compute",
    "numbers_in",
    "planned",
    "unsupported",
]
