"""What differs between two tables whose rows carry the same numbers."""

import polars as pl

from diapason.ports.lake import Difference
from diapason.vocabulary.tables import ROW

__all__ = ["compare"]

_CHANGES = {ROW: pl.Int64(), "column": pl.String(), "before": pl.String(), "after": pl.String()}


def compare(before: pl.LazyFrame, after: pl.LazyFrame) -> Difference:
    """Rows added, rows removed, and the cells that changed in the rows that are in both.

    A column that only one of them has counts as empty in the other. Only rows that differ are held in memory.
    """
    added = after.join(before.select(ROW), on=ROW, how="anti").sort(ROW)
    removed = before.join(after.select(ROW), on=ROW, how="anti").sort(ROW)
    return Difference(_collected(added), _collected(removed), _changed(before, after))


def _collected(frame: pl.LazyFrame) -> pl.DataFrame:
    return frame.collect(engine="streaming")


def _changed(before: pl.LazyFrame, after: pl.LazyFrame) -> pl.DataFrame:
    old, new = before.collect_schema(), after.collect_schema()
    names = [name for name in {**old, **new} if name != ROW]
    left = before.select(ROW, *(_side(old, name, f"b{i}") for i, name in enumerate(names)))
    right = after.select(ROW, *(_side(new, name, f"a{i}") for i, name in enumerate(names)))
    differs = [_differs(i, old.get(name), new.get(name)) for i, name in enumerate(names)]
    if not differs:
        return pl.DataFrame(schema=_CHANGES)
    rows = _collected(left.join(right, on=ROW, how="inner").filter(pl.any_horizontal(differs)))
    cells = [_cells(rows.filter(differs[i]), i, name) for i, name in enumerate(names)]
    return pl.concat([pl.DataFrame(schema=_CHANGES), *cells]).sort(ROW, maintain_order=True)


def _side(schema: pl.Schema, name: str, alias: str) -> pl.Expr:
    return (pl.col(name) if name in schema else pl.lit(None, pl.String)).alias(alias)


def _differs(i: int, old: pl.DataType | None, new: pl.DataType | None) -> pl.Expr:
    """Whether the two cells differ; numbers are compared as numbers, other unlike types as text."""
    b, a = pl.col(f"b{i}"), pl.col(f"a{i}")
    if old is None or new is None:
        return a.is_not_null() if old is None else b.is_not_null()
    if old == new:
        return b.ne_missing(a)
    kind = pl.Float64 if old.is_numeric() and new.is_numeric() else pl.String
    return b.cast(kind).ne_missing(a.cast(kind))


def _cells(rows: pl.DataFrame, i: int, name: str) -> pl.DataFrame:
    texts = [pl.Series(c, [None if v is None else str(v) for v in rows[c]], pl.String) for c in (f"b{i}", f"a{i}")]
    column = pl.Series("column", [name] * rows.height, pl.String)
    return pl.DataFrame([rows[ROW], column, texts[0].alias("before"), texts[1].alias("after")])
