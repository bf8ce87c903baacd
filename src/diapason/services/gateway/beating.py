"""Signs of life: a file for each agent, and one for each connection that a watch tends; whoever is silent is gone."""

import os
from collections.abc import Iterable

from diapason.ports.disk import write_whole
from diapason.ports.workspace import Workspace
from diapason.services.gateway.roster import manifest_of
from diapason.vocabulary.names import file_name

__all__ = ["beat", "silent", "tends", "watched"]

_WATCH = "~gateway"
"""Under this name, which no agent can have, the watch itself says that it is alive."""
_LONGEST = 10.0
"""s without a sign of the watch after which nothing is written for an agent."""


def beat(ws: Workspace, agents: Iterable[str]) -> None:
    """Say that these agents' process is alive: one file for each, of its time alone."""
    folder = ws.folder / "beats"
    folder.mkdir(exist_ok=True)
    place = f"{folder}{os.sep}"
    for name in agents:
        try:
            os.utime(place + file_name(name))
        except FileNotFoundError:
            write_whole(folder / file_name(name), name.encode())


def tends(ws: Workspace, connections: Iterable[str]) -> None:
    """Say that a watch is alive and reaches these connections."""
    beat(ws, [_WATCH, *(f"{_WATCH}/{name}" for name in connections)])


def silent(ws: Workspace, agent: str, longest: float = 30.0) -> bool:
    """Whether an agent's process has not beaten for longer than so many seconds, or is not registered any more."""
    return manifest_of(ws, agent) is None or _older(ws, agent, longest)


def watched(ws: Workspace, connection: str = "", *, longest: float = _LONGEST) -> bool:
    """Whether a process tends the gateway right now, and, where a connection is named, reaches it."""
    return not _older(ws, f"{_WATCH}/{connection}" if connection else _WATCH, longest)


def _older(ws: Workspace, name: str, longest: float) -> bool:
    try:
        age = ws.clock().timestamp() - (ws.folder / "beats" / file_name(name)).stat().st_mtime
    except OSError:
        return True
    return not -5.0 <= age <= longest
