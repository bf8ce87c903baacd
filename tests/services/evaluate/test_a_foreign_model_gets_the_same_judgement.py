"""Predictions made elsewhere are matched with the right rows, judged, signed; a wrong match is refused in words."""

import asyncio
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from diapason.errors import DataError, NotFound
from diapason.ports.workspace import Workspace
from diapason.services import attest, evaluate, ingest, workspace

ERROR = 0.5


def engines() -> pl.DataFrame:
    """Rows of four engines, shuffled as a file may well be; two rows have no truth."""
    draw = np.random.default_rng(4)
    unit, cycle = np.repeat(np.arange(1, 5), 30), np.tile(np.arange(30), 4)
    heat, load = draw.normal(size=(2, 120))
    frame = pl.DataFrame({"unit": unit, "cycle": cycle, "heat": heat, "load": load, "power": 2 * heat - load + unit})
    frame = frame[draw.permutation(120)]
    hidden = pl.when(pl.int_range(pl.len()).is_in([5, 50])).then(None).otherwise(pl.col("power"))
    return frame.with_columns(
        power=hidden, grade=pl.when(pl.col("heat") > 0).then(pl.lit("hot")).otherwise(pl.lit("cold"))
    )


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("foreign")
    workspace.init(folder / "plant", person="li")
    ws = workspace.open_workspace(folder / "plant", person="li")
    engines().drop("grade").write_csv(folder / "engines.csv")
    asyncio.run(ingest.run(ws, str(folder / "engines.csv"), name="engines", asset="unit", time="cycle", target="power"))
    engines().select("heat", "load", "grade").write_csv(folder / "grades.csv")
    asyncio.run(ingest.run(ws, str(folder / "grades.csv"), name="grades", target="grade"))
    return ws


def guessed() -> pl.DataFrame:
    frame = engines()
    return frame.with_columns(prediction=2 * pl.col("heat") - pl.col("load") + pl.col("unit") + ERROR)


@pytest.mark.parametrize(
    ("by", "change"),
    [
        ("order of the file", lambda f: f.select("prediction")),
        ("row", lambda f: f.with_row_index("row").select("row", "prediction").reverse()),
        ("asset and time", lambda f: f.select("unit", "cycle", "prediction").sample(fraction=1, shuffle=True, seed=1)),
        ("judged rows in order", lambda f: f.filter(pl.col("power").is_not_null()).select("prediction")),
    ],
)
def test_predictions_find_their_rows(plant: Workspace, tmp_path: Path, by: str, change) -> None:
    """However they are matched, each prediction is off by exactly what it is off by."""
    change(guessed()).write_csv(tmp_path / "mine.csv")
    done = evaluate.run(plant, "engines", "regression", predictions=str(tmp_path / "mine.csv"))
    assert done["given"]["score"]["value"] == pytest.approx(ERROR), by
    assert done["rows"]["judged"] == 118
    kept = attest.finished(plant, done["run"])["kept"]["given"]
    assert kept["scores"]["rmse"] == pytest.approx(ERROR)


def test_rows_without_a_prediction_are_counted_not_guessed(plant: Workspace, tmp_path: Path) -> None:
    """Half of the rows are predicted: half are judged, and the result says so."""
    guessed().with_row_index("row").select("row", "prediction").head(60).write_csv(tmp_path / "half.csv")
    done = evaluate.run(plant, "engines", "regression", predictions=str(tmp_path / "half.csv"))
    assert done["rows"]["judged"] + done["rows"]["without"] == 118
    assert done["given"]["score"]["value"] == pytest.approx(ERROR)


def test_lines_that_speak_of_no_row_are_counted(plant: Workspace, tmp_path: Path) -> None:
    """Missing rows, foreign rows and lines without a key are told apart; none of them moves the figure."""
    mine = guessed().with_row_index("row").select(pl.col("row").cast(pl.Int64), "prediction").head(100)
    mine = mine.with_columns(pl.col("prediction").cast(pl.String))
    odd = pl.DataFrame({"row": [120, 9999, -1, None], "prediction": ["1e6", "1e6", "nan", "1e6"]})
    pl.concat([odd, mine]).write_csv(tmp_path / "odd.csv")
    done = evaluate.run(plant, "engines", "regression", predictions=str(tmp_path / "odd.csv"))
    assert done["rows"]["foreign"] == 4
    assert (done["rows"]["judged"], done["rows"]["without"]) == (98, 20)
    assert done["given"]["score"]["value"] == pytest.approx(ERROR)
    keyed = guessed().select("unit", "cycle", "prediction")
    alien = pl.DataFrame({"unit": [1, 77], "cycle": [500, 0], "prediction": [1e6, 1e6]}, schema=keyed.schema)
    pl.concat([keyed, alien]).write_csv(tmp_path / "alien.csv")
    done = evaluate.run(plant, "engines", "regression", predictions=str(tmp_path / "alien.csv"))
    assert (done["rows"]["foreign"], done["rows"]["judged"]) == (2, 118)


