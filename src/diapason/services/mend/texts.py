"""A stored table as texts, and texts back in the types of their columns."""

from math import isnan

import polars as pl

from diapason.vocabulary.tables import ROW

__all__ = ["as_texts", "put_back", "said"]


def as_texts(frame: pl.DataFrame) -> dict[str, list[str]]:
    """Texts of every column that holds texts, numbers or flags; empty where nothing stands.

    Whole numbers are written without a point, others at their shortest.
    """
    kept = [c for c in frame.columns if c != ROW and (frame.schema[c].is_numeric() or frame.schema[c] == pl.String)]
    return {c: said(frame[c]) for c in kept}


def said(cells: pl.Series) -> list[str]:
    """The cells of one column as texts."""
    if cells.dtype.is_float():
        return ["" if x is None or isnan(x) else f"{x:.15g}" for x in cells.to_list()]
    return cells.cast(pl.String).fill_null("").to_list()


def put_back(frame: pl.DataFrame, changes: pl.DataFrame) -> tuple[pl.DataFrame, list[int]]:
    """Write new values into their cells.

    Args:
        frame: with the column `_row`.
        changes: columns row (a `_row`), column, proposed; "" empties a cell.

    Returns:
        The table, and the lines of `changes` whose value the column cannot hold (nothing of them was written).
    """
    failed: list[int] = []
    at = {row: i for i, row in enumerate(frame[ROW].to_list())}
    lines = changes.with_row_index("_line")
    for (column,), part in lines.group_by("column", maintain_order=True):
        name = str(column)
        kind = frame.schema[name]
        new = pl.Series(part["proposed"].to_list(), dtype=pl.String)
        filled = new.replace("", None)
        typed = filled.cast(kind, strict=False)
        bad = typed.is_null() & filled.is_not_null()
        failed += part["_line"].filter(bad).to_list()
        cells = frame[name].to_list()
        for row, value, wrong in zip(part["row"].to_list(), typed.to_list(), bad.to_list(), strict=True):
            if not wrong:
                cells[at[row]] = value
        frame = frame.with_columns(pl.Series(name, cells, dtype=kind))
    return frame, failed
