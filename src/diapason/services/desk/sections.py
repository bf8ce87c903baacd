"""The statement as a page: the sentence, one picture, and a table for each thing that it rests on."""

from collections.abc import Mapping, Sequence
from typing import Any

from diapason.engines.drawing.intervals import DotRow, dots
from diapason.engines.drawing.svg import number
from diapason.services.desk.month import Month
from diapason.services.effect.costs import KINDS
from diapason.services.page.content import Cell, Figure, Section, estimate, figure_cell, gain_cell
from diapason.vocabulary.estimates import Estimate
from diapason.vocabulary.language import Language, Text

__all__ = ["hero", "sections", "told"]

_KINDS = {**KINDS, "order": Text("data work order", "数据任务"), "computed": Text("computing", "计算")}
_PER = {"once": Text("once", "一次性"), "month": Text("a month", "每月"), "year": Text("a year", "每年")}
_NOT = Text("not measured", "未测量")
MOST = 20


def told(found: Mapping[str, Any], month: Month) -> Text:
    """The verdict: what is left by currency, and of how many gains and costs."""
    so_far = Text("", "") if month.whole else Text(" so far", "（截至目前）")
    if not found["net"]:
        return Text(
            f"{month.name}{so_far.en}: no gain with a worth stands and no cost was written down.",
            f"{month.name}{so_far.zh}：没有成立且有价值的收益，也未登记费用。",
        )
    parts = [_left(currency, figures) for currency, figures in found["net"].items()]
    return Text(
        f"{month.name}{so_far.en}: " + "; ".join(p.en for p in parts) + ".",
        f"{month.name}{so_far.zh}：" + "；".join(p.zh for p in parts) + "。",
    )


def _left(currency: str, f: Mapping[str, Any]) -> Text:
    gained, cost, left = f["gains"], f["costs"], f["net"]
    if not gained["n"]:
        return Text(
            f"{money(cost['value'])} {currency} spent, and no proven gain with a worth stands against it",
            f"支出 {money(cost['value'])} {currency}，没有已证实且有价值的收益与之相抵",
        )
    span = f"{money(left['low'])} … {money(left['high'])}"
    sure = Text("", "") if left["low"] > 0 or left["high"] < 0 else Text(", which may be nothing", "，也可能为零")
    many = "effect" if gained["n"] == 1 else "effects"
    return Text(
        f"{money(left['value'])} {currency} is left ({span}){sure.en}: "
        f"{money(gained['value'])} proven by {gained['n']} {many}, {money(cost['value'])} spent",
        f"净额 {money(left['value'])} {currency}（{span}）{sure.zh}："
        f"{gained['n']} 项效果证实收益 {money(gained['value'])}，支出 {money(cost['value'])}",
    )


def money(value: float) -> str:
    """An amount as a person reads it; whole from a hundred on."""
    return f"{value:,.0f}".replace("-", "−") if abs(value) >= 100 else f"{value:,.2f}".replace("-", "−")


def hero(found: Mapping[str, Any], language: Language) -> Figure | None:
    """Each gain, each kind of cost and what is left, on one scale; of the currency with the most lines."""
    if not found["net"]:
        return None
    currency = max(found["net"], key=lambda c: found["net"][c]["net"]["n"])
    won = [g for g in found["gains"] if g["counts"] and g["currency"] == currency]
    group = Text("proven gains", "已证实收益")(language)
    rows = [DotRow(f"{g['name']}, {g['metric']}", estimate(g["share"]), "ours", group) for g in won[:MOST]]
    kinds: dict[str, list[Mapping[str, Any]]] = {}
    for cost in found["costs"]:
        if cost["counts"] and cost["currency"] == currency:
            kinds.setdefault(cost["kind"], []).append(cost)
    spent = Text("costs", "成本")(language)
    rows += [DotRow(_KINDS[kind](language), _minus(listed, currency), "peer", spent) for kind, listed in kinds.items()]
    left = Text("what is left", "净额")(language)
    rows.append(DotRow(left, estimate(found["net"][currency]["net"]), "ours", Text("balance", "损益")(language)))
    axis = Text(f"{currency} in the month, 90 % intervals", f"本期金额（{currency}），90 % 区间")(language)
    caption = Text("Right of zero: gained; left of it: spent.", "零的右侧为收益，左侧为支出。")(language)
    return Figure(dots(rows, title=left, axis=axis, unit=currency), caption)


def _minus(listed: Sequence[Mapping[str, Any]], currency: str) -> Estimate:
    value = -sum(float(c["amount"]) for c in listed)
    half = sum(float(c["half"]) ** 2 for c in listed) ** 0.5
    return Estimate(value, value - half, value + half, len(listed), currency, level=0.9)