@pytest.mark.parametrize("task", ["guess", "", "forecasting", "Regression"])
def test_an_unknown_task_is_met_with_the_list(plant: Workspace, task: str) -> None:
    """Before anything is read; in both languages."""
    with pytest.raises(DataError, match="is not a task type that can be judged") as caught:
        evaluate.run(plant, "engines", task, predictions="none.csv")
    for language in ("en", "zh"):
        fix = caught.value.said(language)["fix"]
        assert all(t in fix for t in ("classification", "regression", "remaining_life", "monitoring"))


@pytest.mark.parametrize(
    ("text", "task", "name", "said"),
    [
        ("prediction\n1\n2\n", "regression", "engines", "2 predictions for 120 rows"),
        ("row,prediction\n1,3\n1,4\n", "regression", "engines", "same row"),
        ("row,prediction\n999,3\n", "regression", "engines", "no row of the dataset has a prediction"),
        ("row,guess\n1,3\n", "regression", "engines", "no column 'prediction'"),
        ("row,prediction\n1,tepid\n", "classification", "grades", "class 'tepid'"),
        ("", "regression", "engines", "not a table"),
        ("row,prediction\n1,nan\n", "regression", "engines", "no row of the dataset has a prediction"),
        ("row;prediction\n1;3\n", "regression", "engines", "no column 'prediction'"),
        ("unit,cycle,prediction\n1,2,3\n1.0,2,4\n", "regression", "engines", "same row"),
        ("row,p_hot\n1,0.5\n", "classification", "grades", "no column 'prediction'"),
        ("row,prediction\n1,3\n2,many\n", "regression", "engines", "'many' is not a number"),
        ("prediction\nhot\n", "classification", "grades", "1 predictions for 120 rows"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(
    plant: Workspace, tmp_path: Path, text: str, task: str, name: str, said: str
) -> None:
    """What, where, and the fix; the sealed plan is counted as abandoned, not left open."""
    (tmp_path / "bad.csv").write_text(text)
    with pytest.raises(DataError, match=said) as caught:
        evaluate.run(plant, name, task, predictions=str(tmp_path / "bad.csv"))
    assert caught.value.at
    for language in ("en", "zh"):
        assert caught.value.said(language)["fix"]
    assert re.search("[一-鿿]", caught.value.said("zh")["fix"])
    assert "unfinished" not in {r["state"] for r in attest.runs(plant, name) if r["verb"] == "evaluate"}


def test_one_of_the_two_and_a_file_that_is_there(plant: Workspace, tmp_path: Path) -> None:
    """Neither, both, or nothing at that path."""
    with pytest.raises(DataError, match="either predictions or a model"):
        evaluate.run(plant, "engines", "regression")
    with pytest.raises(NotFound, match="can't read"):
        evaluate.run(plant, "engines", "regression", predictions=str(tmp_path / "none.csv"))


def test_classes_by_name_and_by_probability(plant: Workspace, tmp_path: Path) -> None:
    """Names and probabilities of the same decisions give the same measure."""
    frame = engines()
    frame.select(prediction="grade").write_csv(tmp_path / "names.csv")
    hot = (frame["grade"] == "hot").cast(pl.Float64)
    pl.DataFrame({"p_hot": 0.1 + 0.8 * hot, "p_cold": 0.9 - 0.8 * hot}).write_csv(tmp_path / "shares.csv")
    for file in ("names.csv", "shares.csv"):
        done = evaluate.run(plant, "grades", "classification", predictions=str(tmp_path / file))
        assert done["given"]["score"]["value"] == 1.0
        assert done["given"]["others"]["misses"]["value"] == done["given"]["others"]["false_alarms"]["value"] == 0.0


def test_a_file_in_another_encoding_is_refused(plant: Workspace, tmp_path: Path) -> None:
    """As a spreadsheet may write it, or no text at all."""
    for data in ("row,prediction,备注\n1,3,合格\n".encode("gb18030"), bytes(range(256))):
        (tmp_path / "odd.csv").write_bytes(data)
        with pytest.raises(DataError, match=r"not a table in CSV|no column"):
            evaluate.run(plant, "engines", "regression", predictions=str(tmp_path / "odd.csv"))


def test_codes_written_with_a_point_are_classes(plant: Workspace, tmp_path: Path) -> None:
    """Where a cell is empty, other programs write the class 1 as 1.0."""
    codes = [0, 1, 2] * 20
    pl.DataFrame({"x": np.arange(60.0), "code": codes}).write_csv(tmp_path / "codes.csv")
    asyncio.run(ingest.run(plant, str(tmp_path / "codes.csv"), name="codes", target="code"))
    (tmp_path / "mine.csv").write_text("row,prediction\n0,\n" + "".join(f"{i},{codes[i]}.0\n" for i in range(1, 60)))
    done = evaluate.run(plant, "codes", "classification", predictions=str(tmp_path / "mine.csv"))
    assert done["given"]["others"]["accuracy"]["value"] == 1.0
    assert done["rows"]["judged"] == 59


def linear_onnx(path: Path, weights: list[float], name: str = "x") -> None:
    """A file with one product and one sum."""
    from onnx import TensorProto, helper, save

    w = helper.make_tensor("w", TensorProto.FLOAT, [len(weights), 1], weights)
    graph = helper.make_graph(
        [helper.make_node("MatMul", [name, "w"], ["y"])],
        "line",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, len(weights)])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 1])],
        [w],
    )
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), str(path))


