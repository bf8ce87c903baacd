"""How well alarms told of events whose truth is known: delay, misses, false alarms per asset-day, with their doubt."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, chi2

__all__ = ["Detection", "Event", "Run", "detection", "no_worse"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Run:
    """One asset's alarms and truth in time order, shape (n,) each."""

    at: Array  # s
    alarm: Mask
    abnormal: Mask
    judged: Mask | None = None  # rows that count; None = all


@dataclass(frozen=True, slots=True)
class Event:
    """A stretch of abnormal rows, and how soon it was told."""

    begin: float
    end: float
    delay: float  # s; nan = missed


@dataclass(frozen=True, slots=True)
class Detection:
    """Events and false alarms over all runs."""

    events: tuple[Event, ...]
    false_alarms: int  # episodes that begin in a normal row
    asset_days: float  # of normal operation that was judged
    false_share: float  # of that time spent in alarm

    @property
    def misses(self) -> int:
        """Events that nobody told of."""
        return sum(np.isnan(e.delay) for e in self.events)

    @property
    def delay(self) -> float:
        """Median delay of the events that were told, s."""
        told = [e.delay for e in self.events if not np.isnan(e.delay)]
        return float(np.median(told)) if told else float("nan")

    def miss_rate(self) -> tuple[float, float, float]:
        """Share of events missed with its 95 % interval (Clopper & Pearson, 1934)."""
        n, k = len(self.events), self.misses
        if not n:
            return float("nan"), 0.0, 1.0
        low = float(beta.ppf(0.025, k, n - k + 1)) if k else 0.0
        high = float(beta.ppf(0.975, k + 1, n - k)) if k < n else 1.0
        return k / n, low, high

    def false_rate(self) -> tuple[float, float, float]:
        """False alarms per asset-day with the 95 % interval of a count (Garwood, 1936)."""
        k, days = self.false_alarms, max(self.asset_days, 1e-12)
        low = float(chi2.ppf(0.025, 2 * k)) / 2 if k else 0.0
        return k / days, low / days, float(chi2.ppf(0.975, 2 * k + 2)) / 2 / days


def detection(runs: Sequence[Run], *, grace: float = 0.0) -> Detection:
    """Judge the alarms of assets.

    Args:
        grace: s after an event in which an alarm that goes on or begins is not false.
    """
    events: list[Event] = []
    false, normal, held = 0, 0.0, 0.0
    for run in runs:
        judged = np.ones(len(run.at), bool) if run.judged is None else run.judged
        step = float(np.median(np.diff(run.at))) if len(run.at) > 1 else 0.0
        stretches = _stretches(run.abnormal & judged)
        events += [_event(run, low, high) for low, high in stretches]
        excused = run.abnormal.copy()
        for _, high in stretches:
            excused |= (run.at >= run.at[high]) & (run.at <= run.at[high] + grace)
        begins = run.alarm & ~np.r_[False, run.alarm[:-1]]
        false += int((begins & ~excused & judged).sum())
        normal += float((~run.abnormal & judged).sum()) * step
        held += float((run.alarm & ~excused & judged).sum()) * step
    return Detection(tuple(events), false, normal / _DAY, held / max(normal, 1e-12))


def no_worse(ours: Detection, other: Detection, *, margin: float = 0.05) -> bool:
    """Whether ours misses no more (by a margin of the share), is no later and raises no more false alarms.

    False alarms are compared by the upper end of ours against 1.5 times the rate of the other, or equality of counts.
    """
    missed = ours.misses <= other.misses + margin * max(1, len(other.events))
    late = np.isnan(other.delay) or ours.delay <= other.delay * 1.05 + 1e-9
    false = ours.false_alarms <= other.false_alarms or ours.false_rate()[2] <= 1.5 * other.false_rate()[0]
    return bool(missed and late and false)


def _stretches(flag: Mask) -> list[tuple[int, int]]:
    """First and last position of each run of true values."""
    edges = np.flatnonzero(np.diff(np.r_[0, flag.astype(np.int8), 0])).reshape(-1, 2)
    return [(int(a), int(b) - 1) for a, b in edges]


def _event(run: Run, low: int, high: int) -> Event:
    begins = run.alarm & ~np.r_[False, run.alarm[:-1]]  # one that was there before tells nothing
    told = np.flatnonzero(begins[low : high + 1])
    delay = float(run.at[low + int(told[0])] - run.at[low]) if len(told) else float("nan")
    return Event(float(run.at[low]), float(run.at[high]), delay)
