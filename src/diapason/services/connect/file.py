"""What is read from a line, and how: a file in the workspace that a person edits, without secrets, read strictly."""

import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec

from diapason.errors import DataError, NotFound
from diapason.knowledge.loader import Strict, check
from diapason.ports.disk import write_whole
from diapason.ports.workspace import Workspace
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Kind, Point
from diapason.vocabulary.names import proper

__all__ = ["LAYOUTS", "Chosen", "Connection", "connection", "connections", "keep", "path_of", "without_secrets"]

LAYOUTS = ("wide", "assets", "long")
"""One row per moment; one row per asset and moment; one row per reading."""

_Layout = Literal["wide", "assets", "long"]
_Text = Annotated[str, msgspec.Meta(min_length=1)]
_Least = Annotated[float, msgspec.Meta(ge=0)]
_HEAD = """\
# What is read from {name}, and how. Edit it: your word counts from the next start on.
# layout: wide = one row per moment, assets = one row per asset and moment, long = one row per reading
# every: s between readings (0 = as they change); polled = true: what does not come in time is counted as dropped
# ahead: s that a time may lie in the future; spool_mib: disk for what is not yet in the lake
# kind: number, whole, switch, text    unit: a UCUM code    *_from: who says so
# No password belongs here: name a variable or a file (user_env, password_env, password_file).
# 本文件可直接修改，下次启动时生效；请勿写入密码，用 password_env 或 password_file 指明出处。
"""
_SECRET = ("password", "passwd", "token", "secret", "passphrase")
_KEPT = ("_env", "_file")


@dataclass(frozen=True, slots=True)
class Chosen:
    """A tag that is read: what the source offers, the column it goes to, and where unit and range come from."""

    point: Point
    column: str
    every: float = 0.0  # s between readings, as heard; 0 = nobody has heard
    unit_from: str = ""  # "source", "name", "person"; "" = there is none
    range_from: str = ""


@dataclass(frozen=True, slots=True)
class Connection:
    """One file in `connections/`."""

    name: str
    address: str
    chosen: tuple[Chosen, ...]
    layout: str = "long"
    every: float = 0.0
    polled: bool = False
    ahead: float = 60.0
    spool_mib: float = 2048.0
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def tags(self) -> tuple[str, ...]:
        """Names of the tags, in the order of the file."""
        return tuple(one.point.tag for one in self.chosen)

    @property
    def points(self) -> tuple[Point, ...]:
        """What the source offers, of these tags."""
        return tuple(one.point for one in self.chosen)


class _Tag(Strict, frozen=True):
    tag: _Text
    column: str = ""
    kind: Literal["number", "whole", "switch", "text"] = "number"
    unit: str = ""
    unit_from: str = ""
    low: float | None = None
    high: float | None = None
    range_from: str = ""
    every: _Least = 0.0
    asset: str = ""
    title: str = ""
    address: str = ""
    writable: bool = False


class _File(Strict, frozen=True):
    format: Literal[1]
    address: _Text
    tags: list[_Tag]
    layout: _Layout = "long"
    every: _Least = 0.0
    polled: bool = False
    ahead: _Least = 60.0
    spool_mib: Annotated[float, msgspec.Meta(gt=0)] = 2048.0
    options: dict[str, str | int | float | bool | list[str]] = msgspec.field(default_factory=dict)


def connection(ws: Workspace, name: str) -> Connection:
    """A connection as its file says.

    Raises:
        NotFound: there is no such file.
        DataError: it is not as it must be; names the field.
    """
    path = path_of(ws, name)
    if not path.is_file():
        known = connections(ws)
        raise NotFound(
            Text(f"there is no connection '{name}'", f"没有连接“{name}”"),
            at=str(path),
            fix=Text(
                f"choose one of: {', '.join(known)}" if known else f"make it: diapason connect ADDRESS --name {name}",
                f"可选：{'、'.join(known)}" if known else f"请新建：diapason connect 地址 --name {name}",
            ),
        )
    return _read(name, path)


def connections(ws: Workspace) -> tuple[str, ...]:
    """Names of all connections, in alphabetical order."""
    return tuple(sorted(path.stem for path in (ws.folder / "connections").glob("*.toml")))


def keep(ws: Workspace, made: Connection) -> Path:
    """Write the file.

    Raises:
        DataError: a secret would be written.
    """
    without_secrets(made.address, made.options)
    path = path_of(ws, made.name)
    write_whole(path, _written(made).encode())
    return path


