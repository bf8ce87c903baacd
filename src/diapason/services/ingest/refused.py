"""Rows that were not stored: spooled while the others are, then kept as a dataset beside."""

from collections.abc import Iterator

import polars as pl

from diapason.ports.lake import Version
from diapason.ports.workspace import Workspace
from diapason.services.ingest.contracts import keep_contract
from diapason.services.ingest.spooling import Spool
from diapason.vocabulary.tables import ROW, Column, Contract, Role

__all__ = ["REFUSED", "Refused"]

REFUSED = ".rejected"
_SHAPE = {ROW: pl.Int64, "file": pl.String, "line": pl.Int64, "reason": pl.String, "reason_zh": pl.String}
_SHAPE |= {"raw": pl.String}


class Refused(Spool):
    """Rows that could not be read."""

    def shaped(self, rows: pl.DataFrame) -> pl.DataFrame:
        """What is known of each: place, reason, text."""
        absent = {c: pl.lit(None, dtype=t) for c, t in _SHAPE.items() if c not in rows.columns}
        return rows.with_columns(**absent).select(pl.col(c).cast(t) for c, t in _SHAPE.items())

    def commit(self, ws: Workspace, name: str, run: str, version: Version, *, append: bool) -> str:
        """Keep them as `<name>.rejected`; the reference of what was written, "" where nothing was refused."""
        beside = name + REFUSED
        there = ws.lake.versions(beside)
        done = [v for v in there if v.run == run]
        if done or not (self or (there and not append)):
            return str(done[-1].ref) if done and self else ""
        note = f"refused at {version.ref}"
        made = ws.lake.commit(beside, self._frames(), run=run, note=note, append=append and bool(there))
        keep_contract(ws, _contract(beside))
        return str(made.ref) if self else ""

    def _frames(self) -> Iterator[pl.DataFrame]:
        if not self:
            yield pl.DataFrame(schema=_SHAPE)
        yield from self.pieces()


def _contract(name: str) -> Contract:
    kinds = {"file": "category", "line": "number", "reason": "text", "reason_zh": "text", "raw": "text"}
    columns = tuple(Column(column, kind, Role.IGNORED, why="refused rows") for column, kind in kinds.items())
    return Contract(name, columns)
