"""Measures of a prediction: the one that counts, per-row losses, and misses and false alarms as a pair."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from diapason.errors import DataError
from diapason.vocabulary.scores import Metric
from diapason.vocabulary.tasks import Task

__all__ = ["METRICS", "decide", "deployment", "losses", "others", "pair", "score"]

Array = NDArray[np.float64]

ALARM = 1.0
"""A monitoring score at or above this is an alarm."""

METRICS = {
    "rmse": Metric("rmse", "", "lower"),
    "mae": Metric("mae", "", "lower"),
    "r2": Metric("r2", "1", "higher"),
    "nasa_score": Metric("nasa_score", "1", "lower"),
    "accuracy": Metric("accuracy", "1", "higher"),
    "macro_f1": Metric("macro_f1", "1", "higher"),
    "balanced_accuracy": Metric("balanced_accuracy", "1", "higher"),
    "f1": Metric("f1", "1", "higher"),
    "misses": Metric("misses", "1", "lower"),
    "false_alarms": Metric("false_alarms", "1", "lower"),
}
"""Every measure by name; rmse and mae have the unit of the target."""

_DEPLOYMENT = {
    Task.REGRESSION: "rmse",
    Task.REMAINING_LIFE: "rmse",
    Task.CLASSIFICATION: "macro_f1",
    Task.MONITORING: "f1",
}

_OTHERS = {
    Task.REGRESSION: ("mae", "r2"),
    Task.REMAINING_LIFE: ("mae", "nasa_score"),
    Task.CLASSIFICATION: ("accuracy", "balanced_accuracy", "misses", "false_alarms"),
    Task.MONITORING: ("misses", "false_alarms"),
}


def deployment(task: Task) -> Metric:
    """The measure by which models of that task are chosen.

    >>> deployment(Task.CLASSIFICATION).name
    'macro_f1'
    """
    if task not in _DEPLOYMENT:
        raise DataError(f"no measure for task '{task}'", fix="choose one of: " + ", ".join(_DEPLOYMENT))
    return METRICS[_DEPLOYMENT[task]]


def others(task: Task) -> tuple[Metric, ...]:
    """The measures shown beside; misses and false alarms always as a pair."""
    return tuple(METRICS[name] for name in _OTHERS[task])


def decide(prediction: ArrayLike) -> Array:
    """What the prediction says: class code for (n, k) probabilities, 1 = alarm for nothing else; else itself.

    >>> decide([[0.2, 0.8], [0.9, 0.1]])
    array([1., 0.])
    """
    array = np.asarray(prediction, np.float64)
    return array.argmax(axis=1).astype(np.float64) if array.ndim == 2 else array


def score(name: str, truth: ArrayLike, prediction: ArrayLike, *, weight: ArrayLike | None = None) -> float:
    """One measure over all rows whose truth is known.

    Args:
        truth: shape (n,): value, or class code; for monitoring 0 or 1; nan = not known.
        prediction: shape (n,), or (n, k) probabilities of classes; for monitoring a score with alarm limit 1.
        weight: shape (n,), how often each row counts (clustered bootstrap); default once.

    Returns:
        The measure; nan if no row counts.

    >>> score("rmse", [0.0, 0.0], [3.0, 4.0]).__round__(3)
    3.536
    >>> score("macro_f1", [0, 1], [[0.9, 0.1], [0.6, 0.4]]).__round__(3)
    0.333
    """
    if name not in METRICS:
        raise DataError(f"no measure '{name}'", fix="choose one of: " + ", ".join(METRICS))
    y, p = np.asarray(truth, np.float64), np.asarray(prediction, np.float64)
    w = np.ones(len(y)) if weight is None else np.asarray(weight, np.float64)
    known = np.isfinite(y) & (w > 0)
    y, p, w = y[known], p[known], w[known]
    if not len(y):
        return float("nan")
    return float(_VALUES[name](y, p, w) if name in _VALUES else _COUNTED[name](*_confusion(y, p, w)))


def losses(name: str, truth: ArrayLike, prediction: ArrayLike) -> Array:
    """Loss of each row, in whose mean the measure falls when it improves; for paired comparisons.

    Squared error for rmse, absolute error for mae, the NASA term for nasa_score, 0 or 1 for all that count decisions
    (macro_f1 and balanced_accuracy: weighted by one over the class's share, mean weight 1). Nan where truth is nan.
    """
    y, p = np.asarray(truth, np.float64), np.asarray(prediction, np.float64)
    if name in ("rmse", "r2"):
        return np.square(p - y)
    if name == "mae":
        return np.abs(p - y)
    if name == "nasa_score":
        return _nasa(p - y)
    wrong = np.where(np.isfinite(y), (_decided(p, y) != y).astype(np.float64), np.nan)
    if name in ("macro_f1", "balanced_accuracy"):
        known = np.isfinite(y)
        values, count = np.unique(y[known], return_counts=True)
        share = dict(zip(values.tolist(), (count.sum() / (len(count) * count)).tolist(), strict=True))
        wrong[known] *= np.array([share[v] for v in y[known].tolist()])
    return wrong


def pair(truth: ArrayLike, prediction: ArrayLike, *, weight: ArrayLike | None = None) -> tuple[float, float]:
    """Share of events missed, and share of non-events that raised a false alarm.

    With two classes the rarer is the event; with more, both are averaged over classes, each against the rest.

    >>> pair([0, 0, 0, 1], [0.2, 1.3, 0.1, 1.5])
    (0.0, 0.3333333333333333)
    """
    return score("misses", truth, prediction, weight=weight), score("false_alarms", truth, prediction, weight=weight)


def _decided(p: Array, y: Array) -> Array:
    """Class codes from probabilities; alarms from scores; codes as they are."""
    if p.ndim == 2:
        return decide(p)
    if np.isin(y[np.isfinite(y)], (0.0, 1.0)).all():
        return (p >= ALARM).astype(np.float64)
    return p


def _confusion(y: Array, p: Array, w: Array) -> tuple[Array, bool]:
    """Weighted counts, rows = truth, columns = decided; and whether the prediction is an alarm score."""
    d, alarm = _decided(p, y), p.ndim == 1
    k = int(max(y.max(), d.max(), 1 if alarm else p.shape[1] - 1)) + 1
    table = np.bincount((y * k + d).astype(np.int64), weights=w, minlength=k * k).reshape(k, k).astype(np.float64)
    return table, alarm


def _ratio(a: Array, b: Array) -> Array:
    """A / b, nan where b is zero."""
    return np.asarray(np.divide(a, b, out=np.full(np.broadcast(a, b).shape, np.nan), where=np.asarray(b) > 0))


def _mean(x: Array) -> float:
    """Mean of what is known, nan if nothing is."""
    return float(np.mean(x[np.isfinite(x)])) if np.isfinite(x).any() else float("nan")


def _f1(table: Array) -> Array:
    """F1 of each class that occurs in truth or decision."""
    hit = np.diag(table)
    return _ratio(2 * hit, table.sum(0) + table.sum(1))


def _event(table: Array, alarm: bool) -> int:
    return 1 if alarm else int(np.argmin(table.sum(1)))


def _binary_f1(table: Array, alarm: bool) -> float:
    if len(table) != 2:
        return _mean(_f1(table))
    event = _event(table, alarm)
    return float(_f1(table)[event]) if table[event].sum() > 0 else float("nan")  # nothing to find: not known


def _misses(table: Array, alarm: bool) -> float:
    missed = 1 - _ratio(np.diag(table), table.sum(1))
    return float(missed[_event(table, alarm)]) if len(table) == 2 else _mean(missed)


def _false_alarms(table: Array, alarm: bool) -> float:
    wrong = table.sum(0) - np.diag(table)
    rate = _ratio(wrong, table.sum() - table.sum(1))
    return float(rate[_event(table, alarm)]) if len(table) == 2 else _mean(rate)


def _nasa(error: Array) -> Array:
    """Asymmetric score of Saxena et al. (PHM 2008): late predictions cost more."""
    e = np.clip(error, -500, 500)
    return np.where(e < 0, np.exp(-e / 13.0), np.exp(e / 10.0)) - 1


def _r2(y: Array, p: Array, w: Array) -> float:
    spread = np.sum(w * np.square(y - np.average(y, weights=w)))
    return float(1 - np.sum(w * np.square(p - y)) / spread) if spread > 0 else float("nan")


_VALUES: dict[str, Callable[[Array, Array, Array], float]] = {
    "rmse": lambda y, p, w: float(np.sqrt(np.average(np.square(p - y), weights=w))),
    "mae": lambda y, p, w: float(np.average(np.abs(p - y), weights=w)),
    "r2": _r2,
    "nasa_score": lambda y, p, w: float(np.sum(w * _nasa(p - y))),
}

_COUNTED: dict[str, Callable[[Array, bool], float]] = {
    "accuracy": lambda t, _: float(np.trace(t) / t.sum()),
    "balanced_accuracy": lambda t, _: _mean(_ratio(np.diag(t), t.sum(1))),
    "macro_f1": lambda t, _: _mean(_f1(t)),
    "f1": _binary_f1,
    "misses": _misses,
    "false_alarms": _false_alarms,
}
