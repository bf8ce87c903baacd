"""The schema of the records, and the table back from schema and records."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import polars as pl

from diapason.engines.cards.cells import column_schema, from_json
from diapason.engines.cards.records import ROW_TYPE, WINDOW_TYPE, Frame, counted
from diapason.errors import DataError
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import ROW, Role

__all__ = ["record_schema", "table"]

Schema = dict[str, Any]


def record_schema(frame: Frame) -> Schema:
    """JSON Schema (2020-12) of one record of a card; a field that nobody has stated is null, and the schema says so."""
    day = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"}
    said = {"type": ["string", "null"]}
    properties = {
        "id": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "rid": {"type": "array", "items": {"type": "string", "pattern": "^[0-9a-f]{64}$"}},
        "data_content": {"type": "array", "minItems": 1, "maxItems": 1, "items": _content(frame)},
        "annotation": _closed(
            {"label": _labels(frame), "annotation_method": said, "annotator": said},
        ),
        "original_time": day,
        "last_modified_time": day,
        "version": {"type": "string", "pattern": r"^\d+\.\d+\.\d+$"},
        "license": said,
        "source": {"type": "string", "minLength": 1},
        "source_details": {"type": "string", "minLength": 1},
        "generated_data_indicator": {"enum": [0, 1, None]},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Records of {frame.card.dataset} after TC609-5-2025-02",
        **_closed(properties),
        "x-columns": [
            {"name": c.name, "type": frame.card.types[c.name], "unit": c.unit, "role": c.role.value}
            for c in frame.card.columns
        ],
    }


def _content(frame: Frame) -> Schema:
    types = frame.card.types
    if not frame.window:
        values = _closed({c.name: column_schema(types[c.name], c.unit) for c in frame.content})
        inner = _closed({"row": {"type": "integer", "minimum": 0}, "values": values})
        return _closed({"media_type": {"const": ROW_TYPE}, "content": inner})
    time, asset = frame.name(Role.TIME), frame.name(Role.ASSET)
    tags = [c for c in frame.content if c.name not in (time, asset)]
    moment = column_schema(types[time]) if time else {"type": "null"}
    two = {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "integer", "minimum": 0}}
    inner = _closed(
        {
            "asset": column_schema(types[asset]) if asset else {"type": "null"},
            "start": moment,
            "end": moment,
            "step": {"type": ["number", "null"]},
            "time": {"anyOf": [{"type": "array", "items": moment}, {"type": "null"}]},
            "rows": {"type": "array", "minItems": 1, "items": two},
            "tags": _listed([_many(c.name, c.unit, types[c.name]) for c in tags]),
        }
    )
    return _closed({"media_type": {"const": WINDOW_TYPE}, "content": inner})


def _labels(frame: Frame) -> Schema:
    types = frame.card.types
    if frame.window:
        return _listed([_many(c.name, c.unit, types[c.name]) for c in frame.labels])
    return _listed(
        [
            _closed(
                {"name": {"const": c.name}, "unit": {"const": c.unit}, "value": column_schema(types[c.name], c.unit)}
            )
            for c in frame.labels
        ]
    )


def _many(name: str, unit: str, kind: str) -> Schema:
    values = {"type": "array", "items": column_schema(kind, unit)}
    return _closed({"name": {"const": name}, "unit": {"const": unit}, "values": values})


def _listed(items: list[Schema]) -> Schema:
    whole = {"prefixItems": items} if items else {}
    return {"type": "array", "minItems": len(items), "maxItems": len(items), **whole}


def _closed(properties: Schema) -> Schema:
    return {
        "type": "object",
        "required": list(properties),
        "additionalProperties": False,
        "properties": properties,
    }


def table(schema: Mapping[str, Any], lines: Iterable[bytes]) -> pl.DataFrame:
    """The table that records were written from: all columns in their order, rows in theirs.

    Args:
        schema: as `record_schema` made it for them.

    Raises:
        DataError: a line is no record of this schema; says which.
    """
    columns = list(schema["x-columns"])
    roles = {c["role"]: c["name"] for c in reversed(columns)}
    cells: dict[str, list[Any]] = {c["name"]: [] for c in columns}
    rows: list[int] = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                _take(msgspec.json.decode(line), roles, cells, rows)
            except (msgspec.DecodeError, KeyError, TypeError, ValueError, IndexError) as error:
                raise _odd(number, error) from error
    made = pl.DataFrame([from_json(c["name"], c["type"], cells[c["name"]]) for c in columns])
    return made.with_columns(pl.Series(ROW, rows, pl.Int64)).sort(ROW).drop(ROW)


def _take(record: Mapping[str, Any], roles: Mapping[str, str], cells: dict[str, list[Any]], rows: list[int]) -> None:
    part = record["data_content"][0]
    content, labels = part["content"], record["annotation"]["label"]
    if part["media_type"] == ROW_TYPE:
        found = {n: [v] for n, v in content["values"].items()} | {label["name"]: [label["value"]] for label in labels}
        numbers = [content["row"]]
    else:
        numbers = [n for first, count in content["rows"] for n in range(first, first + count)]
        found = {tag["name"]: tag["values"] for tag in (*content["tags"], *labels)}
        found |= {roles["time"]: _times(content, len(numbers))} if "time" in roles else {}
        found |= {roles["asset"]: [content["asset"]] * len(numbers)} if "asset" in roles else {}
    if found.keys() != cells.keys() or {len(values) for values in found.values()} - {len(numbers)}:
        raise ValueError("columns differ")
    rows += numbers
    for name, values in found.items():
        cells[name] += values


def _times(content: Mapping[str, Any], count: int) -> list[Any]:
    """The moments of a window: as they stand there, or from start and step."""
    said: list[Any] | None = content["time"]
    return counted(content["start"], content["step"], count) if said is None else said


def _odd(number: int, error: Exception) -> DataError:
    return DataError(
        Text(f"line {number} is no record of this schema ({error})", f"第 {number} 行不是该模式的记录（{error}）"),
        at=f"line {number}",
        fix=Text("take the records and the schema that were written together", "请使用同时写出的记录与模式"),
    )
