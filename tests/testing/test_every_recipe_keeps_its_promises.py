"""Each recipe of the entry point group passes the check that is public for others."""

import numpy as np
import pytest

from diapason.engines.learning.recipes.linear import Linear
from diapason.ports import find, names
from diapason.testing.recipes import check_recipe, example_rows
from diapason.vocabulary.tasks import Task


@pytest.mark.parametrize("name", names("recipes"))
def test_every_recipe_keeps_its_promises(name: str) -> None:
    """It learns, repeats itself, travels as bytes, bears what the line brings, and looks only back."""
    check_recipe(find("recipes", name))


def test_two_families_for_each_task() -> None:
    """Trees, lines, distances or directions: at least two ways that fail differently."""
    recipes = [find("recipes", name) for name in names("recipes")]
    for task in (Task.CLASSIFICATION, Task.REGRESSION, Task.REMAINING_LIFE, Task.MONITORING):
        assert len({r.family for r in recipes if task in r.tasks and r.name != "robust"}) >= 2, task


class _Forgetful(Linear):
    """A recipe whose models peek at the target."""

    def fit(self, examples, settings, seed):
        model = super().fit(examples, settings, seed)

        class Peeking:
            def predict(self, rows):
                return np.where(np.isfinite(rows.target), rows.target, model.predict(rows))

            def parts(self):
                return model.parts()

        return Peeking()


def test_a_recipe_that_peeks_is_found_out() -> None:
    """The check fails loudly, and says which promise is broken."""
    with pytest.raises(AssertionError, match="promise broken"):
        check_recipe(_Forgetful(), tasks=(Task.REGRESSION,))
    assert len(example_rows(Task.REGRESSION)) == 240
