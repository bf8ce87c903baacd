"""Stops are files: `stops/all`, `stops/ASSET`. Anybody can make one by hand; every writer looks right before."""

import json
import re
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from diapason.errors import Conflict, DiapasonError, NotFound
from diapason.ports.disk import guarded, write_whole
from diapason.ports.workspace import Workspace
from diapason.services.workspace import require
from diapason.vocabulary.language import Text
from diapason.vocabulary.names import file_name

__all__ = ["ALL", "noted", "pull", "release", "stop_file", "stopped", "stops"]

ALL = "all"
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_PATIENCE = 2.0  # s that a stop waits for the ledger; it holds without


def stop_file(folder: Path, asset: str = "") -> Path:
    """Where the stop of an asset, or of everything, lies."""
    if not asset or asset.casefold() == ALL:
        return folder / "stops" / (ALL if not asset else f"asset.{ALL}")
    return folder / "stops" / (asset if _PLAIN.fullmatch(asset) else file_name(asset))


def stops(folder: Path) -> tuple[str, ...]:
    """Names of all stop files; a folder that can't be read stops everything."""
    try:
        return tuple(sorted(p.name for p in (folder / "stops").iterdir() if not p.name.startswith(".")))
    except FileNotFoundError:
        return ()
    except OSError as error:
        return (f"{ALL} ({error.strerror})",)


def stopped(folder: Path, asset: object) -> tuple[str, ...]:
    """The stops that hold for an asset: `all`, its own, and any whose name is that of no asset with an envelope."""
    here = stops(folder)
    if not here:
        return ()
    mine = stop_file(folder, asset).name.casefold() if type(asset) is str and asset else ALL
    others = {path.stem.casefold() for path in (folder / "envelopes").glob("*.yaml")} - {mine}
    return tuple(name for name in here if name.casefold() not in others)


def pull(folder: Path, asset: str, person: str, because: str) -> Path:
    """Stop now: the file is there when this returns; neither ledger nor agent is asked."""
    path = stop_file(folder, asset)
    said = {"person": person, "because": because, "at": datetime.now(UTC).isoformat(timespec="milliseconds")}
    text = json.dumps(said, ensure_ascii=False).encode()
    try:
        write_whole(path, text)
    except Conflict:  # somebody clears the folder at this moment: once more, for a stop must not fail on that
        write_whole(path, text)
    return path


def noted(ws: Workspace, asset: str, what: str, because: str) -> bool:
    """Tell the ledger, for two seconds at most; a ledger that is held by another doesn't hold up a stop."""
    body = {"what": what, "asset": asset or ALL, "person": ws.person, "because": because}

    def tell() -> None:
        with suppress(DiapasonError):
            ws.ledger.append("stop", subject=f"stop:{asset or ALL}", body=body)
            done.set()

    done = threading.Event()
    threading.Thread(target=tell, daemon=True).start()
    return done.wait(_PATIENCE)


def release(ws: Workspace, asset: str = "", *, because: str) -> dict[str, Any]:
    """Let agents write again after a stop; for safety officers and approvers.

    Raises:
        Refused: who acts is neither.
        NotFound: there is no such stop.
    """
    require(ws, "safety", "approver")
    path = stop_file(ws.folder, asset)
    if not path.exists():
        here = ", ".join(stops(ws.folder))
        raise NotFound(
            Text(f"{asset or ALL} is not stopped", f"{asset or ALL} 未被停止"),
            at=str(path),
            fix=Text(f"stopped are: {here or 'none'}", f"已停止的有：{here or '无'}"),
        )
    ws.ledger.append(
        "stop",
        subject=f"stop:{asset or ALL}",
        body={"what": "release", "asset": asset or ALL, "person": ws.person, "because": because},
    )
    with guarded(path):
        path.unlink()
    return {"released": asset or ALL, "person": ws.person, "because": because, "left": list(stops(ws.folder))}
