"""Our recipes pass the public check; one that breaks any single promise of it does not."""

import itertools
import pickle
from collections.abc import Callable
from dataclasses import replace

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


class Changed:
    """A model whose predictions or parts are changed."""

    def __init__(self, model, predict=None, parts=None):
        self.model, self.change, self.other = model, predict, parts

    def predict(self, rows):
        made = self.model.predict(rows)
        return self.change(made, rows) if self.change else made

    def parts(self):
        return self.other(self.model.parts()) if self.other else self.model.parts()


def models(predict=None, parts=None) -> Linear:
    """A recipe whose models, learnt or loaded, are changed."""

    class Broken(Linear):
        def fit(self, examples, settings, seed):
            return Changed(super().fit(examples, settings, seed), predict, parts)

        def load(self, given):
            return Changed(super().load(given), predict, parts)

    return Broken()


def learners(**parts) -> Linear:
    """A recipe with methods or facts replaced."""
    made = type("Broken", (Linear,), {k: v for k, v in parts.items() if callable(v)})()
    for name, value in parts.items():
        if not callable(value):
            object.__setattr__(made, name, value)
    return made


def _in_place(self, examples, settings, seed):
    examples.target[0] += 1
    return Linear().fit(examples, settings, seed)


def _restless(self, examples, settings, seed):
    by = next(COUNT)
    return Changed(Linear().fit(examples, settings, seed), lambda p, _: p + by)


def _otherwise(self, parts):
    return Changed(Linear().load(parts), lambda p, rows: p + 1e-12 * np.abs(p))


def _unfaithful(self, parts):
    return Changed(Linear().load(parts), None, lambda given: given | {"more": b"x"})


def _odd_share(p, rows):
    return p * 2


def _fragile(p, rows):
    return np.where(rows.features["grade"].to_numpy() == "never seen", np.nan, p)


def _lonely(p, rows):
    return p[:0] if len(rows) == 1 else p


def _peeking(p, rows):
    return np.where(np.isfinite(rows.target), rows.target, p)


def _ahead(p, rows):
    return p + 0.01 * rows.features["wear"].to_numpy().max()


def _all_count(self, examples, settings, seed):
    return Linear().fit(replace(examples, weight=None), settings, seed)


def _once_at_most(self, examples, settings, seed):
    weight = None if examples.weight is None else np.minimum(examples.weight, 1)
    return Linear().fit(replace(examples, weight=weight), settings, seed)


def _upset(self, examples, settings, seed):
    told = examples.weight is not None and (examples.weight == 1).all()
    return Linear().fit(replace(examples, target=examples.target + 1) if told else examples, settings, seed)


COUNT = itertools.count()
BROKEN = {
    "it has name, family, tasks, settings, fit and load": object(),
    "it says what it is and what it learns": learners(name=""),
    "it is tried on a task type of": learners(tasks=(Task.FORECASTING,)),
    "there is a default setting": learners(settings=lambda self, task: ()),
    "settings are JSON": learners(settings=lambda self, task: ({"seen": object()},)),
    "what was given is not changed in place": learners(fit=_in_place),
    "predictions have the shape": models(lambda p, rows: p[:, None]),
    "predictions are finite": models(lambda p, rows: p * np.nan),
    "probabilities are not negative and sum to 1": models(_odd_share),
    "the same rows, settings and seed give the same model": learners(fit=_restless),
    "parts are bytes, and there are some": models(parts=lambda given: {}),
    "no part is a pickle": models(parts=lambda given: given | {"more": pickle.dumps({"a": 1}, protocol=0)}),
    "a loaded model predicts the same to the last bit": learners(load=_otherwise),
    "a loaded model has the same parts to the last byte": learners(load=_unfaithful),
    "gaps, new categories and wild values give finite predictions": models(_fragile),
    "a single row can be predicted": models(_lonely),
    "the target is not looked at": models(_peeking),
    "it looks only back in time": models(_ahead),
    "a row of weight 0 is as good as absent": learners(fit=_all_count),
    "weights of 1 change nothing": learners(fit=_upset),
    "a row of weight 3 counts as three rows do": learners(fit=_once_at_most),
    "it learns more than a constant says": models(lambda p, rows: np.zeros(len(rows))),
}


def test_a_sound_recipe_of_somebody_else_passes() -> None:
    """So that what follows fails for its own reason."""
    check_recipe(models(lambda p, rows: p + 0.0), tasks=(Task.REGRESSION,))


@pytest.mark.parametrize("promise", BROKEN)
def test_a_broken_promise_is_found_out(promise: str) -> None:
    """Each by the words of that promise."""
    shares = promise.startswith("probabilities")
    tasks = () if "tried on" in promise else (Task.CLASSIFICATION if shares else Task.REGRESSION,)
    with pytest.raises(AssertionError, match="promise broken") as caught:
        check_recipe(BROKEN[promise], tasks=tasks)
    assert promise in str(caught.value)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_is_known_by_any_protocol(protocol: int) -> None:
    """However it begins."""
    hidden = models(parts=lambda given: given | {"more": pickle.dumps([1.5, {"a": b"x"}], protocol=protocol)})
    with pytest.raises(AssertionError, match="no part is a pickle"):
        check_recipe(hidden, tasks=(Task.REGRESSION,))


def test_no_promise_is_asked_for_that_nobody_can_break(promised: Callable[[str], set[str]]) -> None:
    """Each stands above with a recipe that breaks it."""
    assert [p for p in promised("recipes") if not any(p in s or s in p for s in BROKEN)] == []
    assert len(example_rows(Task.REGRESSION)) == 240
