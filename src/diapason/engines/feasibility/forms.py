"""What a learning curve does beyond its last point: many forms at once, each weighted by how well it fits."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diapason.engines.feasibility.curve import Curve

__all__ = ["EXPONENTS", "Future", "foresee"]

Array = NDArray[np.float64]

EXPONENTS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 1.0, 1.25, 1.5)
"""Of the power law with a floor; measured ones lie between 0.2 and 1."""
DECAYS = (0.35, 0.7, 1.4, 2.8)
"""Of the exponential, in the largest size."""
_PRIOR = {"power": 0.75, "exponential": 0.15, "log": 0.10}
_DRAWS = 2000
_NUGGET, _BENDS = 0.004, 0.05
"""How closely a form can hold at the largest size, and by how much more it may bend away from there with each factor
of e towards small sizes, as shares of the loss; fixed on the sets marked `tune` in `benchmarks/promised_sets.py`.
"""


@dataclass(frozen=True, slots=True)
class Future:
    """Draws of the curve's continuation."""

    kind: Array  # 0 power, 1 exponential, 2 log; shape (draws,)
    rate: Array  # exponent, decay, nothing
    floor: Array  # loss without end, -inf for log
    fall: Array  # how much of the loss depends on rows, at `scale`
    scale: float  # rows

    def loss(self, rows: float | Array) -> Array:
        """Loss at that many rows, shape (draws,) or (draws, m); never below 0."""
        n = np.atleast_1d(np.asarray(rows, np.float64))[None, :] / self.scale
        shape = np.where(
            self.kind[:, None] == 0,
            n ** -np.where(self.kind == 0, self.rate, 1.0)[:, None],
            np.where(
                self.kind[:, None] == 1, np.exp(-n / np.where(self.kind == 1, self.rate, 1.0)[:, None]), -np.log(n)
            ),
        )
        out = np.maximum(self.floor[:, None] + self.fall[:, None] * shape, 0.0)
        return out[:, 0] if np.ndim(rows) == 0 else out

    @property
    def weight(self) -> dict[str, float]:
        """How much each form is believed."""
        return {name: float(np.mean(self.kind == i)) for i, name in enumerate(_PRIOR)}


def foresee(curve: Curve, *, seed: int, least: float = 0.0) -> Future:
    """Fit every form by generalised least squares, weight them by their evidence, and draw from what is left.

    A form is `floor + fall * shape(rows)`; for a given exponent or decay it is linear, so floor and fall have a normal
    posterior and the evidence a closed form. Shapes are scaled to fall by 1 over the sizes measured: the flat prior on
    the fall means the same for each. Where no form fits within the doubt of the points, the doubt is widened.

    Args:
        curve: as measured.
        least: loss that nothing can go below, 0 or a proven noise floor.

    Source: Bayesian averaging of learning curves after Domhan et al. (IJCAI 2015) and Viering and Loog
    (IEEE TPAMI 2022); the linear case is solved, not sampled.
    """
    level = float(np.abs(curve.loss[-1])) or 1.0
    bends = level * (_NUGGET + _BENDS * np.log(curve.rows[-1] / curve.rows))
    own = np.square(curve.drawn) / (curve.draws * curve.folds) + np.square(bends)
    noise = curve.tested + np.diag(own)
    shapes = list(_shapes(curve.rows / curve.rows[-1]))
    fits = [_fit(x, curve.loss, noise) for _, _, x, _ in shapes]
    wide = max(1.0, min(f[3] for f in fits) / max(len(curve) - 2, 1))
    logs = np.array([np.log(p) - 0.5 * f[3] / wide + f[2] for (_, _, _, p), f in zip(shapes, fits, strict=True)])
    share = np.exp(logs - logs.max())
    counts = np.random.default_rng([13, seed]).multinomial(_DRAWS, share / share.sum())
    draw, parts, first = np.random.default_rng([17, seed]), [], curve.rows[:1] / curve.rows[-1]
    for (kind, rate, x, _), (mean, cov, _, _), count in zip(shapes, fits, counts, strict=True):
        if count:
            a, b = _drawn(mean, cov * wide, int(count), kind != 2, least, draw).T
            parts.append((np.full(count, kind), np.full(count, rate), a, b * x[0, 1] / _shape(kind, rate, first)))
    joined = [np.concatenate([p[i] for p in parts]) for i in range(4)]
    return Future(joined[0], joined[1], joined[2], joined[3], float(curve.rows[-1]))


def _shape(kind: int, rate: float, n: Array) -> Array:
    if kind == 2:
        return -np.log(n)
    return np.asarray(n**-rate if kind == 0 else np.exp(-n / rate))


def _shapes(n: Array) -> list[tuple[int, float, Array, float]]:
    """Kind, rate, design matrix (k, 2) whose second column falls by 1, prior."""
    told = [(0, c, _PRIOR["power"] / len(EXPONENTS)) for c in EXPONENTS]
    told += [(1, h, _PRIOR["exponential"] / len(DECAYS)) for h in DECAYS] + [(2, 1.0, _PRIOR["log"])]
    made = []
    for kind, rate, prior in told:
        shape = _shape(kind, rate, n)
        made.append((kind, rate, np.column_stack([np.ones(len(n)), shape / (shape[0] - shape[-1])]), prior))
    return made


def _fit(x: Array, y: Array, noise: Array) -> tuple[Array, Array, float, float]:
    """Mean and covariance of floor and fall, the part of the log evidence from their doubt, and the misfit."""
    inverse = np.linalg.pinv(noise, hermitian=True)
    cov = np.linalg.inv(x.T @ inverse @ x)
    mean = cov @ x.T @ inverse @ y
    gap = y - x @ mean
    return (
        np.asarray(mean),
        np.asarray(cov, np.float64),
        0.5 * float(np.linalg.slogdet(cov)[1]),
        float(gap @ inverse @ gap),
    )


def _drawn(mean: Array, cov: Array, count: int, bounded: bool, least: float, draw: np.random.Generator) -> Array:
    """Floor and fall: the fall is not negative, the floor not below `least`; what never fits is held at the edge."""
    made = draw.multivariate_normal(mean, cov, size=8 * count, method="eigh")
    good = (made[:, 1] >= 0) & ((made[:, 0] >= least) | (not bounded))
    kept = made[good][:count]
    if len(kept) < count:
        rest = made[~good][: count - len(kept)]
        low = least if bounded else -np.inf
        kept = np.vstack([kept, np.column_stack([np.maximum(rest[:, 0], low), np.maximum(rest[:, 1], 0.0)])])
    return kept
