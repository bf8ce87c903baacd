"""The story of `evaluate`: seal what will be judged, match it with rows, judge as our own is judged, sign."""

import time
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.learning.assembling import TASKS
from diapason.engines.learning.evaluating import Judged, judged_table
from diapason.engines.learning.metrics import deployment, score
from diapason.engines.learning.splits import honest
from diapason.errors import DataError, NotFound
from diapason.ports.workspace import Workspace
from diapason.services import attest, permit
from diapason.services.evaluate.foreign import foreign
from diapason.services.evaluate.matching import matched
from diapason.services.ingest import contract as contract_of
from diapason.services.learn.judging import judged_by_others
from diapason.services.learn.material import LARGEST, examples_of, frame_of
from diapason.vocabulary.evidence import Plan
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.language import Text
from diapason.vocabulary.splits import Split
from diapason.vocabulary.tables import Contract, VersionRef
from diapason.vocabulary.tasks import Task
from diapason.vocabulary.wire import plain

__all__ = ["run"]

Array = NDArray[np.float64]

FOLDS, SEED = 5, 0
"""Those of `learn`, so that fold by fold the same rows are compared."""


def run(
    ws: Workspace,
    name: str,
    task: str,
    *,
    predictions: str = "",
    onnx: str = "",
    horizon: float | None = None,
    normal_first: int = 0,
) -> dict[str, Any]:
    """Judge predictions that were made elsewhere, on the rows of a dataset.

    Args:
        task: one of the task types: classification, regression, remaining_life, monitoring.
        predictions: CSV with `prediction` (a number or a class name; or `p_CLASS` columns), matched by `_row`, by the
            asset and time columns, or line by line in the order in which the dataset came in.
        onnx: a model; see `foreign`.
        horizon: for remaining life, the cap of the truth.
        normal_first: for monitoring, first rows of each asset that were declared normal; they are not judged.

    Returns:
        The scorecard with clustered intervals and weak slices, the measure on each fold of the honest split, our own
        score where this version was learnt, and the run. Rows the model has learnt from flatter it, which nobody here
        can know: the result says so.

    Raises:
        NotFound: no such dataset or file.
        DataError: no such task; neither or both of the two are given; they don't fit the rows.
        Missing: onnxruntime is not installed.
    """
    begin, settings = time.monotonic(), {"task": _task(task), "horizon": horizon, "normal_first": normal_first}
    source, data = _source(predictions, onnx)
    ref = _version(ws, name)
    contract = contract_of(ws, ref.name)
    frame = frame_of(ws, ref, contract, 0, LARGEST)
    examples = examples_of(frame, contract, settings)
    split = honest(examples, seed=SEED, folds=FOLDS)
    run_ = _begun(ws, ref, settings, data)
    try:
        given, odd = _given(data, bool(predictions), examples, frame, contract, str(source))
        judged = _judged(examples, given, split)
        card = judged_by_others(examples, judged, split, recipe=source.name, seed=SEED)
    except DataError as error:
        run_.abandon(str(error.what))
        raise
    run_.keep("given", judged_table(examples, judged), scores={card.metric.name: card.score.value})
    result = {
        "given": plain(card),
        "metric": card.metric.name,
        "task": settings["task"],
        "source": source.name,
        "rows": _rows(frame, examples, judged, odd),
        "split": {"kind": split.kind.value, "why": split.why},
        "folds": _by_fold(examples, judged, card.metric.name),
        "ours": _ours(ws, ref, settings),
        "cost": {"spent": {"seconds": round(time.monotonic() - begin, 1)}},
        "cannot_know": "whether the model has learnt from these rows",
    }
    run_.finish(result)
    return {"run": run_.id, "dataset": str(ref), **result}


def _given(
    data: bytes, table: bool, examples: Examples, frame: pl.DataFrame, contract: Contract, at: str
) -> tuple[Array, int]:
    """Predictions in the order of the examples, and how many lines of a table speak of no row."""
    return matched(data, examples, frame, contract, at) if table else (foreign(data, examples, at), 0)


def _rows(frame: pl.DataFrame, examples: Examples, judged: Judged, odd: int) -> dict[str, int]:
    n = len(judged.index)
    return {"read": frame.height, "judged": n, "without": len(examples) - n, "foreign": odd}


