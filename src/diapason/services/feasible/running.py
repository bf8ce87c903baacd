"""The story of `feasible`: seal the plan, look, hold a wish against what was found, sign."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from diapason.engines.evidence.canonical import digest
from diapason.engines.feasibility.promise import FARTHEST, Reach, Scale, band, gain, reach
from diapason.engines.feasibility.residue import Known
from diapason.engines.feasibility.verdict import Ruling, rule
from diapason.engines.learning.evaluating import gathered, judged_table
from diapason.engines.learning.metrics import deployment
from diapason.engines.learning.sampling import sample
from diapason.errors import DataError, NotFound
from diapason.ports.workspace import Workspace
from diapason.services import attest, permit
from diapason.services.feasible import saying
from diapason.services.feasible.looking import Looked, look, material, planned
from diapason.services.feasible.wishes import Wish, wished
from diapason.services.ingest import contract as contract_of
from diapason.services.learn.material import examples_of, frame_of
from diapason.vocabulary.estimates import Estimate
from diapason.vocabulary.evidence import Plan
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import ROW, Contract, Role, VersionRef
from diapason.vocabulary.tasks import Task
from diapason.vocabulary.wire import plain

__all__ = ["known", "run"]

MOST, CELLS = 5000, 250_000
"""Rows, and rows times columns, that trainings look at; of a larger table a declared sample is taken."""
SHARES = (0.1, 0.25, 0.5, 1.0)
"""Of the rows there are: for so many more a gain is promised."""
TOLERANCE = 0.05
_LABELS = 2000


def run(ws: Workspace, name: str, *, target: str = "", task: str = "", more: int = 0, seed: int = 0) -> dict[str, Any]:
    """Say what can be reached with this dataset, before anything is mended.

    Args:
        target: a wish such as "rmse<=2.5" or "macro_f1>=0.9".
        task: where nothing was learnt yet.
        more: rows that could be collected; default a quarter of those there are.

    Returns:
        What the signed result holds: verdict, sentences, metric now, noise floor, learning curve with its continuation,
        promised gains, hard parts, what sensors could tell, what cleaning gives at most, cost, and the run.

    Raises:
        NotFound: no such dataset.
        DataError: no task is known, it is monitoring, the wish is none, or the rows are too few.
    """
    ref, facts = known(ws, name, task)
    permit.may(ws, "feasible", str(ref))
    contract = contract_of(ws, ref.name)
    metric = deployment(Task(facts["task"]))
    wish = wished(target, metric)
    frame = frame_of(ws, ref, contract, seed)
    whole = examples_of(frame, contract, facts)
    examples = sample(whole, _most(whole), seed)
    rows = _rows(ws, ref, whole, frame)
    more = more or _round(0.25 * rows)
    split, units = material(examples, seed=seed)
    count = planned(split, units)
    asked = {**facts, "wish": wish.text if wish else "", "more": more, "contract": digest(plain(contract))}
    permit.used(ws, "feasible", str(ref))
    attested = attest.begin(ws, _plan(ws, ref, examples, asked, count, seed))
    began = time.monotonic()
    timed = _Timed(ws, began)
    looked = look(examples, _unused(frame, contract, examples), rows=rows, more=more, seed=seed, told=timed)
    result = _result(looked, examples, rows, more, wish, _learnt(ws, ref))
    spent = {"trainings": looked.trainings, "seconds": round(time.monotonic() - began, 1)}
    result["cost"] = {"planned": {"trainings": count, "seconds": timed.estimate}, "spent": spent}
    _keep(attested, examples, looked)
    attested.finish(result)
    ws.progress(Text("done", "完成"), 1.0, "")
    return {"run": attested.id, "dataset": str(ref), **result}


class _Timed:
    """Tells progress; the time is estimated from the first trainings, which are the smallest."""

    def __init__(self, ws: Workspace, began: float) -> None:
        self.ws, self.began, self.estimate = ws, began, 0.0

    def __call__(self, done: int, count: int) -> None:
        gone = time.monotonic() - self.began
        if done == 20:
            self.estimate = round(gone / done * count, 1)
        share = min(done / max(count, 1), 0.99)
        left = gone * (1 - share) / max(share, 1e-9)
        self.ws.progress(
            Text("weighing what is reachable", "评估可达到的程度"), share, f"{done}/≤{count}, ~{left:.0f} s"
        )


def known(ws: Workspace, name: str, task: str) -> tuple[VersionRef, dict[str, Any]]:
    """The version, and what was learnt from it: task and horizon.

    Raises:
        NotFound: no such dataset.
        DataError: no task is known, or it is one without a learning curve.
    """
    ref = VersionRef.parse(name)
    if not ws.lake.versions(ref.name):
        raise NotFound(
            Text(f"there is no dataset '{ref.name}'", f"没有数据集“{ref.name}”"),
            at=str(ws.folder),
            fix="diapason datasets",
        )
    ref = ws.lake.version(ref).ref
    learnt = attest.result(ws, "learn", ref.name)
    said = dict(learnt["plan"]["settings"]) if learnt else {}
    chosen = task or said.get("task", "")
    if chosen not in ("classification", "regression", "remaining_life"):
        what = Text(
            f"feasibility needs a task with a target, not '{chosen}'"
            if chosen
            else f"the task of {ref.name} is not known yet",
            f"可行性评估需要有目标值的任务，而不是“{chosen}”" if chosen else f"尚不知道 {ref.name} 的任务类型",
        )
        fix = Text(
            "give --task classification, regression or remaining_life",
            "请给出 --task classification、regression 或 remaining_life",
        )
        raise DataError(what, at=str(ref), fix=fix)
    same = said.get("task") == chosen
    return ref, {"task": chosen, "horizon": said.get("horizon") if same else None, "normal_first": 0}


def _most(examples: Examples) -> int:
    return int(max(1200, min(MOST, CELLS // max(examples.features.width, 1))))


def _rows(ws: Workspace, ref: VersionRef, whole: Examples, frame: pl.DataFrame) -> int:
    """Rows of the whole table that can be learnt from."""
    return round(ws.lake.version(ref).rows * len(whole) / max(frame.height, 1))


def _round(value: float) -> int:
    """Two digits that a person would say."""
    step = 10 ** max(0, int(np.floor(np.log10(max(value, 1)))) - 1)
    return max(1, int(round(value / step) * step))


def _plan(ws: Workspace, ref: VersionRef, examples: Examples, asked: Mapping[str, Any], count: int, seed: int) -> Plan:
    return Plan(
        verb="feasible",
        dataset=str(ref),
        dataset_digest=ws.lake.version(ref).digest,
        hypothesis=f"what is reachable: {asked['wish'] or 'no wish was named'}",
        metric=deployment(examples.task).name,
        split="honest: by asset or batch, blocks of time with a gap, else independent rows; nested parts of each fold",
        candidates=("rows", "sensor", "cleaning"),
        seed=seed,
        budget={"trainings": count, "rows": len(examples)},
        tolerance=TOLERANCE,
        settings=dict(asked),
    )


def _learnt(ws: Workspace, ref: VersionRef) -> Estimate | None:
    """The honest score of what was learnt from this very version."""
    learnt = attest.result(ws, "learn", str(ref))
    said = learnt["result"]["honest"]["score"] if learnt else None
    if not said or any(said[k] is None for k in ("value", "low", "high")):
        return None
    return Estimate(said["value"], said["low"], said["high"], said["n"], said["unit"], clusters=said["clusters"])


def _unused(frame: pl.DataFrame, contract: Contract, examples: Examples) -> dict[str, Any]:
    """Columns that no model sees, as numbers or codes; those that name single rows are left out."""
    order = pl.DataFrame({ROW: examples.rows})
    found: dict[str, Any] = {}
    for column in contract.columns:
        if column.role is not Role.IGNORED or column.kind not in ("number", "category", "flag"):
            continue
        if column.name not in frame.columns:
            continue
        said = order.join(frame.select(ROW, column.name), on=ROW, how="left", maintain_order="left")[column.name]
        if said.dtype.is_numeric() or said.dtype == pl.Boolean:
            found[column.name] = said.cast(pl.Float64).fill_null(np.nan).to_numpy()
        elif said.n_unique() <= min(_LABELS, len(said) // 4):
            found[column.name] = said.cast(pl.String).rank("dense").cast(pl.Float64).fill_null(np.nan).to_numpy()
    return found


def _result(
    looked: Looked, examples: Examples, rows: int, more: int, wish: Wish | None, learnt: Estimate | None
) -> dict[str, Any]:
    scale, classes = looked.scale, examples.task is Task.CLASSIFICATION
    now = learnt or looked.now
    ratio = now.value / looked.now.value if scale.root and looked.now.value else 1.0
    sensors = [(k, _with(looked, k, ratio)) for k in looked.residue if k.shown]
    promised = {
        n: gain(looked.curve, looked.future, scale, rows, n)
        for n in sorted({more, *(_round(s * rows) for s in SHARES)})
    }
    ruling, needed = _ruled(looked, rows, wish, now, sensors)
    words = _words(looked, examples, more, promised[more], now, sensors)
    head = saying.ruled(ruling, needed, scale.metric, scale.unit, now)
    return {
        "task": examples.task.value,
        "metric": scale.metric,
        "unit": scale.unit,
        "verdict": {"en": head.en, "zh": head.zh},
        "sentences": [{"en": w.en, "zh": w.zh} for w in words],
        "now": plain(now) | {"of": "learnt" if learnt else "quick"},
        "quick": plain(looked.now),
        "floor": plain(looked.floor) | {"measure": "error" if classes else scale.metric},
        "curve": _curve(looked, rows),
        "promises": [{"more": n, "gain": plain(e)} for n, e in promised.items()],
        "slices": [{"rule": w.rule, "rows": w.rows, "more": more, "gain": plain(w.gain)} for w in looked.worth],
        "residue": [
            plain(k) | {"shown": k.shown, "score": None if classes else plain(_with(looked, k, ratio))}
            for k in looked.residue
        ],
        "cleaning": plain(looked.cleaned),
        "wish": None if ruling is None else plain(ruling) | {"reach": plain(needed)},
        "split": {"kind": looked.split.kind.value, "why": looked.split.why, "units": looked.units.word},
        "rows": {"known": rows, "looked": len(examples), "more": more},
    }


def _words(
    looked: Looked,
    examples: Examples,
    more: int,
    promised: Estimate,
    now: Estimate,
    sensors: list[tuple[Known, Estimate]],
) -> list[Text]:
    """All that is worth a sentence, in the order of what a reader would ask."""
    metric, classes = looked.scale.metric, examples.task is Task.CLASSIFICATION
    each = len(examples) / max(looked.units.count, 1)
    said = [
        saying.floor(looked.floor, metric, now, classes=classes),
        saying.more_rows(more, promised, metric, looked.units.word, each),
        saying.slices(looked.worth, more, promised, metric),
        *(saying.part(k, None if classes else e, metric) for k, e in sensors[:4]),
        saying.cleaning(looked.cleaned, looked.now, metric),
    ]
    return [words for words in said if words is not None]


def _with(looked: Looked, known_: Known, ratio: float) -> Estimate:
    """The metric if something told this part of the residuals."""
    loss = float(looked.now.value) ** 2
    share = known_.share
    value, low, high = (float(np.sqrt(loss * (1 - s))) * ratio for s in (share.value, share.high, share.low))
    return replace(share, value=value, low=low, high=high, unit=looked.scale.unit)


def _ruled(
    looked: Looked, rows: int, wish: Wish | None, now: Estimate, sensors: list[tuple[Known, Estimate]]
) -> tuple[Ruling | None, Reach | None]:
    if wish is None:
        return None, None
    needed = reach(looked.future, looked.scale, rows, wish.value, today=now.value)
    better = "lower" if looked.scale.root else "higher"
    told = sensors if looked.scale.root else []
    cleaned = looked.cleaned.score if looked.cleaned else None
    floor = looked.floor if looked.scale.root else None
    held = rule(wish.value, better, now=now, cleaned=cleaned, reach=needed, sensors=told, floor=floor)
    return held, needed


def _curve(looked: Looked, rows: int) -> dict[str, Any]:
    """Points with intervals, the continuation as a band, and what a promise is made from."""
    curve, scale = looked.curve, looked.scale
    points = [_point(scale, looked, i) for i in range(len(curve))]
    grid = np.exp(np.linspace(np.log(curve.rows[0]), np.log(rows * min(FARTHEST, 4.0)), 40))
    low, middle, high = band(looked.future, scale, grid)
    told = [
        {"rows": float(r), "low": float(a), "value": float(m), "high": float(b)}
        for r, a, m, b in zip(grid, low, middle, high, strict=True)
    ]
    return {"points": points, "band": told, "forms": looked.future.weight, "measured": plain(curve)}


def _point(scale: Scale, looked: Looked, i: int) -> dict[str, float]:
    curve = looked.curve
    error = float(np.sqrt(curve.tested[i, i] + curve.drawn[i] ** 2 / (curve.draws[i] * curve.folds)))
    value, one, two = (float(scale.told(np.array(curve.loss[i] + z * error))) for z in (0.0, 1.645, -1.645))
    return {"rows": float(curve.rows[i]), "value": value, "low": min(one, two), "high": max(one, two)}


def _keep(attested: attest.Run, examples: Examples, looked: Looked) -> None:
    """The quick learner's predictions of the judged rows, so that its metric can be counted again."""
    guess = looked.judged
    pieces = [(f.test, guess[f.test]) for f in looked.split.folds]
    table = judged_table(examples, gathered(pieces))
    attested.keep("judged", table, scores={looked.scale.metric: looked.now.value})
