"""Test 5: how good its model decides, on rows that it did not learn from, against what needs no model."""

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.errors import DiapasonError
from diapason.ports.workspace import Workspace
from diapason.services import attest, operate, publish
from diapason.services.qualify.measuring import Dimension, Measure, untested, yes
from diapason.services.qualify.public import folder, recognised
from diapason.vocabulary.acting import Manifest
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import VersionRef
from diapason.vocabulary.wire import plain

__all__ = ["PROTOCOL", "diagnosed", "unseen"]

PROTOCOL = Text(
    "signed out-of-sample predictions of its model against a baseline without one; paired, by asset where several",
    "以模型签名的样本外预测对比无模型基线；配对比较，多设备时按设备抽样",
)
_TABLE = "honest"
_ROOM = 0.01
"""Share of the loss at once by which a loss on the line may be higher, for tasks that raise no alarms."""


def diagnosed(ws: Workspace, manifest: Manifest, *, seed: int) -> Dimension:
    """Compare losses row by row; the model must not be worse than the baseline, surely."""
    if not manifest.model:
        return untested(
            5, PROTOCOL, Text("it works by rules alone; no diagnosis was recorded", "仅按规则运行；无诊断记录")
        )
    one = publish.find(ws, manifest.model)
    run = attest.finished(ws, str(one.facts["run"]))
    kept = run["kept"].get(_TABLE)
    task = str(one.facts["task"])
    if kept is None or task not in _LOSS:
        return untested(5, PROTOCOL, Text(f"no kept predictions of {task} to judge", f"没有可评判的 {task} 预测"))
    rows = pl.read_csv(BytesIO(ws.vault.get(str(kept["sha256"]))), infer_schema_length=None)
    mine, theirs = _LOSS[task](rows)
    less, low, high, clusters = _paired(mine, theirs, rows, seed)
    name = Text("loss of the baseline less its own", "基线损失减模型损失")
    measure = Measure(name, less, low, high, len(mine), "≥ 0", low >= 0)
    line = _on_the_line(ws, manifest, str(one.facts["dataset"])) if task == "monitoring" else ()
    facts = {"task": task, "recipe": str(one.facts["recipe"]), "clusters": clusters, "run": run["run"]}
    public, told = unseen(ws, manifest, seed=seed)
    measures, facts = (measure, *line, *public), facts | told
    state = "passed" if all(m.holds for m in measures) else "failed"
    return Dimension(5, state, measures, PROTOCOL, str(kept["sha256"]), facts=facts)


def _on_the_line(ws: Workspace, manifest: Manifest, dataset: str) -> tuple[Measure, ...]:
    """What it would have said on the line, row by row, against its word on the whole history."""
    try:
        said = operate.replay(ws, manifest.name, dataset, every=True)
    except DiapasonError:
        return (yes(Text("its history could be replayed", "历史可重放"), holds=False),)
    if said["no_worse"] is None:
        return ()
    name = Text("no worse on the line than on the whole history", "在线判断不劣于离线评估")
    return (yes(name, holds=bool(said["no_worse"]), n=int(said["rows"])),)


def unseen(ws: Workspace, manifest: Manifest, *, seed: int) -> tuple[tuple[Measure, ...], dict[str, Any]]:
    """Where its model was learnt on a public set: runs of that set that it never saw, through the code of the line.

    Returns:
        Measures, none where no such set is known or none lies here; and what was told of the detection.
    """
    place = folder()
    if place is None:
        return (), {"public": ""}
    one = publish.find(ws, manifest.model).facts
    inputs = {c["name"]: c["kind"] for c in one["contract"]["columns"] if c["role"] == "feature"}
    plainly = set(inputs.values()) == {"number"} and str(one["task"]) in ("monitoring", "remaining_life")
    learnt = ws.lake.scan(VersionRef.parse(str(one["dataset"]))).select(list(inputs)).collect() if plainly else None
    held = recognised(learnt, place) if learnt is not None else None
    if held is None:
        return (), {"public": ""}
    past = operate.held_out(ws, manifest, held.frame, held.title)
    facts, line, whole = operate.streamed(ws, manifest, past)
    told = {"public": held.title, "runs": held.runs, "replay": plain(facts)}
    task = str(one["task"])
    rows = _rows_of(past, line, task, one)
    less, low, high, _ = _paired(*_LOSS[task](rows), rows, seed)
    name = Text(
        f"{held.title}: loss of the baseline less its own, unseen", f"{held.title}：未见数据上基线损失减模型损失"
    )
    unseen_ = Measure(name, less, low, high, len(rows), "≥ 0", low >= 0)
    name = Text(f"{held.title}: no worse on the line than offline", f"{held.title}：在线不劣于离线评估")
    if facts["no_worse"] is not None:
        return (yes(name, holds=bool(facts["no_worse"]), n=len(line)), unseen_), told
    if whole is None:
        return (yes(name, holds=False, n=len(line)), unseen_), told
    at_once = _LOSS[task](_rows_of(past, whole, task, one))[0]
    less, low, high, _ = _paired(_LOSS[task](rows)[0], at_once, rows, seed)
    room = _ROOM * float(at_once.mean())
    return (Measure(name, less, low, high, len(rows), f"≥ -{room:.2g}", low >= -room), unseen_), told


