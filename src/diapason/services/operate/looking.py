"""What a fleet said of itself last, and the decisions in the ledger."""

import json
import time
from pathlib import Path
from typing import Any

from diapason.ports.disk import write_whole
from diapason.ports.workspace import Workspace
from diapason.services import agent
from diapason.services.operate.foreseeing import outlook
from diapason.services.operate.journal import DECIDED

__all__ = ["FRESH", "note", "status"]

FRESH = 15.0
"""s after which a fleet that says nothing is held to have ended."""


def note(ws: Workspace, facts: dict[str, Any]) -> None:
    """Leave the present state for `status`."""
    path = _path(ws)
    path.parent.mkdir(exist_ok=True)
    write_whole(path, json.dumps(facts, ensure_ascii=False, default=str).encode())


def status(ws: Workspace, name: str = "", *, last: int = 10) -> dict[str, Any]:
    """What runs, and what was decided last.

    Args:
        name: decisions of this agent only.

    Returns:
        fleet (as `seen` gives it; None = none was seen), age (s), decisions (newest last), outlook (what was foreseen
        last, of this agent or all) and outlook_age (s; None = nothing was).

    Raises:
        NotFound: nobody registered an agent of that name.
    """
    if name:
        agent.registered(ws, name)
    path = _path(ws)
    fleet = json.loads(path.read_text("utf-8")) if path.exists() else None
    subject = f"agent:{name.partition('@')[0]}" if name else None
    entries = list(ws.ledger.entries(kind=DECIDED, subject=subject))[-last:]
    decisions = [dict(e.body) | {"seq": e.seq} for e in entries]
    ahead = outlook(ws, name)
    said = {"fleet": fleet, "age": None if fleet is None else time.time() - fleet["at"], "decisions": decisions}
    return said | {"outlook": ahead["outlook"], "outlook_age": ahead["age"]}


def _path(ws: Workspace) -> Path:
    return ws.folder / "operate" / "status.json"
