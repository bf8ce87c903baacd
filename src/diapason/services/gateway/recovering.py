"""After a kill: every write that was begun and never read back is looked at, and told; nothing is written."""

from collections.abc import Mapping
from typing import Any

from diapason.ports.line import Line
from diapason.ports.workspace import Workspace
from diapason.services.gateway import story
from diapason.services.gateway.envelopes import Bound, in_force
from diapason.services.gateway.turns import at_tag
from diapason.services.gateway.writing import Outcome, compare, note_read_back
from diapason.vocabulary.acting import Envelope
from diapason.vocabulary.language import Text

__all__ = ["begun", "recover"]

_OPEN = ("writing", "unknown")


def begun(ws: Workspace, asset: str, tag: str) -> story.Action | None:
    """The newest write of a tag if nobody knows what became of it."""
    last = story.last_write(ws, asset, tag)
    action = story.find(ws, str(last["key"])) if last else None
    return action if action is not None and action.state in _OPEN else None


async def recover(ws: Workspace, lines: Mapping[str, Line]) -> list[dict[str, Any]]:
    """Tell what became of every write that was begun and never read back; never writes.

    Args:
        lines: open connections by the name that envelopes use; an asset whose connection is not here is left.

    Returns:
        One line for each: key, state, said, read.

    Raises:
        Conflict: the writer is alive and still at it.
    """
    found = []
    for bound in in_force(ws).values():
        line = lines.get(bound.connection)
        for tag, envelope in bound.tags.items():
            if line is not None and begun(ws, bound.asset, tag) is not None:
                told = await _looked(ws, bound, tag, envelope, line)
                found += [told] if told is not None else []
    return found


async def _looked(ws: Workspace, bound: Bound, tag: str, envelope: Envelope, line: Line) -> dict[str, Any] | None:
    async with at_tag(ws, bound.asset, tag):
        action = begun(ws, bound.asset, tag)
        if action is None:
            return None
        outcome = await compare(line, action.proposal, envelope)
        if outcome.state == "unknown" and action.state == "unknown":
            return None
        known = Outcome(_ended(outcome.state), _said(outcome), outcome.read)
        note_read_back(ws, action.proposal, known, recovered=True)
        return {
            "key": action.key,
            "state": known.state,
            "said": {"en": known.said.en, "zh": known.said.zh},
            "read": known.read,
        }


def _ended(state: str) -> str:
    """The line has the value before: whatever was sent, the write is not in force."""
    return "not written" if state == "no effect" else state


def _said(outcome: Outcome) -> Text:
    return Text(f"the writer ended in the middle; {outcome.said.en}", f"写入进程中途结束；{outcome.said.zh}")
