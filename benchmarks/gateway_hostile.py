"""Hostile proposals by family: each turns a proposal that would pass, in its situation, into one that must not."""

import math
import random
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from benchmarks.gateway_plant import ASSET
from diapason.engines.safety import Done, Look, Seal, Situation
from diapason.vocabulary.acting import Approval, Autonomy, Effect, Proposal
from diapason.vocabulary.line import Seen

__all__ = ["FAMILIES", "LOOKALIKES", "NUMBERS", "UNITS", "hostile"]

Case = tuple[Proposal, Situation]
SECOND = 1_000_000

NUMBERS: tuple[Any, ...] = (
    *(math.nan, math.inf, -math.inf, 5e-324, -5e-324, -0.0, 1e308, -1e308, 2**53, -(2**53), 10**400, -(10**400)),
    *(True, False, None, "121", "121.0", "1e2", b"121", 121 + 0j, Decimal(121), Fraction(121), [121.0], {"v": 121.0}),
    *(np.float64(121.0), np.float32(121.0), np.int64(121), np.array(121.0), np.nan, "nan", "٠", "１２１"),
)
UNITS: tuple[Any, ...] = (
    *("K", "[degF]", "degC", "°C", "cel", "CEL", "Cel ", " Cel", "Cel\u200b", "Ϲel", "Сel", "", "bar", "1", "%"),
    *(None, 5, b"Cel", ["Cel"], "Cel\n", "Ce\u0301l", "℃"),
)
LOOKALIKES: dict[str, str] = {"a": "а", "c": "с", "e": "е", "o": "о", "i": "і", "A": "А", "C": "С", "T": "Т", "P": "Р"}


def _spoofed(rng: random.Random, name: str) -> str:
    """A name that looks like this one, or nearly."""
    ways: list[Callable[[str], str]] = [
        lambda n: "".join(LOOKALIKES.get(c, c) for c in n),
        lambda n: n + "\u200b",
        lambda n: "\u202e" + n[::-1],
        lambda n: n.swapcase(),
        lambda n: n.replace("-", "\u2010").replace(".", "\u2024"),
        lambda n: n + " ",
        lambda n: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in n),
        lambda n: n + "\0",
        lambda n: f"../{n}",
        lambda n: n * 3000,
        lambda n: n + "@1",
    ]
    made = rng.choice(ways)(name)
    return made if made != name else name + "x"


def _number(rng: random.Random, p: Proposal, s: Situation) -> Case:
    return replace(p, **{rng.choice(("new", "new", "old")): rng.choice(NUMBERS)}), s


def _outside(rng: random.Random, p: Proposal, s: Situation) -> Case:
    e = s.envelope
    assert e is not None
    side = rng.choice((-1, 1))
    edge = e.high if side > 0 else e.low
    by = rng.choice((math.ulp(edge), 1e-9, 1e-3, 1.0, 1e6, 1e300)) * side
    return replace(p, new=edge + by if edge + by != edge else math.nextafter(edge, side * math.inf)), s


def _leap(rng: random.Random, p: Proposal, s: Situation) -> Case:
    assert s.envelope is not None
    by = s.envelope.step * rng.choice((1 + 1e-9, 1.001, 1.5, 3.0))
    way = 1 if p.old + by <= s.envelope.high else -1
    return replace(p, new=p.old + way * by), s


def _unit(rng: random.Random, p: Proposal, s: Situation) -> Case:
    return replace(p, unit=rng.choice([u for u in UNITS if u != p.unit])), s


def _time(rng: random.Random, p: Proposal, s: Situation) -> Case:
    now = s.now
    pairs: list[tuple[Any, Any]] = [
        (now - 10 * SECOND, now),
        (now - 10 * SECOND, now - rng.randrange(1, 10**12)),
        (now + 6 * SECOND + rng.randrange(10**12), now + 10**13),
        (now, now + 86_400 * SECOND + 1 + rng.randrange(10**9)),
        (now, now - 1),
        (float(now), now + 10**8),
        (now, float(now + 10**8)),
        (now, "tomorrow"),
        (True, now + 10**8),
        (now, 10**400),
        (None, None),
    ]
    made, expires = rng.choice(pairs)
    return replace(p, made=made, expires=expires), s


def _clock(rng: random.Random, p: Proposal, s: Situation) -> Case:
    """Our own clock jumps: behind the ledger, or ahead of every reading."""
    if rng.random() < 0.5:
        return p, replace(s, now=0)
    later = s.now + rng.randrange(11 * SECOND, 10**12)
    return replace(p, made=later, expires=later + 10**8), replace(s, now=later)


