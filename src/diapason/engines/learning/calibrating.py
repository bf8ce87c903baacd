"""Probabilities that mean what they say: one temperature, learnt and judged out of sample."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

__all__ = ["calibration_error", "learn_temperature", "warmed"]

Array = NDArray[np.float64]

_BINS = 10


def warmed(probabilities: Array, temperature: float) -> Array:
    """Probabilities made less sure (temperature above 1) or surer, shape (n, k); the most likely class stays the same.

    >>> warmed(np.array([[0.8, 0.2]]), 2.0).round(3)
    array([[0.667, 0.333]])
    """
    logs = np.log(np.clip(probabilities, 1e-12, 1.0)) / temperature
    made = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(made / made.sum(axis=1, keepdims=True))


def learn_temperature(truth: Array, probabilities: Array) -> float:
    """The temperature with the smallest log loss, between 1/5 and 5.

    Args:
        truth: shape (n,), class codes.
        probabilities: shape (n, k), out of sample.

    Source: temperature scaling; Guo, Pleiss, Sun & Weinberger, ICML 2017.
    """
    codes = truth.astype(np.int64)

    def loss(log_temperature: float) -> float:
        p = warmed(probabilities, float(np.exp(log_temperature)))
        return float(-np.mean(np.log(np.maximum(p[np.arange(len(codes)), codes], 1e-12))))

    reach = float(np.log(5))
    return float(np.exp(minimize_scalar(loss, bounds=(-reach, reach), method="bounded").x))


def calibration_error(truth: Array, probabilities: Array) -> float:
    """Mean distance between how sure the chosen class was and how often it was right, over tenths of the rows.

    >>> calibration_error(np.array([0.0, 1.0]), np.array([[1.0, 0.0], [0.0, 1.0]]))
    0.0

    Source: expected calibration error with equal counts; Nguyen & O'Connor, EMNLP 2015.
    """
    sure, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    parts = np.array_split(np.argsort(sure, kind="stable"), min(_BINS, len(truth)))
    return float(sum(len(p) * abs(sure[p].mean() - right[p].mean()) for p in parts) / len(truth))
