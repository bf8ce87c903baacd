"""The story of `score`: seal the plan, look at rows and ledger, measure, hold against the gates, sign."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from diapason.engines.evidence.canonical import digest
from diapason.engines.learning.assembling import likely_task
from diapason.engines.measures import Assessed, Clock, Measure, Ruling, Seen
from diapason.errors import DataError, NotFound, Refused
from diapason.knowledge.scoring import points
from diapason.knowledge.tc609 import tc609
from diapason.ports.disk import write_whole
from diapason.ports.lake import Version
from diapason.ports.workspace import Workspace
from diapason.services import attest, standing
from diapason.services.ingest import contract as contract_of
from diapason.services.scan import datasets
from diapason.services.score import judging
from diapason.services.score.looking import Looked, look
from diapason.services.score.needs import Needs, agreed, keep, propose, read, sensors, wanted
from diapason.services.score.recorded import Recorded, assessed, scanned
from diapason.services.score.watching import compared, guarded, keyed, reference_of
from diapason.vocabulary.evidence import Plan
from diapason.vocabulary.facts import ground
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import Contract, Role, VersionRef
from diapason.vocabulary.wire import plain

__all__ = ["REPORT", "draft", "run"]

REPORT = "dataset-quality-report"
"""The artefact that a score is, where all three gates are passed."""


def run(ws: Workspace, name: str, *, target: str = "", needs: Path | None = None) -> dict[str, Any]:
    """Score one version of a dataset in the words of three standards.

    Args:
        name: dataset, or dataset@version.
        target: what a model must reach, such as "rmse<=2.5"; for this run, over what the needs say.
        needs: file with operating space, age, targets, sensors; it counts from now on.

    Returns:
        gates, indicators, sub-indicators, families of measures, weights, fitness, uncertainty of sensors, and the run.

    Raises:
        NotFound: no such dataset.
        DataError: the target or the needs are not as they must be.
        Refused: the version stands no more.
    """
    version, contract = _version(ws, name)
    if target:
        wanted(target, at="--target")
    what = _needs(ws, version.ref.name, contract, needs)
    fallen = standing.fallen(ws)
    _stands(version, fallen)
    book = Recorded(ws, version.ref, fallen)
    _judged_by(book, target)
    attested = attest.begin(ws, _plan(ws, version, contract, what, target))
    looked = look(ws, version, contract, what, ws.clock())
    seen = _watched(ws, version, what, looked, _seen(version, contract, what, looked, book, target), fallen)
    result = _result(seen, contract, what, book, ws)
    attested.keep("measures", _table(result))
    attested.finish(result)
    return {"run": attested.id, **result}


def draft(ws: Workspace, name: str, to: Path) -> dict[str, Any]:
    """Write a proposal of the needs, to be edited and taken in.

    Raises:
        NotFound: no such dataset.
    """
    version, contract = _version(ws, name)
    lines = {line["name"]: line for line in datasets.run(ws, str(version.ref))["columns"]}
    held = agreed(ws, version.ref.name)
    write_whole(to, propose(version.ref.name, contract, lines, held).encode())
    return {"dataset": str(version.ref), "file": str(to)}


def _version(ws: Workspace, name: str) -> tuple[Version, Contract]:
    ref = VersionRef.parse(name)
    if not ws.lake.versions(ref.name):
        raise NotFound(
            Text(f"there is no dataset '{ref.name}'", f"没有数据集“{ref.name}”"),
            at=str(ws.folder),
            fix=Text("choose one of: ", "可选：") + (", ".join(ws.lake.datasets()) or "–"),
        )
    return ws.lake.version(ref), contract_of(ws, ref.name)


def _needs(ws: Workspace, name: str, contract: Contract, file: Path | None) -> Needs:
    if file is None:
        return agreed(ws, name)
    told, held = read(file, contract), agreed(ws, name)
    if file.suffix.lower() == ".csv":  # sensors alone; the rest stays
        told = msgspec.structs.replace(held, sensors=told.sensors)
    keep(ws, name, told)
    return told


def _stands(version: Version, fallen: Mapping[str, Text]) -> None:
    why = fallen.get(ground("dataset", version.ref))
    if why is not None:
        raise Refused(
            Text(f"{version.ref} stands no more: {why.en}", f"{version.ref} 已失效：{why.zh}"),
            at=str(version.ref),
            fix=f"diapason standing dataset:{version.ref}",
        )


def _judged_by(book: Recorded, target: str) -> None:
    """Refuse a target of a measure that no model of this version was judged by, where there is one."""
    known = book.measured()
    if not target or not known or wanted(target, at="--target").metric in known:
        return
    raise DataError(
        Text(f"no model here was judged by {target}", f"此处没有按 {target} 的指标评判过的模型"),
        at="--target",
        fix=Text("choose one of: ", "可选：") + ", ".join(sorted(known)),
    )


def _plan(ws: Workspace, version: Version, contract: Contract, needs: Needs, target: str) -> Plan:
    return Plan(
        verb="score",
        dataset=str(version.ref),
        dataset_digest=version.digest,
        hypothesis="each of the three dimensions reaches 90 points",
        metric="points of TC609-5-2025-04, measures of ISO/IEC 5259-2 and GB/T 36344",
        split="",
        candidates=(),
        seed=0,
        budget={},
        settings={
            "contract": digest(plain(contract)),
            "needs": msgspec.to_builtins(needs),
            "reference": reference_of(ws, version, needs.reference),
            "target": target,
            "day": ws.clock().astimezone(UTC).date().isoformat(),
            "ledger": ws.ledger.head()[0],
        },
    )


def _seen(  # roomy: one line for each thing that is known
    version: Version, contract: Contract, needs: Needs, looked: Looked, book: Recorded, target: str
) -> Seen:
    """Everything in one place."""
    where, papers, brought = ground("dataset", version.ref), book.papers(), book.brought()
    held = book.runs("assess", str(version.ref))
    faults: Assessed = assessed(held[-1]) if held else scanned(where, looked.found, version.rows, len(looked.columns))
    kinds = {c.verb for c in papers}
    clock = None if looked.clock is None else _two_clocks(looked.clock, book)
    return Seen(
        dataset=str(version.ref),
        ground=where,
        rows=version.rows,
        columns=looked.columns,
        complete=looked.complete,
        target=contract.first(Role.TARGET) or "",
        task=likely_task(contract).value,
        labelled=looked.labelled,
        labels=looked.labels,
        least=needs.least,
        time=contract.first(Role.TIME) or "",
        calendar=looked.calendar,
        span=looked.span,
        window_days=needs.window_days,
        current=looked.current,
        clock=clock,
        assessed=faults,
        rejected=int(brought["rejected"]),
        brought=brought,
        papers={kind: tuple(c.id for c in papers if c.verb == kind) for kind in kinds},
        answers=book.answers(),
        done=book.done(),
        owners=book.owners(),
        space=looked.space,
        space_by=looked.space_by,
        audited=book.audited(),
        personal=looked.personal,
        reach=book.reach(),
        fits=book.fits(needs, target),
        spectrum=looked.spectrum,
        sampled=looked.sampled,
        kind=needs.class_,
        scene=needs.scene,
        linked=book.linked(),
    )


def _watched(  # roomy: what was seen, and where the rest of it stands
    ws: Workspace, version: Version, needs: Needs, looked: Looked, seen: Seen, fallen: Mapping[str, Text]
) -> Seen:
    """With what was watched over time."""
    held = guarded(ws, version.ref, fallen)
    return replace(
        seen,
        keys=keyed(looked.scan),
        compared=compared(ws, version, looked.scan, reference_of(ws, version, needs.reference), fallen),
        guarded=held,
        latency=needs.latency_seconds,
        rejected=seen.rejected + (0 if held is None else held.refused),
    )


def _two_clocks(clock: Clock, book: Recorded) -> Clock:
    """With the offset that a join has found between the clocks of its sources, in steps."""
    run, far = book.offset()
    off = None if far is None or not clock.usual else far / clock.usual
    return replace(clock, sources=int(book.brought()["sources"]), offset=run, off=off)


def _result(seen: Seen, contract: Contract, needs: Needs, book: Recorded, ws: Workspace) -> dict[str, Any]:
    told = judging.indicators(seen)
    fitted = judging.fitted(list(book.trials()))
    gates = judging.gates(told, fitted["weights"])
    today, papers = ws.clock().date(), book.papers()
    dues = {s.tag: s.due for s in needs.sensors if s.due is not None}
    passed = all(g["ruling"] == Ruling.PASSED.value for g in gates)
    used = {g for m in told.values() for g in m.on}
    return {
        "dataset": seen.dataset,
        "rows": seen.rows,
        "declared": needs != Needs(),
        "gates": gates,
        "passed": passed,
        "proves": [REPORT] if passed else [],
        "indicators": _indicators(told, fitted["weights"]),
        "sub_indicators": _subs(told),
        "families": judging.families(seen),
        "weights": fitted,
        "fits": judging.fits(seen, contract, papers, dues, today),
        "lift": book.lift(),
        "uncertainty": judging.budgets(seen, sensors(needs, today)),
        "space": None if seen.space is None else plain(seen.space) | {"by": seen.space_by},
        "on": sorted(g for g in used if g.startswith("paper:")),
    }


def _indicators(told: Mapping[str, Measure], weight: Mapping[str, float]) -> list[dict[str, Any]]:
    how = {p.code: p.title for p in points().indicators}
    return [
        {
            "code": i.code,
            "dimension": i.dimension,
            "title": {"en": i.title.en, "zh": i.title.zh},
            "points": {"en": how[i.code].en, "zh": how[i.code].zh},
            "weight": weight[i.code],
            **plain(told[i.code]),
        }
        for i in tc609().indicators
    ]


def _subs(told: Mapping[str, Measure]) -> list[dict[str, Any]]:
    return [
        {"code": s.code, "title": {"en": s.title.en, "zh": s.title.zh}, "ours": True, **plain(told[s.code])}
        for s in tc609().sub_indicators
    ]


def _table(result: Mapping[str, Any]) -> pl.DataFrame:
    """Every measure as a row, for a spreadsheet."""
    lines = [("TC609-5-2025-04", m["code"], m) for m in (*result["indicators"], *result["sub_indicators"])]
    lines += [(f["standard"], m["id"], m) for f in result["families"] for m in f["measures"]]
    rows = [
        {"standard": s, "id": i, **{k: m[k] for k in ("state", "value", "low", "high", "met", "of")},
         "on": " ".join(m["on"]), "said": m["said"]["en"], "todo": m["todo"]}
        for s, i, m in lines
    ]  # fmt: skip
    numbers = dict.fromkeys(("value", "low", "high", "met", "of"), pl.Float64)
    return pl.DataFrame(rows, schema_overrides=numbers, infer_schema_length=None)
