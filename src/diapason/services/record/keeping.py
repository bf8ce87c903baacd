"""What is kept of a recording beside its spool: the target, and the account up to a record."""

from pathlib import Path
from typing import Any

import msgspec

from diapason.engines.intake import Intake, Known
from diapason.errors import BrokenEvidence
from diapason.ports import find
from diapason.ports.disk import write_whole
from diapason.ports.spool import Spool
from diapason.ports.workspace import Workspace
from diapason.services.record.target import Target
from diapason.services.record.wire import unpacked
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Kind
from diapason.vocabulary.names import file_name

__all__ = ["folder_of", "keep_state", "keep_target", "kept_target", "recordings", "restored", "spool_of"]


def folder_of(ws: Workspace, name: str) -> Path:
    """Where the spool of a connection lies."""
    return ws.folder / "spool" / file_name(name)


def recordings(ws: Workspace) -> tuple[str, ...]:
    """Names of connections that were ever recorded."""
    found = [path.parent / "name" for path in (ws.folder / "spool").glob("*/target")]
    return tuple(sorted(path.read_text(encoding="utf-8") for path in found if path.is_file()))


def spool_of(ws: Workspace, name: str, mib: float = 2048.0, *, reading: bool = False) -> Spool:
    """The spool of a connection."""
    made: Spool = find("stores", "spool")(folder_of(ws, name), limit=int(mib * 2**20), reading=reading)
    return made


def kept_target(ws: Workspace, name: str) -> Target | None:
    """Where the recording went last, None if there was none."""
    path = folder_of(ws, name) / "target"
    return msgspec.json.decode(path.read_bytes(), type=Target) if path.is_file() else None


def keep_target(ws: Workspace, name: str, target: Target) -> None:
    """Write it, before any record counts on it."""
    write_whole(folder_of(ws, name) / "name", name.encode())
    write_whole(folder_of(ws, name) / "target", msgspec.json.encode(target))


def keep_state(ws: Workspace, name: str, number: int, state: dict[str, Any]) -> None:
    """Write the account as it is after a record; the spool may then let go of what is in the lake."""
    write_whole(folder_of(ws, name) / "state", msgspec.msgpack.encode([number, state]))


def restored(
    ws: Workspace, name: str, target: Target, spool: Spool, *, ahead: float = 60.0, known: Known | None = None
) -> tuple[Intake, int]:
    """The account after the last record of the spool: the state that was kept, and the records since.

    Returns:
        The account, and the number of the last record that it holds.

    Raises:
        BrokenEvidence: records between the state and the spool are gone.
    """
    polled = [int(tag.every * 1e6) for tag in target.tags]
    intake = Intake(
        [tag.tag for tag in target.tags],
        [Kind(tag.kind) for tag in target.tags],
        ahead=int(ahead * 1e6),
        every=polled,
        known=known,
    )
    number = 0
    path = folder_of(ws, name) / "state"
    if path.is_file():
        number, state = msgspec.msgpack.decode(path.read_bytes())
        intake.restore(state)
    for now, payload in spool.records(after=number):
        if now != number + 1:
            raise _gap(path, number + 1)
        intake.take(unpacked(payload, intake))
        number = now
    return intake, number


def _gap(path: Path, number: int) -> BrokenEvidence:
    return BrokenEvidence(
        Text(f"record {number} of the spool is gone", f"缓存第 {number} 条记录丢失"),
        at=str(path.parent),
        fix=Text(
            "move the folder away: recording then begins a new spool and account",
            "请将该文件夹移走：录制会另起新缓存与账目",
        ),
    )
