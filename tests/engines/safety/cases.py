"""A proposal that the gateway's list lets pass, and one case for every way in which it may not."""

import math
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from diapason.engines.safety import Done, Look, Seal, Situation
from diapason.vocabulary.acting import (
    Approval,
    Autonomy,
    Effect,
    Envelope,
    Interlock,
    Manifest,
    Permission,
    Proposal,
    Relation,
    Right,
)
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Kind, Seen

__all__ = ["ALLOWED", "CASES", "GOOD", "SCENE", "SECOND"]

SECOND, DAY = 1_000_000, 86_400_000_000
NOW = 1_795_000_000_000_000
A, T, PV = "R-101", "TIC-201.SP", "TIC-201.PV"
LOCK = Interlock(PV, Relation.BELOW, 140.0, "Cel", freshest=10.0, low=0.0, high=200.0)
ENVELOPE = Envelope(
    A, T, "Cel", 110.0, 130.0, step=2.0, rate=4.0, dwell=60.0, daily=3, interlocks=(LOCK,), near=0.05, fallback=118.0
)
MANIFEST = Manifest(
    "advice",
    1,
    "k" * 64,
    "wang",
    "2027-06-30T23:59:59+00:00",
    A,
    "",
    (
        Permission(Right.READ, A, T, Autonomy.A1),
        Permission(Right.WRITE, A, T, Autonomy.A4),
        Permission(Right.WRITE, A, "X", Autonomy.A3),
    ),
    budget={"proposals_per_day": 10.0},
)
GOOD = Proposal("k1", "advice", A, T, 120.0, 121.0, "Cel", NOW - SECOND, NOW + 900 * SECOND)
APPROVAL = Approval("d" * 64, "li", "p" * 64, NOW - SECOND, NOW + 900 * SECOND, "sig")
SCENE = Situation(
    now=NOW,
    digest="d" * 64,
    manifest=MANIFEST,
    signer="k" * 64,
    level=Autonomy.A3,
    envelope=ENVELOPE,
    readings={T: Look(120.0, "Cel", NOW - 900 * SECOND, NOW, Seen.GOOD), PV: Look(119.5, "Cel", NOW, NOW, Seen.GOOD)},
    mode="automatic",
    recent=(Done("k0", "other", NOW - 3600 * SECOND, 119.0, 120.0),),
    asked_today=1,
    forecast=(Effect(PV, 118.0, 123.0, "Cel", 900.0),),
    approval=APPROVAL,
    seal=Seal(genuine=True, may=True, apart=True),
    watched=True,
    stops=(),
)


class Odd(str):
    """A text that could answer any question about itself as it likes."""

    __slots__ = ()


def p(**changes: Any) -> tuple[Proposal, Situation]:
    return replace(GOOD, **changes), SCENE


def s(**changes: Any) -> tuple[Proposal, Situation]:
    return GOOD, replace(SCENE, **changes)


def e(_new: Any = GOOD, **changes: Any) -> tuple[Proposal, Situation]:
    return _new, replace(SCENE, envelope=replace(ENVELOPE, **changes))


def moved(old: float, new: float) -> tuple[Proposal, Situation]:
    return replace(GOOD, old=old, new=new), look(T, value=old)[1]


def m(**changes: Any) -> tuple[Proposal, Situation]:
    return s(manifest=replace(MANIFEST, **changes))


def look(tag: str, **changes: Any) -> tuple[Proposal, Situation]:
    return s(readings={**SCENE.readings, tag: replace(SCENE.readings[tag], **changes)})


def lock(value: float, relation: Relation, bound: float = 119.5) -> tuple[Proposal, Situation]:
    held = e(interlocks=(replace(LOCK, relation=relation, value=bound),))[1]
    return GOOD, replace(held, readings={**SCENE.readings, PV: Look(value, "Cel", NOW, NOW)}, forecast=None)


def done(ago: float, old: float = 119.0, new: float = 120.0, key: str = "k0", agent: str = "other") -> Done:
    return Done(key, agent, NOW - int(ago * SECOND), old, new)


def seen(**changes: Any) -> tuple[Proposal, Situation]:
    return s(forecast=(replace(Effect(PV, 118.0, 123.0, "Cel", 900.0), **changes),))


def undo(was: Done | None, old: float = 121.0, new: float = 120.0) -> tuple[Proposal, Situation]:
    wish = replace(GOOD, old=old, new=new, undoes="k0")
    now = {**SCENE.readings, T: Look(old, "Cel", NOW, NOW)}
    return wish, replace(SCENE, undone=was, readings=now)


