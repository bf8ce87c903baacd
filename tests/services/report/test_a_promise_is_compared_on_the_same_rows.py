"""What an adoption promised and what later learning gave are scored on the same rows, with their value unchanged."""

from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from diapason.services.report.kept import both


def facts(vault, name, table, metric):
    vault[name] = table.write_csv().encode()
    return {"kept": {"honest": {"sha256": name}}, "result": {"metric": metric}}


def plant():
    vault = {}
    return vault, SimpleNamespace(vault=SimpleNamespace(get=vault.__getitem__))


def judged(n=200, seed=0):
    draw = np.random.default_rng(seed)
    truth = draw.normal(size=n)
    return pl.DataFrame({"row": range(n), "asset": [""] * n, "truth": truth, "prediction": truth + draw.normal(size=n)})


def test_dropping_the_hard_rows_keeps_no_promise():
    """The same predictions on the easier half look no better than promised: the hard rows count for neither."""
    vault, ws = plant()
    whole = judged()
    easy = whole.filter((pl.col("truth") - pl.col("prediction")).abs() < 0.7)
    promised, realised = both(ws, facts(vault, "a", whole, "rmse"), facts(vault, "b", easy, "rmse"))
    assert promised.value == pytest.approx(realised.value)
    assert promised.n == realised.n == easy.height
    assert realised.low < realised.value < realised.high


def test_a_row_whose_value_was_rewritten_counts_for_neither():
    vault, ws = plant()
    whole = judged()
    rewritten = whole.with_columns(truth=pl.when(pl.col("row") < 50).then(pl.col("prediction")).otherwise("truth"))
    promised, realised = both(ws, facts(vault, "a", whole, "rmse"), facts(vault, "b", rewritten, "rmse"))
    assert promised.n == 150
    assert promised.value == pytest.approx(realised.value)


def test_classes_are_scored_by_name():
    """Worse predictions are seen as worse, in the measure of the adoption."""
    vault, ws = plant()
    draw = np.random.default_rng(1)
    truth = draw.choice(["A", "B", "C"], 300)
    good = pl.DataFrame({"row": range(300), "asset": [""] * 300, "truth": truth, "prediction": truth})
    bad = good.with_columns(prediction=pl.Series(np.where(draw.random(300) < 0.4, "A", truth)))
    promised, realised = both(ws, facts(vault, "a", good, "macro_f1"), facts(vault, "b", bad, "macro_f1"))
    assert promised.value == 1
    assert realised.high < 0.95


def test_too_few_rows_judged_both_times_say_nothing():
    vault, ws = plant()
    whole = judged()
    assert both(ws, facts(vault, "a", whole, "rmse"), facts(vault, "b", whole.head(20), "rmse")) is None
