"""Lines of JSON or CSV as typed rows of a dataset; what can't be read is refused row by row, with the reason."""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from operator import itemgetter
from typing import Any

import msgspec
import polars as pl

from diapason.errors import DataError, Refused
from diapason.services.ingest.guarding import WHOLE
from diapason.vocabulary.language import Text
from diapason.vocabulary.policy import Act, Policy

__all__ = ["Parser", "Rows"]

_SHOWN = 5
_MISSING = frozenset(("", "na", "n/a", "nan", "null", "none"))
_BARE = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\d(\.\d{1,6})?$"
_UTC = _BARE[:-1] + "Z$"
_FORMAT = "%Y-%m-%dT%H:%M:%S%.f"
Cell = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Bad:
    """Why a line is refused."""

    column: str
    rule: str
    why: Text


@dataclass(frozen=True, slots=True)
class Rows:
    """Typed rows, and lines that were refused: line, reason, reason_zh, raw."""

    rows: pl.DataFrame
    refused: pl.DataFrame
    sent: int


@dataclass(slots=True)
class Parser:
    """Reads lines of one source into the columns that a dataset has."""

    schema: Mapping[str, pl.DataType]
    policy: Policy
    source: str
    header: tuple[str, ...] = ()  # of CSV; none = JSON
    line: int = 0
    broke: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)  # what refused rows, by column and rule
    _decode: Callable[[bytes], Any] = field(default=msgspec.json.Decoder().decode, repr=False)
    _typed: Callable[[bytes], Any] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.widen(self.schema)

    def widen(self, schema: Mapping[str, pl.DataType]) -> None:
        """Read into the kinds that the columns have now."""
        self.schema, self._typed = schema, _typed(schema)

    @classmethod
    def of(cls, schema: Mapping[str, pl.DataType], policy: Policy, source: str, first: bytes) -> "Parser":
        """By the first line: an object of JSON, or the header of CSV.

        Raises:
            Refused: the columns are not those of the dataset, and its policy does not let that pass.
            DataError: it is no text, or a column stands twice.
        """
        if first.lstrip().startswith(b"{"):
            return cls(schema, policy, source)
        names = tuple(n.strip() for n in next(csv.reader([_header(first, source)]), []))
        twice = [n for n in names if names.count(n) > 1]
        if twice:
            raise DataError(
                Text(f"column '{twice[0]}' stands twice", f"列“{twice[0]}”出现两次"),
                at=source,
                fix=Text("give each column a name of its own", "请为每列取不同的名称"),
            )
        if set(names) != set(schema) and (policy.columns is not Act.PASS or not set(names) & set(schema)):
            raise _columns(schema, names, source)
        return cls(schema, policy, source, names, 1)

    def read(self, lines: Sequence[bytes]) -> Rows:
        """Typed rows; a line that is empty is none."""
        begin, self.line = self.line + 1, self.line + len(lines)
        numbers = [n for n, raw in enumerate(lines, begin) if not raw.isspace()]
        told = lines if len(numbers) == len(lines) else [lines[n - begin] for n in numbers]
        bad: dict[int, _Bad] = {}
        cells = self._tabled(told, bad) if self.header else self._objects(told, bad)
        table = pl.DataFrame([self._column(n, kind, cells[n], bad) for n, kind in self.schema.items()])
        good = [i not in bad for i in range(len(told))] if bad else []
        refused = [(numbers[i], b.why.en, b.why.zh, _text(told[i]).rstrip("\r\n")) for i, b in sorted(bad.items())]
        self._count(bad, numbers)
        shape = {"line": pl.Int64, "reason": pl.String, "reason_zh": pl.String, "raw": pl.String}
        return Rows(
            table.filter(pl.Series(good, dtype=pl.Boolean)) if bad else table,
            pl.DataFrame(refused, schema=shape, orient="row").with_columns(file=pl.lit(self.source)),
            len(told),
        )

    def broken(self) -> list[dict[str, Any]]:
        """What has refused rows since this was asked last, in the form of broken rules."""
        found, self.broke = list(self.broke.values()), {}
        return found

    def _count(self, bad: Mapping[int, "_Bad"], numbers: Sequence[int]) -> None:
        for i, b in sorted(bad.items()):
            said = b.why.en if b.rule == WHOLE else ""
            one = {"column": b.column, "rule": b.rule, "said": said, "act": "refuse", "count": 0, "of": 0, "first": []}
            known = self.broke.setdefault((b.column, b.rule), one)
            known["count"] += 1
            if len(known["first"]) < _SHOWN:
                known["first"].append({"row": numbers[i], "value": None})

    def _objects(self, lines: Sequence[bytes], bad: dict[int, _Bad]) -> Mapping[str, Sequence[Any]]:
        """Cells by column: all lines by one typed reader, or line by line where one of them is not as agreed."""
        try:
            rows = list(map(self._typed, lines))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return self._untyped(lines, bad)
        columns = zip(*map(msgspec.structs.astuple, rows), strict=True) if rows else [()] * len(self.schema)
        return dict(zip(self.schema, columns, strict=True))

    def _untyped(self, lines: Sequence[bytes], bad: dict[int, _Bad]) -> dict[str, list[Any]]:
        rows = [self._object(i, line, bad) for i, line in enumerate(lines)]
        if rows and len(self.schema) > 1 and all(row.keys() >= self.schema.keys() for row in rows):
            whole = zip(*map(itemgetter(*self.schema), rows), strict=True)
            return {name: list(cells) for name, cells in zip(self.schema, whole, strict=True)}
        return {name: [row.get(name) for row in rows] for name in self.schema}

    def _object(self, i: int, line: bytes, bad: dict[int, _Bad]) -> Mapping[str, Any]:
        try:
            row = self._decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            bad[i] = _Bad("*", "form", Text(f"this is no JSON: {error}", f"不是 JSON：{error}"))
            return {}
        if not isinstance(row, dict):
            bad[i] = _Bad("*", "form", Text("this is no JSON object", "不是 JSON 对象"))
            return {}
        if row.keys() != self.schema.keys() and self.policy.columns is not Act.PASS:
            odd = ", ".join(
                [f"- {n}" for n in self.schema if n not in row] + [f"+ {n}" for n in row if n not in self.schema]
            )
            bad[i] = _Bad("*", WHOLE, Text(f"the columns are not as agreed: {odd}", f"列与约定不符：{odd}"))
        return row

    def _tabled(self, lines: Sequence[bytes], bad: dict[int, _Bad]) -> dict[str, list[Any]]:
        width = len(self.header)
        rows: list[list[Any]] = []
        for i, line in enumerate(lines):
            row = _cells(line, width)
            if isinstance(row, Text):
                bad[i] = _Bad("*", "form", row)
            rows.append([None] * width if isinstance(row, Text) else row)
        columns = list(zip(*rows, strict=True)) if rows else [()] * width
        there = {name: list(cells) for name, cells in zip(self.header, columns, strict=True)}
        return {name: there.get(name) or [None] * len(lines) for name in self.schema}

    def _column(self, name: str, kind: pl.DataType, cells: Sequence[Any], bad: dict[int, _Bad]) -> pl.Series:
        """One column typed; a cell that is none of its kind refuses its row, or is missing where that may pass."""
        stored = (
            pl.Float64() if kind.is_numeric() and not kind.is_integer() else pl.Int64() if kind.is_numeric() else kind
        )
        quick = _quick(name, stored, cells)
        if quick is not None:
            return quick
        read = _reader(kind)
        values = list[Any]()
        for i, cell in enumerate(cells):
            try:
                values.append(None if cell is None else read(cell))
            except (ValueError, TypeError, OverflowError, KeyError):
                values.append(None)
                if self.policy.kinds is not Act.PASS:
                    bad.setdefault(i, _Bad(name, "kinds", _other(name, cell, kind)))
        if isinstance(kind, pl.Datetime):
            made = pl.Series(name, values, dtype=pl.Datetime("us"))
            return made.dt.replace_time_zone(kind.time_zone).cast(kind) if kind.time_zone else made.cast(kind)
        whole = stored == pl.Int64 and all(v is None or isinstance(v, int) for v in values)
        return pl.Series(name, values, dtype=pl.Float64 if stored == pl.Int64 and not whole else stored, strict=False)


