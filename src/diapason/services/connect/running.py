"""The story of a connection: open, browse, choose, listen, propose, keep a file; or show and test one."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from diapason.errors import Conflict, DataError, NotFound
from diapason.ports.workspace import Workspace
from diapason.services.connect.browsing import Wish, browsed, choose
from diapason.services.connect.file import (
    LAYOUTS,
    Chosen,
    Connection,
    connection,
    connections,
    keep,
    path_of,
    without_secrets,
)
from diapason.services.connect.listening import Heard, heard
from diapason.services.connect.opening import identified, line_of, opened
from diapason.services.connect.proposing import chosen, guesses, layout
from diapason.vocabulary.language import Text
from diapason.vocabulary.names import proper
from diapason.vocabulary.wire import plain

__all__ = ["connect", "listed", "show"]

_FILES = ("map", "ca", "certificate", "key", "folder")
LISTEN = 5.0
"""Seconds that are listened before anything is proposed."""


async def connect(  # roomy: what a person may say about a connection, one argument each
    ws: Workspace,
    address: str,
    *,
    name: str,
    wish: Wish | None = None,
    seconds: float = LISTEN,
    how: str = "",
    options: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Look at a line, choose tags, and keep what is to be read as `connections/NAME.toml`.

    Args:
        address: of the source: `opc.tcp://host:4840`, `mqtt://host:1883`, `modbus://host:502`.
        name: of the connection.
        wish: which tags; default all, if they are few.
        seconds: to listen before proposing.
        how: "wide", "assets" or "long" rows; default what fits.
        options: of the connector; never a secret.

    Returns:
        name, file, address, offered (tags of the source), whole (were all of them seen?), tags, layout, every, heard,
        silent, clocks, guesses, state.

    Raises:
        DataError: address or an option can't be, or more tags fit than are taken unasked.
        NotFound: no tag fits.
        Missing: nobody answers.
        Refused: the other side refuses us.
        Conflict: there is a connection of that name; a person may have edited it.
    """
    name, wish, said = proper(name, at="--name"), wish or Wish(), dict(options or {})
    without_secrets(address, said)
    if path_of(ws, name).exists():
        raise _there(ws, name)
    if how and how not in LAYOUTS:
        raise DataError(Text(f"there is no layout '{how}'", f"没有布局“{how}”"), at="--layout", fix=", ".join(LAYOUTS))
    said = identified(ws, name, address, _absolute(said))
    first = {key: value for key, value in said.items() if key != "client"}
    ws.progress(Text("Connecting to", "正在连接"), -1, address)
    line = await line_of(address, first, place=path_of(ws, name).with_suffix(""))
    try:
        found = await browsed(line, wish, lambda n: ws.progress(Text("Browsing: tags", "正在浏览位号"), -1, f"{n:,}"))
        points = choose(found, wish, address)
        ws.progress(Text("Listening to", "正在监听"), -1, f"{len(points):,}")
        listened = await heard(line, [p.tag for p in points], seconds)
    finally:
        await line.close()
    how = how or layout(points, listened)
    every = listened.every
    polled = address.startswith("modbus") and not listened.numbered
    made = Connection(name, address, chosen(points, listened, how), how, every, polled, options=said)
    facts = {"file": str(keep(ws, made)), "offered": found.seen, "whole": not found.cut}
    return _told(made, listened) | facts


async def show(ws: Workspace, name: str, *, seconds: float = LISTEN) -> dict[str, Any]:
    """A connection as it is kept, tried out: does it answer, which tags are silent or gone, how far is its clock off.

    Raises:
        NotFound: there is no such connection.
        DataError: its file is not as it must be.
        Missing: nobody answers.
        Refused: the other side refuses us.
    """
    said = connection(ws, name)
    line = await opened(ws, name)
    try:
        listened = await heard(line, said.tags, seconds)
        absent = await _absent(line, [tag for tag in said.tags if tag not in listened.tags])
        state = plain(line.state())
    finally:
        await line.close()
    return _told(said, listened) | {"file": str(path_of(ws, name)), "absent": absent, "state": state}


def listed(ws: Workspace) -> list[dict[str, Any]]:
    """All connections: name, address, tags."""
    found = [connection(ws, name) for name in connections(ws)]
    return [{"name": c.name, "address": c.address, "tags": len(c.chosen), "layout": c.layout} for c in found]


def _there(ws: Workspace, name: str) -> Conflict:
    return Conflict(
        Text(f"there is a connection '{name}' already", f"已有连接“{name}”"),
        at=str(path_of(ws, name)),
        fix=Text(
            f"edit the file and try it: diapason connect {name}; to begin anew, remove it or take another name",
            f"请修改该文件并测试：diapason connect {name}；如需重建，请删除文件或另取名称",
        ),
    )


def _absolute(options: Mapping[str, Any]) -> dict[str, Any]:
    """Files by their whole path: the workspace may be opened from anywhere."""
    files = [key for key, value in options.items() if key in _FILES or key.endswith("_file")]
    return {k: str(Path(str(v)).expanduser().resolve()) if k in files else v for k, v in options.items()}


async def _absent(line: Any, silent: list[str], most: int = 50) -> list[str]:
    """Silent tags that the source does not know any more; the first of them are asked for."""
    gone = []
    for tag in silent[:most]:
        try:
            await line.read([tag])
        except NotFound:
            gone.append(tag)
    return gone


def _told(made: Connection, found: Heard) -> dict[str, Any]:
    return {
        "name": made.name,
        "address": made.address,
        "layout": made.layout,
        "every": made.every,
        "polled": made.polled,
        "tags": [_tag(one, found) for one in made.chosen],
        "heard": {"seconds": found.seconds, "packets": found.packets, "readings": found.readings},
        "silent": [tag for tag in made.tags if tag not in found.tags],
        "clocks": dict(found.offsets()),
        "guesses": guesses(made, found),
    }


def _tag(one: Chosen, found: Heard) -> dict[str, Any]:
    tag = found.tags.get(one.point.tag)
    seen = [tag.low, tag.high] if tag is not None and tag.high >= tag.low else None
    rest = {"column": one.column, "every": one.every, "unit_from": one.unit_from, "range_from": one.range_from}
    return plain(one.point) | rest | {"seen": seen}  # type: ignore[no-any-return]
