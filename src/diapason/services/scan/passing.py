"""The pass itself: frames in, state out; and what it tells."""

import os
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from diapason.engines.scan import Scan, Shape, faults, lines
from diapason.errors import DataError
from diapason.knowledge.findings import sentence
from diapason.ports.workspace import Progress
from diapason.services.workspace.working import Threads
from diapason.vocabulary.findings import Finding
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import ROW
from diapason.vocabulary.wire import plain

__all__ = ["BATCH", "passed", "told"]

BATCH = 262_144
"""Rows taken in at a time, at most."""


def passed(
    frames: Iterator[pl.DataFrame],
    roles: Mapping[str, str],
    source: str,
    progress: Progress,
    *,
    limits: Mapping[str, tuple[float, float]] | None = None,
    before: Scan | None = None,
    of: int = 0,
) -> tuple[Scan, list[str]]:
    """Take in all frames; the state, and the columns left aside."""
    pool, scan, aside = Threads(os.cpu_count() or 1), before, list[str]()
    for frame in frames:
        part = frame.drop(ROW, strict=False)
        if scan is None:
            shape = Shape.of(dict(part.schema), allowed=limits, **roles)
            used = {*shape.numbers, *shape.words, shape.time, shape.asset, shape.tag, shape.value}
            scan, aside = Scan.new(shape), [c for c in part.columns if c not in used]
        scan.update(part, across=pool.map)
        share = scan.rows / of if of else -1.0
        progress(Text("scanning", "扫描中"), share, f"{scan.rows:,}")
    if scan is None or not scan.rows:
        raise DataError(
            Text("there are no rows", "没有任何行"), at=source, fix=Text("export the table again", "请重新导出该表")
        )
    progress(Text("done", "完成"), 1.0, "")
    return scan, aside


def told(scan: Scan, aside: list[str]) -> dict[str, Any]:
    """What the state tells, as plain facts: columns, findings, sentences and advice in both languages."""
    found = faults(scan)
    return {
        "rows": scan.rows,
        "assets": len(scan.assets),
        "roles": {"time": scan.shape.time, "asset": scan.shape.asset, "tag": scan.shape.tag},
        "aside": aside,
        "columns": lines(scan),
        "findings": plain(found),
        "sentences": [_both(f, "sentence") for f in found],
        "advice": [_both(f, "advice") for f in found],
    }


def _both(finding: Finding, part: str) -> dict[str, str]:
    return {"en": sentence(finding, "en", part=part), "zh": sentence(finding, "zh", part=part)}
