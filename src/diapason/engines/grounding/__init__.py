"""A question in, its plan out; a statement in, its evidence out: numbers recomputed, else withheld."""

from diapason.engines.grounding.checking import Computed, Source, compute, numbers_in, unsupported
from diapason.engines.grounding.learning import learnt
from diapason.engines.grounding.likeness import HELD, Learnt
from diapason.engines.grounding.planning import planned
from diapason.engines.grounding.plans import STATISTICS, TOOLS, Held, Known, Plan, Table, Window

__all__ = [
    "HELD",
    "STATISTICS",
    "TOOLS",
    "Computed",
    "Held",
    "Known",
    "Learnt",
    "Plan",
    "Source",
    "Table",
    "Window",
    "compute",
    "learnt",
    "numbers_in",
    "planned",
    "unsupported",
]
