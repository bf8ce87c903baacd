"""The ladder: how far each agent may go on each tag; up by a gate and a signature, down at once by anybody."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from diapason.engines.evidence import dsse
from diapason.engines.evidence.canonical import digest
from diapason.engines.safety import Gate, gates
from diapason.errors import DataError, DiapasonError, NotFound, Refused
from diapason.ports.workspace import Workspace
from diapason.services.gateway import story
from diapason.services.gateway.envelopes import bound
from diapason.services.gateway.roster import manifest_of
from diapason.services.gateway.sealed import opened, seal, signed_by
from diapason.services.gateway.wire import tag_subject
from diapason.services.workspace import require
from diapason.vocabulary import acting
from diapason.vocabulary.acting import Autonomy, Right, Shadow
from diapason.vocabulary.evidence import Entry, Statement, Subject
from diapason.vocabulary.language import Text
from diapason.vocabulary.wire import plain

__all__ = [
    "binding",
    "ceiling",
    "demote",
    "level",
    "levels",
    "note_shadow",
    "promote",
    "set_level",
    "shadow_of",
    "subject",
]

_SHADOW = "urn:diapason:predicate:shadow:v1"
_RISE = ("safety", "approver")


def subject(agent: str, asset: str, tag: str) -> str:
    """How the ledger names an agent's way up and down on a tag."""
    return f"level:{agent}|{tag_subject(asset, tag)}"


def binding(ws: Workspace, agent: str, asset: str) -> str:
    """Digest of all whose change returns an agent to shadow: envelope, and manifest with model and rules (no grade)."""
    manifest, (envelope, _) = manifest_of(ws, agent), bound(ws, asset)
    return digest(
        {
            "manifest": plain(manifest and replace(manifest, grade="")),
            "envelope": [envelope.sha256, envelope.seq] if envelope else None,
        }
    )


def ceiling(ws: Workspace, agent: str, asset: str, tag: str) -> Autonomy:
    """The highest level that the manifest in force allows here."""
    return acting.ceiling(manifest_of(ws, agent), asset, tag) or Autonomy.A0


def level(ws: Workspace, agent: str, asset: str, tag: str) -> Autonomy:
    """The level in force: the last valid rise under model, manifest and envelope as they are, less every way down."""
    now, bind = Autonomy.A0, binding(ws, agent, asset)
    for entry in ws.ledger.entries(kind="autonomy", subject=subject(agent, asset, tag)):
        if "to" in entry.body:  # a way down needs no signature
            to = entry.body["to"]
            now = min(now, Autonomy(to)) if type(to) is int and to in range(6) else Autonomy.A0
        elif _valid(ws, entry, {"agent": agent, "asset": asset, "tag": tag, "binding": bind}):
            now = Autonomy(int(opened(entry, "autonomy")["level"]))
    return min(now, ceiling(ws, agent, asset, tag))


def _valid(ws: Workspace, entry: Entry, about: Mapping[str, str]) -> bool:
    """Whether a rise is about exactly this, signed by somebody who may, and stands where it was signed."""
    said = opened(entry, "autonomy")
    if any(said.get(name) != value for name, value in about.items()) or said.get("level") not in range(6):
        return False
    _, roles = signed_by(ws, entry, "autonomy")
    return bool(set(roles) & set(_RISE))


def levels(ws: Workspace, agent: str) -> list[dict[str, Any]]:
    """Every tag that an agent may propose for or write, with its level, ceiling and the evidence for more."""
    manifest = manifest_of(ws, agent)
    if manifest is None:
        raise _unknown(agent)
    found = []
    for p in manifest.permissions:
        if p.right is not Right.READ:
            now = level(ws, agent, p.asset, p.tag)
            shadow = shadow_of(ws, agent, p.asset, p.tag)
            own = {"agent": agent, "asset": p.asset, "tag": p.tag, "level": int(now)}
            own["ceiling"] = int(ceiling(ws, agent, p.asset, p.tag))
            found.append({**own, "shadow": plain(shadow)})
    return found


def _unknown(agent: str) -> NotFound:
    return NotFound(
        Text(f"no agent '{agent}' is registered", f"没有登记名为“{agent}”的智能体"),
        at="agent",
        fix=Text("see: diapason agent list", "请查看：diapason agent list"),
    )


def note_shadow(ws: Workspace, shadow: Shadow) -> Entry:
    """Keep what was counted in shadow, signed by the workspace; the newest for the present binding counts."""
    said = plain(shadow)
    made = Statement((Subject(f"agent/{shadow.agent}", digest(said)),), _SHADOW, said)
    body = dsse.sign(made, ws.signer.keyid, ws.signer.sign)
    return ws.ledger.append("shadow", subject=subject(shadow.agent, shadow.asset, shadow.tag), body=body)


def shadow_of(ws: Workspace, agent: str, asset: str, tag: str) -> Shadow | None:
    """The evidence for an agent's next level on a tag, counted with what is in force now; None where there is none."""
    entry = ws.ledger.last(kind="shadow", subject=subject(agent, asset, tag))
    if entry is None:
        return None
    try:
        said = dsse.opened(entry.body)
        dsse.verify(entry.body, {ws.signer.keyid: ws.signer.public})
        found = Shadow(**said.predicate)
    except (DiapasonError, TypeError):
        return None
    right = (found.agent, found.asset, found.tag) == (agent, asset, tag)
    return found if right and found.binding == binding(ws, agent, asset) else None


