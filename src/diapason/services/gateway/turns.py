"""One writer per tag at a time, on this machine, whatever process or thread it is in."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256

from diapason.errors import Conflict
from diapason.ports.disk import turn
from diapason.ports.workspace import Workspace
from diapason.services.gateway.wire import tag_subject

__all__ = ["at_tag"]

_LONGEST = 30.0  # s


@asynccontextmanager
async def at_tag(ws: Workspace, asset: object, tag: object, *, wait: float = _LONGEST) -> AsyncIterator[None]:
    """Hold the turn of a tag; it ends with its holder, even one that is killed.

    A few tags share one file, so that strange names can't fill the disk with locks.

    Raises:
        Conflict: somebody else kept it that long.
    """
    path = ws.folder / "turns" / f"{sha256(tag_subject(asset, tag).encode()).hexdigest()[:3]}.lock"
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
