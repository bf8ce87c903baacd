"""What every recipe must do, as a public check: call it in the tests of your own. Ours pass the same one."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pickletools import genops
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.roles.recipe import Model, Recipe
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task
from diapason.vocabulary.wire import plain

__all__ = ["check_recipe", "example_rows"]

Array = NDArray[np.float64]


def check_recipe(recipe: Recipe, *, tasks: tuple[Task, ...] = ()) -> None:
    """A recipe learns, repeats itself, travels as bytes, bears gaps and new categories, and looks only back.

    Args:
        tasks: task types to try; default all that the recipe says it learns and that have examples here.

    Raises:
        AssertionError: a promise is broken; says which.
    """
    _promise(isinstance(recipe, Recipe), "it has name, family, tasks, settings, fit and load")
    _promise(bool(recipe.name) and bool(recipe.family) and bool(recipe.tasks), "it says what it is and what it learns")
    tried = tasks or tuple(t for t in recipe.tasks if t in _MADE)
    _promise(bool(tried) and set(tried) <= set(_MADE), f"it is tried on a task type of {', '.join(_MADE)}")
    for task in tried:
        settings = recipe.settings(task)
        _promise(bool(settings), f"{task}: there is a default setting")
        _promise(_is_json(settings), f"{task}: settings are JSON")
        for asked in (*settings[:1], *settings[1:][-1:]):
            _holds(recipe, task, asked)


def example_rows(task: Task, *, seed: int = 0, n: int = 240) -> Examples:
    """Rows that a recipe of that task should learn something from: numbers with gaps, a category, assets in time order.

    Raises:
        KeyError: no examples are made for that task.
    """
    draw = np.random.default_rng(seed)
    asset = np.repeat(np.arange(4), n // 4)
    cycle = np.tile(np.arange(n // 4, dtype=np.float64), 4)
    wear = cycle / cycle.max() + 0.05 * draw.normal(size=len(cycle))
    load, noise = draw.normal(size=(2, len(cycle)))
    grade = draw.choice(["A", "B"], len(cycle))
    target, classes = _MADE[task](wear, load, grade == "B", draw)
    columns = {"wear": wear, "load": load, "noise": noise, "grade": grade}
    features = pl.DataFrame(columns).with_columns(
        pl.when(pl.int_range(pl.len()) % 17 == 3).then(None).otherwise(pl.col("load")).alias("load")
    )
    names = tuple(f"P{i}" for i in range(4))
    common: dict[str, Any] = {"asset": asset, "time": cycle, "classes": classes, "assets": names, "time_unit": ""}
    if task is Task.MONITORING:
        shifted = features.with_columns(load=pl.col("load") + pl.Series(8.0 * target))
        return Examples(task, shifted, target, np.arange(len(target)), **common)
    return Examples(task, features, target, np.arange(len(target)), **common)


def _holds(recipe: Recipe, task: Task, asked: Mapping[str, Any]) -> None:
    rows = example_rows(task)
    learnt, judged = rows.take(np.flatnonzero(rows.asset != 3)), rows.take(np.flatnonzero(rows.asset == 3))
    before = learnt.features.clone(), learnt.target.copy(), json.dumps(plain(asked))
    model = recipe.fit(learnt, asked, 7)
    same = before[0].equals(learnt.features) and np.array_equal(before[1], learnt.target, equal_nan=True)
    _promise(same and before[2] == json.dumps(plain(asked)), f"{task}: what was given is not changed in place")
    made = np.asarray(model.predict(judged))
    _shaped(made, judged)
    again = np.asarray(recipe.fit(learnt, asked, 7).predict(judged))
    _promise(np.array_equal(made, again), f"{task}: the same rows, settings and seed give the same model")
    _travels(recipe, model, judged, made)
    _bears(model, judged, task)
    _looks_back(model, judged, task)
    _promise(_better(made, judged, learnt), f"{task}: it learns more than a constant says")
    _weighs(recipe, learnt, judged, asked, made)


def _weighs(recipe: Recipe, learnt: Examples, judged: Examples, asked: Mapping[str, Any], plain_: Array) -> None:
    """`Examples.weight`: 0 is as good as absent, 1 is nothing said, 3 is as good as there three times."""
    n, task = len(learnt), learnt.task

    def made(rows: Examples, where: Examples = judged) -> Array:
        return np.asarray(recipe.fit(rows, asked, 7).predict(where))

    few = np.arange(n) % 3 == 0
    absent, nothing = made(learnt.take(np.flatnonzero(~few))), made(replace(learnt, weight=(~few).astype(np.float64)))
    _promise(bool(np.allclose(absent, nothing)), f"{task}: a row of weight 0 is as good as absent")
    told = made(replace(learnt, weight=np.ones(n)))
    _promise(bool(np.allclose(told, plain_)), f"{task}: weights of 1 change nothing")
    if task is Task.MONITORING:
        return
    rows, where = _disputed(learnt), replace(judged, time=None)
    count = np.where(np.arange(len(rows)) % 2 == 0, 1, 3)
    thrice = made(rows.take(np.repeat(np.arange(len(rows)), count)), where)
    apart = np.sqrt(np.square(made(replace(rows, weight=count.astype(np.float64)), where) - thrice).mean())
    wide = 0.1 if task is Task.CLASSIFICATION else 0.3 * float(np.std(learnt.target))
    _promise(bool(apart < wide), f"{task}: a row of weight 3 counts as three rows do")


def _disputed(rows: Examples) -> Examples:
    """Each row twice, the second time with another answer, so that it matters how much each counts; without a past."""
    n = len(rows)
    other = (rows.target + 1) % len(rows.classes) if rows.classes else rows.target + 3 * float(np.std(rows.target))
    both = rows.take(np.repeat(np.arange(n), 2))
    target = np.column_stack([rows.target, other]).ravel()
    return replace(both, target=target, rows=np.arange(2 * n), time=None)


def _shaped(made: Array, rows: Examples) -> None:
    wanted = (len(rows), len(rows.classes)) if rows.task is Task.CLASSIFICATION else (len(rows),)
    _promise(made.shape == wanted, f"{rows.task}: predictions have the shape {wanted}")
    _promise(bool(np.isfinite(made).all()), f"{rows.task}: predictions are finite")
    if rows.task is Task.CLASSIFICATION:
        sums = bool(np.allclose(made.sum(axis=1), 1.0)) and bool((made >= 0).all())
        _promise(sums, f"{rows.task}: probabilities are not negative and sum to 1")


def _travels(recipe: Recipe, model: Model, rows: Examples, made: Array) -> None:
    parts = model.parts()
    _promise(all(isinstance(x, bytes) for x in parts.values()) and bool(parts), "parts are bytes, and there are some")
    _promise(not any(_is_pickle(x) for x in parts.values()), "no part is a pickle")
    back = recipe.load(dict(parts))
    _promise(np.array_equal(np.asarray(back.predict(rows)), made), "a loaded model predicts the same to the last bit")
    _promise(back.parts() == parts, "a loaded model has the same parts to the last byte")


def _is_pickle(data: bytes) -> bool:
    """Whether the bytes are a program for pickle, of whatever protocol, to its end."""
    try:
        return max(position for _, _, position in genops(data) if position is not None) == len(data) - 1
    except Exception:  # noqa: BLE001  (bytes that are no pickle end in any way)
        return False


def _is_json(value: Any) -> bool:
    try:
        return bool(json.loads(json.dumps(plain(value), allow_nan=False)) == plain(value))
    except (TypeError, ValueError):
        return False


def _bears(model: Model, rows: Examples, task: Task) -> None:
    """New categories, missing cells and wild values are met at the line sooner or later."""
    wild = rows.features.with_columns(
        grade=pl.lit("never seen"), noise=pl.lit(None, pl.Float64), load=pl.col("load") * 1e6
    )
    made = np.asarray(model.predict(replace(rows, features=wild)))
    _promise(bool(np.isfinite(made).all()), f"{task}: gaps, new categories and wild values give finite predictions")
    one = np.asarray(model.predict(rows.take(np.array([0]))))
    _promise(bool(np.isfinite(one).all()) and len(one) == 1, f"{task}: a single row can be predicted")
    unknown = replace(rows, target=np.full(len(rows), np.nan))
    _promise(np.array_equal(model.predict(unknown), model.predict(rows)), f"{task}: the target is not looked at")


def _looks_back(model: Model, rows: Examples, task: Task) -> None:
    """What comes later in an asset must not change what was said before."""
    half = len(rows) // 2
    whole, first = np.asarray(model.predict(rows)), np.asarray(model.predict(rows.take(np.arange(half))))
    _promise(bool(np.allclose(whole[:half], first, rtol=1e-9, atol=1e-9)), f"{task}: it looks only back in time")


def _better(made: Array, judged: Examples, learnt: Examples) -> bool:
    y = judged.target
    if judged.task is Task.CLASSIFICATION:
        return bool((made.argmax(axis=1) == y).mean() > max((y == c).mean() for c in np.unique(y)))
    if judged.task is Task.MONITORING:
        return bool((made[y == 1] >= 1).mean() > 2 * (made[y == 0] >= 1).mean())
    return bool(np.square(made - y).mean() < np.square(np.mean(learnt.target) - y).mean())


_Made = tuple[Array, tuple[str, ...]]


def _number(wear: Array, load: Array, hard: NDArray[np.bool_], draw: np.random.Generator) -> _Made:
    return 3 * wear + load * wear + hard + 0.1 * draw.normal(size=len(wear)), ()


def _life(wear: Array, load: Array, hard: NDArray[np.bool_], draw: np.random.Generator) -> _Made:
    del load, hard, draw
    n = len(wear) // 4
    return np.tile(np.arange(n, dtype=np.float64)[::-1], 4), ()


def _class(wear: Array, load: Array, hard: NDArray[np.bool_], draw: np.random.Generator) -> _Made:
    del draw
    return np.digitize(wear + 0.3 * load + 0.3 * hard, (0.2, 0.8)).astype(np.float64), ("low", "middle", "high")


def _fault(wear: Array, load: Array, hard: NDArray[np.bool_], draw: np.random.Generator) -> _Made:
    del load, hard, draw
    n = len(wear) // 4
    return np.tile((np.arange(n) >= 3 * n // 4).astype(np.float64), 4), ()


_MADE = {
    Task.REGRESSION: _number,
    Task.REMAINING_LIFE: _life,
    Task.CLASSIFICATION: _class,
    Task.MONITORING: _fault,
}


def _promise(kept: bool, what: str) -> None:
    if not kept:
        raise AssertionError(f"promise broken: {what}")
