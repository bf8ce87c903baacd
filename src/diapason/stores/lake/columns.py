"""Which columns can be stored, under which type and name, the same for every tool that reads the table."""

from collections.abc import Iterable
from typing import Any

import polars as pl
from polars.exceptions import PolarsError

from diapason.errors import DataError
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import ROW

__all__ = ["ascending", "fitted", "physical_names", "schema_json", "storable"]

_WIDER: dict[Any, Any] = {
    pl.UInt8: pl.Int16,
    pl.UInt16: pl.Int32,
    pl.UInt32: pl.Int64,
    pl.UInt64: pl.Int64,
    pl.Int128: pl.Int64,
    pl.UInt128: pl.Int64,
    pl.Float16: pl.Float32,
    pl.Categorical: pl.String,
    pl.Enum: pl.String,
    pl.Null: pl.String,
    pl.Time: pl.String,
}
_NAMES: dict[Any, str] = {
    pl.Int8: "byte",
    pl.Int16: "short",
    pl.Int32: "integer",
    pl.Int64: "long",
    pl.Float32: "float",
    pl.Float64: "double",
    pl.Boolean: "boolean",
    pl.String: "string",
    pl.Binary: "binary",
    pl.Date: "date",
}


def storable(frame: pl.DataFrame) -> pl.DataFrame:
    """The same values in types that the table format knows; `_row` is int64, without nulls, and ascending.

    Raises:
        DataError: `_row` is absent, null or not a whole number; a column has a type that no table can hold.
    """
    if ROW not in frame.columns:
        raise DataError(
            Text("the rows have no numbers", "各行没有行号"),
            at=f"column {ROW}",
            fix=Text('number them: frame.with_row_index("_row")', '请编号：frame.with_row_index("_row")'),
        )
    wanted = {name: _target(name, dtype) for name, dtype in frame.schema.items()}
    wanted[ROW] = pl.Int64()
    changed = [c for c, dtype in frame.schema.items() if wanted[c] != dtype]
    if changed:
        frame = frame.with_columns(_cast(frame[c], wanted[c]) for c in changed)
    if frame[ROW].null_count() or bool((frame[ROW] < 0).any()):
        raise DataError(
            Text("a row has no number, or one below 0", "有的行没有行号，或行号小于 0"),
            at=f"column {ROW}",
            fix=Text('number them: frame.with_row_index("_row")', '请编号：frame.with_row_index("_row")'),
        )
    return frame if ascending(frame) else frame.sort(ROW, maintain_order=True)


def ascending(frame: pl.DataFrame) -> bool:
    """Whether each row has a higher number than the one before."""
    return frame.height < 2 or bool((frame[ROW].diff().slice(1) > 0).all())


def _target(name: str, dtype: pl.DataType) -> pl.DataType:
    """The stored type of a column."""
    if isinstance(dtype, pl.Datetime):
        return pl.Datetime("us", "UTC" if dtype.time_zone else None)
    if isinstance(dtype, pl.List | pl.Array):
        return pl.List(_target(name, _type(dtype.inner)))
    if isinstance(dtype, pl.Struct):
        return pl.Struct([pl.Field(f.name, _target(name, _type(f.dtype))) for f in dtype.fields])
    plain = _type(_WIDER.get(type(dtype), dtype))
    if type(plain) not in _NAMES and not isinstance(plain, pl.Decimal):
        raise DataError(
            Text(f"values of type {dtype} cannot be stored", f"{dtype} 类型的值无法存储"),
            at=f"column {name}",
            fix=Text("turn it into a number, a text or a time", "请转换为数、文本或时间"),
        )
    return plain


def _type(dtype: Any) -> pl.DataType:
    made: pl.DataType = dtype() if isinstance(dtype, type) else dtype
    return made


def _cast(column: pl.Series, dtype: pl.DataType) -> pl.Series:
    """A cast that changes no value, or DataError."""
    try:
        cast = column.cast(dtype)
        numbers = column.dtype.is_numeric() and dtype.is_numeric()
        same = not numbers or bool(cast.cast(column.dtype).eq_missing(column).all())
    except PolarsError:
        same = False
    if not same:
        raise _misfit(column, dtype)
    return cast


def _misfit(column: pl.Series, dtype: pl.DataType) -> DataError:
    return DataError(
        Text(
            f"values of type {column.dtype} do not fit {dtype}",
            f"{column.dtype} 类型的值不适合 {dtype}",
        ),
        at=f"column {column.name}",
        fix=Text(
            "give the column the same type in every part of the dataset",
            "请让该列在数据集各部分保持同一类型",
        ),
    )


def fitted(frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    """The frame with the columns, order and types of a schema that is there already.

    Raises:
        DataError: a column is missing or new, or values do not fit.
    """
    if frame.schema == schema:
        return frame
    missing, new = set(schema) - set(frame.columns), set(frame.columns) - set(schema)
    if missing or new:
        raise DataError(
            Text(
                f"the columns differ: missing {_listed(missing)}; not known {_listed(new)}",
                f"列不一致：缺少 {_listed(missing)}；多出 {_listed(new)}",
            ),
            fix=Text("give the same columns, or commit the whole table anew", "请提供相同的列，或重新提交整张表"),
        )
    columns = (frame[name] for name in schema)
    return pl.DataFrame([c if c.dtype == schema[c.name] else _fit(c, schema[c.name]) for c in columns])


def _fit(column: pl.Series, dtype: pl.DataType) -> pl.Series:
    numbers = column.dtype.is_numeric() and dtype.is_numeric()
    if numbers or column.null_count() == len(column):
        return _cast(column, dtype)
    raise _misfit(column, dtype)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "-"


def physical_names(columns: Iterable[str]) -> dict[str, str]:
    """Names in the files for the columns that need another one: the format does not tell `Temp` from `temp`.

    >>> physical_names(["temp", "Temp", "x"])
    {'Temp': 'Temp~2'}
    """
    renamed: dict[str, str] = {}
    taken: set[str] = set()
    for name in columns:
        free, k = name or "~", 1
        while free.casefold() in taken or (k == 1 and free != name):
            k += 1
            free = f"{name}~{k}"
        taken.add(free.casefold())
        if free != name:
            renamed[name] = free
    return renamed


def schema_json(schema: pl.Schema) -> dict[str, Any]:
    """The schema in Delta's JSON form; also the form in which a version's digest covers it."""
    return {"type": "struct", "fields": [_field(name, dtype) for name, dtype in schema.items()]}


def _field(name: str, dtype: Any) -> dict[str, Any]:
    return {"name": name, "type": _named(_type(dtype)), "nullable": True, "metadata": {}}


def _named(dtype: pl.DataType) -> Any:
    if isinstance(dtype, pl.Datetime):
        return "timestamp" if dtype.time_zone else "timestamp_ntz"
    if isinstance(dtype, pl.Decimal):
        return f"decimal({dtype.precision},{dtype.scale})"
    if isinstance(dtype, pl.List):
        return {"type": "array", "elementType": _named(_type(dtype.inner)), "containsNull": True}
    if isinstance(dtype, pl.Struct):
        return {"type": "struct", "fields": [_field(f.name, f.dtype) for f in dtype.fields]}
    return _NAMES[type(dtype)]
