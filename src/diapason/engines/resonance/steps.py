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
    sure: float  # over the largest by chance, where the order of the stretches is shuffled

    def profile(self, count: int, *, slide: bool) -> Array:
        """What each stretch is off by, shape (count,)."""
        out = np.zeros(count)
        size = self.end - self.begin
        out[self.begin : self.end] = self.shift * (np.arange(1, size + 1) / size if slide else 1.0)
        return out


def find_step(level: Array, *, seed: int = 0) -> Step | None:
    """The best step up (or down) and back over all stretches in a row, 45 % of them at most; None below 8 stretches.

    Source: epidemic change (Levin and Kline, Statistics in Medicine 4, 1985), null by permutation of the stretches.
    """
    return _best(level, [(a, b) for a, b in _spans(len(level)) if b - a <= MOST * len(level)], False, seed)


def find_slide(level: Array, *, seed: int = 0) -> Step | None:
    """The best straight slide from an onset to the last stretch, 45 % of them at most; None below 8 stretches."""
    n = len(level)
    return _best(level, [(a, n) for a in range(n) if _LEAST <= n - a <= MOST * n], True, seed)


def second_group(level: Array) -> Index:
    """Positions of the smaller of two groups of levels, 45 % at most, if a wide gap parts them; else none.

    The gap must be as wide as 2.5 spreads within the groups, and their means 6 of them apart.
    """
    order = np.argsort(level, kind="stable")
    n, best, found = len(level), 0.0, np.zeros(0, np.int64)
    for k in range(1, int(MOST * n) + 1):
        for few, many in ((order[:k], order[k:]), (order[n - k :], order[: n - k])):
            own = np.concatenate([level[few] - level[few].mean(), level[many] - level[many].mean()])
            spread = float(np.sqrt(np.square(own).sum() / max(n - 2, 1))) + 1e-300
            gap = max(level[few].min() - level[many].max(), level[many].min() - level[few].max())
            apart = abs(level[few].mean() - level[many].mean()) / spread
            if gap > 2.5 * spread and apart > max(6.0, best):
                best, found = apart, np.sort(few)
    return found.astype(np.int64)


def _spans(n: int) -> list[tuple[int, int]]:
    return [(a, b) for a in range(n) for b in range(a + 1, n + 1)]


def _best(level: Array, spans: list[tuple[int, int]], slide: bool, seed: int) -> Step | None:
    n = len(level)
    if n < 8 or not spans or float(np.ptp(level)) == 0:
        return None
    shape = np.array([Step(a, b, 1.0, 0.0, 0.0, 0.0).profile(n, slide=slide) for a, b in spans])
    shape -= shape.mean(axis=1, keepdims=True)
    size = np.square(shape).sum(axis=1)
    centred = level - level.mean()
    total = float(np.square(centred).sum())
    draw = np.random.default_rng(seed)
    orders = np.array([draw.permutation(centred) for _ in range(_TRIES)])
    chance = float((np.square(orders @ shape.T) / size).max()) / total
    told = np.square(shape @ centred) / size
    i = int(told.argmax())
    left = 1 - float(told[i]) / total
    shift = float(shape[i] @ centred) / float(size[i])
    spread = np.sqrt(max(left, 1e-12) * total / (n - 3))
    ratio = (told[i] / total / max(left, 1e-12)) / (chance / max(1 - chance, 1e-12))
    return Step(*spans[i], shift, left, float(abs(shift) / spread), float(ratio))
