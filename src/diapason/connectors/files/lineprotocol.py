"""Files in InfluxDB line protocol as a table: one row to a time and set of tags, or one row to a value."""

from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl

from diapason.connectors.files.assumed import Assumed
from diapason.connectors.files.naming import names_of
from diapason.connectors.files.options import Options
from diapason.connectors.files.places import Piece
from diapason.connectors.files.points import Point, is_open, point_of
from diapason.connectors.files.records import Rejected, Rows, shown_line
from diapason.connectors.files.text import TextFile
from diapason.errors import DataError, Unsure
from diapason.vocabulary.language import Text
from diapason.vocabulary.questions import Choice, Question

__all__ = ["PointsTable"]

_TOGETHER = 2_000_000
"""Lines that are held in memory, where points lie spread over lines."""
_PIECE = 50_000
_SPAN = 100
"""Lines over which a quoted text may reach."""
_SCALES = {"ns": 10**9, "us": 10**6, "ms": 10**3, "s": 1}
_MICRO = pl.Datetime("us", "UTC")
_FIRST, _LAST = -62_135_596_800 * 10**6, 253_402_300_799 * 10**6

_Read = tuple[int, str, Point | Text]


@dataclass
class _Row:
    """One row to come: the points that it is made of, or why its line is refused."""

    line: int
    raw: str
    point: Point | Text
    position: int = 0


