"""Alarm limits for a declared false-alarm rate, and alarms that hold until the signal has really come back."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Limit", "choose_limit", "hold"]

Array = NDArray[np.float64]

_STEPS = 30


@dataclass(frozen=True, slots=True)
class Limit:
    """An alarm begins at `on` and ends below `off` (a dead band, as ISA-18.2 asks for)."""

    on: float
    off: float

    def score(self, statistic: Array) -> Array:
        """The statistic of one segment in units of the limit; at least 1 while an alarm holds."""
        scaled = statistic / self.on
        return np.where(hold(statistic, self.on, self.off), np.maximum(scaled, 1.0), np.minimum(scaled, 1 - 1e-9))


def hold(statistic: Array, on: float, off: float) -> NDArray[np.bool_]:
    """Alarm from the row that reaches `on` until a row falls below `off`.

    >>> hold(np.array([0.0, 2.0, 1.0, 0.4, 1.0]), on=2.0, off=0.5)
    array([False,  True,  True, False, False])
    """
    mark = np.where(statistic >= on, 1, np.where(statistic < off, -1, 0))
    last = np.maximum.accumulate(np.where(mark != 0, np.arange(len(mark)), -1))
    return np.asarray((last >= 0) & (mark[np.maximum(last, 0)] == 1))


def choose_limit(parts: Sequence[Array], rate: float, band: float, weight: Array | None = None) -> Limit:
    """The lowest limit at which alarms, held ones too, cover at most `rate` of the normal rows.

    Args:
        parts: statistics of normal rows, each part computed by a model that has not learnt from it.
        rate: declared share of false alarms, 0..1.
        band: where the dead band ends, from 0 = the median of the normal part to 1 = the limit itself.
        weight: how much each row counts, over all parts in order; None = all alike.
    """
    pooled = np.concatenate(parts)
    middle, n = float(np.median(pooled)), len(pooled)
    counts = np.ones(n) if weight is None else weight
    tried = np.unique(np.quantile(pooled, 1 - np.geomspace(min(max(rate, 1 / n), 0.5), 1 / n, _STEPS)))
    best = float(tried[-1]) * (1 + 1e-6) + 1e-12
    for on in tried[::-1].tolist():
        off = middle + band * (on - middle)
        if float(counts @ np.concatenate([hold(p, on, off) for p in parts])) > rate * float(counts.sum()):
            break
        best = on
    return Limit(best, middle + band * (best - middle))
