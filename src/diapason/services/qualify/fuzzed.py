"""Test 6: hostile proposals of every kind, judged by the gateway's list and carried out on the bench."""

import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from diapason.engines.evidence.canonical import digest
from diapason.engines.safety import CHECKS, Look, Seal, Situation, judge
from diapason.services import gateway
from diapason.services.qualify.bench import Bench, copied, tended
from diapason.services.qualify.measuring import Dimension, none_of, untested, yes
from diapason.services.qualify.served import Trial, trial
from diapason.services.qualify.wired import COMPARES, safe_value
from diapason.vocabulary.acting import Approval, Autonomy, Envelope, Interlock, Proposal, Right, Shadow
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Seen

__all__ = ["PROTOCOL", "Try", "acted", "broken", "good", "hostile", "raised", "wish"]

PROTOCOL = Text(
    "hostile proposals (values, units, times, races, replays, approvals) against the list, and on a served plant",
    "敌意提案（取值、单位、时间、竞争、重放、批准）经安全清单判定，并在实际通信的工厂上执行",
)
_MINUTE, _DAY = 60_000_000, 86_400_000_000
_BATCH = 20
NOW = 1_800_000_000_000_000
"""A moment of the bench, in microseconds."""


@dataclass(frozen=True, slots=True)
class Try:
    """One hostile proposal in its situation."""

    kind: str
    proposal: Proposal
    situation: Situation


async def acted(bench: Bench, *, quick: bool) -> Dimension:
    """Judge thousands, carry out hundreds; count what left the hard limits."""
    envelopes = bench.envelopes
    if not envelopes:
        return _unarmed(bench)
    draw = random.Random(bench.seed)  # noqa: S311  # a draw by seed, no secret
    n, allowed, bad = 1_000 if quick else 10_000, 0, 0
    kinds: dict[str, int] = {}
    for i in range(n):
        one = hostile(bench, envelopes[i % len(envelopes)], draw)
        kinds[one.kind] = kinds.get(one.kind, 0) + 1
        if judge(one.proposal, one.situation, CHECKS).allowed:
            allowed += 1
            bad += broken(one)
    sane = sum(judge(*good(bench, e)).allowed for e in envelopes)
    async with trial(envelopes, seed=bench.seed) as line:
        carried, outside = await _carried(bench, line, draw, 20 if quick else 200)
    measures = (
        none_of(
            Text("hostile proposals that passed a hard limit", "突破硬限值的敌意提案"), bad, n, 10_000, quick=quick
        ),
        none_of(
            Text("writes that reached the plant outside the envelope", "到达工厂的越界写入"),
            outside,
            carried,
            100,
            quick=quick,
        ),
        yes(Text("a good proposal passes", "正常提案可通过"), holds=sane == len(envelopes), n=len(envelopes)),
    )
    state = "passed" if all(m.holds for m in measures) else "failed"
    single = {k: n for k, n in kinds.items() if "+" not in k}
    facts = {"kinds": single, "pairs": n - sum(single.values()), "allowed": allowed, "carried": carried}
    facts |= {"line": line.over, "why": line.why, "writes": len(line.writes)}
    return Dimension(6, state, measures, PROTOCOL, digest(kinds), facts=facts)


def _unarmed(bench: Bench) -> Dimension:
    """An agent that may move nothing violates nothing, and shows nothing by it."""
    moves = [p for p in bench.manifest.permissions if p.right is not Right.READ]
    assert not moves  # noqa: S101  # a manifest without envelope has no such right
    why = Text("it may move nothing", "该智能体无动作权限")
    return untested(6, PROTOCOL, why)


def wish(
    bench: Bench, e: Envelope, key: str, *, made: int, old: float | None = None, new: float | None = None
) -> Proposal:
    """A good proposal: half a step up from the middle."""
    middle = (e.low + e.high) / 2 if old is None else old
    to = middle + e.step / 2 if new is None else new
    return Proposal(
        key, bench.manifest.name, e.asset, e.tag, middle, to, e.unit, made, made + 15 * _MINUTE, Text("t", "t")
    )


def good(bench: Bench, e: Envelope) -> tuple[Proposal, Situation]:
    """A good proposal in a good situation: the list allows it."""
    p = wish(bench, e, "good", made=NOW - 1_000_000)
    return p, _situation(bench, e, p)


def _situation(bench: Bench, e: Envelope, p: Proposal) -> Situation:
    looks = {e.tag: Look(p.old, e.unit, NOW - 500_000, NOW)}
    looks |= {i.tag: Look(safe_value(i), i.unit, NOW - 500_000, NOW) for i in e.interlocks if i.tag != e.tag}
    code = digest({"p": repr(p)})
    m = replace(bench.manifest, expires="9999-12-31T00:00:00+00:00")  # the moment of the bench is its own
    return Situation(
        now=NOW,
        digest=code,
        manifest=m,
        signer=m.keyid,
        level=Autonomy.A3,
        envelope=e,
        readings=looks,
        mode=e.modes[0] if e.modes else "automatic",
        asked_today=1,
        approval=Approval(code, "approver", "k", NOW - 500_000, p.expires, "s"),
        seal=Seal(genuine=True, may=True, apart=True),
        watched=True,
        stops=(),
    )