def _typed(schema: Mapping[str, pl.DataType]) -> Callable[[bytes], Any]:
    """Reads a JSON object that has these columns and no others, each cell of its kind or null."""
    fields = [(f"f{i}", _json(kind)) for i, kind in enumerate(schema.values())]
    names = {f"f{i}": name for i, name in enumerate(schema)}
    row = msgspec.defstruct("Row", fields, rename=names, forbid_unknown_fields=True, gc=False)
    return msgspec.json.Decoder(row).decode


def _json(kind: pl.DataType) -> Any:
    if kind.is_integer():
        return int | None
    return float | None if kind.is_numeric() else bool | None if kind == pl.Boolean else str | None


def _other(name: str, cell: Any, kind: pl.DataType) -> Text:
    said, is_ = str(cell)[:60], _kind(kind)
    return Text(f"{name} holds '{said}', which is no {is_.en}", f"{name} 的“{said}”不是{is_.zh}")


def _quick(name: str, kind: pl.DataType, cells: Sequence[Any]) -> pl.Series | None:
    """A column of which every cell is of its kind already; None where one may not be."""
    if kind in (pl.Float64, pl.Int64) and isinstance(next((c for c in cells if c is not None), ""), str):
        try:
            texts = pl.Series(name, cells, dtype=pl.String, strict=True)
        except TypeError:
            pass
        else:
            plain = texts.str.strip_chars()
            numbers = plain.cast(kind, strict=False)
            lost = (numbers.is_null() & plain.is_not_null()) | (
                numbers.is_nan() if kind == pl.Float64 else numbers.is_null() & False
            )
            unread = plain.filter(lost)
            if unread.str.to_lowercase().is_in(list(_MISSING)).all():
                return numbers.fill_nan(None) if kind == pl.Float64 else numbers
            return None
    if kind in (pl.Float64, pl.Int64, pl.Boolean):
        try:
            return pl.Series(name, cells, dtype=kind, strict=True)
        except (TypeError, OverflowError):
            return None
    if isinstance(kind, pl.Datetime):
        return _times(name, kind, cells)
    if kind == pl.String:
        try:
            made = pl.Series(name, cells, dtype=kind, strict=True)
        except TypeError:
            return None
        return made.replace("", None)
    return None


