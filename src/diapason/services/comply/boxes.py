"""Beside the rows: what may leave, what falls due, which committee to speak to."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from diapason.engines.compliance.duties import Verdict, falling_due
from diapason.engines.compliance.flows import Flow, flow
from diapason.knowledge.artefacts import artefacts
from diapason.knowledge.committees import Committee, committees, doors
from diapason.knowledge.dates import dates
from diapason.knowledge.facts import facts as questions
from diapason.knowledge.rules import rules
from diapason.ports.workspace import Workspace
from diapason.services.permit import Known, Shown
from diapason.services.standing.claims import Claim
from diapason.services.workspace.forgetting import models
from diapason.vocabulary.language import Text

__all__ = ["STATES", "due", "flows", "speak_to"]

STATES = {
    "stays": Text("stays", "不出境"),
    "may_leave": Text("may leave", "可出境"),
    "blocked": Text("blocked", "阻断"),
    "unknown": Text("not known: stays", "未知：不得出境"),
}


def flows(ws: Workspace, what: Known, verdicts: Sequence[Verdict], shown: Shown, today: date) -> list[dict[str, Any]]:
    """Data and models: each stays, may leave by a route, is blocked, or cannot be told, and why."""
    data = ", ".join(ws.lake.datasets()) or "–"
    made = ", ".join(models(ws.ledger)) or "–"
    both = (
        (Text("data of the plant", "工厂数据"), data, "outbound", [v for v in verdicts if v.duty.before == "transfer"]),
        (Text("models", "模型"), made, "leaves_jurisdiction", [v for v in verdicts if _of_models(v)]),
    )
    found = []
    for title, names, gate, told in both:
        leaves = what.facts.get(gate)
        decision = flow(leaves if isinstance(leaves, bool) else None, gate, told, shown.proven, today)
        found.append(_flow(title, names, decision, gate, what))
    return found


def due(
    claims: Iterable[Claim], verdicts: Sequence[Verdict], regimes: Iterable[str], today: date, days: int
) -> list[dict[str, Any]]:
    """What falls due within so many days, soonest first: rules, the calendar, and papers that run out."""
    last, wanted = today + timedelta(days=days), set(regimes)
    found = [_of_rule(v, today) for v in falling_due(verdicts, today, days)]
    for day in dates():
        if today <= day.date <= last and wanted & set(day.regimes):
            said = {"kind": "calendar", "id": day.id, "day": day.date.isoformat(), "what": _both(day.title)}
            found.append({**said, "for": _both(day.for_whom), "basis": day.basis, "mark": day.mark})
    ending = [c for c in claims if c.until and today.isoformat() <= c.until[:10] <= last.isoformat()]
    found += _ending(ending)
    return sorted(found, key=lambda d: (d["day"], d["kind"]))


def speak_to(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Chinese committees whose work bears on rows that are not proven, those with most of it first, and their doors."""
    unproven = [r for r in rows if set(r["lights"].values()) & {"red", "amber", "grey"}]
    clauses = {c for r in unproven for c in r["clauses"].get("cn", ())}
    found = [(c, _bearing(c, clauses)) for c in committees().values()]
    return [_committee(c, on) for c, on in sorted(found, key=lambda f: -len(f[1])) if on]


def _of_models(v: Verdict) -> bool:
    return v.duty.before == "transfer" and all(t.fact != "outbound" for t in v.duty.when)


def _flow(title: Text, names: str, decision: Flow, gate: str, what: Known) -> dict[str, Any]:
    return {
        "thing": {"en": title.en, "zh": title.zh},
        "names": names,
        "state": decision.state,
        "why": _why(decision, gate, what),
        "routes": [{"rule": r, "title": _both(rules()[r].title)} for r in decision.routes],
        "missing": [{"id": a, "title": _both(artefacts()[a].title)} for a in decision.missing],
        "ask": list(decision.ask),
    }


def _why(decision: Flow, gate: str, what: Known) -> dict[str, str]:
    said = what.said.get(gate)
    by = said.said if said and said.said else Text("follows from what was declared", "由已申报事实推得")
    routes = [rules()[r] for r in decision.routes]
    en, zh = "; ".join(f"{r.id} {r.title.en}" for r in routes), "；".join(f"{r.id} {r.title.zh}" for r in routes)
    if decision.state == "stays":
        return {"en": f"it is not meant to leave ({by.en})", "zh": f"不拟出境（{by.zh}）"}
    if decision.state == "unknown":
        asked = [questions()[a].title for a in decision.ask]
        return {
            "en": "not answered: " + ", ".join(a.en for a in asked),
            "zh": "尚未回答：" + "、".join(a.zh for a in asked),
        }
    if decision.state == "blocked" and not decision.missing:
        return {"en": f"forbidden: {en}", "zh": f"禁止：{zh}"}
    if decision.state == "blocked":
        return {"en": f"{en}: something is missing", "zh": f"{zh}：材料不齐"}
    free = not routes
    return {
        "en": "no rule stands against it" if free else f"route: {en}",
        "zh": "无规则限制" if free else f"路径：{zh}",
    }


def _of_rule(v: Verdict, today: date) -> dict[str, Any]:
    rule, sure = rules()[v.duty.id], v.applies is True
    whom = Text("applies here", "适用于本单位") if sure else Text("may apply here: not known", "可能适用：未知")
    day = (v.due or today).isoformat()
    said = {"kind": "rule", "id": rule.id, "day": day, "what": _both(rule.title), "for": _both(whom)}
    return {**said, "basis": rule.basis, "mark": rule.mark}


def _ending(claims: Sequence[Claim]) -> list[dict[str, Any]]:
    """Papers, approvals and answers that run out, those of one day under one thing together."""
    groups: dict[tuple[str, str, str], list[Claim]] = {}
    for c in claims:
        about = "" if c.kind == "declaration" else c.about
        groups.setdefault((c.until[:10], c.kind, about), []).append(c)
    return [_ends(day, kind, about, found) for (day, kind, about), found in groups.items()]


def _ends(day: str, kind: str, about: str, found: Sequence[Claim]) -> dict[str, Any]:
    names = [c.verb or c.about.partition(":")[2] or c.about for c in found]
    count, (en, zh) = len(found), _ENDING.get(kind, ("claims", "项声明"))
    what = {"en": f"{count} {en} run out: {', '.join(names)}", "zh": f"{count} {zh}到期：{'、'.join(names)}"}
    if count == 1:
        what["en"] = f"{en.removesuffix('s')} runs out: {names[0]}"
    whom = about or f"{count}"
    return {
        "kind": kind,
        "id": found[0].id,
        "day": day,
        "what": what,
        "for": {"en": whom, "zh": whom},
        "basis": "",
        "mark": "",
    }


_ENDING = {"paper": ("papers", "份文件"), "approval": ("approvals", "项批准"), "declaration": ("answers", "个答案")}


def _bearing(committee: Committee, clauses: set[str]) -> list[str]:
    """Clauses on the page that are this committee's work."""
    return sorted({s for w in committee.watch for s in w.standards if s in clauses})


def _committee(committee: Committee, on: Sequence[str]) -> dict[str, Any]:
    ways = [doors()[d] for d in committee.doors]
    return {
        "id": committee.id,
        "title": _both(committee.title),
        "remit": _both(committee.remit),
        "on": list(on),
        "doors": [
            {
                "title": _both(d.title),
                "how": _both(d.how),
                "foreign_invested": _both(d.foreign_invested) if d.foreign_invested else None,
            }
            for d in ways
        ],
    }


def _both(text: Any) -> dict[str, str]:
    return {"en": text.en, "zh": text.zh}
