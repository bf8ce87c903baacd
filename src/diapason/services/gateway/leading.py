"""Lead a tag back: after a miss to the value before, for a person by undo, to its fallback when an agent is silent."""

from dataclasses import replace

from diapason.engines.safety import OPERATOR, judge
from diapason.errors import NotFound, Refused
from diapason.ports.line import Line
from diapason.ports.workspace import Workspace
from diapason.services.gateway import halts, ladder, story
from diapason.services.gateway.approving import MAY
from diapason.services.gateway.envelopes import bound
from diapason.services.gateway.seen import gather, now_of
from diapason.services.gateway.turns import at_tag
from diapason.services.gateway.wire import digest_of, told
from diapason.services.gateway.writing import Outcome, compare, note, write_once
from diapason.services.workspace import require
from diapason.vocabulary.acting import Envelope, Proposal
from diapason.vocabulary.language import Text

__all__ = ["back", "fall", "roll_back", "undo"]

_SOON = 60_000_000
"""Microseconds for which the gateway's own writes may wait."""


async def undo(ws: Workspace, key: str, line: Line, *, because: str = "") -> story.Action:
    """Lead a tag back to the value before an action, by a person; also while the asset is stopped.

    Raises:
        Refused: who acts may not; the action is not in force; somebody has moved the tag since; or the list says no.
        NotFound: there is no such action.
        Conflict: another writer keeps the tag.
    """
    require(ws, *MAY)
    action = _known(ws, key)
    p = action.proposal
    async with at_tag(ws, p.asset, p.tag):
        action = _known(ws, key)
        if action.state not in ("written", "unknown"):
            raise Refused(
                Text(f"{key} is not in force: {action.state}", f"{key} 未生效：{action.state}"),
                at=f"action:{key}",
                fix=Text("see: diapason inbox", "请查看：diapason inbox"),
            )
        envelope = _envelope(ws, p)
        now = await compare(line, p, envelope)
        if now.state != "written":
            raise Refused(
                Text(f"somebody has moved it since: {now.said.en}", f"此后有人改动过：{now.said.zh}"),
                at=f"action:{key}",
                fix=Text("set it by hand, knowing why", "请查明原因后手动设定"),
            )
        why = Text(f"{ws.person}: {because}", f"{ws.person}：{because}")
        done = await _led(ws, action, line, envelope, story.UNDO, float(p.old), why, heeds=False)
        if done.state != "written":
            raise Refused(
                Text(f"{key} could not be undone: {done.said.en}", f"{key} 未能撤销：{done.said.zh}"),
                at=f"action:{key}",
                fix=Text("stop the asset and set it by hand", "请停止该资产并手动设定"),
            )
        _closed(
            ws, action, "undone", Text(f"undone by {why.en}; {done.said.en}", f"已由 {why.zh} 撤销；{done.said.zh}")
        )
    return _known(ws, key)


async def roll_back(ws: Workspace, key: str, line: Line, *, because: Text) -> story.Action:
    """Lead a tag back after a watchdog's miss, if it still has the value that the action wrote; the agent goes down.

    Raises:
        NotFound: there is no such action.
        Conflict: another writer keeps the tag.
    """
    p = _known(ws, key).proposal
    async with at_tag(ws, p.asset, p.tag):
        action = _known(ws, key)
        if action.state != "written":
            return action
        envelope = _envelope(ws, p)
        ladder.demote(ws, p.agent, p.asset, p.tag, because=f"{key}: {because.en}")
        if (await compare(line, p, envelope)).state == "written":
            await back(ws, action, line, envelope, because=because)
    return _known(ws, key)


