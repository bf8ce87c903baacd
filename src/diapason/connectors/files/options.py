"""Every assumption about a file can be overridden by one of these options; an unknown one is refused."""

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from typing import Any

from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["DATE_ORDERS", "KINDS", "Options"]

DATE_ORDERS = ("dmy", "mdy", "ymd")
KINDS = ("number", "text", "flag", "time", "epoch_s", "epoch_ms", "epoch_us", "epoch_ns", "excel", "compact")


@dataclass(frozen=True, slots=True)
class Options:
    """How to read; an empty value means: find out from the data."""

    encoding: str = ""  # any codec Python knows: utf-8, gb18030, utf-16, cp1252
    separator: str = ""  # one character, or "tab", "space" (runs of blanks and tabs)
    quote: str = ""  # one character, or "none"
    decimal: str = ""  # "point" or "comma"
    header: str = ""  # "no", "yes", or how many lines the names take
    units_row: str = ""  # "yes" or "no": is the line below the names a line of units
    skip: int = 0  # lines to leave out at the top
    comment: str = ""  # what a comment line begins with, or "none"
    columns: tuple[str, ...] = ()  # names, in order
    date_order: str = ""  # "dmy", "mdy", "ymd"
    time: tuple[str, ...] = ()  # columns (name or number) that hold time, said by a person
    time_format: Mapping[str, str] = field(default_factory=dict)  # column -> strptime form
    types: Mapping[str, str] = field(default_factory=dict)  # column -> one of KINDS
    missing: tuple[str, ...] = ()  # further words that stand for "no value"
    timezone: str = ""  # of times written without one, such as Asia/Shanghai
    bad_cells: str = "reject"  # or "missing": what becomes of a row with an unreadable cell
    max_rejected: float = 0.5  # share of rows above which nothing is stored
    file_column: str = "file"  # names the file of each row where there are several; "none" to leave out
    union: bool = False  # files may have different columns
    salvage: bool = False  # take what is readable of a truncated file
    transpose: str = ""  # "yes", or a pattern of file names: columns are rows
    recursive: bool = False  # look into sub-folders too
    sheet: str = ""  # of a workbook: its name or number, "*" for all as one table
    precision: str = ""  # of times in line protocol: "ns", "us", "ms", "s"
    layout: str = ""  # of line protocol: "wide" or "long"

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> "Options":
        """Options from plain values or from texts of a command line.

        Raises:
            DataError: an option is unknown, or its value is not one it can have.

        >>> Options.read({"columns": "a,b", "max_rejected": "0.1"}).columns
        ('a', 'b')
        """
        known = {f.name: f.default for f in fields(cls)}
        for name in given:
            if name not in known:
                raise _unknown(name, list(known))
        read: dict[str, Any] = {n: _READERS[n](n, v) if n in _READERS else _word(n, v) for n, v in given.items()}
        return cls(**read)._checked()

    def _checked(self) -> "Options":
        choices = {
            "decimal": ("", "point", "comma"),
            "units_row": ("", "yes", "no"),
            "date_order": ("", *DATE_ORDERS),
            "bad_cells": ("reject", "missing"),
            "precision": ("", "ns", "us", "ms", "s"),
            "layout": ("", "wide", "long"),
        }
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                raise _wrong(name, getattr(self, name), [a for a in allowed if a])
        for column, kind in self.types.items():
            if kind not in KINDS:
                raise _wrong(f"types.{column}", kind, list(KINDS))
        if self.header and not (self.header in ("yes", "no") or self.header.isdecimal()):
            raise _wrong("header", self.header, ["yes", "no", "2"])
        return replace(self, separator=_one("separator", self.separator), quote=_one("quote", self.quote))


_NAMED = {"tab": "\t", "\\t": "\t", "space": " ", "whitespace": " ", "comma": ",", "semicolon": ";", "pipe": "|"}


def _one(name: str, value: str) -> str:
    """A single character, also by its name."""
    value = _NAMED.get(value, value)
    if value not in ("", "none") and (len(value) != 1 or not value.isascii()):
        raise _wrong(name, value, ["','", "';'", "tab", "space"] if name == "separator" else ["'\"'", "none"])
    return value


def _word(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, str | int):
        raise _wrong(name, value, ["text"])
    return str(value)


def _number(kind: type[int] | type[float]) -> Callable[[str, Any], Any]:
    def read(name: str, value: Any) -> Any:
        try:
            number = kind(value)
        except (TypeError, ValueError):
            raise _wrong(name, value, ["0", "1"]) from None
        if number < 0 or (name == "max_rejected" and number > 1):
            raise _wrong(name, value, ["0", "1"])
        return number

    return read


def _yes(name: str, value: Any) -> bool:
    words = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
    if str(value).lower() not in words:
        raise _wrong(name, value, ["yes", "no"])
    return words[str(value).lower()]


def _list(_name: str, value: Any) -> tuple[str, ...]:
    """Names separated by commas; one with a comma in it stands in double quotes."""
    if isinstance(value, str):
        return tuple(part.strip() for line in csv.reader([value], skipinitialspace=True) for part in line)
    return tuple(str(part) for part in value)


def _pairs(name: str, value: Any) -> dict[str, str]:
    """`column=value`, several separated by commas."""
    if isinstance(value, Mapping):
        return {str(k): str(v) for k, v in value.items()}
    pairs = [part.partition("=") for part in str(value).split(",")]
    if not all(equals and key.strip() for key, equals, _ in pairs):
        raise _wrong(name, value, ["column=value"])
    return {key.strip(): v.strip() for key, _, v in pairs}


_READERS: dict[str, Callable[[str, Any], Any]] = {
    "skip": _number(int),
    "max_rejected": _number(float),
    "columns": _list,
    "time": _list,
    "missing": _list,
    "types": _pairs,
    "time_format": _pairs,
    "union": _yes,
    "salvage": _yes,
    "recursive": _yes,
}


def _unknown(name: str, known: list[str]) -> DataError:
    if name in ("query", "table", "since"):
        return DataError(
            Text(f"files take no {name}", f"文件没有 {name}"),
            at=f"-o {name}=…",
            fix=Text(
                "a database is written sqlite:///mes.db or postgresql://user@host/database",
                "数据库请写成 sqlite:///mes.db 或 postgresql://用户@主机/数据库",
            ),
        )
    near = get_close_matches(name, known, 1)
    return DataError(
        Text(f"there is no option '{name}'", f"没有选项“{name}”"),
        at=f"-o {name}=…",
        fix=Text(
            (f"did you mean {near[0]}? " if near else "") + "the options are: " + ", ".join(known),
            (f"是不是 {near[0]}？" if near else "") + "可用选项：" + "、".join(known),
        ),
    )


def _wrong(name: str, value: object, allowed: list[str]) -> DataError:
    return DataError(
        Text(f"option {name} cannot be '{value}'", f"选项 {name} 不能是“{value}”"),
        at=f"-o {name}={value}",
        fix=Text("it can be: " + ", ".join(allowed), "可以是：" + "、".join(allowed)),
    )
