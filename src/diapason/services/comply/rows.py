"""The rows of the page: per topic a light for each regime, what is proven, what is missing, by when, and who."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from diapason.engines.compliance.duties import Verdict
from diapason.engines.compliance.truth import Facts
from diapason.knowledge.artefacts import artefacts, people
from diapason.knowledge.crosswalk import crosswalk
from diapason.knowledge.rules import rules
from diapason.knowledge.topics import Topic, topics
from diapason.services.permit import Shown, supply
from diapason.vocabulary.language import Text
from diapason.vocabulary.wire import plain

__all__ = ["BEFORE", "LIGHTS", "REGIMES", "ROLES", "Seen", "clauses_of", "rows"]

REGIMES = {"cn": Text("China", "中国"), "eu": Text("European Union", "欧盟"), "iso": Text("ISO/IEC", "ISO/IEC")}

ROLES = {
    "supplier": Text("supplier", "供应商"),
    "provider": Text("provider", "提供者"),
    "deployer": Text("deployer", "部署者"),
    "owner": Text("plant owner", "工厂"),
}

LIGHTS = {
    "red": Text("missing, due or blocking", "缺失，已到期或阻断"),
    "amber": Text("missing, not yet due", "缺失，尚未到期"),
    "grey": Text("not known", "未知"),
    "green": Text("proven", "已证明"),
    "none": Text("does not apply", "不适用"),
}
"""What a light says, gravest first."""

BEFORE = {
    "use": Text("before use", "使用前"),
    "training": Text("before training", "训练前"),
    "release": Text("before release", "发布前"),
    "transfer": Text("before transfer", "转移前"),
    "import": Text("at import", "引入时"),
    "processing": Text("before processing", "处理前"),
    "output": Text("at output", "输出时"),
    "research": Text("before research", "研发前"),
    "": Text("no day is set", "未规定日期"),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """What the rows are drawn from."""

    verdicts: Sequence[Verdict]
    shown: Shown
    regimes: tuple[str, ...]
    today: date
    incident: bool  # whether one is open; without one, its duties wait and ask nothing
    target: str = ""  # the newest model, for the command that supplies what is missing
    facts: Facts = field(default_factory=dict)


def rows(seen: Seen) -> list[dict[str, Any]]:
    """A row for each topic on which any duty of these regimes applies or may apply; the gravest first."""
    made = [row for topic in topics() if (row := _row(topic, seen))]
    order = list(LIGHTS)
    return sorted(made, key=lambda r: min(order.index(light) for light in r["lights"].values()))


def clauses_of(names: Iterable[str], regimes: Iterable[str]) -> dict[str, list[str]]:
    """Clauses that speak of any of these artefacts, per regime, by the crosswalk."""
    wanted = set(names)
    found = [c for c in crosswalk() if wanted & set(c.artefacts)]
    return {r: list(dict.fromkeys(x for c in found for x in getattr(c, r))) for r in regimes}


def _row(topic: Topic, seen: Seen) -> dict[str, Any] | None:
    own = set(topic.artefacts)
    here = [v for v in seen.verdicts if own & set(v.duty.artefacts)]
    lights = {r: _light(r, own, here, seen) for r in seen.regimes}
    if set(lights.values()) == {"none"}:
        return None
    binding = [v for v in here if any(v.regimes.get(r) is True for r in seen.regimes)]
    needed = [a for v in binding for a in v.duty.artefacts if a in own]
    needed = list(dict.fromkeys(needed))
    missing = [a for a in needed if a not in seen.shown.proven]
    deadline = _deadline([v for v in binding if set(v.duty.artefacts) & set(missing)], seen.today)
    return {
        "id": topic.id,
        "title": _both(topic.title),
        "lights": lights,
        "proven": [_proven(a, seen) for a in needed if a in seen.shown.proven],
        "missing": [_missing(a, seen) for a in missing],
        "clauses": _clauses(topic, needed, binding, seen.regimes),
        "days": sum(artefacts()[a].days for a in missing),
        "deadline": deadline,
        "who": [_both(people()[w].title) for w in dict.fromkeys(artefacts()[a].who for a in missing)],
        "rules": [v.duty.id for v in binding],
        "ask": list(dict.fromkeys(a for v in here if _open(v, seen) for a in v.ask)),
    }


def _light(regime: str, own: set[str], here: Sequence[Verdict], seen: Seen) -> str:
    told = [v for v in here if regime in v.regimes]
    needed = [(v, a) for v in told if v.regimes[regime] is True for a in v.duty.artefacts if a in own]
    missing = [v for v, a in needed if a not in seen.shown.proven]
    if any(v.binding(seen.today) and (v.duty.before or v.due or v.duty.hours) for v in missing):
        return "red"
    if missing:
        return "amber"
    if any(v.regimes[regime] is None and _open(v, seen) for v in told):
        return "grey"
    return "green" if needed else "none"


def _open(v: Verdict, seen: Seen) -> bool:
    """Whether a duty that cannot be told is asked about now: those of incidents wait until one is open."""
    return None in v.regimes.values() and (seen.incident or not rules()[v.duty.id].clocks)


def _deadline(lacking: Sequence[Verdict], today: date) -> dict[str, Any]:
    """The first day among duties that lack something; the action they block where they have none."""
    days = [v.due for v in lacking if v.due is not None]
    coming = min((d for d in days if d > today), default=None)
    now = [v for v in lacking if v.binding(today) and (v.duty.before or v.due or v.duty.hours)]
    if now:
        actions = list(dict.fromkeys(v.duty.before for v in now if v.duty.before))
        words = [BEFORE[a] for a in actions] or [Text("now", "立即")]
        en, zh = ", ".join(w.en for w in words), "、".join(w.zh for w in words)
        return {"day": today.isoformat(), "en": f"now, {en}" if actions else en, "zh": f"已到，{zh}" if actions else zh}
    if coming:
        return {"day": coming.isoformat(), "en": coming.isoformat(), "zh": coming.isoformat()}
    return {"day": "", **plain(BEFORE[""])} if lacking else {"day": "", "en": "–", "zh": "–"}


def _clauses(
    topic: Topic, needed: Sequence[str], binding: Sequence[Verdict], regimes: Iterable[str]
) -> dict[str, list[str]]:
    """By the crosswalk for what is needed; else what the topic is about; else what the rules rest on."""
    found = clauses_of(needed, regimes)
    for regime, clauses in found.items():
        if not clauses:
            clauses += [x for c in crosswalk() if c.id in topic.crossings for x in getattr(c, regime)]
        if not clauses:
            clauses += [rules()[v.duty.id].basis for v in binding if v.regimes.get(regime)]
    return {r: list(dict.fromkeys(c)) for r, c in found.items()}


def _proven(name: str, seen: Seen) -> dict[str, Any]:
    proof = seen.shown.proven[name][-1]
    return {"id": name, "title": _both(artefacts()[name].title), "by": proof.id, "run": proof.run, "until": proof.until}


def _missing(name: str, seen: Seen) -> dict[str, Any]:
    a = artefacts()[name]
    lost = [p.id for p in seen.shown.lost.get(name, ())]
    who = _both(people()[a.who].title)
    how = supply(name, seen.target, seen.facts)
    said = {"id": name, "title": _both(a.title), "what": _both(a.what), "days": a.days}
    return {**said, "who": who, "fallen": lost, "supply": how}


def _both(text: Any) -> dict[str, str]:
    return {"en": text.en, "zh": text.zh}
