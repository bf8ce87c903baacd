"""How a recording stands, seen from outside: the account, what waits, and whether somebody records."""

import time
from contextlib import suppress
from typing import Any

from diapason.engines.intake import Intake
from diapason.errors import BrokenEvidence, Conflict, DiapasonError, NotFound
from diapason.ports.disk import turn
from diapason.ports.spool import Spool
from diapason.ports.workspace import Workspace
from diapason.services.ingest import QUARANTINE
from diapason.services.record.accounts import account
from diapason.services.record.keeping import folder_of, kept_target, recordings, restored, spool_of
from diapason.services.record.position import committed
from diapason.services.record.target import Target
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import VersionRef

__all__ = ["brief", "view"]


def view(ws: Workspace, name: str) -> dict[str, Any]:
    """The account of a connection up to this moment, read beside whoever records.

    Returns:
        connection, dataset, layout, running, waiting (records not in the lake), spool_bytes, version, rows, at,
        quarantine (rows), and the account.

    Raises:
        NotFound: it was never recorded.
    """
    target = kept_target(ws, name)
    if target is None:
        known = ", ".join(recordings(ws))
        raise NotFound(
            Text(f"'{name}' was never recorded", f"“{name}”从未录制"),
            at="record --status",
            fix=Text(
                f"recorded are: {known}" if known else f"diapason record {name} --to {name}-history",
                f"已录制：{known}" if known else f"diapason record {name} --to {name}-history",
            ),
        )
    spool, intake, last = _beside(ws, name, target)
    position = committed(ws, target.dataset, spool.id)
    versions = ws.lake.versions(target.dataset)
    beside = ws.lake.versions(target.dataset + QUARANTINE)
    return {
        "connection": name,
        "dataset": target.dataset,
        "layout": target.layout,
        "running": _running(ws, name),
        "waiting": max(last - max(position.low, target.since), 0),
        "spool_bytes": spool.size,
        "version": str(versions[-1].ref) if versions else "",
        "rows": versions[-1].rows if versions else 0,
        "at": versions[-1].at if versions else "",
        "quarantine": ws.lake.version(VersionRef(target.dataset + QUARANTINE)).rows if beside else 0,
        "account": account(intake),
    }


def brief(ws: Workspace) -> list[dict[str, Any]]:
    """One line for each recording: the totals, not the tags."""
    found = []
    for name in recordings(ws):
        try:
            said = view(ws, name)
        except DiapasonError as error:
            found.append({"connection": name, "error": str(error.what)})
            continue
        keys = ("connection", "dataset", "running", "waiting", "version", "rows", "at")
        found.append({key: said[key] for key in keys} | {"totals": said["account"]["totals"]})
    return found


def _beside(ws: Workspace, name: str, target: Target) -> tuple[Spool, Intake, int]:
    """The account, read while somebody may write: what was moved and let go meanwhile is read again."""
    for _ in range(5):
        with suppress(BrokenEvidence, FileNotFoundError):
            spool = spool_of(ws, name, reading=True)
            return spool, *restored(ws, name, target, spool)
        time.sleep(0.1)
    spool = spool_of(ws, name, reading=True)
    return spool, *restored(ws, name, target, spool)


def _running(ws: Workspace, name: str) -> bool:
    try:
        with turn(folder_of(ws, name).with_suffix(".lock"), wait=0):
            return False
    except Conflict:
        return True
