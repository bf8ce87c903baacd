"""Three gates, one for each dimension: passed, failed, or not decidable; never a mean over dimensions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from diapason.engines.measures.measure import Measure, State, whole

__all__ = ["Gate", "Ruling", "gate"]


class Ruling(StrEnum):
    """How a dimension stands against its gate."""

    PASSED = "passed"
    FAILED = "failed"
    OPEN = "not_decidable"


@dataclass(frozen=True, slots=True)
class Gate:
    """One dimension in points from 0 to 100."""

    dimension: str
    ruling: Ruling
    value: float | None  # over what was tested; None where nothing was
    low: float  # what is not tested counts as nothing
    high: float  # what is not tested counts as all
    gate: float
    tested: float  # share of the weight
    lacking: tuple[str, ...]  # codes that are not tested, or in part, or below the gate themselves


def gate(dimension: str, measures: Mapping[str, Measure], weights: Mapping[str, float], at: float) -> Gate:
    """Hold the indicators of a dimension against its gate.

    It is passed where the lower bound reaches the gate and nothing is left untested, no part of an indicator either,
    failed where even the upper bound does not, and open in between.

    Args:
        measures: by code, from 0 (bad) to 1 (good).
        at: points that must be reached, such as 90.
    """
    parts = [(m, weights[code]) for code, m in measures.items()]
    value, low, high, tested = whole(parts)
    low, high = 100 * low, 100 * high
    none = all(m.state is State.NOT_FOR for m in measures.values())
    complete = not none and all(_told(m) or m.state is State.NOT_FOR for m in measures.values())
    ruling = Ruling.OPEN
    if complete and low >= at:
        ruling = Ruling.PASSED
    elif high < at:
        ruling = Ruling.FAILED
    return Gate(
        dimension, ruling, None if value is None else 100 * value, low, high, at, tested, _lacking(measures, at)
    )


def _told(measure: Measure) -> bool:
    """Whether it has a value, and every part of it has one."""
    return measure.known and not measure.lacking


def _lacking(measures: Mapping[str, Measure], at: float) -> tuple[str, ...]:
    """Untested ones first, then the lowest."""
    open_: Sequence[str] = [c for c, m in measures.items() if m.state is State.UNTESTED]
    weak = [c for c, m in measures.items() if m.known and (m.lacking or 100 * float(m.low or 0.0) < at)]
    return (*open_, *sorted(weak, key=lambda c: float(measures[c].low or 0.0)))
