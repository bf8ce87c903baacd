"""Measures corrected for wrong values among the very rows that judge."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from diapason.engines.learning import metrics

__all__ = ["corrected", "far_residuals"]

Array = NDArray[np.float64]

_FAR = 4.0
_NORMAL = 2.0
_BINS = 10
_UNITS = 8
_SPOILT = 6.0
_NEAR = 1.05


def corrected(
    measure: str, truth: Array, predictions: Sequence[Array], units: NDArray[np.int64] | None = None
) -> list[float]:
    """The measure of each prediction over the same rows, as far as possible as it would be on clean ones.

    rmse: where the leader by the plain measure is also within a twentieth of the best on the rows that lie near, far
    rows are taken for good tails and the plain measure stands (a capped one would reward trimming them). Else they
    are taken for wrong targets: squared errors are held at a cap that all predictions share (`far_residuals`), and
    where rows come in eight units or more (assets, batches), the mean of a unit is held at six times the median
    unit's, because a wrong failure time spoils a whole asset.

    Measures that count decisions are left as they are: accuracy and balanced accuracy keep their order under label
    noise whose matrix is diagonally dominant (Menon et al., ICML 2015), and no estimate of that matrix is at hand here.
    """
    plain = [metrics.score(measure, truth, p) for p in predictions]
    if measure != "rmse":
        return plain
    cap = np.square(far_residuals(truth, predictions))
    errors = [np.square(p - truth) for p in predictions]
    near = min(errors, key=lambda e: float(np.nanmedian(e))) <= cap * (_NORMAL / _FAR) ** 2
    inner = [float(np.sqrt(np.mean(e[near]))) for e in errors]
    return plain if inner[int(np.nanargmin(plain))] <= _NEAR * min(inner) else _held(truth, predictions, units, cap)


def _held(truth: Array, predictions: Sequence[Array], units: NDArray[np.int64] | None, cap: Array) -> list[float]:
    """Root mean squared errors with far rows and spoilt units held."""
    held = [np.nan_to_num(np.minimum(np.square(p - truth), cap)) for p in predictions]
    if units is None or len(np.unique(units)) < _UNITS:
        return [float(np.sqrt(np.mean(h))) for h in held]
    code = np.unique(units, return_inverse=True)[1]
    size = np.bincount(code)
    means = np.array([np.bincount(code, weights=h) / size for h in held])
    means = np.minimum(means, _SPOILT * np.median(means, axis=1).min())
    return [float(x) for x in np.sqrt(means @ size / size.sum())]


def far_residuals(truth: Array, predictions: Sequence[Array]) -> Array:
    """For each row the error beyond which it says nothing about a model, shape (n,).

    Four robust standard deviations (by the median size, which stands up to nearly half of wrong rows) of the
    prediction with the smallest median error, among rows that it predicts alike, and not less than among all rows.
    """
    sizes = [np.abs(p - truth) for p in predictions]
    best = int(np.argmin([np.nanmedian(s) for s in sizes]))
    size, where = sizes[best], predictions[best]
    edges = np.unique(np.nanquantile(where, np.arange(1, _BINS) / _BINS))
    bins = np.searchsorted(edges, where)
    typical = np.array([np.nanmedian(size[bins == b]) if (bins == b).any() else 0.0 for b in range(len(edges) + 1)])
    return np.asarray(_FAR / 0.6745 * np.maximum(typical, np.nanmedian(size))[bins])
