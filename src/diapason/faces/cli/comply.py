"""`diapason comply`: what must be shown under each regime, what is, what is missing, by when, who."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from diapason.faces.cli.arguments import Misused, Option
from diapason.faces.cli.columns import wrapped
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["comply"]

_SIGNS = {
    "red": Text("■ blocks", "■ 阻断"),
    "amber": Text("▲ missing", "▲ 缺失"),
    "grey": Text("? unknown", "? 未知"),
    "green": Text("✓ proven", "✓ 已证明"),
    "none": Text("–", "–"),
}
_COLON = {"en": ": ", "zh": "："}
_STATES = {
    "stays": Text("stays", "不出境"),
    "may_leave": Text("may leave", "可出境"),
    "blocked": Text("blocked", "阻断"),
    "unknown": Text("stays (not known)", "不得出境（未知）"),
}
_REGIMES = {"cn": Text("China", "中国"), "eu": Text("EU", "欧盟"), "iso": Text("ISO", "ISO")}


@command(
    Text(
        "What must be shown in China and Europe: proven, missing, by when, by whom; and what may leave.",
        "在中国和欧盟须出示什么：已证明、缺失、期限与责任人，以及哪些数据可出境。",
    ),
    good="diapason comply --regimes cn,eu --role supplier --to page.html",
    bad=Text("diapason comply --regimes mars -> no regime 'mars'", "diapason comply --regimes mars -> 没有法域“mars”"),
)
def comply(  # roomy: one parameter for each option of the command
    face: Face,
    *,
    regimes: Annotated[str, Option("--regimes", "Of cn, eu, iso", "法域 cn、eu、iso")] = "cn,eu",
    role: Annotated[
        str,
        Option(
            "--role",
            "supplier, provider, deployer or owner",
            "supplier 供应商、provider 提供者、deployer 部署者、owner 工厂",
        ),
    ] = "supplier",
    to: Annotated[Path | None, Option("--to", "HTML file to write", "要写出的 HTML 文件")] = None,
    sheet: Annotated[
        Path | None, Option("--sheet", "Write the open questions as CSV", "将待回答的问题写成 CSV 问卷")
    ] = None,
    from_: Annotated[
        Path | None, Option("--from", "Take in a filled sheet, signed by who acts", "读入已填问卷，由操作人签名")
    ] = None,
    days: Annotated[int, Option("--days", "Look so many days ahead", "向前查看的天数", least=0, most=3650)] = 90,
) -> None:
    """Call the service that was asked for."""
    from diapason.services import comply as service

    if sheet and from_:
        raise Misused(
            Text("a sheet is written or taken in, not both", "问卷不能同时写出与读入"),
            at="--sheet, --from",
            fix=Text("choose one", "请二选一"),
        )
    ws, wanted = face.open(), [r.strip() for r in regimes.split(",") if r.strip()]
    if sheet:
        face.result(_sheet(face, service.ask(ws, sheet, regimes=wanted, role=role), regimes, role))
        return
    taken = service.answer(ws, from_) if from_ else None
    done = service.run(ws, regimes=wanted, role=role, days=days, to=to, language=face.language)
    if taken:
        face.say(
            Text(
                f"{taken['stored']} answers stored, signed by {taken['person']}.",
                f"已存入 {taken['stored']} 个答案，由 {taken['person']} 签名。",
            )
        )
    _tell(face, done)
    face.result(done if taken is None else {**done, "stored": taken})


def _sheet(face: Face, done: dict[str, Any], regimes: str, role: str) -> dict[str, Any]:
    face.say(
        Text(
            f"{done['questions']} open questions in {done['sheet']}; {done['answered']} are answered.",
            f"{done['sheet']} 中有 {done['questions']} 个待回答的问题；已回答 {done['answered']} 个。",
        )
    )
    nxt = f"diapason comply --regimes {regimes} --role {role} --from {face.quoted(done['sheet'])}"
    face.say(Text(f"Fill the column 'answer', then: {nxt}", f"填写 answer 列，然后：{nxt}"))
    return done


def _tell(face: Face, done: Mapping[str, Any]) -> None:
    face.say(wrapped(done["verdict"][face.language]))
    for conflict in done["conflicts"]:
        face.say(wrapped(conflict["said"][face.language]))
    if done["rows"]:
        face.say("")
        heads = [
            Text("what", "内容"),
            *(_REGIMES[r] for r in done["regimes"]),
            Text("days", "人日"),
            Text("deadline", "期限"),
        ]
        face.table(heads, [_line(r, done["regimes"], face) for r in done["rows"]])
    _missing(face, done["rows"])
    _level(face, done)
    waits = [p["action"] for p in done["permissions"] if p["allowed"] is False]
    if waits:
        names = ", ".join(waits)
        face.say(wrapped(Text(f"Not allowed now: {names}", f"暂不允许：{names}")(face.language), indent=2))
    for f in done["flows"]:
        state = f"{_STATES[f['state']](face.language)} · {f['why'][face.language]}"
        face.say(wrapped(f"{f['thing'][face.language]}{_COLON[face.language]}{state}", indent=2))
    _due(face, done)
    if done["committees"]:
        names = ", ".join(f"{c['id']} ({', '.join(c['on'])})" for c in done["committees"])
        face.say(wrapped(Text(f"Committees: {names}", f"可对接：{names}")(face.language), indent=2))
    face.say("")
    face.say(wrapped(_next(done)(face.language), indent=2))


def _line(r: Mapping[str, Any], regimes: Sequence[str], face: Face) -> list[str]:
    lights = [_SIGNS[r["lights"][x]](face.language) for x in regimes]
    return [r["title"][face.language], *lights, f"{r['days']:g}" if r["days"] else "–", r["deadline"][face.language]]


def _missing(face: Face, rows: Sequence[Mapping[str, Any]]) -> None:
    """Row by row: what is missing and who makes it; what nobody has answered."""
    comma = "、" if face.language == "zh" else ", "
    face.say("")
    for r in rows:
        parts = []
        if r["proven"]:
            names = comma.join(p["title"][face.language] for p in r["proven"])
            parts.append(Text(f"proven {names}", f"已证明 {names}"))
        if r["missing"]:
            names = comma.join(f"{m['title'][face.language]} ({m['id']})" for m in r["missing"])
            who = comma.join(w[face.language] for w in r["who"])
            parts.append(Text(f"missing {names}; by {who}", f"缺 {names}；由{who}完成"))
        if r["ask"]:
            asked = ", ".join(r["ask"])
            parts.append(Text(f"ask {asked}", f"待回答 {asked}"))
        said = (". " if face.language == "en" else "。").join(p(face.language) for p in parts)
        face.say(wrapped(f"{r['title'][face.language]}{_COLON[face.language]}{said}", indent=2))


def _level(face: Face, done: Mapping[str, Any]) -> None:
    level = done["level"]
    span = str(level["low"]) if level["known"] else f"{level['low']}-{level['high']}"
    reasons = "; ".join(r[face.language] for r in level["reasons"]) or ", ".join(level["ask"])
    face.say("")
    face.say(
        wrapped(
            Text(f"Risk level {span} of 5 (our table): {reasons}", f"风险等级 {span}（共 5 级，自定表）：{reasons}")(
                face.language
            ),
            indent=2,
        )
    )
    for c in done["classes"]["ai_act"] if "eu" in done["regimes"] else ():
        state = Text("", "") if c["holds"] else Text(" (not known)", "（未知）")
        title = c["title"]
        face.say(
            wrapped(
                Text(f"AI Act: {title['en']}{state.en}", f"欧盟《人工智能法》：{title['zh']}{state.zh}")(face.language),
                indent=2,
            )
        )


def _due(face: Face, done: Mapping[str, Any]) -> None:
    if not done["due"]:
        return
    days = done["days"]
    face.say("")
    face.say(Text(f"Due in {days} days:", f"{days} 天内到期："))
    for line in done["due"]:
        said = f"{line['day']}  {line['what'][face.language]} · {line['for'][face.language]}"
        face.say("  " + wrapped(said, indent=14, line=78))


def _next(done: Mapping[str, Any]) -> Text:
    if done["questions"]:
        said = f"diapason comply --regimes {','.join(done['regimes'])} --role {done['role']} --sheet questions.csv"
        count = len(done["questions"])
        return Text(f"Next, {count} questions: {said}", f"下一步，回答 {count} 个问题：{said}")
    missing = next((m for r in done["rows"] for m in r["missing"]), None)
    if missing is None:
        return Text("Next: diapason standing", "下一步：diapason standing")
    said = missing["supply"]
    return Text(f"Next: {said}", f"下一步：{said}")
