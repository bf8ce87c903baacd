"""What feasibility found, in sentences of both languages."""

from collections.abc import Mapping, Sequence
from typing import Any

from diapason.engines.drawing.svg import number
from diapason.engines.feasibility.floor import Floor
from diapason.engines.feasibility.promise import FARTHEST, Reach
from diapason.engines.feasibility.residue import Known
from diapason.engines.feasibility.verdict import Ruling
from diapason.services.feasible.looking import Cleaned, Worth
from diapason.vocabulary.estimates import Estimate
from diapason.vocabulary.language import Text

__all__ = ["between", "cleaning", "floor", "more_rows", "part", "ruled", "slices"]


def between(e: Mapping[str, Any] | Estimate) -> str:
    """Value with interval, such as `2.1 (1.9 … 2.3)`."""
    v, low, high = (e.value, e.low, e.high) if isinstance(e, Estimate) else (e["value"], e["low"], e["high"])
    return f"{number(v)} ({number(low)} … {number(high)})"


def _unit(unit: str) -> str:
    return "" if unit == "1" else f" {unit}"


def floor(found: Floor, metric: str, now: Estimate, *, classes: bool) -> Text:
    """Below what no model on these columns gets, as far as that can be known."""
    e, u = found.value, _unit(found.value.unit)
    if classes:
        if not found.identified:
            return Text(
                f"How many rows no model on these columns can tell right is not known: "
                f"between {e.low:.1%} and {e.high:.1%}.",
                f"无法确定这些列上任何模型都必然判错的比例：在 {e.low:.1%} 与 {e.high:.1%} 之间。",
            )
        return Text(
            f"About {e.value:.1%} of rows ({e.low:.1%} to {e.high:.1%}) cannot be told right from these columns.",
            f"约有 {e.value:.1%} 的行（{e.low:.1%} 至 {e.high:.1%}）仅凭这些列无法判对。",
        )
    if not found.identified:
        return Text(
            f"The noise floor is not known from these rows: {metric} between {number(e.low)} and {number(e.high)}{u}.",
            f"仅凭这些行无法确定噪声下限：{metric} 在 {number(e.low)} 与 {number(e.high)}{u} 之间。",
        )
    return Text(
        f"No model on these columns gets {metric} below about {between(e)}{u}; it is {number(now.value)} now.",
        f"在这些列上，任何模型的 {metric} 都难以低于 {between(e)}{u}；目前为 {number(now.value)}。",
    )


def more_rows(more: int, gain: Estimate, metric: str, units: str, each: float) -> Text:
    """What more rows like those there are would give."""
    u = _unit(gain.unit)
    count = "" if units in ("rows", "blocks") or each <= 1 else f" (about {max(1, round(more / each))} {units})"
    word = _UNITS.get(units, "")
    zh = f"（约 {max(1, round(more / each))} {word}）" if count else ""
    return Text(
        f"{more:,} more rows{count} would better {metric} by {between(gain)}{u}.",
        f"再增加 {more:,} 行{zh}，{metric} 可改善 {between(gain)}{u}。",
    )


_UNITS = {"assets": "台设备", "batches": "个批次", "days": "天"}


def slices(worth: Sequence[Worth], more: int, overall: Estimate, metric: str) -> Text | None:
    """For which part of the rows new ones are worth most; None where nothing stands out."""
    best = worth[0] if worth else None
    if best is None or best.gain.low <= 0 or best.gain.value <= overall.value:
        return None
    u = _unit(best.gain.unit)
    return Text(
        f"They are worth most where {best.rule}: {more:,} rows of it would better {metric} by {between(best.gain)}{u}.",
        f"最值得收集的是 {best.rule} 的行：其中增加 {more:,} 行，{metric} 可改善 {between(best.gain)}{u}。",
    )


_KINDS = {
    "asset": Text("differs from asset to asset and no column tells it", "因设备而异、没有任何列能反映"),
    "batch": Text("differs from batch to batch and no column tells it", "因批次而异、没有任何列能反映"),
    "time": Text("changes slowly in time and no column tells it", "随时间缓慢变化、没有任何列能反映"),
}


def part(known: Known, score: Estimate | None, metric: str) -> Text:
    """What a part of the residuals is, and what it would give to know it."""
    share = f"{known.share.value:.0%} ({known.share.low:.0%} … {known.share.high:.0%})"
    if known.kind == "column":
        en, zh = f"is told by the unused column {known.name}", f"可由未使用的列 {known.name} 解释"
    else:
        en, zh = _KINDS[known.kind].en, _KINDS[known.kind].zh
    gain = Text("", "")
    if score is not None:
        what = (
            Text("with that column", "用上该列后")
            if known.kind == "column"
            else Text("with a sensor of it", "若有传感器测得")
        )
        u = _unit(score.unit)
        gain = Text(
            f"; {what.en} {metric} could be {between(score)}{u}", f"；{what.zh}，{metric} 可达 {between(score)}{u}"
        )
    return Text(f"{share} of what is unexplained {en}{gain.en}.", f"未解释部分中有 {share} {zh}{gain.zh}。")


