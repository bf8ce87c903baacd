"""What conditions training rows conditions every row of the line: the same cells, one row at a time."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from diapason.engines.agents import Conditioner
from diapason.ports import find
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

IMPUTE = {
    "column": "b",
    "from": ["a"],
    "centre": [0.0],
    "weights": [0.5],
    "level": 1.0,
    "told": 0.9,
    "low": -3.0,
    "high": 3.0,
}
STEPS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "spike": [("repair_cell", {"rules": [{"column": "a", "fault": "spike", "width": 11, "reach": 2.0}]})],
    "stuck": [("repair_cell", {"rules": [{"column": "b", "fault": "stuck", "most": 4}]})],
    "unit": [
        (
            "repair_cell",
            {"rules": [{"column": "a", "fault": "unit", "factor": 10.0, "offset": 0.0, "low": -2.0, "high": 2.0}]},
        )
    ],
    "both": [
        (
            "repair_cell",
            {
                "rules": [
                    {"column": "b", "fault": "spike", "width": 5, "reach": 1.0},
                    {"column": "b", "fault": "stuck", "most": 3},
                ]
            },
        )
    ],
    "drift": [("repair_drift", {"rules": [{"column": "a", "slope": 0.01, "onset": 20.0}]})],
    "filled": [
        ("repair_cell", {"rules": [{"column": "b", "fault": "range", "low": -1.5, "high": 1.5}]}),
        ("impute", {"rules": [IMPUTE]}),
    ],
    "leak": [("remove_leak", {"columns": ["a"]})],
}


def rows(seed: int, assets: int = 3, length: int = 60) -> Examples:
    draw, n = np.random.default_rng(seed), assets * length
    a, b = draw.normal(size=n), np.round(draw.normal(size=n), 0)
    a[draw.random(n) < 0.1] *= 10
    a[draw.random(n) < 0.05] = np.nan
    frame = pl.DataFrame({"a": a, "b": b, "g": draw.choice(["x", "y"], n)}).fill_nan(None)
    asset = np.repeat(np.arange(assets), length)
    time = np.tile(np.arange(length, dtype=float), assets)
    return Examples(Task.REGRESSION, frame, np.full(n, np.nan), np.arange(n), asset, time, assets=("p", "q", "r"))


@pytest.mark.parametrize("name", STEPS)
def test_a_row_at_a_time_is_all_at_once(name: str) -> None:
    """Also where assets come in turns, and after a restart in the middle."""
    steps = [(find("treatments", t), parameters) for t, parameters in STEPS[name]]
    examples = rows(len(name))
    whole = examples
    for treatment, parameters in steps:
        whole = treatment.condition(whole, parameters)
    wanted = tuple(whole.features.columns)
    levels = {"g": ("x", "y")}
    made = Conditioner(steps, ("a", "b", "g"), wanted, 3, levels=levels, task=Task.REGRESSION)
    table = np.column_stack(
        [examples.features[c].fill_null(np.nan).to_numpy() for c in ("a", "b")]
        + [np.array([levels["g"].index(v) for v in examples.features["g"]], float)]
    )
    out, draw = np.full((len(examples), len(wanted)), np.nan), np.random.default_rng(1)
    place = [list(np.flatnonzero(examples.asset == k)) for k in range(3)]
    turn = 0
    while any(place):
        who = np.array([k for k in range(3) if place[k] and draw.random() < 0.7], np.int64)
        if not len(who):
            continue
        at = np.array([place[k].pop(0) for k in who])
        if turn == 25:
            kept = made.state()
            made = Conditioner(steps, ("a", "b", "g"), wanted, 3, levels=levels, task=Task.REGRESSION)
            made.restore(kept)
        out[at] = made(who, table[at], np.asarray(examples.time)[at])
        turn += 1
    expected = np.column_stack(
        [
            np.array([levels["g"].index(v) for v in whole.features[c]], float)
            if c == "g"
            else whole.features[c].cast(pl.Float64).fill_null(np.nan).to_numpy()
            for c in wanted
        ]
    )
    np.testing.assert_array_equal(out, expected)


def test_no_more_is_remembered_than_is_looked_at() -> None:
    """The rows kept for each asset are those of the longest rule, and none where only the row counts."""
    for name, most in (("spike", 10), ("stuck", 5), ("unit", 0), ("both", 8), ("drift", 0), ("leak", 0)):
        steps = [(find("treatments", t), parameters) for t, parameters in STEPS[name]]
        assert Conditioner(steps, ("a", "b"), ("a", "b"), 1, levels={}, task=Task.REGRESSION).memory == most


def test_a_gap_is_filled_alike_whoever_comes_along() -> None:
    """To the last bit, whether one row comes or a thousand: what is learnt beyond may cut at a rounding."""
    draw, names = np.random.default_rng(3), [f"c{i}" for i in range(7)]
    rule = {**IMPUTE, "from": names, "centre": [0.1] * 7, "weights": draw.normal(size=7).tolist(), "low": -9, "high": 9}
    frame = pl.DataFrame(draw.normal(size=(1001, 7)), schema=names).with_columns(b=pl.lit(None, pl.Float64))
    examples = Examples(Task.REGRESSION, frame, np.full(1001, np.nan), np.arange(1001), None, None)
    treatment = find("treatments", "impute")
    filled = treatment.condition(examples, {"rules": [rule]}).features["b"].to_numpy()
    alone = [treatment.condition(examples.take(np.array([i])), {"rules": [rule]}).features["b"][0] for i in range(1001)]
    np.testing.assert_array_equal(alone, filled)
