"""What agents foresee, in lines: when a limit is reached, what comes in a while, how much life is left."""

from collections.abc import Mapping, Sequence
from typing import Any

from diapason.faces.cli.face import Face
from diapason.vocabulary.language import Text

__all__ = ["ahead_line", "ahead_lines", "lasting"]

_UNITS = (
    (90.0, 1.0, Text("s", "秒")),
    (5400.0, 60.0, Text("min", "分钟")),
    (129600.0, 3600.0, Text("h", "小时")),
    (float("inf"), 86400.0, Text("d", "天")),
)
"""Up to so many s, in units of so many s, called so."""


def lasting(s: float, low: float | None = None, high: float | None = None, *, between: bool = False) -> Text:
    """A length of time, with its ends where it has such.

    >>> lasting(11520, 7560, 18000, between=True).en, lasting(30).en, lasting(7200, 5400, None, between=True).en
    ('3.2 h (2.1 to 5.0)', '30 s', '2.0 h (1.5 or more)')
    """
    size, name = next((size, name) for most, size, name in _UNITS if s <= most)
    value = _short(s / size)
    if not between:
        value = f"{s / size:.3g}"
        return Text(f"{value} {name.en}", f"{value} {name.zh}")
    near, far = _short((low or 0.0) / size), "" if high is None else _short(high / size)
    return Text(
        f"{value} {name.en} ({near} to {far})" if far else f"{value} {name.en} ({near} or more)",
        f"{value} {name.zh}（{near} 至 {far}）" if far else f"{value} {name.zh}（{near} 以上）",
    )


def ahead_line(one: Mapping[str, Any], face: Face) -> str:
    """What matters most of one thing that is foreseen; "" where nothing is."""
    told = _life(one) if one["kind"] == "life" else _limit(one) or _forecast(one)
    return "" if told is None else f"  {_who(one)}: {told(face.language)}"


def ahead_lines(outlook: Sequence[Mapping[str, Any]], face: Face) -> list[str]:
    """All that is foreseen, the limits that come soonest first; what nothing can be said of yet is counted."""
    lines, silent = [], 0
    for one in sorted(outlook, key=_soon):
        told = [_life(one)] if one["kind"] == "life" else [_limit(one), _forecast(one)]
        words = [t(face.language) for t in told if t is not None]
        silent += not words
        lines += [f"  {_who(one)}: {words[0]}", *(f"    {w}" for w in words[1:])] if words else []
    if silent:
        said = Text(f"  {silent} more: too little was seen yet", f"  另有 {silent} 项：观察时间尚短")
        lines.append(said(face.language))
    return lines


def _soon(one: Mapping[str, Any]) -> tuple[bool, float]:
    reach = one.get("reach")
    return (reach is None, reach["low_s"] if reach else 0.0)


def _who(one: Mapping[str, Any]) -> str:
    return f"{one['agent'][:24]} {one['tag']}".strip()


def _limit(one: Mapping[str, Any]) -> Text | None:
    if one["reach"] is None:
        return None
    r, limit = one["reach"], _number(one["limit"], one["unit"])
    when = lasting(r["s"], r["low_s"], r["high_s"], between=True)
    return Text(f"limit {limit} in {when.en}", f"{when.zh}后达到限值 {limit}")


def _forecast(one: Mapping[str, Any]) -> Text | None:
    f = one["forecast"]
    if f is None:
        return None
    ahead, unit = lasting(f["ahead_s"]), one["unit"]
    value = _number(f["value"], unit)
    low, high = _near(f["low"], f), _near(f["high"], f)
    as_now = Text(", as now", "，同现值") if f["by"] == "as now" else Text("", "")
    return Text(
        f"in {ahead.en} {value} ({low} to {high}){as_now.en}",
        f"{ahead.zh}后 {value}（{low} 至 {high}）{as_now.zh}",
    )


def _life(one: Mapping[str, Any]) -> Text | None:
    if one["value"] is None:
        return None
    unit = Text(one["unit"] or "rows", one["unit"] or "行")
    if one["trust"] == "bad":
        return Text("life left: inputs can't be trusted", "剩余寿命：输入不可信")
    if one["low"] is None or one["high"] is None:
        return Text(f"{one['value']:.4g} {unit.en} left, no interval", f"剩余 {one['value']:.4g} {unit.zh}，无区间")
    ends = (f"{one['low']:.4g}", f"{one['high']:.4g}")
    return Text(
        f"{one['value']:.4g} {unit.en} left ({ends[0]} to {ends[1]})",
        f"剩余 {one['value']:.4g} {unit.zh}（{ends[0]} 至 {ends[1]}）",
    )


def _number(value: float, unit: str) -> str:
    return f"{value:.4g}" + (f" {unit}" if unit and unit != "1" else "")


def _near(value: float, forecast: Mapping[str, float]) -> str:
    """An end of an interval, to the digits that its width is worth."""
    from math import floor, log10

    wide = forecast["high"] - forecast["low"]
    digits = min(max(1 - floor(log10(wide)), 0), 6) if wide > 0 else 3
    return f"{value:.{digits}f}"


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}"