def path_of(ws: Workspace, name: str) -> Path:
    """Where the file of a connection lies."""
    return ws.folder / "connections" / f"{proper(name, at='--name')}.toml"


def without_secrets(address: str, options: dict[str, Any]) -> None:
    """Raise DataError where a secret stands in an address or an option."""
    try:
        hidden = urlsplit(address).password is not None
    except ValueError:
        hidden = False
    found = [key for key in options if any(word in key.lower() for word in _SECRET) and not key.endswith(_KEPT)]
    if not hidden and not found:
        return
    where = found[0] if found else Text("the address", "地址").en
    raise DataError(
        Text("a secret would be written into a file", "机密会被写入文件"),
        at=where,
        fix=Text(
            "name a variable or a file: -o password_env=BOILER_PASSWORD or -o password_file=/run/secrets/boiler",
            "请改为指明变量或文件：-o password_env=BOILER_PASSWORD 或 -o password_file=/run/secrets/boiler",
        ),
    )


def _read(name: str, path: Path) -> Connection:
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, OSError) as error:
        raise DataError(
            Text(f"the file is not TOML: {error}", f"文件不是 TOML：{error}"),
            at=str(path),
            fix=Text("mend the line; or remove the file and connect again", "请修正该行；或删除文件后重新连接"),
        ) from error
    file = check(said, _File, at=str(path))
    without_secrets(file.address, file.options)
    chosen = tuple(_chosen(one) for one in file.tags)
    for what, names in (("tag", [c.point.tag for c in chosen]), ("column", _placed(file.layout, chosen))):
        if twice := _twice(names):
            raise DataError(
                Text(f"{what} '{twice}' stands twice", f"{'位号' if what == 'tag' else '列'}“{twice}”出现两次"),
                at=str(path),
                fix=Text("keep one of them, or give one another name", "请只保留一个，或改用其他名称"),
            )
    rest = (file.layout, float(file.every), file.polled, float(file.ahead), float(file.spool_mib))
    return Connection(name, file.address, chosen, *rest, options=dict(file.options))


def _chosen(said: _Tag) -> Chosen:
    low, high = (None if x is None else float(x) for x in (said.low, said.high))
    rest = (said.unit, low, high, said.writable, said.title, said.asset)
    point = Point(said.tag, said.address, Kind(said.kind), *rest)
    return Chosen(point, said.column or said.tag, float(said.every), said.unit_from, said.range_from)


def _placed(layout: str, chosen: tuple[Chosen, ...]) -> list[str]:
    """Places of a row that must be distinct."""
    if layout == "long":
        return []
    return [f"{c.point.asset}\0{c.column}" if layout == "assets" else c.column for c in chosen]


def _twice(names: list[str]) -> str:
    seen: set[str] = set()
    return next((n.rpartition("\0")[2] for n in names if n in seen or seen.add(n)), "")  # type: ignore[func-returns-value]


def _written(made: Connection) -> str:
    """The file: one line per tag; texts are quoted as TOML and JSON agree to."""
    top = {"format": 1, "address": made.address, "layout": made.layout, "every": made.every, "polled": made.polled}
    top |= {"ahead": made.ahead, "spool_mib": made.spool_mib}
    lines = [f"{key} = {_toml(value)}" for key, value in top.items()]
    tags = ["  { " + ", ".join(f"{k} = {_toml(v)}" for k, v in _line(c).items()) + " }," for c in made.chosen]
    options = [f"{_key(key)} = {_toml(value)}" for key, value in made.options.items()]
    body = [*lines, "tags = [", *tags, "]", *(["", "[options]", *options] if options else [])]
    return _HEAD.format(name=made.name) + "\n".join(body) + "\n"


def _line(one: Chosen) -> dict[str, Any]:
    point = one.point
    said: dict[str, Any] = {"tag": point.tag, "column": one.column, "kind": point.kind.value}
    rest = {"unit": point.unit, "unit_from": one.unit_from, "low": point.low, "high": point.high}
    rest |= {"range_from": one.range_from, "every": one.every or None, "asset": point.asset, "title": point.title}
    rest |= {"address": point.address, "writable": point.writable}
    return said | {
        key: value for key, value in rest.items() if value is not None and value is not False and value != ""
    }


def _key(key: str) -> str:
    return key if key.replace("_", "").replace("-", "").isalnum() and key.isascii() else json.dumps(key)


def _toml(value: Any) -> str:
    if isinstance(value, float) and value == int(value) and abs(value) < 1e15:
        return f"{value:.1f}"
    return json.dumps(value, ensure_ascii=False)
