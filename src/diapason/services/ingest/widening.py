"""Rows to append that hold fractions where all numbers were whole so far: the whole table takes the wider type."""

from collections.abc import Iterable, Iterator, Mapping

import polars as pl

from diapason.ports.lake import Lake
from diapason.vocabulary.tables import ROW, VersionRef

__all__ = ["after", "stored", "widened"]

ROWS = 200_000
"""Rows that are rewritten at a time."""


def widened(lake: Lake, name: str, schema: Mapping[str, pl.DataType]) -> dict[str, pl.DataType]:
    """The stored columns that are whole numbers, and are not in the rows to come."""
    there = lake.scan(VersionRef(name)).collect_schema()
    return {c: pl.Float64() for c, kind in there.items() if kind == pl.Int64 and schema.get(c) == pl.Float64}


def stored(lake: Lake, ref: VersionRef, wider: Mapping[str, pl.DataType]) -> Iterator[pl.DataFrame]:
    """The rows of a version with wider types, piece by piece."""
    table, at = lake.scan(ref), 0
    while (piece := table.slice(at, ROWS).collect()).height:
        yield piece.with_columns(pl.col(c).cast(kind) for c, kind in wider.items())
        at += piece.height


def after(first: Iterable[pl.DataFrame], then: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """One table after another, its columns in the same order and its rows numbered on."""
    last, columns = -1, list[str]()
    for frame in first:
        last, columns = int(frame.item(-1, ROW)), frame.columns
        yield frame
    for frame in then:
        yield frame.select(columns).with_columns(pl.col(ROW) + last + 1)
