"""One writer per tag at a time, on this machine, whatever process or thread it is in."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from diapason.errors import Conflict
from diapason.ports.disk import turn
from diapason.ports.workspace import Workspace
from diapason.services.gateway.wire import tag_subject
from diapason.vocabulary.names import file_name

__all__ = ["at_tag"]

_LONGEST = 30.0  # s


@asynccontextmanager
async def at_tag(ws: Workspace, asset: object, tag: object, *, wait: float = _LONGEST) -> AsyncIterator[None]:
    """Hold the turn of a tag; it ends with its holder, even one that is killed.

    Raises:
        Conflict: somebody else kept it that long.
    """
    path = ws.folder / "turns" / f"{file_name(tag_subject(asset, tag))}.lock"
    until = time.monotonic() + wait
    while True:
        held = turn(path, wait=0)
        try:
            held.__enter__()
            break
        except Conflict:
            if time.monotonic() >= until:
                raise
        await asyncio.sleep(0.01)
    try:
        yield
    finally:
        held.__exit__(None, None, None)
