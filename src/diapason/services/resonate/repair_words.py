"""What each repair does, costs, and how it is taken back, in plain words of both languages."""

from collections.abc import Callable, Mapping
from typing import Any

from diapason.errors import DiapasonError
from diapason.ports import find
from diapason.roles.treatment import UNDO
from diapason.vocabulary.language import Language, Text
from diapason.vocabulary.trials import Kind

__all__ = ["KINDS", "LEARNERS", "does", "guarded", "members_of", "price", "titled", "undoing"]

KINDS: Mapping[str, Text] = {
    Kind.CURATION: Text("curation: training rows only", "整理：只改训练行"),
    Kind.CONDITIONING: Text("conditioning: runs on the line too", "调理：随模型在产线上运行"),
}
"""What a kind of repair may touch."""

LEARNERS: Mapping[str, Text] = {
    "usual": Text("the usual learner", "常用学习器"),
    "robust": Text("the most robust learner", "最稳健的学习器"),
    "mended": Text("the learner that suits the mended rows", "适合修复后数据的学习器"),
    "council": Text("three families in equal parts", "三类学习器等权组合"),
    "earlier": Text("the learner with which it was proved before", "此前证明时所用的学习器"),
}
"""The learners that a plan holds, by label."""

_FAULTS: Mapping[str, Text] = {
    "unit": Text("bring cells in another unit back", "把单位有误的单元格换算回来"),
    "range": Text("empty cells that the sensor cannot read", "清空传感器不可能读到的值"),
    "spike": Text("filter spikes", "滤除尖峰"),
    "stuck": Text("empty stuck readings", "清空卡死的读数"),
}
_WAYS: Mapping[str, Text] = {
    "doubt": Text("let doubted rows count less", "可疑的行少计权重"),
    "harm": Text("let rows that harm the others count less", "对其他行有害的行少计权重"),
    "age": Text("let rows from before a change count less", "变化之前的行少计权重"),
    "likeness": Text("let rows unlike the newest ones count less", "与最新数据不相似的行少计权重"),
    "window": Text("learn only from rows since the change", "只用变化之后的行学习"),
    "bridge": Text("move older targets by what the change meant", "按变化的影响改写较早的目标值"),
    "offset": Text("take the shift of a batch or stretch out of its targets", "消除整批或整段目标值的偏移"),
    "drop": Text("leave shifted batches or stretches out", "剔除发生偏移的批次或时段"),
}


def does(candidate: Mapping[str, Any]) -> Text:
    """What a repair does; of a bundle, all of it in turn; a plug-in of others is named.

    >>> does({"treatment": "drop", "parameters": {"doubt": 0.5}, "id": "drop-0.5"}).en
    'leave out rows doubted by more than 0.5'
    """
    if candidate["treatment"] == "bundle":
        said = [does(m) for m in candidate["parameters"]["members"]]
        return Text("; then ".join(s.en for s in said), "；然后".join(s.zh for s in said))
    made = _SAID.get(str(candidate["treatment"]))
    if made is None:
        name = candidate["treatment"]
        return Text(f"the plug-in {name}", f"插件 {name}")
    return made(candidate.get("parameters") or {})


def titled(candidate: Mapping[str, Any], language: Language) -> str:
    """What it does, as a title: English begins with a capital, a column's name in Chinese stays as it is."""
    said = does(candidate)(language)
    return said[:1].upper() + said[1:] if language == "en" else said


