"""The words of an effect: days in, a value with its interval and named doubts out."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from diapason.errors import DataError
from diapason.vocabulary.estimates import Estimate
from diapason.vocabulary.language import Text

__all__ = ["LEAST", "LEVEL", "SIDES", "Balance", "Days", "Doubt", "Effect", "Placebo", "enough", "named"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]

LEVEL = 0.9
"""Level of intervals, two-sided."""
LEAST = 14
"""Days (or other clusters) that each side must have."""
SIDES = (Text("before the date", "变更前"), Text("from the date on", "变更后"))


@dataclass(frozen=True, slots=True)
class Days:
    """One line per day, oldest first."""

    day: Index  # shape (n,), days since any fixed day
    value: Array  # shape (n,), the metric of that day
    covariates: Array  # shape (n, k), what else moves the metric and is not moved by the change
    names: tuple[str, ...] = ()  # of the covariates
    rows: int = 0  # rows that the days were made of
    unit: str = "1"
    year: float = 365.25  # days in a season

    def until(self, end: int) -> "Days":
        """The first `end` days."""
        return Days(
            self.day[:end], self.value[:end], self.covariates[:end], self.names, self.rows, self.unit, self.year
        )


@dataclass(frozen=True, slots=True)
class Doubt:
    """One reason to be careful, with its number."""

    id: str
    value: float
    said: Text


@dataclass(frozen=True, slots=True)
class Placebo:
    """The same estimate at dates when nothing was changed."""

    dates: int  # how many were tried
    share: float  # of them with an effect as large as the one found
    wider: float  # factor by which the interval was widened because of them, 1 or more


@dataclass(frozen=True, slots=True)
class Balance:
    """How far the two sides lie apart in one covariate, in standard deviations."""

    name: str
    before: float
    after: float  # once matched or adjusted


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change did to a metric, and what stands against believing it."""

    value: Estimate  # observed less expected, in the metric's unit
    percent: Estimate  # the same in percent of what was expected
    observed: float
    expected: float
    shown: bool  # the interval leaves zero out, and nothing that was there before looks the same
    weights: Array  # shape (n,): value = weights @ metric, so that anybody can recount it
    baseline: Array  # shape (n,): what the baseline says of each day; nan where it says nothing
    fit: float  # share of the variance before that the covariates explain
    correlation: float  # of the residual with the day before
    doubts: tuple[Doubt, ...] = ()
    placebo: Placebo | None = None
    balance: tuple[Balance, ...] = field(default=())
    left_out: int = 0  # days after without a match


_WORDS: dict[str, tuple[str, str]] = {
    "few-days": (
        "one side has only {0:.0f} {1}; fewer than 28 say little",
        "有一侧仅 {0:.0f} {2}，不足 28 {2}，说服力有限",
    ),
    "trend-before": (
        "there was a trend before: it alone would have given {3}",
        "变更之前已有趋势：仅此趋势就会带来 {3} 的变化",
    ),
    "season": (
        "only {0:.0%} of the days after have days of the same season before; a season cannot be told apart",
        "变更后的日子中仅 {0:.0%} 在变更前有同季节的日子，无法排除季节影响",
    ),
    "placebo": (
        "{0:.0%} of the dates before, when nothing was changed, show an effect as large",
        "变更前未作任何改动的日期中，有 {0:.0%} 呈现同样大的“效果”",
    ),
    "no-placebo": (
        "only {0:.0f} days before: too few to see how large an effect chance alone shows",
        "变更前仅 {0:.0f} 天，不足以检验偶然波动能造成多大的“效果”",
    ),
    "autocorrelation": (
        "neighbouring {1} are alike (correlation {0:.2f}); they count for less than their number",
        "前后相邻的数据彼此相似（相关系数 {0:.2f}），有效样本少于表面数量",
    ),
    "extrapolated": (
        "{0:.0%} of the days after lie outside of what the covariates were before",
        "变更后有 {0:.0%} 的日子，其协变量超出变更前的范围",
    ),
    "unbalanced": (
        "the two sides differ by {0:.2f} standard deviations in {1}",
        "两侧在 {1} 上相差 {0:.2f} 个标准差",
    ),
    "unmatched": (
        "{0:.0%} of the days after have no like day before and were left out",
        "变更后有 {0:.0%} 的日子找不到相似的对照日，已剔除",
    ),
}


def named(id: str, value: float, en: str = "days", zh: str = "日") -> Doubt:  # noqa: A002
    """A doubt by its name, said in both languages.

    Args:
        value: its number.
        en: what is counted or compared, in English.
        zh: the same in Chinese.

    >>> named("placebo", 0.25).said.en
    '25% of the dates before, when nothing was changed, show an effect as large'
    """
    figure = f"{value:+,.0f}" if abs(value) >= 1000 else f"{value:+.3g}"
    said = [pattern.format(value, en, zh, figure) for pattern in _WORDS[id]]
    return Doubt(id, float(value), Text(*said))


def enough(sides: tuple[int, int], names: tuple[Text, Text], what: Text, *, at: str = "") -> None:
    """Raise unless each side has its fourteen days.

    Raises:
        DataError: one has fewer; says which.
    """
    for count, name in zip(sides, names, strict=True):
        if count < LEAST:
            raise DataError(
                Text(
                    f"there are {count} {what.en} {name.en}; an effect needs at least {LEAST}",
                    f"{name.zh}只有 {count} {what.zh}，判断效果至少需要 {LEAST} {what.zh}",
                ),
                at=at,
                fix=Text("wait for more data, or choose another date", "请等待更多数据，或另选日期"),
            )
