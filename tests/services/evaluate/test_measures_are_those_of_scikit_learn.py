"""A model of scikit-learn, brought as predictions or as ONNX, gets the figures that scikit-learn counts itself."""

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, save
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    confusion_matrix,
    f1_score,
    mean_absolute_error,
    r2_score,
    root_mean_squared_error,
)

from diapason.engines.learning.splits import honest
from diapason.ports.workspace import Workspace
from diapason.services import attest, evaluate, ingest, workspace
from diapason.services.ingest import contract
from diapason.services.learn.material import examples_of, frame_of
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.splits import Split
from diapason.vocabulary.tables import VersionRef

Array = NDArray[np.float64]
NAMES = ["flow", "heat", "load"]
GRADES = np.array(["coarse", "fine", "middle"])


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A mill of eight stands, its rows out of order; a measured strength and a grade for each."""
    folder, draw = tmp_path_factory.mktemp("mill"), np.random.default_rng(11)
    X = draw.normal(size=(400, 3))
    stand = np.repeat(np.arange(8), 50)
    strength = X @ [2.0, -1.0, 0.5] + 0.3 * stand + draw.normal(size=400)
    grade = GRADES[np.digitize(X[:, 0] + 0.7 * draw.normal(size=400), [-0.8, 0.3])]
    frame = pl.DataFrame(dict(zip(NAMES, X.T, strict=True))).with_columns(
        stand=stand, minute=np.tile(np.arange(50), 8), strength=strength, grade=grade
    )[draw.permutation(400)]
    workspace.init(folder / "plant", person="li")
    ws = workspace.open_workspace(folder / "plant", person="li")
    for name, target, other in (("regression", "strength", "grade"), ("classification", "grade", "strength")):
        frame.drop(other).write_csv(folder / f"{name}.csv")
        story = ingest.run(ws, str(folder / f"{name}.csv"), name=name, asset="stand", time="minute", target=target)
        asyncio.run(story)
    return ws


def material(plant: Workspace, task: str) -> tuple[Examples, Split, Array]:
    """Rows as evaluate sees them, the folds of the honest split, and the inputs."""
    agreed = contract(plant, task)
    examples = examples_of(frame_of(plant, VersionRef(task, 1), agreed, 0), agreed, {"task": task})
    return examples, honest(examples, seed=0, folds=5), examples.features.select(NAMES).to_numpy()


def counted(task: str, truth: Array, said: Array) -> dict[str, float]:
    """The measures as scikit-learn counts them; said: values, or class codes."""
    if task == "regression":
        return {
            "rmse": root_mean_squared_error(truth, said),
            "mae": mean_absolute_error(truth, said),
            "r2": r2_score(truth, said),
        }
    table = confusion_matrix(truth, said)
    wrong = (table.sum(0) - np.diag(table)) / (table.sum() - table.sum(1))
    return {
        "macro_f1": f1_score(truth, said, average="macro"),
        "accuracy": accuracy_score(truth, said),
        "balanced_accuracy": balanced_accuracy_score(truth, said),
        "misses": 1 - balanced_accuracy_score(truth, said),
        "false_alarms": wrong.mean(),
    }


def same(task: str, done: dict[str, Any], examples: Examples, split: Split, said: Array) -> None:
    """Over all rows and fold by fold; and the kept predictions name the folds."""
    wanted, card = counted(task, examples.target, said), done["given"]
    found = {done["metric"]: card["score"]} | card["others"]
    assert {name: e["value"] for name, e in found.items()} == pytest.approx(wanted, rel=1e-5)
    assert found[done["metric"]]["low"] < wanted[done["metric"]] < found[done["metric"]]["high"]
    folds = [counted(task, examples.target[f.test], said[f.test])[done["metric"]] for f in split.folds]
    assert [f["value"] for f in done["folds"]] == pytest.approx(folds, rel=1e-5)
    assert [f["n"] for f in done["folds"]] == [len(f.test) for f in split.folds]
    assert done["split"]["kind"] == "asset"
    assert done["rows"] == {"read": 400, "judged": 400, "without": 0, "foreign": 0}


@pytest.mark.parametrize("task", ["regression", "classification"])
def test_cross_fitted_predictions(plant: Workspace, tmp_path: Path, task: str) -> None:
    """Learnt on the training rows of each honest fold, predicted on its test rows; handed in shuffled."""
    examples, split, X = material(plant, task)
    made = np.zeros((len(X), 3 if task == "classification" else 1))
    for fold in split.folds:
        learner = Ridge() if task == "regression" else LogisticRegression()
        learner.fit(X[fold.train], examples.target[fold.train])
        told = learner.predict(X[fold.test])[:, None] if task == "regression" else learner.predict_proba(X[fold.test])
        made[fold.test] = told
    names = ["prediction"] if task == "regression" else [f"p_{c}" for c in examples.classes]
    table = pl.DataFrame({"_row": examples.rows} | dict(zip(names, made.T, strict=True)))
    table.sample(fraction=1, shuffle=True, seed=3).write_csv(tmp_path / "mine.csv")
    done = evaluate.run(plant, task, task, predictions=str(tmp_path / "mine.csv"))
    said = made[:, 0] if task == "regression" else made.argmax(axis=1).astype(float)
    same(task, done, examples, split, said)
    kept = pl.read_csv(plant.vault.get(attest.finished(plant, done["run"])["kept"]["given"]["sha256"]))
    where = dict(zip(kept["row"].to_list(), kept["fold"].to_list(), strict=True))
    assert all(where[int(examples.rows[i])] == number for number, f in enumerate(split.folds) for i in f.test)


@pytest.mark.parametrize("task", ["regression", "classification"])
def test_an_onnx_model(plant: Workspace, tmp_path: Path, task: str) -> None:
    """The same weights in a file of ONNX: a product and a sum, for classes a softmax after it."""
    examples, split, X = material(plant, task)
    early = np.flatnonzero(examples.time < 25)
    learner = Ridge() if task == "regression" else LogisticRegression()
    learner.fit(X[early], examples.target[early])
    weights, offset = np.atleast_2d(learner.coef_).T, np.atleast_1d(learner.intercept_)
    exported(tmp_path / "mine.onnx", examples, weights, offset, softmax=task == "classification")
    done = evaluate.run(plant, task, task, onnx=str(tmp_path / "mine.onnx"))
    same(task, done, examples, split, np.asarray(learner.predict(X), float))


def exported(path: Path, examples: Examples, weights: Array, offset: Array, *, softmax: bool) -> None:
    """Numbers in the dataset's order go in; the weights of the inputs that are not ours are zero."""
    order = [c for c in examples.features.columns if examples.features[c].dtype.is_numeric()]
    full = np.zeros((len(order), weights.shape[1]), np.float32)
    full[[order.index(n) for n in NAMES]] = weights
    nodes = [helper.make_node("Gemm", ["x", "w", "b"], ["z"])]
    nodes += [helper.make_node("Softmax", ["z"], ["y"], axis=1)] if softmax else []
    graph = helper.make_graph(
        nodes,
        "linear",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, len(order)])],
        [helper.make_tensor_value_info("y" if softmax else "z", TensorProto.FLOAT, [None, weights.shape[1]])],
        [
            helper.make_tensor("w", TensorProto.FLOAT, full.shape, full.ravel()),
            helper.make_tensor("b", TensorProto.FLOAT, offset.shape, offset.astype(np.float32)),
        ],
    )
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), str(path))
