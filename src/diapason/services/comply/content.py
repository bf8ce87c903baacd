"""The page of a supplier: the sentence, the rows, then what may leave, what falls due, whom to speak to."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from diapason.knowledge.artefacts import artefacts
from diapason.knowledge.facts import facts as questions
from diapason.ports.workspace import Workspace
from diapason.services.comply.boxes import STATES
from diapason.services.comply.rows import REGIMES, ROLES
from diapason.services.page.content import Cell, Content, Section
from diapason.vocabulary.language import Language, Text

__all__ = ["content"]

_KIND = {"red": "state act", "amber": "state look", "green": "state yes", "none": "state no", "grey": "untested"}
_MARKS = {
    "seen": Text("read in a public text", "见于公开文本"),
    "recalled": Text("recalled, not checked again", "凭记忆，未再核对"),
    "inferred": Text("our reading", "自行理解"),
}
_ACTIONS = {
    "research": Text("research", "研发"),
    "import": Text("bring in a model of others", "引入第三方模型"),
    "processing": Text("process personal data", "处理个人信息"),
    "training": Text("train", "训练"),
    "release": Text("release", "发布"),
    "use": Text("use", "使用"),
    "transfer": Text("transfer abroad", "转移出境"),
    "output": Text("put out content", "输出内容"),
}
_SHORT = {
    "red": Text("missing: blocks", "缺失：阻断"),
    "amber": Text("missing: not yet due", "缺失：未到期"),
    "grey": Text("not known", "未知"),
    "green": Text("proven", "已证明"),
    "none": Text("does not apply", "不适用"),
}


def content(ws: Workspace, done: Mapping[str, Any], behind: Sequence[Mapping[str, Any]], language: Language) -> Content:
    """The page in one language."""
    role = ROLES[done["role"]](language)
    regimes = " · ".join(REGIMES[r](language) for r in done["regimes"])
    sections = [_rows(done, language), _asked(done, language), _flows(done, language), _risk(done, language)]
    sections[2:2] = [_permissions(done, language)]
    sections += [_due(done, language), _bodies(done, language), _doors(done, language)]
    return Content(
        title=f"{Text('What must be shown', '合规一页')(language)} · {ws.name}",
        facts=(ws.name, role, regimes, done["day"]),
        verdict=done["verdict"][language],
        lead=_lead(done, language),
        hero=None,
        sections=tuple(s for s in sections if s is not None),
        runs=tuple(_shown(facts) for facts in behind),
    )


def _lead(done: Mapping[str, Any], language: Language) -> str:
    """What to do first: the shortest work that frees something; and what this page is not."""
    red = [r for r in done["rows"] if "red" in r["lights"].values()]
    first = min(red, key=lambda r: r["days"], default=None)
    ready = Text(
        "It says what is ready, never what is certified; days are our estimates.",
        "本页只说明是否齐备，不构成认证；工作量为估计值。",
    )
    if first is None:
        return ready(language)
    names = [m["title"][language] for m in first["missing"]]
    listed = Text(", ".join(names), "、".join(names))(language)
    title = first["title"][language]
    unit = "person-day" if first["days"] == 1 else "person-days"
    said = Text(
        f"Shortest way to free one row: {title}, {first['days']:g} {unit} ({listed}). ",
        f"最快可解除的一行：{title}，约 {first['days']:g} 人日（{listed}）。",
    )
    return said(language) + ready(language)


def _rows(done: Mapping[str, Any], language: Language) -> Section:
    heads = [Text("matter", "事项")]
    heads += [REGIMES[r] for r in done["regimes"]]
    heads += [Text("proven", "已证明"), Text("missing", "缺失"), Text("days", "人日")]
    heads += [Text("deadline", "期限")]
    lead = Text(
        "The state under each regime; beneath it that side's clauses on the matter, whether they bind here or not.",
        "各法域下的状态；其下列出该法域就同一事项的条款，无论在此是否适用。",
    )
    made = [_row(r, done["regimes"], language) for r in done["rows"]]
    return Section(
        "rows",
        Text("What must be shown", "各项要求")(language),
        lead(language),
        (),
        _said(heads, language),
        tuple(made),
    )


def _row(r: Mapping[str, Any], regimes: Sequence[str], language: Language) -> tuple[Cell, ...]:
    comma = "、" if language == "zh" else ", "
    lights = [
        Cell(_SHORT[r["lights"][x]](language), kind=_KIND[r["lights"][x]], more=comma.join(r["clauses"].get(x, ())))
        for x in regimes
    ]
    run = r["proven"][0]["run"] if len(r["proven"]) == 1 else ""
    days = Cell(f"{r['days']:g}" if r["days"] else "–", kind="n")
    lights.append(
        Cell(comma.join(p["title"][language] for p in r["proven"]) or "–", run=run, more=_proofs(r["proven"], language))
    )
    lights.append(Cell(comma.join(m["title"][language] for m in r["missing"]) or "–", more=_under(r, language)))
    return (Cell(r["title"][language], more=comma.join(r["rules"])), *lights, days, Cell(r["deadline"][language]))


def _proofs(proven: Sequence[Mapping[str, Any]], language: Language) -> str:
    """Papers with the first day on which one runs out, runs by their id; a single run is a link instead."""
    runs = [p["run"] for p in proven if p["run"]]
    others = [p for p in proven if not p["run"]]
    if not others and len(runs) == 1:
        return ""
    days = sorted(p["until"][:10] for p in others if p["until"])
    last = Text(f", until {days[0]}", f"，至 {days[0]}") if days else Text("", "")
    noun = "paper" if len(others) == 1 else "papers"
    signed = Text(f"{len(others)} signed {noun}{last.en}", f"{len(others)} 份签名文件{last.zh}")(language)
    return " · ".join([*([signed] if others else []), *runs])


def _under(r: Mapping[str, Any], language: Language) -> str:
    """Who makes what is missing, what stood and fell, and what nobody has answered."""
    comma = "、" if language == "zh" else ", "
    parts = []
    if r["who"]:
        who = comma.join(w[language] for w in r["who"])
        parts.append(Text(f"by {who}", f"由{who}完成")(language))
    fallen = [f for m in r["missing"] for f in m["fallen"]]
    if fallen:
        parts.append(Text(f"fallen: {', '.join(fallen)}", f"已失效：{'、'.join(fallen)}")(language))
    parts += [_ask(r["ask"], language)] if r["ask"] else []
    return " · ".join(parts)


def _ask(asked: Sequence[str], language: Language) -> str:
    if not asked:
        return ""
    names = [questions()[a].title for a in asked]
    en, zh = ", ".join(n.en for n in names), "、".join(n.zh for n in names)
    return Text(f"not answered: {en}", f"尚未回答：{zh}")(language)


def _asked(done: Mapping[str, Any], language: Language) -> Section | None:
    if not done["questions"] and not done["conflicts"]:
        return None
    count = len(done["questions"])
    lead = Text(
        f"{count} questions are open. Unknown is never taken for no: what hangs on them is grey.",
        f"尚有 {count} 个问题未回答。未知绝不视为否：取决于它们的行为灰色。",
    )
    regimes = ",".join(done["regimes"])
    code = f"diapason comply --regimes {regimes} --role {done['role']} --sheet questions.csv\n"
    code += f"diapason comply --regimes {regimes} --role {done['role']} --from questions.csv --as NAME"
    note = " ".join(c["said"][language] for c in done["conflicts"])
    return Section("asked", Text("Questions to answer", "待回答的问题")(language), lead(language), note=note, code=code)


def _flows(done: Mapping[str, Any], language: Language) -> Section:
    heads = (Text("what", "内容"), Text("may it leave", "能否出境"), Text("why", "原因"), Text("missing", "缺失"))
    kinds = {"stays": "state no", "may_leave": "state yes", "blocked": "state act", "unknown": "untested"}
    comma = "、" if language == "zh" else ", "
    made = [
        (
            Cell(f["thing"][language], more=f["names"]),
            Cell(STATES[f["state"]](language), kind=kinds[f["state"]]),
            Cell(f["why"][language]),
            Cell(comma.join(m["title"][language] for m in f["missing"]) or "–"),
        )
        for f in done["flows"]
    ]
    lead = Text("What nobody has said may leave, stays.", "未声明可出境的，一律不出境。")(language)
    return Section("flows", Text("What may leave", "数据流向")(language), lead, (), _said(heads, language), tuple(made))


def _risk(done: Mapping[str, Any], language: Language) -> Section:
    level = done["level"]
    span = f"{level['low']}" if level["known"] else f"{level['low']} … {level['high']}"
    reasons = ("；" if language == "zh" else "; ").join(r[language] for r in level["reasons"])
    title = Text("Risk level, 1 to 5 (our table)", "风险等级 1–5（自定表）")(language)
    made = [(Cell(title), Cell(span, more=reasons or _ask(level["ask"], language)))]
    names = {
        "ai_act": Text("AI Act", "欧盟《人工智能法》"),
        "machinery": Text("Machinery Regulation", "欧盟《机械条例》"),
    }
    for key in ("ai_act", "machinery") if "eu" in done["regimes"] else ():
        for c in done["classes"][key]:
            kind = "untested" if c["holds"] is None else "state act" if c["id"] == "prohibited" else ""
            more = f"{c['means'][language]} ({c['basis']})" if c["holds"] else _ask(c["ask"], language)
            made.append((Cell(names[key](language)), Cell(c["title"][language], kind=kind, more=more)))
    return Section("risk", Text("Risk class", "风险类别")(language), "", (), (), tuple(made))


def _due(done: Mapping[str, Any], language: Language) -> Section:
    days = done["days"]
    title = Text(f"What falls due in {days} days", f"{days} 天内到期")(language)
    if not done["due"]:
        return Section("due", title, Text("Nothing.", "无。")(language))
    heads = (Text("day", "日期"), Text("what", "事项"), Text("for whom", "对象"), Text("basis", "依据"))
    made = [
        (
            Cell(d["day"]),
            Cell(d["what"][language]),
            Cell(d["for"][language]),
            Cell(d["basis"], more=_MARKS[d["mark"]](language) if d["mark"] else ""),
        )
        for d in done["due"]
    ]
    return Section("due", title, "", (), _said(heads, language), tuple(made))


def _bodies(done: Mapping[str, Any], language: Language) -> Section | None:
    if not done["committees"]:
        return None
    heads = (Text("committee", "标准化组织"), Text("remit", "职责"), Text("on what", "涉及标准"))
    comma = "、" if language == "zh" else ", "
    made = [
        (Cell(c["id"], more=c["title"][language]), Cell(c["remit"][language]), Cell(comma.join(c["on"])))
        for c in done["committees"]
    ]
    lead = Text("Chinese bodies whose standards bear on rows that are not proven.", "其标准涉及尚未证明的行。")
    title = Text("Whom to speak to", "可对接的标准化组织")(language)
    return Section("bodies", title, lead(language), (), _said(heads, language), tuple(made))


def _doors(done: Mapping[str, Any], language: Language) -> Section | None:
    """The ways in, each once."""
    ways = {d["title"]["en"]: d for c in done["committees"] for d in c["doors"]}
    if not ways:
        return None
    heads = (Text("door", "途径"), Text("how", "做法"), Text("firms with foreign capital", "外商投资企业"))
    made = [
        (Cell(d["title"][language]), Cell(d["how"][language]), Cell((d["foreign_invested"] or {}).get(language, "–")))
        for d in ways.values()
    ]
    return Section("doors", Text("How", "参与途径")(language), "", (), _said(heads, language), tuple(made))


def _permissions(done: Mapping[str, Any], language: Language) -> Section | None:
    """Which actions wait, and for what; those that nothing waits for are not told."""
    told = [p for p in done["permissions"] if p["allowed"] is not True]
    if not told:
        return None
    heads = (Text("action", "动作"), Text("may it", "是否允许"), Text("rules", "规则"), Text("waits for", "所缺材料"))
    lead = Text(
        "While training, release or use waits for something, diapason publish refuses a model.",
        "训练、发布或使用尚缺材料时，diapason publish 拒绝发布模型。",
    )
    title = Text("What may be done", "允许的动作")(language)
    made = tuple(_permission(p, language) for p in told)
    return Section("permissions", title, lead(language), (), _said(heads, language), made)


def _permission(p: Mapping[str, Any], language: Language) -> tuple[Cell, ...]:
    comma = "、" if language == "zh" else ", "
    state = Cell(Text("not now", "暂不允许")(language), kind="state act")
    if p["allowed"] is None:
        state = Cell(Text("not known", "未知")(language), kind="untested")
    why = comma.join(b["rule"] for b in p["blocked_by"]) or comma.join(p["unknown"])
    names = dict.fromkeys(m for b in p["blocked_by"] for m in b["missing"])
    waits = comma.join(artefacts()[n].title(language) for n in names) or "–"
    return Cell(_ACTIONS[p["action"]](language)), state, Cell(why), Cell(waits)


def _said(heads: Sequence[Text], language: Language) -> tuple[str, ...]:
    return tuple(h(language) for h in heads)


def _shown(facts: Mapping[str, Any]) -> dict[str, Any]:
    shown = {key: facts[key] for key in ("run", "at", "dataset", "verb")}
    text = json.dumps({"plan": facts.get("plan"), "result": facts.get("result")}, ensure_ascii=False, indent=1)
    return {**shown, "text": text}
