"""The story of `resonate`: plan, seal, diagnose, try, conclude, say what was ruled out, sign."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from diapason.engines.evidence.canonical import digest
from diapason.engines.resonance.answers import Answers
from diapason.engines.resonance.audit import AuditRow, sheet
from diapason.engines.resonance.judge import BY_ROW, Judge
from diapason.engines.resonance.residuals import fewest
from diapason.errors import DataError
from diapason.knowledge.findings import sentence
from diapason.ports.workspace import Workspace
from diapason.services import attest, permit
from diapason.services.ingest import contract as contract_of
from diapason.services.learn.material import examples_of, frame_of
from diapason.services.resonate import controls
from diapason.services.resonate.accounting import account
from diapason.services.resonate.answering import as_answers, as_earlier, known_answers, proved_before
from diapason.services.resonate.cells import Kept, Plain
from diapason.services.resonate.keeping import keep_arms, keep_mended, sheet_table
from diapason.services.resonate.material import existing, sampled
from diapason.services.resonate.planning import Planned, choose, from_settings, in_use, seconds, treatments
from diapason.services.resonate.playing import Played, Player
from diapason.services.resonate.saying import ruled_out, verdict
from diapason.vocabulary.estimates import Estimate
from diapason.vocabulary.evidence import Plan
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import Contract, VersionRef
from diapason.vocabulary.tasks import Task
from diapason.vocabulary.wire import plain

__all__ = ["rerun", "run"]

MOST = 30_000
"""Rows that trials learn from and judge at most; the result says how many there were."""
AUDIT, AUDIT_SHARE = 100, 0.05
TOLERANCE = 0.01
_TASKS = ("classification", "regression", "remaining_life", "monitoring")


def run(
    ws: Workspace,
    name: str,
    *,
    budget: str | float = "10m",
    task: str = "",
    seed: int = 0,
    most: int = MOST,
) -> dict[str, Any]:
    """Try to mend a dataset, against nothing, placebo and a better learner; adopt nothing by itself.

    Args:
        name: dataset, or dataset@version; its newest learning says the task.
        budget: time, for example "10m"; it becomes a sealed plan, so that the run can be repeated and resumed.
        task: where nothing was learnt yet.

    Returns:
        What the signed result holds: verdict in both languages, trial table, findings, what was ruled out, rows to
        audit, cost planned and spent, and the run.

    Raises:
        NotFound: no such dataset.
        DataError: no task is known, it is none that repairs are tried for, or the budget is no time.
    """
    limit = seconds(budget)
    with threadpool_limits(1, "blas"):  # small systems: several threads wait for one another longer than they solve
        return _run(ws, name, limit, task, seed, most)


def _run(ws: Workspace, name: str, limit: float, task: str, seed: int, most: int) -> dict[str, Any]:
    ref, facts = _known(ws, name, task)
    permit.may(ws, "resonate", str(ref))
    contract = contract_of(ws, ref.name)
    asked = {**facts, "most": most, "budget": limit, "contract": digest(plain(contract))}
    whole = examples_of(frame_of(ws, ref, contract, seed), contract, facts)
    _check_labels(whole, ref)
    asked["answers"] = known_answers(ws, ref, whole)
    asked["earlier"] = proved_before(ws, ref) if asked["answers"] else None
    sealed = _sealed_before(ws, ref, asked, seed)
    planned = sealed or _planned(ws, ref, whole, (1 - controls.SHARE) * limit, seed, asked)
    examples = _sampled(whole, planned.rows, seed)
    plan = _plan(ws, ref, asked, planned, seed, examples)
    permit.used(ws, "resonate", str(ref))
    run_ = attest.begin(ws, plan)
    began = time.monotonic()
    store = Kept(ws, planned.trainings, planned.seconds)
    salt = digest([plan.dataset_digest, asked["contract"], facts, asked["answers"]])
    player = _player(examples, planned, store, salt, seed, asked)
    played = player.play()
    result = _result(ws, ref, player, played, planned, run_) | keep_mended(player, played, whole, run_)
    result["controls"] = _controls(ws, examples, planned, plan, salt)
    result["account"] = account(ws, plan.dataset_digest, run_.id)
    spent = {"trainings": store.trainings, "recalled": store.recalled, "seconds": round(time.monotonic() - began, 1)}
    result["cost"] = {"planned": {"trainings": planned.trainings, "seconds": round(planned.seconds, 1)}, "spent": spent}
    run_.finish(result)
    ws.progress(Text("done", "完成"), 1.0, "")
    return {"run": run_.id, "dataset": str(ref), **result}


def rerun(plan: Mapping[str, Any], frame: pl.DataFrame, contract: Contract) -> dict[str, Any]:
    """Do again what a sealed plan of `resonate` says, without a workspace.

    Args:
        plan: the plan in its plain form.
        frame: the rows of the plan's dataset version.

    Returns:
        `adopted` and the `rows` of the trial table, to be compared with those stated.
    """
    settings, seed = plan["settings"], int(plan["seed"])
    budget = plan["budget"]
    planned = from_settings(settings, int(budget["rows"]), int(budget["trainings"]), float(budget["seconds"]))
    examples = _sampled(examples_of(frame, contract, settings), planned.rows, seed)
    played = _player(examples, planned, Plain(), "", seed, settings["asked"]).play()
    chosen = played.ending.adopted
    return {"adopted": [chosen.candidate.id] if chosen else [], "rows": plain(played.ending.rows)}


def _known(ws: Workspace, name: str, task: str) -> tuple[VersionRef, dict[str, Any]]:
    """The version, and what was learnt from it, or tried on it before: task, horizon, normal part."""
    ref = ws.lake.version(existing(ws, name)).ref
    if task and task not in _TASKS:
        raise DataError(
            Text(f"repairs can't be tried for the task '{task}'", f"任务“{task}”不能试验修复"),
            at="--task",
            fix=Text(f"choose one of: {', '.join(_TASKS)}", f"可选：{'、'.join(_TASKS)}"),
        )
    learnt = attest.result(ws, "learn", ref.name) or attest.result(ws, "resonate", ref.name)
    said = dict(learnt["plan"]["settings"]) if learnt else {}
    if not (task or said):
        raise DataError(
            Text(
                f"nothing was learnt from {ref.name} yet, so its task is not known", f"尚未从 {ref.name} 学习，任务未知"
            ),
            at=str(ref),
            fix=f"diapason learn {ref.name} --task regression",
        )
    same = not task or said.get("task") == task
    horizon, normal = (said.get("horizon"), said.get("normal_first") or 0) if same else (None, 0)
    return ref, {"task": Task(task or said["task"]).value, "horizon": horizon, "normal_first": normal}


def _check_labels(examples: Examples, ref: VersionRef) -> None:
    """Refuse trials of a monitor that nothing can judge."""
    if examples.task is Task.MONITORING and not (examples.target == 1).any():
        raise DataError(
            Text(
                "no row is labelled abnormal, so no repair of the normal rows can be judged",
                "没有任何行标为异常，无法评判对正常数据的修复",
            ),
            at=str(ref),
            fix=Text(
                "label known faults: a column with 0 and 1, given as --target",
                "请标注已知故障：一列 0 和 1，以 --target 给出",
            ),
        )


def _planned(
    ws: Workspace, ref: VersionRef, examples: Examples, limit: float, seed: int, asked: Mapping[str, Any]
) -> Planned:
    ws.progress(Text("planning", "制定计划"), -1, "")
    rows, used = _sampled(examples, int(asked["most"]), seed), in_use(ws, ref, examples.task)
    answers = as_answers(asked["answers"])
    held = asked["earlier"] is not None
    hands = ws.workers
    made = choose(rows, used, limit, seed=seed, threads=hands.threads, answers=answers, held=held, across=hands.map)
    level = 1 - 2 * account(ws, ws.lake.version(ref).digest)["share"]
    return replace(made, size=replace(made.size, level=level))


def _sealed_before(ws: Workspace, ref: VersionRef, asked: Mapping[str, Any], seed: int) -> Planned | None:
    """The plan of a run with the same request that was begun and never ended."""
    ended = {e.run for kind in ("result", "abandoned") for e in ws.ledger.entries(kind=kind, subject=str(ref))}
    for entry in ws.ledger.entries(kind="plan", subject=str(ref)):
        plan = entry.body["plan"]
        same = plan["verb"] == "resonate" and plan["seed"] == seed and plan["settings"].get("asked") == plain(asked)
        if same and entry.run not in ended:
            budget = plan["budget"]
            return from_settings(
                plan["settings"], int(budget["rows"]), int(budget["trainings"]), float(budget["seconds"])
            )
    return None


def _sampled(examples: Examples, rows: int, seed: int) -> Examples:
    return examples if len(examples) <= rows else examples.take(sampled(examples, rows, seed))


def _plan(
    ws: Workspace, ref: VersionRef, asked: Mapping[str, Any], planned: Planned, seed: int, examples: Examples
) -> Plan:
    settings = planned.settings()
    return Plan(
        verb="resonate",
        dataset=str(ref),
        dataset_digest=ws.lake.version(ref).digest,
        hypothesis="a repair of training data beats doing nothing, a matched placebo and the most robust learner",
        metric={"classification": "macro_f1", "monitoring": "f1"}.get(examples.task.value, "rmse"),
        split="honest: by asset, batch or time; the first folds screen, the others confirm",
        candidates=tuple(settings["treatments"]),
        seed=seed,
        budget={"seconds": round(planned.seconds, 1), "trainings": planned.trainings, "rows": len(examples)},
        tolerance=TOLERANCE,
        settings={
            **settings,
            **{k: asked[k] for k in ("task", "horizon", "normal_first")},
            "asked": plain(asked),
            "controls": plain(controls.planned(examples, float(asked["budget"]), planned.size.parts)),
        },
    )


def _controls(ws: Workspace, rows: Examples, planned: Planned, plan: Plan, salt: str) -> dict[str, Any] | None:
    """What the loop can see in this table, by defects planted into copies; None where there are too few rows."""
    sealed = controls.as_sealed(plan.settings["controls"])
    if sealed is None:
        return None
    ws.progress(Text("planting known defects", "植入已知缺陷"), -1, "")
    store = Kept(ws, controls.trainings(sealed, rows.task), 0.0)
    return controls.controlled(rows, sealed, planned.flagger, treatments(), store, seed=plan.seed, salt=salt)


def _player(
    examples: Examples, planned: Planned, store: Kept | Plain, salt: str, seed: int, asked: Mapping[str, Any]
) -> Player:
    answers, earlier = as_answers(asked.get("answers")), as_earlier(asked.get("earlier"))
    made = planned.learners, planned.flagger, treatments(), planned.size
    return Player(examples, *made, store, salt, seed, answers=answers, earlier=earlier)


def _result(
    ws: Workspace, ref: VersionRef, player: Player, played: Played, planned: Planned, run: attest.Run
) -> dict[str, Any]:
    examples, judge, ending = player.examples, played.judge, played.ending
    rows = _audit(played, examples, player.answers)
    basis = "rows not shown to be errors" if judge.trimmed else "all rows"
    findings = [replace(f, where=replace(f.where, rows=f.where.rows[:1000])) for f in ending.findings]
    said = [{"en": sentence(f, "en"), "zh": sentence(f, "zh")} for f in findings]
    words = verdict(ending, judge.metric, basis, len(rows))
    missed = ruled_out(ending.ruled_out, len(examples), fewest(len(examples)))
    keep_arms(run, examples, played)
    if rows:
        run.keep("audit", sheet_table(examples, judge.expected, rows))
    tried = played.trials.candidates
    return {
        "task": examples.task.value,
        "classes": list(examples.classes),
        "metric": judge.metric,
        "verdict": {"en": words.en, "zh": words.zh},
        "rows": plain(ending.rows),
        "findings": plain(findings),
        "sentences": said,
        "ruled_out": {"en": missed.en, "zh": missed.zh},
        "power": plain(ending.ruled_out),
        "audit": [{"row": r.row, "inclusion": round(r.inclusion, 6), "doubt": round(r.doubt, 4)} for r in rows],
        "audit_gain": plain(_audit_gain(played)),
        "split": {"kind": played.split.kind.value, "why": played.split.why, "folds": len(played.split.folds)},
        "judge": _judge(judge, basis),
        "learners": {
            "usual": player.learners[0].label,
            "robust": played.trials.robust if tried else "",
            "scores": plain(played.trials.scores(0)) if tried else {},
        },
        "plan": {"size": plain(planned.size), "learners": [x.label for x in planned.learners]},
        "rows_used": {"stored": ws.lake.version(ref).rows, "tried": len(examples)},
    }


def _judge(judge: Judge, basis: str) -> dict[str, Any]:
    """Who judged, how it dealt with errors among the rows judged on, and whether the noise of labels can be told.

    The estimator "believed" is forward correction by the noise matrix of the surest rows, "unmixed" backward correction
    by it; with "unidentified" labels judge as they are given, since their noise depends on the row and no matrix tells
    it.
    """
    of_labels = "unmixed" if judge.unmixed else "believed" if judge.belief is not None else ""
    estimator = of_labels or ("weighted" if judge.trimmed else "given")
    by_row = any(f.kind == BY_ROW for f in judge.findings)
    told = {"estimator": "unidentified" if by_row else estimator, "identifiable": not by_row}
    return {"family": "smooth", "basis": basis, **told, "rows": int((judge.stage >= 0).sum())}


def _audit(played: Played, examples: Examples, answers: Answers | None) -> tuple[AuditRow, ...]:
    """Rows to look at: where errors are suspected, and where arms disagree; never those that people have answered."""
    judge, apart = played.judge, played.apart()
    if not (judge.doubt > 0.2).any() and not apart.any():
        return ()
    lives = examples.asset if examples.task is Task.REMAINING_LIFE else None
    units = len(examples) if lives is None else len(np.unique(lives))
    left = np.ones(len(examples), bool)
    if answers is not None:
        at, _ = answers.place(examples)
        left[at] = False
        left &= True if lives is None else ~np.isin(lives, lives[at])
    place = np.flatnonzero(left)
    asset = None if lives is None else lives[place]
    size = min(AUDIT, int(AUDIT_SHARE * units))
    drawn = sheet(examples.rows[place], judge.doubt[place], apart[place], size, seed=judge.seed, asset=asset)
    return tuple(replace(r, position=int(place[r.position])) for r in drawn)


def _audit_gain(played: Played) -> Estimate | None:
    """What the best repair that was not adopted would bring, should the rows prove wrong."""
    if played.ending.adopted is not None:
        return None
    confirmed = played.trials.confirmed()
    if not confirmed:
        return None
    best = max(confirmed, key=lambda f: f.over_robust.value)
    return best.over_robust.estimate(played.trials.design.level, played.trials.reach(confirmed))
