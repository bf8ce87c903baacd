"""Levels of stretches in a row: a step up and back, or a slide at the end; and batches that form a second group."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Step", "find_slide", "find_step", "second_group"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]

MOST = 0.45
"""Share of the stretches that may be off."""
_TRIES = 199
_LEAST = 3
"""Stretches that a slide must last."""


@dataclass(frozen=True, slots=True)
class Step:
    """Stretches begin..end-1 are off by `shift`; in a slide by a part that grows from 0 to `shift`."""

    begin: int
    end: int
    shift: float
    left: float  # sum of squares that it leaves, over that of the levels around their mean
    apart: float  # shift over the spread of the levels around it
    sure: float  # what it explains over what it leaves, over the most of that in 199 rows of noise
    ordered: float  # the same over the most in 199 shuffled orders of the levels
    sharp: float  # jump at its softer edge, over the shift


def find_step(level: Array, *, seed: int = 0) -> Step | None:
    """The best step up (or down) and back over all stretches in a row, 45 % of them at most; None below 8 stretches.

    Two yardsticks: normal noise, right where the order means nothing; and shuffled orders, which a level that stands
    out alone passes too, so that only levels that hang together count as ordered.

    Source: epidemic change (Levin and Kline, Statistics in Medicine 4, 1985).
    """
    return _best(level, [(a, b) for a, b in _spans(len(level)) if b - a <= MOST * len(level)], seed, slide=False)


def find_slide(level: Array, *, seed: int = 0) -> Step | None:
    """The best straight slide from an onset to the last stretch, 45 % of them at most; None below 8 stretches."""
    n = len(level)
    return _best(level, [(a, n) for a in range(n) if _LEAST <= n - a <= MOST * n], seed, slide=True)


def second_group(level: Array, *, gap: float = 2.5, apart: float = 6.0) -> Index:
    """Positions of the smaller of two groups of levels, 45 % at most, if a wide gap parts them; else none.

    Args:
        gap: between the groups, at least, in spreads within them.
        apart: distance of their means, at least, in the same.
    """
    order = np.argsort(level, kind="stable")
    n, best, found = len(level), 0.0, np.zeros(0, np.int64)
    for k in range(1, int(MOST * n) + 1):
        for few, many in ((order[:k], order[k:]), (order[n - k :], order[: n - k])):
            own = np.concatenate([level[few] - level[few].mean(), level[many] - level[many].mean()])
            spread = float(np.sqrt(np.square(own).sum() / max(n - 2, 1))) + 1e-300
            between = max(level[few].min() - level[many].max(), level[many].min() - level[few].max())
            far = abs(level[few].mean() - level[many].mean()) / spread
            if between > gap * spread and far > max(apart, best):
                best, found = far, np.sort(few)
    return found.astype(np.int64)


def _spans(n: int) -> list[tuple[int, int]]:
    return [(a, b) for a in range(n) for b in range(a + 1, n + 1)]


def _best(level: Array, spans: list[tuple[int, int]], seed: int, *, slide: bool) -> Step | None:
    n = len(level)
    if n < 8 or not spans or float(np.ptp(level)) == 0:
        return None
    shape = np.array([_profile(n, a, b, slide=slide) for a, b in spans])
    shape -= shape.mean(axis=1, keepdims=True)
    shape /= np.sqrt(np.square(shape).sum(axis=1, keepdims=True))
    draw = np.random.default_rng(seed)
    noise = draw.normal(size=(_TRIES, n))
    orders = np.array([draw.permutation(level) for _ in range(_TRIES)])
    told, by_noise, by_order = (
        _odds(x - x.mean(axis=1, keepdims=True), shape) for x in (level[None, :], noise, orders)
    )
    i = int(np.argmax(told[0]))
    begin, end = spans[i]
    profile = _profile(n, begin, end, slide=slide)
    shift = float((level - level.mean()) @ (profile - profile.mean()) / np.square(profile - profile.mean()).sum())
    rest = level - shift * profile
    spread = float(np.sqrt(np.square(rest - rest.mean()).sum() / (n - 3))) + 1e-300
    left = float(np.square(rest - rest.mean()).sum() / np.square(level - level.mean()).sum())
    sure, ordered = float(told.max() / by_noise.max()), float(told.max() / by_order.max())
    return Step(begin, end, shift, left, abs(shift) / spread, sure, ordered, _sharp(level, begin, end, shift))


def _odds(levels: Array, shape: Array) -> Array:
    """What each shape explains over what it leaves, for each row of levels; shape (rows, shapes)."""
    centred = levels - levels.mean(axis=1, keepdims=True)
    told = np.square(centred @ shape.T)
    return np.asarray(told / np.maximum(np.square(centred).sum(axis=1, keepdims=True) - told, 1e-12 * told.max()))


def _profile(n: int, begin: int, end: int, *, slide: bool) -> Array:
    out = np.zeros(n)
    out[begin:end] = np.arange(1, end - begin + 1) / (end - begin) if slide else 1.0
    return out


def _sharp(level: Array, begin: int, end: int, shift: float) -> float:
    """The smaller of the jumps at the edges inside of the table, from the two levels before to the two after."""
    jumps = []
    for edge, way in ((begin, 1.0), (end, -1.0)):
        if 0 < edge < len(level):
            before, after = level[max(0, edge - 2) : edge], level[edge : edge + 2]
            jumps.append(way * float(after.mean() - before.mean()) / shift)
    return min(jumps, default=0.0)
