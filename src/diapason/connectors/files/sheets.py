"""The cells of a workbook's sheet as lines of text, row by row; kept in a file of their own where they are many."""

import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from diapason.connectors.files.encodings import Encoding
from diapason.connectors.files.numbers import unmistakable
from diapason.connectors.files.text import CHUNK, Block
from diapason.connectors.files.workbook import Sheet, Workbook, elements, local, readable

__all__ = ["SheetText", "cells_of", "reference", "shown_moment", "shown_value"]

_MEMORY = 32 << 20
_WIDEST, _LONGEST = 16_384, 1_048_576
_CELL = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d{1,7})")
_BREAKS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


def reference(text: str) -> tuple[int, int]:
    """Row and column, from 1, of a cell such as `AB12`.

    Raises:
        ValueError: there is no such cell.

    >>> reference("AB12")
    (12, 28)
    """
    found = _CELL.fullmatch(text)
    if found is None:
        raise ValueError(f"'{text[:20]}' is no cell")
    column = 0
    for letter in found.group(1).upper():
        column = column * 26 + ord(letter) - 64
    row = int(found.group(2))
    if not (1 <= row <= _LONGEST and 1 <= column <= _WIDEST):
        raise ValueError(f"'{text[:20]}' is beyond the last cell")
    return row, column


@cache
def _column(letters: str) -> int:
    return reference(f"{letters}1")[1]


def shown_moment(days: float, kind: str, since_1904: bool) -> str | None:
    """A count of days as a date, a time of day or seconds; None where there is no such day.

    >>> shown_moment(46329.333333333336, "date", False), shown_moment(0.3541666667, "clock", False)
    ('2026-11-03 08:00:00', '08:30:00')
    >>> shown_moment(44867, "date", True), shown_moment(1.25, "span", False)
    ('2026-11-03', '108000')
    """
    if kind == "span":
        return f"{round(days * 86_400, 3):.15g}"
    if not 0 <= days < 2_958_466:
        return None
    first = datetime(1904, 1, 1) if since_1904 else datetime(1899, 12, 31 if days < 60 else 30)  # noqa: DTZ001
    moment = first + timedelta(milliseconds=round(days * 86_400_000))
    clock = moment.strftime("%H:%M:%S") + (f".{moment.microsecond // 1000:03d}" if moment.microsecond else "")
    if kind == "clock" and days < 1:
        return clock
    return f"{moment:%Y-%m-%d}" if days == int(days) else f"{moment:%Y-%m-%d} {clock}"


def _temporary() -> IO[bytes]:
    return SpooledTemporaryFile(_MEMORY)  # as long as the sheet is held


@dataclass(slots=True)
class SheetText:
    """Lines of cells divided by tabs; line n is row n of the sheet. What is read again comes from here."""

    encoding: Encoding | None = None
    cut: bool = False
    marks: int = 0
    rows: int = 0  # rows that hold something
    first: int = _WIDEST  # first and last column that holds something
    last: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    uncounted: int = 0  # formulas that were never calculated
    formulas: int = 0
    spans: int = 0  # lengths of time, given in seconds
    merged: list[tuple[int, int, int]] = field(default_factory=list)  # column, first row, last row
    empty: int = 0  # rows between others and below them that hold nothing
    _file: IO[bytes] = field(default_factory=_temporary)
    _line: int = 0

    def add(self, row: int, cells: dict[int, str]) -> None:
        """The filled cells of a row, by column from 1."""
        if row <= self._line:
            raise ValueError(f"row {row} comes after row {self._line}")
        if not cells:
            return
        self._file.write(b"\n" * (row - self._line - 1))
        self.empty += row - self._line - 1
        self._line, self.rows = row, self.rows + 1
        self.first, self.last = min(self.first, *cells), max(self.last, *cells)
        line, at = [], 1
        for column in sorted(cells):
            line.append("\t" * (column - at) + _safe(cells[column]))
            at = column
        self._file.write("".join(line).encode("utf-8", "replace") + b"\n")

    def blocks(self) -> Iterator[Block]:
        """All lines, every one with as many cells."""
        self._file.seek(0)
        number, kept = 1, dict[int, bytes]()
        touched = {row for _, start, until in self.merged for row in range(start, until + 1)}
        while lines := self._file.readlines(CHUNK):
            out = []
            for row, line in enumerate(lines, start=number):
                full = self._full(line[:-1])
                out.append(self._joined(full, row, kept) if row in touched else full)
            yield Block(b"\n".join(out) + b"\n", number, read=self._file.tell())
            number += len(lines)

    def _full(self, line: bytes) -> bytes:
        if not line:
            return line
        line = line + b"\t" * (self.last - 1 - line.count(b"\t"))
        return line if self.first == 1 else line.split(b"\t", self.first - 1)[-1]

    def _joined(self, line: bytes, row: int, kept: dict[int, bytes]) -> bytes:
        """A cell that stands for several rows stands in each of them."""
        cells = line.split(b"\t") if line else [b""] * (self.last - self.first + 1)
        filled = any(cells)
        for column, start, until in self.merged:
            at = column - self.first
            if not (start <= row <= until and 0 <= at < len(cells)):
                continue
            if row == start:
                kept[column] = cells[at]
            elif filled:
                cells[at] = cells[at] or kept.get(column, b"")
        return b"\t".join(cells) if any(cells) else b""

    def merge(self, ranges: Iterable[tuple[int, int, int, int]]) -> None:
        """Keep the merged cells that stand for several rows of one column."""
        limit = 100_000  # rows that are looked at one by one
        for top, left, bottom, right in ranges:
            if left == right and top < bottom <= self._line and limit > 0:
                self.merged.append((left, top, bottom))
                limit -= bottom - top