def _task(word: str) -> str:
    """The task type of that name."""
    if word in TASKS:
        return Task(word).value
    raise DataError(
        Text(f"'{word}' is not a task type that can be judged", f"“{word}”不是可评判的任务类型"),
        at="--task",
        fix=Text("choose one of: " + ", ".join(TASKS), "可选：" + "、".join(TASKS)),
    )


def _source(predictions: str, onnx: str) -> tuple[Path, bytes]:
    """The one file that is given, and its bytes."""
    if bool(predictions) == bool(onnx):
        raise DataError(
            Text("give either predictions or a model", "请提供预测表或模型之一"),
            at="--predictions, --onnx",
            fix=Text("--predictions FILE.csv, or --onnx FILE.onnx", "--predictions 文件.csv，或 --onnx 文件.onnx"),
        )
    path = Path(predictions or onnx)
    try:
        return path, path.read_bytes()
    except OSError as error:
        raise NotFound(
            Text(f"can't read {path.name or path}", f"无法读取 {path.name or path}"),
            at=str(path.resolve()),
            fix=Text("check the path, and that you may read it", "请检查路径与读取权限"),
        ) from error


def _judged(examples: Examples, given: Array, split: Split) -> Judged:
    """Rows that have a prediction, whose truth is known, and that were not declared to be learnt from.

    Each with the fold in which the honest split judges it, -1 where that split only learns from it.
    """
    has = np.isfinite(given if given.ndim == 1 else given.sum(axis=1)) & np.isfinite(examples.target)
    if examples.normal is not None:
        has &= ~examples.normal
    index = np.flatnonzero(has)
    if not len(index):
        raise DataError(
            Text("no predicted row has a known truth", "没有一行同时有预测与真值"),
            at="target",
            fix=Text("ingest the data with its target", "请导入带有目标列的数据"),
        )
    fold = np.full(len(examples), -1, np.int64)
    for number, one in enumerate(split.folds):
        fold[one.test] = number
    return Judged(index, fold[index], given[index])


def _by_fold(examples: Examples, judged: Judged, metric: str) -> list[dict[str, Any]]:
    """The measure on each fold of the honest split; uneven where a model has learnt some of the rows by heart."""
    truth = examples.target[judged.index]
    told = []
    for number in np.unique(judged.fold):
        mine = judged.fold == number
        value = score(metric, truth[mine], judged.prediction[mine])
        told.append({"fold": int(number), "n": int(mine.sum()), "value": value if np.isfinite(value) else None})
    return told


def _ours(ws: Workspace, ref: VersionRef, settings: Mapping[str, Any]) -> dict[str, Any] | None:
    """The honest score of our own learner on the same version and task, if it was learnt."""
    found = attest.result(ws, "learn", str(ref))
    if found is None or found["result"]["task"] != settings["task"]:
        return None
    asked = found["plan"]["settings"]
    if any(asked.get(k) != settings[k] for k in ("horizon", "normal_first")):
        return None
    return {"run": found["run"], "model": found["result"]["model"], "score": found["result"]["honest"]["score"]}


def _version(ws: Workspace, name: str) -> VersionRef:
    ref = VersionRef.parse(name)
    if ws.lake.versions(ref.name):
        return ws.lake.version(ref).ref
    names = ws.lake.datasets()
    raise NotFound(
        Text(f"there is no dataset '{ref.name}'", f"没有数据集“{ref.name}”"),
        at=str(ws.folder),
        fix=Text("choose one of: " + (", ".join(names) or "(none)"), "可选：" + ("、".join(names) or "（无）")),
    )


def _begun(ws: Workspace, ref: VersionRef, settings: Mapping[str, Any], data: bytes) -> attest.Run:
    """The sealed plan, where the terms of the data allow it."""
    permit.used(ws, "evaluate", str(ref))
    return attest.begin(ws, _plan(ws, ref, settings, data))


def _plan(ws: Workspace, ref: VersionRef, settings: Mapping[str, Any], data: bytes) -> Plan:
    given = sha256(data).hexdigest()
    return Plan(
        verb="evaluate",
        dataset=str(ref),
        dataset_digest=ws.lake.version(ref).digest,
        hypothesis="how good these predictions are",
        metric=deployment(Task(settings["task"])).name,
        split="all rows as given",
        candidates=(given[:12],),
        seed=0,
        budget={},
        settings={**settings, "given": given},
    )
