"""The story of a look at a table: read it as texts, find what contradicts the rest, keep it, sign it."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import polars as pl

from diapason.engines.mending import Doubted, Mended, mend
from diapason.errors import Refused
from diapason.knowledge.findings import kinds, sentence
from diapason.ports.workspace import Workspace
from diapason.services import attest
from diapason.services.mend.texts import as_texts
from diapason.vocabulary.evidence import Plan
from diapason.vocabulary.findings import Finding, Where
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import ROW, VersionRef

__all__ = ["MOST_CELLS", "run"]

MOST_CELLS = 5_000_000
"""Cells of a table that are looked at in memory."""


def run(ws: Workspace, name: str, *, least: float = 0.8) -> dict[str, Any]:
    """Find the wrong cells of the newest version of a dataset, or `name@version`. Nothing is changed.

    Args:
        least: how sure a proposal must be to be adopted without a look.

    Returns:
        cells (row, column, value, proposed, sure, sure_of_proposal, kind, why in both languages), counts by kind,
        dependencies that the table is held to obey, and the run.

    Raises:
        NotFound: there is no such dataset.
        Refused: the table is too large to be held in memory.
    """
    version = ws.lake.version(VersionRef.parse(name))
    frame = ws.lake.scan(version.ref).collect() if version.rows <= MOST_CELLS else pl.DataFrame()
    if not frame.width or frame.height * (frame.width - 1) > MOST_CELLS:
        raise _too_large(version.rows, str(version.ref))
    settings = {"least": least}
    plan = Plan("mend", str(version.ref), version.digest, "", "", "", (), 0, {}, 0.0, settings)
    run_ = attest.begin(ws, plan)
    found = mend(as_texts(frame), told=lambda turn: ws.progress(Text("looking at", "正在检查"), -1, f"{turn}"))
    rows = frame[ROW].to_list()
    cells = [_cell(d, rows[d.row]) for d in found.cells]
    run_.keep("cells", _table(cells))
    result = _result(cells, found, frame, least)
    run_.finish(result)
    return {**result, "dataset": str(version.ref), "run": run_.id, "cells": cells}


def _cell(doubted: Doubted, row: int) -> dict[str, Any]:
    facts = {**doubted.facts, "proposed": doubted.proposed or ""}
    kind = f"mend_{doubted.kind}"
    if doubted.kind == "dependency" and facts.get("others") == "0":
        kind = "mend_stranger"
    finding = Finding(kind, Where((doubted.column,), (row,), 1, 1), doubted.sure, facts=facts)
    return {
        "row": row,
        "column": doubted.column,
        "value": doubted.value,
        "proposed": doubted.proposed,
        "sure": round(doubted.sure, 3),
        "sure_of_proposal": round(doubted.sure * doubted.trust, 3),
        "kind": kind,
        "why": {"en": sentence(finding, "en"), "zh": sentence(finding, "zh")},
    }


def _result(cells: list[dict[str, Any]], found: Mended, frame: pl.DataFrame, least: float) -> dict[str, Any]:
    by = Counter((c["column"], c["kind"]) for c in cells)
    sure = sum(c["proposed"] is not None and c["sure_of_proposal"] >= least for c in cells)
    return {
        "rows": frame.height,
        "columns": frame.width - 1,
        "doubted": len(cells),
        "mendable": sure,
        "least": least,
        "turns": found.turns,
        "by_kind": [
            {"column": c, "kind": k, "count": n, "title": _title(k)} for (c, k), n in by.most_common()
        ],
        "dependencies": [
            {"given": list(d.given), "column": d.column, "strength": round(d.strength, 4), "noise": round(d.noise, 4)}
            for d in found.dependencies
        ],
    }  # fmt: skip


def _title(kind: str) -> Mapping[str, str]:
    title = kinds()[kind].title
    return {"en": title.en, "zh": title.zh}


def _table(cells: list[dict[str, Any]]) -> pl.DataFrame:
    keys = ("row", "column", "value", "proposed", "sure", "sure_of_proposal", "kind")
    schema = dict.fromkeys(keys, pl.String()) | {
        "row": pl.Int64(),
        "sure": pl.Float64(),
        "sure_of_proposal": pl.Float64(),
    }
    return pl.DataFrame([{k: c[k] for k in keys} for c in cells], schema=schema, orient="row")


def _too_large(rows: int, at: str) -> Refused:
    return Refused(
        Text(f"{rows:,} rows are more than are mended at once", f"{rows:,} 行超出一次可修复的规模"),
        at=at,
        fix=Text(
            f"ingest a part: at most {MOST_CELLS:,} cells (rows x columns)",
            f"请分批导入：至多 {MOST_CELLS:,} 个单元格（行 × 列）",
        ),
    )
