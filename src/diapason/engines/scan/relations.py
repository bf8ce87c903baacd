"""Declared relations between columns: conditions that hold in each row, counted where they do not."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from polars import selectors

from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["Relation", "checked", "columns"]

_SHOWN = 32
_OF_MANY = {"Agg", "Over", "Window", "Len", "SubPlan", "Shift", "IntRange"}
"""What looks at more than one row, as Polars names it."""


@dataclass(frozen=True, slots=True)
class Relation:
    """How often a condition held, did not, and could not be told since a cell is missing."""

    held: int = 0
    broken: int = 0
    unknown: int = 0
    rows: tuple[int, ...] = ()  # the first that break it

    def merge(self, after: "Relation") -> "Relation":
        """What both tell."""
        rows = tuple(sorted({*self.rows, *after.rows})[:_SHOWN])
        return Relation(self.held + after.held, self.broken + after.broken, self.unknown + after.unknown, rows)

    @classmethod
    def of(cls, frame: pl.DataFrame, relations: Sequence[str], rows: NDArray[np.int64]) -> dict[str, "Relation"]:
        """Each relation over one batch; `rows` are its numbers, shape (n,)."""
        if not relations:
            return {}
        needed = frame.select(list(dict.fromkeys(c for said in relations for c in columns(said))))
        known = needed.with_columns(selectors.float().fill_nan(None))  # not a number is larger than any, else
        told = known.select(**{str(i): pl.sql_expr(said) for i, said in enumerate(relations)})
        return {said: _one(told[str(i)], rows) for i, said in enumerate(relations)}


def _one(holds: pl.Series, rows: NDArray[np.int64]) -> Relation:
    unknown = holds.null_count()
    off = ~holds.fill_null(True).to_numpy()
    broken = int(off.sum())
    return Relation(len(holds) - unknown - broken, broken, unknown, tuple(int(r) for r in rows[off][:_SHOWN]))


def columns(said: str) -> tuple[str, ...]:
    """The columns that a relation speaks of.

    Raises:
        DataError: it is no condition in SQL.

    >>> columns("t_out >= t_in + 2")
    ('t_out', 't_in')
    """
    try:
        return tuple(dict.fromkeys(pl.sql_expr(said).meta.root_names()))
    except (pl.exceptions.PolarsError, pl.exceptions.SQLSyntaxError) as error:
        raise _wrong(said, str(error)) from error


def checked(said: str, schema: Mapping[str, pl.DataType]) -> str:
    """The relation, if it is a condition on columns that are there.

    Raises:
        DataError: it is not.
    """
    spoken = columns(said)
    absent = [c for c in spoken if c not in schema]
    if absent or not spoken:
        raise _wrong(said, f"no column '{absent[0]}'" if absent else "it speaks of no column")
    if _names(json.loads(pl.sql_expr(said).meta.serialize(format="json"))) & _OF_MANY:
        raise _wrong(said, "it looks at more than one row")
    try:
        kind = pl.LazyFrame(schema=dict(schema)).select(pl.sql_expr(said).alias("holds")).collect_schema()["holds"]
    except pl.exceptions.PolarsError as error:
        raise _wrong(said, str(error)) from error
    if kind != pl.Boolean:
        raise _wrong(said, f"it gives {kind}, not true or false")
    return said


def _names(node: Any) -> set[str]:
    """Every key and word of a nested structure."""
    if isinstance(node, dict):
        return set(node).union(*(_names(part) for key, part in node.items() if key not in ("Column", "Literal")))
    if isinstance(node, list):
        return set().union(*map(_names, node))
    return {node} if isinstance(node, str) else set()


def _wrong(said: str, why: str) -> DataError:
    first = why.splitlines()[0] if why else ""
    return DataError(
        Text(f"the relation can't be understood: {first}", f"无法理解该关系：{first}"),
        at=said,
        fix=Text(
            'write a condition in SQL, such as "t_out" >= "t_in" + 2', '请写 SQL 条件，例如 "t_out" >= "t_in" + 2'
        ),
    )
