"""The learning curve as it is measured: loss at each size, how its points vary together, how one training varies."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diapason.engines.feasibility.subsets import DRAWS, nested, usable
from diapason.errors import DataError
from diapason.vocabulary.language import Text
from diapason.vocabulary.splits import Fold

__all__ = ["Curve", "Loss", "Predicted", "cross_fitted", "measure", "trainings"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]

Predicted = Callable[[Index, Index, int], Array]
"""Learn from the rows at these positions, predict the others; a seed. Shape (m,) or (m, k)."""
Loss = Callable[[Array, Array], float]
"""Loss of a prediction of all rows, and how often each row counts; lower is better."""

_RESAMPLED = 160
_LEAST_SIZES = 4


@dataclass(frozen=True, slots=True)
class Curve:
    """Points of a learning curve, smallest size first."""

    rows: Array  # learnt from, mean over folds, shape (k,)
    loss: Array  # mean over draws, shape (k,)
    tested: Array  # covariance of `loss` from the rows it was judged on, clustered, shape (k, k)
    drawn: Array  # standard deviation of the loss of a single training, from draw to draw, shape (k,)
    draws: Index  # trainings behind each point, per fold, shape (k,)
    folds: int
    judged: int  # independent units judged on

    def __len__(self) -> int:
        return len(self.rows)


def trainings(folds: Sequence[Fold], units: Index) -> int:
    """How many trainings `measure` takes."""
    return len(folds) * sum(DRAWS[s] for s in _sizes(folds, units))


def measure(
    folds: Sequence[Fold],
    units: Index,
    strata: Index | None,
    predicted: Predicted,
    loss: Loss,
    *,
    seed: int,
) -> tuple[Curve, Array]:
    """Learn from nested parts of each fold's rows and judge the fold's own rows.

    Args:
        folds: of an honest split whose parts to learn from are about equal in size.
        units: code of each row; rows of one unit are not independent.
        strata: class of each row, or None.
        loss: of a whole prediction; rows that no fold judges must not count in it.

    Returns:
        The curve, and the predictions at the largest size, nan where no fold judges.

    Raises:
        DataError: too few rows for four sizes.
    """
    n, sizes = len(units), _sizes(folds, units)
    if len(sizes) < _LEAST_SIZES:
        raise DataError(
            Text(f"{n} rows are too few for a learning curve", f"{n} 行太少，无法得到学习曲线"),
            fix=Text("bring at least 250 rows, or 20 assets or batches", "请至少提供 250 行，或 20 台设备（批次）"),
        )
    made: dict[tuple[int, int], Array] = {}
    rows: dict[int, list[int]] = {s: [] for s in sizes}
    for k, fold in enumerate(folds):
        for part in nested(fold.train, units, strata, sizes, seed=seed + 101 * k):
            guess = predicted(part.train, fold.test, seed + part.draw)
            shape = (n, *guess.shape[1:])
            made.setdefault((part.size, part.draw), np.full(shape, np.nan))[fold.test] = guess
            rows[part.size].append(len(part.train))
    judged = np.zeros(n, bool)
    for fold in folds:
        judged[fold.test] = True
    mean_rows = np.array([float(np.mean(rows[s])) for s in sizes])
    curve = _gathered(made, sizes, mean_rows, (units, judged), loss, folds=len(folds), seed=seed)
    return curve, made[sizes[-1], 0]


def cross_fitted(folds: Sequence[Fold], keep: NDArray[np.bool_], predicted: Predicted, *, seed: int) -> Array:
    """Predictions of every judged row by what was learnt from the kept rows of the other folds; else nan."""
    out: Array | None = None
    for fold in folds:
        guess = predicted(fold.train[keep[fold.train]], fold.test, seed)
        out = np.full((len(keep), *guess.shape[1:]), np.nan) if out is None else out
        out[fold.test] = guess
    return np.full(len(keep), np.nan) if out is None else out


def _sizes(folds: Sequence[Fold], units: Index) -> tuple[int, ...]:
    least = min(folds, key=lambda f: len(f.train)).train
    return usable(len(least), len(np.unique(units[least])))


def _gathered(
    made: Mapping[tuple[int, int], Array],
    sizes: tuple[int, ...],
    rows: Array,
    table: tuple[Index, NDArray[np.bool_]],
    loss: Loss,
    *,
    folds: int,
    seed: int,
) -> Curve:
    """Mean loss of each size, and its two doubts: the rows judged on, and the draw of the rows learnt from."""
    units, judged = table
    one = judged.astype(np.float64)
    each = {key: loss(guess, one) for key, guess in made.items()}
    means = np.array([np.mean([each[s, d] for d in range(DRAWS[s])]) for s in sizes])
    own, code = np.unique(units[judged], return_inverse=True)
    counts = np.random.default_rng([11, seed]).multinomial(len(own), np.full(len(own), 1 / len(own)), size=_RESAMPLED)
    drawn = np.empty((_RESAMPLED, len(sizes)))
    weight = np.zeros(len(units))
    for b, count in enumerate(counts):
        weight[judged] = count[code]
        for i, s in enumerate(sizes):
            drawn[b, i] = np.mean([loss(made[s, d], weight) for d in range(min(2, DRAWS[s]))])
    drawn = drawn[np.isfinite(drawn).all(axis=1)]
    tested = np.cov(drawn.T) if len(drawn) > len(sizes) else np.eye(len(sizes)) * float(np.var(means))
    spread = np.array([_spread([each[s, d] for d in range(DRAWS[s])], folds) for s in sizes])
    draws = np.array([DRAWS[s] for s in sizes], dtype=np.int64)
    return Curve(rows, means, np.asarray(tested), _smoothed(rows, spread, draws), draws, folds, len(own))


def _spread(values: list[float], folds: int) -> float:
    """Of one training: the mean over folds varies less by the root of their number."""
    return float(np.std(values, ddof=1) * np.sqrt(folds)) if len(values) > 1 else float("nan")


def _smoothed(rows: Array, spread: Array, draws: Index) -> Array:
    """The spread as a power of the size, so that each size learns from the others; the exponent is held to 0..1."""
    known = np.isfinite(spread) & (spread > 0)
    if known.sum() < 2:
        level = float(np.nanmax(spread)) if np.isfinite(spread).any() else 0.0
        return np.full(len(rows), level)
    x, y, w = np.log(rows[known]), np.log(spread[known]), (draws[known] - 1).astype(np.float64)
    centre = float(np.average(x, weights=w))
    slope = float(np.sum(w * (x - centre) * y) / max(np.sum(w * np.square(x - centre)), 1e-12))
    slope = min(0.0, max(-1.0, slope))
    level = float(np.sqrt(np.average(np.square(np.exp(y - slope * (x - centre))), weights=w)))
    return np.asarray(level * np.exp(slope * (np.log(rows) - centre)))
