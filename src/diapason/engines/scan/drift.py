"""Whether new rows have drifted away from a kept reference, under the same conditions, and how far."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from diapason.engines.scan.batch import HOURS
from diapason.engines.scan.column import Column
from diapason.engines.scan.faults import usual_leap
from diapason.engines.scan.names import Names
from diapason.engines.scan.steadiness import cell_means, knows_hours, strayed
from diapason.engines.scan.table import Scan, folded
from diapason.engines.scan.telling import SHARES
from diapason.errors import DataError
from diapason.vocabulary.conversions import CHANGES
from diapason.vocabulary.language import Text

__all__ = ["Drift", "drifts"]

Array = NDArray[np.float64]

_LEVEL = 0.01
"""Chance, over all columns together, that steady data are called drifted."""
_SMALL, _LIKE = 0.2, 0.5
"""Drift below so many deviations is none that matters; steady is what surely lies below the second."""
_MATCHED = 0.5
"""Share of the new values that must have been read under conditions that the reference knows."""
_UNLIKE, _MIXED = 1.5, 0.1
"""Spreads of states so many times one another are unlike; where so much of the time is spent in others, it matters."""
_KNOWN = 30
"""Values of a slot of the reference from which on its mean is known."""


@dataclass(frozen=True, slots=True)
class Drift:
    """One column against the reference: same hours of the day, same regimes, same assets."""

    column: str
    verdict: str  # "drifted", "steady", "unsure"
    difference: float | None  # of the means, in the column's unit
    low: float | None  # its limits, 95 %
    high: float | None
    effect: float | None  # difference in deviations of the reference under like conditions
    chance: float | None  # that steady data differ as much, corrected for the number of columns (Holm)
    matched: float  # share of the new values that the reference can speak of
    noise: float | None  # usual leap from reading to reading, as a multiple of the reference's
    change: str  # the change of unit or scale that would explain it, if one does
    missing: tuple[float, float]  # share of cells, then and now
    why: str = ""  # it is unsure: "conditions", "short", "wide", "empty"


def drifts(reference: Scan, new: Scan) -> tuple[Drift, ...]:
    """Each column of numbers that both have; drifted ones first, the farthest first.

    The yardstick is how far stretches of the reference as long as the new rows stray by themselves, not how far single
    readings do: readings that follow one another are alike, and a test that forgets it calls each calm day a drift.

    Raises:
        DataError: the two were scanned with different columns for time, asset, regime, tag or value.
    """
    for role in ("time", "asset", "regime", "tag", "value"):
        one, other = getattr(reference.shape, role), getattr(new.shape, role)
        if one != other:
            raise DataError(
                Text(
                    f"the reference has '{one}' as {role}, the new rows '{other}'",
                    f"参照的 {role} 为“{one}”，新数据为“{other}”",
                ),
                at=role,
                fix=Text("scan both with the same columns", "请用相同的列扫描两者"),
            )
    found = [_one(name, reference, new) for name in reference.columns if name in new.columns]
    told = _corrected(found)
    order = {"drifted": 0, "unsure": 1, "steady": 2}
    return tuple(sorted(told, key=lambda d: (order[d.verdict], -abs(d.effect or 0.0), d.column)))


def _one(name: str, reference: Scan, new: Scan) -> Drift:
    was, now = reference.columns[name], new.columns[name]
    shares = (was["missing"] / max(was["rows"], 1), now["missing"] / max(now["rows"], 1))
    blank = Drift(name, "unsure", None, None, None, None, None, 0.0, None, "", shares, "empty")
    if not was["known"] or not now["known"]:
        return blank
    difference, matched = _difference(reference, new, was, now)
    blank = replace(blank, matched=matched, noise=_noise(reference, new, was, now))
    if matched < _MATCHED:
        return replace(blank, why="conditions")
    spread = _deviation(reference, was)
    blank = replace(blank, difference=difference, change=_change(was, now, difference, spread))
    if not spread > 0:  # it never moved
        verdict = "steady" if was["low"] == now["low"] and was["high"] == now["high"] else "drifted"
        certain = float(verdict == "steady")
        return replace(blank, verdict=verdict, chance=certain, low=difference, high=difference, why="")
    variance, freedom = _doubt(reference, new, was, now)
    if not np.isfinite(variance):
        return replace(blank, effect=difference / spread, why="short")
    from scipy.special import stdtr, stdtrit  # a third of a second that a pass without a reference does not need

    error = max(float(np.sqrt(variance)), 1e-12 * spread)
    reach = float(stdtrit(freedom, 0.975)) * error
    chance = float(2 * stdtr(freedom, -abs(difference) / error))
    verdict = "steady" if max(abs(difference - reach), abs(difference + reach)) < _LIKE * spread else "unsure"
    return replace(
        blank,
        verdict=verdict,
        low=difference - reach,
        high=difference + reach,
        effect=difference / spread,
        chance=chance,
        why="" if verdict == "steady" else "wide",
    )


def _corrected(found: list[Drift]) -> list[Drift]:
    """Chances by Holm's method; what is then still small, and far enough, has drifted."""
    tested = sorted((d for d in found if d.chance is not None), key=lambda d: d.chance or 0.0)
    highest, chances = 0.0, dict[str, float]()
    for place, d in enumerate(tested):
        highest = max(highest, min(1.0, (d.chance or 0.0) * (len(tested) - place)))
        chances[d.column] = highest
    return [_judged(replace(d, chance=chances.get(d.column))) for d in found]