def test_an_onnx_model_runs_on_the_number_columns(plant: Workspace, tmp_path: Path) -> None:
    """2 heat - load is right but for the engine's own offset; a model of another width is refused."""
    linear_onnx(tmp_path / "line.onnx", [2.0, -1.0])
    done = evaluate.run(plant, "engines", "regression", onnx=str(tmp_path / "line.onnx"))
    assert done["given"]["score"]["value"] == pytest.approx(np.sqrt(np.mean(np.arange(1, 5) ** 2)), rel=0.02)
    linear_onnx(tmp_path / "wide.onnx", [1.0, 1.0, 1.0])
    with pytest.raises(DataError, match="takes 3 numbers a row"):
        evaluate.run(plant, "engines", "regression", onnx=str(tmp_path / "wide.onnx"))
    (tmp_path / "broken.onnx").write_bytes(b"no model")
    with pytest.raises(DataError, match="does not run"):
        evaluate.run(plant, "engines", "regression", onnx=str(tmp_path / "broken.onnx"))


def graph_onnx(path: Path, nodes: list[tuple[str, list[str], list[str]]], inputs: list[str], constants=()) -> None:
    """A file of ONNX whose inputs are columns of numbers, with one output y."""
    from onnx import TensorProto, helper, save

    graph = helper.make_graph(
        [helper.make_node(*n) for n in nodes],
        "g",
        [helper.make_tensor_value_info(i, TensorProto.FLOAT, [None, 1]) for i in inputs],
        [helper.make_empty_tensor_value_info("y")],
        list(constants),
    )
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), str(path))


def test_inputs_are_matched_with_columns_by_name(plant: Workspace, tmp_path: Path) -> None:
    """heat - load from two inputs, whatever their order; an input that is no column is refused with the list."""
    graph_onnx(tmp_path / "two.onnx", [("Sub", ["heat", "load"], ["y"])], ["load", "heat"])
    done = evaluate.run(plant, "engines", "regression", onnx=str(tmp_path / "two.onnx"))
    frame = engines()
    error = (frame["heat"] - frame["load"] - frame["power"]).drop_nulls().to_numpy()
    assert done["given"]["score"]["value"] == pytest.approx(np.sqrt(np.mean(error**2)), rel=1e-5)
    graph_onnx(tmp_path / "odd.onnx", [("Sub", ["heat", "speed"], ["y"])], ["heat", "speed"])
    with pytest.raises(DataError, match="wants an input 'speed'") as caught:
        evaluate.run(plant, "engines", "regression", onnx=str(tmp_path / "odd.onnx"))
    assert "load" in caught.value.said("zh")["fix"]


def test_an_output_of_another_shape_is_refused(plant: Workspace, tmp_path: Path) -> None:
    """One number for all rows is no prediction; a class that is not in the data is named."""
    graph_onnx(tmp_path / "one.onnx", [("ReduceSum", ["heat"], ["y"])], ["heat"])
    with pytest.raises(DataError, match=r"the model gives \(1, 1\)") as caught:
        evaluate.run(plant, "engines", "regression", onnx=str(tmp_path / "one.onnx"))
    assert "118 numbers" in str(caught.value.fix)
    graph_onnx(tmp_path / "class.onnx", [("Identity", ["heat"], ["y"])], ["heat"])
    with pytest.raises(DataError, match="the model says a class '") as caught:
        evaluate.run(plant, "grades", "classification", onnx=str(tmp_path / "class.onnx"))
    assert "cold" in caught.value.said("zh")["fix"]