def members_of(candidate: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """The repairs in a bundle; of a single repair, itself."""
    return tuple(candidate["parameters"]["members"]) if candidate["treatment"] == "bundle" else (candidate,)


def price(candidate: Mapping[str, Any], touched: int) -> Text:
    """What it takes beside computing: a person's time for the rows touched, code on the line; or nothing."""
    found = [_cost(m) for m in members_of(candidate)]
    known = [c for c in found if c is not None]
    notes = Text("; ".join(c.note.en for c in known), "；".join(c.note.zh for c in known))
    minutes = sum(c.person_minutes for c in known) * touched
    if minutes >= 1:
        said = f"{minutes:,.0f} min" if minutes < 90 else f"{minutes / 60:,.1f} h"
        spent = f"{minutes:,.0f} 分钟" if minutes < 90 else f"{minutes / 60:,.1f} 小时"
        notes = Text(f"{notes.en} (about {said} of a person)", f"{notes.zh}（约需人工 {spent}）")
    if any(c.on_line for c in known):
        notes = Text(f"{notes.en}; runs on the line before each prediction", f"{notes.zh}；在产线上每次预测前运行")
    return notes


def undoing(candidate: Mapping[str, Any]) -> Text:
    """How it is taken back."""
    return UNDO[Kind(candidate["kind"])]


def guarded(task: str) -> Text:
    """The slices that must not suffer, of which the worst is told."""
    return {
        "classification": Text("the class that fares worst", "受影响最大的类别"),
        "monitoring": Text("misses and false alarms, the worse one", "漏报与误报中较差者"),
    }.get(task, Text("rare values, the worse end", "罕见值中较差的一端"))


def _cost(member: Mapping[str, Any]) -> Any:
    """The declared cost of a treatment; None where it is not installed here."""
    try:
        return find("treatments", str(member["treatment"])).cost
    except DiapasonError:
        return None


def _columns(said: Mapping[str, Any]) -> tuple[str, str]:
    names = list(dict.fromkeys(str(r["column"]) for r in said.get("rules", ()) if "column" in r))
    more = len(names) - 3
    shown = names[:3]
    en = ", ".join(shown) + (f" and {more} more columns" if more > 0 else "")
    return en, "、".join(shown) + (f" 等 {len(names)} 列" if more > 0 else "")


def _cells(said: Mapping[str, Any]) -> Text:
    rules = said.get("rules", ())
    fault = str(rules[0].get("fault", "")) if rules else ""
    what, (en, zh) = _FAULTS.get(fault, Text("mend cells", "修复单元格")), _columns(said)
    return Text(f"{what.en} in {en}", f"{zh}：{what.zh}") if en else what


def _drop(said: Mapping[str, Any]) -> Text:
    if "beyond" in said:
        far = said["beyond"]
        return Text(
            f"leave out rows more than {far:g} usual spreads from what their inputs let expect",
            f"剔除偏离期望超过 {far:g} 倍常见离散度的行",
        )
    return Text(f"leave out rows doubted by more than {said['doubt']:g}", f"剔除可疑程度超过 {said['doubt']:g} 的行")


def _relabel(said: Mapping[str, Any]) -> Text:
    limit = said["doubt"]
    return Text(
        f"give rows doubted by more than {limit:g} the value that their inputs let expect",
        f"将可疑程度超过 {limit:g} 的行改写为其输入所期望的值",
    )


def _filled(said: Mapping[str, Any]) -> Text:
    en, zh = _columns(said)
    return Text(f"fill gaps in {en} from the other columns", f"用其他列填补 {zh} 的缺失")


def _undrifted(said: Mapping[str, Any]) -> Text:
    en, zh = _columns(said)
    return Text(f"take the drift out of {en}", f"消除 {zh} 的漂移")


def _unconverted(said: Mapping[str, Any]) -> Text:
    en, zh = _columns(said)
    return Text(f"convert {en} back where the target tells another unit", f"将 {zh} 中由目标值显示单位有误的值换算回来")


def _unleaked(said: Mapping[str, Any]) -> Text:
    names = [str(c) for c in said.get("columns", ())]
    return Text(f"take away {', '.join(names)}, which may know the answer", f"移除可能泄露答案的列：{'、'.join(names)}")


def _by_way(said: Mapping[str, Any]) -> Text:
    way = str(said.get("by", said.get("way", "")))
    return _WAYS.get(way, Text(way, way))


_SAID: Mapping[str, Callable[[Mapping[str, Any]], Text]] = {
    "drop": _drop,
    "relabel": _relabel,
    "reweight": _by_way,
    "adapt_drift": _by_way,
    "repair_batch": _by_way,
    "repair_cell": _cells,
    "impute": _filled,
    "repair_drift": _undrifted,
    "convert_input": _unconverted,
    "remove_leak": _unleaked,
    "answers": lambda _: Text("use what people found when they looked", "采用人工核对的结果"),
    "augment": lambda _: Text("fill thin classes with generated rows", "为稀少类别补充合成行"),
    "deduplicate": lambda _: Text("leave copies of rows out", "剔除重复的行"),
    "drop_assets": lambda _: Text("leave out assets with false failure times", "剔除失效时间有误的设备"),
    "rejoin": lambda _: Text("move targets back to the inputs they belong to", "把目标值移回所属的输入行"),
    "repair_target": lambda _: Text("convert targets in another unit back", "把单位有误的目标值换算回来"),
    "soft_label": lambda _: Text("let a doubted row speak for each class it may be of", "可疑的行按可能性分属各类"),
    "trim": lambda _: Text("leave out rows far out in the inputs that follow no rule", "剔除输入远离其余且无规律的行"),
}
"""By treatment; a new one of ours is declared here, and a test says so."""