@dataclass
class PointsTable:
    """A file of points; looked through once for tags, fields, their kinds and the precision of time."""

    piece: Piece
    options: Options
    named: bool = True
    units: Mapping[str, str] = field(default_factory=dict)
    worded: frozenset[str] = frozenset()
    lines: int = 0
    duplicates: int = 0
    spread: bool = False
    precision: str = ""
    _measurements: dict[str, None] = field(default_factory=dict)
    _tags: dict[str, None] = field(default_factory=dict)
    _fields: dict[str, set[str]] = field(default_factory=dict)
    _low: int = 2**63
    _high: int = -(2**63)
    _fine: bool = False  # times finer than a microsecond
    merged: int = 0

    def __post_init__(self) -> None:
        self.file = TextFile(self.piece, self.options)
        self._look()
        if not self._fields:
            raise _no_points(self.piece)
        self.precision = self.options.precision or self._guess()
        self._fine = self._fine and self.precision == "ns"
        self._long = self.options.layout == "long"
        if self.spread and self.lines > _TOGETHER and not self._long:
            raise _scattered(self.piece)
        kinds = {"flag": pl.Boolean(), "whole": pl.Int64(), "number": pl.Float64(), "text": pl.String()}
        found = [("time", "time", _MICRO), *([("", "measurement", pl.String())] if len(self._measurements) > 1 else [])]
        found += [("tag", t, pl.String()) for t in self._tags]
        numbers = any(kinds & {"flag", "whole", "number"} for kinds in self._fields.values())
        if self._long:
            found += [("", "field", pl.String()), *([("", "value", pl.Float64())] if numbers else [])]
            found += [("", "text", pl.String())] if any("text" in k for k in self._fields.values()) else []
        else:
            found += [("field", f, kinds[_one(k)]) for f, k in self._fields.items()]
        self.names, notes = names_of([[name for _, name, _ in found]], len(found), self.options.columns, self.piece.at)
        self._schema = dict(zip(self.names, (kind for *_, kind in found), strict=True))
        self._column = {(what, key): name for (what, key, _), name in zip(found, self.names, strict=True)}
        self.texts = frozenset(name for name, kind in self._schema.items() if kind == pl.String)
        self._notes = notes

    def _look(self) -> None:
        """Once through the file."""
        keys, shapes = array("q"), array("q")
        for _, _, point in self._read():
            self.lines += 1
            if isinstance(point, Text):
                continue
            self._measurements[point.measurement] = None
            self._tags |= dict.fromkeys(name for name, _ in point.tags)
            for name, value in point.fields.items():
                self._fields.setdefault(name, set()).add(_kind(value))
            self._low, self._high = min(self._low, point.time), max(self._high, point.time)
            self._fine |= point.time % 1000 != 0
            keys.append(hash(point.key))
            shapes.append(hash((point.key, frozenset(point.fields))))
        different = len(np.unique(np.frombuffer(keys, np.int64))) if keys else 0
        self.spread = bool(keys) and len(np.unique(np.frombuffer(shapes, np.int64))) > different
        self.duplicates = len(keys) - different

    def _guess(self) -> str:
        """The precision under which all times lie between 1979 and 2103."""
        fits = [p for p, scale in _SCALES.items() if 3e8 * scale <= self._low and self._high <= 4.2e9 * scale]
        if len(fits) != 1:
            raise _unclear(self.piece, self._low)
        return fits[0]

    @property
    def assumed(self) -> tuple[Assumed, ...]:
        """Precision, kinds that differ, points that come twice."""
        mixed = [n for n, kinds in self._fields.items() if _one(kinds) == "text" and len(kinds) > 1]
        said = [
            Assumed("precision", self.precision, _SAID if self.options.precision else _RANGE, "precision=ns|us|ms|s")
        ]
        said += [Assumed("type", "text", _MIXED, "", ", ".join(mixed[:3]))] if mixed and not self._long else []
        said += [Assumed("resolution", "us", _COARSE)] if self._fine else []
        if self.spread and not self._long:
            said.append(Assumed("merged", f"{self.merged:,}", _TOGETHER_SAID, "layout=long"))
        twice = self.duplicates - (self.merged if self.spread else 0)
        if twice > 0 and not self._long:
            said.append(Assumed("duplicates", f"{twice:,}", _TWICE))
        return (*said, *self._notes)

    def facts(self) -> dict[str, Any]:
        """Measurements, lines, and what came twice."""
        twice = self.duplicates - (self.merged if self.spread else 0)
        counts = {"lines": self.lines, "merged": self.merged, "duplicates": twice}
        return {"form": "points", "measurements": list(self._measurements)[:50], "precision": self.precision, **counts}

    def rows(self) -> Iterator[Rows]:
        """All rows, piece by piece."""
        found = self._read()
        rows = self._as_long(found) if self._long else self._as_wide(found)
        piece: list[_Row] = []
        for position, row in enumerate(rows):
            row.position = position
            piece.append(row)
            if len(piece) >= _PIECE:
                yield self._rows(piece)
                piece = []
        if piece:
            yield self._rows(piece)

    def _as_long(self, found: Iterable[_Read]) -> Iterator[_Row]:
        for line, raw, point in found:
            if isinstance(point, Text):
                yield _Row(line, raw, point)
            else:
                for name, value in point.fields.items():
                    yield _Row(line, raw, Point(point.measurement, point.tags, {name: value}, point.time))

    def _as_wide(self, found: Iterable[_Read]) -> Iterator[_Row]:
        """Lines of the same point make one row, as long as no field comes twice."""
        if not self.spread:
            yield from (_Row(*one) for one in found)
            return
        rows, open_, self.merged = list[_Row](), dict[Any, list[dict[str, Any]]](), 0
        for line, raw, point in found:
            if isinstance(point, Text):
                rows.append(_Row(line, raw, point))
                continue
            there = open_.setdefault(point.key, [])
            free = next((fields for fields in there if fields.keys().isdisjoint(point.fields)), None)
            if free is not None:
                free |= point.fields
                self.merged += 1
                continue
            there.append(point.fields)
            rows.append(_Row(line, raw, point))
        yield from rows

    def _rows(self, piece: list[_Row]) -> Rows:
        good, rejected = [], []
        for row in piece:
            micro = None if isinstance(row.point, Text) else row.point.time * 10**6 // _SCALES[self.precision]
            if isinstance(row.point, Text) or micro is None or not _FIRST <= micro <= _LAST:
                why = row.point if isinstance(row.point, Text) else _BEYOND
                rejected.append(Rejected(row.position, row.line, why, shown_line(row.raw.encode("utf-8", "replace"))))
            else:
                good.append((row, row.point, micro))
        raws = [row.raw.encode("utf-8", "replace") for row, *_ in good]
        ends = np.cumsum([len(raw) for raw in raws], dtype=np.int64) if raws else np.zeros(0, np.int64)
        return Rows(
            self._frame([(point, micro) for _, point, micro in good]),
            np.array([row.position for row, *_ in good], dtype=np.int64),
            np.array([row.line for row, *_ in good], dtype=np.int64),
            b"".join(raws),
            np.stack([np.concatenate([np.zeros(min(1, len(ends)), np.int64), ends[:-1]]), ends], axis=1),
            rejected,
            len(piece),
        )

    def _frame(self, good: list[tuple[Point, int]]) -> pl.DataFrame:
        columns: dict[str, list[Any]] = {self._column["time", "time"]: [micro for _, micro in good]}
        tags = [dict(point.tags) for point, _ in good]
        for (what, key), name in self._column.items():
            if what == "tag":
                columns[name] = [t.get(key) for t in tags]
            elif what == "field":
                columns[name] = [point.fields.get(key) for point, _ in good]
        firsts = [next(iter(point.fields.items())) for point, _ in good] if self._long else []
        filled: dict[str, list[Any]] = {
            "measurement": [point.measurement for point, _ in good],
            "field": [name for name, _ in firsts],
            "value": [None if isinstance(v, str) else float(v) for _, v in firsts],
            "text": [v if isinstance(v, str) else None for _, v in firsts],
        }
        columns |= {name: filled[key] for (what, key), name in self._column.items() if not what}
        return pl.DataFrame([self._typed(name, columns[name]) for name in self.names])

    def _typed(self, name: str, values: list[Any]) -> pl.Series:
        kind = self._schema[name]
        if kind == _MICRO:
            return pl.Series(name, values, dtype=pl.Int64).cast(_MICRO)
        if kind == pl.Float64():
            values = [None if v is None else float(v) for v in values]
        if kind == pl.String():
            values = [v if v is None or isinstance(v, str) else _written(v) for v in values]
        return pl.Series(name, values, dtype=kind)

    def _read(self) -> Iterator[_Read]:
        """Lines with their numbers, and the point of each or why there is none."""
        waiting: list[str] = []
        began = 0
        for block in self.file.blocks():
            for index, data in enumerate(block.data[:-1].split(b"\n")):
                number, line = block.line + index, data.decode("utf-8", "replace")
                if index in block.bad and not waiting:
                    yield number, line, block.bad[index]
                    continue
                began = began if waiting else number
                waiting.append(line)
                if (len(waiting) == 1 and not is_open(line)) or (len(waiting) > 1 and _ends(waiting)):
                    yield from _taken(began, waiting)
                    waiting = []
                elif len(waiting) >= _SPAN:
                    yield from _one_by_one(began, waiting)
                    waiting = []
        yield from _one_by_one(began, waiting)


