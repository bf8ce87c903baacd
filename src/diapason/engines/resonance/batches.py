"""Harmful batches: whole batches or stretches of time whose targets are shifted against all others."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from diapason.engines.resonance.steps import Step, find_slide, find_step, second_group
from diapason.engines.resonance.timeless import inputs, stretches, surprise
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

__all__ = ["AGAIN", "FIRST", "Bar", "Stretch", "harmful"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_FAR = 8.0
"""Robust standard deviations over stretches at which one stands out from its neighbours in time."""
_JUMP = 1.3
"""How much further the nearest of the flagged must be than the furthest of the others."""
_HARM = 0.5
"""Least shift, in robust standard deviations of a single row."""
_MOST = 0.25
_NEAR = 8
"""Stretches on each side that say what is usual there, so that a process that wanders is not taken for a fault."""
_SUPPORT = 2.0
"""How far from other rows the inputs may lie, in usual distances: beyond, the model guesses and nothing is said."""
_BLIND = 1.6
"""How much more is left unexplained when a whole stretch is left out than single rows: beyond, nothing is said."""
_SEEMS, _GROUP = (0.5, 3.0), (2.5, 6.0)
"""Gap and distance, in spreads, from which on batches seem to form a group; and from which on they are shown to."""
_MOSTLY = 0.75
"""Share of a group's batches whose inputs must lie among those of others: the group is off by the same."""
_ROUNDS = 5
"""How often the group of batches that seem to be off is left out of the fit and looked for anew."""
_TREE = 3000
_DIMENSIONS = 12
_FEWEST = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """What must be shown before a stretch is called harmful."""

    sure: float = 2.0  # how much more of the levels a step explains than the best of 199 rows of noise
    ordered: float = 3.5  # where levels wander: the same over shuffled orders
    apart: float = 3.5  # there: the step in spreads around it
    sharp: float = 0.7  # there: its softer edge in steps
    group: tuple[float, float] = _GROUP


FIRST = Bar()
AGAIN = Bar(sure=1.2, ordered=2.0, apart=2.5, sharp=0.5, group=(1.5, 4.0))
"""For rows in which the fault is known to be from more of the same table: fewer rows show it less sharply."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A batch, or rows in a row, with a shifted target."""

    positions: Index
    shift: float  # of the target, in its unit; of a slide at its end
    far: float  # in robust standard deviations over stretches
    batch: bool  # a declared batch; else a stretch of time, or of rows in a row
    slide: bool = False  # the shift grows from nothing over the stretch
    passed: bool = False  # with sharp edges, and afterwards the level is as before

    def moved(self) -> Array:
        """What the target of each position is off by, in its unit; shape of `positions`."""
        size = len(self.positions)
        return self.shift * (np.arange(1, size + 1) / size if self.slide else np.ones(size))


def harmful(examples: Examples, *, seed: int = 0, bar: Bar = FIRST) -> tuple[Stretch, ...]:
    """Batches or stretches whose targets are shifted, if they are shown to be; numbers only.

    Each stretch is predicted by a robust fit that has seen neither it nor the clock. The median surprise of a stretch
    is compared with those of its neighbours in time; the spread over all stretches is the noise, so that effects that
    every batch has are not called harmful. Flagged stretches must stand apart from the others by a gap, be a quarter
    at most, and have inputs like those of other stretches. A regime that no input tells of looks the same: a trial,
    and then a person, decide.

    Many may also be off together: a second group of batches; a step up and back over neighbouring stretches; and, in
    rows without a clock, a slide at the end of the table. Where there is no clock and no batch, the order of the rows
    should mean nothing, so that levels in it are shown against noise. A slide under a clock is left to `find_onset`.

    Args:
        bar: `AGAIN` where a trial that was proposed from other rows of this table asks which of these rows it is.

    Source: max-type test against the spread over clusters; epidemic change for steps; thresholds fixed on generated
    sets.
    """
    grouped = stretches(examples) if examples.task is Task.REGRESSION else None
    if grouped is None:
        return ()
    group, declared = grouped
    X, y = inputs(examples), examples.target
    left = surprise(X, y, group, seed=seed)
    together = _together(X, y, left, group, seed, bar, declared=declared, clocked=examples.time is not None)
    return together or _alone(X, y, left, group, seed, declared=declared)


