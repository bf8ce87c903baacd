"""From a few plantings to a curve: how much of a defect is caught, by its strength, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import stats

__all__ = ["LEVEL", "REACHED", "Curve", "Knowledge", "Outcome", "over_copies", "share_at_most"]

Array = NDArray[np.float64]

LEVEL = 0.9
"""Of every interval here."""
REACHED = 0.8
"""Mean catch rate at which a defect counts as detected."""

_DRAWS = 30_000
_KEPT = 4_000
_NODES = 11
_GRID = 17


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one planting."""

    strength: float
    caught: int
    planted: int  # rows, or assets


@dataclass(frozen=True, slots=True)
class Curve:
    """Catch rate by strength; arrays of shape (g,), rates in 0..1."""

    strengths: Array
    mean: Array
    low: Array  # of the mean over plantings
    high: Array
    next_low: Array  # of the share caught in the next planting
    next_high: Array
    limit: tuple[float, float, float] | None  # strength at which 80 % are caught, with interval; None = never in range

    def at(self, strength: float) -> tuple[float, float, float]:
        """Mean and interval of the next planting at a strength, by interpolation in its logarithm."""
        x, known = np.log(strength), np.log(self.strengths)
        mean, low, high = (float(np.interp(x, known, v)) for v in (self.mean, self.next_low, self.next_high))
        return mean, low, high


