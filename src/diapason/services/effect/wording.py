"""What an effect, its costs and its pay-back come to, in one sentence each."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from diapason.engines.drawing.svg import number
from diapason.engines.economics.effect import Effect
from diapason.engines.economics.payback import PayBack, State
from diapason.services.effect.asking import Asked, By
from diapason.vocabulary.estimates import Estimate
from diapason.vocabulary.language import Text

__all__ = ["amount", "paid_back", "ranged", "standing", "verdict"]


def standing(found: Effect, asked: Asked) -> str:
    """What is shown: "better", "worse", "moved" (nobody said which way is better), "alike" or "nothing"."""
    if not found.shown:
        return "alike" if found.value.low > 0 or found.value.high < 0 else "nothing"
    if not asked.better:
        return "moved"
    return "better" if (found.value.value < 0) == (asked.better == "lower") else "worse"


def verdict(found: Effect, asked: Asked, groups: Sequence[str] = ()) -> Text:
    """The answer in one sentence.

    Args:
        groups: values of the column that says who was treated: untreated, treated.
    """
    state, metric = standing(found, asked), asked.metric
    when = Text(f"since {asked.since}", f"自 {asked.since} 起") if asked.since else Text("", "")
    if asked.by == By.AB:
        other, treated = groups
        when = Text(
            f"where {asked.group} is {treated} rather than {other}", f"{asked.group} 为 {treated} 与为 {other} 相比"
        )
    if state == "nothing":
        return Text(
            f"No effect on {metric} is shown {when.en}: {_signed(found.value)}.",
            f"{when.zh}，未见 {metric} 有明确变化：{_signed(found.value)}。",
        )
    down = found.value.value < 0
    moved, zh = ("fell", "下降") if down else ("rose", "上升")
    size = _size(found.value, down=down)
    said = Text(
        f"{metric} {moved} by {size}{_share(found, down=down)('en')} {when.en}",
        f"{when.zh}，{metric} {zh} {size}{_share(found, down=down)('zh')}",
    )
    ends = {
        "alike": Text("; but this cannot be told from what went on before", "；但与变更前已有的波动或趋势无法区分"),
        "better": Text(": better", "：改善"),
        "worse": Text(": worse", "：变差"),
        "moved": Text("", ""),
    }
    return Text(f"{said.en}{ends[state].en}.", f"{said.zh}{ends[state].zh}。")


def paid_back(made: PayBack, currency: str, *, shown: bool) -> Text:
    """Pay-back in a sentence; a second one where the effect that it rests on is not shown.

    Args:
        shown: whether the effect is.
    """
    said = _paid_back(made, Text("", "") + ranged(made.net, currency))
    if shown:
        return said
    return Text(f"{said.en} The effect that this rests on is not shown.", f"{said.zh}其所依据的效果本身尚未得到证实。")


def _paid_back(made: PayBack, net: Text) -> Text:
    left = Text(f"{net.en} are left each year", f"每年净得 {net.zh}")
    soonest, latest = _months(made.low), _months(made.high)
    if made.state is State.NEVER:
        more = Text("", "")
        if made.low is not None:
            more = Text(f"; at best it takes {soonest} months", f"；最乐观也需 {soonest} 个月")
        return Text(f"It does not pay back: {left.en}{more.en}.", f"无法回本：{left.zh}{more.zh}。")
    if made.once == 0:
        sure = Text("", "") if made.state is State.PAYS else Text(", which may be nothing", "，也可能为零或亏损")
        return Text(
            f"Nothing was paid at the start, so there is nothing to pay back: {left.en}{sure.en}.",
            f"没有一次性投入，无需回本：{left.zh}{sure.zh}。",
        )
    months = _months(made.months)
    if made.state is State.MAY_NEVER:
        return Text(
            f"Whether it pays back cannot be told: {months} months by the middle value, {soonest} at best, never at "
            f"worst; {left.en}.",
            f"能否回本尚无法判断：按中间值为 {months} 个月，最快 {soonest} 个月，最坏则永不回本；{left.zh}。",
        )
    return Text(
        f"It pays back in {months} months ({soonest} … {latest}): {left.en}.",
        f"{months} 个月回本（{soonest} … {latest}）：{left.zh}。",
    )


def ranged(e: Estimate | Mapping[str, Any], currency: str) -> str:
    """An amount with its interval."""
    value, low, high = (e.value, e.low, e.high) if isinstance(e, Estimate) else (e["value"], e["low"], e["high"])
    return f"{amount(value, currency)} ({value_only(low)} … {value_only(high)})"


def amount(value: float, currency: str) -> str:
    """An amount of money, in as many digits as anybody needs."""
    return f"{value_only(value)} {currency}"


def value_only(value: float) -> str:
    """The number of an amount."""
    return f"{value:,.0f}" if abs(value) >= 100 or value == 0 else f"{value:,.2f}"


def _months(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}"


def _unit(e: Estimate) -> str:
    return "" if e.unit in ("1", "") else f" {e.unit}"


def _signed(e: Estimate) -> str:
    return f"{'+' if e.value > 0 else ''}{number(e.value)} ({number(e.low)} … {number(e.high)}){_unit(e)}"


def _size(e: Estimate, *, down: bool) -> str:
    sign = -1 if down else 1
    ends = sorted((sign * e.low, sign * e.high))
    return f"{number(sign * e.value)} ({number(ends[0])} … {number(ends[1])}){_unit(e)}"


def _share(found: Effect, *, down: bool) -> Text:
    share = found.percent.value
    if not isfinite(share) or (share < 0) != down:  # no baseline, or a baseline below zero: a percentage would mislead
        return Text("", "")
    return Text(f", {number(abs(share))} % of what was expected,", f"，为预期值的 {number(abs(share))} %")
