"""Parquet: typed columns, read by row ranges."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import polars as pl

from diapason.connectors.files.assumed import Assumed
from diapason.connectors.files.naming import names_of
from diapason.connectors.files.places import Piece
from diapason.connectors.files.records import Rows
from diapason.connectors.files.stored import readable
from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["ParquetTable", "canonical"]

_CELLS = 2_000_000
"""Cells that are read at a time."""


class ParquetTable:
    """A Parquet file; nothing in it has to be guessed."""

    def __init__(self, piece: Piece, timezone: str = "") -> None:
        self.piece, self._timezone = piece, timezone
        with readable(piece):
            self._frame = pl.scan_parquet(piece.path, glob=False, hive_partitioning=False)
            self._schema = self._frame.collect_schema()
            self._height = int(self._frame.select(pl.len()).collect().item())
        for name, kind in self._schema.items():
            if kind.is_nested() or kind in (pl.Binary, pl.Object):
                raise _nested(piece, name, kind)
        if not self._height or not self._schema:
            raise DataError(
                Text("the Parquet file has no rows", "Parquet 文件没有数据行"),
                at=piece.at,
                fix=Text("export it again", "请重新导出"),
            )
        self.names, notes = names_of([self._schema.names()], len(self._schema), (), piece.at)
        self.assumed: tuple[Assumed, ...] = tuple(notes)
        self.named = True
        self.texts: frozenset[str] = frozenset()
        self.worded: frozenset[str] = frozenset()
        self.units: Mapping[str, str] = {}

    def rows(self) -> Iterator[Rows]:
        """All rows, range by range."""
        step = max(1, _CELLS // max(1, len(self.names)))
        renamed = dict(zip(self._schema.names(), self.names, strict=True))
        for start in range(0, self._height, step):
            with readable(self.piece):
                part = self._frame.slice(start, step).collect().rename(renamed)
            cells = part.select(canonical(part[name], self._timezone) for name in part.columns)
            order = np.arange(start, start + part.height, dtype=np.int64)
            yield Rows(cells, order, order + 1, b"", np.zeros((part.height, 2), np.int64), [], part.height)

    def facts(self) -> dict[str, Any]:
        """That it is Parquet."""
        return {"form": "parquet"}


def canonical(values: pl.Series, timezone: str = "") -> pl.Series:
    """A column in one of the five types that a dataset has: Int64, Float64, Boolean, String, Datetime in UTC."""
    kind = values.dtype
    if kind in (pl.String, pl.Boolean, pl.Float64, pl.Int64):
        return values
    if kind.is_float() or kind.is_decimal() or kind in (pl.UInt64, pl.Int128):
        return values.cast(pl.Float64)
    if kind.is_integer():
        return values.cast(pl.Int64)
    if kind == pl.Date:
        return canonical(values.cast(pl.Datetime("us")), timezone)
    if isinstance(kind, pl.Datetime):
        values = values.cast(pl.Datetime("us", kind.time_zone))
        zoned = values if kind.time_zone else values.dt.replace_time_zone(timezone or "UTC", ambiguous="earliest")
        return zoned.dt.convert_time_zone("UTC")
    if kind == pl.Duration:
        return values.dt.total_microseconds().cast(pl.Float64) / 1e6
    return values.cast(pl.Float64) if kind == pl.Null else values.cast(pl.String)


def _nested(piece: Piece, name: str, kind: pl.DataType) -> DataError:
    return DataError(
        Text(f"column {name} holds {kind}, not one value per row", f"列 {name} 的类型是 {kind}，不是每行一个值"),
        at=piece.at,
        fix=Text("flatten the column before you export it", "请在导出前将该列展开"),
    )