class Knowledge:
    """What is known of one kind of defect: a weighted sample of curves, sharpened by each planting.

    A curve rises from a floor f to a plateau c: p = f + (c - f) / (1 + exp(-(u - t) / w)), u the logarithm of
    strength, 0 at the least and 1 at the largest. Plantings differ: each has a shift of t of its own (standard
    deviation tau), an excess spread on the arcsine scale (sigma), and with a small probability fails altogether.
    All of it is sampled from a wide prior; the likelihood of a share caught is normal on the arcsine scale with
    Anscombe's correction. A steep curve with a shift gives all-or-nothing, as a test that is shown or not shown does.

    Source: hierarchical dose response by importance sampling; the arcsine scale is that of Anscombe, Biometrika 35
    (1948). The prior was fixed on generated tables.
    """

    def __init__(
        self,
        low: float,
        high: float,
        *,
        rises: bool = True,
        varied: bool = False,
        erratic: bool = False,
        seed: int = 0,
    ) -> None:
        """A range of strengths.

        Args:
            rises: a stronger defect is never harder to catch.
            varied: plantings differ much, as each falls on another column or class.
            erratic: a strong planting may be missed altogether, as it hides behind something else in the table.
            seed: of the sample.
        """
        draw = np.random.default_rng(seed)
        self._draw, self._ends = draw, (low, high)
        n = _DRAWS
        self._middle = draw.uniform(-0.5, 1.5, n)
        self._width = np.exp(draw.uniform(np.log(0.01), np.log(0.4), n))
        self._shift = np.abs(draw.normal(0, 0.1, n))
        self._excess = np.abs(draw.normal(0, np.where(draw.random(n) < (0.2 if varied else 0.7), 0.06, 0.3)))
        self._fails = draw.beta(0.4, 16, n)
        self._fails = np.where(draw.random(n) < 0.4 * erratic, draw.beta(1, 6, n), self._fails)
        self._top = np.where(draw.random(n) < 0.6, draw.beta(15, 1, n), draw.random(n))
        near = draw.beta(0.5, 25, n) * self._top
        self._floor = np.where(draw.random(n) < 0.8, near, draw.random(n) * self._top)
        if not rises:
            self._top, self._floor = draw.random(n), draw.random(n)
        self._weight = np.zeros(n)  # logarithms
        self._told: list[Outcome] = []

    @cached_property
    def strengths(self) -> Array:
        """Strengths at which the curve is read, evenly spaced in their logarithm."""
        return np.geomspace(*self._ends, _GRID)

    def tell(self, outcome: Outcome) -> None:
        """Learn from one planting."""
        self._told.append(outcome)
        seen = np.arcsin(np.sqrt((outcome.caught + 0.375) / (outcome.planted + 0.75)))
        variance = 1 / (4 * outcome.planted + 2) + np.square(self._excess)
        shown = _normal(seen, self._rates(outcome.strength), variance[:, None]).mean(1)
        failed = _normal(seen, self._floor, variance)
        self._weight += np.log((1 - self._fails) * shown + self._fails * failed + 1e-300)

    def ask(self) -> float:
        """Where to plant next: the strongest, the middle, then wherever the mean is least sure."""
        grid, done = self.strengths, [o.strength for o in self._told]
        if len(done) < 2:
            return float(grid[-1] if not done else grid[len(grid) // 2])
        chosen = self._chosen(1000)
        unsure = np.array([float(np.std(self._expected(s, chosen))) for s in grid])
        crowd = np.array([sum(abs(np.log(s / d)) < 1e-6 for d in done) for s in grid])
        return float(grid[int(np.argmax(unsure / np.sqrt(1 + crowd)))])

    def curve(self, planted: int) -> Curve:
        """The curve, and what the next planting of so many rows will show."""
        chosen, grid = self._chosen(_KEPT), self.strengths
        mean = np.array([self._expected(s, chosen) for s in grid])
        shown = np.array([self._next(s, chosen, planted) for s in grid])
        ends = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
        low, high = np.quantile(mean, ends, axis=1)
        next_low, next_high = np.quantile(shown, ends, axis=1, method="nearest")
        return Curve(grid, mean.mean(1), low, high, next_low, next_high, _limit(grid, mean, ends))

    @property
    def effective(self) -> float:
        """Curves that the weighted sample is worth."""
        weight = np.exp(self._weight - self._weight.max())
        return float(weight.sum() ** 2 / np.square(weight).sum())

    def _chosen(self, count: int) -> NDArray[np.int64]:
        """Curves drawn by weight, systematically."""
        weight = np.exp(self._weight - self._weight.max())
        steps = (np.arange(count) + 0.5) / count * weight.sum()
        found = np.searchsorted(np.cumsum(weight), steps)
        return np.asarray(np.minimum(found, len(weight) - 1), dtype=np.int64)

    def _rates(self, strength: float, chosen: NDArray[np.int64] | None = None) -> Array:
        """Rate of each curve at each of the nodes of a planting's own shift; shape (curves, nodes)."""
        pick = slice(None) if chosen is None else chosen
        nodes = stats.norm.ppf((np.arange(_NODES) + 0.5) / _NODES)
        return self._rate(strength, pick, nodes[None, :] * self._shift[pick][:, None])

    def _rate(self, strength: float, pick: "slice | NDArray[np.int64]", shift: Array) -> Array:
        """Rate at a strength for a planting's own shift, shape (curves, m)."""
        low, high = self._ends
        u = np.log(strength / low) / np.log(high / low)
        floor, top = self._floor[pick][:, None], self._top[pick][:, None]
        away = (u - self._middle[pick][:, None] - shift) / self._width[pick][:, None]
        return np.asarray(floor + (top - floor) / (1 + np.exp(np.clip(-away, -60, 60))))

    def _expected(self, strength: float, chosen: NDArray[np.int64]) -> Array:
        fails = self._fails[chosen]
        return np.asarray((1 - fails) * self._rates(strength, chosen).mean(1) + fails * self._floor[chosen])

    def _next(self, strength: float, chosen: NDArray[np.int64], planted: int) -> Array:
        draw = np.random.default_rng(len(self._told))  # the same luck at each strength: ends of intervals do not cross
        n = len(chosen)
        rate = self._rate(strength, chosen, (draw.normal(size=n) * self._shift[chosen])[:, None])[:, 0]
        rate = np.where(draw.random(n) < self._fails[chosen], self._floor[chosen], rate)
        turned = np.arcsin(np.sqrt(rate)) + draw.normal(size=n) * self._excess[chosen]
        luck = draw.random(n)
        return np.asarray(stats.binom.ppf(luck, planted, np.sin(np.clip(turned, 0, np.pi / 2)) ** 2) / planted)


def share_at_most(count: int, of: int, level: float = 0.95) -> float:
    """One-sided upper limit of a share, exact.

    >>> round(share_at_most(0, 12), 3)
    0.221

    Source: Clopper and Pearson, Biometrika 26 (1934).
    """
    return 1.0 if count >= of else float(stats.beta.ppf(level, count + 1, of - count))


def over_copies(shares: Sequence[float]) -> tuple[float, float, float, float]:
    """Mean share over copies, least and largest, and how surely the next copy's share lies between these.

    n exchangeable copies and the next one: it lies outside of the range with probability 2 / (n + 1) at most.

    >>> over_copies([0.0, 0.01, 0.02])
    (0.01, 0.0, 0.02, 0.5)

    Source: distribution-free prediction interval; Wilks, Annals of Mathematical Statistics 12 (1941).
    """
    n = len(shares)
    return float(np.mean(shares)), float(min(shares)), float(max(shares)), (n - 1) / (n + 1)


def _normal(value: float, rate: Array, variance: Array) -> Array:
    away = value - np.arcsin(np.sqrt(np.clip(rate, 0, 1)))
    return np.asarray(np.exp(-0.5 * np.square(away) / variance) / np.sqrt(variance))


def _limit(grid: Array, mean: Array, ends: tuple[float, float]) -> tuple[float, float, float] | None:
    """Strength from which the mean stays at 80 %, by the mean curve and by each curve; None beyond the range."""
    value = _reached(grid, mean.mean(1))
    if not np.isfinite(value):
        return None
    each = np.array([_reached(grid, m) for m in mean.T])
    low, high = np.quantile(each, ends, method="nearest")
    return value, float(low), float(high)


def _reached(grid: Array, rate: Array) -> float:
    below = np.flatnonzero(rate < REACHED)
    if not len(below):
        return float(grid[0])
    k = int(below[-1])
    if k == len(grid) - 1:
        return float("inf")
    part = (REACHED - rate[k]) / max(rate[k + 1] - rate[k], 1e-12)
    return float(np.exp(np.log(grid[k]) + part * np.log(grid[k + 1] / grid[k])))
