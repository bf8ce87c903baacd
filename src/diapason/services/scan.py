"""One pass over a file or a dataset of any size: statistics with their errors, faults, the clock; kept for new rows."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from diapason.engines.scan import Scan, Shape, faults, lines, packed, unpacked
from diapason.errors import DataError, NotFound
from diapason.knowledge.findings import sentence
from diapason.ports import find
from diapason.ports.connector import Frames
from diapason.ports.disk import write_whole
from diapason.ports.lake import Version
from diapason.ports.workspace import Progress, Workspace, silent
from diapason.services.ingest import contract as contract_of
from diapason.services.workspace import Threads
from diapason.vocabulary.findings import Finding
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import ROW, Contract, Role, VersionRef
from diapason.vocabulary.wire import plain

__all__ = ["dataset", "file"]

BATCH = 262_144
"""Rows taken in at a time, at most."""


def file(
    source: str,
    *,
    time: str = "",
    asset: str = "",
    tag: str = "",
    value: str = "",
    after: Path | None = None,
    keep: Path | None = None,
    options: Mapping[str, Any] | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Scan a file, folder or pattern where it lies; nothing is stored but the state, where one is asked for.

    Args:
        source: what the files connector reads.
        time: column of the time; default the first calendar column.
        asset: column that says which asset a row is of.
        tag: column that names the tag of each row, in a long table.
        value: column of its value.
        after: a kept state; the source holds the rows that follow.
        keep: where the state is written.
        options: how to read, see the connector.

    Returns:
        Rows, columns looked at and left aside, a line per column, findings with sentences in both languages.

    Raises:
        DataError: the source can't be read, has no rows, or a column is not there.
        Unsure: what it means isn't clear; carries the questions.
    """
    reader: Frames = find("connectors", "files")
    frames = reader.frames(source, dict(options or {}), BATCH)
    roles = {"time": time, "asset": asset, "tag": tag, "value": value}
    scan, aside = _scanned(frames, roles, source, progress, before=None if after is None else _kept(after))
    if keep is not None:
        write_whole(keep, packed(scan))
    return {"source": str(source), **_told(scan, aside)}


def dataset(ws: Workspace, name: str) -> dict[str, Any]:
    """Scan a version of a dataset; where rows were only appended to one that was scanned, those alone are read.

    Raises:
        NotFound: there is no such dataset.
    """
    ref = VersionRef.parse(name)
    if not ws.lake.versions(ref.name):
        raise NotFound(
            Text(f"there is neither a file nor a dataset '{ref.name}'", f"既没有文件也没有数据集“{ref.name}”"),
            at=str(ws.folder),
            fix=Text("give a file, or bring one in: diapason ingest", "请给出文件，或先导入：diapason ingest"),
        )
    version = ws.lake.version(ref)
    contract = contract_of(ws, ref.name)
    scan, aside, read = _of_version(ws, version, contract)
    ws.vault.remember(_key(version, contract), ws.vault.put(packed(scan)))
    return {"dataset": str(version.ref), "read": read, **_told(scan, aside)}


def _of_version(ws: Workspace, version: Version, contract: Contract) -> tuple[Scan, list[str], int]:
    """The state of a version, what was left aside, and how many rows were read for it."""
    known = ws.vault.recall(_key(version, contract))
    if known is not None:
        return unpacked(ws.vault.get(known)), [], 0
    before = _before(ws, version, contract)
    table = ws.lake.scan(version.ref)
    if before is not None:
        table = table.filter(pl.col(ROW) >= version.first_row)
    roles = {"time": contract.first(Role.TIME) or "", "asset": contract.first(Role.ASSET) or ""}
    frames = table.collect_batches(maintain_order=True, lazy=True)
    limits = {c.name: _limits(c.low, c.high) for c in contract.columns if c.low is not None or c.high is not None}
    had = 0 if before is None else before.rows
    scan, aside = _scanned(frames, roles, str(version.ref), ws.progress, limits=limits, before=before, of=version.rows)
    return scan, aside, scan.rows - had


def _limits(low: float | None, high: float | None) -> tuple[float, float]:
    return (float("-inf") if low is None else low, float("inf") if high is None else high)


def _before(ws: Workspace, version: Version, contract: Contract) -> Scan | None:
    """The state of the version before, if this one only adds rows to it."""
    ref = version.ref
    if not version.first_row or ref.version < 2:
        return None
    earlier = ws.lake.version(VersionRef(ref.name, ref.version - 1))
    known = ws.vault.recall(_key(earlier, contract))
    if known is None or earlier.rows >= version.rows:
        return None
    state = unpacked(ws.vault.get(known))
    return state if state.rows == earlier.rows else None


def _key(version: Version, contract: Contract) -> str:
    roles = [contract.first(Role.TIME), contract.first(Role.ASSET)]
    limits = [[c.name, c.low, c.high] for c in contract.columns]
    return f"scan/{version.digest}/{roles}/{limits}"


def _kept(path: Path) -> Scan:
    try:
        return unpacked(path.read_bytes())
    except OSError as error:
        raise DataError(
            Text(f"the kept state can't be read: {error.strerror}", f"无法读取保存的状态：{error.strerror}"),
            at=str(path),
            fix=Text("give the file that --keep wrote", "请给出 --keep 写出的文件"),
        ) from error


def _scanned(
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


def _told(scan: Scan, aside: list[str]) -> dict[str, Any]:
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
