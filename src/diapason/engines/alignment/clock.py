"""Two clocks that saw the same thing: offset, drift and jumps of one against the other."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from diapason.engines.alignment.lag import DROP, Search, Status, fit_lag, judge
from diapason.engines.alignment.scan import Question, Record, shapes
from diapason.engines.alignment.series import Series, normal_scores, value_at
from diapason.engines.alignment.windows import FASTEST, IN_WINDOW, Line, Windows, line, look, path, slopes_around

__all__ = ["Clock", "Stretch", "clock_offset", "on_reference"]

Array = NDArray[np.float64]
Positions = NDArray[np.int64]
CONTROLS = 40
SPREADS = 4.0  # standard deviations above the controls
LEAST_WINDOWS = 4  # fewer show neither drift nor jump: the offset is then sought as one lag
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
    tag = reference.scored()
    if n < LEAST_WINDOWS * IN_WINDOW:
        return _constant(tag, other, search)
    windows = look(tag, other, search.lags, search.limit)
    at, evidence = path(windows)
    control = _control(windows)
    if evidence < control:
        return Clock(Status.UNKNOWN, "unrelated", evidence=evidence, control=control, n=n)
    lines = _lines(windows, at)
    borders = _borders(tag, other, windows, lines)
    stretches = _refined(tag, other, search, borders, [one for _, one in lines])
    widest = max(s.high - s.low for s in stretches)
    sharp = max(search.sharp * (search.last - search.first), 4 * search.step)
    status = Status.IDENTIFIED if widest <= sharp else Status.BROAD
    return Clock(status, "" if widest <= sharp else "flat", tuple(stretches), evidence, control, n)


def _constant(tag: Series, other: Series, search: Search) -> Clock:
    """One offset for a short record."""
    trend = (other.time - other.time.mean()) / max(np.ptp(other.time), 1e-12)
    question = Question(other.time, normal_scores(other.value), np.column_stack([np.ones(len(other)), trend]))
    lag = judge("", fit_lag([Record(tag, other.time)], question, search), question, search)
    ends = float(other.time[0]), float(other.time[-1])
    found = (Stretch(*ends, sum(ends) / 2, lag.lag, lag.low, lag.high),) if lag.status is not Status.UNKNOWN else ()
    return Clock(lag.status, lag.why, found, n=lag.n)


def on_reference(clock: Clock, times: ArrayLike) -> Array:
    """Times of the other clock as the reference clock would have stamped them."""
    at = np.asarray(times, dtype=np.float64)
    starts = np.array([s.start for s in clock.stretches[1:]])
    which = np.searchsorted(starts, at, side="right")
    offsets = np.stack([s.at(at) for s in clock.stretches])
    return np.asarray(at - np.take_along_axis(offsets, which[None, :], axis=0)[0])


def _control(windows: Windows) -> float:
    """Evidence that a path must exceed: what the same windows give when each is moved by chance.

    Each window keeps its own peaks; only that they agree from window to window is destroyed.
    """
    chance = np.random.default_rng(0)
    w, m = windows.evidence.shape
    here = np.arange(m)
    moved = [
        path(
            replace(
                windows, evidence=windows.evidence[np.arange(w)[:, None], (here + chance.integers(m, size=(w, 1))) % m]
            )
        )[1]
        for _ in range(CONTROLS)
    ]
    return float(np.mean(moved)) + SPREADS * max(float(np.std(moved)), 1.0)


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
    time, score = other.time[region], normal_scores(other.value[region])
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
    """The line through a stretch, corrected until nothing is left to correct."""
    offsets = search.step * np.linspace(-6.0, 6.0, 49)
    for _ in range(ROUNDS):
        moved = replace(part, time=part.time - known.at(part.time))
        windows = look(tag, moved, offsets, search.limit, settled=True)
        run = slice(0, len(windows.middle))
        left = line(windows, run, DROP, slopes_around(windows, run, np.zeros(len(windows.middle))))
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
        )
        if abs(left.offset) < search.step / 8 and abs(left.drift) * np.ptp(part.time) < search.step / 4:
            break
    return known
