"""`diapason guard`: what is judged and what broke; with --from a stream is judged as it comes."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from diapason.faces.cli.arguments import Argument, Misused, Option
from diapason.faces.cli.columns import wrapped
from diapason.faces.cli.face import Face, command
from diapason.faces.cli.stopping import stopping
from diapason.vocabulary.language import Language, Text

__all__ = ["broken_lines", "guard"]

_MARKS = {"passed": "·", "quarantined": "q", "refused": "X"}
_STATES = {
    "passed": Text("passed", "通过"),
    "quarantined": Text("quarantined", "隔离"),
    "refused": Text("refused", "拒收"),
}
_ACTS = {"refuse": Text("refuse", "拒收"), "quarantine": Text("quarantine", "隔离")}
_ACTS |= {"pass": Text("pass", "通过"), "alarm": Text("alarm", "报警")}
_RULES = {
    "there": Text("columns not as agreed", "列与约定不符"),
    "relation": Text("does not hold", "不成立"),
    "kinds": Text("of another kind", "类型不符"),
    "form": Text("can't be read", "无法读取"),
    "missing": Text("missing", "缺失"),
    "range": Text("outside of", "超出"),
    "values": Text("none of", "不属于"),
}
_GRAVE = {"act": Text("act", "须处理"), "look": Text("look", "须查看"), "know": Text("know", "知悉")}
_POLICY = {
    "columns": Text("columns", "列"),
    "kinds": Text("kinds", "类型"),
    "range": Text("range", "范围"),
    "values": Text("values", "允许值"),
    "relations": Text("relations", "关系"),
    "missing": Text("missing", "缺失"),
    "clock": Text("clock", "时钟"),
    "faults": Text("faults", "故障"),
}


@command(
    Text(
        "Judge each new version and a stream by the contract: refuse, quarantine or pass; say what broke.",
        "按合约检验每个新版本与数据流：拒收、隔离或通过，并说明违反之处。",
    ),
    good="diapason guard turbofan --from line.jsonl --follow",
    bad=Text(
        "diapason guard turbofan --from nowhere.jsonl -> there is no file 'nowhere.jsonl'",
        "diapason guard turbofan --from nowhere.jsonl -> 没有文件“nowhere.jsonl”",
    ),
)
def guard(  # roomy: one parameter for each option of the command
    face: Face,
    name: Annotated[str, Argument("Dataset", "数据集")],
    source: Annotated[
        str, Option("--from", "Rows as they come: - or a file, JSON lines or CSV", "数据流：- 或文件，JSON 行或 CSV")
    ] = "",
    follow: Annotated[bool, Option("--follow", "The file grows: wait for more", "文件持续增长：等待新行")] = False,
    rows: Annotated[int, Option("--rows", "Rows judged at a time, at most", "每批最多检验行数", least=1)] = 4000,
    seconds: Annotated[
        float, Option("--seconds", "Seconds that a batch waits, at most", "每批最多等待秒数", least=0.01)
    ] = 0.5,
    version_rows: Annotated[
        int, Option("--version-rows", "Rows to a version, at most", "每个版本最多行数", least=1)
    ] = 100_000,
    version_seconds: Annotated[
        float, Option("--version-seconds", "Seconds to a version, at most", "每个版本最多秒数", least=0.1)
    ] = 60.0,
) -> None:
    """Show the state of a dataset, or judge a stream until it ends or Ctrl-C."""
    from diapason.services import guard as service

    if not source:
        if follow:
            raise Misused(
                Text("--follow needs a file", "--follow 需要文件"),
                at="--follow",
                fix=Text(f"diapason guard {name} --from FILE --follow", f"diapason guard {name} --from 文件 --follow"),
            )
        done = service.view(face.open(), name)
        _state(face, done)
        face.result(done)
        return
    pace = service.Pace(rows, seconds, version_rows, version_seconds)
    with stopping() as stop:
        done = service.run(
            face.open(),
            name,
            source,
            follow=follow,
            pace=pace,
            pipe=sys.stdin.buffer,
            stop=stop,
            tell=lambda judged: _kept(face, judged),
        )
    _ended(face, done)
    face.result(done)


def broken_lines(
    broken: Sequence[Mapping[str, Any]], faults: Sequence[Mapping[str, Any]], said: Language
) -> Iterator[str]:
    """A line for each rule that was broken and each fault that is new."""
    colon = Text(": ", "：")(said)
    for b in broken:
        rows = ", ".join(str(f["row"]) for f in b["first"])
        where = Text(f" (rows {rows})", f"（行 {rows}）")(said) if rows else ""
        count = f" {b['count']:,}/{b['of']:,}" if b["of"] else ""
        asked = b["said"] if b["rule"] != "there" else ""
        yield f"  {_ACTS[b['act']](said)}{colon}{b['column']} {_RULES[b['rule']](said)} {asked}{count}{where}"
    for f in faults:
        yield f"  {_ACTS[f['act']](said)}{colon}{f['sentence'][said]}"


def _kept(face: Face, judged: Mapping[str, Any]) -> None:
    """One piece of the stream, as it was signed."""
    version = f"@{judged['version']}" if judged["version"] else "–"
    face.say(Text(f"{version}  {_sum(judged, 'en')}", f"{version}  {_sum(judged, 'zh')}"))
    for line in broken_lines(judged["broken"], judged["faults"], face.language):
        face.say(line)
    for number in judged["incidents"]:
        face.say(Text(f"  incident opened: {number}", f"  已登记事件：{number}"))


def _sum(c: Mapping[str, Any], said: Language) -> str:
    """Sent = stored + quarantined + refused."""
    sent, stored, aside, refused = (f"{c[k]:,}" for k in ("sent", "stored", "quarantined", "refused"))
    return Text(
        f"{sent} sent = {stored} stored + {aside} quarantined + {refused} refused",
        f"送入 {sent} = 入库 {stored} + 隔离 {aside} + 拒收 {refused}",
    )(said)


def _ended(face: Face, done: Mapping[str, Any]) -> None:
    state = Text("stopped", "已停止") if done["stopped"] else Text("ended", "已结束")
    face.say(
        Text(
            f"{done['dataset']} {state.en}: {_sum(done, 'en')}.", f"{done['dataset']} {state.zh}：{_sum(done, 'zh')}。"
        )
    )
    face.say(
        Text(
            f"{done['late']:,} came late, {done['duplicates']:,} came twice; {len(done['versions'])} versions.",
            f"迟到 {done['late']:,} 行，重复 {done['duplicates']:,} 行；{len(done['versions'])} 个版本。",
        )
    )
    face.say(Text(f"See: diapason guard {done['dataset']}", f"查看：diapason guard {done['dataset']}"))


def _state(face: Face, done: Mapping[str, Any]) -> None:
    """Policy, verdicts, incidents, quarantine, and what comes next."""
    name = done["dataset"]
    face.say(
        Text(
            f"{done['newest']}, owner {done['owner']}: {done['rules']} rules, {done['deliveries']} deliveries judged.",
            f"{done['newest']}，责任人 {done['owner']}：{done['rules']} 条规则，已检验 {done['deliveries']} 次送入。",
        )
    )
    if not done["guarded"]:
        face.say(Text("Nothing is judged: there is no rule.", "没有规则，不做检验。"))
        face.say(Text(f"Next: diapason contract {name} --propose", f"下一步：diapason contract {name} --propose"))
        return
    comma = Text(", ", "、")(face.language)
    listed = comma.join(f"{_POLICY[k](face.language)} {_ACTS[a](face.language)}" for k, a in done["policy"].items())
    whose = Text("Policy", "处置") if done["written"] else Text("Policy, as nobody has said otherwise", "处置（默认）")
    face.say(wrapped(f"{whose(face.language)}: {listed}", indent=2))
    face.say(
        Text(
            f"  written in {done['file']}: policy: {{range: refuse}}",
            f"  写在 {done['file']}：policy: {{range: refuse}}",
        )
    )
    _verdicts(face, done)
    _open(face, done)


def _verdicts(face: Face, done: Mapping[str, Any]) -> None:
    if not done["verdicts"]:
        return
    strip = "".join(_MARKS[v["state"]] for v in done["verdicts"])
    face.say("")
    face.say(
        Text(
            f"{strip}   · passed  q quarantined  X refused, newest last", f"{strip}   · 通过  q 隔离  X 拒收，最新在右"
        )
    )
    heads = [
        Text("judged", "检验时间"),
        Text("version", "版本"),
        Text("verdict", "结论"),
        Text("sent", "送入"),
        Text("stored", "入库"),
        Text("quarantined", "隔离"),
        Text("refused", "拒收"),
        Text("broken", "违反"),
    ]
    rows = []
    for v in done["verdicts"][-8:]:
        broke = ", ".join(f"{b['column']} {_RULES[b['rule']](face.language)}" for b in v["broken"][:2])
        counts = [f"{v[k]:,}" for k in ("sent", "stored", "quarantined", "refused")]
        version = f"@{v['version']}" if v["version"] else "–"
        rows.append([v["at"][:19].replace("T", " "), version, _STATES[v["state"]](face.language), *counts, broke])
    face.table(heads, rows)
    face.say(Text(f"In all: {_sum(done['totals'], 'en')}", f"合计：{_sum(done['totals'], 'zh')}"))


def _open(face: Face, done: Mapping[str, Any]) -> None:
    name = done["dataset"]
    face.say("")
    for i in done["incidents"]:
        grave = _GRAVE[i["severity"]](face.language)
        open_ = Text(f"Open: {i['id']} ({grave}, {i['owner']}): ", f"未关闭：{i['id']}（{grave}，{i['owner']}）：")
        face.say(wrapped(open_(face.language) + i["what"], indent=2))
    if done["incidents"]:
        nxt = f'diapason incident close {done["incidents"][0]["id"]} --text "…"'
        face.say(Text(f"When it is mended: {nxt}", f"处理后：{nxt}"))
    else:
        face.say(Text("No incident is open.", "没有未关闭的事件。"))
    if done["quarantine"]:
        face.say(
            Text(
                f"{done['quarantine']:,} rows wait in quarantine: diapason quarantine {name}",
                f"隔离区有 {done['quarantine']:,} 行待处理：diapason quarantine {name}",
            )
        )
