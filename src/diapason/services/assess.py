"""What is wrong with a dataset: read it in batches, find defects, sign what was found."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from diapason.engines.evidence.canonical import digest
from diapason.engines.learning.assembling import likely_task
from diapason.engines.quality import THRESHOLDS, Report, examine
from diapason.errors import NotFound
from diapason.knowledge.findings import sentence
from diapason.ports.workspace import Workspace
from diapason.services import attest
from diapason.services.ingest import contract as contract_of
from diapason.vocabulary.evidence import Plan
from diapason.vocabulary.findings import Finding
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import Contract, VersionRef
from diapason.vocabulary.wire import plain

__all__ = ["run"]

BATCH = 65_536
"""Rows read at a time."""
ROWS = 1_000
"""Rows of a finding that the signed result names; the kept table `rows` has up to 10,000."""


@dataclass(frozen=True, slots=True)
class _Again:
    """A table that can be read batch by batch as often as one likes, in bounded memory."""

    table: pl.LazyFrame
    told: Callable[[int], None]

    def __iter__(self) -> Iterator[pl.DataFrame]:
        seen = 0
        for batch in self.table.collect_batches(chunk_size=BATCH, maintain_order=True, lazy=True):
            seen += batch.height
            yield batch
            self.told(seen)


def run(
    ws: Workspace, name: str, *, on_finding: Callable[[Finding, str], None] = lambda _finding, _words: None
) -> dict[str, Any]:
    """Assess the newest version of a dataset, or `name@version`.

    Args:
        on_finding: told of each finding as soon as it is met, with its sentence in the workspace's language.

    Returns:
        Findings by weight, sentences and what to do in both languages, a profile of the columns, shares of good cells,
        the likely task, and the run.

    Raises:
        NotFound: there is no such dataset.
    """
    ref = _version(ws, name)
    contract = contract_of(ws, ref.name)
    version = ws.lake.version(ref)
    run_ = attest.begin(ws, _plan(ref, version.digest, contract))

    def told(seen: int) -> None:
        ws.progress(Text("looking at", "正在检查"), seen / max(version.rows, 1), f"{seen:,} / {version.rows:,}")

    batches = _Again(ws.lake.scan(ref), told)
    report = examine(batches, contract, on_finding=lambda f: on_finding(f, sentence(f, ws.language)))
    run_.keep("findings", _table(report))
    run_.keep("rows", _rows(report))
    result = _result(report)
    run_.finish(result)
    ws.progress(Text("done", "完成"), 1.0, "")
    words = [{"en": sentence(f, "en"), "zh": sentence(f, "zh")} for f in report.findings]
    todo = [{"en": sentence(f, "en", part="advice"), "zh": sentence(f, "zh", part="advice")} for f in report.findings]
    task = likely_task(contract).value
    return {"run": run_.id, "dataset": str(ref), "task": task, "sentences": words, "advice": todo, **result}


def _version(ws: Workspace, name: str) -> VersionRef:
    ref = VersionRef.parse(name)
    if ws.lake.versions(ref.name):
        return ws.lake.version(ref).ref
    raise NotFound(
        Text(f"there is no dataset '{ref.name}'", f"没有数据集“{ref.name}”"),
        at=str(ws.folder),
        fix=Text(
            "choose one of: " + (", ".join(ws.lake.datasets()) or "(none; diapason ingest FILE --name NAME)"),
            "可选：" + ("、".join(ws.lake.datasets()) or "（无；diapason ingest 文件 --name 名称）"),
        ),
    )


def _plan(ref: VersionRef, version: str, contract: Contract) -> Plan:
    return Plan(
        verb="assess",
        dataset=str(ref),
        dataset_digest=version,
        hypothesis="which rows, columns and windows are defective",
        metric="findings",
        split="",
        candidates=(),
        seed=0,
        budget={},
        settings={"contract": digest(plain(contract)), "limits": digest(plain(THRESHOLDS))},
    )


def _result(report: Report) -> dict[str, Any]:
    few = [replace(f, where=replace(f.where, rows=f.where.rows[:ROWS])) for f in report.findings]
    return {
        "findings": plain(few),
        "scores": plain(report.scores),
        "profile": plain(report.profile),
        "rows": report.rows,
        "columns": report.columns,
        "facts": plain(report.facts),
    }


def _table(report: Report) -> pl.DataFrame:
    """The findings as rows, for a spreadsheet; the rows concerned are in the result."""
    return pl.DataFrame(
        {
            "kind": [f.kind for f in report.findings],
            "harm": [f.harm for f in report.findings],
            "sure": [float(f.sure) for f in report.findings],
            "columns": [" ".join(f.where.columns) for f in report.findings],
            "asset": [f.where.asset for f in report.findings],
            "count": [f.where.count for f in report.findings],
            "of": [f.where.of for f in report.findings],
            "start": [f.where.window[0] for f in report.findings],
            "end": [f.where.window[1] for f in report.findings],
            "said": [sentence(f, "en") for f in report.findings],
        },
        schema_overrides={"kind": pl.String, "sure": pl.Float64, "count": pl.Int64, "of": pl.Int64},
    )


def _rows(report: Report) -> pl.DataFrame:
    """Which rows each finding names; `finding` is its line in the table of findings, from 0."""
    lists = [list(f.where.rows) for f in report.findings]
    columns = {"finding": range(len(lists)), "row": lists}
    table = pl.DataFrame(columns, schema={"finding": pl.Int64, "row": pl.List(pl.Int64)})
    return table.explode("row").drop_nulls()
