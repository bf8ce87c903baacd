"""The story of a visit at the plant: check the papers, map the columns, seal, try, sign; everything stays here."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from diapason.engines.evidence.canonical import digest
from diapason.errors import DataError, DiapasonError, Refused, Stopped
from diapason.ports.workspace import Workspace
from diapason.services import attest, permit
from diapason.services.ingest import contract as contract_of
from diapason.services.learn.material import examples_of, frame_of
from diapason.services.resonate.material import sampled
from diapason.services.resonate.planning import Planned
from diapason.services.visit.admitting import admit
from diapason.services.visit.bundles import Bundle, Told, read_bundle
from diapason.services.visit.contract import Agreed, agreed, runs_left
from diapason.services.visit.mapping import Mapped, mapped, renamed
from diapason.services.visit.trial import Entrants, Outcome, entrants, plan_of, planned_again, play
from diapason.services.workspace import require
from diapason.vocabulary.estimates import Estimate
from diapason.vocabulary.evidence import Plan
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import VersionRef
from diapason.vocabulary.wire import plain

__all__ = ["material", "run"]

MOST = 20_000
"""Rows that a visit learns from and judges at most; the result says how many there were."""


@dataclass(frozen=True, slots=True)
class _Visit:
    """One visit on one version of a dataset."""

    bundle: Bundle
    contract: Agreed
    ref: VersionRef
    columns: tuple[Mapped, ...]
    examples: Examples


def run(ws: Workspace, bundle: Path, contract: Path, name: str, *, mapping: Mapping[str, str]) -> dict[str, Any]:
    """Try what another company brought on a dataset of this plant; nothing leaves by this.

    Args:
        bundle: the provider's file.
        contract: the contract that both sides signed.
        name: dataset, or dataset@version.
        mapping: the provider's column names to the plant's.

    Returns:
        What the signed result holds, and the run.

    Raises:
        Refused: the contract does not allow it; who acts may not.
        BrokenEvidence: bundle or contract are not what was signed.
        Missing: a plug-in that the bundle names is not installed.
        DataError: a column can't be mapped.
    """
    require(ws, "trainer", "administrator")
    came, found = read_bundle(bundle), agreed(contract)
    admit(ws, came, found)
    brought = entrants(came)
    ref, columns, whole = _whole(ws, name, came.told, mapping)
    before = _sealed_before(ws, found, came, ref, columns)
    if before is None and runs_left(ws, found) < 1:
        raise _exhausted(found)
    planned = before or plan_of(ws, ref, _drawn(whole, MOST, came.told.seed), came.told.budget, came.told.seed)
    permit.used(ws, "visit", str(ref))
    visit = _Visit(came, found, ref, columns, _drawn(whole, planned.rows, came.told.seed))
    run_ = attest.begin(ws, _plan(ws, visit, planned))
    if runs_left(ws, found) < 0:
        run_.abandon("the contract allows no more runs")
        raise _exhausted(found)
    result = _tried(ws, visit, planned, brought, run_)
    ws.progress(Text("done", "完成"), 1.0, "")
    return {"run": run_.id, "dataset": str(ref), **result}


def material(ws: Workspace, plan: Mapping[str, Any], told: Told, columns: Sequence[Mapped]) -> Examples:
    """The rows that a sealed visit used, under the provider's names."""
    _, whole = _under_their_names(ws, VersionRef.parse(plan["dataset"]), told, tuple(columns))
    return _drawn(whole, int(plan["budget"]["rows"]), int(plan["seed"]))


def _whole(
    ws: Workspace, name: str, told: Told, mapping: Mapping[str, str]
) -> tuple[VersionRef, tuple[Mapped, ...], Examples]:
    asked = VersionRef.parse(name)
    contract = contract_of(ws, asked.name)
    ref = ws.lake.version(asked).ref
    columns = mapped(told, contract, mapping)
    return ref, *_under_their_names(ws, ref, told, columns)


def _under_their_names(
    ws: Workspace, ref: VersionRef, told: Told, columns: tuple[Mapped, ...]
) -> tuple[tuple[Mapped, ...], Examples]:
    contract = contract_of(ws, ref.name)
    frame, contract = renamed(frame_of(ws, ref, contract, told.seed), contract, columns)
    settings = {"task": told.task, "horizon": told.horizon, "normal_first": told.normal_first}
    return columns, examples_of(frame, contract, settings)


def _drawn(examples: Examples, rows: int, seed: int) -> Examples:
    return examples if len(examples) <= rows else examples.take(sampled(examples, rows, seed))


def _sealed_before(
    ws: Workspace, found: Agreed, came: Bundle, ref: VersionRef, columns: Sequence[Mapped]
) -> Planned | None:
    """The plan of the same visit that was begun and never ended: it goes on, and counts once."""
    ended = {e.run for kind in ("result", "abandoned") for e in ws.ledger.entries(kind=kind, subject=str(ref))}
    for entry in ws.ledger.entries(kind="plan", subject=str(ref)):
        settings = entry.body["plan"]["settings"]
        same = settings.get("contract") == found.digest and settings.get("bundle") == came.digest
        if same and entry.run not in ended and settings["columns"] == plain(columns):
            return planned_again(settings["planned"], entry.body["plan"]["budget"])
    return None