def cleaning(found: Cleaned | None, now: Estimate, metric: str) -> Text:
    """What cleaning can give at most."""
    if found is None:
        return Text(
            "Cleaning: no wrong targets are shown in these rows, so nothing is promised for mending them.",
            "清洗：这些行中未显示有错误的目标值，因此不承诺清洗收益。",
        )
    u = _unit(found.score.unit)
    return Text(
        f"Cleaning: {found.wrong:,} of {found.of:,} rows look wrong; with all of them mended {metric} "
        f"would be at best {between(found.score)}{u} instead of {number(now.value)}.",
        f"清洗：{found.of:,} 行中有 {found.wrong:,} 行疑似有误；全部修正后 {metric} 最好为 {between(found.score)}{u}，"
        f"目前为 {number(now.value)}。",
    )


def ruled(ruling: Ruling | None, reach: Reach | None, metric: str, unit: str, now: Estimate) -> Text:
    """The one sentence that a reader takes away."""
    u = _unit(unit)
    if ruling is None or reach is None:
        return Text(
            f"{metric} is {between(now)}{u}; no target was named.", f"{metric} 为 {between(now)}{u}；未给出目标。"
        )
    sign = "≤" if ruling.better == "lower" else "≥"
    wish = f"{metric} {sign} {number(ruling.wish)}{u}"
    plain = ruling.sure or ruling.route in ("none", "together")
    maybe = Text("", "") if plain else Text(" Not sure: its interval spans the target.", "尚不确定：区间跨越目标值。")
    likely = Text("", "") if ruling.sure else Text("probably ", "很可能")
    made = {
        "now": Text(f"{wish} is reached now: {between(now)}.", f"{wish} 目前已达到：{between(now)}。"),
        "cleaning": Text(
            f"{wish} is within reach of cleaning alone; rows and sensors can wait.",
            f"仅靠清洗即有望达到 {wish}，暂不必增加行或传感器。",
        ),
        "rows": _by_rows(wish, reach),
        "sensor": _by_sensor(wish, ruling.sensor),
        "together": _together(wish, ruling.sensor),
        "none": Text(
            f"{wish} is {likely.en}out of reach: neither cleaning, nor {FARTHEST:g} times the rows, nor a sensor "
            f"of what is seen in the residuals gets there (rows at best {between(reach.best)}).",
            f"{wish} {likely.zh}无法达到：清洗、{FARTHEST:g} 倍的行数、或针对残差所见的传感器都不能达到"
            f"（仅增加行最好为 {between(reach.best)}）。",
        ),
    }[ruling.route]
    return Text(made.en + maybe.en, made.zh + maybe.zh)


def _by_rows(wish: str, reach: Reach) -> Text:
    rows = reach.rows
    if rows is None:
        return Text("", "")
    top = "more" if rows.high == float("inf") else f"{rows.high:,.0f}"
    zh = "更多" if rows.high == float("inf") else f"{rows.high:,.0f}"
    return Text(
        f"{wish} takes more rows: about {rows.value:,.0f} ({rows.low:,.0f} to {top}); "
        f"with probability {reach.chance:.0%} some number of rows reaches it.",
        f"达到 {wish} 需要增加约 {rows.value:,.0f} 行（{rows.low:,.0f} 至 {zh}）；"
        f"增加行能够达到的概率为 {reach.chance:.0%}。",
    )


_SENSOR = {
    "asset": Text("what is peculiar to each asset", "各设备自身差异"),
    "batch": Text("what is peculiar to each batch", "各批次自身差异"),
    "time": Text("a slowly changing state", "缓慢变化的状态"),
    "order": Text("a slowly changing state", "缓慢变化的状态"),
}


def _together(wish: str, name: str) -> Text:
    what = _SENSOR.get(name, Text(f"the column {name}, unused so far", f"尚未使用的列 {name}"))
    return Text(
        f"{wish} is not reached by rows, cleaning or a sensor alone; "
        f"many more rows and knowing {what.en} together may.",
        f"仅靠增加行、清洗或传感器都达不到 {wish}；大量增加行并掌握{what.zh}，两者结合或可达到。",
    )


def _by_sensor(wish: str, name: str) -> Text:
    what = _SENSOR.get(name, Text(f"the column {name}, unused so far", f"尚未使用的列 {name}"))
    return Text(
        f"{wish}: rows and cleaning do not reach it, knowing {what.en} would.",
        f"{wish}：增加行或清洗都达不到；若能掌握{what.zh}则可达到。",
    )