def promote(ws: Workspace, agent: str, asset: str, tag: str, to: Autonomy, *, because: str = "") -> dict[str, Any]:
    """Let an agent go further on one tag, signed by who acts, if every gate on the way holds.

    Raises:
        NotFound: no such agent.
        Refused: who acts may not, or runs against a gate, the manifest or a missing envelope; names each.
        DataError: it is no way up.
    """
    require(ws, *_RISE)
    manifest = manifest_of(ws, agent)
    if manifest is None:
        raise _unknown(agent)
    if ws.person == manifest.owner:
        raise Refused(
            Text(f"{ws.person} answers for {agent} and can't raise it", f"{agent} 由 {ws.person} 负责，不能自行升级"),
            at=f"agent:{agent}",
            fix=Text("ask a safety officer or an approver", "请安全负责人或批准人操作"),
        )
    now = level(ws, agent, asset, tag)
    if to <= now:
        raise DataError(
            Text(f"it is at A{now:d}; A{to:d} is no way up", f"现为 A{now:d} 级，A{to:d} 并非升级"),
            at=f"{asset} {tag}",
            fix=Text("name a higher level", "请指定更高的级别"),
        )
    shown = _shown(ws, agent, asset, tag, to)
    missing = [gate for gate in shown if not gate.holds]
    if missing:
        raise Refused(
            Text(f"{agent} can't go to A{to:d} on {tag}", f"{agent} 在 {tag} 上不能升至 A{to:d}"),
            at=f"{asset} {tag}",
            fix=Text("; ".join(g.said.en for g in missing), "；".join(g.said.zh for g in missing)),
        )
    said = {"agent": agent, "asset": asset, "tag": tag, "level": int(to), "from": int(now)}
    grounds = {"binding": binding(ws, agent, asset), "gates": plain(shown), "because": because}
    seal(ws, "autonomy", subject(agent, asset, tag), {**said, **grounds})
    return {**said, "person": ws.person, "gates": plain(shown)}


def _shown(ws: Workspace, agent: str, asset: str, tag: str, to: Autonomy) -> tuple[Gate, ...]:
    """Every condition of the level, the manifest's and the envelope's too."""
    most, (envelope, why) = ceiling(ws, agent, asset, tag), bound(ws, asset)
    manifest = manifest_of(ws, agent)
    cap = Text(f"its manifest allows A{most:d} here", f"其清单在此处允许 A{most:d}")
    own = [Gate("manifest", to <= most, cap)]
    if to >= Autonomy.A3:
        there = envelope is not None and tag in envelope.tags
        own.append(
            Gate("envelope", there, Text("a signed envelope binds it", "有已签名的安全包络") if there else _no(why))
        )
    twin = envelope is not None and bool(envelope.twin or envelope.responses.get(tag))
    clean = story.clean_writes(ws, agent, asset, tag, binding(ws, agent, asset))
    budget = manifest is not None and "proposals_per_day" in manifest.budget
    return (*own, *gates(to, shadow_of(ws, agent, asset, tag), clean=clean, twin=twin, budget=budget))


def _no(why: Text) -> Text:
    return why if why.en else Text("its envelope does not name this tag", "安全包络未列该位号")


def demote(ws: Workspace, agent: str, asset: str, tag: str, *, to: int = 0, because: str) -> dict[str, Any]:
    """Take an agent down at once; anybody may, and the gateway does by itself. No signature is asked for."""
    now = level(ws, agent, asset, tag)
    body: Mapping[str, Any] = {
        "to": max(0, min(int(to), int(now))),
        "agent": agent,
        "asset": asset,
        "tag": tag,
        "person": ws.person,
        "because": because,
    }
    ws.ledger.append("autonomy", subject=subject(agent, asset, tag), body=body)
    return {**body, "from": int(now)}


def set_level(ws: Workspace, agent: str, tag: str, to: int, *, asset: str = "", because: str = "") -> dict[str, Any]:
    """Up through the gate, or down at once, by the tag's name alone where only one asset has it.

    Returns:
        agent, asset, tag, level, from, up.

    Raises:
        NotFound: the agent may write no such tag, or several assets have it.
        Refused, DataError: as `promote`.
    """
    rows = [one for one in levels(ws, agent) if one["tag"] == tag and asset in ("", one["asset"])]
    if len(rows) != 1:
        names = ", ".join(f"{one['asset']} {one['tag']}" for one in levels(ws, agent)) or "-"
        raise NotFound(
            Text(f"{agent} may not write '{tag}', or on several assets", f"{agent} 无权写“{tag}”，或多个资产有此位号"),
            at=f"--tag {tag}",
            fix=Text(f"choose one of: {names}", f"可选：{names}"),
        )
    place, now = str(rows[0]["asset"]), int(rows[0]["level"])
    if to > now:
        done = promote(ws, agent, place, tag, Autonomy(to), because=because)
        return {**done, "up": True}
    done = demote(ws, agent, place, tag, to=to, because=because)
    return {**done, "level": done["to"], "up": False}
