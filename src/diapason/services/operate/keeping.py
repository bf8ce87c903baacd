"""State on disk: an agent goes on where it was, whatever ended its process."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from diapason.ports.disk import write_whole
from diapason.ports.workspace import Workspace
from diapason.services.operate.journal import DECIDED
from diapason.services.operate.squads import Squad

__all__ = ["keep", "taken_up"]

_FOLDER = "operate"


def keep(ws: Workspace, squad: Squad) -> None:
    """Write the state of a squad, whole or not at all."""
    named: dict[str, Any] = {f"crew|{n}": a for n, a in squad.crew.state().items()}
    named |= {f"ticks|{n}": a for n, a in squad.ticks.state().items()}
    about = [f"{m.name}@{m.version}" for m in squad.manifests]
    named |= {"names": np.array(about), "columns": np.array(squad.columns), "model": np.array(_model(squad))}
    out = BytesIO()
    np.savez(out, allow_pickle=False, seq=np.array(ws.ledger.head()[0]), **named)
    path = _path(ws, squad)
    path.parent.mkdir(exist_ok=True)
    write_whole(path, out.getvalue())


def taken_up(ws: Workspace, squad: Squad) -> int:
    """Let agents go on where they were; gives how many had a state. A new version of an agent begins anew.

    What was told after the state was written counts: an alarm that was told is not told again.
    """
    path = _path(ws, squad)
    if not path.exists():
        return 0
    try:
        with np.load(BytesIO(path.read_bytes()), allow_pickle=False) as read:
            kept = {name: read[name] for name in read.files}
    except (ValueError, OSError, EOFError):  # half a disk: begin anew rather than not at all
        return 0
    if tuple(kept["columns"]) != squad.columns or str(kept["model"]) != _model(squad):
        return 0
    known = {name: i for i, name in enumerate(kept["names"].tolist())}
    names = [f"{m.name}@{m.version}" for m in squad.manifests]
    mine = [i for i, name in enumerate(names) if name in known]
    if not mine:
        return 0
    theirs = [known[names[i]] for i in mine]
    for part, target in (("crew", squad.crew), ("ticks", squad.ticks)):
        target.restore(_merged(target.state(), kept, part, mine, theirs))
    _told_since(ws, squad, int(kept["seq"]))
    return len(mine)


def _merged(now: dict[str, Any], kept: dict[str, Any], part: str, mine: Sequence[int], theirs: Sequence[int]) -> Any:
    """The state of new agents as it is, that of known ones as it was."""
    for name, array in now.items():
        old = kept.get(f"{part}|{name}")
        if old is not None and old.shape[1:] == array.shape[1:]:
            array[mine] = old[theirs]
    return now


def _told_since(ws: Workspace, squad: Squad, seq: int) -> None:
    place = {m.name: i for i, m in enumerate(squad.manifests)}
    for entry in ws.ledger.entries(kind=DECIDED, after=seq):
        agent = place.get(str(entry.body.get("agent")))
        if agent is not None and entry.body["what"] in ("alarm", "clear"):
            squad.crew.alarm[agent] = entry.body["what"] == "alarm"


def _model(squad: Squad) -> str:
    return squad.model.digest if squad.model else "rules"


def _path(ws: Workspace, squad: Squad) -> Path:
    return ws.folder / _FOLDER / f"{squad.key}.npz"
