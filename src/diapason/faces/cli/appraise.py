"""`diapason appraise`: where the enterprise stands in a model of maturity, claimed and proven."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from diapason.faces.cli.arguments import Argument, Misused, Option
from diapason.faces.cli.columns import wrapped
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["appraise"]

_GROUNDS = 12
"""Grounds of an item that are listed; --json has all."""


@command(
    Text(
        "See where you stand in a model of maturity: level claimed and level proven, gaps, next best steps.",
        "查看在成熟度模型中的位置：申报级别与证实级别、差距及最优下一步。",
    ),
    good="diapason appraise annex2 --item 7",
    bad=Text(
        "diapason appraise dcmn -> there is no model of maturity 'dcmn'",
        "diapason appraise dcmn -> 没有成熟度模型“dcmn”",
    ),
)
def appraise(
    face: Face,
    model: Annotated[
        str,
        Argument(
            "annex2, dcmm, dcmm-2018, cmmm, siri, a model of this workspace, or a file FILE.yaml",
            "annex2、dcmm、dcmm-2018、cmmm、siri、本工作区的模型或文件 FILE.yaml",
        ),
    ] = "",
    *,
    item: Annotated[str, Option("--item", "Tell one item in full: 7, 11.2", "详示一个条目：7、11.2")] = "",
    run: Annotated[
        str, Option("--run", "Show a former appraisal again, from its signed answers", "按已签名答复重现以往评估")
    ] = "",
    facts: Annotated[
        bool, Option("--facts", "List every fact that a clause can ask for", "列出条款可引用的全部事实")
    ] = False,
) -> None:
    """Call the service and say where one stands."""
    from diapason.services import appraise as service

    ws = face.open()
    if facts:
        _facts(face, service.listed(ws))
    elif run:
        _again(face, service.again(ws, run))
    elif not model:
        raise _missing(service.names(ws))
    else:
        _now(face, service.run(ws, model, item=item), model)


def _now(face: Face, done: Mapping[str, Any], model: str) -> None:
    _head(face, done)
    _fell(face, done["fell"])
    if done["item"]:
        _item(face, done["item"])
    else:
        _table(face, done["dimensions"])
    _steps(face, done["steps"])
    _next(face, done, model)
    face.result(done)


def _fell(face: Face, clauses: Sequence[Mapping[str, Any]]) -> None:
    """What a machine counted lower than the time before."""
    for one in clauses:
        en, zh = (f"{one['code'].partition('.')[2]} {one['text'][lang]}" for lang in ("en", "zh"))
        face.say(wrapped(Text(f"Fell since the last appraisal: {en}.", f"较上次评估下降：{zh}。")(face.language)))


def _missing(names: Sequence[str]) -> Misused:
    known = ", ".join(names)
    fix = Text(f"choose one of: {known}; or name a file", f"可选：{known}；或给出文件")
    return Misused(Text("MODEL is missing", "缺少 MODEL"), at="MODEL", fix=fix)


def _again(face: Face, done: Mapping[str, Any]) -> None:
    _head(face, done)
    _table(face, done["dimensions"])
    face.say("")
    if done["follows"]:
        said = Text("It follows from the answers that were signed with it", "结果可由当时签名的答复重新得出")
    else:
        said = Text("It does NOT follow from the answers that were signed with it", "结果无法由当时签名的答复得出")
    face.say(Text(f"{said.en} ({done['run']}, {done['at'][:10]}).", f"{said.zh}（{done['run']}，{done['at'][:10]}）。"))
    face.result(done)


def _head(face: Face, done: Mapping[str, Any]) -> None:
    said, zh = done["model"], face.language == "zh"
    face.say(wrapped(said["title"][face.language]))
    claimed, proven = done["claimed"], done["proven"]
    called = claimed["name"][face.language], proven["name"][face.language]
    words = Text(
        f"Ready for level {claimed['level']} {called[0]} as claimed ({claimed['score']:.2f}), "
        f"level {proven['level']} {called[1]} as proven ({proven['score']:.2f}).",
        f"就绪程度：申报 {claimed['level']} 级“{called[0]}”（{claimed['score']:.2f}），"
        f"证实 {proven['level']} 级“{called[1]}”（{proven['score']:.2f}）。",
    )
    face.say(wrapped(words(face.language)))
    rest = 1 - done["counted"] - done["declared"]
    shares = Text(
        f"Confidence {done['counted']:.0%}: that share of the clauses, by weight, is counted by machine; "
        f"{done['declared']:.0%} is declared by people, {rest:.0%} is not tested.",
        f"置信度 {done['counted']:.0%}：按权重，这一比例的条款由系统计数；{done['declared']:.0%} 由人申报，"
        f"{rest:.0%} 未检验。",
    )
    face.say(wrapped(shares(face.language)))
    if done["held_by"]:
        names = Text("; ", "；")(face.language).join(
            f"{d['code']} {d['title'][face.language]}" for d in done["held_by"]
        )
        held = Text(f"Held back by the weakest part: {names}.", f"受最弱部分制约：{names}。")
        face.say(wrapped(held(face.language)))
    if said["note"]:
        face.say(wrapped(said["note"]["zh" if zh else "en"]))


def _table(face: Face, dimensions: Sequence[Mapping[str, Any]]) -> None:
    face.say("")
    heads = (
        Text("item", "条目"),
        Text("claimed", "申报"),
        Text("proven", "证实"),
        Text("counted", "计数"),
        Text("gaps", "差距"),
        Text("grounds", "依据"),
    )
    rows: list[tuple[str, ...]] = []
    for dimension in dimensions:
        rows.append((_label(dimension, "", face), *_levels(dimension), "", ""))
        rows += [
            (_label(item, "  ", face), *_levels(item), str(len(item["gaps"])), str(len(item["on"])))
            for item in dimension["items"]
        ]
    face.table(heads, rows)


def _label(part: Mapping[str, Any], before: str, face: Face) -> str:
    return _short(f"{before}{part['code']} {part['title'][face.language]}")


def _levels(part: Mapping[str, Any]) -> tuple[str, str, str]:
    claimed, proven = (f"{part[s]['level']} ({part[s]['score']:.2f})" for s in ("claimed", "proven"))
    return claimed, proven, f"{part['counted']:.0%}"


def _short(text: str, most: int = 36) -> str:
    """A title that leaves room for the figures."""
    from diapason.faces.cli.columns import width

    if width(text) <= most:
        return text
    while width(text) > most - 1:
        text = text[:-1]
    return text.rstrip() + "…"


_STATES = {
    "met": Text("met", "满足"),
    "partly": Text("partly", "部分"),
    "not met": Text("not met", "不满足"),
    "not tested": Text("not tested", "未检验"),
}
_BY = {"machine": Text("counted", "系统计数"), "person": Text("declared", "人工申报"), "": Text("", "")}


def _item(face: Face, item: Mapping[str, Any]) -> None:
    face.say("")
    title = item["title"][face.language]
    said = Text(
        f"{item['code']} {title}: claimed {item['claimed']['score']:.2f}, proven {item['proven']['score']:.2f}",
        f"{item['code']} {title}：申报 {item['claimed']['score']:.2f}，证实 {item['proven']['score']:.2f}",
    )
    face.say(said)
    for clause in item["clauses"]:
        state, by = _STATES[clause["state"]](face.language), _BY[clause["by"]](face.language)
        head = f"L{clause['level']} [{state}{', ' + by if by else ''}] "
        face.say("  " + wrapped(head + clause["text"][face.language], indent=6))
        face.say(" " * 6 + wrapped(_because(clause, face), indent=6, line=74))
    on = item["on"]
    more = len(on) - _GROUNDS
    rest = (
        Text(f" and {more} more (--json has all)", f" 等另外 {more} 项（--json 列全）")(face.language)
        if more > 0
        else ""
    )
    grounds = ", ".join(on[:_GROUNDS]) + rest if on else Text("nothing yet", "暂无")(face.language)
    face.say("  " + wrapped(Text(f"Stands on: {grounds}", f"依据：{grounds}")(face.language), indent=2))


def _because(clause: Mapping[str, Any], face: Face) -> str:
    """What was found, and how that is known."""
    why = clause["why"][face.language]
    disputed = Text(" (a person claims more than was counted)", "（申报高于计数结果）")(face.language)
    if clause["state"] == "not tested":
        return str(why)
    value, limit = _value(clause["value"], clause["unit"], face), clause["limit"]
    wanted = Text(f", wanted {limit}", f"，要求 {limit}")(face.language) if limit else ""
    return f"{value}{wanted}{Text(': ', '：')(face.language)}{why}{disputed if clause['disputed'] else ''}"


def _value(value: Any, unit: str, face: Face) -> str:
    if isinstance(value, bool):
        return (Text("yes", "是") if value else Text("no", "否"))(face.language)
    if isinstance(value, float | int):
        return f"{value:,.4g}" + (f" {unit}" if unit not in ("", "1") else "") if value < 1e4 else f"{value:,.0f}"
    return "–" if value is None else str(value)


def _steps(face: Face, steps: Sequence[Mapping[str, Any]]) -> None:
    if not steps:
        return
    face.say("")
    face.say(
        Text(
            "Next best steps (days of work; how far they move the levels claimed and proven):",
            "最优下一步（工作日；对申报与证实级别的提升）：",
        )
    )
    for one in steps:
        effect = one["effect"]
        head = f"{one['effort_days']:g} d  +{effect['claimed']:.3f} +{effect['proven']:.3f}  "
        colon = Text(": ", "：")(face.language)
        text = f"{one['item']} {one['item_title'][face.language]}{colon}{one['do'][face.language]}"
        face.say("  " + wrapped(head + text, indent=6))
        if one["command"]:
            face.say(f"      {one['command']}")


def _next(face: Face, done: Mapping[str, Any], model: str) -> None:
    face.say("")
    if done["open_questions"]:
        said = Text(
            f"{done['open_questions']} questions are open; answer them on a sheet: "
            f"diapason declare --sheet answers.csv --model {model}",
            f"尚有 {done['open_questions']} 个问题待答，可用表格作答："
            f"diapason declare --sheet answers.csv --model {model}",
        )
        face.say(wrapped(said(face.language)))
    run = Text(f"Signed as {done['run']}.", f"已签名：{done['run']}。")
    face.say(run)
    way = f"diapason roadmap --model {model}"
    face.say(Text(f"Next: {way}", f"下一步：{way}"))


def _facts(face: Face, done: Mapping[str, Any]) -> None:
    for fact in done["facts"]:
        by = _BY.get(fact["by"], Text("", ""))(face.language) or Text("not known", "未知")(face.language)
        value = "" if fact["value"] is None else f" {_value(fact['value'], fact['unit'], face)}"
        face.say(f"{fact['name']}{value} ({by})")
        meaning = (fact["why"] or fact["said"] or {}).get(face.language, "")
        face.say("  " + wrapped(meaning, indent=2))
    face.result(done)
