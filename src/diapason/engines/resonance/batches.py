"""Harmful batches: whole batches or stretches of time whose targets are shifted against all others."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from diapason.engines.resonance.timeless import inputs, stretches, surprise
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

__all__ = ["Stretch", "batch_doubt", "harmful"]

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
_TREE = 3000
_DIMENSIONS = 12
_FEWEST = 12


@dataclass(frozen=True, slots=True)
class Stretch:
    """A batch, or rows in a row, with a shifted target."""

    positions: Index
    shift: float  # of the target, in its unit
    far: float  # in robust standard deviations over stretches
    batch: bool  # a declared batch; else a stretch of time


def harmful(examples: Examples, *, seed: int = 0) -> tuple[Stretch, ...]:
    """Batches or stretches whose targets are shifted, if they are shown to be; numbers only.

    Each stretch is predicted by a robust fit that has seen neither it nor the clock. The median surprise of a stretch
    is compared with those of its neighbours in time; the spread over all stretches is the noise, so that effects that
    every batch has are not called harmful. Flagged stretches must stand apart from the others by a gap, be a quarter
    at most, and have inputs like those of other stretches. A regime that no input tells of looks the same: a trial,
    and then a person, decide.

    Source: max-type test against the spread over clusters; thresholds fixed on generated sets.
    """
    grouped = stretches(examples) if examples.task is Task.REGRESSION else None
    if grouped is None:
        return ()
    group, declared = grouped
    X = inputs(examples)
    left = surprise(X, examples.target, group, seed=seed)
    among = surprise(X, examples.target, np.arange(len(X), dtype=np.int64), seed=seed)
    if _spread(left) > _BLIND * _spread(among):
        return ()
    middle, usual = _middles(left, group)
    z = _standing(left, group, middle - usual)
    noise = _spread(left)
    flagged = np.flatnonzero(_apart(z) & (np.abs(middle - usual) > _HARM * noise))
    if len(flagged) and len(flagged) <= _MOST * len(z):
        flagged = flagged[_supported(X, group, flagged, seed)]
        return _gathered(left, group, flagged, middle, usual, z, declared=declared)
    return ()


def batch_doubt(examples: Examples, *, seed: int = 0) -> Array:
    """How surely each target is wrong because its batch is, shape (n,): 0, or above one half in a harmful batch."""
    doubt = np.zeros(len(examples))
    for stretch in harmful(examples, seed=seed):
        doubt[stretch.positions] = 1 - 0.5 * np.exp(1 - abs(stretch.far) / _FAR)
    return doubt


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
