"""Columns whose every cell is a plain number, read and measured all at once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

__all__ = ["Plain", "measured", "plainly"]


@dataclass(frozen=True, slots=True)
class Plain:
    """What one pass tells of a column of plain numbers."""

    values: pl.Series  # Int64 where all are whole, else Float64
    filled: int
    low: float
    high: float
    coded: bool  # a number begins with zeros, such as 00123

    @property
    def whole(self) -> bool:
        """Only whole numbers."""
        return self.values.dtype == pl.Int64


def measured(
    cells: pl.DataFrame, names: Sequence[str], whole: Collection[str], commas: Collection[str] = ()
) -> dict[str, Plain]:
    """Of these text columns, those where every cell is a plain finite number or absent.

    Args:
        cells: text.
        names: the columns to look at.
        whole: those of them that may still hold whole numbers only.
        commas: those of them with a decimal comma.
    """
    names = _undotted(cells, names, commas)
    if not names or not cells.height:
        return {}
    text = cells.select(_pointed(name, commas) for name in names)
    read = text.select(pl.all().cast(pl.Float64, strict=False))
    absent = dict(zip(names, text.select(pl.all().null_count()).row(0), strict=True))
    lost = dict(zip(names, read.select(pl.all().null_count()).row(0), strict=True))
    finite = dict(zip(names, read.select(pl.all().is_finite().all()).row(0), strict=True))
    plain = [n for n in names if lost[n] == absent[n] < cells.height and finite[n]]
    if not plain:
        return {}
    low, high = read.select(pl.col(plain).min()).row(0), read.select(pl.col(plain).max()).row(0)
    exact = _whole(text, [n for n in plain if n in whole], absent)
    found = {}
    for name, least, most in zip(plain, low, high, strict=True):
        values, coded = exact.get(name, (read[name], False))
        found[name] = Plain(values, cells.height - absent[name], least, most, coded)
    return found


def _undotted(cells: pl.DataFrame, names: Sequence[str], commas: Collection[str]) -> list[str]:
    """The columns without those that have a decimal comma and points as well: these are read one by one."""
    asked = [name for name in names if name in commas]
    if not asked:
        return list(names)
    dots = cells.select(pl.col(asked).str.contains(".", literal=True).any()).row(0)
    dotted = {name for name, dot in zip(asked, dots, strict=True) if dot}
    return [name for name in names if name not in dotted]


def _pointed(name: str, commas: Collection[str]) -> pl.Expr:
    """The text with a decimal point."""
    return pl.col(name).str.replace(",", ".", literal=True) if name in commas else pl.col(name)


def _whole(text: pl.DataFrame, names: list[str], absent: dict[str, int]) -> dict[str, tuple[pl.Series, bool]]:
    """The columns that are whole in every cell, as Int64, and whether a number begins with zeros."""
    if not names:
        return {}
    read = text.select(pl.col(names).cast(pl.Int64, strict=False))
    lost = read.select(pl.all().null_count()).row(0)
    kept = [name for name, count in zip(names, lost, strict=True) if count == absent[name]]
    coded = text.select(pl.col(kept).str.contains(r"^0\d\d+$").any()).row(0) if kept else ()
    return {name: (read[name], bool(zeros)) for name, zeros in zip(kept, coded, strict=True)}


def plainly(
    cells: pl.DataFrame, kinds: Mapping[str, pl.DataType], commas: Collection[str] = ()
) -> dict[str, pl.Series]:
    """The columns that can be read by a plain cast without losing a cell, in their types."""
    kinds = {name: kinds[name] for name in _undotted(cells, list(kinds), commas)}
    if not kinds:
        return {}
    read = cells.select(_pointed(name, commas).cast(kind, strict=False) for name, kind in kinds.items())
    checks = read.select(pl.all().null_count()).row(0)
    absent = cells.select(pl.col(name).null_count() for name in kinds).row(0)
    floats = [name for name, kind in kinds.items() if kind == pl.Float64]
    finite = (
        dict(zip(floats, read.select(pl.col(n).is_finite().all() for n in floats).row(0), strict=True))
        if floats
        else {}
    )
    names = zip(kinds, checks, absent, strict=True)
    return {name: read[name] for name, lost, none in names if lost == none and finite.get(name, True)}
