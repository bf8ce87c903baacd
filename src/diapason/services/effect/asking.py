"""What is asked of an effect, checked before anything is sealed or read."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from diapason.engines.schema.units import unit_code
from diapason.errors import DataError
from diapason.knowledge.columns import lexicon
from diapason.services.effect.money import Worth, worth_of
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import Contract

__all__ = ["CALENDAR", "Asked", "By", "checked"]

CALENDAR = {"weekday": Text("day of the week", "星期"), "trend": Text("a straight trend", "线性趋势")}
"""Covariates that need no column; a column of that name goes before."""


_SUCH = Text("write a day such as 2026-05-01", "请写日期，如 2026-05-01")


class By(StrEnum):
    """How the two sides are compared."""

    BEFORE_AFTER = "before-after"
    AB = "ab"
    MATCHED = "matched"


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: what happened to a metric, since when or in which group, and what that is worth."""

    metric: str
    since: str = ""  # day from which the change counts, ISO 8601
    by: str = "before-after"  # or "ab", "matched"
    covariates: tuple[str, ...] = ()  # columns, or words of `CALENDAR`
    group: str = ""  # ab: column that says who was treated
    treated: str = ""  # ab: its value for the treated
    cluster: str = ""  # ab: column of shifts or batches; "" = the batch column if no time, else days
    daily: str = "mean"  # or "sum"
    better: str = ""  # "lower", "higher"
    worth: str = ""  # "0.42 CNY/kWh": of one unit of the metric
    yearly: float | None = None  # what one unit of the effect comes with in a year: tonnes for kWh/t, hours for kW
    model: str = ""  # whose effect it is said to be


def checked(asked: Asked, contract: Contract) -> Worth | None:
    """Refuse what cannot be answered; the worth of a unit, if one was given.

    Raises:
        DataError: a column is unknown or of the wrong kind, the date is none, or an option lacks its partner.
    """
    _one_of("--by", asked.by, tuple(By))
    _one_of("--daily", asked.daily, ("mean", "sum"))
    _one_of("--better", asked.better, ("", "lower", "higher"))
    if contract.column(asked.metric).kind not in ("number", "flag"):
        raise DataError(
            Text(f"{asked.metric} is no number", f"{asked.metric} 不是数值列"),
            at=f"{contract.name}, {asked.metric}",
            fix=Text("choose a column of kind number or flag", "请选择类型为 number 或 flag 的列"),
        )
    named = {c.name for c in contract.columns}
    for name in asked.covariates:
        if name not in named and name not in CALENDAR:
            raise _unknown(name, contract)
        if name == asked.metric:
            raise DataError(
                Text(f"{name} is the metric: it cannot explain itself", f"{name} 就是指标本身，不能作协变量"),
                at="--covariates",
                fix=Text("leave it out", "请去掉"),
            )
    _sides(asked, contract)
    if asked.by == By.MATCHED and not asked.covariates:
        raise DataError(
            Text("days are matched by covariates, and none is named", "匹配需要协变量，但未指定"),
            at="--covariates",
            fix=Text("name columns, or weekday: --covariates weekday", "请指定列或 weekday：--covariates weekday"),
        )
    return _worth(asked, contract)


def _sides(asked: Asked, contract: Contract) -> None:
    """Each way of comparing has what it needs."""
    if asked.since:
        _day(asked.since)
    if asked.by == By.AB:
        if not asked.group:
            raise DataError(
                Text("nothing says who was treated", "未说明哪些属于处理组"),
                at="--group",
                fix=Text("name the column that says it: --group COLUMN", "请指定分组列：--group 列名"),
            )
        for name in filter(None, (asked.group, asked.cluster)):
            contract.column(name)
        return
    if not asked.since:
        raise DataError(Text("the day of the change is missing", "缺少变更日期"), at="--since", fix=_SUCH)
    for flag, said in (("--group", asked.group), ("--treated", asked.treated), ("--cluster", asked.cluster)):
        if said:
            raise DataError(
                Text(f"{flag} belongs to --by ab", f"{flag} 只用于 --by ab"),
                at=flag,
                fix=Text("add --by ab, or leave it out", "请加 --by ab，或去掉该选项"),
            )


def _day(text: str) -> None:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise DataError(Text(f"'{text}' is no day", f"“{text}”不是日期"), at="--since", fix=_SUCH) from None


def _worth(asked: Asked, contract: Contract) -> Worth | None:
    """The worth of a unit, if it can be made into that of a year."""
    if not asked.worth:
        return None
    worth, unit = worth_of(asked.worth), contract.column(asked.metric).unit
    if not asked.better:
        raise DataError(
            Text("a worth needs to know which way is better", "计算价值须知道指标越低越好还是越高越好"),
            at="--better",
            fix=Text("add --better lower or --better higher", "请加 --better lower 或 --better higher"),
        )
    if asked.yearly is None and (asked.daily == "mean" or asked.by == By.AB):
        raise DataError(
            Text(
                f"{asked.metric} alone has no worth: with how much of it in a year?",
                f"仅凭 {asked.metric} 的均值无法算出年价值：一年对应多少量？",
            ),
            at="--yearly",
            fix=Text(
                "add --yearly N (hours a year for kW, tonnes a year for kWh/t), or --daily sum",
                "请加 --yearly N（kW 为全年小时数，kWh/t 为全年吨数），或用 --daily sum",
            ),
        )
    if asked.yearly is None:
        _same_unit(asked.metric, unit, worth)
    elif not 0 < asked.yearly < float("inf"):
        raise DataError(
            Text(f"a year cannot have {asked.yearly:g} of it", f"全年数量不能是 {asked.yearly:g}"),
            at="--yearly",
            fix=Text("give a number above 0", "请给出大于 0 的数"),
        )
    return worth


def _same_unit(metric: str, unit: str, worth: Worth) -> None:
    """A sum of the day is worth what its own unit is worth."""
    said = unit_code(worth.unit, lexicon()) or worth.unit
    if unit and said not in ("", "unit", unit):
        raise DataError(
            Text(
                f"{metric} is in {unit}, its worth was given for {worth.unit}",
                f"{metric} 的单位是 {unit}，而单价按 {worth.unit} 给出",
            ),
            at="--worth",
            fix=Text(
                f"give it for {unit}, or say with --yearly how much a year has of it",
                f"请按 {unit} 给出，或用 --yearly 说明全年数量",
            ),
        )


def _one_of(flag: str, said: str, known: tuple[str, ...]) -> None:
    if said not in known:
        shown = [str(k) for k in known if k]
        raise DataError(
            Text(f"{flag} cannot be '{said}'", f"{flag} 不能是“{said}”"),
            at=flag,
            fix=Text("choose one of: " + ", ".join(shown), "可选：" + "、".join(shown)),
        )


def _unknown(name: str, contract: Contract) -> DataError:
    known = ", ".join([*CALENDAR, *(c.name for c in contract.columns)])
    return DataError(
        Text(f"no column '{name}'", f"没有列“{name}”"),
        at=f"{contract.name}, --covariates",
        fix=Text(f"choose of: {known}", f"可选：{known}"),
    )
