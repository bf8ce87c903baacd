"""What more rows would give, with the doubt of the curve's form, its parameters, and the draw of the new rows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diapason.engines.feasibility.curve import Curve
from diapason.engines.feasibility.forms import Future
from diapason.vocabulary.estimates import Estimate

__all__ = ["FARTHEST", "LEVEL", "WIDER", "Reach", "Scale", "band", "gain", "reach"]

Array = NDArray[np.float64]

LEVEL = 0.9
"""Of every promise."""
WIDER = 1.0
"""By how much the doubt of a promise is widened; fixed on the sets of `benchmarks/promises.py` that are for that."""
STRAYS = 0.02
"""By how much a curve strays from every form with each factor of e beyond its last point, as a share of the loss;
fixed as WIDER was.
"""
FARTHEST = 20.0
"""Times the rows there are: beyond that nothing is foretold."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How a loss is told: "rmse" is the root of a mean square, a share of right decisions is 1 - loss."""

    metric: str
    unit: str
    root: bool

    def told(self, loss: Array) -> Array:
        """The deployment metric of a loss."""
        return np.asarray(np.sqrt(np.maximum(loss, 0)) if self.root else 1 - np.asarray(loss))

    def better(self, before: Array, after: Array) -> Array:
        """Gain in the metric, positive = better, from losses."""
        return self.told(before) - self.told(after) if self.root else self.told(after) - self.told(before)

    def slope(self, loss: float) -> float:
        """How much the metric changes with the loss."""
        return 0.5 / float(np.sqrt(max(loss, 1e-300))) if self.root else 1.0


@dataclass(frozen=True, slots=True)
class Reach:
    """Rows needed for a wish."""

    rows: Estimate | None  # more rows than there are; None where no number reaches it
    chance: float  # that some number of rows up to FARTHEST times reaches it
    best: Estimate  # the metric at FARTHEST times the rows


def gain(
    curve: Curve, future: Future, scale: Scale, now: float, more: float, *, judged: float = 0.0, wider: float = WIDER
) -> Estimate:
    """Gain in the metric from `more` rows like those there are, as it will be measured.

    Args:
        now: rows that would be learnt from today.
        more: rows to be added.
        judged: independent units that the gain will be measured on; 0 = as many as the curve was judged on.
        wider: factor on the doubt, from the promises kept and broken before.

    Returns:
        The median, and the 90 % interval of what will be measured: the form and the parameters of the curve, the draw
        of the rows learnt from, and the rows it is measured on.
    """
    before, after = future.loss(now), future.loss(now + more)
    draw = np.random.default_rng(19)
    expected = scale.better(before, after)
    error = _noise(curve, now, more, judged) * scale.slope(float(np.median(before)))
    made = expected + error * draw.standard_t(8, len(expected)) / np.sqrt(8 / 6)
    middle = float(np.median(expected))
    low, high = np.quantile(made, (0.5 - LEVEL / 2, 0.5 + LEVEL / 2))
    return Estimate(
        middle,
        middle - wider * (middle - float(low)),
        middle + wider * (float(high) - middle),
        int(now),
        scale.unit,
        level=LEVEL,
        clusters=curve.judged,
    )


def _noise(curve: Curve, now: float, more: float, judged: float) -> float:
    """Standard deviation of a measured difference of losses about the expected one."""
    rest = now / (now + more)
    x = np.log(curve.rows)
    single = float(np.exp(_line(x, np.log(np.maximum(curve.drawn, 1e-300)), np.log(now)))) if curve.drawn.any() else 0.0
    pairs = [(i, j) for i in range(len(curve)) for j in range(i + 1, len(curve))]
    i, j = min(pairs, key=lambda p: (abs(np.log(curve.rows[p[0]] / curve.rows[p[1]] / rest)), -p[1]))
    tested = curve.tested[i, i] + curve.tested[j, j] - 2 * curve.tested[i, j]
    measured = float(max(tested, 0.0)) * (curve.judged / judged if judged else 1.0)
    strays = STRAYS * float(curve.loss[-1]) * float(np.log((now + more) / curve.rows[-1]))
    return float(np.sqrt(single**2 * (1 - rest) + measured + strays**2))


def _line(x: Array, y: Array, at: float) -> float:
    """Straight continuation of the two ends."""
    return float(y[-1] + (y[-1] - y[0]) / (x[-1] - x[0]) * (at - x[-1]))


def reach(future: Future, scale: Scale, now: float, wish: float, *, today: float | None = None) -> Reach:
    """How many more rows a wish takes.

    Args:
        wish: value of the metric that is wanted.
        today: the metric as the best learner has it now; the curve of the quick learner is shifted to pass there.
    """
    grid = now * np.exp(np.linspace(0, np.log(FARTHEST), 60))
    told = scale.told(future.loss(grid))
    if today is not None:
        here = float(np.median(told[:, 0]))
        told = told * (today / here) if scale.root else 1 - (1 - told) * (1 - today) / max(1 - here, 1e-12)
    there = told <= wish if scale.root else told >= wish
    hit = there.any(axis=1)
    low, middle, high = np.quantile(told[:, -1], (0.05, 0.5, 0.95))
    best = Estimate(float(middle), float(low), float(high), int(now), scale.unit, level=LEVEL)
    if hit.mean() < 0.5:
        return Reach(None, float(hit.mean()), best)
    needed = np.where(hit, grid[there.argmax(axis=1)], np.inf) - now
    low, middle, high = np.quantile(needed, (0.05, 0.5, 0.95), method="inverted_cdf")
    rows = Estimate(float(middle), float(low), float(high), int(now), "1", level=LEVEL)
    return Reach(rows, float(hit.mean()), best)


def band(future: Future, scale: Scale, rows: Array) -> tuple[Array, Array, Array]:
    """The metric at these rows: lower end, median and upper end of the 90 % interval of the expected curve."""
    low, middle, high = np.quantile(scale.told(future.loss(rows)), (0.05, 0.5, 0.95), axis=0)
    return low, middle, high
