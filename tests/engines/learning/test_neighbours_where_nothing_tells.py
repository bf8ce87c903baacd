"""The distance model learns and answers where no input says anything about the target."""

import numpy as np
import polars as pl
import pytest

from diapason.engines.learning.recipes.nearest import recipe
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task


def rows(target, inputs):
    draw = np.random.default_rng(0)
    frame = pl.DataFrame({f"x{i}": draw.normal(size=60) if moves else np.ones(60) for i, moves in enumerate(inputs)})
    return Examples(Task.CLASSIFICATION, frame, target, np.arange(60), classes=("runs", "fails"))


@pytest.mark.parametrize("inputs", [(True, True), (False,)])
def test_one_class_alone_is_learnt(inputs):
    """As where every doubted row of a rare class was left out."""
    examples = rows(np.zeros(60), inputs)
    model = recipe.fit(examples, recipe.settings(Task.CLASSIFICATION)[0], 0)
    assert (model.predict(examples).argmax(axis=1) == 0).all()
    assert model.predict(examples).sum(axis=1) == pytest.approx(1.0)


def test_inputs_that_never_change_give_the_shares_of_the_classes():
    examples = rows((np.arange(60) % 2).astype(float), (False,))
    model = recipe.fit(examples, recipe.settings(Task.CLASSIFICATION)[1], 0)
    assert np.isfinite(model.predict(examples)).all()
