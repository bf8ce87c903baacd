"""Cross-fitted predictions: every judged row is predicted by a model that has not learnt from it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diapason.roles.recipe import Model, Recipe
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.splits import Fold, Split
from diapason.vocabulary.tasks import Task

__all__ = ["cross_predict", "judge"]

Array = NDArray[np.float64]


def judge(model: Model, examples: Examples, fold: Fold) -> Array:
    """Predictions for the fold's test rows, each seen with the rows before it in its asset, as the line sees it."""
    if examples.asset is None:
        return np.asarray(model.predict(examples))[fold.test]
    around = np.flatnonzero(np.isin(examples.asset, np.unique(examples.asset[fold.test])))
    return np.asarray(model.predict(examples.take(around)))[np.searchsorted(around, fold.test)]


def cross_predict(
    recipe: Recipe, settings: Mapping[str, Any], examples: Examples, split: Split, *, seed: int
) -> tuple[Array, NDArray[np.int64]]:
    """Learn and judge every fold.

    Returns:
        Predictions as `Model.predict` gives them, nan for rows in no test part; and shape (n,) the fold that judged
        each row, -1 = none.
    """
    n = len(examples)
    shape = (n, len(examples.classes)) if examples.task is Task.CLASSIFICATION else (n,)
    out, where = np.full(shape, np.nan), np.full(n, -1, np.int64)
    for i, fold in enumerate(split.folds):
        model = recipe.fit(examples.take(fold.train), settings, seed)
        out[fold.test] = judge(model, examples, fold)
        where[fold.test] = i
    return out, where