def approval(**changes: Any) -> tuple[Proposal, Situation]:
    return s(approval=replace(APPROVAL, **changes))


def seal(**changes: bool) -> tuple[Proposal, Situation]:
    return s(seal=replace(Seal(genuine=True, may=True, apart=True), **changes))


X = replace(ENVELOPE, tag=PV, unit="Cel", low=100.0, high=122.0)
MINE = Done("k0", "advice", NOW - 3600 * SECOND, 120.0, 121.0)

CASES: dict[str, list[tuple[str, tuple[Proposal, Situation]]]] = {
    "identity": [
        ("nobody", s(manifest=None)),
        ("another name", p(agent="advise")),
        ("a look-alike in Cyrillic", p(agent="аdvice")),
        ("no text", p(agent=7)),
        ("a text that is its own kind", p(agent=Odd("advice"))),
        ("unsigned", s(signer="")),
        ("signed by another", s(signer="x" * 64)),
        ("a manifest without a key", (GOOD, replace(SCENE, manifest=replace(MANIFEST, keyid=""), signer=""))),
        ("registration over", m(expires="2020-01-01T00:00:00+00:00")),
        ("registration ends now", (GOOD, replace(SCENE, now=1_814_399_999_000_000))),
        ("a day without a zone", m(expires="2027-06-30T23:59:59")),
        ("no day", m(expires="some day")),
    ],
    "permission": [
        ("another asset", p(asset="R-102")),
        ("another tag", p(tag="TIC-202.SP")),
        ("a look-alike tag", p(tag="TIС-201.SP")),
        ("no text", p(tag=("TIC-201.SP",))),
        ("asset no text", p(asset=None)),
        ("a tag that is its own kind", p(tag=Odd(T))),
        ("an asset that is its own kind", p(asset=Odd(A))),
        ("may only read", m(permissions=(Permission(Right.READ, A, T, Autonomy.A4),))),
    ],
    "level": [
        ("A2", s(level=Autonomy.A2)),
        ("A0", s(level=Autonomy.A0)),
        ("the manifest's ceiling", m(permissions=(Permission(Right.WRITE, A, T, Autonomy.A2),))),
        ("may propose as advice alone", m(permissions=(Permission(Right.PROPOSE, A, T, Autonomy.A2),))),
    ],
    "envelope": [
        ("none", s(envelope=None, no_envelope=Text("none", "无"))),
        ("another tag's", e(tag="X")),
        ("another asset's", e(asset="X")),
    ],
    "value": [
        ("nan", p(new=math.nan)),
        ("old nan", p(old=math.nan)),
        ("inf", p(new=math.inf)),
        ("-inf", p(new=-math.inf)),
        ("huge", p(new=10**400)),
        ("huge int", e(replace(GOOD, new=2**53), high=1e300, step=1e300, rate=1e300)),
        ("negative huge int", e(replace(GOOD, new=-(2**53)), low=-1e300, step=1e300, rate=1e300)),
        ("minus zero", e(replace(GOOD, old=1.0, new=-0.0), low=-5.0)),
        ("subnormal", e(replace(GOOD, old=1.0, new=5e-324), low=-5.0)),
        ("true", e(replace(GOOD, old=0.0, new=True), low=-5.0)),
        ("text", p(new="121")),
        ("none", p(new=None)),
        ("complex", p(new=121 + 0j)),
        ("not whole", e(replace(GOOD, new=120.5), kind=Kind.WHOLE)),
        ("no switch", e(replace(GOOD, old=0.0, new=0.5), kind=Kind.SWITCH, low=0.0)),
        ("a text tag", e(kind=Kind.TEXT)),
        ("no change", p(new=120.0)),
    ],
    "unit": [
        ("Fahrenheit", p(unit="[degF]")),
        ("case", p(unit="cel")),
        ("degree sign", p(unit="°C")),
        ("none", p(unit="")),
        ("no text", p(unit=None)),
        ("space", p(unit="Cel ")),
    ],
    "moment": [
        ("future", p(made=NOW + 6 * SECOND)),
        ("expired", p(expires=NOW)),
        ("too long", p(made=NOW - SECOND, expires=NOW - SECOND + DAY + 1)),
        ("ends before it begins", p(made=NOW + 4 * SECOND, expires=NOW + 3 * SECOND)),
        ("ends as it begins", p(made=NOW + 4 * SECOND, expires=NOW + 4 * SECOND)),
        ("no whole number", p(made=float(NOW))),
        ("true", p(expires=True)),
        ("our clock went back", s(now=0)),
    ],
    "limits": [
        ("above", moved(129.5, 130.5)),
        ("below", moved(110.5, 109.5)),
        ("present outside, above", moved(130.5, 129.5)),
        ("present outside, below", moved(109.5, 110.5)),
    ],
    "step": [("up", p(new=122.01)), ("down", p(new=117.99))],
    "rate": [
        ("with those before", (GOOD, replace(e(dwell=0.0)[1], recent=(done(30, 116.5, 118), done(20, 118, 119.9))))),
        ("alone", e(rate=0.5)),
        ("to and fro", (GOOD, replace(e(dwell=0.0, rate=2.9)[1], recent=(done(30, 119, 120), done(20, 120, 119))))),
    ],
    "dwell": [
        ("too soon", s(recent=(done(59.9),))),
        ("the newest counts, wherever it stands", s(recent=(done(30), done(3600)))),
        ("the clock went back", (GOOD, replace(e(dwell=0.0)[1], recent=(done(-1, 0, 0),)))),
    ],
    "daily": [("spent", s(recent=(done(9000), done(8000), done(7000))))],
    "budget": [
        ("spent", s(asked_today=11)),
        ("the usual one", (GOOD, replace(m(budget={})[1], asked_today=1441))),
        ("one that nobody keeps", m(budget={"seconds_per_day": 10.0})),
        ("of writes, unknown", m(budget={"writes_per_day": 10.0})),
        ("of writes, none", (GOOD, replace(m(budget={"writes_per_day": 0.0})[1], written=()))),
        ("of writes, spent", (GOOD, replace(m(budget={"writes_per_day": 2.0})[1], written=(NOW - 9, NOW - 5)))),
        ("of writes, of the future", (GOOD, replace(m(budget={"writes_per_day": 1.0})[1], written=(NOW + DAY,)))),
    ],
    "interlocks": [
        ("no reading", s(readings={T: SCENE.readings[T]})),
        ("bad", look(PV, trust=Seen.BAD)),
        ("doubtful", look(PV, trust=Seen.DOUBTFUL)),
        ("nan", look(PV, value=math.nan)),
        ("another unit", look(PV, unit="K")),
        ("stale", look(PV, at=NOW - 11 * SECOND)),
        ("of the future", look(PV, at=NOW + 6 * SECOND)),
        ("below all sensors", look(PV, value=-1.0)),
        ("above all sensors", (GOOD, replace(lock(201.0, Relation.ABOVE)[1]))),
        ("violated <", look(PV, value=140.0)),
        ("violated <=", lock(119.6, Relation.AT_MOST)),
        ("violated >", lock(119.5, Relation.ABOVE)),
        ("violated >=", lock(119.4, Relation.AT_LEAST)),
        ("violated ==", lock(119.6, Relation.EQUAL)),
        ("no relation", lock(119.5, "~")),  # type: ignore[arg-type]
    ],
    "mode": [
        ("manual", s(mode="manual")),
        ("unknown", s(mode="")),
        ("unknown, though the envelope has a mode without name", (GOOD, replace(e(modes=("",))[1], mode=""))),
    ],
    "exclusion": [("another agent", s(holder="other")), ("an action that waits", s(busy="k7"))],
    "undo": [
        ("of nothing", undo(None)),
        ("of another's", undo(replace(MINE, agent="other"))),
        ("of another key", undo(replace(MINE, key="k9"))),
        ("not where it came from", undo(MINE, new=119.5)),
        ("not from where it went", undo(replace(MINE, new=121.5))),
    ],
    "effect": [
        ("foresees nothing", s(forecast=())),
        ("above the interlock", seen(high=141.0)),
        ("wholly above the interlock", seen(low=140.5, high=141.0)),
        ("another unit", seen(unit="K")),
        ("nan", seen(high=math.nan)),
        ("low nan", seen(low=math.nan)),
        ("no lower end", seen(low=-math.inf)),
        ("no upper end of a tag without bounds", seen(tag="Z", high=math.inf)),
        ("upside down", seen(low=124.0)),
        ("above the other tag's envelope", s(bounds={PV: X})),
        ("below the other tag's envelope", s(bounds={PV: replace(X, low=118.5, high=130)})),
        ("the other tag's in another unit", s(bounds={PV: replace(X, high=130.0, unit="K")})),
        ("one end breaks", (GOOD, replace(e(interlocks=(replace(LOCK, relation=Relation.ABOVE, value=119.0),))[1]))),
        ("promised higher", (replace(GOOD, effect=Effect(PV, 124.0, 126.0, "Cel", 9)), SCENE)),
        ("promised lower", (replace(GOOD, effect=Effect(PV, 110.0, 117.0, "Cel", 9)), SCENE)),
        ("promised in another unit", (replace(GOOD, effect=Effect(PV, 119.0, 122.0, "K", 9)), SCENE)),
        ("promises no effect", p(effect="warm")),
        (
            "promises what only looks like an effect",
            p(effect=SimpleNamespace(tag="Z", unit="K", low=1, high=2, after=1)),
        ),
        ("promises of no tag", p(effect=Effect(None, 1.0, 2.0, "Cel", 9))),  # type: ignore[arg-type]
        ("promises in no unit", p(effect=Effect("Z", 1.0, 2.0, None, 9))),  # type: ignore[arg-type]
        ("promises nan", p(effect=Effect("Z", 1.0, math.nan, "K", 9))),
        ("promises at no time", p(effect=Effect("Z", 1.0, 2.0, "K", math.inf))),
        ("promises upside down", p(effect=Effect("Z", 2.0, 1.0, "K", 9))),
        ("alone without a twin", s(level=Autonomy.A4, forecast=None)),
    ],
    "approval": [
        ("none", s(approval=None)),
        ("nobody looked at it", s(seal=None)),
        ("of another thing", approval(proposal="e" * 64)),
        ("not genuine", seal(genuine=False)),
        ("may not", seal(may=False)),
        ("the agent's own", seal(apart=False)),
        ("ended", approval(expires=NOW)),
        ("of the future", approval(made=NOW + 6 * SECOND)),
    ],
    "old value": [
        ("moved since", look(T, value=120.1)),
        ("moved down since", look(T, value=119.9)),
        ("not read", s(readings={PV: SCENE.readings[PV]})),
        ("bad", look(T, trust=Seen.BAD)),
        ("nan", look(T, value=math.nan)),
        ("another unit", look(T, unit="K")),
        ("read long ago", look(T, received=NOW - 6 * SECOND)),
        ("exact without a tolerance", (GOOD, replace(look(T, value=120.001)[1], envelope=replace(ENVELOPE, near=0.0)))),
    ],
    "once": [
        ("done before", s(begun=True)),
        ("another proposal before", s(known_as="e" * 64)),
        ("no key", p(key="")),
        ("a key with a sign", p(key="k1/..")),
        ("the gateway's own", p(key="k1~undo1")),
        ("no text", p(key=None)),
        ("too long", p(key="k" * 81)),
        ("a line's end", p(key="k1\n")),
    ],
    "watch": [("none", s(watched=False)), ("not known", s(watched=Situation(NOW, "").watched))],
    "stop": [("one", s(stops=("all",))), ("not known", (GOOD, replace(SCENE, stops=Situation(NOW, "").stops)))],
}
"""By the rule that must say no: what is wrong, and the proposal in its situation."""