def _judged(d: Drift) -> Drift:
    if d.verdict == "drifted" or d.chance is None or d.effect is None:
        return d
    if d.chance < _LEVEL and abs(d.effect) >= _SMALL:
        return replace(d, verdict="drifted", why="")
    return d


def _difference(reference: Scan, new: Scan, was: Column, now: Column) -> tuple[float, float]:
    """Difference of means under like conditions, and the share of new values that have some."""
    pairs = _shared_cells(reference, new, was, now)
    slot_was, slot_now = _slots(reference, was.slots), _slots(reference, _slots_as(reference, new, was, now))
    seen = slot_now["n"].astype(np.float64)
    knows = slot_was["n"] >= _KNOWN
    slotted = bool(slot_was.size) and seen.sum() > 0
    share = float(seen[knows].sum() / max(seen.sum(), 1)) if slotted else 1.0
    if pairs is None:
        if not slotted:
            return now["mean"] - was["mean"], 1.0
        weight = np.where(knows, seen, 0.0)
        return float((weight * (slot_now["mean"] - slot_was["mean"])).sum() / max(weight.sum(), 1)), share
    weight, before, after, of = pairs
    if not weight.sum():
        return np.nan, 0.0
    by_cell = float((weight * (after - before)).sum() / weight.sum())
    return by_cell - _tilt(slot_was, seen, knows), share * float(weight.sum() / max(of, 1))


def _tilt(was: NDArray[np.void], seen: Array, knows: NDArray[np.bool_]) -> float:
    """How far other hours of the day alone would move the mean, in each regime."""
    if not was.size or not seen[knows].sum():
        return 0.0
    n, there = (np.where(knows, x, 0.0).reshape(-1, HOURS) for x in (was["n"], seen))
    share = (total := n.sum(axis=1, keepdims=True)) > 0
    usual = np.where(share, n / np.maximum(total, 1), 0.0) * there.sum(axis=1, keepdims=True)
    return float(((there - usual) * was["mean"].reshape(-1, HOURS)).sum() / there.sum())


def _shared_cells(reference: Scan, new: Scan, was: Column, now: Column) -> tuple[Array, Array, Array, float] | None:
    """New values, mean then and now of each asset and regime that both know; None where there are no assets."""
    if len(reference.assets) < 2 and len(new.assets) < 2:
        return None
    (n_was, before), (n_now, after) = cell_means(reference, was), cell_means(new, now)
    regimes = _both(reference.regimes, new.regimes) if reference.shape.regime else [(0, 0)]
    at = [
        (a, r, b, s)
        for a, b in _both(reference.assets, new.assets)
        if a < len(n_was) and b < len(n_now)
        for r, s in regimes
        if n_was[a, r] >= _KNOWN
    ]
    a, r, b, s = (np.array([cell[side] for cell in at], np.int64) for side in range(4))
    return n_now[b, s], before[a, r], after[b, s], float(now["known"])


def _both(one: Names, other: Names) -> list[tuple[int, int]]:
    """The numbers of names that both know."""
    return [(one.numbers[name], code) for name, code in other.numbers.items() if name in one.numbers]


