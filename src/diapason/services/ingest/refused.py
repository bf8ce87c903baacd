"""Rows that were not stored: spooled while the others are, then kept as a dataset beside."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from diapason.ports.lake import Version
from diapason.ports.workspace import Workspace
from diapason.services.ingest.contracts import keep_contract
from diapason.vocabulary.tables import ROW, Column, Contract, Role

__all__ = ["REFUSED", "Refused"]

REFUSED = ".rejected"
_SHAPE = {ROW: pl.Int64, "file": pl.String, "line": pl.Int64, "reason": pl.String, "reason_zh": pl.String}
_SHAPE |= {"raw": pl.String}


class Refused:
    """Refused rows, on disk as soon as there are any: memory holds one batch."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._pieces: list[Path] = []

    def __enter__(self) -> "Refused":
        return self

    def __exit__(self, *_error: object) -> None:
        if self._folder is not None:
            self._folder.cleanup()

    def add(self, rows: pl.DataFrame) -> None:
        """Take the refused rows of one batch."""
        if not rows.height:
            return
        self._folder = self._folder or tempfile.TemporaryDirectory(prefix="diapason-", ignore_cleanup_errors=True)
        path = Path(self._folder.name) / f"{len(self._pieces)}.arrow"
        absent = {c: pl.lit(None, dtype=t) for c, t in _SHAPE.items() if c not in rows.columns}
        rows.with_columns(**absent).select(pl.col(c).cast(t) for c, t in _SHAPE.items()).write_ipc(path)
        self._pieces.append(path)

    def commit(self, ws: Workspace, name: str, run: str, version: Version, *, append: bool) -> str:
        """Keep them as `<name>.rejected`; the reference of what was written, "" where nothing was refused."""
        beside = name + REFUSED
        there = ws.lake.versions(beside)
        done = [v for v in there if v.run == run]
        if done or not (self._pieces or (there and not append)):
            return str(done[-1].ref) if done and self._pieces else ""
        note = f"refused at {version.ref}"
        made = ws.lake.commit(beside, self._frames(), run=run, note=note, append=append and bool(there))
        keep_contract(ws, _contract(beside))
        return str(made.ref) if self._pieces else ""

    def _frames(self) -> Iterator[pl.DataFrame]:
        if not self._pieces:
            yield pl.DataFrame(schema=_SHAPE)
        for path in self._pieces:
            yield pl.read_ipc(path)


def _contract(name: str) -> Contract:
    kinds = {"file": "category", "line": "number", "reason": "text", "reason_zh": "text", "raw": "text"}
    columns = tuple(Column(column, kind, Role.IGNORED, why="refused rows") for column, kind in kinds.items())
    return Contract(name, columns)
