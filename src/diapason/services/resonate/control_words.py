"""What controls have shown, as sentences and short figures in both languages."""

from collections.abc import Mapping, Sequence
from typing import Any

from diapason.vocabulary.language import Language, Text

__all__ = [
    "NAMES",
    "control_table",
    "decoys_said",
    "figure",
    "flags_said",
    "kind_said",
    "limit_said",
    "strength",
    "strongest_said",
]

NAMES: Mapping[str, Text] = {
    "target_scale": Text("targets in another unit", "目标值单位有误"),
    "target_gross": Text("wrong lab values", "化验值出错"),
    "target_swapped": Text("exchanged targets", "目标值互换"),
    "target_constant": Text("one value for no value", "以固定值代替空值"),
    "target_offset": Text("a shifted batch or stretch", "整批或整段偏移"),
    "life_false": Text("false failure times", "失效时间有误"),
    "label_flipped": Text("labels wrong at random", "随机错标"),
    "label_paired": Text("one class labelled as another", "一类错标成另一类"),
    "label_near": Text("wrong labels near the border", "类别边界处错标"),
    "normal_leap": Text("leaps in normal rows", "正常行中的跳点"),
    "normal_stranger": Text("abnormal rows among normal ones", "正常行中混入异常行"),
    "input_unit": Text("an input in another unit", "输入单位有误"),
    "input_spike": Text("spikes of an input", "输入尖峰"),
    "input_stuck": Text("an input that is stuck", "输入卡死"),
    "input_drift": Text("an input that drifts", "输入漂移"),
}
"""Every kind of defect that is planted."""

_OF = {
    "life_false": Text("assets", "设备"),
    "label_paired": Text("rows of the class", "该类的行"),
}
_ROWS = Text("rows", "行")
_PERCENT = ("share", "lives", "blend")
"""Axes whose strengths are shares."""


def strength(value: float, kind: Mapping[str, Any]) -> Text:
    """A strength with its unit."""
    axis, said = kind["axis"], f"{value:.2g}" if value < 100 else f"{value:.0f}"
    percent = f"{100 * value:.2g} %" if value < 0.995 else "100 %"
    of = _OF.get(kind["kind"], _ROWS)
    return {
        "spreads": Text(f"{said} usual errors", f"{said} 倍常见误差"),
        "column spreads": Text(f"{said} column spreads", f"{said} 倍列离散度"),
        "share": Text(f"{percent} of {of.en}", f"{percent} 的{of.zh}"),
        "lives": Text(f"{percent} of a life", f"寿命的 {percent}"),
        "rows": Text(f"{said} rows in a row", f"连续 {said} 行"),
        "blend": Text(f"{percent} of the way", f"偏离程度 {percent}"),
    }[axis]


def limit_said(kind: Mapping[str, Any]) -> Text:
    """The limit of detection in a few words."""
    limit = kind["limit"]
    if limit is None:
        return Text("nowhere", "无")
    value, low = strength(limit["value"], kind), _plain(limit["low"], kind)
    high = "?" if limit["high"] is None else _plain(limit["high"], kind)
    unit = " %" if kind["axis"] in _PERCENT else ""
    return Text(f"{value.en} ({low}-{high}{unit})", f"{value.zh}（{low}-{high}{unit}）")


def strongest_said(kind: Mapping[str, Any]) -> str:
    """What is caught of the strongest planting, with the interval of the next one."""
    at = kind["strongest"]
    return f"{figure(at['mean'])} ({_between(at['low'], at['high'])})"


def figure(share: float) -> str:
    """A share in percent, small ones with one digit."""
    return f"{_bare(share)} %"


def _bare(share: float) -> str:
    said = 100 * share
    return f"{said:.1f}" if 0 < said < 9.95 and abs(said - round(said)) > 0.05 else f"{said:.0f}"


def _between(low: float, high: float) -> str:
    """An interval of shares with one unit."""
    return f"{_bare(low)}-{_bare(high)} %"


def kind_said(kind: Mapping[str, Any]) -> Text:
    """One kind of defect: from which strength on most is caught, or up to which one the loop is blind."""
    name, most, at = NAMES[kind["kind"]], strength(kind["range"][1], kind), kind["strongest"]
    of, share = _OF.get(kind["kind"], _ROWS), kind["share"]
    where = (
        Text("", "") if share is None else Text(f" in {figure(share)} of {of.en}", f"（占{of.zh}的 {figure(share)}）")
    )
    top, caught = name.en[0].upper() + name.en[1:], strongest_said(kind)
    if kind["limit"] is not None:
        limit = limit_said(kind)
        return Text(
            f"{top}{where.en}: from {limit.en} on 80 % are caught; at {most.en} {caught}.",
            f"{name.zh}{where.zh}：自 {limit.zh}起可发现 80 %；在{most.zh}时为 {caught}。",
        )
    if at["mean"] < 0.2:
        return Text(
            f"{top}{where.en}: blind up to {most.en}; there {caught} are caught.",
            f"{name.zh}{where.zh}：直到{most.zh}都看不见，此时仅发现 {caught}。",
        )
    return Text(
        f"{top}{where.en}: never surely seen; at {most.en} {caught} are caught.",
        f"{name.zh}{where.zh}：始终不能可靠发现；在{most.zh}时为 {caught}。",
    )


def flags_said(what: str, flags: Mapping[str, Any]) -> Text:
    """How many rows that nothing was planted into are flagged."""
    mean, sure, between = figure(flags["mean"]), figure(flags["level"]), _between(flags["low"], flags["high"])
    by = {"targets": Text("the diagnosis flags", "诊断"), "inputs": Text("rules of inputs flag", "输入规则")}[what]
    return Text(
        f"Rows left alone that {by.en}: {mean} (next copy {between}, {sure} sure), errors of the table's own included.",
        f"未植入的行被{by.zh}标记的比例：{mean}（下一份副本 {between}，把握 {sure}），含表中原有的错误。",
    )


def decoys_said(decoys: Mapping[str, Any], own: Sequence[float]) -> Text:
    """How often what is right would have been proposed for mending, and what proposals touch in the table as it is."""
    taken, of, most = decoys["taken"], decoys["of"], figure(decoys["at_most"])
    as_is = figure(sum(own) / max(len(own), 1))
    return Text(
        f"Decoys: {taken} of {of} harmless changes led to a proposal that touches them, so false adoption of such "
        f"changes is at most {most} (the four arms still judge each); in the table as it is, proposals touch {as_is} "
        f"of rows.",
        f"诱饵：{of} 处无害变化中有 {taken} 处引出了触及它们的修复建议，因此这类变化的错误采纳率至多 {most}"
        f"（每项建议仍须经四组试验评判）；在原表中，修复建议触及 {as_is} 的行。",
    )


def _plain(value: float, kind: Mapping[str, Any]) -> str:
    """A strength without its unit."""
    return f"{100 * value:.2g}" if kind["axis"] in _PERCENT else f"{value:.2g}"


def control_table(
    controls: Mapping[str, Any], language: Language
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Heads and rows of the short table: from which strength on most is caught, and how much of the strongest."""
    heads = (
        Text("planted", "植入的缺陷"),
        Text("80 % caught from", "发现 80 % 始于"),
        Text("strongest", "最强"),
        Text("caught there", "此时发现率"),
    )
    rows = []
    for kind in controls["kinds"]:
        most = strength(kind["range"][1], kind)(language)
        rows.append((NAMES[kind["kind"]](language), limit_said(kind)(language), most, strongest_said(kind)))
    return tuple(h(language) for h in heads), tuple(rows)