def _plan(ws: Workspace, visit: _Visit, planned: Planned) -> Plan:
    told = visit.bundle.told
    return Plan(
        verb="visit",
        dataset=str(visit.ref),
        dataset_digest=ws.lake.version(visit.ref).digest,
        hypothesis=told.hypothesis or "the visitor's learner beats the plant's own robust learner",
        metric=told.metric,
        split="honest: by asset, batch or time; the first folds screen, the others confirm",
        candidates=("visiting", *(["weights"] if told.weights else []), *(r.plugin.name for r in told.repairs)),
        seed=told.seed,
        budget={
            "seconds": round(planned.seconds, 1),
            "trainings": planned.trainings,
            "rows": len(visit.examples),
        },
        tolerance=0.01,
        settings={
            "contract": visit.contract.digest,
            "terms": visit.contract.plain,
            "bundle": visit.bundle.digest,
            "told": msgspec.to_builtins(told),
            "columns": plain(visit.columns),
            "planned": {**planned.settings(), "treatments": [r.plugin.name for r in told.repairs]},
            "person": ws.person,
            "task": told.task,
        },
    )


def _tried(ws: Workspace, visit: _Visit, planned: Planned, came: Entrants, run: attest.Run) -> dict[str, Any]:
    """Play, keep, sign; a visitor's plug-in that breaks ends the run, and it stays counted."""
    salt, began = digest([run.plan.dataset_digest, visit.bundle.digest, plain(visit.columns)]), time.monotonic()
    try:
        outcome = play(ws, visit.examples, planned, came, salt, visit.bundle.told.seed)
    except (Stopped, OSError):  # the machine's doing, not the visitor's: the same call goes on
        raise
    except DiapasonError as error:
        run.abandon(error.said("en")["what"])
        raise
    except Exception as error:
        run.abandon(f"{type(error).__name__}: {error}"[:300])
        raise DataError(
            Text(f"what the visitor brought failed here: {error}", f"来访内容在此处运行失败：{error}"),
            at=run.id,
            fix=Text(
                "the run is counted as abandoned; tell the provider, who packs again",
                "该次运行已计为放弃；请告知供方重新打包",
            ),
        ) from error
    for label, kept in outcome.kept.items():
        run.keep(f"learner-{label}", kept)
    result = _result(visit, outcome) | {"seconds": round(time.monotonic() - began, 1)}
    run.finish(result)
    return result


def _result(visit: _Visit, outcome: Outcome) -> dict[str, Any]:
    ending, judge, told = outcome.played.ending, outcome.played.judge, visit.bundle.told
    plugin = {f"repair{i}": r.plugin.name for i, r in enumerate(told.repairs, 1)}
    learners = [{"entrant": d.entrant, "name": told.recipe.name, **plain(d)} for d in outcome.duels]
    repairs = [
        {
            "entrant": "repair",
            "name": plugin[r.candidate.treatment],
            "candidate": r.candidate.id,
            "over_nothing": plain(r.over_nothing),
            "over_placebo": plain(r.over_placebo),
            "over_robust": plain(r.over_robust),
            "held": r.adopted,
            "reason": r.reason,
            "touched": r.touched,
        }
        for r in ending.rows
    ]
    for row, duel in zip(learners, outcome.duels, strict=True):
        row["held"] = _held(duel.over_nothing, duel.over_robust, told)
    return {
        "task": told.task,
        "metric": judge.metric,
        "learners": learners,
        "repairs": repairs,
        "scores": plain(outcome.scores),
        "shown": any(row["held"] for row in learners) or any(row["held"] for row in repairs),
        "findings": [
            {"kind": f.kind, "harm": f.harm, "columns": f.where.columns, "count": f.where.count}
            for f in ending.findings
        ],
        "doubted": int((judge.doubt > 0.5).sum()),
        "rows_used": len(visit.examples),
        "split": {"kind": outcome.played.split.kind.value, "folds": len(outcome.played.split.folds)},
    }


def _held(nothing: Estimate, robust: Estimate, told: Told) -> bool:
    """Whether a learner's claim is shown: better than the usual one, and by as much as the provider said."""
    wanted = robust if told.accept.over == "robust" else nothing
    return bool(nothing.low > 0 and wanted.low > 0 and wanted.low >= told.accept.least)


def _exhausted(found: Agreed) -> Refused:
    runs = found.terms.runs
    return Refused(
        Text(
            f"all {runs} runs of the contract are used; abandoned ones count",
            f"合同的 {runs} 次运行已用完；放弃的也计入",
        ),
        at=f"{found.path}, field runs",
        fix=Text("agree on a new contract with a higher number", "请另订编号更大的合同"),
    )
