"""The map of a device: which tag stands in which register, as a CSV file that a person edits."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from diapason.connectors.modbus.words import ORDERS, TYPES, Form, form_of
from diapason.errors import DataError
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Kind, Point

__all__ = ["COLUMNS", "Row", "read_map", "write_map"]

COLUMNS = (
    "tag", "unit_id", "table", "address", "type", "order", "scale", "offset", "unit", "low", "high", "writable",
    "title", "asset", "function",
)  # fmt: skip
"""The first five are needed; the others may be left out or empty."""

TABLES = ("coil", "discrete", "input", "holding")
_NEEDED = COLUMNS[:5]
_YES, _NO = ("yes", "true", "1", "x"), ("", "no", "false", "0")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a map."""

    point: Point
    unit_id: int
    table: str
    address: int  # as in the telegram, from 0
    form: Form
    function: int = 0  # 5, 6, 15 or 16; 0 = by size

    @property
    def end(self) -> int:
        """The register after the last one."""
        return self.address + self.form.size


class _Wrong(ValueError):
    def __init__(self, column: str, what: Text) -> None:
        super().__init__(what.en)
        self.column, self.what = column, what


def read_map(path: str | Path) -> tuple[Row, ...]:
    """Read a map.

    Raises:
        DataError: it can't be read, or a line is wrong; says which.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        what = Text(f"the map can't be read: {error}", f"无法读取点表：{error}")
        raise DataError(
            what, at=str(path), fix=Text("name a CSV file in UTF-8", "请指定 UTF-8 编码的 CSV 文件")
        ) from error
    rows = tuple(_rows(str(path), text))
    if not rows:
        raise DataError(
            Text("the map has no tags", "点表中没有位号"), at=str(path), fix=Text("a line for each tag", "每个位号一行")
        )
    return rows


def _rows(path: str, text: str) -> Iterator[Row]:
    reader = csv.DictReader(text.splitlines(), restkey="…", strict=True)
    seen: dict[str, int] = {}
    try:
        _header(path, reader.fieldnames or ())
        for said in reader:
            if any(said.values()):
                yield _row(f"{path}, line {reader.line_num}", said, seen, reader.line_num)
    except csv.Error as error:
        what = Text(f"no CSV: {error}", f"不是 CSV：{error}")
        raise DataError(
            what, at=f"{path}, line {reader.line_num}", fix=Text("mend the quotes", "请检查引号")
        ) from error


def _header(path: str, names: Sequence[str]) -> None:
    absent = [name for name in _NEEDED if name not in names]
    strange = [name for name in names if name not in COLUMNS]
    if absent or strange:
        told = absent or strange
        what = Text(
            f"the map {'lacks the column' if absent else 'has an unknown column'} '{told[0]}'",
            f"点表{'缺少列' if absent else '含未知列'}“{told[0]}”",
        )
        raise DataError(what, at=f"{path}, line 1", fix=Text("columns: ", "可用的列：") + ", ".join(COLUMNS))


def _row(at: str, said: Mapping[str, str | None], seen: dict[str, int], line: int) -> Row:
    cell = {name: (said.get(name) or "").strip() for name in COLUMNS}
    try:
        if "…" in said:
            raise _Wrong("…", Text("more cells than columns", "单元格多于列数"))
        row = _parsed(cell)
    except _Wrong as wrong:
        where = f"{at}, column {wrong.column}"
        raise DataError(wrong.what, at=where, fix=Text("mend the line", "请更正该行")) from wrong
    if row.point.tag in seen:
        n = seen[row.point.tag]
        what = Text(f"'{row.point.tag}' stands in line {n} already", f"“{row.point.tag}”已在第 {n} 行出现")
        raise DataError(what, at=at, fix=Text("one line for each tag", "每个位号只占一行"))
    seen[row.point.tag] = line
    return row


def _parsed(cell: Mapping[str, str]) -> Row:
    if not cell["tag"]:
        raise _Wrong("tag", Text("a line without a tag", "该行没有位号"))
    table = cell["table"].lower()
    if table not in TABLES:
        raise _Wrong(
            "table",
            Text(
                f"'{cell['table']}' is no table: {', '.join(TABLES)}", f"“{cell['table']}”不是表：{', '.join(TABLES)}"
            ),
        )
    form = _form(cell, bits=table in ("coil", "discrete"))
    address = _whole(cell, "address", 65_536 - form.size)
    writable = _yes(cell["writable"])
    if writable and (table in ("input", "discrete") or form.type in ("bit", "string")):
        raise _Wrong(
            "writable",
            Text(f"a {form.type} in the table {table} can't be written", f"表 {table} 中的 {form.type} 不可写"),
        )
    unit_id = _whole(cell, "unit_id", 255)
    point = Point(
        cell["tag"], f"{unit_id}/{table}/{address}" + (f".{form.bit}" if form.type == "bit" else ""), _kind(form),
        cell["unit"], _number(cell, "low"), _number(cell, "high"), writable, cell["title"], cell["asset"],
    )  # fmt: skip
    return Row(point, unit_id, table, address, form, _function(cell["function"], table, form))


def _form(cell: Mapping[str, str], *, bits: bool) -> Form:
    scale, offset = _number(cell, "scale"), _number(cell, "offset")
    if scale == 0:
        raise _Wrong("scale", Text("a scale of zero", "比例系数为零"))
    kind = cell["type"].lower() or ("switch" if bits else "")
    if bits != (kind == "switch"):
        raise _Wrong(
            "type",
            Text(
                "coils and discrete inputs are of type switch, registers are not",
                "线圈和离散输入的类型为 switch，寄存器则不是",
            ),
        )
    order = cell["order"].upper() or "ABCD"
    if order not in ORDERS:
        raise _Wrong(
            "order",
            Text(
                f"'{cell['order']}' is no order: {', '.join(ORDERS)}",
                f"“{cell['order']}”不是字节序：{', '.join(ORDERS)}",
            ),
        )
    try:
        return form_of(kind, order, 1.0 if scale is None else scale, offset or 0.0)
    except ValueError:
        types = ", ".join((*TYPES, "string:N", "bit:N", "switch"))
        raise _Wrong(
            "type", Text(f"'{cell['type']}' is no type: {types}", f"“{cell['type']}”不是类型：{types}")
        ) from None


def _kind(form: Form) -> Kind:
    if form.type in ("switch", "bit"):
        return Kind.SWITCH
    if form.type == "string":
        return Kind.TEXT
    return Kind.WHOLE if "int" in form.type and (form.scale, form.offset) == (1.0, 0.0) else Kind.NUMBER


def _function(said: str, table: str, form: Form) -> int:
    if not said:
        return 0
    fits = ("5", "15") if table == "coil" else ("6", "16") if form.size == 1 else ("16",)
    if said not in fits or table in ("input", "discrete"):
        raise _Wrong("function", Text(f"function {said} does not write this", f"功能码 {said} 不适用"))
    return int(said)


def _whole(cell: Mapping[str, str], name: str, most: int) -> int:
    try:
        value = int(cell[name])
    except ValueError:
        value = -1
    if not 0 <= value <= most:
        raise _Wrong(
            name, Text(f"'{cell[name]}' is no number from 0 to {most}", f"“{cell[name]}”不是 0 到 {most} 的整数")
        )
    return value


def _number(cell: Mapping[str, str], name: str) -> float | None:
    if not cell[name]:
        return None
    try:
        value = float(cell[name])
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise _Wrong(name, Text(f"'{cell[name]}' is no number", f"“{cell[name]}”不是数"))
    return value


def _yes(said: str) -> bool:
    if said.lower() not in _YES + _NO:
        raise _Wrong("writable", Text(f"'{said}' is neither yes nor no", f"“{said}”既非 yes 也非 no"))
    return said.lower() in _YES


def write_map(path: str | Path, rows: Sequence[Row]) -> None:
    """Write a map that `read_map` gives back."""
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        table.writerows(map(_cells, rows))


def _cells(row: Row) -> tuple[object, ...]:
    form, point = row.form, row.point
    kind = (
        f"{form.type}:{form.bit if form.type == 'bit' else form.size * 2}"
        if form.type in ("bit", "string")
        else form.type
    )
    numbers = ("" if value is None else repr(value) for value in (point.low, point.high))
    return (
        point.tag, row.unit_id, row.table, row.address, kind, form.order, form.scale, form.offset, point.unit, *numbers,
        "yes" if point.writable else "no", point.title, point.asset, row.function or "",
    )  # fmt: skip
