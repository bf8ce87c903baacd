"""The lag of one tag before a result: where the evidence peaks, how wide, and whether it could be chance."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from diapason.engines.alignment.noise import Noise, fit_noise
from diapason.engines.alignment.scan import SHAPES, Question, Record, Scan, lagged, scan, shapes, tail
from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["CHANCE", "Fit", "Lag", "Search", "Status", "fit_lag", "glance", "judge"]

Array = NDArray[np.float64]
CHANCE = 5e-3  # a relation that comes up more often than this by chance is not claimed
DROP = 3.84  # of twice the log-likelihood: 95 % of chi-square with one degree of freedom
CONTROLS = 12  # windows of far lags that show how high the evidence gets without a relation
CYCLIC = 1.5  # inflation from which tag and result are taken to share a cycle
CYCLES = 3  # far lags that stand for it
CHOSEN = 10.0  # allowance for having chosen them
IN_CONTROL = 40  # lags looked at in each
CELLS = 400_000  # lagged values looked at in one piece
STRETCHES = 8  # of the record; a relation must show in more than one of them
IN_STRETCH = 20  # results at least
LASTING = 0.01  # without the best stretch, evidence that comes up more often than this by chance is none
PEAKS = 3  # rival lags that are compared, each with the noise that suits it


class Status(StrEnum):
    """How well a lag is known."""

    IDENTIFIED = "identified"
    BROAD = "broad"  # there is a lag, but its interval is wide
    UNKNOWN = "not identifiable"


@dataclass(frozen=True, slots=True)
class Lag:
    """The time from a tag to a result, in the unit of their times."""

    tag: str
    status: Status
    why: str  # "", or: "few", "constant", "unrelated", "one event", "flat", "ambiguous", "edge"
    lag: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    chance: float = 1.0  # that so much evidence comes up without a relation
    share: float = 0.0  # of the result's variation that the tag explains, the rest taken out
    n: int = 0  # results used
    through: str = ""  # the tag that already explains what this one does


@dataclass(frozen=True, slots=True)
class Search:
    """Where to look and what to believe."""

    first: float  # the smallest lag; negative: the tag moves after the result
    last: float
    step: float  # between candidates; the recording step of the tag is enough
    limit: float = np.inf  # gaps in a tag's record longer than this are not bridged
    sharp: float = 0.1  # an identified lag's interval is at most this share of the search, or 4 steps

    def __post_init__(self) -> None:
        if not (self.step > 0 and self.last - self.first >= 2 * self.step):
            raise DataError(
                Text(
                    f"a search from {self.first:g} to {self.last:g} by {self.step:g} has fewer than three lags",
                    f"从 {self.first:g} 到 {self.last:g}、步长 {self.step:g} 的搜索不足三个时滞",
                ),
                fix=Text("widen the range or take a smaller step", "请放宽范围或减小步长"),
            )

    @property
    def lags(self) -> Array:
        """The candidates (m,)."""
        return np.asarray(self.first + self.step * np.arange(int((self.last - self.first) / self.step + 1e-9) + 1))


@dataclass(frozen=True, slots=True)
class Fit:
    """The best lag of one tag for one question."""

    best: int  # position of the best lag

    scan: Scan
    noise: Noise
    inflation: float  # evidence without relation, over what theory expects; at least 1
    chance: float
    once: float  # chance of what is left without the stretch of the record that brings most


def fit_lag(rows: Sequence[Record], question: Question, search: Search) -> Fit:
    """Look at every lag; find the best, with the noise that suits it."""
    before, _ = fit_noise(question.time, question.residual())
    first = _wide(rows, question, before, search)
    controls = _controls(rows, question, before, search)
    chance = _chance(first, controls)
    if chance > CHANCE and _inflation(controls) > CYCLIC:
        chance = min(chance, _beyond_cycles(rows, question, controls, search))
    once = _once(first, _lasting(rows, question, before, search, int(np.argmax(first.gain))))
    best, noise = _rivals(rows, question, search, (first, _wide(rows, question, Noise(), search)))
    for _ in range(3):
        last = _wide(rows, question, noise, search)
        again = int(np.argmax(last.gain))
        column = lagged(rows, search.lags[[again]], search.limit)
        noise_, _ = fit_noise(question.time, _with(question, column).residual())
        if again == best and noise_ == noise:
            break
        best, noise = again, noise_
    column = lagged(rows, search.lags[[best]], search.limit)
    inflation = _inflation(_controls(rows, _with(question, column), noise, search))
    return Fit(best, last, noise, inflation, chance, once)


def glance(rows: Sequence[Record], question: Question, search: Search) -> float:
    """The evidence of the best lag at first sight: enough to choose between readings of one record."""
    before, _ = fit_noise(question.time, question.residual())
    return float(_wide(rows, question, before, search).gain.max())


def judge(name: str, fit: Fit, question: Question, search: Search) -> Lag:
    """Say what is known of a lag, and what is not."""
    n, gain, lags = len(question.result), fit.scan.gain, search.lags
    top = float(gain[fit.best])
    share = float(-np.expm1(-top / max(n - question.nuisance.shape[1] - SHAPES, 1)))
    lag = Lag(name, Status.UNKNOWN, "unrelated", chance=fit.chance, share=share, n=n)
    if fit.chance > CHANCE:
        return lag
    if fit.once > LASTING:
        return replace(lag, why="one event")
    if fit.best in (0, len(lags) - 1):
        return replace(lag, why="edge", lag=float(lags[fit.best]))
    close = np.flatnonzero(gain >= top - DROP * fit.inflation)
    low, high = _crossing(lags, gain, close[0], top - DROP * fit.inflation), 0.0
    high = -_crossing(-lags[::-1], gain[::-1], len(lags) - 1 - close[-1], top - DROP * fit.inflation)
    peak = _vertex(lags, gain, fit.best)
    low, high = min(low, peak - search.step / 2), max(high, peak + search.step / 2)
    known = replace(lag, why="", lag=peak, low=low, high=high)
    wide = (high - low) > max(search.sharp * (lags[-1] - lags[0]), 4 * search.step)
    if not wide:
        return replace(known, status=Status.IDENTIFIED)
    if (high - low) > (lags[-1] - lags[0]) / 2:
        return replace(known, why="ambiguous" if len(close) < 0.6 * (close[-1] - close[0]) else "flat")
    return replace(known, status=Status.BROAD)


def _with(question: Question, column: Array) -> Question:
    """The question once the tag at these lags (n, k) counts among what explains the result."""
    extra = shapes(column).reshape(len(column), -1)
    return replace(question, nuisance=np.column_stack([question.nuisance, extra]))


def _wide(rows: Sequence[Record], question: Question, noise: Noise, search: Search) -> Scan:
    """The scan over all candidates, in pieces that fit the memory."""
    lags, at_once = search.lags, max(16, CELLS // max(len(question.result), 1))
    scans = []
    for start in range(0, len(lags), at_once):
        piece = lags[max(start - 1, 0) : start + at_once]  # one lag twice: the path must not break
        made = scan(question, noise, piece, lagged(rows, piece, search.limit))
        scans.append(made if start == 0 else replace(made, gain=made.gain[1:]))
    turns = np.concatenate([s.turns for s in scans])
    return Scan(lags, np.concatenate([s.gain for s in scans]), turns)


def _controls(rows: Sequence[Record], question: Question, noise: Noise, search: Search) -> list[Scan]:
    """Scans of windows of lags far outside the search, where there can't be a relation.

    Where the record is too short to go far outside, it is run backwards.
    """
    lags = search.lags[:: -(-len(search.lags) // IN_CONTROL)]
    length, reach = _length(rows), search.last - search.first
    far = length >= 4 * reach
    shifts = np.linspace(1.25 * reach, length - 1.25 * reach, CONTROLS) if far else np.linspace(0.0, length, CONTROLS)
    rows = _reversed_if_short(rows, search)
    wide = (lags[None, :] + shifts[:, None]).ravel()
    whole, k = scan(question, noise, wide, lagged(rows, wide, search.limit, around=True)), len(lags)
    starts = range(0, len(wide), k)
    return [
        replace(whole, lags=wide[i : i + k], gain=whole.gain[i : i + k], turns=whole.turns[i : i + k - 1])
        for i in starts
    ]


def _length(rows: Sequence[Record]) -> float:
    return max((float(np.ptp(r.tag.time)) for r in rows if len(r.tag)), default=0.0)


def _reversed_if_short(rows: Sequence[Record], search: Search) -> Sequence[Record]:
    if _length(rows) >= 4 * (search.last - search.first):
        return rows
    return [replace(r, tag=r.tag.backwards()) for r in rows]


def _chance(first: Scan, controls: Sequence[Scan]) -> float:
    """Chance that the best lag is this good without a relation: the worse of theory and of the controls.

    Source: the maxima of the controls taken as Gumbel distributed; theory from `tail`.
    """
    top = float(first.gain.max())
    highest = np.array([c.gain.max() for c in controls])
    scale = max(float(highest.std(ddof=1)) * np.sqrt(6) / np.pi, 2.0)  # 2 = that of chi-square maxima
    more = np.log(max(first.path, 1.0) / max(float(np.mean([c.path for c in controls])), 1.0))
    place = float(highest.mean()) + scale * (max(more, 0.0) - np.euler_gamma)
    return max(tail(top, first.path), float(-np.expm1(-np.exp(np.clip((place - top) / scale, -700, 50)))))


def _beyond_cycles(rows: Sequence[Record], question: Question, controls: Sequence[Scan], search: Search) -> float:
    """The chance again, once the tag at its best far lags counts among what explains the result.

    A day or a shift that tag and result share shows at far lags as well as near ones; a relation does not.
    """
    highest = sorted(controls, key=lambda c: -float(c.gain.max()))[:CYCLES]
    far = np.array([c.lags[int(np.argmax(c.gain))] for c in highest])
    columns = lagged(_reversed_if_short(rows, search), far, search.limit, around=True)
    known = _with(question, columns)
    noise, _ = fit_noise(known.time, known.residual())
    again = _chance(_wide(rows, known, noise, search), _controls(rows, known, noise, search))
    return min(1.0, CHOSEN * again)


def _inflation(controls: Sequence[Scan]) -> float:
    """How much higher the evidence gets without a relation than theory expects; at least 1."""
    gain = np.concatenate([c.gain for c in controls])
    ratios = [np.quantile(gain, 1 - p) / (-2 * np.log(p)) for p in (0.5, 0.1)]
    return float(max(1.0, *ratios))


def _lasting(rows: Sequence[Record], question: Question, noise: Noise, search: Search, best: int) -> float:
    """Evidence at one lag without the stretch of the record that brings most; the level may change across it."""
    n, column = len(question.result), lagged(rows, search.lags[[best]], search.limit)
    count = int(np.clip(n // IN_STRETCH, 2, STRETCHES))
    edges = np.arange(2 * count + 1) * n // (2 * count)  # stretches overlap by half: an event may lie on an edge
    left = []
    for start, end in zip(edges[:-2], edges[2:], strict=True):
        keep = np.r_[0:start, end:n]
        after = (keep >= end).astype(np.float64)[:, None] if start > 0 and end < n else np.empty((len(keep), 0))
        known = np.column_stack([question.nuisance[keep], after])
        without = Question(question.time[keep], question.result[keep], known)
        left.append(float(scan(without, noise, search.lags[[best]], column[keep]).gain[0]))
    return min(left)


def _once(first: Scan, left: float) -> float:
    """Chance of this evidence, had the lag been chosen by it among those that the best stretch can't tell apart."""
    alike = first.gain >= first.gain.max() - max(left, 0.0)
    return tail(max(left, 0.0), float(first.turns[alike[1:] & alike[:-1]].sum()))