async def back(ws: Workspace, action: story.Action, line: Line, envelope: Envelope, *, because: Text) -> None:
    """The same with the tag's turn held already; what can't be led back stops the asset."""
    p = action.proposal
    if halted := halts.stopped(ws.folder, p.asset):
        names = ", ".join(halted)
        _closed(
            ws, action, action.state, Text(f"{because.en}; held: stopped ({names})", f"{because.zh}；已停止，保持现值")
        )
        return
    done = await _led(ws, action, line, envelope, story.BACK, float(p.old), because, heeds=True)
    if done.state == "written":
        _closed(ws, action, "rolled back", Text(f"{because.en}; led back", f"{because.zh}；已恢复先前值"))
        return
    halts.pull(ws.folder, p.asset, "gateway", f"{p.key} could not be led back")
    halts.noted(ws, p.asset, "stop", f"{p.key} could not be led back: {done.said.en}")
    told_so = Text(
        f"{because.en}; could not be led back ({done.said.en}); {p.asset} is stopped",
        f"{because.zh}；未能恢复（{done.said.zh}）；{p.asset} 已停止",
    )
    _closed(ws, action, action.state, told_so)


async def fall(ws: Workspace, asset: str, tag: str, line: Line, *, because: Text, heeds: bool = True) -> Outcome | None:
    """Lead a tag to its fallback, if it has one and has what an agent wrote; None where there is nothing to do."""
    async with at_tag(ws, asset, tag):
        last = story.last_write(ws, asset, tag)
        action = story.find(ws, str(last["key"])) if last else None
        found, _ = bound(ws, asset)
        envelope = found.tags.get(tag) if found is not None else None
        if (
            action is None
            or envelope is None
            or envelope.fallback is None
            or action.state not in ("written", "unknown")
        ):
            return None
        if (
            envelope.fallback == action.proposal.new
            or (await compare(line, action.proposal, envelope)).state != "written"
        ):
            return None
        done = await _led(ws, action, line, envelope, story.FALL, envelope.fallback, because, heeds=heeds)
        if done.state == "written":
            _closed(ws, action, "rolled back", Text(f"{because.en}; at its fallback", f"{because.zh}；已转至后备值"))
        return done


async def _led(  # roomy: a way back has that many sides
    ws: Workspace,
    action: story.Action,
    line: Line,
    envelope: Envelope,
    ending: str,
    to: float,
    why: Text,
    *,
    heeds: bool,
) -> Outcome:
    """One write of the gateway's own, judged by the short list, with a story of its own."""
    now, was = now_of(ws), action.proposal
    seen = await compare(line, was, envelope)
    if seen.read is None:
        return seen
    number = 1
    while story.find(ws, f"{was.key}{ending}{number}") is not None:
        number += 1
    own = Proposal(
        f"{was.key}{ending}{number}", "gateway", was.asset, was.tag, seen.read, to, was.unit, now, now + _SOON, why=why
    )
    body = {"proposal": told(own), "person": ws.person, "signature": "", "binding": "", "day": "", "count": 0}
    ws.ledger.append("proposal", run=story.run_of(own.key), subject="agent:gateway", body=body)
    s, judged = await gather(ws, own, line, digest=digest_of(own), signature="")
    verdict = judge(own, replace(s, envelope=envelope), OPERATOR)
    said = verdict.checks[-1].why
    state = "allowed" if verdict.allowed else "refused"
    told_so = {"en": said.en, "zh": said.zh}
    note(ws, "verdict", own, {"state": state, "said": told_so, "verdict": story.verdict_told(verdict)})
    if not verdict.allowed:
        return Outcome("not written", said)
    return await write_once(ws, own, line, envelope, judged=judged, heeds=heeds)


def _closed(ws: Workspace, action: story.Action, state: str, said: Text) -> None:
    note(ws, "led-back", action.proposal, {"state": state, "said": {"en": said.en, "zh": said.zh}})


def _known(ws: Workspace, key: str) -> story.Action:

    action = story.find(ws, key)
    if action is None or "~" in key:
        raise NotFound(
            Text(f"there is no action '{key}'", f"没有动作“{key}”"), at=f"action:{key}", fix="diapason inbox"
        )
    return action


def _envelope(ws: Workspace, p: Proposal) -> Envelope:
    found, why = bound(ws, p.asset)
    if found is None or p.tag not in found.tags:
        raise Refused(why, at=f"{p.asset} {p.tag}", fix=Text("sign the envelope again", "请重新签署安全包络"))
    return found.tags[p.tag]
