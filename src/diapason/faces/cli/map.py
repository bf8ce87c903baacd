"""`diapason map`: the programme on one page, as this workspace shows it."""

from collections.abc import Mapping
from typing import Annotated, Any

from diapason.faces.cli.arguments import Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["map"]

MOST = 10


@command(
    Text(
        "The 21 measures and their safeguards: computed, asked, not tested or not for software.",
        "21项措施与保障：已计算、已申报、未测或不属软件范围。",
    ),
    good="diapason map --measure 3",
    bad=Text(
        "diapason map --measure 22 -> --measure cannot be '22'",
        "diapason map --measure 22 -> --measure 不能是“22”",
    ),
)
def map(  # noqa: A001  # the word that the user types
    face: Face,
    measure: Annotated[int, Option("--measure", "Only this one, in full", "只看此项措施", least=1, most=21)] = 0,
    annex2: Annotated[bool, Option("--annex2", "The 29 items of Annex 2", "附件2的29条")] = False,
    item: Annotated[int, Option("--item", "Only this item of Annex 2", "只看附件2此条", least=1, most=29)] = 0,
) -> None:
    """Call the service and draw its lines."""
    from diapason.services import map as service

    items = annex2 or bool(item)
    number = item or measure  # --annex2 --measure 3 means item 3
    done = service.run(face.open(), measure=number, items=items)
    if number:
        _one(face, done["lines"][0])
    else:
        _all(face, done, "--item" if items else "--measure")
    face.result(done)


def _all(face: Face, done: Mapping[str, Any], flag: str) -> None:
    from diapason.services.map import STATES

    rows = [
        (line["id"], _short(line["title"][face.language], face), _state(line)(face.language), _by(face, line))
        for line in done["lines"]
    ]
    face.table((Text("no.", "编号"), Text("what", "内容"), Text("state", "状态"), Text("shown by", "依据")), rows)
    face.say("")
    counts = {state: number for state, number in done["states"].items() if number}
    face.say(
        Text(
            ", ".join(f"{number} {STATES[state].en}" for state, number in counts.items()) + ".",
            "，".join(f"{STATES[state].zh} {number}" for state, number in counts.items()) + "。",
        )
    )
    face.say(
        Text(
            "Computed means: done here and signed; it does not say that the nation's measure is met.",
            "“已计算”指本工作区已完成并签名，不表示全国层面的措施已经落实。",
        )
    )
    face.say(Text(f"Next: diapason map {flag} 3", f"下一步：diapason map {flag} 3"))


def _state(line: Mapping[str, Any]) -> Text:
    """The state, "in part" where the rest is not for software."""
    from diapason.services.map import STATES

    said = STATES[line["state"]]
    part = line["because"] and line["state"] in ("computed", "asked")
    return Text(f"{said.en} in part", f"部分{said.zh}") if part else said


def _short(title: str, face: Face) -> str:
    most = 30 if face.language == "en" else 16
    return title if len(title) <= most else title[: most - 1] + "…"


def _by(face: Face, line: Mapping[str, Any]) -> str:
    if line["runs"]:
        newest, count = str(line["runs"][0]["id"]).partition(":")[2], len(line["runs"])
        more = Text(f" and {count - 1} more", f" 等 {count} 项") if count > 1 else Text("", "")
        name = newest if line["runs"][0]["id"].startswith("run:") else line["runs"][0]["id"]
        return name + more(face.language)
    if line["answers"]:
        return ", ".join(f"{a['fact']}={a['value']}" for a in line["answers"])
    if line["state"] == "not for software":
        return ""
    words = str(line["next"]).split()[:2]
    if words:
        return Text(f"nothing yet: {' '.join(words)}", f"暂无：{' '.join(words)}")(face.language)
    facts = ", ".join(q["fact"] for q in line["questions"])
    return Text(f"to be asked: {facts}", f"待申报：{facts}")(face.language)


def _one(face: Face, line: Mapping[str, Any]) -> None:
    language = face.language
    face.say(f"{line['id']}  {line['title'][language]}: {_state(line)(language)}")
    face.say(line["asks"][language])
    if line["by"]:
        face.say("")
        face.say(Text(f"Runs show: {line['by']['en']}", f"运行记录可证明：{line['by']['zh']}"))
    if line["runs"]:
        heads = (Text("run", "运行"), Text("of", "对象"), Text("when", "时间"))
        face.table(heads, [(r["id"], r["about"], r["at"][:16].replace("T", " ")) for r in line["runs"][:MOST]])
        if len(line["runs"]) > MOST:
            left = len(line["runs"]) - MOST
            face.say(Text(f"and {left} more (--json lists all)", f"另有 {left} 项（--json 列出全部）"))
    for fallen in line["fallen"]:
        face.say(
            Text(f"Fallen: {fallen['id']}, {fallen['why']['en']}", f"已失效：{fallen['id']}，{fallen['why']['zh']}")
        )
    _asked(face, line)
    if line["because"]:
        face.say(Text(f"Not for software: {line['because']['en']}", f"不属软件范围：{line['because']['zh']}"))
    if line["next"]:
        face.say(Text(f"Next: {line['next']}", f"下一步：{line['next']}"))


def _asked(face: Face, line: Mapping[str, Any]) -> None:
    for a in line["answers"]:
        until = Text(f" until {a['until']}", f"，至 {a['until']}") if a["until"] else Text("", "")
        face.say(
            Text(
                f"Declared by {a['person']}: {a['fact']} = {a['value']}{until.en}",
                f"{a['person']} 申报：{a['fact']} = {a['value']}{until.zh}",
            )
        )
    for question in line["questions"]:
        said = question["question"]
        face.say(Text(f"To be asked: {said['en']} ({question['fact']})", f"待申报：{said['zh']}（{question['fact']}）"))
