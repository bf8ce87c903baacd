"""Rows to append that the stored table has no room for: fractions among whole numbers, words among numbers."""

from collections.abc import Iterable, Iterator, Mapping

import polars as pl

from diapason.ports.lake import Lake
from diapason.services.ingest.agreeing import beside
from diapason.vocabulary.tables import ROW, VersionRef

__all__ = ["after", "stored", "widened"]

ROWS = 200_000
"""Rows that are rewritten at a time."""


def widened(lake: Lake, name: str, schema: Mapping[str, pl.DataType]) -> dict[str, pl.DataType]:
    """The stored columns that are whole numbers, and are not in the rows to come; and those of words that are new."""
    there = lake.scan(VersionRef(name)).collect_schema()
    fractions = {c: pl.Float64() for c, kind in there.items() if kind == pl.Int64 and schema.get(c) == pl.Float64}
    return fractions | {c: pl.String() for c in schema if c not in there and beside(c, schema)}


def stored(lake: Lake, ref: VersionRef, wider: Mapping[str, pl.DataType]) -> Iterator[pl.DataFrame]:
    """The rows of a version with wider types, piece by piece."""
    table, at = lake.scan(ref), 0
    while (piece := table.slice(at, ROWS).collect()).height:
        had = set(piece.columns)
        yield piece.with_columns(
            (pl.col(c).cast(kind) if c in had else pl.lit(None, kind).alias(c)) for c, kind in wider.items()
        )
        at += piece.height


def after(first: Iterable[pl.DataFrame], then: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """One table after another, its columns in the same order and its rows numbered on."""
    last, columns = -1, list[str]()
    for frame in first:
        last, columns = int(frame.item(-1, ROW)), frame.columns
        yield frame
    for frame in then:
        yield frame.select(columns).with_columns(pl.col(ROW) + last + 1)
