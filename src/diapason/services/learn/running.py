"""The story of `learn`: seal the plan, race and judge, train on all rows, sign, register the model."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
from msgspec import msgpack

from diapason.engines.evidence.canonical import digest
from diapason.engines.learning.assembling import TASKS
from diapason.engines.learning.calibrating import calibration_error
from diapason.engines.learning.evaluating import judged_table
from diapason.errors import DataError, NotFound
from diapason.knowledge.findings import sentence
from diapason.ports import find, names
from diapason.ports.workspace import Workspace
from diapason.services import attest, permit
from diapason.services.ingest import contract as contract_of
from diapason.services.learn.cells import Cells, Plainly
from diapason.services.learn.judging import MOST_STEPS, Judgement, again, judge
from diapason.services.learn.material import LARGEST, examples_of, frame_of
from diapason.vocabulary.estimates import Estimate
from diapason.vocabulary.evidence import Plan
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.facts import ground
from diapason.vocabulary.language import Text
from diapason.vocabulary.scores import Scorecard
from diapason.vocabulary.tables import Contract, VersionRef
from diapason.vocabulary.tasks import Task
from diapason.vocabulary.wire import plain

__all__ = ["rerun", "robust", "run"]

TOLERANCE = 0.01
"""Relative difference of the score at which a repetition counts as the same; other processors round otherwise."""


def run(  # roomy: the whole story, in order
    ws: Workspace,
    name: str,
    task: str,
    *,
    seed: int = 0,
    folds: int = 5,
    horizon: float | None = None,
    normal_first: int = 0,
    most: int = LARGEST,
    waive: str = "",
) -> dict[str, Any]:
    """Learn from the newest version of a dataset (or from `name@version`) and register the model.

    Args:
        task: one of the task types: classification, regression, remaining_life, monitoring.
        horizon: for remaining life, the cap of the truth in time units.
        normal_first: for monitoring, rows at the start of each asset that are declared normal.
        most: rows learnt from; a larger table is sampled, and the result says so.
        waive: why to learn although a rule still asks for something; it stands in the sealed plan, and publishing asks
            again.

    Returns:
        What the signed result holds: model, honest and random scorecard, findings, race, coverage, cost, and the run.

    Raises:
        NotFound: no such dataset.
        DataError: the task can't be learnt from these columns; says which one is missing.
        Refused: by what people have declared a rule asks for something before training.
    """
    ref = _version(ws, name)
    waived = waive.strip()
    if not waived:
        _allowed(ws, ref)
    permit.may(ws, "learn", str(ref))
    contract = contract_of(ws, ref.name)
    settings = {
        "task": _task(task).value,
        "folds": folds,
        "horizon": horizon,
        "normal_first": normal_first,
        "most": most,
    }
    frame = frame_of(ws, ref, contract, seed, most)
    examples = examples_of(frame, contract, settings)
    plan, planned = _plan(ws, ref, contract, examples, settings, seed)
    plan = replace(plan, settings={**plan.settings, "waived": waived}) if waived else plan
    permit.used(ws, "learn", str(ref))
    run_ = attest.begin(ws, plan)
    begin = time.monotonic()
    learner = robust()
    cells = Cells(ws, learner, seed, digest([plan.dataset_digest, plain(contract), settings]), planned)
    judgement = judge(examples, cells, lambda: _model(learner, examples, cells), seed=seed, folds=folds)
    made, chosen = judgement.model, again(judgement.model)
    run_.keep("honest", judged_table(examples, judgement.judged), scores=_claimed(judgement.honest))
    run_.keep("random", judged_table(examples, judgement.beside), scores=_claimed(judgement.random))
    model = VersionRef(ref.name, 1 + sum(1 for e in ws.ledger.entries(kind="model") if _of(e.subject, ref.name)))
    parts = _stored(ws, run_, made.parts())
    result = _result(judgement, examples, frame, model, ws.lake.version(ref).rows)
    result["race"] = plain(made.ran)
    result["learner"] = chosen["members"]
    result["cost"] = {"planned": {"trainings": planned}, "spent": _spent(cells, begin)}
    run_.finish(result)
    body = _registered(ws, ref, contract, learner.name, chosen, parts, run_.id, settings, examples)
    ws.ledger.append("model", run=run_.id, subject=str(model), body=body)
    ws.progress(Text("done", "完成"), 1.0, "")
    said = [{"en": sentence(f, "en"), "zh": sentence(f, "zh")} for f in judgement.honest.findings]
    return {"run": run_.id, "dataset": str(ref), "sentences": said, **result}


def _allowed(ws: Workspace, ref: VersionRef) -> None:
    permit.demand(ws, "learn", ref.name, (ground("dataset", ref), ground("dataset", ref.name)))


def robust() -> Any:
    """The learner that races all others on the data as it is; found by name like any other recipe."""
    return find("recipes", "robust")


def _model(learner: Any, examples: Examples, cells: Cells) -> Any:
    """The model that goes to the line, raced and learnt on all rows; kept as a cell too."""

    def work() -> bytes:
        parts = learner.fit(examples, learner.settings(examples.task)[0], cells.seed).parts()
        return msgpack.encode(parts)

    return learner.load(msgpack.decode(cells.kept(f"cell/{cells.salt}/{cells.seed}/model", work)))


def rerun(plan: Mapping[str, Any], frame: pl.DataFrame, contract: Contract) -> dict[str, Any]:
    """Do again what a sealed plan of `learn` says, without a workspace, and give the scorecards.

    Args:
        plan: the plan in its plain form.
        frame: the rows of the plan's dataset version.
    """
    settings, seed = plan["settings"], int(plan["seed"])
    examples = examples_of(frame, contract, settings)
    learner = robust()

    def learnt() -> Any:
        return learner.fit(examples, learner.settings(examples.task)[0], seed)

    judgement = judge(examples, Plainly(learner, seed), learnt, seed=seed, folds=int(settings["folds"]))
    return {"honest": plain(judgement.honest), "random": plain(judgement.random)}


def _task(word: str) -> Task:
    """The task type of that name."""
    if word in TASKS:
        return Task(word)
    raise DataError(
        Text(f"'{word}' is not a task type that can be learnt", f"“{word}”不是可学习的任务类型"),
        at="--task",
        fix=Text("choose one of: " + ", ".join(TASKS), "可选：" + "、".join(TASKS)),
    )


def _version(ws: Workspace, name: str) -> VersionRef:
    ref = VersionRef.parse(name)
    if not ws.lake.versions(ref.name):
        raise NotFound(
            Text(f"there is no dataset '{ref.name}'", f"没有数据集“{ref.name}”"),
            at=str(ws.folder),
            fix=Text(
                "choose one of: " + (", ".join(ws.lake.datasets()) or "(none; diapason ingest FILE --name NAME)"),
                "可选：" + ("、".join(ws.lake.datasets()) or "（无；diapason ingest 文件 --name 名称）"),
            ),
        )
    return ws.lake.version(ref).ref


def _plan(
    ws: Workspace, ref: VersionRef, contract: Contract, examples: Examples, settings: Mapping[str, Any], seed: int
) -> tuple[Plan, int]:
    """The plan and how many trainings and races it takes."""
    folds = int(settings["folds"])
    planned = 2 * folds + 1 + MOST_STEPS  # at most: the last are spent only if the random split flatters
    entrants = [f"{name} {digest(plain(s))[:8]}" for name in names("recipes") for s in _settings(name, examples.task)]
    plan = Plan(
        verb="learn",
        dataset=str(ref),
        dataset_digest=ws.lake.version(ref).digest,
        hypothesis="the honest score of the best learner, and how much a random split flatters",
        metric=examples.task.value,
        split="honest: by asset, batch or time, as the line will meet the rows; random beside it",
        candidates=tuple(entrants),
        seed=seed,
        budget={"trainings": planned, "rows": len(examples)},
        tolerance=TOLERANCE,
        settings={**settings, "contract": digest(plain(contract))},
    )
    return plan, planned


def _settings(name: str, task: Task) -> tuple[Mapping[str, Any], ...]:
    recipe = find("recipes", name)
    return tuple(recipe.settings(task)) if task in recipe.tasks else ()


def _stored(ws: Workspace, run_: attest.Run, parts: Mapping[str, bytes]) -> dict[str, str]:
    """The model's files in the vault, named in the run's statement."""
    stored = {part: ws.vault.put(data) for part, data in parts.items()}
    for part, sha256 in stored.items():
        run_.subject(f"part/{part}", sha256)
    return stored


def _spent(cells: Cells, begin: float) -> dict[str, float]:
    return {"trainings": cells.trained, "recalled": cells.cached, "seconds": round(time.monotonic() - begin, 1)}


def _claimed(card: Scorecard) -> dict[str, float]:
    """What the kept rows must give again."""
    return {card.metric.name: card.score.value} if np.isfinite(card.score.value) else {}


def _of(subject: str, name: str) -> bool:
    return VersionRef.parse(subject).name == name


def _result(j: Judgement, examples: Examples, frame: pl.DataFrame, model: VersionRef, rows: int) -> dict[str, Any]:
    findings = plain(j.honest.findings)
    result: dict[str, Any] = {
        "model": str(model),
        "task": examples.task.value,
        "metric": j.honest.metric.name,
        "honest": plain(j.honest),
        "random": plain(j.random),
        "split": {"kind": j.split.kind.value, "why": j.split.why, "folds": len(j.split.folds)},
        "findings": findings,
        "ladder": [{"without": cause or "nothing", "score": value} for cause, value in j.steps],
        "rows": {"stored": rows, "read": frame.height, "learnt": len(examples), "judged": len(j.judged.index)},
    }
    if examples.task is Task.CLASSIFICATION:
        result["calibration"] = {"error": calibration_error(examples.target[j.judged.index], j.judged.prediction)}
    if np.isfinite(j.coverage):
        n = len(j.judged.index)
        result["coverage"] = plain(Estimate(j.coverage, j.coverage, j.coverage, n, level=0.9)) | {"promised": 0.9}
    return result


def _registered(  # roomy: a model's whole description, one argument each
    ws: Workspace,
    ref: VersionRef,
    contract: Contract,
    recipe: str,
    chosen: Mapping[str, Any],
    parts: Mapping[str, str],
    run_id: str,
    settings: Mapping[str, Any],
    examples: Examples,
) -> dict[str, Any]:
    return {
        "run": run_id,
        "recipe": recipe,
        "settings": dict(chosen),
        "task": examples.task.value,
        "dataset": str(ref),
        "parts": dict(parts),
        "conditioning": [],
        "trainer": ws.person,
        "contract": plain(contract),
        "features": examples.features.columns,
        "classes": list(examples.classes),
        "horizon": settings["horizon"],
    }
