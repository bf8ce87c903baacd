"""`diapason declare`: a person's signed word on what no machine can count."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from diapason.faces.cli.arguments import Argument, Misused, Option
from diapason.faces.cli.columns import wrapped
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

if TYPE_CHECKING:
    from diapason.services.workspace import Workspace

__all__ = ["declare"]


@command(
    Text(
        "Answer in your name what no machine can count; signed, with a document, until a day; or answer on a sheet.",
        "以本人名义回答系统无法计数的问题：签名、可附文件、有期限；也可用表格批量作答。",
    ),
    good='diapason declare annex2.7.c yes --evidence appointment.pdf --note "chief data officer"',
    bad=Text(
        "diapason declare models_learnt 5 -> 'models_learnt' is counted here, not declared",
        "diapason declare models_learnt 5 -> “models_learnt”由系统计数，不能申报",
    ),
)
def declare(
    face: Face,
    fact: Annotated[
        str, Argument("What is answered; none lists what was declared", "所答事实；不写则列出已申报内容")
    ] = "",
    value: Annotated[
        str, Argument("yes, no, 0.5, 80%, a number; - takes it back", "是、否、0.5、80%、数字；- 表示撤回")
    ] = "",
    *,
    evidence: Annotated[Path | None, Option("--evidence", "Document to keep with it", "随附留存的文件")] = None,
    note: Annotated[str, Option("--note", "A remark", "备注")] = "",
    until: Annotated[str, Option("--until", "Last day on which it holds; default a year", "有效期至；默认一年")] = "",
    sheet: Annotated[
        Path | None, Option("--sheet", "Write the open questions to this file", "将待答问题写入此文件")
    ] = None,
    model: Annotated[str, Option("--model", "The sheet is about this model alone", "表格只针对此模型")] = "",
    answers: Annotated[Path | None, Option("--from", "Take in the filled sheet", "读入已填写的表格")] = None,
) -> None:
    """Call the service that was asked for."""
    from diapason.services import declare as service

    _one_thing(bool(fact), bool(value), sheet is not None, answers is not None)
    ws = face.open()
    if sheet is not None:
        _written(face, service.to_sheet(ws, sheet, model=model))
    elif answers is not None:
        _taken(face, service.from_sheet(ws, answers, model=model))
    elif fact:
        paper = "" if evidence is None else evidence
        _declared(face, service.declare(ws, fact, value, evidence=paper, note=note, until=until))
    else:
        _list(face, ws)


def _one_thing(fact: bool, value: bool, to_write: bool, to_read: bool) -> None:
    """Refuse more than one wish at a time, and a fact without its value."""
    if fact + to_write + to_read > 1:
        raise Misused(
            Text("one answer, a sheet to write, or a sheet to read: one at a time", "单条作答、写表、读表只能选一"),
            at="FACT, --sheet, --from",
            fix=Text("choose one", "请三选一"),
        )
    if fact and not value:
        raise Misused(
            Text("VALUE is missing", "缺少 VALUE"),
            at="VALUE",
            fix=Text("say yes, no, a degree, a share or a number", "请答是、否、程度、比例或数字"),
        )


def _declared(face: Face, done: Mapping[str, Any]) -> None:
    if done["withdrawn"]:
        face.say(
            Text(f"{done['fact']} is taken back by {done['person']}.", f"{done['person']} 已撤回 {done['fact']}。")
        )
    else:
        paper = done["evidence"]
        said = Text(
            f"{done['person']} declares {done['fact']}: {_shown(done['value'], face)}, until {done['until']}"
            + (f", with {paper['name']}." if paper else ", without a document."),
            f"{done['person']} 申报 {done['fact']}：{_shown(done['value'], face)}，有效期至 {done['until']}"
            + (f"，附 {paper['name']}。" if paper else "，未附文件。"),
        )
        face.say(wrapped(said(face.language)))
        if done["question"]:
            colon = Text(": ", "：")(face.language)
            face.say(wrapped(done["item"][face.language] + colon + done["question"][face.language], indent=2))
        else:
            face.aside(
                Text(
                    "No model of maturity here asks for it; it is kept all the same.",
                    "此处没有成熟度模型询问该事实，仍予保存。",
                )
            )
    face.result(done)


def _written(face: Face, done: Mapping[str, Any]) -> None:
    face.say(
        Text(
            f"{done['questions']} open questions: {done['file']} ({done['answered']} are answered already)",
            f"{done['questions']} 个待答问题：{done['file']}（{done['answered']} 个已答）",
        )
    )
    face.say(
        Text(
            "Fill in value, and where you can until, evidence (path of a document) and note.",
            "请填写 value（答复），并尽量填写 until（期限）、evidence（文件路径）与 note（备注）。",
        )
    )
    way = f"diapason declare --from {face.quoted(done['file'])}"
    face.say(Text(f"Next: {way}", f"下一步：{way}"))
    face.result(done)


def _taken(face: Face, done: Mapping[str, Any]) -> None:
    face.say(
        Text(
            f"{done['declared']} answers signed; {done['unchanged']} unchanged, {done['empty']} lines empty.",
            f"已签名 {done['declared']} 条答复；{done['unchanged']} 条无变化，{done['empty']} 行未填。",
        )
    )
    face.say(Text("Next: diapason appraise MODEL", "下一步：diapason appraise MODEL"))
    face.result(done)


def _list(face: Face, ws: "Workspace") -> None:
    from diapason.services import declare as service

    found = service.listed(ws)
    if not found:
        face.say(Text("Nothing was declared yet.", "尚无申报。"))
        way = "diapason declare --sheet answers.csv"
        face.say(Text(f"Next: {way}", f"下一步：{way}"))
    else:
        heads = (
            Text("fact", "事实"),
            Text("value", "答复"),
            Text("by", "申报人"),
            Text("until", "有效期"),
            Text("document", "文件"),
        )
        ended = Text("ended ", "已过期 ")(face.language)
        rows = [
            (
                one["fact"],
                _shown(one["value"], face),
                one["person"],
                ("" if one["holds"] else ended) + one["until"],
                (one["evidence"] or {}).get("name", "–"),
            )
            for one in found
        ]
        face.table(heads, rows)
    face.result({"declared": found})


def _shown(value: Any, face: Face) -> str:
    if isinstance(value, bool):
        return (Text("yes", "是") if value else Text("no", "否"))(face.language)
    return f"{value:g}" if isinstance(value, float | int) else str(value)
