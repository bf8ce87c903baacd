"""Columns as JSON values and back, without losing a digit: numbers that JSON lacks, times, dates."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["TYPES", "column_schema", "from_json", "to_json"]

TYPES: Mapping[str, Any] = {
    str(kind): kind
    for kind in (
        pl.Int8(),
        pl.Int16(),
        pl.Int32(),
        pl.Int64(),
        pl.Float32(),
        pl.Float64(),
        pl.Boolean(),
        pl.String(),
        pl.Date(),
        pl.Datetime("us"),
        pl.Datetime("us", "UTC"),
    )
}
"""The kinds of column that a record can hold, by the name under which its schema gives them."""
_NOT_JSON = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
_SAID = {"inf": "Infinity", "-inf": "-Infinity", "NaN": "NaN"}


def to_json(column: pl.Series) -> list[Any]:
    """The values as JSON knows them; nan and infinities as words, times as ISO 8601 with a Z where they are UTC.

    Raises:
        DataError: a kind of column that a record can't hold.
    """
    kind = column.dtype
    if str(kind) not in TYPES:
        raise DataError(
            Text(f"a record cannot hold a column of type {kind}", f"记录不能容纳 {kind} 类型的列"),
            at=f"column {column.name}",
            fix=Text("turn it into numbers, texts or times, and ingest again", "请转换为数、文本或时间后重新导入"),
        )
    if kind.is_float():
        return _floats(column.cast(pl.Float64))
    if isinstance(kind, pl.Datetime):
        zone = "Z" if kind.time_zone else ""
        return column.dt.strftime(f"%Y-%m-%dT%H:%M:%S%.6f{zone}").to_list()
    return column.dt.strftime("%Y-%m-%d").to_list() if kind == pl.Date else column.to_list()


def _floats(column: pl.Series) -> list[Any]:
    if bool((column.is_finite() | column.is_null()).all()):
        return column.to_list()
    return [v if v is None or -float("inf") < v < float("inf") else _SAID[_word(v)] for v in column.to_list()]


def _word(value: float) -> str:
    return "NaN" if value != value else str(value)  # noqa: PLR0124  # nan alone differs from itself


def from_json(name: str, kind: str, values: Sequence[Any]) -> pl.Series:
    """The column that `to_json` was given.

    Raises:
        DataError: a value is not of that kind.
    """
    dtype = TYPES[kind]
    try:
        if dtype.is_float():
            return pl.Series(name, [_NOT_JSON.get(v, v) if isinstance(v, str) else v for v in values], pl.Float64).cast(
                dtype
            )
        if isinstance(dtype, pl.Datetime):
            text = pl.Series(name, values, pl.String)
            return (
                text.str.strip_chars_end("Z")
                .str.to_datetime("%Y-%m-%dT%H:%M:%S%.6f", time_unit="us")
                .dt.replace_time_zone(dtype.time_zone)
            )
        if dtype == pl.Date:
            return pl.Series(name, values, pl.String).str.to_date("%Y-%m-%d")
        return pl.Series(name, values, dtype, strict=True)
    except (pl.exceptions.PolarsError, TypeError, OverflowError) as error:
        raise DataError(
            Text(f"a value is not of type {kind}: {error}", f"有的值不是 {kind} 类型：{error}"),
            at=f"column {name}",
            fix=Text("take the records and the schema that were written together", "请使用同时写出的记录与模式"),
        ) from error


def column_schema(kind: str, unit: str = "") -> dict[str, Any]:
    """What JSON Schema says of one value; the unit and our type ride along."""
    made: dict[str, Any] = {"x-type": kind} | ({"x-unit": unit} if unit else {})
    if kind.startswith("Int"):
        return {"type": ["integer", "null"], **made}
    if kind.startswith("Float"):
        return {"anyOf": [{"type": ["number", "null"]}, {"enum": list(_NOT_JSON)}], **made}
    if kind == "Boolean":
        return {"type": ["boolean", "null"], **made}
    if kind.startswith("Datetime"):
        return {"type": ["string", "null"], "pattern": r"^[+-]?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z?$", **made}
    if kind == "Date":
        return {"type": ["string", "null"], "pattern": r"^[+-]?\d{4,}-\d\d-\d\d$", **made}
    return {"type": ["string", "null"], **made}
