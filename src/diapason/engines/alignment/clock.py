"""Two clocks that saw the same thing: offset, drift and jumps of one against the other."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from diapason.engines.alignment.lag import DROP, Search, Status, fit_lag, judge
from diapason.engines.alignment.scan import Question, Record, shapes
from diapason.engines.alignment.series import Series, readings, value_at
from diapason.engines.alignment.windows import FASTEST, IN_WINDOW, Line, Windows, line, look, path, slopes_around

__all__ = ["Clock", "Stretch", "clock_offset", "on_reference", "turned"]

Array = NDArray[np.float64]
Positions = NDArray[np.int64]
MOST_RESULTS = 600  # looked at as one record; more are thinned evenly
CONTROLS = 40
SPREADS = 4.0  # standard deviations above the controls
LEAST_WINDOWS = 4  # fewer show neither drift nor jump: the offset is then sought as one lag
DRIFTS = 9.0  # evidence that must speak for a drift
ROUNDS = 3  # of looking again with the known offset taken out


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the record without a jump; times are those of the other clock."""

    start: float
    end: float
    middle: float  # where `offset` holds
    offset: float  # the other clock less the reference
    low: float
    high: float
    drift: float = 0.0  # change of the offset per unit of time
    drift_low: float = 0.0
    drift_high: float = 0.0

    def at(self, times: ArrayLike) -> Array:
        """The offset at these times of the other clock."""
        return np.asarray(self.offset + self.drift * (np.asarray(times, dtype=np.float64) - self.middle))


@dataclass(frozen=True, slots=True)
class Clock:
    """What is known of the other clock against the reference."""

    status: Status
    why: str  # "", or: "few", "constant", "unrelated", "flat"
    stretches: tuple[Stretch, ...] = ()
    evidence: float = 0.0
    control: float = 0.0  # the most evidence that came up without relation
    n: int = 0

    @property
    def jumps(self) -> tuple[tuple[float, float], ...]:
        """Moment (on the other clock) and size of each jump of the offset."""
        return tuple((b.start, float(b.at(b.start) - a.at(a.end))) for a, b in pairwise(self.stretches))


def clock_offset(reference: Series, other: Series, search: Search) -> Clock:
    """How the other clock runs against the reference, judged by a signal that both saw.

    Args:
        reference: the signal on the clock that counts as right.
        other: the same, or a strongly related, signal on the other clock; may be much sparser.
        search: offsets (other less reference) to look at.

    A dead time between two different signals can't be told from an offset of their clocks.
    """
    n = len(other)
    if min(n, len(reference)) < IN_WINDOW:
        return Clock(Status.UNKNOWN, "few", n=n)
    if np.ptp(reference.value) == 0 or np.ptp(other.value) == 0:
        return Clock(Status.UNKNOWN, "constant", n=n)
    if n < LEAST_WINDOWS * IN_WINDOW:
        return _constant(readings(reference)[0].scored(), other.scored(), search)
    ways = [(way.scored(), other.scored()) for way in readings(reference)]
    ways += [(way.scaled(), other.scaled()) for way in readings(reference)]
    looks = [look(*way, search.lags, search.limit) for way in ways]
    (tag, scored), windows = max(zip(ways, looks, strict=True), key=lambda pair: path(pair[1])[1])
    at, evidence, control = _followed(windows)
    if evidence < control:
        return _constant(tag, _thinned(scored), search)
    lines = _lines(windows, at)
    borders = _borders(tag, scored, windows, lines)
    stretches = _refined(tag, scored, search, borders, [one for _, one in lines])
    widest = max(s.high - s.low for s in stretches)
    sharp = max(search.sharp * (search.last - search.first), 4 * search.step)
    status = Status.IDENTIFIED if widest <= sharp else Status.BROAD
    return Clock(status, "" if widest <= sharp else "flat", tuple(stretches), evidence, control, n)


def _constant(tag: Series, other: Series, search: Search) -> Clock:
    """One offset for a record that is short, or whose windows say little each."""
    trend = (other.time - other.time.mean()) / max(np.ptp(other.time), 1e-12)
    question = Question(other.time, other.value, np.column_stack([np.ones(len(other)), trend]))
    lag = judge("", fit_lag([Record(tag, other.time)], question, search), question, search)
    ends = float(other.time[0]), float(other.time[-1])
    found = (Stretch(*ends, sum(ends) / 2, lag.lag, lag.low, lag.high),) if lag.status is not Status.UNKNOWN else ()
    return Clock(lag.status, lag.why, found, n=lag.n)