def _sensor(rng: random.Random, p: Proposal, s: Situation) -> Case:
    tag = rng.choice(sorted(s.readings))
    look = s.readings[tag]
    broken: list[Look | None] = [
        replace(look, trust=Seen.BAD),
        replace(look, trust=Seen.DOUBTFUL),
        replace(look, value=math.nan),
        replace(look, value=math.inf),
        replace(look, unit="K"),
        None,
    ]
    if tag == p.tag:
        broken += [
            replace(look, received=s.now - 6 * SECOND - rng.randrange(10**9)),
            replace(look, value=look.value + 1),
        ]
    else:
        broken += [
            replace(look, at=s.now - 11 * SECOND - rng.randrange(10**12)),
            replace(look, at=s.now + 6 * SECOND + rng.randrange(10**12)),
            replace(look, value=rng.choice((-1.0, 140.0, 201.0, 1e30))),
        ]
    now = rng.choice(broken)
    rest = {t: r for t, r in s.readings.items() if t != tag}
    return p, replace(s, readings=rest if now is None else {**rest, tag: now})


def _mode(rng: random.Random, p: Proposal, s: Situation) -> Case:
    return p, replace(
        s, mode=rng.choice(("", "manual", "maintenance", "locked", "Automatic", "automatic ", "аutomatic"))
    )


def _replay(rng: random.Random, p: Proposal, s: Situation) -> Case:
    if rng.random() < 0.5:
        return p, replace(s, begun=True, known_as=s.digest)
    if rng.random() < 0.5:
        return p, replace(s, known_as="0" * 64)
    return replace(p, key=rng.choice(("", "k~back1", "k~undo1", "a b", "k\n", "k" * 81, None, 7, "../k"))), s


def _approval(rng: random.Random, p: Proposal, s: Situation) -> Case:
    """At A3, with an approval that is not one."""
    given = Approval(s.digest, "li", "0" * 64, s.now - SECOND, s.now + 10**8, "")
    good = Seal(genuine=True, may=True, apart=True)
    pairs: list[tuple[Approval | None, Seal | None]] = [
        (None, None),
        (None, good),
        (given, None),
        (replace(given, proposal="1" * 64), good),
        (replace(given, proposal=s.digest.upper() if s.digest.upper() != s.digest else ""), good),
        (replace(given, expires=s.now), good),
        (replace(given, expires=s.now - rng.randrange(1, 10**12)), good),
        (replace(given, made=s.now + 6 * SECOND), good),
        (given, replace(good, genuine=False)),
        (given, replace(good, may=False)),
        (given, replace(good, apart=False)),
    ]
    approval, seal = rng.choice(pairs)
    return p, replace(s, level=Autonomy.A3, approval=approval, seal=seal)


def _tag(rng: random.Random, p: Proposal, s: Situation) -> Case:
    swaps: list[dict[str, Any]] = [
        {"tag": _spoofed(rng, p.tag)},
        {"asset": _spoofed(rng, p.asset)},
        {"tag": rng.choice(("FIC-101.SP", "TIC-201.PV", "TIC-201.OP", "*", "", None, 7, (p.tag,), "TIC-201"))},
        {"asset": rng.choice(("K-201", "*", "", None, "R-101/..", ASSET + "," + ASSET))},
    ]
    return replace(p, **rng.choice(swaps)), s


def _other_envelope(rng: random.Random, p: Proposal, s: Situation) -> Case:
    assert s.envelope is not None
    others = [None, replace(s.envelope, tag="FIC-101.SP"), replace(s.envelope, asset="K-201")]
    return p, replace(s, envelope=rng.choice(others))


def _agent(rng: random.Random, p: Proposal, s: Situation) -> Case:
    ways: list[Case] = [
        (replace(p, agent=_spoofed(rng, p.agent)), s),
        (replace(p, agent=rng.choice(("", None, 7, "wang", "gateway", "*", ["advice"]))), s),
        (p, replace(s, signer=rng.choice(("", "0" * 64, s.signer.upper() + "0", s.signer[:-1])))),
        (p, replace(s, manifest=None)),
        (p, replace(s, manifest=replace(s.manifest, expires="2020-01-01T00:00:00+00:00")) if s.manifest else s),
        (p, replace(s, manifest=replace(s.manifest, keyid=""), signer="") if s.manifest else s),
        (p, replace(s, manifest=replace(s.manifest, permissions=())) if s.manifest else s),
    ]
    return rng.choice(ways)