def sections(found: Mapping[str, Any], run: str, language: Language) -> tuple[Section, ...]:
    """All tables of the page."""
    return (
        _balance(found, run, language),
        _gains(found["gains"], language),
        _costs(found["costs"], run, language),
        _adopted(found["adoptions"], language),
        _orders(found["orders"], found["calibration"], language),
        _use(found["use"], run, language),
        _fallen(found["fallen"], language),
    )


def _section(  # roomy: a table has that many sides
    name: str, title: Text, lead: Text, heads: Sequence[Text], rows: Sequence[tuple[Cell, ...]], language: Language
) -> Section:
    shown = tuple(h(language) for h in heads) if rows else ()
    return Section(name, title(language), lead(language), heads=shown, rows=tuple(rows))


def _amount(e: Mapping[str, Any], run: str) -> Cell:
    span = "" if e["low"] == e["high"] else f" ({money(e['low'])} … {money(e['high'])})"
    return Cell(f"{money(e['value'])}{span}", str(e["unit"]), run, "n")


def _balance(found: Mapping[str, Any], run: str, language: Language) -> Section:
    heads = (
        Text("currency", "币种"),
        Text("proven gains", "已证实收益"),
        Text("costs", "成本"),
        Text("what is left", "净额"),
    )
    rows = [
        (Cell(currency), *(_amount(f[key], run) for key in ("gains", "costs", "net")))
        for currency, f in found["net"].items()
    ]
    lead = Text(
        "Intervals are of 90 %; errors of effects and costs are held to be independent. Currencies are never added up.",
        "区间为 90 %；假定各项效果与成本的误差相互独立。不同币种不相加。",
    )
    empty = Text("Nothing can be weighed: neither a gain nor a cost.", "既无收益也无成本，无可权衡。")
    return _section("balance", Text("The balance", "损益"), lead if rows else empty, heads, rows, language)


def _gains(won: Sequence[Mapping[str, Any]], language: Language) -> Section:
    heads = (
        Text("dataset, metric", "数据集与指标"), Text("effect", "效果"), Text("since", "起始"), Text("days", "天数"),
        Text("worth in the month", "本期价值"), Text("counts", "计入"),
    )  # fmt: skip
    rows = []
    for g in sorted(won, key=lambda g: not g["counts"]):
        new = Text("proven this month", "本月证实")(language) if g["new"] else ""
        worth = Cell(_NOT(language), kind="untested") if g["share"] is None else _amount(g["share"], g["run"])
        counts = Cell(Text("yes", "是")(language)) if g["counts"] else Cell(g["why"][language], kind="state look")
        effect = figure_cell(estimate(g["effect"]), g["run"], _NOT(language))
        rows.append(
            (
                Cell(f"{g['name']}, {g['metric']}", more=new),
                effect,
                Cell(g["since"] or "–"),
                Cell(str(g["days"]), kind="n"),
                worth,
                counts,
            )
        )
    lead = Text(
        "The newest effect of each change, times the days of the month since the change. Two metrics of one dataset "
        "may count the same money twice: no program can tell.",
        "每项变更取最新效果，按本月内自变更起的天数折算。同一数据集的两个指标可能重复计算同一收益，程序无法判断。",
    )
    empty = Text("No effect was measured: diapason effect NAME", "尚未测量效果：diapason effect NAME")
    return _section("gains", Text("Gains", "收益"), lead if rows else empty, heads, rows, language)


def _costs(spent: Sequence[Mapping[str, Any]], run: str, language: Language) -> Section:
    heads = (
        Text("for", "用途"),
        Text("of", "对象"),
        Text("comes", "频率"),
        Text("in the month", "本期金额"),
        Text("rests on", "依据"),
    )
    rows = []
    for c in spent:
        e = {
            "value": c["amount"],
            "low": c["amount"] - c["half"],
            "high": c["amount"] + c["half"],
            "unit": c["currency"],
        }
        amount = _amount(e, run) if c["counts"] else Cell(_unpriced(c)(language), run=run, kind="n")
        told_by = c["on"] or Text(f"{c.get('runs', 0)} runs", f"{c.get('runs', 0)} 次运行")(language)
        linked = told_by.removeprefix("run:") if told_by.startswith("run:") else ""
        rows.append(
            (
                Cell(_KINDS[c["kind"]](language), more=c["note"]),
                Cell(c["name"] or "–"),
                Cell(_PER[c["per"]](language) if c["kind"] != "computed" else "–"),
                amount,
                Cell(linked or told_by, run=linked),
            )
        )
    lead = Text(
        "What is paid once falls into the month in which it was written down. An order that was entered as a cost too "
        "counts twice.",
        "一次性费用计入登记当月。若任务费用又作为费用登记，则会重复计入。",
    )
    empty = Text("No cost was written down: diapason cost add", "未登记费用：diapason cost add")
    return _section("costs", Text("Costs", "成本"), lead if rows else empty, heads, rows, language)


