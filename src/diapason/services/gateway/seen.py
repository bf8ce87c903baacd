"""Gather the moment of a decision: who signed, what binds, what the line reads now, what would become of it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from weakref import WeakKeyDictionary

import numpy as np

from diapason.engines.safety import Look, Situation, narrowed
from diapason.errors import DiapasonError
from diapason.ports.line import Line
from diapason.ports.workspace import Workspace
from diapason.roles.plant import Twin
from diapason.services.gateway import ladder, story
from diapason.services.gateway.beating import watched
from diapason.services.gateway.envelopes import Bound, bound
from diapason.services.gateway.halts import stopped
from diapason.services.gateway.modes import mode_of
from diapason.services.gateway.roster import manifest_of
from diapason.services.gateway.spending import spent
from diapason.services.gateway.twins import forecast, twin_of
from diapason.services.gateway.wire import bytes_of, signer_of_bytes, tag_subject
from diapason.vocabulary.acting import Autonomy, Effect, Envelope, Manifest, Proposal
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Packet, Seen

__all__ = ["Readings", "gather", "now_of", "read"]

_points: "WeakKeyDictionary[Line, dict[str, str]]" = WeakKeyDictionary()
"""Units by tag, of each open line."""


@dataclass(frozen=True, slots=True)
class Readings:
    """What the line says of some tags now."""

    looks: Mapping[str, Look]
    words: Mapping[str, str]  # tags whose reading is a text


def now_of(ws: Workspace) -> int:
    """The time as the gateway takes it, in microseconds."""
    return int(ws.clock().timestamp() * 1e6)


async def gather(
    ws: Workspace, p: Proposal, line: Line, *, digest: str, signature: str, twin: Twin | None = None
) -> tuple[Situation, float]:
    """Everything that the list may look at, read now; whatever can't be had stays unknown, which says no.

    Returns:
        The situation, and `time.monotonic()` before the line was read.
    """
    manifest = manifest_of(ws, p.agent)
    found, why = bound(ws, p.asset)
    envelope = _envelope(found, manifest, p)
    if found is not None and envelope is None:
        why = Text(
            "its envelope does not name this tag, or the manifest's contradicts it", "安全包络未列该位号，或与清单冲突"
        )
    ours = _ours(ws, found, p, envelope)
    twin = twin or twin_of(found)
    needed = _needed(p, found, envelope, twin)
    await _units(line, needed)
    begun = time.monotonic()
    readings = await read(line, needed)
    now = now_of(ws)
    seen = replace(
        ours,
        now=_honest(ws, now),
        digest=digest,
        manifest=manifest,
        signer=_signer(p, signature, manifest),
        no_envelope=why,
        readings=readings.looks,
        mode=_mode(ws, envelope, readings),
        forecast=forecast(p, found, readings.looks, twin),
        watched=found is not None and watched(ws, found.connection),
        stops=stopped(ws.folder, p.asset),
    )
    return seen, begun


def _ours(ws: Workspace, found: Bound | None, p: Proposal, envelope: Envelope | None) -> Situation:
    """What the ledger says of agent, tag and key."""
    now, begun = now_of(ws), False
    known = story.find(ws, p.key) if type(p.key) is str else None
    if known is not None:
        begun = known.state not in story.UNBEGUN
    history = story.recent(ws, p.asset, p.tag, now)
    named = type(p.agent) is str and type(p.asset) is str and type(p.tag) is str
    return Situation(
        now=now,
        digest="",
        level=ladder.level(ws, p.agent, p.asset, p.tag) if named else Autonomy.A0,
        envelope=envelope,
        recent=history,
        asked_today=asked_today(ws, p.agent),
        written=spent(ws, p.agent, now),
        holder=_holder(ws, p, now),
        busy=_busy(ws, p),
        bounds={} if found is None else found.tags,
        known_as="" if known is None else known.digest,
        begun=begun,
        undone=next((d for d in history if d.key == p.undoes), None) if p.undoes else None,
    )


def _honest(ws: Workspace, now: int) -> int:
    """Our clock, unless it went back behind the ledger; then no time at all (0)."""
    last = ws.ledger.last()
    behind = last is not None and datetime.fromisoformat(last.at).timestamp() * 1e6 - now > 60_000_000
    return 0 if behind else now


def _envelope(found: Bound | None, manifest: Manifest | None, p: Proposal) -> Envelope | None:
    if found is None or type(p.tag) is not str or p.tag not in found.tags:
        return None
    own = [e for e in (manifest.envelopes if manifest else ()) if (e.asset, e.tag) == (p.asset, p.tag)]
    both: Envelope | None = found.tags[p.tag]
    for one in own:
        both = None if both is None else narrowed(both, one)
    return both


def _needed(p: Proposal, found: Bound | None, envelope: Envelope | None, twin: Twin | None) -> tuple[str, ...]:
    if envelope is None or found is None:
        return ()
    tags = [envelope.tag, *(k.tag for k in envelope.interlocks), *(r.tag for r in found.responses.get(p.tag, ()))]
    tags += [envelope.mode_tag] if envelope.mode_tag else []
    tags += twin.tags if twin is not None else ()
    tags += [p.effect.tag] if type(p.effect) is Effect and type(p.effect.tag) is str else []
    return tuple(dict.fromkeys(tags))


async def read(line: Line, tags: Sequence[str]) -> Readings:
    """The present readings of those tags that have one."""
    if not tags:
        return Readings({}, {})
    units = await _units(line, tags)
    try:
        packet = await line.read(tags)
    except DiapasonError:
        packet = await _one_by_one(line, tags)
    return _looks(packet, units)


async def _one_by_one(line: Line, tags: Sequence[str]) -> Packet:
    """Where one of several tags is not there, the others still count."""
    found: list[Packet] = []
    for tag in tags if len(tags) > 1 else ():
        try:
            found.append(await line.read((tag,)))
        except DiapasonError:
            continue
    if not found:
        none = np.zeros(0)
        return Packet("", (), none, none.astype(np.int64), none.astype(np.uint8), 0)
    texts = {i: text for i, one in enumerate(found) for text in one.texts.values()}
    values, at = np.concatenate([f.values for f in found]), np.concatenate([f.at for f in found])
    trust, tags_ = np.concatenate([f.trust for f in found]), tuple(t for f in found for t in f.tags)
    return Packet("", tags_, values, at, trust, found[0].received, texts=texts)


def _looks(packet: Packet, units: Mapping[str, str]) -> Readings:
    looks = {
        tag: Look(
            float(packet.values[i]), units.get(tag, ""), int(packet.at[i]), packet.received, Seen(int(packet.trust[i]))
        )
        for i, tag in enumerate(packet.tags)
    }
    return Readings(looks, {packet.tags[i]: text for i, text in packet.texts.items()})


async def _units(line: Line, tags: Sequence[str]) -> Mapping[str, str]:
    """Units by tag, browsed once for each open line, and again where a tag is new."""
    if not tags:
        return {}
    known = _points.get(line)
    if known is None or any(tag not in known for tag in tags):
        known = _points[line] = dict.fromkeys(tags, "")
        try:
            async for point in line.browse():
                known[point.tag] = point.unit
        except DiapasonError:
            del _points[line]
    return known


def _signer(p: Proposal, signature: str, manifest: Manifest | None) -> str:
    """Id of the key that signed the proposal, "" where none did."""
    return "" if manifest is None or not signature else signer_of_bytes(bytes_of(p), signature)


def _mode(ws: Workspace, envelope: Envelope | None, readings: Readings) -> str:
    if envelope is None:
        return ""
    if not envelope.mode_tag:
        return mode_of(ws, envelope.asset)
    look = readings.looks.get(envelope.mode_tag)
    if look is None or look.trust is not Seen.GOOD:
        return ""
    word = readings.words.get(envelope.mode_tag)
    return word if word is not None else f"{look.value:g}"


def asked_today(ws: Workspace, agent: object) -> int:
    """Proposals of an agent today."""
    if type(agent) is not str:
        return 0
    entry = ws.ledger.last(kind="proposal", subject=f"agent:{agent}")
    today = ws.clock().astimezone().date().isoformat()
    return int(entry.body["count"]) if entry is not None and entry.body.get("day") == today else 0


def _holder(ws: Workspace, p: Proposal, now: int) -> str:
    entry = ws.ledger.last(kind="hold", subject=tag_subject(p.asset, p.tag))
    held = entry is not None and entry.body["until"] > now
    return str(entry.body["agent"]) if held and entry is not None else ""


def _busy(ws: Workspace, p: Proposal) -> str:
    """An action on the tag that waits for a person or whose end nobody knows."""
    for kind in ("asked", "write-intent"):
        entry = ws.ledger.last(kind=kind, subject=tag_subject(p.asset, p.tag))
        key = "" if entry is None else str(entry.body["key"])
        action = story.find(ws, key) if key and key != p.key else None
        if action is not None and not action.over:
            return key
    return ""