def _slots(reference: Scan, slots: NDArray[np.void]) -> NDArray[np.void]:
    """Slots of regimes, and of hours where the reference knows them all."""
    if not slots.size or knows_hours(reference):
        return slots
    together: NDArray[np.void] = folded(slots[None], np.arange(len(slots)) // HOURS * HOURS)[0]
    return together


def _slots_as(reference: Scan, new: Scan, was: Column, now: Column) -> NDArray[np.void]:
    """Slots of the new rows in the places that the reference has for the same regime and hour."""
    if not reference.shape.regime:
        return now.slots if len(now.slots) == len(was.slots) else np.zeros_like(was.slots)
    out = np.zeros_like(was.slots).reshape(-1, HOURS)
    given, strange = now.slots.reshape(-1, HOURS), len(reference.regimes)
    for name, code in new.regimes.numbers.items():
        to = reference.regimes.numbers.get(name, strange)
        if to == strange:  # the reference does not know it: a place that is empty there
            strange = min(strange + 1, len(out) - 1)
        out[to] = given[code]
    return out.reshape(-1)


def _deviation(reference: Scan, was: Column) -> float:
    """Standard deviation of the reference under like conditions: within assets, hours and regimes."""
    cells, means = cell_means(reference, was)
    n = cells.sum(axis=0)
    middle = (cells * means).sum(axis=0) / np.maximum(n, 1)
    between = float((cells * np.square(means - middle)).sum() / max(n.sum(), 1))  # assets, in each regime
    slots, variance = _slots(reference, was.slots), was["m2"] / max(was["known"] - 1, 1)
    if slots.size and slots["n"].sum():
        variance = float(slots["m2"].sum() / slots["n"].sum())
    return float(np.sqrt(max(variance - between, 0.0)))


def _doubt(reference: Scan, new: Scan, was: Column, now: Column) -> tuple[float, float]:
    """Variance of the difference where nothing has changed, and its degrees of freedom."""
    spread = strayed(reference, was)
    stretch, assets = _length(new, now) / 2.0**reference.level, int((now.windows["n"].sum(axis=1) > 0).sum())
    there, freedom = spread.of(max(stretch, 1e-9), assets)
    length, many = _length(reference, was) / 2.0**reference.level, int((was.windows["n"].sum(axis=1) > 0).sum())
    then, _ = spread.of(length, many)
    if stretch < 1:  # shorter than a window: not beyond what single readings do
        there = min(there, _deviation(reference, was) ** 2 + spread.of(1.0, assets)[0])
    return there + then, freedom


def _length(scan: Scan, column: Column) -> float:
    """How long the values of one asset last, in units of the time axis."""
    met = (column.windows["n"].reshape(-1, scan.kinds, scan.wide).sum(axis=1) > 0).sum(axis=1)
    windows = float(np.median(met[met > 0])) if (met > 0).any() else 0.0
    if scan.span is not None and len(met[met > 0]) == 1:
        return float(min(windows * 2.0**scan.level, scan.span[1] - scan.span[0] + 1))
    return windows * 2.0**scan.level


def _noise(reference: Scan, new: Scan, was: Column, now: Column) -> float | None:
    """Usual leap now over then, where both clocks step alike, and not merely another state of the process is met."""
    steps = [s.clock.steps.quantiles(np.array([0.5]))[0].value for s in (reference, new)]
    if np.isfinite(steps).all() and abs(steps[0] - steps[1]) > 0.1 * abs(steps[0]):
        return None
    if reference.shape.regime and _otherwise(was.slots, _slots_as(reference, new, was, now)):
        return None
    then, there = usual_leap(was), usual_leap(now)
    return there / then if then and there else None


def _otherwise(was: NDArray[np.void], now: NDArray[np.void]) -> bool:
    """Whether states of unlike spread have other shares than in the reference: leaps then tell of these alone."""
    n, there = (x["n"].reshape(-1, HOURS).sum(axis=1).astype(np.float64) for x in (was, now))
    shares = n / max(n.sum(), 1) - there / max(there.sum(), 1)
    spread = np.sqrt(was["m2"].reshape(-1, HOURS).sum(axis=1) / np.maximum(n, 1))[n >= _KNOWN]
    unlike = spread.size > 1 and spread.max() > _UNLIKE * spread.min()
    return bool(unlike and np.abs(shares).sum() / 2 > _MIXED)


def _change(was: Column, now: Column, difference: float, spread: float) -> str:
    """The change of unit or scale that brings the quantiles of both together, where nothing else does."""
    if not abs(difference) > 3 * spread:
        return ""
    then, there = (np.array([q.value for q in c.quantiles(np.array(SHARES))]) for c in (was, now))
    width = float(then[5] - then[1])
    misfit = {c.name: _misfit(c.factor * then + c.offset, there, abs(c.factor) * width) for c in CHANGES}
    first, second = sorted(misfit, key=lambda name: misfit[name])[:2]
    alike = misfit[first] < 0.5 and misfit[second] > 2 * misfit[first]
    return first if alike else ""


def _misfit(made: Array, there: Array, width: float) -> float:
    """Largest distance of quantiles, over the width that most values have."""
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.abs(np.sort(made) - there).max() / max(width, 1e-300))
