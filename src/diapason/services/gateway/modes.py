"""The workspace's own register of modes, for assets whose mode no tag tells."""

from typing import Any

from diapason.errors import DataError
from diapason.ports.workspace import Workspace
from diapason.services.gateway.sealed import opened, seal, signed_by
from diapason.services.workspace import require
from diapason.vocabulary.language import Text

__all__ = ["MODES", "mode_of", "set_mode"]

MODES = {
    "automatic": Text("automatic", "自动"),
    "manual": Text("manual", "手动"),
    "maintenance": Text("maintenance", "检修"),
    "locked": Text("locked out", "上锁挂牌"),
}
"""What an asset may be in; agents move it only in those that its envelope names."""
_MAY = ("operator", "safety", "approver")


def set_mode(ws: Workspace, asset: str, mode: str, *, because: str = "") -> dict[str, Any]:
    """Say the mode of an asset, signed.

    Raises:
        DataError: there is no such mode.
        Refused: who acts is neither operator, approver nor safety officer; a lock-out is ended by a safety officer.
    """
    if mode not in MODES:
        names = ", ".join(MODES)
        raise DataError(Text(f"no mode '{mode}'", f"没有方式“{mode}”"), at=asset, fix=Text(names, names))
    require(ws, *(("safety",) if mode_of(ws, asset) == "locked" and mode != "locked" else _MAY))
    seal(ws, "mode", f"mode:{asset}", {"asset": asset, "mode": mode, "because": because})
    return {"asset": asset, "mode": mode, "person": ws.person, "because": because}


def mode_of(ws: Workspace, asset: str) -> str:
    """The mode that was last said of an asset by somebody who may; "" = not known, which lets nobody move it."""
    for entry in reversed(list(ws.ledger.entries(kind="mode", subject=f"mode:{asset}"))):
        _, roles = signed_by(ws, entry, "mode")
        if set(roles) & set(_MAY):
            return str(opened(entry, "mode").get("mode", ""))
    return ""
