"""Trainings that go on side by side give the race that they give one after the other, to the last bit."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from diapason.engines.learning.recipes.robust import recipe
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task


@pytest.mark.parametrize("task", [Task.REGRESSION, Task.CLASSIFICATION])
def test_entrants_side_by_side_end_as_one_after_the_other(task: Task) -> None:
    draw = np.random.default_rng(0)
    x = draw.normal(size=(160, 3))
    number = 3 * x[:, 0] + x[:, 1] ** 2 + draw.normal(size=160)
    target, classes = (number, ()) if task is Task.REGRESSION else ((number > 1).astype(float), ("low", "high"))
    rows = Examples(task, pl.DataFrame(x, schema=["a", "b", "c"]), target, np.arange(160), classes=classes)
    setting = recipe.settings(task)[0]
    with ThreadPoolExecutor(3) as pool:
        beside = replace(recipe, across=pool.map).fit(rows, setting, 7)
    alone = recipe.fit(rows, setting, 7)
    assert [r["score"] for r in beside.ran] == [r["score"] for r in alone.ran]
    assert beside.parts() == alone.parts()
    assert np.array_equal(beside.predict(rows), alone.predict(rows))
