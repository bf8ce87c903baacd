"""Rows set aside because they break the contract: each as text that reads back to the same row, in a dataset beside."""

import json
from collections.abc import Iterator, Mapping

import polars as pl

from diapason.engines.contracts import BECAUSE
from diapason.errors import DataError
from diapason.ports.workspace import Workspace
from diapason.services.ingest.contracts import keep_contract
from diapason.services.ingest.spooling import Spool
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import ROW, Column, Contract, Role

__all__ = ["QUARANTINE", "Aside", "rows_of"]

QUARANTINE = ".quarantine"
"""What the name of a dataset with rows set aside ends with."""
_SHAPE = {ROW: pl.Int64, BECAUSE: pl.String, "run": pl.String, "raw": pl.String}


class Aside(Spool):
    """Rows set aside because they break the contract."""

    def shaped(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Each row as text, with the rules that it breaks."""
        cells = [pl.col(c).cast(pl.String) for c in rows.columns if c not in (ROW, BECAUSE)]
        return rows.select(BECAUSE, raw=pl.struct(cells).struct.json_encode())

    def commit(self, ws: Workspace, name: str, run: str) -> str:
        """Add them to `<name>.quarantine`; the reference of what was written, "" where there are none.

        Rows are only ever added there, so that the number of one means that row for good.
        """
        beside = name + QUARANTINE
        there = ws.lake.versions(beside)
        done = [v for v in there if v.run == run]
        if done or not self:
            return str(done[-1].ref) if done else ""
        made = ws.lake.commit(beside, self._frames(run), run=run, note="quarantine", append=bool(there))
        keep_contract(ws, _contract(beside))
        return str(made.ref)

    def _frames(self, run: str) -> Iterator[pl.DataFrame]:
        begin = 0
        for rows in self.pieces():
            numbered = rows.with_columns(pl.int_range(begin, begin + rows.height).alias(ROW), run=pl.lit(run))
            begin += rows.height
            yield numbered.select(pl.col(c).cast(kind) for c, kind in _SHAPE.items())


def rows_of(raw: pl.Series, schema: Mapping[str, pl.DataType], *, at: str) -> pl.DataFrame:
    """Rows again from their text, as a dataset stores them now.

    Raises:
        DataError: they do not fit the columns that the dataset has now.
    """
    wanted = {name: kind for name, kind in schema.items() if name != ROW}
    odd = sorted({name for text in raw for name in json.loads(text)} ^ set(wanted)) if raw.len() else []
    try:
        if odd:
            raise pl.exceptions.SchemaError(", ".join(odd))
        texts = raw.str.json_decode(pl.Struct(dict.fromkeys(wanted, pl.String()))).struct.unnest()
        return texts.select(_typed(name, kind) for name, kind in wanted.items())
    except pl.exceptions.PolarsError as error:
        raise DataError(
            Text(
                f"these rows do not fit the columns that the dataset has now: {error}",
                f"这些行与数据集现有的列不符：{error}",
            ),
            at=at,
            fix=Text("drop them, and send them again as they must be", "请丢弃这些行，改正后重新送入"),
        ) from error


def _typed(name: str, kind: pl.DataType) -> pl.Expr:
    cell = pl.col(name)
    if isinstance(kind, pl.Datetime):
        return cell.str.to_datetime("%Y-%m-%d %H:%M:%S%.f%#z" if kind.time_zone else None).cast(kind)
    if kind == pl.Date:
        return cell.str.to_date()
    return cell.replace_strict({"true": True, "false": False}) if kind == pl.Boolean else cell.cast(kind)


def _contract(name: str) -> Contract:
    kinds = {BECAUSE: "text", "run": "category", "raw": "text"}
    return Contract(name, tuple(Column(c, kind, Role.IGNORED, why="rows set aside") for c, kind in kinds.items()))
