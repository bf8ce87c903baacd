"""`diapason incident`: write it down, see which clocks run, stamp the steps, share it, and drill."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from diapason.faces.cli.actions import Takes, fitting
from diapason.faces.cli.arguments import Argument, Option, given
from diapason.faces.cli.columns import wrapped
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["incident"]


class Action(StrEnum):
    """What can be done about an incident, in the order in which it is done."""

    OPEN = "open"
    NOTE = "note"
    SHOW = "show"
    CLOSE = "close"
    EXPORT = "export"
    DRILL = "drill"
    SCHEMA = "schema"


_TAKES: dict[Action, Takes] = {
    Action.OPEN: ({"what"}, {"at", "model", "dataset", "regimes", "grade_facts"}),
    Action.NOTE: ({"number", "step", "text"}, {"at", "clock", "grade_facts"}),
    Action.SHOW: (set(), {"number"}),
    Action.CLOSE: ({"number"}, {"text"}),
    Action.EXPORT: ({"number", "to"}, set()),
    Action.DRILL: (set(), {"model"}),
    Action.SCHEMA: (set(), set()),
}
"""Words that each action needs, and those it takes besides."""

_SEVERE = {
    "act": Text("act", "须处理"),
    "look": Text("look", "须查看"),
    "know": Text("know", "知悉"),
    "": Text("–", "–"),
}
_STATES = {
    "late": Text("■ late", "■ 已逾期"),
    "runs": Text("▲ runs", "▲ 计时中"),
    "may run": Text("? may run", "? 可能计时"),
    "waits": Text("– not begun", "– 未开始"),
    "reported late": Text("■ reported late", "■ 逾期报告"),
    "reported": Text("✓ reported", "✓ 已报告"),
}


@dataclass(frozen=True, slots=True)
class Words:
    """What may be said to all actions."""

    number: Annotated[str, Argument("Its number: incident-2026-11-29-1, or 1", "编号：incident-2026-11-29-1，或 1")] = (
        ""
    )
    what: Annotated[str, Option("--what", "open: what happened", "登记：发生了什么")] = ""
    at: Annotated[str, Option("--at", "When: 2026-11-29T08:00; default now", "时间：2026-11-29T08:00；默认现在")] = ""
    model: Annotated[str, Option("--model", "Model that is touched", "受影响的模型")] = ""
    dataset: Annotated[str, Option("--dataset", "open: dataset that is touched", "登记：受影响的数据集")] = ""
    regimes: Annotated[str, Option("--regimes", "open: cn,eu", "登记：cn,eu")] = ""
    grade_facts: Annotated[
        list[str] | None,
        Option(
            "--grade-facts",
            "loss_yuan=0, personal_records=0, main_stop_hours=2, operator=other …",
            "事实：loss_yuan=0 损失、personal_records=0 个人信息条数、main_stop_hours=2 停运小时、operator=other 等",
        ),
    ] = None
    step: Annotated[
        str,
        Option(
            "--step",
            "note: detect, contain, recover or report",
            "记录：detect 发现、contain 遏制、recover 恢复、report 报告",
        ),
    ] = ""
    text: Annotated[
        str, Option("--text", "note: what was done; close: why without report", "记录：所做的事；关闭：不报告的理由")
    ] = ""
    clock: Annotated[str, Option("--clock", "note: the clock that a report meets", "记录：该报告对应的时限")] = ""
    to: Annotated[Path | None, Option("--to", "export: file to write", "导出：要写出的文件")] = None


@command(
    Text(
        "Incidents: which clocks run and who is told, the steps with their times, an export, a timed drill.",
        "事件：哪些时限在计时、须通知谁、各步骤时间、共享导出与计时演练。",
    ),
    good='diapason incident open --what "wrong lab values were fed for two hours" --at 2026-11-29T08:00',
    bad=Text(
        "diapason incident show 99 -> there is no incident '99'",
        "diapason incident show 99 -> 没有事件“99”",
    ),
)
def incident(
    face: Face,
    action: Annotated[
        Action,
        Argument(
            "open, note, show, close, export, drill or schema",
            "open 登记、note 记录、show 查看、close 关闭、export 导出、drill 演练、schema 格式",
        ),
    ],
    words: Words,
) -> None:
    """Check that the words are those of the action, call its service, tell what came of it."""
    said = given(words)
    fitting(f"incident {action}", _TAKES[action], said, places=("number",))
    face.result(_DO[action](face, said))


def _open(face: Face, said: Mapping[str, Any]) -> dict[str, Any]:
    from diapason.services import incident as service

    more = {k: said[k] for k in ("at", "model", "dataset") if k in said}
    if "regimes" in said:
        more["regimes"] = [r.strip() for r in said["regimes"].split(",") if r.strip()]
    done = service.open_(face.open(), said["what"], facts=said.get("grade_facts", ()), **more)
    _tell(face, done)
    return done


def _note(face: Face, said: Mapping[str, Any]) -> dict[str, Any]:
    from diapason.services import incident as service

    more = {k: said[k] for k in ("at", "clock") if k in said}
    facts = said.get("grade_facts", ())
    done = service.note(face.open(), said["number"], step=said["step"], text=said["text"], facts=facts, **more)
    _tell(face, done)
    return done


def _show(face: Face, said: Mapping[str, Any]) -> dict[str, Any]:
    from diapason.services import incident as service

    if "number" in said:
        done = service.view(face.open(), said["number"])
        _tell(face, done)
        return done
    listed = service.listed(face.open())
    if not listed:
        nxt = 'diapason incident open --what "…" --at TIME'
        face.say(Text(f"No incident is written down. When one happens: {nxt}", f"没有登记的事件。发生时：{nxt}"))
        face.say(Text("Be ready for it: diapason incident drill", "事先演练：diapason incident drill"))
    else:
        heads = (
            Text("incident", "事件"),
            Text("state", "状态"),
            Text("grade", "等级"),
            Text("next report", "下一报告"),
        )
        states = {"open": Text("open", "处理中"), "closed": Text("closed", "已关闭")}
        rows = [(i["id"], states[i["state"]](face.language), _grave(i, face), _soon(i["next"], face)) for i in listed]
        face.table(heads, rows)
    return {"incidents": listed}


def _close(face: Face, said: Mapping[str, Any]) -> dict[str, Any]:
    from diapason.services import incident as service

    done = service.close(face.open(), said["number"], because=said.get("text", ""))
    face.say(Text(f"{done['id']} is closed.", f"{done['id']} 已关闭。"))
    nxt = f"diapason incident export {done['id']} --to {done['id']}.shared.json"
    face.say(Text(f"To share what was learnt: {nxt}", f"分享经验：{nxt}"))
    return done


def _export(face: Face, said: Mapping[str, Any]) -> dict[str, Any]:
    from diapason.services import incident as service

    done = service.export(face.open(), said["number"], said["to"])
    face.say(
        wrapped(
            Text(
                f"{done['file']} follows the schema; {done['replaced']} names of people were taken out. "
                "Names of others can't be known: read it before you send it.",
                f"{done['file']} 符合格式；已去除 {done['replaced']} 处人员姓名。其他人的姓名无法识别，发送前请通读。",
            )(face.language)
        )
    )
    return done


def _drill(face: Face, said: Mapping[str, Any]) -> dict[str, Any]:
    from diapason.services import incident as service

    done = face.run(service.drill(face.open(), said.get("model", "")))
    if done["held"]:
        face.say(
            Text(
                f"The drill of {done['model']} held, on a copy: found, stopped and brought back.",
                f"{done['model']} 演练通过（在副本上）：已发现、已停止、已恢复。",
            )
        )
    else:
        face.say(Text(f"The drill of {done['model']} did not hold.", f"{done['model']} 演练未通过。"))
    names = {
        "prepare": Text("prepare", "准备"),
        "detect": Text("detect", "发现"),
        "contain": Text("contain", "遏制"),
        "recover": Text("recover", "恢复"),
    }
    heads = (Text("step", "步骤"), Text("seconds", "秒"), Text("went", "结果"))
    yes = {True: Text("✓", "✓"), False: Text("■ no", "■ 未达到")}
    rows = [
        (names[s["step"]](face.language), f"{s['seconds']:.3f}", yes[s["went"]](face.language)) for s in done["steps"]
    ]
    face.table(heads, rows)
    face.say(Text(f"Signed as {done['run']}. Next: diapason comply", f"已签名：{done['run']}。下一步：diapason comply"))
    return done


def _schema(face: Face, said: Mapping[str, Any]) -> dict[str, Any]:
    import json

    from diapason.services import incident as service

    del said
    made = service.schema()
    face.say(json.dumps(made, ensure_ascii=False, indent=1))
    return made


def _tell(face: Face, done: Mapping[str, Any]) -> None:
    """The sentence, the clocks, the facts that would settle more, the next step."""
    state = Text("closed", "已关闭") if done["closed"] else Text("open", "处理中")
    grade = done["grade"]["said"]
    graded = Text(f" Grade in China: {grade['en']}.", f"中国等级：{grade['zh']}。")
    graded = Text("", "") if done["rule"] else graded
    face.say(
        wrapped(
            Text(
                f"{done['id']} is {state.en}: {done['what']}.{graded.en}",
                f"{done['id']} {state.zh}：{done['what']}。{graded.zh}",
            )(face.language)
        )
    )
    if done["rule"]:
        kept = done["owner"] or "–"
        face.say(
            Text(f"Owner: {kept}. Rule of the contract: {done['rule']}", f"责任人：{kept}。合约规则：{done['rule']}")
        )
    if done["clocks"]:
        face.say("")
        heads = (Text("report", "报告"), Text("state", "状态"), Text("until", "截止"), Text("left", "剩余"))
        face.table(heads, [_clock(c, face) for c in done["clocks"]])
        face.say("")
        for c in done["clocks"]:
            if c["state"] in ("late", "runs", "may run"):
                face.say(wrapped(_whom(c)(face.language), indent=2))
    if not done["closed"] and not done["rule"]:
        _open_facts(face, done)
    for step in () if done["rule"] else done["next"]:
        face.say("")
        face.say(Text(f"Next, {step['title']['en']}:", f"下一步，{step['title']['zh']}："))
        for one in step["steps"]:
            face.say("  · " + wrapped(one[face.language], indent=4, line=78))
    face.say(Text(f"Kept in {done['file']}", f"记录保存在 {done['file']}"))


def _open_facts(face: Face, done: Mapping[str, Any]) -> None:
    """What would settle grade and clocks, and how to tell it."""
    ask = list(dict.fromkeys([*done["grade"]["ask"], *(a for c in done["clocks"] for a in c["ask"])]))
    names = [a for a in ask if a != "incident_grade"]
    if names:
        listed = ", ".join(names)
        said = f"diapason incident note {done['id']} --step detect --text … --grade-facts {names[0]}=…"
        face.say(
            wrapped(
                Text(f"Not known yet: {listed}. Tell it by: {said}", f"尚不清楚：{listed}。补充：{said}")(
                    face.language
                ),
                2,
            )
        )
    elif done["grade"]["surely"] != done["grade"]["perhaps"]:
        words = Text(
            "The grade hangs on a bound that nobody here has verified: take the graver one.",
            "等级取决于未经核实的界限：从重认定。",
        )
        face.say(wrapped(words(face.language), 2))


def _clock(c: Mapping[str, Any], face: Face) -> tuple[str, ...]:
    until = "–" if c["until"] is None else str(c["until"])[:16].replace("T", " ")
    return c["id"], _STATES[c["state"]](face.language), until, _left(c["hours_left"])(face.language)


def _whom(c: Mapping[str, Any]) -> Text:
    """Which report goes to whom; of a clock that may run, on what condition."""
    whom = c["tells"] or {"en": "to whom is not known", "zh": "接收方未知"}
    unsure = c["state"] == "may run"
    en, zh = (f" if there is {c['event']['en']}", f"（若为：{c['event']['zh']}）") if unsure else ("", "")
    return Text(
        f"{c['id']}: {c['reports']['en']}{en} → {whom['en']} ({c['basis']})",
        f"{c['id']}：{c['reports']['zh']}{zh} → {whom['zh']}（{c['basis']}）",
    )


def _left(hours: float | None) -> Text:
    if hours is None:
        return Text("–", "–")
    span = abs(hours)
    en, zh = (f"{span / 24:.1f} d", f"{span / 24:.1f} 天") if span >= 48 else (f"{span:.1f} h", f"{span:.1f} 小时")
    return Text(f"{en} over", f"超 {zh}") if hours < 0 else Text(en, zh)


def _grave(i: Mapping[str, Any], face: Face) -> str:
    """The grade in China; of a broken contract the rule and who owns the dataset."""
    if not i["rule"]:
        return str(i["grade"][face.language])
    names = ", ".join(d.partition("@")[0] for d in i["datasets"])
    return f"{names} {i['rule']} ({_SEVERE[i['severity']](face.language)}, {i['owner'] or '–'})"


def _soon(due: Mapping[str, Any] | None, face: Face) -> str:
    if due is None:
        return "–"
    return f"{due['id']} {_STATES[due['state']](face.language)} {_left(due['hours_left'])(face.language)}"


_DO: dict[Action, Callable[[Face, Mapping[str, Any]], dict[str, Any]]] = {
    Action.OPEN: _open,
    Action.NOTE: _note,
    Action.SHOW: _show,
    Action.CLOSE: _close,
    Action.EXPORT: _export,
    Action.DRILL: _drill,
    Action.SCHEMA: _schema,
}
