"""Evidence for every offset in every window of a record, and the likeliest path and line through it."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.stats import theilslopes

from diapason.engines.alignment.noise import fit_noise
from diapason.engines.alignment.scan import Question, Record, lagged, scan
from diapason.engines.alignment.series import Series

__all__ = ["FASTEST", "IN_WINDOW", "Line", "Windows", "line", "look", "path", "slopes_around"]

Array = NDArray[np.float64]
IN_WINDOW = 40  # results in a window at least
MOST_WINDOWS = 48
MOST_RESULTS = 300  # of one window; more are thinned evenly
JUMP = 25.0  # evidence that a jump must bring
FASTEST = 1e-3  # drift looked for, time per time: 86 seconds a day


@dataclass(frozen=True, slots=True)
class Windows:
    """Evidence (w, m): twice the log-likelihood gained by each offset in each window."""

    evidence: Array
    offsets: Array  # (m,)
    middle: Array  # (w,) time of each window's middle
    first: NDArray[np.int64]  # (w,) position of each window's first result


@dataclass(frozen=True, slots=True)
class Line:
    """Offset at `middle` and drift, with what the evidence allows of each."""

    middle: float
    offset: float
    low: float
    high: float
    drift: float
    drift_low: float
    drift_high: float
    evidence: float = 0.0  # of the line

    def at(self, times: Array) -> Array:
        """The offset at these times."""
        return self.offset + self.drift * (times - self.middle)


def look(tag: Series, other: Series, offsets: Array, limit: float, *, settled: bool = False) -> Windows:
    """Evidence in windows of the other record; both on the scale on which they are to be compared.

    Args:
        settled: the offset is about 0; judge the noise around it.
    """
    n = len(other)
    count = int(np.clip(n // IN_WINDOW, 1, MOST_WINDOWS))
    edges = np.linspace(0, n, count + 1).astype(np.int64)
    rows = [_window(tag, other, np.arange(a, b), (offsets, limit, settled)) for a, b in pairwise(edges)]
    middle = np.array([other.time[a:b].mean() for a, b in pairwise(edges)])
    return Windows(np.array(rows), offsets, middle, edges[:-1])


def _window(tag: Series, other: Series, index: NDArray[np.int64], how: tuple[Array, float, bool]) -> Array:
    """Evidence (m,) in one window."""
    offsets, limit, settled = how
    index = index[:: -(-len(index) // MOST_RESULTS)]
    time, value = other.time[index], other.value[index]
    if np.ptp(value) == 0:
        return np.zeros(len(offsets))
    trend = (time - time.mean()) / max(np.ptp(time), 1e-12)
    question = Question(time, value, np.column_stack([np.ones(len(time)), trend]))
    rows = [Record(tag, time)]
    columns = lagged(rows, offsets, limit)
    judged = question
    if settled:
        judged = replace(question, nuisance=np.column_stack([question.nuisance, columns[:, len(offsets) // 2]]))
    noise, _ = fit_noise(time, judged.residual())
    return scan(question, noise, offsets, columns).gain


def path(windows: Windows, *, drifts: bool = True) -> tuple[NDArray[np.int64], float]:
    """Position of the likeliest offset in each window, and the evidence of that path; jumps cost, drift costs little.

    Args:
        drifts: small steps from window to window count as drift, not as jumps.

    Source: dynamic programming (Viterbi) over windows.
    """
    w, m = windows.evidence.shape
    apart = float(np.median(np.diff(windows.middle))) if w > 1 else 0.0
    slack = min(int(np.ceil(FASTEST * apart / (windows.offsets[1] - windows.offsets[0]))), m // 2) if m > 1 else 0
    slack = max(slack, 1)
    dear = 1.0 if drifts else JUMP
    value, back = windows.evidence[0].copy(), np.zeros((w, m), dtype=np.int64)
    here = np.arange(m)
    for i in range(1, w):
        near = sliding_window_view(np.pad(value, slack, constant_values=-np.inf), 2 * slack + 1)
        step = near.argmax(axis=1) - slack
        options = np.stack([value, near.max(axis=1) - dear, np.full(m, value.max() - JUMP)])
        choice = options.argmax(axis=0)
        back[i] = np.choose(choice, [here, np.clip(here + step, 0, m - 1), np.full(m, value.argmax())])
        value = options.max(axis=0) + windows.evidence[i]
    at = np.empty(w, dtype=np.int64)
    at[-1] = value.argmax()
    for i in range(w - 1, 0, -1):
        at[i - 1] = back[i, at[i]]
    return at, float(value.max())


def line(windows: Windows, which: slice, drop: float, slopes: Array) -> Line:
    """The likeliest offset and drift over these windows, and the range of each within `drop` of the best."""
    middle, offsets = windows.middle[which], windows.offsets
    centre = float(middle.mean())
    total = np.zeros((len(slopes), len(offsets)))
    for row, t in zip(windows.evidence[which], middle, strict=True):
        for k, slope in enumerate(slopes):
            total[k] += np.interp(offsets + slope * (t - centre), offsets, row)
    by_offset, by_slope = total.max(axis=0), total.max(axis=1)
    j, k = int(by_offset.argmax()), int(by_slope.argmax())
    low, high = _range(offsets, by_offset, drop)
    drift_low, drift_high = _range(slopes, by_slope, drop)
    offset, drift = _top(offsets, by_offset, j), _top(slopes, by_slope, k)
    return Line(centre, offset, low, high, drift, drift_low, drift_high, float(total.max()))


def slopes_around(windows: Windows, which: slice, offsets: Array) -> Array:
    """Drifts worth a look for windows whose offsets are about these; only 0 for fewer than three windows."""
    middle = windows.middle[which]
    if len(middle) < 3:
        return np.zeros(1)
    usual = float(theilslopes(offsets, middle).slope)
    fine = (windows.offsets[1] - windows.offsets[0]) / np.ptp(middle)
    return np.asarray(usual + fine * np.linspace(-8.0, 8.0, 65))


def _range(grid: Array, evidence: Array, drop: float) -> tuple[float, float]:
    """First and last point of the grid within `drop` of the best."""
    close = np.flatnonzero(evidence >= evidence.max() - drop)
    return float(grid[close[0]]), float(grid[close[-1]])


def _top(grid: Array, evidence: Array, at: int) -> float:
    """The top of the parabola through the best point and its neighbours."""
    if at in (0, len(grid) - 1):
        return float(grid[at])
    before, top, after = evidence[at - 1 : at + 2]
    bend = before - 2 * top + after
    shift = 0.5 * (before - after) / bend if bend < 0 else 0.0
    return float(grid[at] + np.clip(shift, -0.5, 0.5) * (grid[1] - grid[0]))
