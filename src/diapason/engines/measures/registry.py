"""Every calculation by the name that the files of measures use for it."""

from collections.abc import Callable

from diapason.engines.measures.measure import Measure
from diapason.engines.measures.seen import Seen

__all__ = ["CALCULATIONS", "calculation"]

Calculation = Callable[[Seen], Measure]
CALCULATIONS: dict[str, Calculation] = {}


def calculation(count: Calculation) -> Calculation:
    """Let a function be found by its own name."""
    CALCULATIONS[count.__name__] = count
    return count
