"""A tag on a common clock, by a declared rule; what is too old becomes missing, never invented."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from diapason.engines.alignment.series import Series, value_at

__all__ = ["LOOKS_AHEAD", "Rule", "TagRule", "on_clock", "proposed"]

Array = NDArray[np.float64]
KNOWN = 0.5  # share of a window that must be known for its time-weighted mean to count


class Rule(StrEnum):
    """How a value on the clock follows from the records."""

    INTERPOLATE = "interpolate"  # on the line between two records: uses the next one, so it looks ahead
    HOLD = "hold"  # the newest record
    MEAN = "mean"  # of the records since the tick before
    TIME_WEIGHTED_MEAN = "time_weighted_mean"  # of the signal since the tick before


LOOKS_AHEAD = (Rule.INTERPOLATE,)


@dataclass(frozen=True, slots=True)
class TagRule:
    """The rule for one tag; `limit` is the greatest age, or gap between records, that is bridged."""

    rule: Rule
    limit: float = np.inf
    why: str = ""


def on_clock(tag: Series, clock: ArrayLike, every: float, rule: TagRule) -> tuple[Array, Array]:
    """Values and ages at the ticks of a clock.

    Args:
        tag: the records; `stepped` where the value holds from record to record.
        clock: (k,) ticks, in the tag's unit of time.
        every: from tick to tick; the window of the means ends at the tick.
        rule: how.

    Returns:
        Values (k,), nan where not known; ages (k,), time since the newest record at or before the tick.

    >>> from diapason.engines.alignment.series import series
    >>> tag = series([0, 4, 60], [1, 5, 9])
    >>> on_clock(tag, [5, 10, 30], 5, TagRule(Rule.HOLD, limit=10))[0]
    array([ 5.,  5., nan])
    >>> on_clock(tag, [4], 4, TagRule(Rule.TIME_WEIGHTED_MEAN))[0]
    array([3.])
    """
    ticks = np.asarray(clock, dtype=np.float64)
    if len(tag) == 0:
        return np.full(len(ticks), np.nan), np.full(len(ticks), np.nan)
    newest = np.searchsorted(tag.time, ticks, side="right") - 1
    age = np.where(newest >= 0, ticks - tag.time[np.maximum(newest, 0)], np.nan)
    match rule.rule:
        case Rule.INTERPOLATE:
            return value_at(tag, ticks, rule.limit), age
        case Rule.HOLD:
            return np.where(age <= rule.limit, tag.value[np.maximum(newest, 0)], np.nan), age
        case Rule.MEAN:
            return _mean(tag, ticks, every), age
        case Rule.TIME_WEIGHTED_MEAN:
            return _time_weighted(tag, ticks, every, rule.limit), age


def _mean(tag: Series, ticks: Array, every: float) -> Array:
    total = np.concatenate([[0.0], np.cumsum(tag.value - tag.value[0])])
    first, last = (np.searchsorted(tag.time, t, side="right") for t in (ticks - every, ticks))
    count = last - first
    return np.where(count > 0, tag.value[0] + (total[last] - total[first]) / np.maximum(count, 1), np.nan)


def _time_weighted(tag: Series, ticks: Array, every: float, limit: float) -> Array:
    area, known = _area(tag, ticks, limit)
    area_before, known_before = _area(tag, ticks - every, limit)
    time = known - known_before
    enough = time >= KNOWN * every * (1 - 1e-9)
    return np.where(enough, (area - area_before) / np.where(enough, time, 1.0), np.nan)


def _area(tag: Series, at: Array, limit: float) -> tuple[Array, Array]:
    """Area under the signal and time known, both from the first record up to each moment."""
    gap = np.diff(tag.time, append=np.inf)  # after the last record nothing is known but what holds
    rise = np.append(np.diff(tag.value), 0.0)
    if tag.stepped:
        usable, slope = np.minimum(gap, limit), np.zeros(len(gap))
        usable[-1] = limit if np.isfinite(limit) else 0.0
    else:
        usable, slope = np.where((gap <= limit) & np.isfinite(gap), gap, 0.0), rise / gap
    areas = np.concatenate([[0.0], np.cumsum(usable * (tag.value + slope * usable / 2))])
    times = np.concatenate([[0.0], np.cumsum(usable)])
    before = np.searchsorted(tag.time, at, side="right") - 1
    inside = np.maximum(before, 0)
    part = np.where(before >= 0, np.clip(at - tag.time[inside], 0.0, usable[inside]), 0.0)
    area = areas[inside] + part * (tag.value[inside] + slope[inside] * part / 2)
    return np.where(before >= 0, area, 0.0), np.where(before >= 0, times[inside] + part, 0.0)


def proposed(tag: Series, every: float) -> TagRule:
    """A rule for a tag that nobody declared one for: it never looks ahead."""
    if len(tag) < 3:
        return TagRule(Rule.HOLD, 2 * every, "few records")
    gaps = np.diff(tag.time)
    limit = float(max(2 * every, 4 * np.quantile(gaps, 0.99)))
    few = len(np.unique(tag.value[:10_000])) <= 10
    if tag.stepped or few or float(np.mean(np.diff(tag.value) == 0)) > 0.5:
        return TagRule(Rule.HOLD, limit, "the value holds between records")
    if float(np.median(gaps)) > every / 2:
        return TagRule(Rule.HOLD, limit, "records are no denser than the clock")
    if float(np.std(gaps)) > 0.5 * float(np.mean(gaps)):
        return TagRule(Rule.TIME_WEIGHTED_MEAN, limit, "records are dense and uneven")
    return TagRule(Rule.MEAN, limit, "records are dense and even")
