"""A model at work row by row says what it says of the whole history."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diapason.engines.learning.recipes import boosted, linear, nearest, neighbours, robust, subspace
from diapason.engines.learning.rolling import Sums, starts
from diapason.engines.learning.streaming import Past
from diapason.roles.recipe import Stream, Streaming
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

RECIPES = {r.name: r for r in (boosted.recipe, linear.recipe, nearest.recipe, neighbours.recipe, subspace.recipe)}
DEEP = settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))


def rows(task: Task, seed: int, *, assets: int = 4, length: int = 120, lost: float = 0.02) -> Examples:
    """Wandering columns of several assets, a category, and gaps."""
    draw = np.random.default_rng(seed)
    n = assets * length
    asset = np.repeat(np.arange(assets), length)
    walk = np.cumsum(draw.normal(0, 0.1, (assets, length, 4)), axis=1).reshape(n, 4) + draw.normal(0, 1, (n, 4))
    y = walk[:, 0] - 0.5 * walk[:, 1] + draw.normal(0, 0.2, n)
    walk[draw.random((n, 4)) < lost] = np.nan
    frame = pl.DataFrame({f"t{i}": walk[:, i] for i in range(4)}).fill_nan(None)
    if task is not Task.MONITORING:
        frame = frame.with_columns(pl.Series("grade", draw.choice(["A", "B", "C"], n)))
    time = 1.7e9 + np.tile(np.arange(length) * 3600.0, assets)
    left = np.tile(np.arange(length)[::-1], assets).astype(float)
    target = {
        Task.REGRESSION: y,
        Task.REMAINING_LIFE: left,
        Task.CLASSIFICATION: np.digitize(y, [-1, 1]).astype(float),
    }.get(task, (np.tile(np.arange(length), assets) > 120).astype(float))
    classes = ("low", "middle", "high") if task is Task.CLASSIFICATION else ()
    names = tuple(f"a{i}" for i in range(assets))
    return Examples(task, frame, target, np.arange(n), asset, time, classes=classes, assets=names)


def batches(examples: Examples, stream: Stream, *, ragged: bool = False) -> np.ndarray:
    """All rows through the stream, a tick at a time; `ragged`: each tick only some assets come."""
    table = np.column_stack([_numbers(examples.features[c], stream.levels.get(c)) for c in stream.columns])
    assets, draw = len(examples.assets), np.random.default_rng(0)
    place = [list(np.flatnonzero(examples.asset == a)) for a in range(assets)]
    out: np.ndarray | None = None
    while any(place):
        open_to = [a for a in range(assets) if place[a]]
        who = np.array([a for a in open_to if not ragged or draw.random() < 0.7], np.int64)
        if not len(who):
            continue
        at = np.array([place[a].pop(0) for a in who])
        whole = len(who) == assets and not ragged
        said = stream.step(table[at], None if whole else who, np.asarray(examples.time)[at])
        out = np.empty((len(examples), *said.shape[1:])) if out is None else out
        out[at] = said
    assert out is not None
    return out


def _numbers(column: pl.Series, levels: tuple[str, ...] | None) -> np.ndarray:
    if levels is None:
        return column.fill_null(np.nan).to_numpy()
    return np.array([levels.index(v) if v in levels else np.nan for v in column.to_list()])


def _cases() -> list[Any]:
    return [pytest.param(n, t, id=f"{n}-{t}") for n, r in RECIPES.items() for t in r.tasks if t in TASKS]


TASKS = (Task.REGRESSION, Task.REMAINING_LIFE, Task.CLASSIFICATION, Task.MONITORING)


@cache
def _learnt(name: str, task: Task, place: int) -> tuple[Any, Any]:
    asked = RECIPES[name].settings(task)
    return RECIPES[name], RECIPES[name].fit(rows(task, 1), _small(asked[min(place, len(asked) - 1)]), seed=0)


@pytest.mark.parametrize("place", [0, 3])
@pytest.mark.parametrize(("name", "task"), _cases())
@DEEP
@given(seed=st.integers(0, 2**20), ragged=st.booleans())
def test_streamed_rows_are_predicted_rows(name: str, task: Task, place: int, seed: int, ragged: bool) -> None:
    """Every recipe, several settings: one row of each asset at a time gives the whole history's predictions."""
    recipe, model = _learnt(name, task, place)
    assert isinstance(recipe, Streaming)
    new = rows(task, seed, assets=3, length=70, lost=0.05)
    said = batches(new, recipe.stream(model, new.assets), ragged=ragged)
    np.testing.assert_allclose(said, model.predict(new), rtol=1e-9, atol=1e-9)


def _small(asked: Any) -> Any:
    return {**asked, "rounds": 12} if "rounds" in asked else asked


