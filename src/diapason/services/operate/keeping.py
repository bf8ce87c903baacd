"""State on disk: an agent goes on where it was, whatever ended its process."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from diapason.ports.disk import write_whole
from diapason.ports.workspace import Workspace
from diapason.services.operate.journal import DECIDED
from diapason.services.operate.squads import Squad
from diapason.vocabulary.line import TRUSTS

__all__ = ["keep", "kept", "taken_up"]

_FOLDER = "operate"
_FORM = 2
"""What the numbers of a state mean: 2 = windows over a life keep sums, 1 (not written down) = means."""


def kept(squad: Squad, seq: int) -> dict[str, Any]:
    """The state of a squad as arrays of its own, to be written by `keep`.

    Args:
        seq: of the last ledger entry whose decision is part of it.
    """
    named: dict[str, Any] = {f"crew|{n}": a for n, a in squad.crew.state().items()}
    named |= {f"ticks|{n}": a for n, a in squad.ticks.state().items()}
    about = [f"{m.name}@{m.version}" for m in squad.manifests]
    return named | {
        "names": np.array(about),
        "columns": np.array(squad.columns),
        "model": np.array(_model(squad)),
        "seq": np.array(seq),
        "form": np.array(_FORM),
    }


def keep(ws: Workspace, squad: Squad, named: Mapping[str, Any]) -> None:
    """Write a state, whole or not at all."""
    out = BytesIO()
    np.savez(out, allow_pickle=False, **named)
    path = _path(ws, squad)
    path.parent.mkdir(exist_ok=True)
    write_whole(path, out.getvalue())


def taken_up(ws: Workspace, squad: Squad) -> int:
    """Let agents go on where they were; gives how many had a state. A new version of an agent begins anew, and so
    do those with a model whose state is of another form.

    What was told after the state was written counts: an alarm that was told is not told again.
    """
    old = _read(_path(ws, squad))
    same = tuple(old.get("columns", ())) == squad.columns and str(old.get("model")) == _model(squad)
    same = same and (squad.model is None or int(old.get("form", 1)) == _FORM)
    known = {name: i for i, name in enumerate(old["names"].tolist())} if same else {}
    names = [f"{m.name}@{m.version}" for m in squad.manifests]
    mine = [i for i, name in enumerate(names) if name in known]
    theirs = [known[names[i]] for i in mine]
    if mine:
        for part, target in (("crew", squad.crew), ("ticks", squad.ticks)):
            target.restore(_merged(target.state(), old, part, mine, theirs))
    _told_since(ws, squad, int(old["seq"]) if mine else 0)
    return len(mine)


def _read(path: Path) -> dict[str, Any]:
    """The arrays of a state file; nothing where there is none, or half a one: begin anew rather than not at all."""
    try:
        with np.load(BytesIO(path.read_bytes()), allow_pickle=False) as read:
            return {name: read[name] for name in read.files}
    except (ValueError, OSError, EOFError, BadZipFile):
        return {}


def _merged(now: dict[str, Any], old: dict[str, Any], part: str, mine: Sequence[int], theirs: Sequence[int]) -> Any:
    """The state of new agents as it is, that of known ones as it was."""
    for name, array in now.items():
        was = old.get(f"{part}|{name}")
        if was is not None and was.shape[1:] == array.shape[1:]:
            array[mine] = was[theirs]
    return now


def _told_since(ws: Workspace, squad: Squad, seq: int) -> None:
    if ws.ledger.last(kind=DECIDED) is None:
        return
    for i, m in enumerate(squad.manifests):
        entry = ws.ledger.last(kind=DECIDED, subject=f"agent:{m.name}")
        mine = entry is not None and bool(entry.body["model"]) == (squad.model is not None)
        if entry is not None and mine and entry.seq > seq and entry.body["version"] == m.version:
            squad.crew.alarm[i] = bool(entry.body["alarm"])
            squad.crew.trust[i] = TRUSTS.index(str(entry.body["trust"]))


def _model(squad: Squad) -> str:
    return squad.model.digest if squad.model else "rules"


def _path(ws: Workspace, squad: Squad) -> Path:
    return ws.folder / _FOLDER / f"{squad.key}.npz"