def _alone(  # roomy: what is known of each stretch, one argument each
    X: Array, target: Array, left: Array, group: Index, seed: int, *, declared: bool
) -> tuple[Stretch, ...]:
    """Stretches that stand out one by one."""
    middle, usual = _middles(left, group)
    z = _standing(left, group, middle - usual)
    flagged = np.flatnonzero(_apart(z) & (np.abs(middle - usual) > _HARM * _spread(left)))
    if not len(flagged) or len(flagged) > _MOST * len(z):
        return ()
    among = surprise(X, target, np.arange(len(X), dtype=np.int64), seed=seed)
    if _spread(left) > _BLIND * _spread(among):
        return ()
    flagged = flagged[_supported(X, group, flagged, seed)]
    return _gathered(left, group, flagged, middle, usual, z, declared=declared)


def _together(  # roomy: what is known of each stretch, one argument each
    X: Array, target: Array, left: Array, group: Index, seed: int, bar: Bar, *, declared: bool, clocked: bool
) -> tuple[Stretch, ...]:
    """Stretches that are off by the same, or by ever more."""
    middle, _ = _middles(left, group)
    step = None if declared else find_step(middle, seed=seed)
    slide = None if clocked else find_slide(middle, seed=seed)
    sliding = slide is not None and (step is None or slide.left < step.left)
    best = slide if sliding else step
    if best is None or not _shown(best, bar, wanders=declared or clocked, sliding=sliding):
        return _second(X, target, group, middle, seed, bar) if declared else ()
    flagged = np.arange(best.begin, best.end)
    if abs(best.shift) < _HARM * _spread(left) or not _supported(X, group, flagged, seed).all():
        return ()
    return (_placed(left, group, middle, best, sliding=sliding),)


def _second(X: Array, target: Array, group: Index, middle: Array, seed: int, bar: Bar) -> tuple[Stretch, ...]:
    """Batches that form a group of their own, by a fit that has not learnt from those that seem to.

    A fit that has learnt from some of them hides the others: they are left out and looked for in turns, until no other
    batch seems to be off.
    """
    seems, before = second_group(middle, gap=_SEEMS[0], apart=_SEEMS[1]), np.zeros(0, np.int64)
    for _ in range(_ROUNDS):
        if not len(seems):
            return ()
        if np.array_equal(seems, before):
            break
        left = surprise(X, target, group, seed=seed, without=np.isin(group, seems))
        middle, _ = _middles(left, group)
        seems, before = second_group(middle, gap=_SEEMS[0], apart=_SEEMS[1]), seems
    flagged = second_group(middle, gap=bar.group[0], apart=bar.group[1])
    if not len(flagged) or _supported(X, group, flagged, seed).mean() < _MOSTLY:
        return ()
    usual = np.delete(middle, flagged)
    base, spread = float(np.median(usual)), _spread(usual) + 1e-300
    parts = [(np.flatnonzero(group == b), float(middle[b]) - base) for b in flagged]
    return tuple(Stretch(rows, shift, shift / spread, batch=True) for rows, shift in parts)


def _shown(step: Step, bar: Bar, *, wanders: bool, sliding: bool) -> bool:
    """By noise where the order means nothing; else by shuffled orders too, with sharp edges, as levels wander."""
    if not wanders:
        return step.sure > bar.sure
    return min(step.sure, step.ordered) > bar.ordered and step.apart > bar.apart and (sliding or step.sharp > bar.sharp)


def _placed(left: Array, group: Index, middle: Array, step: Step, *, sliding: bool) -> Stretch:
    """A step or slide of stretches as rows, with edges where the rows say."""
    flagged = np.arange(step.begin, step.end)
    base = float(np.median(np.delete(middle, flagged)))
    inside = np.flatnonzero(np.isin(group, flagged))
    if sliding:
        begin, shift = _onset(left[inside] - base, step.shift, int(np.bincount(group).max()))
        return Stretch(inside[begin:], shift, step.apart, batch=False, slide=True)
    inside = _edged(left - base, step.shift, inside, int(np.bincount(group).max()))
    passed = step.sharp > FIRST.sharp and step.begin > 1 and step.end < len(middle) - 1
    return Stretch(inside, float(np.median(left[inside])) - base, step.apart, batch=False, passed=passed)


def _middles(left: Array, group: Index) -> tuple[Array, Array]:
    """Median surprise of each stretch, and what is usual around it: the median over its neighbours in time."""
    k = int(group.max()) + 1
    order = np.argsort(group, kind="stable")
    middle = np.array([np.median(part) for part in np.split(left[order], np.cumsum(np.bincount(group))[:-1])])
    usual = np.empty(k)
    for b in range(k):
        low = int(np.clip(b - _NEAR, 0, max(k - 2 * _NEAR - 1, 0)))
        near = np.arange(low, min(low + 2 * _NEAR + 1, k))
        usual[b] = np.median(middle[near[near != b]])
    return middle, usual


