"""Typed batches from the rows of a source, of about equal size, with every refused row beside."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from diapason.connectors.files.options import Options
from diapason.connectors.files.records import Rejected
from diapason.connectors.files.survey import Survey, Tally
from diapason.connectors.files.tables import Table
from diapason.connectors.files.typed import Typist
from diapason.ports.connector import Batch
from diapason.vocabulary.tables import ROW

__all__ = ["REJECTED", "Delivery"]

_CELLS = 4_000_000
"""Cells in one batch, about."""
REJECTED = {ROW: pl.Int64, "file": pl.String, "line": pl.Int64, "reason": pl.String, "reason_zh": pl.String}
REJECTED |= {"raw": pl.String}


@dataclass(slots=True)
class Delivery:
    """Hands out the rows of one source."""

    survey: Survey
    typist: Typist
    options: Options
    file_column: str = ""  # "" = the source is one file
    _frames: list[pl.DataFrame] = field(default_factory=list)
    _refused: list[tuple[str, int, Rejected]] = field(default_factory=list)
    _waiting: int = 0
    _before: int = 0  # rows of the files before this one

    def batches(self) -> Iterator[Batch]:
        """All rows, in order; rows seen = rows handed out + rows refused.

        Raises:
            DataError: too many rows are refused.
        """
        tally, total = Tally(self.survey.tally.source, self.options.max_rejected), self.survey.tally.seen
        for table in self.survey.tables:
            for rows in self.survey.again(table, self.typist.settled.forms):
                frame, position, refused = self.typist.typed(rows)
                self._take(table, frame, position, [*rows.rejected, *refused])
                tally.count(rows.seen, [*rows.rejected, *refused], table.piece.name)
                self._waiting += rows.seen
                if self._waiting * max(1, frame.width) >= _CELLS:
                    yield self._batch(tally.seen / total)
            self._before += self.survey.rows_of[table.piece.at]
        tally.check()
        if self._waiting:
            yield self._batch(1.0)

    def _take(self, table: Table, frame: pl.DataFrame, position: pl.Series, refused: Sequence[Rejected]) -> None:
        frame = frame.insert_column(0, (position + self._before).alias(ROW))
        if self.file_column:
            frame = frame.insert_column(
                1, pl.repeat(self._label(table), frame.height, eager=True).alias(self.file_column)
            )
        if frame.height:
            self._frames.append(frame)
        self._refused += [(table.piece.name, self._before, one) for one in refused]

    def _label(self, table: Table) -> str:
        """The name of the file without its endings, or with them where that is not enough to tell files apart."""
        stems = [t.piece.stem for t in self.survey.tables]
        if len(set(stems)) == len(stems):
            return table.piece.stem
        names = [t.piece.name for t in self.survey.tables]
        if len(set(names)) == len(names):
            return table.piece.name
        above = os.path.commonpath([t.piece.path.parent for t in self.survey.tables])
        inside = table.piece.path.relative_to(above).parent / table.piece.path.name
        return f"{inside.as_posix()}/{table.piece.member}".rstrip("/")

    def _batch(self, share: float) -> Batch:
        frames, refused, seen = self._frames, self._refused, self._waiting
        self._frames, self._refused, self._waiting = [], [], 0
        rows = [
            (before + one.position, file, one.line, one.reason.en, one.reason.zh, one.raw)
            for file, before, one in sorted(refused, key=lambda r: r[1] + r[2].position)
        ]
        facts: dict[str, Any] = {"share": round(share, 4)}
        table = pl.concat(frames) if frames else pl.DataFrame(schema=self._schema())
        return Batch(table, pl.DataFrame(rows, schema=REJECTED, orient="row"), seen, facts)

    def _schema(self) -> dict[str, pl.DataType]:
        front: dict[str, Any] = {ROW: pl.Int64()}
        front |= {self.file_column: pl.String()} if self.file_column else {}
        return front | self.typist.schema