def coarse(examples: Examples, *, steps: float = 2.0) -> Examples:
    """The same as instruments give it: in steps, so that many rows and windows are alike; one tag never moves."""
    rounded = [(pl.col(f"t{i}") * steps).round() / 10 + 21.6 for i in range(3)]
    return replace(examples, features=examples.features.with_columns(*rounded, t3=pl.lit(518.67)))


@pytest.mark.parametrize(("name", "task"), _cases())
@DEEP
@given(seed=st.integers(0, 2**20), ragged=st.booleans())
def test_values_that_come_in_steps_are_told_alike(name: str, task: Task, seed: int, ragged: bool) -> None:
    """Windows that are alike differ by a rounding at most, and trees cut there: every bit must be the same.

    Learnt rows come too: of them it is certain that a cut lies beside them.
    """
    recipe = RECIPES[name]
    learnt = coarse(rows(task, seed, length=150))
    model = recipe.fit(learnt, _small(recipe.settings(task)[0]), 0)
    for came in (learnt, coarse(rows(task, seed + 1, assets=3, length=70, lost=0.05))):
        said = batches(came, recipe.stream(model, came.assets), ragged=ragged)
        np.testing.assert_allclose(said, model.predict(came), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("name", "task"), _cases())
def test_an_asset_is_told_alike_whoever_comes_along(name: str, task: Task) -> None:
    """What is predicted of an asset does not depend on which others are in the table."""
    recipe = RECIPES[name]
    learnt = coarse(rows(task, 11))
    model = recipe.fit(learnt, _small(recipe.settings(task)[0]), 0)
    together = model.predict(learnt)
    for a in range(len(learnt.assets)):
        mine = np.flatnonzero(learnt.asset == a)
        np.testing.assert_allclose(model.predict(learnt.take(mine)), together[mine], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", ["boosted", "linear", "nearest"])
def test_engines_that_wear_are_told_alike(data: Path, name: str) -> None:
    """C-MAPSS FD001, learnt on six engines: these, and twenty that it never saw."""
    recipe = RECIPES[name]
    model = recipe.fit(_engines(data, "train_FD001", 6), recipe.settings(Task.REMAINING_LIFE)[0], 0)
    for file, many in (("train_FD001", 6), ("test_FD001", 20)):
        came = _engines(data, file, many)
        said = batches(came, recipe.stream(model, came.assets))
        np.testing.assert_allclose(said, model.predict(came), rtol=1e-9, atol=1e-9)


def _engines(data: Path, file: str, many: int) -> Examples:
    table = np.loadtxt(data / "cmapss-fd001" / f"{file}.txt.gz")
    table = table[table[:, 0] <= many]
    asset, n = table[:, 0].astype(np.int64) - 1, len(table)
    left = np.bincount(asset)[asset] - table[:, 1]
    frame = pl.DataFrame({f"s{i}": table[:, 2 + i] for i in range(24)})
    names = tuple(f"e{i}" for i in range(many))
    task = Task.REMAINING_LIFE
    return Examples(task, frame, left, np.arange(n), asset, table[:, 1], time_unit="count", assets=names)


@pytest.mark.parametrize("lost", [0.0, 0.1])
def test_windows_are_the_same_to_the_last_bit(lost: float) -> None:
    """Assets of any length, also beyond where sums are taken afresh; columns that begin late, jump, never come."""
    lengths, draw = (1, 7, 513, 1400), np.random.default_rng(2)
    asset = np.repeat(np.arange(len(lengths)), lengths)
    x = np.round(draw.normal(0, 1, (len(asset), 4)), 1) + 643.2
    x[900:] += 1e5
    x[draw.random(x.shape) < lost] = np.nan
    x[:30, 1] = x[:, 3] = np.nan if lost else 7.3
    start = starts(asset, len(x))
    whole, past = Sums.of(x, start), Past(len(lengths), 4, (5, 20, 60, 160), base=20)
    asked = [("mean", 0), ("base", 20)] + [(n, w) for n in ("mean", "std", "slope") for w in (5, 20, 60, 160)]
    want = [getattr(whole, name)(width) for name, width in asked]
    for tick in range(max(lengths)):
        who = np.flatnonzero(np.array(lengths) > tick)
        at = np.unique(start)[who] + tick
        past.step(x[at], who)
        for (name, width), right in zip(asked, want, strict=True):
            np.testing.assert_array_equal(getattr(past, name)(width), right[at], err_msg=f"{name} {width} {tick}")


@pytest.mark.parametrize("own", [True, False])
def test_each_asset_may_have_its_own_monitor(own: bool) -> None:
    """Assets with a monitor of their own are judged by it, others by the common one, in one stroke."""
    learnt = rows(Task.MONITORING, 3, assets=4)
    for recipe in (subspace.recipe, neighbours.recipe):
        model = recipe.fit(learnt, recipe.settings(Task.MONITORING)[0], 0)
        assert len(model.monitors) == 5
        new = rows(Task.MONITORING, 4, assets=5 if own else 3)
        said = batches(new, recipe.stream(model, new.assets), ragged=not own)
        np.testing.assert_allclose(said, model.predict(new), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("task", TASKS)
def test_a_blend_streams_as_its_members_do(task: Task) -> None:
    """Members of other recipes and other columns, calibrated together."""
    of = {Task.MONITORING: ("subspace", "neighbours")}.get(task, ("boosted", "linear", "nearest"))
    warm = 1.3 if task is Task.CLASSIFICATION else 1.0
    members = [
        {"recipe": n, "settings": _small(RECIPES[n].settings(task)[0]), "weight": 1 / len(of), "temperature": warm}
        for n in of
    ]
    model = robust.recipe.fit(rows(task, 5), {"members": members}, 0)
    new = rows(task, 6, assets=3, length=80)
    said = batches(new, robust.recipe.stream(model, new.assets))
    np.testing.assert_allclose(said, model.predict(new), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("name", "task"), _cases())
def test_a_stream_goes_on_from_its_state(name: str, task: Task) -> None:
    """A state taken in the middle and taken up by a new stream changes nothing."""
    recipe = RECIPES[name]
    model = recipe.fit(rows(task, 7), _small(recipe.settings(task)[0]), 0)
    new = rows(task, 8, assets=3, length=60)
    whole, broken = (recipe.stream(model, new.assets) for _ in range(2))
    table = np.column_stack([_numbers(new.features[c], whole.levels.get(c)) for c in whole.columns])
    place = np.arange(60)[:, None] + 60 * np.arange(3)
    for tick, at in enumerate(place):
        when = np.asarray(new.time)[at]
        if tick == 31:
            kept = broken.state()
            assert all(len(a) == 3 for a in kept.values())
            broken = recipe.stream(model, new.assets)
            broken.restore(kept)
        np.testing.assert_array_equal(whole.step(table[at], None, when), broken.step(table[at], None, when))


def test_contributions_add_up_to_the_score() -> None:
    """What the columns made of a score is the score, for monitors; for numbers it is the distance from the middle."""
    for recipe in (subspace.recipe, neighbours.recipe):
        for asked in recipe.settings(Task.MONITORING):
            learnt = rows(Task.MONITORING, 9, assets=1, length=400)
            model = recipe.fit(learnt, asked, 0)
            stream = recipe.stream(model, ("a0", "b"))
            for x in np.random.default_rng(0).normal(0, 3, (30, 2, 4)):
                score = stream.step(x)
            made = stream.contributions(np.array([0, 1]))
            over = score >= 1
            np.testing.assert_allclose(made.sum(axis=1)[over], score[over], rtol=1e-9)
            assert over.any()


def test_the_trees_say_which_column_they_went_by() -> None:
    """The column that makes the target has the largest part in it."""
    learnt = rows(Task.REGRESSION, 10, lost=0.0)
    for recipe in (boosted.recipe, linear.recipe):
        model = recipe.fit(learnt, _small(recipe.settings(Task.REGRESSION)[0]), 0)
        stream = recipe.stream(model, ("a", "b"))
        x = np.zeros((2, 5))
        x[1, 0] = 4.0
        for _ in range(30):
            said = stream.step(x, None, np.full(2, 1.7e9))
        made = stream.contributions(np.array([0, 1]))
        assert np.argmax(np.abs(made[1] - made[0])) == 0
        np.testing.assert_allclose(made[1].sum() - made[0].sum(), said[1] - said[0], atol=0.35 * abs(said[1] - said[0]))


def test_windows_keep_their_digits_for_months() -> None:
    """Thousands of rows later the sums that slide are those of the window."""
    past, draw = Past(1, 1, (5, 160), base=20), np.random.default_rng(0)
    who, kept = np.array([0]), draw.normal(1e3, 1.0, 3000)
    for value in kept:
        past.step(np.array([[value]]), who)
    for width in (5, 160):
        window = kept[-width:]
        t = np.arange(width)
        assert past.mean(width)[0, 0] == pytest.approx(window.mean(), abs=1e-9)
        assert past.std(width)[0, 0] == pytest.approx(window.std(), abs=1e-9)
        assert past.slope(width)[0, 0] == pytest.approx(np.polyfit(t, window, 1)[0], abs=1e-9)


def test_what_earlier_ledgers_kept_can_be_decided_again() -> None:
    """They hold the mean of a life where its sum is held now."""
    past, again, draw = Past(2, 1, (5,), base=20), Past(2, 1, (5,), base=20), np.random.default_rng(1)
    for _ in range(30):
        past.step(draw.normal(7, 1, (2, 1)), np.arange(2))
    kept = past.state()
    since = kept.pop("since")
    again.restore(kept | {"whole": np.stack([since[:, 0], since[:, 1] / since[:, 0]], axis=1)})
    for one in (past, again):
        one.step(np.full((2, 1), 7.5), np.arange(2))
    np.testing.assert_allclose(again.mean(0), past.mean(0), rtol=1e-12)
