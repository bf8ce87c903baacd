"""What the columns of a table are scanned as."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from diapason.engines.scan.relations import checked
from diapason.errors import DataError
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import ROW

__all__ = ["Shape", "numeric"]

Allowed = Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Shape:
    """Columns by what they are: numbers and words are looked at, time and asset say in which order.

    In a long table one column names the tag of each row and another holds its value; each tag is then looked at as a
    column of its own. Time is held in whole microseconds, or millionths of what it counts; whole counts as they are.
    """

    numbers: tuple[str, ...]
    words: tuple[str, ...]
    time: str = ""
    asset: str = ""
    tag: str = ""
    value: str = ""
    calendar: bool = False
    parts: int = 1  # of a second or count, in which time is held
    allowed: tuple[tuple[str, float, float], ...] = ()  # range of a column, from its contract
    aside: tuple[str, ...] = ()  # neither numbers, words, nor the time: not looked at
    regime: str = ""  # column that says in which state the process is; hours of the day are told apart in each
    key: tuple[str, ...] = ()  # columns of which no two rows are the same
    clocks: tuple[str, ...] = ()  # other columns of times: how far each lies from the time is looked at
    relations: tuple[str, ...] = ()  # conditions between columns that hold in each row, in SQL

    @classmethod
    def of(
        cls,
        schema: Mapping[str, pl.DataType],
        *,
        time: str = "",
        asset: str = "",
        tag: str = "",
        value: str = "",
        regime: str = "",
        key: Sequence[str] = (),
        relations: Sequence[str] = (),
        allowed: Allowed | None = None,
    ) -> "Shape":
        """From how columns are stored, and what is said of them; the first calendar column is the time if none is.

        Raises:
            DataError: a column is not there, a tag is named without its value, or a relation is no condition.
        """
        for name in (time, asset, tag, value, regime, *key):
            if name and name not in schema:
                raise _absent(name, schema)
        if bool(tag) != bool(value):
            raise _half(tag)
        time = time or next((c for c, kind in schema.items() if kind == pl.Date or isinstance(kind, pl.Datetime)), "")
        rest = {c: kind for c, kind in schema.items() if c not in {time, asset, tag, value, ROW}}
        numbers = tuple(c for c, kind in rest.items() if numeric(kind))
        words = tuple(c for c, kind in rest.items() if kind in (pl.String, pl.Categorical, pl.Enum))
        calendar = bool(time) and schema[time].is_temporal()
        clocks = tuple(c for c, kind in rest.items() if isinstance(kind, pl.Datetime)) if calendar and not tag else ()
        return cls(
            numbers=() if tag else numbers,
            words=words,
            time=time,
            asset=asset,
            tag=tag,
            value=value,
            calendar=calendar,
            parts=1 if not time or schema[time].is_integer() else 1_000_000,
            allowed=tuple((name, *limits) for name, limits in sorted((allowed or {}).items())),
            aside=tuple(c for c in rest if c not in {*words, *clocks, *(() if tag else numbers)}),
            regime=regime,
            key=tuple(key),
            clocks=clocks,
            relations=tuple(checked(said, schema) for said in relations),
        )

    def offset(self, clock: str) -> str:
        """The name under which a clock's distance from the time is told."""
        return f"{clock} - {self.time}"

    def limits(self, name: str) -> tuple[float, float] | None:
        """The range that the contract allows a column, if any."""
        return next(((low, high) for column, low, high in self.allowed if column == name), None)


def numeric(kind: pl.DataType) -> bool:
    """Whether a column so stored is looked at as numbers."""
    return kind.is_numeric() or kind == pl.Boolean


def _half(tag: str) -> DataError:
    return DataError(
        Text("a long table has both a tag and a value", "长表须同时有位号列和值列"),
        at="--tag" if tag else "--value",
        fix=Text("give both columns", "请同时给出两列"),
    )


def _absent(name: str, schema: Mapping[str, pl.DataType]) -> DataError:
    return DataError(
        Text(f"there is no column '{name}'", f"没有列“{name}”"),
        at=name,
        fix=Text("choose one of: ", "可选：") + ", ".join(c for c in schema if c != ROW),
    )
