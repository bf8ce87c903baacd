"""Whether rows keep a contract, and nothing else: only the columns that its rules speak of are read."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import polars as pl

from diapason.engines.contracts import broken, rules
from diapason.engines.scan.ruling import Ruling, needed
from diapason.errors import DataError
from diapason.ports.workspace import Progress
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import ROW, Contract
from diapason.vocabulary.wire import plain

__all__ = ["judged", "needed", "ruled"]


def ruled(frames: Iterator[pl.DataFrame], agreed: Contract, source: str, progress: Progress) -> Ruling:
    """Take in all frames.

    Raises:
        DataError: there are no rows, or a column is not there any more.
    """
    ruling: Ruling | None = None
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for frame in frames:
            part = frame.drop(ROW) if ROW in frame.columns else frame
            ruling = ruling or Ruling.of(agreed, dict(part.schema))
            ruling.update(part, pool.map)
            progress(Text("judging", "判定中"), -1.0, f"{ruling.rows:,}")
    if ruling is None or not ruling.rows:
        raise DataError(
            Text("there are no rows", "没有任何行"), at=source, fix=Text("export the table again", "请重新导出该表")
        )
    progress(Text("done", "完成"), 1.0, "")
    return ruling


def judged(ruling: Ruling) -> dict[str, Any]:
    """How many rows and rules there are, and the rules that are broken or not tested."""
    agreed = ruling.agreed
    keyed = bool(agreed.key) and set(agreed.key) <= set(ruling.kinds)
    found = broken(
        agreed,
        ruling.lines(),
        list(ruling.kinds),
        keys=ruling.keys.told() if keyed else None,
        relations={said: plain(r) for said, r in ruling.relations.items()},
    )
    told = {"broken": [plain(b) for b in found if b.tested], "untested": [plain(b) for b in found if not b.tested]}
    return {"rows": ruling.rows, "contract": {"rules": rules(agreed), **told}}
