"""What a run is said to have shown, in both languages."""

from collections.abc import Mapping
from typing import Any

from diapason.engines.resonance.verdict import Ending, RuledOut
from diapason.knowledge.findings import kinds
from diapason.services.resonate.repair_words import does
from diapason.vocabulary.language import Text
from diapason.vocabulary.wire import plain

__all__ = ["nothing_found", "reason", "ruled_out", "verdict"]


def reason(row: Mapping[str, Any]) -> Text:
    """Why a repair was adopted or fell."""
    said = kinds()[str(row["reason"])].sentence
    return Text(said.en, said.zh)


def verdict(ending: Ending, metric: str, basis: str, audit: int) -> Text:
    """The one sentence that a reader takes away."""
    chosen = ending.adopted
    if chosen is not None:
        over, done = chosen.over_robust, does(plain(chosen.candidate))
        by = f"{_number(over.value, over.unit)}{_unit(over.unit)}"
        return Text(
            f"One repair holds up: {done.en}. On folds that chose nothing, {metric} is better by {by} "
            f"than with the best learner on untouched data.",
            f"有一项修复成立：{done.zh}。在未参与挑选的折上，{metric} 比原始数据上的最好学习器好 {by}。",
        )
    tried = [r for r in ending.rows if r.touched]
    if not tried:
        return nothing_found(basis)
    looked = sum(not r.screened_out for r in tried)
    more = (
        Text(f" {audit} rows to look at would settle more.", f"核对 {audit} 行可进一步判定。")
        if audit
        else Text("", "")
    )
    return Text(
        f"Nothing was adopted: {len(tried)} repairs were tried, {looked} went to untouched folds, "
        f"none beat doing nothing, placebo and a better learner.{more.en}",
        f"未采纳任何修复：试验了 {len(tried)} 项，其中 {looked} 项进入未用过的折，"
        f"没有一项同时胜过不处理、安慰剂和更好的学习器。{more.zh}",
    )


def nothing_found(basis: str) -> Text:
    """The best page there is: no repair was worth a trial."""
    del basis
    return Text(
        "Nothing was adopted: no defect was found that a repair could be tried for.",
        "未采纳任何修复：没有发现值得试验修复的缺陷。",
    )


def ruled_out(ruled: RuledOut | None, rows: int, fewest: int) -> Text:
    """How large a gain may have been missed, and at what power."""
    if ruled is None:
        return Text(
            f"No repair was tried on untouched folds. Of {rows:,} rows, fewer than {fewest} that are wrong in one way, "
            f"or errors within 4 usual spreads, would not show.",
            f"没有修复进入未用过的折。在 {rows:,} 行中，同一方式的错误少于 {fewest} 行，"
            f"或误差小于 4 倍常见离散度，都无法显示出来。",
        )
    unit = _unit(ruled.unit)
    repairs = "the one repair" if ruled.finalists == 1 else f"the {ruled.finalists} repairs"
    largest, least = _number(ruled.largest, ruled.unit), _number(ruled.detectable, ruled.unit)
    return Text(
        f"Gains above {largest}{unit} over the robust learner are ruled out for {repairs} "
        f"confirmed; a true gain of {least}{unit} would have been adopted with 80 % probability.",
        f"对进入确认的 {ruled.finalists} 项修复，可排除比稳健学习器高出 {largest}{unit} 以上的增益；"
        f"真实增益若有 {least}{unit}，有 80 % 的概率会被采纳。",
    )


def _unit(unit: str) -> str:
    return " %" if unit == "%" else ""


def _number(value: float, unit: str) -> str:
    return f"{value:.2g}" if unit == "%" and abs(value) < 10 else f"{value:.3g}"
