"""Linear models on windows and products: ridge or Huber for numbers, logistic for classes; own arithmetic."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

from diapason.engines.learning.designing import CLIP, Design, learn_design
from diapason.engines.learning.packing import array_bytes, arrays, fact_bytes, facts
from diapason.engines.learning.streaming.designed import Coded
from diapason.engines.learning.weighing import counted, middle, weights
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

__all__ = ["Linear", "LinearModel", "recipe"]

Array = NDArray[np.float64]

_ROUNDS = 8
_TUNING = 1.345
"""Huber's constant: 95 % efficient where errors are normal."""


@dataclass(frozen=True, slots=True)
class LinearModel:
    """Weights on a dense design; classes by softmax."""

    design: Design
    weights: Array  # (d + 1, outputs), last row = intercept
    task: Task
    low: float  # numbers are held to the range of the training target, a tenth wider
    high: float

    def predict(self, examples: Examples) -> Array:
        """Values, or class probabilities."""
        return self.output(self.design.matrix(examples))

    def output(self, dense: Array) -> Array:
        """The same from rows of the design."""
        out = dense @ self.weights[:-1] + self.weights[-1]
        if self.task is Task.CLASSIFICATION:
            return np.asarray(softmax(out, axis=1))
        return np.asarray(np.clip(out[:, 0], self.low, self.high))

    def parts(self) -> dict[str, bytes]:
        """`model.json` and `weights.npz`."""
        said = {"design": self.design.plain(), "task": self.task, "low": self.low, "high": self.high}
        return {"model.json": fact_bytes(said), "weights.npz": array_bytes({"weights": self.weights})}


@dataclass(frozen=True, slots=True)
class Linear:
    """Ridge, Huber and logistic regression on robustly scaled, clipped inputs."""

    name: str = "linear"
    family: str = "linear"
    tasks: tuple[Task, ...] = (Task.REGRESSION, Task.REMAINING_LIFE, Task.CLASSIFICATION)

    def settings(self, task: Task) -> tuple[Mapping[str, Any], ...]:
        """Penalty per row, products of columns, and the loss; the robust one last."""
        if task is Task.CLASSIFICATION:
            plain: dict[str, Any] = {"penalty": 1e-3, "smoothing": 0.0, "products": True}
            return (plain, {**plain, "penalty": 1e-2, "products": False}, {**plain, "penalty": 1e-2, "smoothing": 0.1})
        plain = {"loss": "squared", "penalty": 1e-3, "products": True}
        return (plain, {**plain, "products": False}, {**plain, "loss": "huber"})

    def fit(self, examples: Examples, settings: Mapping[str, Any], seed: int) -> LinearModel:
        """Learn; `seed` changes nothing, since nothing is drawn."""
        del seed
        examples = counted(examples)
        y, robust = examples.target, settings.get("loss") == "huber"
        design = learn_design(examples, products=bool(settings.get("products")), robust=robust, raw=False)
        dense, counts = design.matrix(examples), weights(examples)
        if examples.task is Task.CLASSIFICATION:
            solved = _logistic(dense, y.astype(np.int64), counts, len(examples.classes), settings)
            return LinearModel(design, solved, examples.task, 0.0, 1.0)
        solved = _ridge(dense, y, counts, float(settings["penalty"]), robust=robust)
        low, high = np.quantile(y, (0.005, 0.995)) if robust else (y.min(), y.max())
        margin = 0.1 * (high - low)
        return LinearModel(design, solved[:, None], examples.task, float(low - margin), float(high + margin))

    def load(self, parts: Mapping[str, bytes]) -> LinearModel:
        """The inverse of `LinearModel.parts`."""
        said = facts(parts, "model.json")
        weights = arrays(parts, "weights.npz")["weights"]
        return LinearModel(Design.of(said["design"]), weights, Task(said["task"]), said["low"], said["high"])

    def stream(self, model: LinearModel, assets: Sequence[str]) -> Coded:
        """The model at work on these assets; contributions are exact, but for what a trend shares among its columns."""
        design, owners = model.design, model.design.owners()

        def rows(codes: Array, added: Array) -> Array:
            return design.joined(design.encoding.dense_of(codes, clip=CLIP), added)

        def explain(codes: Array, added: Array) -> Array:
            dense = rows(codes, added)
            likely = np.argmax(model.output(dense), axis=1) if model.task is Task.CLASSIFICATION else 0
            return np.asarray((dense * model.weights[:-1, likely].T) @ owners)

        def predict(codes: Array, added: Array) -> Array:
            return model.output(rows(codes, added))

        return Coded(design.encoding, design.widening, predict, len(assets), raw=design.raw, explain=explain)


def _ridge(dense: Array, y: Array, counts: Array, penalty: float, *, robust: bool) -> Array:
    """Weights with the intercept last; Huber by iterated weights from a median start."""
    full = np.hstack([dense, np.ones((len(dense), 1))])
    weight = counts * _huber(y - middle(y, counts), counts) if robust else counts
    solved = _solve(full, y, weight, penalty)
    for _ in range(_ROUNDS if robust else 0):
        solved = _solve(full, y, counts * _huber(y - full @ solved, counts), penalty)
    return solved


def _solve(full: Array, y: Array, weight: Array, penalty: float) -> Array:
    gram = (full * weight[:, None]).T @ full
    load = np.full(len(gram), penalty * weight.sum())
    load[-1] = 1e-9 * weight.sum()
    return np.asarray(cho_solve(cho_factor(gram + np.diag(load)), full.T @ (weight * y)))


def _huber(residual: Array, counts: Array) -> Array:
    """Weights 1 within 1.345 robust standard deviations, falling off as 1/distance."""
    scale = middle(np.abs(residual), counts) / 0.6745 or 1e-12
    return np.asarray(np.minimum(1.0, _TUNING * scale / np.maximum(np.abs(residual), 1e-12)))


def _logistic(dense: Array, y: NDArray[np.int64], counts: Array, k: int, settings: Mapping[str, Any]) -> Array:
    """Multinomial logistic weights (d + 1, k), ridge penalty on all but the intercept."""
    (n, d), total = dense.shape, counts.sum()
    smoothing, penalty = float(settings["smoothing"]), float(settings["penalty"])
    wanted = np.full((n, k), smoothing / k)
    wanted[np.arange(n), y] += 1 - smoothing
    wanted *= counts[:, None]

    def cost(flat: Array) -> tuple[float, Array]:
        w = flat.reshape(d + 1, k)
        logs = log_softmax(dense @ w[:-1] + w[-1], axis=1)
        error = (counts[:, None] * np.exp(logs) - wanted) / total
        slope = np.vstack([dense.T @ error + penalty * w[:-1], error.sum(0)])
        return float(-(wanted * logs).sum() / total + 0.5 * penalty * np.square(w[:-1]).sum()), slope.ravel()

    start = np.zeros((d + 1, k))
    start[-1] = np.log(np.maximum(np.bincount(y, weights=counts, minlength=k), 0.5) / total)
    found = minimize(cost, start.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": 150, "gtol": 1e-5})
    return np.asarray(found.x).reshape(d + 1, k)


recipe = Linear()
