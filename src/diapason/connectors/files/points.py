"""InfluxDB line protocol: one line of text is one point, `measurement,tag=a field=1.5,other=2i 1762156800000000000`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from diapason.vocabulary.language import Text

__all__ = ["Point", "is_open", "looks_like_points", "point_of"]

_NAME = r"(?:\\[,= ]|[^,= ])++"
_VALUE = r'(?:"(?:\\.|[^"\\])*+"|[^," ]++)'
_LINE = re.compile(
    rf"(?P<measurement>(?:\\[, ]|[^, ])++)(?P<tags>(?:,{_NAME}={_NAME})*+)"
    rf" ++(?P<fields>{_NAME}={_VALUE}(?:,{_NAME}={_VALUE})*+)(?: ++(?P<time>[+-]?\d{{1,19}}))?+ *+",
    re.DOTALL,
)
_TAG = re.compile(rf",({_NAME})=({_NAME})")
_FIELD = re.compile(rf"({_NAME})=({_VALUE}),?", re.DOTALL)
_FLOAT = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_WHOLE = re.compile(r"([+-]?\d{1,20})([iu])")
_ESCAPED = re.compile(r"\\([,= ])")
_FLAGS = dict.fromkeys(("t", "T", "true", "True", "TRUE"), True) | dict.fromkeys(
    ("f", "F", "false", "False", "FALSE"), False
)
_LIMITS = {"i": (-(2**63), 2**63 - 1), "u": (0, 2**64 - 1)}

Value = float | int | bool | str


@dataclass(frozen=True, slots=True)
class Point:
    """What one line says; the time as it is written, in whatever precision."""

    measurement: str
    tags: tuple[tuple[str, str], ...]
    fields: dict[str, Value]
    time: int

    @property
    def key(self) -> tuple[str, tuple[tuple[str, str], ...], int]:
        """What makes it the same point as another."""
        return self.measurement, self.tags, self.time


def point_of(line: str) -> Point | Text:
    r"""The point of a line, or why there is none.

    >>> point_of('cell\\ 1,site=a\\,b t=1.5,n=2i,ok=t,say="a \\"b\\"" 17')
    Point(measurement='cell 1', tags=(('site', 'a,b'),), fields={'t': 1.5, 'n': 2, 'ok': True, 'say': 'a "b"'}, time=17)
    >>> point_of("cell t=1.5").en
    'the line has no time'
    """
    found = _LINE.fullmatch(line.strip(" \r"))
    if found is None:
        return _NO_POINT
    fields: dict[str, Value] = {}
    for name, written in _FIELD.findall(found["fields"]):
        value = _value(written)
        if value is None:
            return Text(
                f"field {_plain(name)}: {written[:40]} is no value", f"字段 {_plain(name)}：{written[:40]} 不是值"
            )
        if _plain(name) in fields:
            return Text(f"field {_plain(name)} comes twice in the line", f"字段 {_plain(name)} 在该行重复")
        fields[_plain(name)] = value
    if found["time"] is None:
        return _NO_TIME
    tags = tuple(sorted((_plain(k), _plain(v)) for k, v in _TAG.findall(found["tags"])))
    if len({name for name, _ in tags}) < len(tags):
        return Text("a tag comes twice in the line", "同一标签在该行重复")
    return Point(_plain(found["measurement"]), tags, fields, int(found["time"]))


_NO_POINT = Text("the line is no point of line protocol", "该行不符合行协议")
_NO_TIME = Text("the line has no time", "该行没有时间")


def _value(written: str) -> Value | None:
    """A field's value; None where it is none, or too large for its kind."""
    if written[0] == '"':
        return re.sub(r'\\(["\\])', r"\1", written[1:-1])
    if written in _FLAGS:
        return _FLAGS[written]
    whole = _WHOLE.fullmatch(written)
    if whole is not None:
        low, high = _LIMITS[whole[2]]
        number = int(whole[1])
        return number if low <= number <= high else None
    if not _FLOAT.fullmatch(written):
        return None
    value = float(written)
    return value if abs(value) < float("inf") else None


def _plain(name: str) -> str:
    return _ESCAPED.sub(r"\1", name) if "\\" in name else name


def is_open(line: str) -> bool:
    """Whether a quoted text begins in this line and goes on in the next."""
    bare = re.sub(r"\\.", "", line) if "\\" in line else line
    return bare.count('"') % 2 == 1


def looks_like_points(head: str, *, said: bool) -> bool:
    r"""Whether a text is line protocol: by its file's name, or as nearly every line is a point with a long time.

    >>> looks_like_points("a,b=c d=1 1762156800\n# x\n", said=False), looks_like_points("t=1 x=2\n", said=False)
    (True, False)
    """
    lines = list(_content(head))[:50]
    if said:
        return bool(lines)
    points = [p for line in lines if isinstance(p := point_of(line), Point) and abs(p.time) >= 10**8]
    return bool(lines) and len(points) >= 0.8 * len(lines)


def _content(head: str) -> Iterator[str]:
    return (line for line in head.split("\n") if line.strip() and not line.startswith("#"))
