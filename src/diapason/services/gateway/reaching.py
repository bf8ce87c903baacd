"""The gateway's own connections: opened for writing by nobody else, for a person's undo, a stop, and the watch."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from diapason.errors import DiapasonError, NotFound
from diapason.ports.line import Line
from diapason.ports.workspace import Workspace
from diapason.services.gateway import approving, hands, leading, recovering, stopping, story, watching
from diapason.services.gateway.beating import watched
from diapason.services.gateway.envelopes import bound, in_force
from diapason.vocabulary.language import Text

__all__ = ["approve_now", "fall_back_now", "reached", "recover_now", "undo_now", "watch"]


@asynccontextmanager
async def reached(ws: Workspace, names: Iterable[str], *, writes: bool = True) -> AsyncIterator[Mapping[str, Line]]:
    """Connections of the workspace by name, closed at the end.

    Raises:
        NotFound, Missing, Refused: as `connect.opened`.
    """
    found: dict[str, Line] = {}
    try:
        for name in dict.fromkeys(names):
            found[name] = await hands.opened(ws, name, writes=writes)
        yield found
    finally:
        for line in found.values():
            await line.close()


async def undo_now(ws: Workspace, key: str, *, because: str = "") -> dict[str, Any]:
    """Undo an action over a connection of our own; raises as `undo`."""
    action = story.find(ws, key)
    found, why = bound(ws, None if action is None else action.proposal.asset)
    if action is None or found is None:
        what = Text(f"there is no action '{key}'", f"没有动作“{key}”") if action is None else why
        raise NotFound(what, at=f"action:{key}", fix="diapason inbox")
    async with reached(ws, [found.connection]) as lines:
        done = await leading.undo(ws, key, lines[found.connection], because=because)
    return done.told


async def approve_now(ws: Workspace, key: str, *, seen: str = "", note: str = "") -> dict[str, Any]:
    """Sign an action and have it done by the process that tends the gateway; without one it waits for it.

    Returns:
        As `approving.approve`, with action (what became of it, None where it waits), watched (whether a process tends
        the gateway) and why (it waits).

    Raises:
        NotFound, Conflict, Refused: as `approving.approve`; nothing was signed.
    """
    made = approving.approve(ws, key, seen=seen, note=note)
    if watched(ws):
        return {**made, "action": story.await_end(ws, key), "watched": True, "why": ""}
    why = Text("no watch runs that does it and looks after it", "没有看护进程执行并照看")
    return {**made, "action": None, "watched": False, "why": why(ws.language)}


async def recover_now(ws: Workspace) -> list[dict[str, Any]]:
    """Tell what became of writes that were begun before a kill, over connections for reading; never writes."""
    wanted = [b for b in in_force(ws).values() if any(recovering.begun(ws, b.asset, tag) for tag in b.tags)]
    async with reached(ws, (b.connection for b in wanted), writes=False) as lines:
        return await recovering.recover(ws, lines)


async def fall_back_now(ws: Workspace, asset: str = "") -> list[dict[str, Any]]:
    """Lead tags of stopped assets to their fallback where their envelope says so, over connections of our own."""
    wanted = [b.connection for b in in_force(ws).values() if b.stop == "fallback" and asset in ("", b.asset)]
    if not wanted:
        return []
    async with reached(ws, wanted) as lines:
        return await stopping.fall_back(ws, lines, asset)


async def watch(
    ws: Workspace, *, every: float = 1.0, cycles: int = 0, told: Callable[[watching.Tended], None] = lambda _: None
) -> int:
    """Tend all assets until it is stopped: do what was approved, watch effects, lead back, notice silent agents.

    Args:
        every: s from cycle to cycle.
        cycles: how many, 0 = without end.
        told: is given what each cycle did.

    Returns:
        How many cycles there were.
    """
    count, lines = 0, dict[str, Line]()
    try:
        while not cycles or count < cycles:
            done = await watching.tend(ws, await _all(ws, lines))
            told(done)
            count += 1
            await asyncio.sleep(every if not cycles or count < cycles else 0)
    finally:
        for line in lines.values():
            await line.close()
    return count


async def _all(ws: Workspace, lines: dict[str, Line]) -> Mapping[str, Line]:
    """Every connection that an envelope names; one that can't be opened is tried again in the next cycle."""
    for name in {b.connection for b in in_force(ws).values()} - set(lines):
        try:
            lines[name] = await hands.opened(ws, name, writes=True)
        except DiapasonError as error:
            ws.progress(Text(f"{name} can't be reached", f"无法连接 {name}"), -1, error.said(ws.language)["what"])
    return lines
