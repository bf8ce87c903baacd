"""`diapason count`: how many there are, by rules that anyone can run again, here and in the bundles of others."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from diapason.errors import DataError, NotFound
from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

if TYPE_CHECKING:
    from diapason.services.workspace import Workspace

__all__ = ["count"]

MOST = 20

_COUNTERS = {
    "agent": Text("agents", "智能体"),
    "dataset": Text("datasets", "数据集"),
    "scenario": Text("scenarios", "场景"),
    "enterprise": Text("enterprises", "企业"),
    "general_model": Text("general models", "通用大模型"),
}
_STATES = {
    "accepted": Text("accepted", "认可"),
    "refused": Text("refused", "不认可"),
    "not tested": Text("not tested", "未测"),
    "fallen": Text("fallen", "已失效"),
    "expired": Text("expired", "已到期"),
    "withdrawn": Text("withdrawn", "已撤回"),
    "superseded": Text("superseded", "已被取代"),
    "duplicate": Text("duplicate", "重复"),
    "met": Text("met", "满足"),
    "not met": Text("not met", "不满足"),
}


@command(
    Text(
        "Count agents, datasets, scenarios, enterprises and models by evidence, here and in bundles of others.",
        "依据证据清点智能体、数据集、场景、企业与模型，含他方证据文件。",
    ),
    good="diapason count bundles/ --why furnace",
    bad=Text(
        "diapason count forged.evidence -> broken: forged.evidence: the evidence does not hold: …",
        "diapason count forged.evidence -> 不成立：forged.evidence：证据不成立：…",
    ),
)
def count(  # roomy: one parameter for each option of the command
    face: Face,
    files: Annotated[list[Path] | None, Argument("Bundles, or folders of them", "证据文件或其文件夹")] = None,
    why: Annotated[str, Option("--why", "Each criterion for this name or counter", "逐项判据：名称或计数对象")] = "",
    rules: Annotated[list[str] | None, Option("--rules", "Rules such as dataset@1", "判定规则，如 dataset@1")] = None,
    signers: Annotated[
        Path | None,
        Option("--signers", "File of known fingerprints; others count as nothing", "已知指纹名单文件；名单外不计"),
    ] = None,
    *,
    into: Annotated[str, Option("--into", "File it: sqlite:///FILE, postgresql://…", "归档到数据库")] = "",
    appraise: Annotated[
        list[str] | None,
        Option("--appraise", "Whole workspaces by annex2, dcmm, …", "按 annex2、dcmm 等评估整个工作区"),
    ] = None,
    by: Annotated[str, Option("--by", "With --into: by sector,region,month", "配合 --into：按行业、地区、月份")] = "",
) -> None:
    """Explain, file, or count."""
    from diapason.services import count as service

    if by and not into:
        raise DataError(
            Text("--by shows what a database has", "--by 用于查看数据库"),
            at="--by",
            fix=Text("name it: --into sqlite:///FILE", "请指定：--into sqlite:///文件"),
        )
    own, asked = _own(face, bool(files)), list(files or ())
    said: dict[str, Any] = {"rules": list(rules or ()), "signers": signers}
    if why:
        done = service.explained(own, asked, why, **said)
        _explained(face, done)
        face.result(done)
        return
    said["models"] = [m.strip() for text in appraise or () for m in text.split(",") if m.strip()]
    if into:
        done = service.file(own, asked, into, **said, progress=face.progress)
        done |= {"view": service.view(into, by=tuple(a.strip() for a in by.split(",") if a.strip()))}
        _filed(face, done)
    else:
        done = service.run(own, asked, **said, progress=face.progress)
        _counted(face, done)
    face.result(done)


def _own(face: Face, files: bool) -> "Workspace | None":
    """The workspace here; bundles can be counted without one."""
    try:
        return face.open()
    except NotFound:
        if files:
            return None
        raise


def _counted(face: Face, done: Mapping[str, Any]) -> None:
    _broken(face, done["broken"])
    heads = (
        Text("what", "对象"), Text("accepted", "认可"), Text("not tested", "未测"), Text("refused", "不认可"),
        Text("dead", "失效"), Text("twice", "重复"), Text("target", "目标"), Text("rule", "规则"),
    )  # fmt: skip
    rows = [
        (_COUNTERS[c](face.language), n["accepted"], n["not_tested"], n["refused"], n["dead"], n["duplicates"],
         _target(n["target"]), n["rule"])
        for c, n in done["counts"].items()
    ]  # fmt: skip
    face.table(heads, rows)
    face.say("")
    read, places = done["ledgers"], done["workspaces"]
    face.say(
        Text(
            f"Ledgers read: {read:,}; workspaces: {places:,}. Targets: the nation's, by the end of 2027.",
            f"读取 {places:,} 个工作区的 {read:,} 份账本。目标为全国2027年底目标。",
        )
    )
    face.say(
        Text(
            "The rules are ours: the programme attaches no test to its words.",
            "判定规则由本系统提出：专项行动未附判定标准。",
        )
    )
    _leveled(face, done["levels"])
    _listed(face, done)
    _troubles(face, done)
    if done["run"]:
        face.say(Text(f"Signed as {done['run']}.", f"已签名，运行编号 {done['run']}。"))
    else:
        face.say(Text("Not signed: there is no workspace here.", "未签名：此处没有工作区。"))


def _broken(face: Face, broken: Sequence[Mapping[str, Any]]) -> None:
    """First of all: files that count as nothing, and why."""
    for b in broken[:MOST]:
        en, zh = b["why"]["en"], b["why"]["zh"]
        face.say(Text(f"Counted as nothing: {b['file']}: {en}", f"不计入：{b['file']}：{zh}"))
    if len(broken) > MOST:
        more = f"{len(broken) - MOST:,}"
        face.say(Text(f"and {more} files more (--json lists all)", f"另有 {more} 个文件（--json 列出全部）"))
    if broken:
        face.say("")


def _leveled(face: Face, levels: Mapping[str, Mapping[str, int]]) -> None:
    """Workspaces by proven level of each model."""
    for model, told in levels.items():
        en, zh = (
            ", ".join(f"{n:,} at {level}" for level, n in told.items()),
            "、".join(f"{level} 级 {n:,} 个" for level, n in told.items()),
        )
        face.say(Text(f"Workspaces by proven level, {model}: {en}.", f"按已证实等级统计工作区，{model}：{zh}。"))


def _target(target: Mapping[str, Any] | None) -> str:
    if target is None or target["low"] is None:
        return "-"
    return f"{target['low']:,}" + (f"-{target['high']:,}" if target["high"] else "")


def _listed(face: Face, done: Mapping[str, Any]) -> None:
    rows = [
        (_COUNTERS[i["counter"]](face.language), f"{i['workspace']} {i['name']}"
         if i["counter"] != "enterprise" else i["name"],
         _STATES[i["state"]](face.language), i["why"][face.language])
        for i in done["items"]
    ]  # fmt: skip
    if not rows:
        return
    face.say("")
    face.table((Text("what", "对象"), Text("name", "名称"), Text("state", "状态"), Text("why", "原因")), rows[:MOST])
    if len(rows) > MOST:
        face.say(
            Text(
                f"and {len(rows) - MOST:,} more (--json lists all)", f"另有 {len(rows) - MOST:,} 项（--json 列出全部）"
            )
        )
    name = done["items"][0]["name"].partition("@")[0]
    face.say(Text(f"Each criterion: diapason count --why {name}", f"逐项判据：diapason count --why {name}"))


def _troubles(face: Face, done: Mapping[str, Any]) -> None:
    for f in done["forked"]:
        face.say(
            Text(
                f"Not tested: {f['workspace']} shows two ledgers under one key that contradict each other",
                f"按未测处理：{f['workspace']} 以同一密钥出示了两份相互矛盾的账本",
            )
        )
    for d in done["duplicates"][:MOST]:
        face.say(
            Text(
                f"Twice: {d['workspace']} {d['name']}: {d['why']['en']} ({d['of']} counts)",
                f"重复：{d['workspace']} {d['name']}：{d['why']['zh']}（计入 {d['of']}）",
            )
        )
    for rule in done["unknown_rules"]:
        face.say(
            Text(
                f"Rule {rule} is not known here: its candidates are not tested.",
                f"此处没有判定规则 {rule}：相应候选项按未测处理。",
            )
        )


def _explained(face: Face, done: Mapping[str, Any]) -> None:
    criteria = {(rule, c["id"]): c for rule, listed in done["criteria"].items() for c in listed}
    for rule, listed in done["criteria"].items():
        if not any(i["rule"] == rule for i in done["items"]):
            face.say(Text(f"{rule} demands:", f"{rule} 要求："))
            face.table(
                (Text("criterion", "判据"), Text("basis", "依据")),
                [(c["said"][face.language], c["basis"][face.language]) for c in listed],
            )
    for item in done["items"]:
        state = _STATES[item["state"]]
        title = f"{_COUNTERS[item['counter']](face.language)}  {item['name']}: {state(face.language)} ({item['rule']})"
        face.say(title)
        for a in item["answers"]:
            criterion = criteria.get((item["rule"], a["criterion"]))
            what = criterion["said"][face.language] if criterion else a["criterion"]
            face.say(f"  {_mark(a['met'])} {what}")
            face.say(f"      {_STATES[a['met']](face.language)}: {a['said'][face.language]}")
            if a["met"] != "met" and criterion and criterion["supply"]:
                how = _how(criterion["supply"], item["name"])
                face.say(Text(f"      next: {how}", f"      办法：{how}"))
        if not item["answers"]:
            face.say(f"  {item['why'][face.language]}")
        face.say("")


def _how(supply: str, name: str) -> str:
    """The command with the candidate's name in it."""
    return supply.replace("NAME@VERSION", name).replace("NAME", name.partition("@")[0])


