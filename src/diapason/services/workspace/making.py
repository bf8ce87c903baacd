"""Make a workspace."""

import getpass
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from diapason.errors import Conflict, DataError
from diapason.ports.disk import guarded, settle, turn, write_whole
from diapason.services.workspace.layout import FORMAT, MARKER, PARTS, place, settings, settings_text, stores
from diapason.services.workspace.people import holder
from diapason.vocabulary.language import Text
from diapason.vocabulary.names import proper

__all__ = ["init"]

_FIRST = ("administrator", "trainer", "operator")
"""Roles of whoever makes the workspace; approving is for somebody else, until they say otherwise."""


def init(folder: Path, *, person: str = "") -> dict[str, Any]:
    """Make a workspace: an empty lake and vault, a ledger, a key, and its administrator.

    Everything is made aside and moved in, the file diapason.toml last: a kill leaves no half workspace, and the next
    call clears away what it did leave.

    Args:
        folder: made when absent; other files in it are left alone.
        person: the administrator; default the name of the computer's user.

    Returns:
        name, folder, person, keyid.

    Raises:
        Conflict: it is a workspace already, or has files that a workspace would need for itself.
        DataError: the folder's name or the person's cannot be a name.
    """
    target = place(folder)
    name, who = proper(target.name, at=str(target)), proper(person) if person else _login()
    with guarded(target):
        target.mkdir(parents=True, exist_ok=True)
    with turn(target / ".making.lock", wait=30):
        making = target / ".making"
        with guarded(target):
            _clear(target, making)
            making.mkdir()
            keyid = _filled(making, name, who)
            for part in [p for p in making.iterdir() if p.name != MARKER]:
                part.rename(target / part.name)
            settle(target)
            (making / MARKER).rename(target / MARKER)
            making.rmdir()
    (target / ".making.lock").unlink(missing_ok=True)
    return {"name": name, "folder": str(target), "person": who, "keyid": keyid}


def _clear(target: Path, making: Path) -> None:
    """Refuse a folder that is in use; remove what a killed call left."""
    if (target / MARKER).exists():
        raise Conflict(
            Text(f"{target.name} is already a workspace", f"{target.name} 已经是工作区"),
            at=str(target),
            fix=Text("go on in it: diapason status", "请直接使用：diapason status"),
        )
    there = [part for part in PARTS if (target / part).exists()]
    if there and not making.exists():
        raise Conflict(
            Text(f"the folder has its own {', '.join(there)}", f"文件夹中已有 {', '.join(there)}"),
            at=str(target),
            fix=Text("choose another folder, or move these away", "请另选文件夹，或先移走这些内容"),
        )
    for left in [making, *(target / part for part in there)]:
        shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)


def _filled(folder: Path, name: str, person: str) -> str:
    """All parts of a new workspace; returns the id of its key."""
    made = stores(folder)
    for part in ("lake", "vault", "contracts"):
        (folder / part).mkdir()
    own, theirs = made.keys.make("workspace"), made.keys.make(holder(person))
    body = {"name": name, "format": FORMAT, "keyid": own.keyid, "public": own.public.hex()}
    made.ledger.append("workspace", subject=name, body=body)
    body = {"person": person, "roles": list(_FIRST), "keyid": theirs.keyid, "public": theirs.public.hex(), "by": person}
    made.ledger.append("person", subject=f"person:{person}", body=body)
    made.ledger.close()
    said = {"format": FORMAT, "name": name, "person": person, "made": datetime.now(UTC).isoformat(timespec="seconds")}
    write_whole(folder / MARKER, settings_text(said | {"workers": {"threads": 2}}))
    settings(folder)
    return str(own.keyid)


def _login() -> str:
    """The name of the computer's user, where it has one that can be a name."""
    try:
        return proper(getpass.getuser())
    except (KeyError, OSError, ImportError, DataError):
        return "administrator"