def _times(name: str, kind: pl.Datetime, cells: Sequence[Any]) -> pl.Series | None:
    """Times that are all written in the usual way, with no zone or all in UTC; None where one is not."""
    try:
        texts = pl.Series(name, cells, dtype=pl.String, strict=True)
    except TypeError:
        return None
    zoned = texts.str.ends_with("Z").all()
    if texts.null_count() or not texts.str.contains(_UTC if zoned else _BARE).all():
        return None
    read = (texts.str.strip_suffix("Z") if zoned else texts).str.to_datetime(_FORMAT, strict=False, time_unit="us")
    if read.null_count():
        return None
    return read.dt.replace_time_zone(kind.time_zone).cast(kind) if kind.time_zone else read.cast(kind)


def _reader(kind: pl.DataType) -> Cell:
    """What reads one cell of a kind; raises where it is none."""
    if isinstance(kind, pl.Datetime):
        return _time
    if kind == pl.Date:
        return _day
    if kind == pl.Boolean:
        return _flag
    return _number if kind.is_numeric() else _word


def _number(cell: Any) -> float | int | None:
    if isinstance(cell, bool) or not isinstance(cell, int | float | str):
        raise TypeError
    if isinstance(cell, str):
        if cell.strip().lower() in _MISSING:
            return None
        value = float(cell)
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    return int(cell) if float(cell).is_integer() and abs(cell) < 2**53 else cell


def _time(cell: Any) -> datetime | None:
    if isinstance(cell, str) and cell.strip().lower() in _MISSING:
        return None
    if not isinstance(cell, str):
        raise TypeError
    read = datetime.fromisoformat(cell.strip())
    return read.astimezone(UTC).replace(tzinfo=None) if read.tzinfo else read


def _day(cell: Any) -> date | None:
    read = _time(cell)
    return None if read is None else read.date()


def _flag(cell: Any) -> bool | None:
    said = str(cell).strip().lower()
    if said in _MISSING:
        return None
    return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False, "1.0": True, "0.0": False}[
        said
    ]


def _word(cell: Any) -> str | None:
    if isinstance(cell, dict | list):
        raise TypeError
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return str(cell) or None


def _kind(kind: pl.DataType) -> Text:
    if kind.is_temporal():
        return Text("time", "时间")
    if kind == pl.Boolean:
        return Text("flag", "是非值")
    return Text("number", "数字") if kind.is_numeric() else Text("text", "文本")


def _cells(line: bytes, width: int) -> list[Any] | Text:
    """The cells of a line, or why there are none."""
    try:
        row = next(csv.reader([line.decode("utf-8-sig")], strict=True))
    except UnicodeDecodeError:
        return Text("it is not UTF-8", "不是 UTF-8")
    except csv.Error as error:
        return Text(f"this is no line of CSV: {error}", f"不是 CSV 行：{error}")
    if len(row) == width:
        return row
    return Text(f"{len(row)} cells, not {width}", f"有 {len(row)} 个单元格，应为 {width} 个")


def _header(raw: bytes, source: str) -> str:
    try:
        said = raw.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        said = "\x00"
    if not said.replace("\t", "").isprintable():
        raise DataError(
            Text(
                "the first line is neither JSON nor the header of CSV in UTF-8",
                "首行既不是 JSON 也不是 UTF-8 的 CSV 表头",
            ),
            at=source,
            fix=Text(
                "bring such a file in once: diapason ingest FILE --append",
                "此类文件请用 diapason ingest 文件 --append 导入",
            ),
        )
    return said


def _text(raw: bytes) -> str:
    return raw.decode("utf-8-sig", "replace")


def _columns(schema: Mapping[str, Any], names: Sequence[str], source: str) -> Refused:
    found = [f"- {n}" for n in schema if n not in names] + [f"+ {n[:40]}" for n in names if n not in schema]
    odd = ", ".join(found[:12]) + (" …" if len(found) > 12 else "")
    return Refused(
        Text(f"the columns are not as agreed (- gone, + new): {odd}", f"列与约定不符（- 缺少，+ 新增）：{odd}"),
        at=source,
        fix=Text(
            "send the columns of the dataset, or let it pass: policy columns: pass",
            "请送入数据集的列，或在合约中设 policy columns: pass",
        ),
    )
