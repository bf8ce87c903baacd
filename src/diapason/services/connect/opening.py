"""Open a line by the scheme of its address, alone or as a connection file says."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from diapason.errors import DataError
from diapason.ports import find, names
from diapason.ports.line import Line, LineConnector
from diapason.ports.workspace import Workspace
from diapason.services.connect.file import connection
from diapason.vocabulary.language import Text

__all__ = ["identified", "line_of", "opened"]

_SESSION = ("mqtt", "mqtts")
"""Schemes whose servers keep what we missed under a name, of which only one may be on the line at a time."""
_FOLDER = ("opc.tcp",)
"""Schemes whose connectors keep keys and pinned certificates in a folder."""


async def opened(ws: Workspace, name: str, writes: bool = False, *, session: str = "") -> Line:
    """Open a connection of the workspace; whoever opens it closes it.

    Args:
        name: of the connection.
        writes: whether it may ever write; only the gateway says so.
        session: under which name a broker keeps what was missed meanwhile; "" = it keeps nothing. Two at the same time
            under one name push each other off the line.

    Raises:
        NotFound: there is no such connection.
        Missing: nobody answers, or the package for it is not installed.
        Refused: the other side refuses certificate, name or password.
        DataError: the file, the address or an option can't be.
    """
    said = connection(ws, name)
    options = dict(said.options)
    if _scheme(said.address) in _SESSION:
        client = str(options.pop("client", "")) or _client(ws, name)
        options |= {"client": f"{client}-{session}"} if session else {}
    return await line_of(said.address, options, place=_place(ws, name), writes=writes)


async def line_of(address: str, options: Mapping[str, Any], *, place: Path | None = None, writes: bool = False) -> Line:
    """Open a line to an address.

    Args:
        place: folder for keys and pinned certificates, where the protocol has such.

    Raises:
        DataError: no connector knows the scheme.
    """
    scheme = _scheme(address)
    if scheme not in names("connectors"):
        raise _unknown(address)
    connector: LineConnector = find("connectors", scheme)
    if not hasattr(connector, "open_line"):
        raise _unknown(address)
    if scheme in _FOLDER and place is not None:
        options = {"folder": str(place), **options}
    return await connector.open_line(address, options, writes=writes)


def identified(ws: Workspace, name: str, address: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Options with a name of our own where a broker needs one to keep what we missed."""
    if _scheme(address) in _SESSION and not options.get("client"):
        return {"client": _client(ws, name), **options}
    return dict(options)


def _client(ws: Workspace, name: str) -> str:
    plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in name)
    return f"diapason-{ws.signer.keyid[:8]}-{plain}"


def _place(ws: Workspace, name: str) -> Path:
    return ws.folder / "connections" / name


def _scheme(address: str) -> str:
    return address.partition("://")[0] if "://" in address else ""


def _unknown(address: str) -> DataError:
    live = [n for n in names("connectors") if n in ("opc.tcp", "mqtt", "mqtts", "modbus")]
    return DataError(
        Text("this is no address of a line that can be listened to", "这不是可监听的线路地址"),
        at=address[:120],
        fix=Text(
            "write opc.tcp://host:4840, mqtt://host:1883 or modbus://host:502; here: " + (", ".join(live) or "none"),
            "请写成 opc.tcp://主机:4840、mqtt://主机:1883 或 modbus://主机:502；已安装：" + ("、".join(live) or "无"),
        ),
    )
