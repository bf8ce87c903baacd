"""From a proposal to a verdict, and, where nothing stands in the way, to one write that is read back."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from diapason.engines.safety import ADVICE, BEFORE_ASKING, CHECKS, Rule, Situation, judge
from diapason.errors import DiapasonError, NotFound
from diapason.ports.line import Line
from diapason.ports.workspace import Workspace
from diapason.roles.plant import Twin
from diapason.services import agent
from diapason.services.gateway import approving, ladder, leading, story
from diapason.services.gateway.seen import asked_today, gather
from diapason.services.gateway.turns import at_tag
from diapason.services.gateway.wire import digest_of, sayable, signature_of, tag_subject, told
from diapason.services.gateway.words import button
from diapason.services.gateway.writing import note, write_once
from diapason.vocabulary.acting import Autonomy, Check, Proposal, Verdict
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Seen

__all__ = ["carry_out", "consider", "sign", "submit"]

_VIOLATIONS = ("value", "unit", "limits", "step", "rate", "effect")
"""Refused by one of these, an agent has tried to leave its envelope and goes back to shadow."""
_SENSORS = ("interlocks", "old value")
"""Refused by one of these, an agent that acts alone asks a person again."""


_STRANGE = Text("this key was another proposal, or its names are none", "该键曾用于另一提案，或名称不成立")


def sign(ws: Workspace, proposal: Proposal) -> str:
    """The agent's signature under a proposal, by its key in `keys/agents`; "" where that is not here."""
    try:
        return signature_of(proposal, agent.signer(ws, proposal.agent))
    except (DiapasonError, TypeError, AttributeError):
        return ""


async def submit(
    ws: Workspace, proposal: Proposal, line: Line, *, signature: str | None = None, twin: Twin | None = None
) -> story.Action:
    """Judge a proposal and do what its level allows: advise (A2), ask a person (A3), or write it once (A4 and up).

    Everything is in the ledger before anything moves. A proposal that was submitted before is answered with what became
    of it; nothing is done twice.

    Args:
        line: an open connection to the asset; it must be one for writing where the agent may act alone.
        signature: by the agent's own key, as `sign` makes it; None = by the key that lies in this workspace.
        twin: foresees effects, in place of what the envelope names.

    Raises:
        Conflict: the ledger can't be written, or another writer keeps the tag for half a minute; nothing was written.
    """
    digest = digest_of(proposal)
    if not sayable(proposal):
        return _stray(ws, proposal, digest)
    signed = sign(ws, proposal) if signature is None else signature
    async with at_tag(ws, proposal.asset, proposal.tag):
        known = story.find(ws, proposal.key)
        again = known is not None and known.digest == digest
        if known is not None and again and known.state not in ("proposed", "allowed"):
            return known
        if known is not None and not again:
            return _stray(ws, proposal, digest)
        if known is None:
            _noted(ws, proposal, signed)
        situation, judged = await gather(ws, proposal, line, digest=digest, signature=signed, twin=twin)
        return await _decided(ws, proposal, line, situation, judged)


def _noted(ws: Workspace, p: Proposal, signature: str) -> None:
    """The first entry of an action; it counts the agent's proposals of the day."""
    named = type(p.agent) is str and type(p.asset) is str
    body = {
        "proposal": told(p),
        "person": ws.person,
        "signature": signature[:400] if type(signature) is str and signature.isascii() else "",
        "binding": ladder.binding(ws, p.agent, p.asset) if named else "",
        "day": ws.clock().astimezone().date().isoformat(),
        "count": asked_today(ws, p.agent) + 1,
    }
    agent = told(p)["agent"]
    ws.ledger.append("proposal", run=story.run_of(p.key), subject=f"agent:{agent}", body=body)


def _stray(ws: Workspace, p: Proposal, digest: str) -> story.Action:
    """A key that was another proposal, or names that are none: kept apart from the story of that key."""
    said = _STRANGE
    body = {"proposal": told(p), "person": ws.person, "state": "refused", "said": {"en": said.en, "zh": said.zh}}
    entry = ws.ledger.append("stray", subject=tag_subject(p.asset, p.tag), body=body)
    verdict = {"allowed": False, "refused_by": "once", "checks": []}
    return story.Action(ascii(p.key)[:80], p, digest, ws.person, "", "refused", said, verdict, seq=entry.seq)


