"""The order book as people see it: what was promised, what came, and what it cost."""

from collections.abc import Mapping
from typing import Any

from diapason.faces.cli.columns import wrapped
from diapason.faces.cli.face import Face
from diapason.vocabulary.language import Text

__all__ = ["gain", "show"]

_STATES = {"open": Text("open", "未完成"), "closed": Text("closed", "已关闭"), "late": Text("late", "逾期")}


def show(face: Face, done: Mapping[str, Any]) -> None:
    """Totals, the table, the money, the calibration; and what comes next."""
    _totals(face, done["totals"])
    if done["orders"]:
        face.say("")
        heads = (
            Text("order", "任务"), Text("state", "状态"), Text("promised (90 %)", "承诺（90 %）"),
            Text("delivered", "实际"), Text("held", "兑现"), Text("cost", "费用"), Text("by", "期限"),
        )  # fmt: skip
        face.table(heads, [_row(face, o) for o in done["orders"]])
    for money in done["money"]:
        face.say("")
        face.say(wrapped(_money(money)(face.language)))
    face.say("")
    face.say(wrapped(done["calibration"]["sentence"][face.language]))
    if done["over_time"]:
        heads_held = (Text("day", "日期"), Text("order", "任务"), Text("held so far (95 %)", "累计兑现（95 %）"))
        face.table(heads_held, [(k["at"][:10], k["order"], _share(k["share"])) for k in done["over_time"]])
    waiting = next((o for o in done["orders"] if o["state"] == "open"), None)
    nxt = f"diapason order {waiting['name']} --close {waiting['order']}" if waiting else "diapason feasible NAME"
    face.say(Text(f"Next: {nxt}", f"下一步：{nxt}"))
    face.result(done)


def _totals(face: Face, t: Mapping[str, Any]) -> None:
    if not t["placed"]:
        face.say(Text("No data work order was placed yet.", "尚未下达数据任务。"))
        return
    cost = t["cost"]
    face.say(
        wrapped(
            Text(
                f"{t['placed']} orders: {t['open']} open ({t['late']} late), {t['closed']} closed, "
                f"{t['bettered']['count']} of them with a sure gain. Cost {cost['sum']:,.0f} in all, said for "
                f"{cost['rests_on']} of {cost['of']}.",
                f"共 {t['placed']} 项任务：未完成 {t['open']}（逾期 {t['late']}），已关闭 {t['closed']}，其中 "
                f"{t['bettered']['count']} 项确有增益。费用合计 {cost['sum']:,.0f}，"
                f"{cost['of']} 项中 {cost['rests_on']} 项有记载。",
            )(face.language)
        )
    )


def _row(face: Face, o: Mapping[str, Any]) -> tuple[str, ...]:
    state = _STATES["late" if o["late"] else o["state"]](face.language)
    yes = {True: Text("yes", "是"), False: Text("no", "否"), None: Text("–", "–")}
    promised = o["promised_for_what_came"] or o["promised"]
    cost = "–" if o["cost"] is None else f"{o['cost']:,.0f}"
    return (
        o["order"], state, gain(face, promised), gain(face, o["delivered"]) if o["state"] == "closed" else "–",
        yes[o["held"]](face.language), cost, o["by"] or "–",
    )  # fmt: skip


def gain(face: Face, e: Mapping[str, Any] | None) -> str:
    """A gain with the limits of its interval and its unit."""
    if e is None:
        return Text("not measured", "未测量")(face.language)
    unit = "" if e["unit"] == "1" else f" {e['unit']}"
    return f"{e['value']:+.3g} ({e['low']:.2g} … {e['high']:.2g}){unit}"


def _share(e: Mapping[str, Any]) -> str:
    return f"{e['value']:.0%} ({e['low']:.0%} … {e['high']:.0%})"


def _money(m: Mapping[str, Any]) -> Text:
    head = Text(
        f"{m['name']} ({', '.join(m['orders'])}): cost {m['cost']:,.0f}, said for {m['cost_rests_on']}",
        f"{m['name']}（{'、'.join(m['orders'])}）：费用 {m['cost']:,.0f}，{m['cost_rests_on']} 项有记载",
    )
    y, said = m["yearly"], m["said"]
    if y is None:
        return Text(f"{head.en}; {said['en']}.", f"{head.zh}；{said['zh']}。")
    worth = f"{y['value']:,.0f} ({y['low']:,.0f} … {y['high']:,.0f}) {y['unit']}"
    months = Text("no pay-back to tell", "无法给出回收期")
    if m["months"] is not None:
        months = Text(f"paid back in {m['months']:.1f} months", f"{m['months']:.1f} 个月回收")
    sure = Text("", "") if m["shown"] else Text(" (not shown)", "（未证实）")
    return Text(
        f"{head.en}; worth {worth}{sure.en}, {months.en}; {said['en']}.",
        f"{head.zh}；年价值 {worth}{sure.zh}，{months.zh}；{said['zh']}。",
    )