def _rivals(rows: Sequence[Record], question: Question, search: Search, scans: tuple[Scan, ...]) -> tuple[int, Noise]:
    """The most likely of the highest peaks, each with the noise that suits it."""
    peaks = sorted({p for s in scans for p in _peaks(s.gain)})
    columns = lagged(rows, search.lags[peaks], search.limit)
    fits = [fit_noise(question.time, _with(question, columns[:, [i]]).residual()) for i in range(len(peaks))]
    winner = max(range(len(peaks)), key=lambda i: fits[i][1])
    return peaks[winner], fits[winner][0]


def _peaks(gain: Array) -> list[int]:
    """Positions of the highest peaks, apart from each other."""
    left, found = gain.copy(), []
    for _ in range(PEAKS):
        top = int(np.argmax(left))
        if not np.isfinite(left[top]):
            break
        found.append(top)
        left[max(top - 3, 0) : top + 4] = -np.inf
    return found


def _vertex(lags: Array, gain: Array, at: int) -> float:
    """The top of the parabola through a peak and its neighbours."""
    before, top, after = gain[at - 1 : at + 2]
    bend = before - 2 * top + after
    shift = 0.5 * (before - after) / bend if bend < 0 else 0.0
    return float(lags[at] + np.clip(shift, -0.5, 0.5) * (lags[1] - lags[0]))


def _crossing(lags: Array, gain: Array, at: int, level: float) -> float:
    """Where the evidence rises through a level just before position `at`."""
    if at == 0:
        return float(lags[0])
    share = (level - gain[at - 1]) / max(gain[at] - gain[at - 1], 1e-12)
    return float(lags[at - 1] + np.clip(share, 0.0, 1.0) * (lags[at] - lags[at - 1]))