def _rows_of(past: Any, said: NDArray[np.float64], task: str, one: Mapping[str, Any]) -> pl.DataFrame:
    """Truth and word of each run's rows as a kept table; of a life only the last row counts, with its cap."""
    examples = past.examples
    asset = [examples.assets[int(c)] for c in examples.asset]
    table = pl.DataFrame({"asset": asset, "truth": examples.target, "prediction": said, "time": past.time})
    if task == "monitoring":
        return table.with_columns(fold=pl.lit(0))
    last = table.group_by("asset", maintain_order=True).last()
    cap = float(one.get("settings", {}).get("horizon") or np.inf)
    names = {n: i for i, n in enumerate(last["asset"])}
    return last.with_columns(pl.col("truth").clip(upper_bound=cap), fold=pl.col("asset").replace_strict(names) % 5)


Losses = tuple[NDArray[np.float64], NDArray[np.float64]]


def _numeric(rows: pl.DataFrame) -> Losses:
    """Absolute error against the median of the other folds' truth."""
    truth, guess = rows["truth"].cast(pl.Float64).to_numpy(), rows["prediction"].cast(pl.Float64).to_numpy()
    base = np.empty_like(truth)
    folds = rows["fold"].to_numpy()
    for fold in np.unique(folds):
        inside = folds == fold
        base[inside] = np.median(truth[~inside]) if (~inside).any() else np.median(truth)
    return np.abs(guess - truth), np.abs(base - truth)


def _classes(rows: pl.DataFrame) -> Losses:
    """Wrong or right, balanced by class, against the commonest class of the other folds."""
    truth, guess = rows["truth"].cast(pl.String).to_numpy(), rows["prediction"].cast(pl.String).to_numpy()
    folds, base = rows["fold"].to_numpy(), np.empty(len(truth), dtype=object)
    for fold in np.unique(folds):
        inside = folds == fold
        words, counts = np.unique(truth[~inside] if (~inside).any() else truth, return_counts=True)
        base[inside] = words[counts.argmax()]
    weight = _balanced(truth)
    return (guess != truth) * weight, (base != truth) * weight


def _alarms(rows: pl.DataFrame) -> Losses:
    """Misses and false alarms, weighed alike, against an alarm that never comes."""
    truth = rows["truth"].cast(pl.Float64).to_numpy() > 0
    alarm = rows["prediction"].cast(pl.Float64).to_numpy() >= 1.0
    weight = _balanced(truth.astype(str))
    return (alarm != truth) * weight, truth * weight


def _balanced(truth: NDArray[np.str_]) -> NDArray[np.float64]:
    words, place, counts = np.unique(truth, return_inverse=True, return_counts=True)
    made: NDArray[np.float64] = (len(truth) / len(words) / counts)[place]
    return made


_LOSS: Mapping[str, Callable[[pl.DataFrame], Losses]] = {
    "regression": _numeric,
    "remaining_life": _numeric,
    "forecasting": _numeric,
    "classification": _classes,
    "monitoring": _alarms,
}


def _paired(
    mine: NDArray[np.float64], theirs: NDArray[np.float64], rows: pl.DataFrame, seed: int
) -> tuple[float, float, float, int]:
    """The mean difference with its 95 % interval; whole assets are drawn where there are several, else stretches."""
    gain = theirs - mine
    names = rows["asset"].cast(pl.String).fill_null("").to_numpy()
    words = np.unique(names)
    groups = [gain[names == w] for w in words] if len(words) > 4 else np.array_split(gain, min(20, len(gain)))
    sums, sizes = np.array([g.sum() for g in groups]), np.array([len(g) for g in groups])
    picks = np.random.default_rng(seed).integers(0, len(groups), (4000, len(groups)))
    draws = sums[picks].sum(axis=1) / sizes[picks].sum(axis=1)
    return float(gain.mean()), float(np.quantile(draws, 0.025)), float(np.quantile(draws, 0.975)), len(groups)