def _thinned(record: Series) -> Series:
    every = -(-len(record) // MOST_RESULTS)
    return replace(record, time=record.time[::every], value=record.value[::every])


def on_reference(clock: Clock, times: ArrayLike) -> Array:
    """Times of the other clock as the reference clock would have stamped them."""
    at = np.asarray(times, dtype=np.float64)
    starts = np.array([s.start for s in clock.stretches[1:]])
    which = np.searchsorted(starts, at, side="right")
    offsets = np.stack([s.at(at) for s in clock.stretches])
    return np.asarray(at - np.take_along_axis(offsets, which[None, :], axis=0)[0])


def turned(clock: Clock) -> Clock:
    """The same knowledge with both clocks' parts changed: what was the reference is now the other."""

    def turn(s: Stretch) -> Stretch:
        start, end, middle = (float(t - s.at(t)) for t in (s.start, s.end, s.middle))
        drifts = [-d / (1 - d) for d in (s.drift, s.drift_high, s.drift_low)]
        return Stretch(start, end, middle, -s.offset, -s.high, -s.low, *drifts)

    return replace(clock, stretches=tuple(turn(s) for s in clock.stretches))


def _followed(windows: Windows) -> tuple[Positions, float, float]:
    """The offset in each window, its evidence, and the evidence that it must exceed: what chance gives.

    One offset for all windows is easier to tell from chance than a path that may jump; either is enough. For chance,
    the same windows are each moved at random: each keeps its own peaks, only that they agree is destroyed.
    """
    chance = np.random.default_rng(0)
    w, m = windows.evidence.shape
    here = np.arange(m)
    moved = [
        replace(windows, evidence=windows.evidence[np.arange(w)[:, None], (here + chance.integers(m, size=(w, 1))) % m])
        for _ in range(CONTROLS)
    ]
    at, evidence = path(windows)
    control = _above([path(one)[1] for one in moved])
    if evidence >= control:
        return at, evidence, control
    total = windows.evidence.sum(axis=0)
    control = _above([float(one.evidence.sum(axis=0).max()) for one in moved])
    return np.full(w, int(total.argmax())), float(total.max()), control


def _above(chances: Sequence[float]) -> float:
    return float(np.mean(chances)) + SPREADS * max(float(np.std(chances)), 1.0)


def _lines(windows: Windows, at: Positions) -> list[tuple[slice, Line]]:
    """A line for each run of windows between jumps."""
    offset = windows.offsets[at]
    allowed = FASTEST * np.diff(windows.middle) + 2.5 * (windows.offsets[1] - windows.offsets[0])
    cuts = [0, *(np.flatnonzero(np.abs(np.diff(offset)) > allowed) + 1).tolist(), len(at)]
    runs = [slice(a, b) for a, b in pairwise(cuts)]
    return [(run, line(windows, run, DROP, slopes_around(windows, run, offset[run]))) for run in runs]


def _borders(tag: Series, other: Series, windows: Windows, lines: list[tuple[slice, Line]]) -> list[int]:
    """First record of each stretch, and the number of records."""
    first = [*windows.first.tolist(), len(other)]
    borders = [0]
    for (run, before), (_, after) in pairwise(lines):
        cut = run.stop
        region = np.arange(first[max(cut - 2, 0)], first[min(cut + 2, len(first) - 1)])
        borders.append(
            _border(tag, other, region, (before, after), (first[cut - 1], first[min(cut + 1, len(first) - 1)]))
        )
    return [*borders, len(other)]


def _border(tag: Series, other: Series, region: Positions, lines: tuple[Line, Line], within: tuple[int, int]) -> int:
    """The record at which the second line begins to fit better than the first."""
    time, score = other.time[region], other.value[region]
    sure = (region < within[0], region >= within[1])
    errors = []
    for run, known in zip(lines, sure, strict=True):
        seen = np.nan_to_num(value_at(tag, time - run.at(time)))
        design = np.column_stack([np.ones(len(seen)), shapes(seen[:, None])[:, 0, :]])
        fit = known if known.sum() > 10 else np.ones(len(seen), dtype=bool)
        errors.append((score - design @ np.linalg.lstsq(design[fit], score[fit], rcond=None)[0]) ** 2)
    ceiling = 9 * float(np.median(np.minimum(*errors))) + 1e-12
    better = np.minimum(errors[0], ceiling) - np.minimum(errors[1], ceiling)  # > 0: the second fits better
    cost = np.concatenate([[0.0], np.cumsum(better)])  # of leaving the first k records to the first line
    return int(region[0] + np.argmin(cost))


def _refined(tag: Series, other: Series, search: Search, borders: list[int], lines: list[Line]) -> list[Stretch]:
    """Each stretch looked at again with its offset taken out, in finer steps."""
    out = []
    for (a, b), rough in zip(pairwise(borders), lines, strict=True):
        part = replace(other, time=other.time[a:b], value=other.value[a:b])
        known = _finer(tag, part, search, rough) if len(part) >= IN_WINDOW // 2 else rough
        half = search.step / 2
        low, high = min(known.low, known.offset - half), max(known.high, known.offset + half)
        ends = (float(part.time[0]), float(part.time[-1])) if len(part) else (known.middle, known.middle)
        out.append(
            Stretch(*ends, known.middle, known.offset, low, high, known.drift, known.drift_low, known.drift_high)
        )
    return out


def _finer(tag: Series, part: Series, search: Search, known: Line) -> Line:
    """The line through a stretch, looked at again; a drift has to earn its place against none."""
    moving = _settled(tag, part, search, known, drifts=True)
    if len(part) < 2 * IN_WINDOW:
        return moving
    still = _settled(tag, part, search, replace(known, drift=0.0), drifts=False)
    if moving.evidence > still.evidence + DRIFTS:
        return moving
    return replace(still, drift_low=min(moving.drift_low, 0.0), drift_high=max(moving.drift_high, 0.0))


def _settled(tag: Series, part: Series, search: Search, known: Line, *, drifts: bool) -> Line:
    """The line corrected until nothing is left to correct."""
    offsets = search.step * np.linspace(-6.0, 6.0, 49)
    for _ in range(ROUNDS):
        moved = replace(part, time=part.time - known.at(part.time))
        windows = look(tag, moved, offsets, search.limit, settled=True)
        run, level = slice(0, len(windows.middle)), np.zeros(len(windows.middle))
        left = line(windows, run, DROP, slopes_around(windows, run, level) if drifts else np.zeros(1))
        middle = left.middle + known.offset
        here = float(known.at(np.array(middle)))
        known = Line(
            middle,
            here + left.offset,
            here + left.low,
            here + left.high,
            known.drift + left.drift,
            known.drift + left.drift_low,
            known.drift + left.drift_high,
            left.evidence,
        )
        if abs(left.offset) < search.step / 8 and abs(left.drift) * np.ptp(part.time) < search.step / 4:
            break
    return known