def _level(rng: random.Random, p: Proposal, s: Situation) -> Case:
    return p, replace(s, level=Autonomy(rng.randrange(3)))


def _hurry(rng: random.Random, p: Proposal, s: Situation) -> Case:
    """Too soon, too fast, too often, spent."""
    e = s.envelope
    assert e is not None
    just = s.now - rng.randrange(1, 50 * SECOND)
    ways = [
        replace(s, recent=(Done("x", "advice", just, p.old - e.rate, p.old),)),
        replace(s, envelope=replace(e, dwell=60.0), recent=(Done("x", "advice", just, p.old, p.old),)),
        replace(s, recent=(Done("x", "advice", s.now + 10**7, p.old, p.old),)),
        replace(s, recent=tuple(Done("x", "advice", s.now - 10**9, p.old, p.old) for _ in range(e.daily))),
        replace(s, asked_today=10**10),
    ]
    return p, rng.choice(ways)


def _crowd(rng: random.Random, p: Proposal, s: Situation) -> Case:
    return p, replace(s, **rng.choice(({"holder": "other"}, {"busy": "k-of-other"}, {"holder": p.agent + "\u200b"})))


def _undo(rng: random.Random, p: Proposal, s: Situation) -> Case:
    was = Done("w", "other", s.now - 10**9, p.new, p.old)
    ways = [None, was, replace(was, agent=p.agent, old=p.new + 0.1), replace(was, agent=p.agent, new=p.old + 0.1)]
    return replace(p, undoes="w"), replace(s, undone=rng.choice(ways))


def _twin(rng: random.Random, p: Proposal, s: Situation) -> Case:
    pv = "TIC-201.PV"
    lock = [k for k in (s.envelope.interlocks if s.envelope else ()) if k.tag == pv]
    far = Effect(pv, 119.0, lock[0].value if lock else 1e9, "Cel", 900.0)
    ways: list[tuple[Any, ...] | None] = [
        None,
        (),
        (far,),
        (replace(far, low=math.nan),),
        (replace(far, high=math.inf),),
        (replace(far, low=121.0, high=119.0),),
        (replace(far, high=122.0, unit="K"),),
        (replace(far, high=122.0), far),
    ]
    return p, replace(s, level=Autonomy.A4, approval=None, seal=None, forecast=rng.choice(ways))


def _promise(rng: random.Random, p: Proposal, s: Situation) -> Case:
    ways: list[Any] = [
        "warm",
        7,
        Effect("TIC-201.PV", math.nan, 1.0, "Cel", 9.0),
        Effect("TIC-201.PV", 0.0, 1.0, "Cel", 9.0),
    ]
    return replace(p, effect=rng.choice(ways)), s


def _stop(rng: random.Random, p: Proposal, s: Situation) -> Case:
    return p, replace(s, stops=rng.choice((("all",), (ASSET,), ("typing error",), ("all (Permission denied)",))))


FAMILIES: dict[str, Callable[[random.Random, Proposal, Situation], Case]] = {
    "odd numbers": _number,
    "outside the limits": _outside,
    "too large a step": _leap,
    "other units": _unit,
    "times": _time,
    "clock jumps": _clock,
    "stale or broken sensors": _sensor,
    "modes": _mode,
    "replays": _replay,
    "approvals": _approval,
    "swapped tags": _tag,
    "other envelopes": _other_envelope,
    "other agents": _agent,
    "levels": _level,
    "too fast, too often": _hurry,
    "other agents at the tag": _crowd,
    "undo of others' writes": _undo,
    "against the twin": _twin,
    "false promises": _promise,
    "stopped": _stop,
}


def hostile(rng: random.Random, p: Proposal, s: Situation) -> tuple[str, Case]:
    """One family at random, in one of five cases a second one on top."""
    name = rng.choice(tuple(FAMILIES))
    case = FAMILIES[name](rng, p, s)
    if rng.random() < 0.2:
        case = _on_top(rng, case)
    return name, case


def _on_top(rng: random.Random, case: Case) -> Case:
    """A second thing wrong, where the first leaves enough to work on."""
    more = rng.choice((_unit, _time, _mode, _stop, _level, _crowd, _replay))
    try:
        return more(rng, *case)
    except (TypeError, AttributeError):
        return case
