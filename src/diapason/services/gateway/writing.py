"""One write, once: intent in the ledger, a last look at the stops, the write, and what the line reads afterwards."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from diapason.errors import Conflict, DiapasonError
from diapason.ports.line import Line
from diapason.ports.workspace import Workspace
from diapason.services.gateway import halts, story
from diapason.services.gateway.hands import hand
from diapason.services.gateway.seen import now_of, read
from diapason.services.gateway.spending import overspent
from diapason.services.gateway.wire import tag_subject
from diapason.vocabulary.acting import Envelope, Proposal
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Seen

__all__ = ["Outcome", "compare", "note", "note_read_back", "write_once"]

_OLDEST = 10.0
"""Seconds after the last look at the line for which a verdict holds; a ledger that was busy longer ends the write."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the line read after a write."""

    state: str  # "written", "no effect", "differs", "unknown", "not written"
    said: Text
    read: float | None = None


def note(ws: Workspace, kind: str, p: Proposal, body: Mapping[str, Any]) -> int:
    """One more entry in the story of an action; gives its number."""
    return ws.ledger.append(kind, run=story.run_of(p.key), subject=tag_subject(p.asset, p.tag), body=body).seq


async def write_once(  # roomy: a write has that many sides
    ws: Workspace, p: Proposal, line: Line, envelope: Envelope, *, judged: float, binding: str = "", heeds: bool = True
) -> Outcome:
    """Write exactly once; every way out leaves a read-back in the ledger, but for a kill, which `recover` finds.

    Args:
        judged: `time.monotonic()` before the line was read for the verdict.
        heeds: a stop ends it; False only for what a person or a stop itself leads back.
    """
    async with AsyncExitStack() as held:
        try:
            own = await held.enter_async_context(hand(ws, p.asset, line))
        except DiapasonError as error:
            return _ended(ws, p, Outcome("not written", Text(error.said("en")["what"], error.said("zh")["what"])))
        seq = note(ws, "write-intent", p, _intent(ws, p, binding))
        why = _void(ws, p, judged, heeds=heeds) or overspent(ws, p, seq, now_of(ws))
        if why is not None:
            return _ended(ws, p, Outcome("not written", why))
        return await _written(ws, p, own, envelope)


def _void(ws: Workspace, p: Proposal, judged: float, *, heeds: bool) -> Text | None:
    """Why a verdict holds no more at the last moment; None if it does."""
    halted = halts.stopped(ws.folder, p.asset) if heeds else ()
    if halted:
        return Text("stopped: " + ", ".join(halted), "已停止：" + "、".join(halted))
    if time.monotonic() - judged > _OLDEST or now_of(ws) >= p.expires:
        return Text("the verdict was too old by then", "判定已过时")
    return None


async def _written(ws: Workspace, p: Proposal, line: Line, envelope: Envelope) -> Outcome:
    """The one write, and what was read back."""
    try:
        await line.write(p.tag, float(p.new), p.unit)
    except Conflict as error:
        note(ws, "written", p, {"sent": "unknown", "why": error.said("en")["what"]})
    except DiapasonError as error:
        why = Text(error.said("en")["what"], error.said("zh")["what"])
        return _ended(ws, p, Outcome("not written", why))
    except Exception as error:  # noqa: BLE001  # a connector's defect: whether it arrived the line will tell
        note(ws, "written", p, {"sent": "unknown", "why": type(error).__name__})
    else:
        note(ws, "written", p, {"sent": "yes", "why": ""})
    return _ended(ws, p, await _settled(line, p, envelope))


def _intent(ws: Workspace, p: Proposal, binding: str) -> dict[str, Any]:
    now = now_of(ws)
    before = story.recent(ws, p.asset, p.tag, now)
    rows = [[d.key, d.agent, d.at, d.old, d.new] for d in before]
    own = [p.key, p.agent, now, float(p.old), float(p.new)]
    named = {"key": p.key, "agent": p.agent, "asset": p.asset, "tag": p.tag, "unit": p.unit, "binding": binding}
    return {**named, "at": now, "old": float(p.old), "new": float(p.new), "recent": [*rows, own]}


def _ended(ws: Workspace, p: Proposal, outcome: Outcome) -> Outcome:
    note_read_back(ws, p, outcome)
    return outcome


def note_read_back(ws: Workspace, p: Proposal, outcome: Outcome, *, recovered: bool = False) -> None:
    """Keep what was read back."""
    said = {"en": outcome.said.en, "zh": outcome.said.zh}
    note(ws, "read-back", p, {"state": outcome.state, "said": said, "read": outcome.read, "recovered": recovered})


async def _settled(line: Line, p: Proposal, envelope: Envelope) -> Outcome:
    """What the line reads, as soon as it is the new value, at the latest when the envelope's time is over."""
    until = time.monotonic() + envelope.settle
    while True:
        outcome = await compare(line, p, envelope)
        if outcome.state == "written" or time.monotonic() >= until:
            return outcome
        await asyncio.sleep(min(0.05, envelope.settle / 10))


async def compare(line: Line, p: Proposal, envelope: Envelope) -> Outcome:
    """Read the tag and say what became of a write."""
    looks = (await read(line, (p.tag,))).looks
    look = looks.get(p.tag)
    if look is None or look.trust is not Seen.GOOD or look.value != look.value:
        return Outcome("unknown", Text(f"{p.tag} can't be read back", f"{p.tag} 无法回读"))
    close = max(envelope.near, 1e-9 * max(1.0, abs(p.new)))
    shown = Text(f"{p.tag} reads {look.value:g} {p.unit}", f"{p.tag} 回读 {look.value:g} {p.unit}")
    if abs(look.value - p.new) <= close:
        return Outcome("written", shown, look.value)
    if abs(look.value - p.old) <= close:
        return Outcome("no effect", Text(f"{shown.en}, as before", f"{shown.zh}，未变"), look.value)
    return Outcome("differs", Text(f"{shown.en}, not {p.new:g}", f"{shown.zh}，而非 {p.new:g}"), look.value)
