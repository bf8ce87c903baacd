"""The agent behind a proposal, as the registry has it today: in force, or nobody."""

import time
from dataclasses import dataclass

from diapason.errors import DiapasonError
from diapason.ports.workspace import Workspace
from diapason.services import agent
from diapason.vocabulary.acting import Manifest

__all__ = ["OURS", "manifest_of"]

OURS = frozenset(
    (
        *(
            "proposal",
            "verdict",
            "asked",
            "approval",
            "refusal",
            "by-hand",
            "write-intent",
            "written",
            "read-back",
            "effect",
        ),
        *("led-back", "stray", "stop", "hold", "mode", "autonomy", "shadow", "envelope"),
    )
)
"""Kinds of entries that change no registration."""
_LONGEST = 5.0
"""Seconds after which the registry is asked again in any case: days end."""


@dataclass(slots=True)
class _Known:
    manifest: Manifest | None
    seq: int  # of the ledger, up to which it holds
    asked: float  # monotonic


_known: dict[tuple[str, str], _Known] = {}


def manifest_of(ws: Workspace, name: object) -> Manifest | None:
    """The manifest in force under exactly this name; None where there is none, whatever the reason.

    The registry walks all that an agent stands on; it is asked again as soon as the ledger has an entry that could
    change its answer, and every few seconds.
    """
    if type(name) is not str or not name:
        return None
    place, now = (str(ws.folder), name), time.monotonic()
    known = _known.get(place)
    if known is None or now - known.asked > _LONGEST or not _same(ws, known):
        if len(_known) > 10_000:
            _known.clear()
        seq = ws.ledger.head()[0]
        known = _known[place] = _Known(_asked(ws, name), seq, now)
    return known.manifest


def _same(ws: Workspace, known: _Known) -> bool:
    for entry in ws.ledger.entries(after=known.seq):
        if entry.kind not in OURS:
            return False
        known.seq = entry.seq
    return True


def _asked(ws: Workspace, name: str) -> Manifest | None:
    try:
        found = agent.find(ws, name)
    except DiapasonError:
        return None
    return found if found.name == name else None