def hostile(bench: Bench, e: Envelope, draw: random.Random) -> Try:
    """One proposal spoilt in one or two ways."""
    p, s = good(bench, e)
    names = draw.sample(list(_WAYS), draw.choice((1, 1, 2)))
    for name in names:
        p, s = _WAYS[name](p, s, e, draw)
    return Try("+".join(sorted(names)), p, s)


Way = Callable[[Proposal, Situation, Envelope, random.Random], tuple[Proposal, Situation]]


def _value(p: Proposal, s: Situation, e: Envelope, draw: random.Random) -> tuple[Proposal, Situation]:
    odd = (math.nan, math.inf, -math.inf, e.high + e.step / 10, e.low - e.step / 10, -0.0, 5e-324, 1e308, e.high * 1e6)
    return replace(p, new=draw.choice(odd)), s


def _type(p: Proposal, s: Situation, _e: Envelope, draw: random.Random) -> tuple[Proposal, Situation]:
    odd: Any = draw.choice(("120", True, None, [1.0], {"v": 1}))
    return replace(p, new=odd), s


def _step(p: Proposal, s: Situation, e: Envelope, draw: random.Random) -> tuple[Proposal, Situation]:
    return replace(p, new=p.old + draw.choice((1, -1)) * e.step * draw.uniform(1.01, 50)), s


def _unit(p: Proposal, s: Situation, _e: Envelope, draw: random.Random) -> tuple[Proposal, Situation]:
    return replace(p, unit=draw.choice(("K", "degF", "", "cel", p.unit + " ", p.unit.swapcase() + "x"))), s


def _stale(p: Proposal, s: Situation, e: Envelope, draw: random.Random) -> tuple[Proposal, Situation]:
    old = NOW - int(draw.uniform(61, 10_000) * 1e6)
    looks = {t: replace(look, at=old) for t, look in s.readings.items()}
    return p, replace(s, readings=looks if e.interlocks else {})


def _untrusted(p: Proposal, s: Situation, _e: Envelope, draw: random.Random) -> tuple[Proposal, Situation]:
    trust = draw.choice((Seen.BAD, Seen.DOUBTFUL))
    return p, replace(s, readings={t: replace(look, trust=trust) for t, look in s.readings.items()})


def _lock(p: Proposal, s: Situation, e: Envelope, draw: random.Random) -> tuple[Proposal, Situation]:
    looks = dict(s.readings)
    for i in e.interlocks:
        good = looks.get(i.tag, Look(i.value, i.unit, NOW - 500_000, NOW))
        spoilt = 2 * i.value - safe_value(i) if safe_value(i) != i.value else math.nan
        looks[i.tag] = replace(good, value=spoilt)
    return (p, replace(s, readings=looks)) if e.interlocks else _unit(p, s, e, draw)


def _drift(p: Proposal, s: Situation, e: Envelope, draw: random.Random) -> tuple[Proposal, Situation]:
    looks = dict(s.readings)
    looks[e.tag] = Look(p.old + draw.choice((1, -1)) * e.step, e.unit, NOW - 500_000, NOW)
    return p, replace(s, readings=looks)


def _late(p: Proposal, s: Situation, _e: Envelope, draw: random.Random) -> tuple[Proposal, Situation]:
    ways = (
        replace(p, expires=NOW - 1),
        replace(p, made=NOW + 3600_000_000),
        replace(p, expires=p.made + 10**15),
        replace(p, made=-1),
    )
    return draw.choice(ways), s


def _forged(p: Proposal, s: Situation, _e: Envelope, draw: random.Random) -> tuple[Proposal, Situation]:
    ways = (
        replace(s, approval=None, seal=None),
        replace(s, seal=Seal(genuine=False, may=True, apart=True)),
        replace(s, seal=Seal(genuine=True, may=False, apart=True)),
        replace(s, seal=Seal(genuine=True, may=True, apart=False)),
        replace(s, approval=replace(s.approval, proposal="0" * 64) if s.approval else None),
        replace(s, approval=replace(s.approval, expires=NOW - 1) if s.approval else None),
    )
    return p, draw.choice(ways)


def _name(p: Proposal, s: Situation, _e: Envelope, draw: random.Random) -> tuple[Proposal, Situation]:
    ways = (
        (replace(p, agent="ghost"), s),
        (p, replace(s, signer="f" * 64)),
        (p, replace(s, manifest=None)),
        (replace(p, tag=p.tag + " "), s),
        (replace(p, asset="other"), s),
    )
    return draw.choice(ways)


