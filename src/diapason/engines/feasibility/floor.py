"""The noise floor: the part of the error that no model on these columns can take away, between two limits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from diapason.engines.feasibility.clustered import Mean, clustered
from diapason.vocabulary.estimates import Estimate

__all__ = ["IDENTIFIED", "Floor", "class_floor", "neighbours", "number_floor", "replicates"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]

LEVEL = 0.9
IDENTIFIED = 0.5
"""The floor counts as known where its lower limit is at least this share of its upper one."""
_NEAREST, _LOOKED, _FEWEST = 10, 40, 20
_MOST = 12_000


@dataclass(frozen=True, slots=True)
class Floor:
    """Between which limits the floor lies, and what each way of looking says."""

    value: Estimate  # rmse, or share of rows
    identified: bool
    ways: Mapping[str, float] = field(default_factory=dict)  # by name, in the same measure


def number_floor(
    target: Array,
    inputs: Array,
    residuals: Sequence[Array],
    halves: tuple[Array, Array],
    *,
    endless: Array,
    units: Index,
    unit: str,
) -> Floor:
    """The noise floor of a numeric target as a root mean square.

    Upper limit: the smallest of the mean squared error of each model; the mean product of the residuals of two models
    of different families; the mean product of the residuals of two models learnt from halves that share no row (what
    each half got wrong by chance averages out, so that only the noise and the squared bias stay); and the variance of
    replicates where inputs repeat. Lower limit: the lower of the nearest neighbours' intercept and of the learning
    curve's floor, each at its 5 % limit; replicates replace both. Below the lower limit nothing is claimed.

    Args:
        residuals: of cross-fitted models, one per family, shape (n,) each; nan where not judged.
        halves: residuals of models learnt from two disjoint halves of each fold's rows.
        endless: draws of the loss at far more rows than there are.
        units: code of each row; neighbours and replicates are taken from other units.

    Source: products of residuals after Robins et al. (2008); nearest neighbours: the Gamma test, Stefansson, Koncar and
    Jones (1997), Evans and Jones (2002); replicates: pure error, e.g. Draper and Smith (1998).
    """
    uppers = {f"model {i + 1}": clustered(np.square(r), units) for i, r in enumerate(residuals)}
    uppers["halves"] = clustered(halves[0] * halves[1], units)
    if len(residuals) > 1:
        uppers["families"] = clustered(residuals[0] * residuals[1], units)
    near = neighbours(inputs, target, units)
    repeated = replicates(inputs, target, units)
    if repeated is not None:
        uppers["replicates"] = repeated
    best = min((m for m in uppers.values() if m.value > 0), key=lambda m: m.value)
    high = best.limit(0.5 + LEVEL / 2)
    if repeated is not None:
        low = repeated.limit(0.5 - LEVEL / 2)
    else:
        low = min(near.limit(0.5 - LEVEL / 2), float(np.quantile(endless, 0.5 - LEVEL / 2)))
    low = min(max(low, 0.0), best.value)
    guess = float(np.clip(np.median([best.value, near.value, float(np.median(endless))]), low, high))
    value, least, most = (float(np.sqrt(v)) for v in (guess, low, high))
    root = Estimate(value, least, most, len(target), unit, level=LEVEL, clusters=best.free + 1)
    said = {name: m.value for name, m in uppers.items()} | {"neighbours": near.value}
    ways = {name: float(np.sqrt(max(v, 0.0))) for name, v in said.items()} | {
        "curve": float(np.sqrt(max(float(np.median(endless)), 0.0)))
    }
    return Floor(root, bool(root.low >= IDENTIFIED * root.high), ways)


def neighbours(inputs: Array, target: Array, units: Index) -> Mean:
    """Variance of the noise by continuing the differences of near rows to distance nought (Gamma test).

    Half the mean squared difference between the targets of a row and of its k-th nearest row of another unit is, for a
    smooth function, the noise plus a multiple of the squared distance; a line through k = 1..10 gives the noise.
    """
    taken = (
        np.random.default_rng(29).permutation(len(target))[:_MOST] if len(target) > _MOST else np.arange(len(target))
    )
    X, y, u = inputs[taken], target[taken], units[taken]
    distance, other = _others(X, u)
    gamma = 0.5 * np.square(y[other] - y[:, None])
    gamma[other < 0] = np.nan
    square = np.square(distance)
    square[other < 0] = np.nan
    full = np.isfinite(gamma).all(axis=1)
    if full.sum() < _FEWEST:
        return Mean(float("nan"), float("nan"), 0)
    near = square[full].mean(axis=0)
    design = np.column_stack([np.ones(_NEAREST), near])
    weight = np.linalg.pinv(design)[0]
    return clustered(gamma[full] @ weight, u[full])


def _others(X: Array, units: Index) -> tuple[Array, Index]:
    """Distance and position of the ten nearest rows of other units, looked for among the forty nearest; -1 = none."""
    look = min(_NEAREST if len(np.unique(units)) == len(units) else _LOOKED, len(X) - 1)
    distance, other = cKDTree(X).query(X, k=look + 1)
    distance, other = distance[:, 1:], other[:, 1:]
    foreign = units[other] != units[:, None]
    order = np.argsort(~foreign, axis=1, kind="stable")[:, :_NEAREST]
    distance, other = np.take_along_axis(distance, order, 1), np.take_along_axis(other, order, 1)
    found = np.where(np.take_along_axis(foreign, order, 1), other, -1)
    wide = _NEAREST - found.shape[1]
    if wide > 0:
        found = np.hstack([found, np.full((len(X), wide), -1)])
        distance = np.hstack([distance, np.full((len(X), wide), np.nan)])
    return distance, found.astype(np.int64)


def replicates(inputs: Array, target: Array, units: Index) -> Mean | None:
    """Pooled variance of targets whose inputs are the same; rows that are copies in everything count once.

    None with fewer than 20 degrees of freedom.
    """
    group = np.unique(inputs, axis=0, return_inverse=True)[1].ravel()
    _, first = np.unique(np.column_stack([group, target]), axis=0, return_index=True)
    group, y, u = group[first], target[first], units[first]
    size = np.bincount(group)
    free = int(size[size > 1].sum() - (size > 1).sum())
    if free < _FEWEST:
        return None
    mean = np.bincount(group, weights=y) / np.maximum(size, 1)
    many = size[group] > 1
    square = np.square(y - mean[group])[many] * (size / np.maximum(size - 1, 1))[group][many]
    return clustered(square, u[many])


def class_floor(labels: Index, classes: int, spaces: Sequence[Array], wrong: Sequence[Array], units: Index) -> Floor:
    """The share of rows that no model on these columns can tell right: limits of the Bayes error.

    Lower limit: for each space the limit of Cover and Hart from the error of the nearest row of another unit, the
    smallest over spaces, at its 5 % limit. Upper limit: the smallest error of the models and of the nearest row itself.

    Args:
        spaces: the same rows in several spaces, shape (n, d) each: scaled inputs, a model's probabilities.
        wrong: 1 where a cross-fitted model is wrong, one array per model; nan where not judged.

    Source: Cover and Hart, IEEE Trans. Inf. Theory 13 (1967); the minimum over spaces: Snoopy, Renggli et al., PVLDB 16
    (2022).
    """
    nearest = [clustered(_miss(space, labels, units), units) for space in spaces]
    lows = [cover_hart(m.limit(0.5 - LEVEL / 2), classes) for m in nearest]
    uppers = [clustered(w, units) for w in wrong] + nearest
    best = min(uppers, key=lambda m: m.value)
    low, high = min(*lows, best.value), min(1.0, best.limit(0.5 + LEVEL / 2))
    middle = 0.5 * (min(*(cover_hart(m.value, classes) for m in nearest), best.value) + best.value)
    value = Estimate(
        float(np.clip(middle, low, high)), low, high, len(labels), "1", level=LEVEL, clusters=best.free + 1
    )
    ways = {f"model {i + 1}": float(np.nanmean(w)) for i, w in enumerate(wrong)}
    ways |= {f"nearest {i + 1}": m.value for i, m in enumerate(nearest)}
    return Floor(value, bool(low >= IDENTIFIED * high), ways)


def cover_hart(error: float, classes: int) -> float:
    """The least Bayes error with which the nearest row errs so often.

    >>> round(cover_hart(0.18, 2), 3)
    0.1
    """
    top = (classes - 1) / classes
    inside = max(0.0, 1 - min(max(error, 0.0), top) / top)
    return float(top * (1 - np.sqrt(inside)))


def _miss(space: Array, labels: Index, units: Index) -> Array:
    """1 where the nearest row of another unit has another label; nan where there is none."""
    _, other = _others(space, units)
    first = other[:, 0]
    return np.where(first >= 0, (labels[first] != labels).astype(np.float64), np.nan)
