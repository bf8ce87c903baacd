"""From a wish to an order, to new rows, to what they gave; in both languages, refused where it must be."""

import json
import re

import numpy as np
import polars as pl
import pytest

HAN = re.compile("[\u4e00-\u9fff]")


@pytest.fixture
def mill(tmp_path, call):
    draw = np.random.default_rng(0)
    X = draw.uniform(-2, 2, size=(600, 3))
    y = 40 + 5 * X[:, 0] + 3 * X[:, 1] ** 2 + 0.5 * draw.normal(size=600)
    frame = pl.DataFrame({f"x{i}": X[:, i] for i in range(3)}).with_columns(hardness=pl.Series(y))
    frame.head(300).write_csv(tmp_path / "first.csv")
    frame.tail(300).write_csv(tmp_path / "more.csv")
    call("init", str(tmp_path / "p"), "--as", "li")
    plant = ("-w", str(tmp_path / "p"))
    assert call("ingest", str(tmp_path / "first.csv"), "--name", "mill", "--target", "hardness", *plant).exit_code == 0
    return tmp_path, plant


def test_an_order_goes_from_wish_to_score(mill, call):
    folder, plant = mill
    done = json.loads(
        call(
            "feasible", "mill", "--task", "regression", "--target", "rmse<=0.01", "--more", "300", "--json", *plant
        ).stdout
    )
    assert done["wish"]["route"] == "none"
    assert "out of reach" in done["verdict"]["en"]
    assert HAN.search(done["verdict"]["zh"])
    assert done["floor"]["value"]["low"] <= 0.5 <= done["floor"]["value"]["high"]
    wrong = call("feasible", "mill", "--task", "regression", "--target", "rmse>=1", *plant)
    assert "better when lower" in wrong.stderr
    assert "nothing" not in call("order", "mill", *plant).stdout
    placed = json.loads(
        call("order", "mill", "--place", "rows", "--cost", "9", "--by", "2099-01-31", "--json", *plant).stdout
    )
    assert (placed["order"], placed["cost"], placed["who"]) == ("mill-1", 9.0, "li")
    assert "placed before as mill-1" in call("order", "mill", "--place", "rows", *plant).stderr
    assert "no order 'gold'" in call("order", "mill", "--place", "gold", *plant).stderr
    assert "is past" in call("order", "mill", "--place", "rows", "--by", "2001-01-31", *plant).stderr
    assert "nothing came" in call("order", "mill", "--close", "mill-1", *plant).stderr
    assert call("ingest", str(folder / "more.csv"), "--name", "mill", "--append", *plant).exit_code == 0
    closed = json.loads(call("order", "mill", "--close", "mill-1", "--json", *plant).stdout)
    assert closed["rows"] == {"ordered": 300, "came": 300, "judged": 300}
    assert closed["realised"]["value"] > 0
    assert closed["held"] == (closed["promised"]["low"] <= closed["realised"]["value"] <= closed["promised"]["high"])
    assert "was closed before" in call("order", "mill", "--close", "mill-1", *plant).stderr
    score = json.loads(call("order", "--json", *plant).stdout)["calibration"]
    assert (score["orders"], score["corrected"], score["factor"]) == (1, False, 1.0)
    assert HAN.search(call("order", "mill", "--lang", "zh", *plant).stdout)
    page = folder / "r.html"
    assert call("report", "mill", "--to", str(page), *plant).exit_code == 0
    text = page.read_text(encoding="utf-8")
    assert "Learning curve" in text
    assert "Promised and delivered" in text


def test_a_task_without_a_curve_is_refused(mill, call):
    _, plant = mill
    assert "needs a task with a target" in call("feasible", "mill", "--task", "monitoring", *plant).stderr
    assert "not known yet" in call("feasible", "mill", *plant).stderr
    assert "NAME is missing" in call("order", "--place", "rows", *plant).stderr
