"""What the gateway does by itself, once a cycle: approved actions, effects that are due, agents that fell silent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from diapason.errors import Conflict, DiapasonError
from diapason.ports.line import Line
from diapason.ports.workspace import Workspace
from diapason.services.gateway import ladder, leading, recovering, stopping, story, submitting
from diapason.services.gateway.beating import silent, tends
from diapason.services.gateway.envelopes import Bound, in_force
from diapason.services.gateway.roster import manifest_of
from diapason.services.gateway.seen import now_of, read
from diapason.services.gateway.wire import tag_subject
from diapason.services.gateway.writing import note
from diapason.vocabulary.acting import Autonomy, Effect
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Seen

__all__ = ["Tended", "alarmed", "hold", "tend"]


_LOOKS = 900.0
"""s after a write in which what its agent tells counts, where no effect with a longer time was promised."""
_WORSE = {
    "alarm": Text("its own alarm rose after the write", "写入之后该智能体自身发出报警"),
    "untrusted": Text("after the write it can't trust its inputs any more", "写入之后该智能体的输入不再可信"),
}


@dataclass(slots=True)
class Tended:
    """What one cycle did."""

    acted: list[story.Action] = field(default_factory=list)  # carried out, rolled back, or found missed
    fallen: list[dict[str, Any]] = field(default_factory=list)  # led to a fallback
    recovered: list[dict[str, Any]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)  # connections that could not be used

    @property
    def idle(self) -> bool:
        """Whether there was nothing to do."""
        return not (self.acted or self.fallen or self.recovered or self.faults)


def hold(ws: Workspace, agent: str, asset: str, tag: str, seconds: float) -> dict[str, Any]:
    """Keep a tag for one agent; others are refused meanwhile. With 0 s it is let go, or handed over by its supervisor.

    Raises:
        Conflict: another agent holds it.
    """
    now = now_of(ws)
    entry = ws.ledger.last(kind="hold", subject=tag_subject(asset, tag))
    if entry is not None and entry.body["until"] > now and entry.body["agent"] != agent:
        raise Conflict(
            Text(f"{entry.body['agent']} holds {tag}", f"{tag} 由 {entry.body['agent']} 占用"), at=f"{asset} {tag}"
        )
    body = {"agent": agent, "until": now + int(seconds * 1e6), "person": ws.person}
    ws.ledger.append("hold", subject=tag_subject(asset, tag), body=body)
    return {"asset": asset, "tag": tag, **body}


async def tend(ws: Workspace, lines: Mapping[str, Line]) -> Tended:
    """One cycle: safe to call in several processes at once, as often as one likes.

    Args:
        lines: open connections by the name that envelopes use; those for writing act, the others are read.
    """
    done = Tended()
    tends(ws, _reached(lines))
    touched = story.touched(ws)
    for bound in in_force(ws).values():
        line = lines.get(bound.connection)
        if line is None:
            continue
        for tag in (t for t in bound.tags if tag_subject(bound.asset, t) in touched):
            tends(ws, _reached(lines))  # a long cycle is no silence
            try:
                await _tag(ws, bound, tag, line, done)
            except DiapasonError as error:
                done.faults.append(f"{bound.asset} {tag}: {error.said('en')['what']}")
    done.fallen += await stopping.fall_back(ws, lines)
    return done


def _reached(lines: Mapping[str, Line]) -> list[str]:
    return [name for name, line in lines.items() if line.state().connected]


async def _tag(ws: Workspace, bound: Bound, tag: str, line: Line, done: Tended) -> None:
    """What is to be done at one tag."""
    if recovering.begun(ws, bound.asset, tag) is not None:
        done.recovered += await recovering.recover(ws, {bound.connection: line})
    await _approved(ws, bound.asset, tag, line, done)
    last = story.last_write(ws, bound.asset, tag)
    action = story.find(ws, str(last["key"])) if last else None
    if action is None or action.state != "written" or "~" in action.key:
        return
    worse = _worse(ws, action)
    if worse is not None:
        lines = {bound.connection: line}
        done.acted += await alarmed(ws, action.proposal.agent, bound.asset, lines, because=worse)
        return
    if action.effect == "waiting":
        action = await _effect(ws, action, line, done)
    if action.state == "written" and silent(ws, action.proposal.agent, bound.beat):
        await _gone(ws, bound, action, line, done)


def _worse(ws: Workspace, action: story.Action) -> Text | None:
    """What the agent itself has told since its write, within the time of the effect, that speaks against the write."""
    p = action.proposal
    begun = ws.ledger.last(kind="write-intent", subject=tag_subject(p.asset, p.tag))
    if begun is None:
        return None
    until = begun.body["at"] + 1e6 * max(p.effect.after if p.effect else 0.0, _LOOKS)
    for entry in ws.ledger.entries(kind="decided", subject=f"agent:{p.agent}", after=begun.seq):
        if datetime.fromisoformat(entry.at).timestamp() * 1e6 > until:
            return None
        if entry.body.get("what") in _WORSE:
            return _WORSE[entry.body["what"]]
    return None


async def _approved(ws: Workspace, asset: str, tag: str, line: Line, done: Tended) -> None:
    entry = ws.ledger.last(kind="asked", subject=tag_subject(asset, tag))
    action = story.find(ws, str(entry.body["key"])) if entry is not None else None
    if action is not None and action.state == "approved":
        done.acted.append(await submitting.carry_out(ws, action.key, line))


async def _effect(ws: Workspace, action: story.Action, line: Line, done: Tended) -> story.Action:
    """Whether a promised effect came, once its time is over."""
    promised, last = action.proposal.effect, story.last_write(ws, action.proposal.asset, action.proposal.tag)
    if promised is None or now_of(ws) < last["at"] + promised.after * 1e6:
        return action
    came, said = await _came(line, promised)
    body = {"effect": "came" if came else "missed", "said": {"en": said.en, "zh": said.zh}}
    note(ws, "effect", action.proposal, body)
    found = story.find(ws, action.key)
    if not came:
        found = await leading.roll_back(ws, action.key, line, because=said)
        done.acted.append(found)
    return found or action


async def _came(line: Line, promised: Effect) -> tuple[bool, Text]:
    look = (await read(line, (promised.tag,))).looks.get(promised.tag)
    rule = f"{promised.low:g} … {promised.high:g} {promised.unit}"
    if look is None or look.trust is not Seen.GOOD:
        return False, Text(
            f"{promised.tag} can't be read, so nobody knows whether the effect came",
            f"{promised.tag} 无法读取，影响无从确认",
        )
    shown = f"{promised.tag} = {look.value:g}"
    if promised.low <= look.value <= promised.high:
        return True, Text(f"the effect came: {shown}", f"预期影响已出现：{shown}")
    return False, Text(f"the effect did not come: {shown}, promised {rule}", f"预期影响未出现：{shown}，预期 {rule}")


async def _gone(ws: Workspace, bound: Bound, action: story.Action, line: Line, done: Tended) -> None:
    """The agent's process is silent: down to shadow, and its tag to the fallback if the manifest says so."""
    p = action.proposal
    why = Text(f"{p.agent} is silent", f"{p.agent} 已无响应")
    if ladder.level(ws, p.agent, p.asset, p.tag) > Autonomy.A0:
        ladder.demote(ws, p.agent, p.asset, p.tag, because=why.en)
    manifest = manifest_of(ws, p.agent)
    if manifest is not None and manifest.fallback != "baseline":
        return
    led = await leading.fall(ws, bound.asset, p.tag, line, because=why)
    if led is not None:
        said = {"en": led.said.en, "zh": led.said.zh}
        done.fallen.append({"asset": bound.asset, "tag": p.tag, "state": led.state, "said": said})


async def alarmed(
    ws: Workspace, agent: str, asset: str, lines: Mapping[str, Line], *, because: Text
) -> list[story.Action]:
    """The model's alarm rose, it drifts, or a figure fell: its writes here are led back, and it goes down."""
    found = []
    for bound in in_force(ws).values():
        line = lines.get(bound.connection)
        for tag in bound.tags if bound.asset == asset else ():
            if ladder.level(ws, agent, asset, tag) > Autonomy.A0:
                ladder.demote(ws, agent, asset, tag, because=because.en)
            last = story.last_write(ws, asset, tag)
            action = story.find(ws, str(last["key"])) if last else None
            if line is not None and action is not None and action.proposal.agent == agent and action.state == "written":
                found.append(await leading.roll_back(ws, action.key, line, because=because))
    return found
