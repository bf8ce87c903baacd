"""JSON with one record to a line: nested records flattened with a dot, broken lines refused."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
import polars as pl

from diapason.connectors.files.assumed import Assumed
from diapason.connectors.files.naming import names_of
from diapason.connectors.files.numbers import unmistakable
from diapason.connectors.files.options import Options
from diapason.connectors.files.places import Piece
from diapason.connectors.files.records import Rejected, Rows, shown_line
from diapason.connectors.files.text import Block, TextFile
from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["RecordsTable", "flat"]

_MOST = 5_000
"""Columns of a table."""


@dataclass
class RecordsTable:
    """A file of records; looked through once for the names of its columns."""

    piece: Piece
    options: Options
    named: bool = True
    units: Mapping[str, str] = field(default_factory=dict)
    texts: frozenset[str] = frozenset()
    worded: frozenset[str] = frozenset()
    assumed: tuple[Assumed, ...] = ()
    names: tuple[str, ...] = ()
    _keys: dict[str, str] = field(default_factory=dict)  # key in the records -> name of the column

    def __post_init__(self) -> None:
        self.file = TextFile(self.piece, self.options)
        seen: dict[str, set[str]] = {}
        for block in self.file.blocks():
            for record in _records(block)[0]:
                for key, value in record.items():
                    seen.setdefault(key, set()).add(_KINDS.get(type(value), "number"))
            if len(seen) > _MOST:
                raise _too_many(self.piece)
        if not seen:
            raise _no_records(self.piece)
        self.names, notes = names_of([list(seen)], len(seen), self.options.columns, self.piece.at)
        self._keys = dict(zip(seen, self.names, strict=True))
        self.worded = frozenset(self._keys[key] for key, kinds in seen.items() if "text" in kinds)
        lists = [self._keys[key] for key, kinds in seen.items() if "list" in kinds]
        dotted = [self._keys[key] for key in seen if "." in key]
        self.assumed = (*notes, *self._said("nested", dotted, _NESTED), *self._said("arrays", lists, _LISTS))

    def _said(self, what: str, names: list[str], why: Text) -> list[Assumed]:
        shown = ", ".join(names[:3]) + (f" … ({len(names)})" if len(names) > 3 else "")
        return [Assumed(what, f"{len(names)}", why, "", shown)] if names else []

    def rows(self) -> Iterator[Rows]:
        """All records, block by block."""
        before = 0
        for block in self.file.blocks():
            records, lines, spans, refused, seen = _records(block)
            cells = {name: [_cell(r.get(key)) for r in records] for key, name in self._keys.items()}
            rejected = [Rejected(before + at, line, why, raw) for at, line, why, raw in refused]
            yield Rows(
                pl.DataFrame(cells, schema=dict.fromkeys(self.names, pl.String)),
                before + _free(seen, [at for at, *_ in refused]),
                np.array(lines, dtype=np.int64),
                block.data,
                np.array(spans, dtype=np.int64).reshape(-1, 2),
                rejected,
                seen,
            )
            before += seen

    def facts(self) -> dict[str, Any]:
        """That it holds records."""
        return {"form": "records", "cut_off": self.file.cut}


_KINDS = {str: "text", list: "list", bool: "flag", type(None): "none"}
_NESTED = Text("records within records: their names are joined with a dot", "嵌套记录：名称以点连接")
_LISTS = Text("arrays are kept as text", "数组按文本保存")

_Refused = tuple[int, int, Text, str]


def _free(seen: int, taken: list[int]) -> "np.ndarray[Any, np.dtype[np.int64]]":
    """The positions that no refused line takes."""
    mask = np.ones(seen, bool)
    mask[taken] = False
    return np.flatnonzero(mask)


def _records(block: Block) -> tuple[list[dict[str, Any]], list[int], list[tuple[int, int]], list[_Refused], int]:
    """Flat records with line and span of each; the lines refused with their position; how many were seen."""
    records, lines, spans, refused = list[dict[str, Any]](), list[int](), list[tuple[int, int]](), list[_Refused]()
    start, seen = 0, 0
    for index, line in enumerate(block.data[:-1].split(b"\n")):
        end = start + len(line)
        if line.strip():
            got = block.bad[index] if index in block.bad else record_of(line)
            if isinstance(got, Text):
                refused.append((seen, block.line + index, got, shown_line(line)))
            else:
                records.append(got)
                lines.append(block.line + index)
                spans.append((start, end))
            seen += 1
        start = end + 1
    return records, lines, spans, refused, seen


def record_of(line: bytes) -> dict[str, Any] | Text:
    """The flat record of a line, or why there is none.

    >>> record_of(b'{"a": {"b": 1}, "c": [1, 2]}'), record_of(b"[1]").en
    ({'a.b': 1, 'c': [1, 2]}, 'the line is no record')
    """
    try:
        found = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        loose = b"NaN" in line or b"Infinity" in line
        found = _with_nan(line) if loose else error
        if isinstance(found, Exception):
            said = str(found)[:120]
            return Text(f"not valid JSON: {said}", f"不是有效的 JSON：{said}")
    if not isinstance(found, dict):
        return Text("the line is no record", "该行不是记录")
    record, twice = flat(found)
    if twice:
        return Text(f"{twice[:80]} comes twice in the record", f"{twice[:80]} 在该记录中重复")
    return record


def _with_nan(line: bytes) -> Any:
    """JSON as Python writes it where a number is none; the error where it is not even that."""
    try:
        found = json.loads(line)
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        return error
    return found


def flat(record: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """A record without records in it, and a name that would come twice, if any."""
    found: dict[str, Any] = {}
    waiting = [("", iter(record.items()))]
    while waiting:
        before, inner = waiting[-1]
        key, value = next(inner, (None, None))
        name = f"{before}{key}"
        if key is None:
            waiting.pop()
        elif isinstance(value, Mapping):
            waiting.append((f"{name}.", iter(value.items())))
        elif name in found:
            return found, name or "''"
        else:
            found[name] = value
    return found, ""


def _cell(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return unmistakable(repr(value)) if isinstance(value, float) else msgspec.json.encode(value).decode()


def _too_many(piece: Piece) -> DataError:
    return DataError(
        Text(f"the records have more than {_MOST:,} names", f"记录中的名称超过 {_MOST:,} 个"),
        at=piece.at,
        fix=Text("names that hold values (dates, numbers) belong into cells", "名称中若含日期或编号，请改为单元格的值"),
    )


def _no_records(piece: Piece) -> DataError:
    return DataError(
        Text("no line of the file is a record", "文件中没有一行是记录"),
        at=piece.at,
        fix=Text(
            'write one record to a line: {"time": "2026-11-03T08:00:00Z", "T": 81.5}',
            '每行一条记录：{"time": "2026-11-03T08:00:00Z", "T": 81.5}',
        ),
    )