def _mark(met: str) -> str:
    return {"met": "+", "not met": "-"}.get(met, "?")


def _filed(face: Face, done: Mapping[str, Any]) -> None:
    face.say(
        Text(
            f"{done['filed']:,} workspaces filed, {done['lines']:,} lines new.",
            f"已归档 {done['filed']:,} 个工作区，新增 {done['lines']:,} 行。",
        )
    )
    for b in done["broken"][:MOST]:
        face.say(Text(f"Not filed: {b['file']}: {b['why']['en']}", f"未归档：{b['file']}：{b['why']['zh']}"))
    if done["view"]:
        axes = [a for a in ("sector", "region", "month") if a in done["view"][0]]
        names = {"sector": Text("sector", "行业"), "region": Text("region", "地区"), "month": Text("month", "月份")}
        heads = (Text("what", "对象"), *(names[a] for a in axes), Text("state", "状态"), Text("number", "数量"))
        rows = [
            (_what(face, r["what"]), *(r[a] or "-" for a in axes), _state(face, r["state"]), f"{r['number']:,}")
            for r in done["view"]
        ]
        face.table(heads, rows)


def _what(face: Face, what: str) -> str:
    return _COUNTERS[what](face.language) if what in _COUNTERS else what


def _state(face: Face, state: str) -> str:
    kind, _, level = state.partition(" ")
    if kind == "level":
        return Text(state, f"{level} 级")(face.language)
    return _STATES[state](face.language) if state in _STATES else state
