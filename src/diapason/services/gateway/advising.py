"""Advice (A2) that a person follows by hand: what they set is read from the line, and the ledger has it."""

from typing import Any

from diapason.errors import Conflict, DiapasonError, NotFound, Refused
from diapason.ports.line import Line
from diapason.ports.workspace import Workspace
from diapason.services.gateway import approving, story
from diapason.services.gateway.envelopes import bound
from diapason.services.gateway.hands import opened
from diapason.services.gateway.wire import tag_subject
from diapason.services.gateway.words import number
from diapason.services.gateway.writing import compare
from diapason.services.workspace import require
from diapason.vocabulary.acting import Proposal
from diapason.vocabulary.language import Text

__all__ = ["follow", "follow_now"]


async def follow(ws: Workspace, key: str, line: Line | None, *, note: str = "") -> story.Action:
    """Say that an advice was followed: who acts has set the tag by hand. Nothing is written to the line.

    Args:
        line: to read the tag by; None = it is taken at their word, and the ledger says so.

    Raises:
        NotFound: there is no such action.
        Conflict: it is no advice that still holds.
        Refused: who acts may not move equipment, or the tag reads another value.
    """
    require(ws, *approving.MAY)
    action = approving.asked(ws, key)
    p = action.proposal
    if action.state != "recommended":
        raise Conflict(
            Text(f"{key} is no advice: the gateway writes it once it is approved", f"{key} 并非建议：批准后由网关写入"),
            at=f"action:{key}",
            fix=Text(f"diapason approve action:{key}", f"diapason approve action:{key}"),
        )
    read = None if line is None else await _read(ws, p, line)
    body = {"person": ws.person, "note": note, "digest": action.digest, "read": read}
    ws.ledger.append("by-hand", run=story.run_of(key), subject=tag_subject(p.asset, p.tag), body=body)
    return story.find(ws, key) or action


async def follow_now(ws: Workspace, key: str, *, note: str = "") -> dict[str, Any]:
    """As `follow`, over a connection of our own for reading; where none can be had, their word counts.

    Returns:
        The action as `Action.told`, with why (it could not be read, "" if it was).
    """
    action = story.find(ws, key)
    found, _ = bound(ws, None if action is None else action.proposal.asset)
    try:
        line = None if found is None else await opened(ws, found.connection, writes=False)
    except DiapasonError as error:
        return {**(await follow(ws, key, None, note=note)).told, "why": error.said(ws.language)["what"]}
    try:
        done = await follow(ws, key, line, note=note)
    finally:
        if line is not None:
            await line.close()
    return {**done.told, "why": ""}


async def _read(ws: Workspace, p: Proposal, line: Line) -> float | None:
    """The value that the tag has now, if it is the one that was advised; None where it can't be read."""
    found, why = bound(ws, p.asset)
    if found is None or p.tag not in found.tags:
        raise NotFound(why, at=f"{p.asset} {p.tag}", fix=Text("sign the envelope again", "请重新签署安全包络"))
    outcome = await compare(line, p, found.tags[p.tag])
    if outcome.state in ("no effect", "differs"):
        raise Refused(
            Text(f"it is not set yet: {outcome.said.en}", f"尚未设定：{outcome.said.zh}"),
            at=f"action:{p.key}",
            fix=Text(
                f'set {p.tag} to {number(p.new)} {p.unit} first, or: diapason refuse action:{p.key} --because "…"',
                f'请先将 {p.tag} 设为 {number(p.new)} {p.unit}，或：diapason refuse action:{p.key} --because "…"',
            ),
        )
    return outcome.read