def _safe(text: str) -> str:
    text = _BREAKS.sub(" ", text).strip() if not text.isprintable() else text.strip()
    return '"' + text.replace('"', '""') + '"' if '"' in text else text


@dataclass(slots=True)
class _Reader:
    """What the events of a sheet's XML mean."""

    book: Workbook
    into: SheetText
    row: int = 0
    column: int = 0
    number: str = ""  # of the row, as its cells write it
    cells: dict[int, str] = field(default_factory=dict)
    ranges: list[tuple[int, int, int, int]] = field(default_factory=list)
    _kind: str = ""
    _style: int = 0
    _formula: bool = False
    _collect: bool = False
    _aside: bool = False
    _parts: list[str] = field(default_factory=list)

    def start(self, name: str, said: dict[str, str]) -> None:
        kind = local(name)
        if kind == "c":
            self._begin(said)
        elif kind in ("v", "t"):
            self._collect = not self._aside
        elif kind == "f":
            self._formula = True
        elif kind == "rPh":
            self._aside = True
        elif kind == "row":
            self.row = reference(f"A{said['r']}")[0] if "r" in said else self.row + 1
            self.column, self.number = 0, str(self.row)
        elif kind == "mergeCell":
            first, _, last = said["ref"].partition(":")
            self.ranges.append((*reference(first), *reference(last or first)))

    def _begin(self, said: dict[str, str]) -> None:
        at = said.get("r")
        letters = at.rstrip("0123456789") if at else ""
        if at is None:
            self.column += 1
        elif at[len(letters) :] == self.number:
            self.column = _column(letters)
        else:
            raise ValueError(f"cell {at[:20]} stands in row {self.row}")
        if self.column > _WIDEST:
            raise ValueError(f"row {self.row} has too many cells")
        self._kind, self._style = said.get("t", "n"), int(said.get("s", 0))
        self._formula = False
        self._parts.clear()

    def text(self, said: str) -> None:
        if self._collect:
            self._parts.append(said)

    def end(self, name: str) -> None:
        kind = local(name)
        if kind in ("v", "t"):
            self._collect = False
        elif kind == "c":
            self._finish("".join(self._parts))
        elif kind == "rPh":
            self._aside = False
        elif kind == "row":
            self.into.add(self.row, self.cells)
            self.cells = {}

    def _finish(self, value: str) -> None:
        self.into.formulas += self._formula
        if not value:
            self.into.uncounted += self._formula and self._kind != "str"
            return
        if self._kind == "e":
            self.into.errors[value[:20]] += 1
            return
        text = self._shown(value)
        if text.strip():
            self.cells[self.column] = text

    def _shown(self, value: str) -> str:
        if self._kind == "s":
            return self.book.strings[_index(value)]
        if self._kind == "b":
            return "true" if value.strip() == "1" else "false"
        if self._kind != "n":
            return value
        style = self.book.styles[self._style] if self._style < len(self.book.styles) else ""
        if style.startswith("0"):
            return value.zfill(len(style)) if value.isdecimal() else value
        moment = shown_moment(float(value), style, self.book.since_1904) if style else None
        self.into.spans += style == "span"
        return unmistakable(value.strip()) if moment is None else moment


def _index(value: str) -> int:
    number = int(value)
    if number < 0:
        raise ValueError(f"there is no text number {number}")
    return number


def cells_of(book: Workbook, sheet: Sheet, *, rows: int = 0) -> SheetText:
    """All cells of a sheet as text, or those of its first so many rows.

    Raises:
        DataError: the workbook is damaged.
    """
    into = SheetText()
    reader = _Reader(book, into)
    with readable(book.piece), zipfile.ZipFile(book.piece.path) as archive, archive.open(sheet.part) as stream:
        for _ in elements(stream, reader.start, reader.end, reader.text):
            if rows and into.rows >= rows:
                return into
    into.merge(reader.ranges)
    return into


def shown_value(value: Any) -> str:
    """A value of Python as the text of a cell."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return unmistakable(str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value))
    return f"{value.total_seconds():.15g}" if isinstance(value, timedelta) else str(value)