def _unpriced(c: Mapping[str, Any]) -> Text:
    if c["kind"] == "computed":
        return Text(f"{c['seconds']:,.1f} s, no price given", f"{c['seconds']:,.1f} 秒，未给单价")
    return Text(f"{money(c['amount'])}, no currency given", f"{money(c['amount'])}，未给币种")


def _adopted(adopted: Sequence[Mapping[str, Any]], language: Language) -> Section:
    heads = (
        Text("adopted", "已采纳"),
        Text("by", "采纳人"),
        Text("gain over the robust learner", "增益（相对稳健学习器）"),
        Text("now", "现状"),
    )
    rows = []
    for a in adopted:
        state = Text("taken back", "已撤回") if a["undone"] else Text("in place", "有效")
        gain = gain_cell(estimate(a["gain"]), str(a["trial"]), _NOT(language))
        rows.append(
            (Cell(f"{a['candidate']} → {a['dataset']}", run=a["run"]), Cell(a["person"]), gain, Cell(state(language)))
        )
    lead = Text(
        "Gains of models, proved in trials; money only where an effect was measured.",
        "模型增益由试验证实；只有测得效果才计为金额。",
    )
    empty = Text("No repair was adopted in this month.", "本月未采纳修复。")
    return _section("adopted", Text("Repairs adopted", "采纳的修复"), lead if rows else empty, heads, rows, language)


def _orders(closed: Sequence[Mapping[str, Any]], kept: Sequence[Mapping[str, Any]], language: Language) -> Section:
    heads = (
        Text("order", "任务"),
        Text("metric", "指标"),
        Text("promised", "承诺"),
        Text("delivered", "实际"),
        Text("held", "兑现"),
    )
    rows = []
    for o in closed:
        cells = (gain_cell(estimate(o[key]), o["run"], _NOT(language)) for key in ("promised", "realised"))
        held = Text("yes", "是") if o["held"] else Text("no", "否")
        told_held = Cell(held(language)) if o["promised"] else Cell(_NOT(language), kind="untested")
        rows.append((Cell(str(o["order"])), Cell(str(o["metric"])), *cells, told_held))
    lead = Text("No order was closed in this month.", "本月没有关闭的任务。") if not rows else Text("", "")
    if kept:
        last = kept[-1]["share"]
        span = f"{last['value']:.0%} ({last['low']:.0%} … {last['high']:.0%})"
        sentence = Text(
            f" Of {last['n']} promises up to now {span} held; 90 % is right.",
            f"迄今 {last['n']} 项承诺兑现 {span}；应为 90 %。",
        )
        lead = Text((lead.en + sentence.en).strip(), lead.zh + sentence.zh)
    return _section(
        "orders", Text("Orders delivered, and how forecasts held", "任务交付与预测校准"), lead, heads, rows, language
    )


def _use(use: Sequence[Mapping[str, Any]], run: str, language: Language) -> Section:
    heads = (Text("dataset", "数据集"), Text("runs", "运行"), Text("people", "人数"), Text("for", "用途"))
    rows = []
    for u in sorted(use, key=lambda u: -u["runs"])[:MOST]:
        verbs = ", ".join(f"{verb} {n}" for verb, n in sorted(u["verbs"].items(), key=lambda v: -v[1]))
        idle = Cell(Text("unused", "未使用")(language), kind="state know") if not u["runs"] else Cell(verbs)
        rows.append(
            (Cell(u["name"]), Cell(number(u["runs"]), run=run, kind="n"), Cell(number(u["people"]), kind="n"), idle)
        )
    idle_count = sum(not u["runs"] for u in use)
    lead = Text(
        f"{len(use) - idle_count} of {len(use)} datasets were read by a signed run in the month.",
        f"{len(use)} 个数据集中有 {len(use) - idle_count} 个在本月被签名运行读取。",
    )
    empty = Text("There is no dataset yet.", "尚无数据集。")
    return _section("use", Text("Use of datasets", "数据集使用"), lead if use else empty, heads, rows, language)


def _fallen(fell: Sequence[Mapping[str, Any]], language: Language) -> Section:
    heads = (Text("day", "日期"), Text("fallen", "失效"), Text("what", "类别"), Text("because of", "根源"))
    rows = [
        (
            Cell(f["day"]),
            Cell(f["id"]),
            Cell(f["verb"] or f["kind"]),
            Cell(f["root"], more=(f["why"] or {}).get(language, "")),
        )
        for f in fell[:MOST]
    ]
    lead = Text(
        f"{len(fell)} claims fell by what was recalled or ran out in the month.",
        f"本月因召回或到期失效 {len(fell)} 项。",
    )
    empty = Text("Nothing fell in this month.", "本月没有失效。")
    return _section("fallen", Text("What fell", "失效"), lead if rows else empty, heads, rows, language)