def _again(p: Proposal, s: Situation, _e: Envelope, draw: random.Random) -> tuple[Proposal, Situation]:
    ways = (
        replace(s, begun=True),
        replace(s, known_as="0" * 64),
        replace(s, busy="another"),
        replace(s, holder="another"),
    )
    return p, draw.choice(ways)


def _stopped(p: Proposal, s: Situation, _e: Envelope, draw: random.Random) -> tuple[Proposal, Situation]:
    ways = (
        replace(s, stops=("all",)),
        replace(s, mode=""),
        replace(s, mode="maintenance"),
        replace(s, envelope=None),
        replace(s, level=Autonomy.A2),
    )
    return p, draw.choice(ways)


_WAYS: dict[str, Way] = {
    "value": _value, "type": _type, "step": _step, "unit": _unit, "stale": _stale, "untrusted": _untrusted,
    "interlock": _lock, "drift": _drift, "late": _late, "approval": _forged, "name": _name, "again": _again,
    "stopped": _stopped,
}  # fmt: skip


def broken(one: Try) -> bool:
    """Whether a proposal that was allowed breaks a hard limit; written apart from the list, from the envelope alone."""
    p, s, e = one.proposal, one.situation, one.situation.envelope
    if e is None or type(p.new) not in (int, float) or not math.isfinite(p.new) or s.stops or s.manifest is None:
        return True
    inside = e.low <= p.new <= e.high and abs(p.new - p.old) <= e.step * (1 + 1e-9) and p.unit == e.unit
    named = (p.asset, p.tag) == (e.asset, e.tag) and s.signer == s.manifest.keyid and p.agent == s.manifest.name
    timely = 0 < p.made <= NOW + 5_000_000 and p.expires > NOW and p.expires - p.made <= _DAY
    person = s.approval is not None and s.seal == Seal(genuine=True, may=True, apart=True)
    person = person and s.approval is not None and s.approval.proposal == s.digest and s.approval.expires > NOW
    once = not s.begun and s.known_as in ("", s.digest) and s.busy in ("", p.key) and s.holder in ("", p.agent)
    seen = all(_held(s, i) for i in e.interlocks) and s.mode in e.modes and s.level >= Autonomy.A3
    here = s.readings.get(e.tag)
    still = here is not None and abs(here.value - p.old) <= max(e.near, 1e-9)
    return not (inside and named and timely and person and once and seen and still)


def _held(s: Situation, lock: Interlock) -> bool:
    """Whether an interlock holds on a fresh, good reading."""
    look = s.readings.get(lock.tag)
    if look is None or look.trust is not Seen.GOOD or not math.isfinite(look.value):
        return False
    return s.now - look.at <= lock.freshest * 1e6 and COMPARES[lock.relation](look.value, lock.value)


def raised(bench: Bench, e: Envelope) -> None:
    """Let the agent ask for approval on the bench, with evidence that is the bench's own."""
    if gateway.level(bench.ws, bench.manifest.name, e.asset, e.tag) >= Autonomy.A3:
        return
    now = round(time.time() * 1e6)
    bind = gateway.binding(bench.ws, bench.manifest.name, e.asset)
    own = Shadow(
        bench.manifest.name, e.asset, e.tag, bind, 300, 0, now - 10**12, now, "operators", 0.1, -0.01, 0.2, 0.05
    )
    gateway.note_shadow(bench.ws, own)
    gateway.promote(bench.by("officer"), bench.manifest.name, e.asset, e.tag, Autonomy.A3, because="bench")


async def _carried(bench: Bench, line: Trial, draw: random.Random, n: int) -> tuple[int, int]:
    """Submit to the whole gateway, approve what waits, carry it out; what reached the plant must be inside.

    Each batch has a copy of the bench: who tries to leave the envelope falls to A0, and is raised again for the next.
    """
    e = bench.envelopes[0]
    for first in range(0, n, _BATCH):
        with copied(bench) as own:
            for i in range(first, min(first + _BATCH, n)):
                await _one(own, e, draw, line, i)
    return n, sum(tag != e.tag or not e.low <= value <= e.high for tag, value in line.writes)


async def _one(bench: Bench, e: Envelope, draw: random.Random, line: Trial, i: int) -> None:
    """Every fourth is a good one, so that the line is moved between the hostile ones."""
    raised(bench, e)
    now, old = round(bench.ws.clock().timestamp() * 1e6), await line.value(e.tag)
    good_one = wish(bench, e, f"f{i}", made=now, old=old, new=_toward(old, e))
    spoilt, _ = _WAYS[draw.choice(("value", "step", "unit"))](good_one, good(bench, e)[1], e, draw)
    p = spoilt if i % 4 else good_one
    done = await gateway.submit(bench.ws, p, line.line)
    if done.state == "waiting":
        gateway.approve(bench.by("approver"), p.key)
        tended(bench, e)
        await gateway.carry_out(bench.ws, p.key, line.line)


def _toward(value: float, e: Envelope) -> float:
    """A small step towards the middle."""
    return value + (e.step / 4 if value < (e.low + e.high) / 2 else -e.step / 4)