def _ends(waiting: list[str]) -> bool:
    return is_open(waiting[-1])  # an open quote in a later line closes the first


def _taken(number: int, lines: list[str]) -> Iterator[_Read]:
    """One point over these lines; where there is none, each line by itself."""
    text = "\n".join(lines)
    if not text.strip() or (len(lines) == 1 and text.lstrip().startswith("#")):
        return
    point = point_of(text)
    if isinstance(point, Text) and len(lines) > 1:
        yield from _one_by_one(number, lines)
    else:
        yield number, text, point


def _one_by_one(number: int, lines: list[str]) -> Iterator[_Read]:
    for at, line in enumerate(lines):
        if line.strip() and not line.lstrip().startswith("#"):
            yield number + at, line, point_of(line)


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "flag"
    if isinstance(value, int):
        return "whole" if value < 2**63 else "number"
    return "text" if isinstance(value, str) else "number"


def _one(kinds: set[str]) -> str:
    """The kind that holds all of these."""
    if kinds <= {"whole", "number"}:
        return "number" if "number" in kinds else "whole"
    return next(iter(kinds)) if len(kinds) == 1 else "text"


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


_SAID = Text("you said so", "由您指定")
_RANGE = Text("so all times lie between 1979 and 2103", "这样全部时间在 1979 至 2103 年之间")
_MIXED = Text("the field has values of several kinds", "该字段的值类型不一")
_COARSE = Text("times are kept to the microsecond", "时间精确到微秒")
_TOGETHER_SAID = Text("lines of the same time and tags make one row", "时间与标签相同的行合为一行")
_TWICE = Text("the same point comes again: kept, each as a row", "同一数据点重复：均保留，各占一行")
_BEYOND = Text("the time is no day of the calendar", "时间超出日历范围")


def _no_points(piece: Piece) -> DataError:
    return DataError(
        Text("no line of the file is a point with a time", "文件中没有一行是带时间的数据点"),
        at=piece.at,
        fix=Text(
            "a line reads: measurement,tag=a field=1.5 1762156800000000000",
            "每行应为：measurement,tag=a field=1.5 1762156800000000000",
        ),
    )


def _scattered(piece: Piece) -> DataError:
    return DataError(
        Text(
            "fields of one point lie far apart, and the file is too large to be put together",
            "同一数据点的字段分散，文件太大无法合并",
        ),
        at=piece.at,
        fix=Text("say -o layout=long: one row to a value", "请加 -o layout=long：每个值一行"),
    )


def _unclear(piece: Piece, example: int) -> Unsure:
    choices = []
    for precision, scale in _SCALES.items():
        seconds = example // scale
        known = -62_135_596_800 <= seconds <= 253_402_300_799
        shown = f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M}" if known and abs(seconds) < 2**37 else "-"
        choices.append(Choice(precision, Text(shown, shown)))
    question = Question(
        "options.precision", Text(f"Which time is {example}?", f"{example} 是什么时间？"), tuple(choices)
    )
    ways = " | ".join(f"{question.flag(c.value)} ({c.means.en})" for c in choices)
    return Unsure(
        Text("the precision of the times is not clear", "时间的精度不明确"),
        at=piece.at,
        fix=Text(f"say which: {ways}", f"请指定：{ways}"),
        questions=(question,),
    )