ALONE = replace(SCENE, level=Autonomy.A4, approval=None, seal=None)
ALLOWED: dict[str, tuple[Proposal, Situation]] = {
    "approved": (GOOD, SCENE),
    "alone": (GOOD, ALONE),
    "A5": (
        GOOD,
        replace(
            ALONE,
            level=Autonomy.A5,
            manifest=replace(MANIFEST, permissions=(Permission(Right.WRITE, A, T, Autonomy.A5),)),
        ),
    ),
    "without a twin, approved": s(forecast=None),
    "as an int": p(new=121),
    "at the high limit": (
        replace(GOOD, old=129.0, new=130.0),
        replace(SCENE, readings={**SCENE.readings, T: Look(129.0, "Cel", NOW, NOW)}),
    ),
    "at the low limit": (
        replace(GOOD, old=111.0, new=110.0),
        replace(SCENE, readings={**SCENE.readings, T: Look(111.0, "Cel", NOW, NOW)}),
    ),
    "from the high limit": (
        replace(GOOD, old=130.0, new=129.0),
        replace(SCENE, readings={**SCENE.readings, T: Look(130.0, "Cel", NOW, NOW)}),
    ),
    "from the low limit": (
        replace(GOOD, old=110.0, new=111.0),
        replace(SCENE, readings={**SCENE.readings, T: Look(110.0, "Cel", NOW, NOW)}),
    ),
    "the largest step": p(new=122.0),
    "a step at the edge of doubles": (
        replace(GOOD, old=1.0, new=1.1),
        replace(
            SCENE,
            envelope=replace(ENVELOPE, low=0.0, step=0.1),
            readings={**SCENE.readings, T: Look(1.0, "Cel", NOW, NOW)},
        ),
    ),
    "to zero": (
        replace(GOOD, old=1.0, new=0.0),
        replace(SCENE, envelope=replace(ENVELOPE, low=0.0), readings={**SCENE.readings, T: Look(1.0, "Cel", NOW, NOW)}),
    ),
    "the smallest normal number": (
        replace(GOOD, old=1.0, new=2.2250738585072014e-308),
        replace(SCENE, envelope=replace(ENVELOPE, low=0.0), readings={**SCENE.readings, T: Look(1.0, "Cel", NOW, NOW)}),
    ),
    "a whole number": e(kind=Kind.WHOLE),
    "the largest whole number": (
        replace(GOOD, old=2**53 - 2, new=2**53 - 1),
        replace(
            SCENE,
            envelope=replace(ENVELOPE, high=1e300),
            readings={**SCENE.readings, T: Look(2.0**53 - 2, "Cel", NOW, NOW)},
        ),
    ),
    "a switch on": (
        replace(GOOD, old=0, new=1),
        replace(
            SCENE,
            envelope=replace(ENVELOPE, kind=Kind.SWITCH, low=0.0),
            readings={**SCENE.readings, T: Look(0.0, "Cel", NOW, NOW)},
        ),
    ),
    "a clock a little ahead": p(made=NOW + 5 * SECOND),
    "the longest wait": p(made=NOW - SECOND, expires=NOW - SECOND + DAY),
    "ends in a moment": p(expires=NOW + 1),
    "the rate exactly": e(rate=1.0),
    "what is older than a minute doesn't count for the rate": (
        GOOD,
        replace(e(dwell=0.0, rate=1.0)[1], recent=(done(60, 119, 120),)),
    ),
    "rested exactly long enough": s(recent=(done(60),)),
    "never written": s(recent=()),
    "need not rest": (GOOD, replace(e(dwell=0.0)[1], recent=(done(0),))),
    "yesterday's writes do not count": s(recent=(done(86_400), done(8000), done(7000))),
    "the last proposal of the day": s(asked_today=10),
    "the last write of the day": (GOOD, replace(m(budget={"writes_per_day": 2.0})[1], written=(NOW - 9,))),
    "an interlock at its freshest": look(PV, at=NOW - 10 * SECOND),
    "a source a little ahead": look(PV, at=NOW + 5 * SECOND),
    "a source without units": look(PV, unit=""),
    "the lowest that a sensor reads": (GOOD, replace(look(PV, value=0.0)[1], forecast=None)),
    "the highest that a sensor reads": lock(200.0, Relation.ABOVE),
    "a sensor without a range": (
        GOOD,
        replace(
            look(PV, value=-300.0)[1], envelope=replace(ENVELOPE, interlocks=(replace(LOCK, low=None, high=None),))
        ),
    ),
    "holds <=": lock(119.5, Relation.AT_MOST),
    "holds >": lock(119.6, Relation.ABOVE),
    "holds >=": lock(119.5, Relation.AT_LEAST),
    "holds ==": lock(119.5, Relation.EQUAL),
    "no interlocks": e(interlocks=()),
    "its own tag": s(holder="advice"),
    "its own action": s(busy="k1"),
    "takes back its own": undo(MINE),
    "foreseen as promised": (replace(GOOD, effect=Effect(PV, 119.0, 122.0, "Cel", 9)), SCENE),
    "promised as low as foreseen": (replace(GOOD, effect=Effect(PV, 110.0, 118.0, "Cel", 9)), SCENE),
    "promised as high as foreseen": (replace(GOOD, effect=Effect(PV, 123.0, 130.0, "Cel", 9)), SCENE),
    "promises exactly one value": (replace(GOOD, effect=Effect("Z", 1.0, 1.0, "K", 9)), SCENE),
    "promises something of another tag": (replace(GOOD, effect=Effect("Z", 1.0, 2.0, "K", 9)), SCENE),
    "foresees another tag": seen(tag="Z", unit="K"),
    "foresees exactly one value": seen(low=120.0, high=120.0),
    "inside the other tag's envelope": s(bounds={PV: replace(X, low=118.0, high=123.0)}),
    "approved a little ahead": approval(made=NOW + 5 * SECOND),
    "approved until soon": approval(expires=NOW + 1),
    "read a moment ago": look(T, received=NOW - 5 * SECOND),
    "nearly the old value": look(T, value=120.05),
    "as near as allowed": (GOOD, replace(look(T, value=120.5)[1], envelope=replace(ENVELOPE, near=0.5))),
    "known under the same digest": s(known_as="d" * 64),
    "the longest key": p(key="k" * 80),
}
"""What must pass: on the right side of each edge."""