def _spread(left: Array) -> float:
    return 1.4826 * float(np.median(np.abs(left - np.median(left))))


def _standing(left: Array, group: Index, off: Array) -> Array:
    """Each stretch's distance in robust standard deviations over stretches, no less than its rows' own noise."""
    if len(off) < _FEWEST:
        return np.zeros(len(off))
    over = _spread(off)
    own = 1.2533 * _spread(left) / np.sqrt(np.bincount(group))
    return np.asarray(off / np.maximum(np.maximum(over, own), 1e-300))


def _apart(z: Array) -> NDArray[np.bool_]:
    far = np.abs(z) > _FAR
    if not far.any() or far.all():
        return np.zeros(len(z), bool)
    gap = np.abs(z)[far].min() / max(float(np.abs(z)[~far].max()), 1e-300)
    return far if gap >= _JUMP else np.abs(z) > max(_FAR, _JUMP * _FAR, float(np.abs(z).max()) / _JUMP)


def _supported(X: Array, group: Index, flagged: Index, seed: int) -> NDArray[np.bool_]:
    """Whether the inputs of a stretch lie among those of others, as far as those of other stretches do."""
    draw = np.random.default_rng(seed)
    few = X[:, np.argsort(-X.var(0), kind="stable")[:_DIMENSIONS]]
    rows = np.sort(draw.permutation(len(X))[:_TREE])
    others = np.setdiff1d(np.unique(group), flagged)
    sample = draw.permutation(others)[:12]

    def away(b: int) -> float:
        rest = rows[group[rows] != b]
        own = np.flatnonzero(group == b)[:60]
        return float(np.median(cKDTree(few[rest]).query(few[own])[0]))

    usual = float(np.quantile([away(int(b)) for b in sample], 0.75))
    return np.array([away(int(b)) <= _SUPPORT * usual + 1e-9 for b in flagged])


def _gathered(  # roomy: what is known of each stretch, one argument each
    left: Array, group: Index, flagged: Index, middle: Array, usual: Array, z: Array, *, declared: bool
) -> tuple[Stretch, ...]:
    """Neighbouring stretches of time as one, with edges where the rows say; declared batches as they are."""
    found = []
    for run in _runs(flagged, np.sign(z)) if not declared else [[int(b)] for b in flagged]:
        base, far = float(np.median(usual[run])), float(z[run][np.argmax(np.abs(z[run]))])
        shift = float(np.median(middle[run])) - base
        inside = np.flatnonzero(np.isin(group, run))
        if not declared:
            inside = _edged(left - base, shift, inside, int(np.bincount(group).max()))
        found.append(Stretch(inside, float(np.median(left[inside])) - base, far, declared))
    return tuple(found)


def _onset(left: Array, shift: float, reach: int) -> tuple[int, float]:
    """Where in its rows a slide begins and what it comes to, by least absolute deviations."""
    best = (np.inf, 0, shift)
    for begin in range(0, max(1, min(3 * reach, len(left) // 2)), max(1, reach // 5)):
        way = np.maximum(np.arange(1, len(left) + 1) - begin, 0) / (len(left) - begin)
        for end in shift * np.linspace(0.8, 1.3, 26):
            best = min(best, (float(np.abs(left - end * way).sum()), begin, float(end)))
    return best[1], best[2]


def _runs(flagged: Index, sign: Array) -> list[list[int]]:
    runs: list[list[int]] = []
    for b in flagged.tolist():
        if runs and b == runs[-1][-1] + 1 and sign[b] == sign[runs[-1][-1]]:
            runs[-1].append(b)
        else:
            runs.append([b])
    return runs


def _edged(left: Array, shift: float, inside: Index, reach: int) -> Index:
    """The rows in a row around a stretch that are likeliest to be shifted: the largest sum of log-likelihood ratios."""
    low, high = max(0, int(inside.min()) - reach), min(len(left), int(inside.max()) + 1 + reach)
    part = left[low:high]
    gain = np.clip(np.abs(part) - np.abs(part - shift), -abs(shift), abs(shift))
    total = np.r_[0.0, np.cumsum(gain)]
    least = np.minimum.accumulate(total)
    end = int(np.argmax(total - least))
    begin = int(np.argmin(total[: end + 1]))
    return np.arange(low + begin, low + end, dtype=np.int64) if end > begin else inside
