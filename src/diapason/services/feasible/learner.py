"""The quick, fixed learner of feasibility, and how its loss is counted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diapason.engines.feasibility.promise import Scale
from diapason.engines.learning.metrics import deployment
from diapason.ports import find
from diapason.roles.recipe import Recipe
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

__all__ = ["Quick", "quick", "scale_of"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Quick:
    """Learns, predicts and counts on one table of examples."""

    recipe: Recipe
    settings: Mapping[str, Any]
    examples: Examples

    def predicted(self, train: Index, test: Index, seed: int) -> Array:
        """Predictions for the test rows, each seen with the rows before it in its asset."""
        model = self.recipe.fit(self.examples.take(train), self.settings, seed)
        asset = self.examples.asset
        if asset is None:
            return np.asarray(model.predict(self.examples.take(test)))
        around = np.flatnonzero(np.isin(asset, np.unique(asset[test])))
        return np.asarray(model.predict(self.examples.take(around)))[np.searchsorted(around, test)]

    def loss(self, prediction: Array, weight: Array) -> float:
        """Mean squared error, or one minus the mean F1 of the classes; only rows with weight and prediction count."""
        return loss(self.examples, prediction, weight)


def quick(examples: Examples) -> Quick:
    """Small trees, whatever the table: fixed, so that curves of different tables can be compared."""
    recipe: Recipe = find("recipes", "boosted")
    given = recipe.settings(examples.task)[0]
    small = {"rounds": 120, "rate": 0.1, "leaves": 15, "least": 15, "columns": 0.7, "pairs": 0}
    if examples.task is Task.CLASSIFICATION:
        small |= {"rounds": 60 if len(examples.classes) <= 3 else 40, "leaves": 8, "least": 8}
    return Quick(recipe, {**given, **small}, examples)


def scale_of(examples: Examples) -> Scale:
    """How the loss of a task is told."""
    metric = deployment(examples.task)
    unit = metric.unit or examples.target_unit or "1"
    return Scale(metric.name, unit, root=metric.name == "rmse")


def loss(examples: Examples, prediction: Array, weight: Array) -> float:
    """See `Quick.loss`."""
    counted = (weight > 0) & np.isfinite(prediction if prediction.ndim == 1 else prediction[:, 0])
    y, w = examples.target[counted], weight[counted]
    if not len(y):
        return float("nan")
    if examples.task is not Task.CLASSIFICATION:
        return float(w @ np.square(prediction[counted] - y) / w.sum())
    k = len(examples.classes)
    code = y.astype(np.int64) * k + prediction[counted].argmax(axis=1)
    table = np.bincount(code, weights=w, minlength=k * k).reshape(k, k)
    both = table.sum(0) + table.sum(1)
    return float(1 - np.mean(2 * np.diag(table)[both > 0] / both[both > 0]))
