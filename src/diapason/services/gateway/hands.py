"""The gateway's own hands: connections for writing, which nobody else opens; agents come with one for reading."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakSet

from diapason.ports.line import Line
from diapason.ports.workspace import Workspace
from diapason.services import connect
from diapason.services.gateway.envelopes import bound

__all__ = ["hand", "opened"]

_ours: "WeakSet[Line]" = WeakSet()
"""Open lines that the gateway itself has opened for writing."""


async def opened(ws: Workspace, name: str, *, writes: bool) -> Line:
    """Open a connection of the workspace, and remember it as ours if it may write; raises as `connect.opened`."""
    line = await connect.opened(ws, name, writes=writes)
    if writes:
        _ours.add(line)
    return line


@asynccontextmanager
async def hand(ws: Workspace, asset: str, line: Line) -> AsyncIterator[Line]:
    """What to write to an asset by: the line at hand where it is ours, or the workspace knows no connection for it.

    Raises:
        Missing, Refused, DataError: as `connect.opened`; nothing was sent.
    """
    found, _ = bound(ws, asset)
    if found is None or line in _ours or found.connection not in connect.connections(ws):
        yield line
        return
    own = await opened(ws, found.connection, writes=True)
    try:
        yield own
    finally:
        await own.close()