async def _decided(ws: Workspace, p: Proposal, line: Line, s: Situation, judged: float) -> story.Action:
    level = min(s.level, ladder.ceiling(ws, p.agent, p.asset, p.tag) if s.manifest else Autonomy.A0)
    rules: Sequence[Rule] = CHECKS if level >= Autonomy.A4 else BEFORE_ASKING
    verdict = judge(p, s, rules)
    if verdict.allowed and level >= Autonomy.A4:
        _told(ws, p, verdict, "allowed", _allowed(p))
        return await _moved(ws, p, line, s, judged)
    if verdict.allowed:
        _told(ws, p, verdict, "waiting", button(p))
        note(ws, "asked", p, {"key": p.key, "digest": s.digest, "state": "waiting"})
    elif verdict.refused_by == "level" and level == Autonomy.A2 and judge(p, s, ADVICE).allowed:
        _told(ws, p, verdict, "recommended", button(p))
        note(ws, "asked", p, {"key": p.key, "digest": s.digest, "state": "recommended"})
    else:
        _refused(ws, p, verdict, level, s)
    return _found(ws, p.key)


def _allowed(p: Proposal) -> Text:
    words = button(p)
    return Text(f"allowed: {words.en}", f"允许：{words.zh}")


def _refused(ws: Workspace, p: Proposal, verdict: Verdict, level: Autonomy, s: Situation) -> None:
    _told(ws, p, verdict, "refused", verdict.checks[-1].why)
    by, why = verdict.refused_by, f"{p.key}: {verdict.checks[-1].why.en}"
    if by in _VIOLATIONS and level > Autonomy.A0:
        ladder.demote(ws, p.agent, p.asset, p.tag, because=f"violation attempt, {why}")
    elif by in _SENSORS and level > Autonomy.A3 and _blind(s):
        ladder.demote(ws, p.agent, p.asset, p.tag, to=3, because=f"sensor quality, {why}")


def _blind(s: Situation) -> bool:
    """Whether a reading is missing, not good, or old: a sensor is lost, not a condition unmet or a value moved."""
    if s.envelope is None:
        return False
    oldest = {s.envelope.tag: float("inf"), **{k.tag: k.freshest for k in s.envelope.interlocks}}
    looks = {tag: s.readings.get(tag) for tag in oldest}
    return any(
        look is None or look.trust is not Seen.GOOD or look.value != look.value or s.now - look.at > oldest[tag] * 1e6
        for tag, look in looks.items()
    )


def _told(ws: Workspace, p: Proposal, verdict: Verdict, state: str, said: Text) -> None:
    body: dict[str, Any] = {
        "state": state,
        "said": {"en": said.en, "zh": said.zh},
        "verdict": story.verdict_told(verdict),
    }
    note(ws, "verdict", p, body)


def _found(ws: Workspace, key: str) -> story.Action:
    found = story.find(ws, key)
    if found is None:
        raise NotFound(
            Text(f"there is no action '{key}'", f"没有动作“{key}”"), at=f"action:{key}", fix="diapason inbox"
        )
    return found


async def carry_out(ws: Workspace, key: str, line: Line, *, twin: Twin | None = None) -> story.Action:
    """Do an approved action: the whole list once more, approval included, then the write and its read-back.

    What was done, refused or has ended is answered as it is; a second call does nothing.

    Raises:
        NotFound: nobody proposed it.
        Conflict: as `submit`.
    """
    p = _found(ws, key).proposal
    async with at_tag(ws, p.asset, p.tag):
        action = _found(ws, key)
        if action.state != "approved":
            return action
        seen, judged = await gather(ws, p, line, digest=action.digest, signature=action.signature, twin=twin)
        approval, seal = approving.newest(ws, action)
        s = replace(seen, approval=approval, seal=seal)
        verdict = judge(p, s)
        if not verdict.allowed:
            _refused(ws, p, verdict, s.level, s)
            return _found(ws, key)
        _told(ws, p, verdict, "allowed", _allowed(p))
        return await _moved(ws, p, line, s, judged)


async def _moved(ws: Workspace, p: Proposal, line: Line, s: Situation, judged: float) -> story.Action:
    """Write, and lead back what reads otherwise afterwards; whatever was not as expected takes the agent down."""
    assert s.envelope is not None  # noqa: S101  (the list has seen it)
    binding = ladder.binding(ws, p.agent, p.asset)
    outcome = await write_once(ws, p, line, s.envelope, judged=judged, binding=binding)
    if outcome.state == "differs":
        await leading.back(ws, _found(ws, p.key), line, s.envelope, because=outcome.said)
    if outcome.state in ("differs", "no effect", "unknown"):
        ladder.demote(ws, p.agent, p.asset, p.tag, because=f"{p.key}: {outcome.said.en}")
    return _found(ws, p.key)


async def consider(
    ws: Workspace, proposal: Proposal, line: Line, *, signature: str | None = None, twin: Twin | None = None
) -> Verdict:
    """What the list would say, level and approval left out; nothing is kept, nothing moves: for shadow."""
    if not sayable(proposal):
        return Verdict(allowed=False, checks=(Check("once", passed=False, why=_STRANGE),))
    signed = sign(ws, proposal) if signature is None else signature
    s, _ = await gather(ws, proposal, line, digest=digest_of(proposal), signature=signed, twin=twin)
    return judge(proposal, s, ADVICE)
