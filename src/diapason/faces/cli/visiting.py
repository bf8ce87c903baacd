"""How a visit is told on the terminal: what a bundle asks for, what a run showed, what would leave."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from diapason.faces.cli.face import Face
from diapason.vocabulary.language import Text

__all__ = ["tell_bundle", "tell_content", "tell_run", "tell_withheld"]

_ENTRANTS = {
    "learner": Text("learner", "学习器"),
    "weights": Text("trained model", "已训练模型"),
    "repair": Text("repair", "修复"),
}
_HELD = {True: Text("holds", "成立"), False: Text("not shown", "未证实")}
_WHY = {
    "small": Text("fewer than the smallest group", "少于最小组"),
    "dominated": Text("few assets make it up", "由少数设备构成"),
    "near": Text("too near to another count", "与另一计数过近"),
    "derivable": Text("would open a small group", "会暴露小组"),
}
_HEADS = (
    Text("no", "序号"),
    Text("entrant", "参试"),
    Text("name", "名称"),
    Text("over nothing", "对比不处理"),
    Text("over placebo", "对比安慰剂"),
    Text("over robust", "对比稳健学习器"),
    Text("verdict", "结论"),
)


def tell_bundle(face: Face, done: Mapping[str, Any]) -> None:
    """What is in a bundle and what it asks for."""
    told = done["told"]
    recipe = told["recipe"]
    repairs = ", ".join(r["plugin"]["name"] for r in told["repairs"]) or "-"
    face.say("")
    face.say(
        Text(
            f"from      {told['provider']} ({done['key'][:12]}…)",
            f"来自      {told['provider']}（{done['key'][:12]}…）",
        )
    )
    face.say(Text(f"claims    {told['hypothesis'] or '-'}", f"主张      {told['hypothesis'] or '-'}"))
    face.say(
        Text(
            f"learner   {recipe['name']} of {recipe['package']} {recipe['version']}; repairs: {repairs}",
            f"学习器    {recipe['name']}（{recipe['package']} {recipe['version']}）；修复：{repairs}",
        )
    )
    rule = told["accept"]
    over = {
        "robust": Text("the plant's robust learner", "工厂的稳健学习器"),
        "nothing": Text("its usual one", "其常用学习器"),
    }
    by = over[rule["over"]]
    face.say(
        Text(
            f"holds if  {told['metric']}: low end of its gain over {by.en} above 0 and at least {rule['least']:g}",
            f"成立条件  {told['metric']}：对比{by.zh}的增益区间下端大于 0 且不小于 {rule['least']:g}",
        )
    )
    _wishes(face, done)


def _wishes(face: Face, done: Mapping[str, Any]) -> None:
    """Columns, fields and slices asked for, the plan, and what the contract still allows."""
    told = done["told"]
    columns = ", ".join(c["name"] + (f" [{c['unit']}]" if c["unit"] else "") for c in told["columns"])
    face.say(Text(f"columns   {columns}", f"列        {columns}"))
    asks, slices = ", ".join(told["asks"]), ", ".join(told["slices"])
    by_slice = Text(f", by {slices}", f"，按 {slices}") if slices else Text("", "")
    face.say(Text(f"asks for  {asks}{by_slice.en}", f"请求      {asks}{by_slice.zh}"))
    face.say(Text(f"plan      {done['plan']}", f"计划摘要  {done['plan']}"))
    if "contract" in done:
        held = done["contract"]
        face.say(
            Text(
                f"contract  number {held['number']}, until {held['until']}, {held['runs_left']} runs left",
                f"合同      第 {held['number']} 号，至 {held['until']}，剩余 {held['runs_left']} 次运行",
            )
        )


def tell_run(face: Face, done: Mapping[str, Any]) -> None:
    """The verdict, then the table; all of it at the plant."""
    face.say(_verdict(bool(done["shown"]), str(done["metric"])))
    face.say("")
    rows = [{"number": i, **r} for i, r in enumerate([*done["learners"], *done["repairs"]], 1)]
    _table(face, rows)
    face.say("")
    scores = "  ".join(f"{name} {value:.4g}" for name, value in done["scores"].items())
    face.say(
        Text(
            f"{done['metric']} on the confirming folds: {scores}; {done['rows_used']:,} rows, "
            f"split by {done['split']['kind']}.",
            f"确认折上的 {done['metric']}：{scores}；{done['rows_used']:,} 行，划分方式 {done['split']['kind']}。",
        )
    )


def tell_content(face: Face, content: Mapping[str, Any], *, whole: bool) -> None:
    """What leaves: a table for a reader, and where it is to be approved every byte of it."""
    face.say(_verdict(bool(content["shown"]), str(content["metric"])))
    runs = content["runs"]
    face.say(
        Text(
            f"Runs under this contract: {runs['sealed']}, of which abandoned or unfinished "
            f"{runs['abandoned'] + runs['unfinished']}.",
            f"本合同下的运行：{runs['sealed']} 次，其中放弃或未完成 {runs['abandoned'] + runs['unfinished']} 次。",
        )
    )
    if content.get("trials"):
        face.say("")
        _table(face, content["trials"])
    if content.get("counts"):
        face.say("")
        _counts(face, content["counts"])
    for field in ("scores", "orders", "ranges", "findings"):
        if content.get(field):
            face.say(f"{field}: {json.dumps(content[field], ensure_ascii=False)}")
    if whole:
        face.say("")
        face.say(json.dumps(content, ensure_ascii=False, indent=1))


def tell_withheld(face: Face, withheld: Sequence[Mapping[str, Any]]) -> None:
    """Why some slices are not told: for people at the plant, it does not leave."""
    if not withheld:
        return
    face.say("")
    face.say(Text("Withheld, and why (this stays here):", "不予提供的切片及原因（仅供本厂查看）："))
    lines = [[c["column"], _slice(c, face), _WHY[c["why"]](face.language)] for c in withheld]
    face.table((Text("column", "列"), Text("slice", "切片"), Text("because", "原因")), lines)


def _table(face: Face, rows: Sequence[Mapping[str, Any]]) -> None:
    lines = []
    for row in rows:
        gains = [_gain(row.get(k)) for k in ("over_nothing", "over_placebo", "over_robust")]
        entrant = _ENTRANTS[row["entrant"]](face.language)
        lines.append([row["number"], entrant, row["name"], *gains, _HELD[bool(row["held"])](face.language)])
    face.table(_HEADS, lines)


def _counts(face: Face, counts: Mapping[str, Any]) -> None:
    total = "–" if counts["total"] is None else f"{counts['total']:,}"
    face.say(
        Text(
            f"rows {total}, to the nearest {counts['base']}; nothing about groups below {counts['fewest']}",
            f"共 {total} 行，取整到 {counts['base']}；不涉及少于 {counts['fewest']} 行的组",
        )
    )
    lines = []
    for cell in counts["slices"]:
        rows = Text("withheld", "不予提供")(face.language) if cell["rows"] is None else f"{cell['rows']:,}"
        lines.append([cell["column"], _slice(cell, face), rows])
    if lines:
        face.table((Text("column", "列"), Text("slice", "切片"), Text("rows", "行数")), lines)


def _slice(cell: Mapping[str, Any], face: Face) -> str:
    if "value" not in cell and "from" not in cell:
        return Text("all rows", "全部行")(face.language)
    if "value" in cell:
        return str(cell["value"]) or Text("all others", "其余")(face.language)
    if cell.get("missing"):
        return Text("missing", "缺失")(face.language)
    low, below = cell["from"], cell["below"]
    if low is None and below is None:
        return Text("all", "全部")(face.language)
    return f"< {below:g}" if low is None else f"≥ {low:g}" if below is None else f"{low:g} … < {below:g}"


def _verdict(shown: bool, metric: str) -> Text:
    if shown:
        return Text(
            f"The claim holds: better in {metric} on folds that chose nothing.",
            f"主张成立：在未参与挑选的折上，{metric} 更好。",
        )
    return Text(
        f"The claim is not shown: no gain in {metric} that the rule asks for, on folds that chose nothing.",
        f"主张未获证实：在未参与挑选的折上，{metric} 没有达到规则要求的增益。",
    )


def _gain(e: Mapping[str, Any] | None) -> str:
    if not e or e["value"] is None:
        return "–"
    unit = "%" if e["unit"] == "%" else ""
    return f"{e['value']:+.3g}{unit} ({e['low']:.3g}-{e['high']:.3g})" if e["low"] is not None else f"{e['value']:.3g}"
