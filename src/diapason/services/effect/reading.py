"""From a dataset version to days, or to clusters with and without treatment, read lazily and in bounded memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.economics.effect import SIDES, Days, enough
from diapason.engines.economics.groups import Cells
from diapason.errors import DataError
from diapason.services.effect.asking import CALENDAR, Asked, By
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import ROW, Contract, Role

__all__ = ["Read", "cells_of", "days_of", "look", "ordinal"]

Array = NDArray[np.float64]

_LEVELS = 8
"""Values of a category that can be a covariate."""
_DAYS = Text("days", "天")
_TREATED = ("true", "1", "1.0", "yes", "on", "treated", "是", "处理")
_OTHERS = {
    "true": "false", "1": "0", "1.0": "0.0", "yes": "no", "on": "off", "treated": "control", "是": "否",
    "处理": "对照",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Read:
    """What the table gave."""

    labels: list[str]  # of each line: its day or cluster
    lines: Days | Cells
    dropped: int  # days or clusters without the metric or a covariate
    thin: int = 0  # days with less than half of the usual rows, left out of a sum
    groups: tuple[str, ...] = ()  # ab: value of the untreated, of the treated


def ordinal(day: str) -> int:
    """A day as the number of days since 0001-01-01."""
    return date.fromisoformat(day).toordinal()


def look(table: pl.LazyFrame, asked: Asked, contract: Contract) -> None:
    """Whether the version has the columns, the time and the groups that are asked for; no metric is read.

    Raises:
        DataError: a column is absent, the date lies outside of the data, or the group has not two values.
    """
    there = table.collect_schema().names()
    wanted = [asked.metric, asked.group, asked.cluster, *(c for c in asked.covariates if c not in CALENDAR)]
    for name in filter(None, wanted):
        if name not in there:
            raise DataError(
                Text(f"this version has no column '{name}'", f"该版本没有列“{name}”"),
                at=contract.name,
                fix=Text("choose of: ", "可选：") + ", ".join(n for n in there if n != ROW),
            )
    if asked.by == By.AB:
        _datable(table, asked, contract)
        values = table.select(pl.col(asked.group).cast(pl.String).unique()).head(1000).collect()[asked.group]
        _treated(sorted(values.drop_nulls()), asked)
        return
    days = table.select(_day(table, contract).unique().alias("_at")).collect().drop_nulls()
    _inside(days, asked, contract)
    after = int((days["_at"] >= date.fromisoformat(asked.since)).sum())
    enough((days.height - after, after), SIDES, _DAYS, at=f"{contract.name}, --since {asked.since}")


def days_of(table: pl.LazyFrame, asked: Asked, contract: Contract) -> Read:
    """One line per day.

    Raises:
        DataError: there is no calendar time, or the date lies outside of the data.
    """
    frame = _gathered(table, asked, [_day(table, contract).alias("_at")]).sort("_at")
    frame = frame.filter(pl.col("_at").is_not_null())
    _inside(frame, asked, contract)
    held, dropped, thin = _whole(frame, asked)
    day = np.array([d.toordinal() for d in held["_at"]], dtype=np.int64)
    names, covariates = _covariates(held, asked, day)
    rows, unit = int(held["_rows"].sum()), contract.column(asked.metric).unit or "1"
    days = Days(day, held["_value"].to_numpy().astype(np.float64), covariates, names, rows, unit)
    return Read([d.isoformat() for d in held["_at"]], days, dropped, thin)


def cells_of(table: pl.LazyFrame, asked: Asked, contract: Contract) -> Read:
    """One line per cluster and group, in order of time.

    Raises:
        DataError: the group has not two values, or which one is the treated cannot be told.
    """
    cluster, what = _cluster(table, asked, contract)
    if asked.since:
        table = table.filter(_day(table, contract) >= date.fromisoformat(asked.since))
    key = [cluster.alias("_at"), pl.col(asked.group).cast(pl.String).alias("_group")]
    frame = _gathered(table, asked, key).filter(pl.col("_at").is_not_null() & pl.col("_group").is_not_null())
    frame = frame.sort("_first")
    values = sorted(frame["_group"].unique())
    treated = _treated(values, asked)
    held, dropped, thin = _whole(frame, asked)
    codes = held.select(pl.col("_at").rank("dense").cast(pl.Int64) - 1).to_series().to_numpy()
    day = np.array([d.toordinal() for d in held["_at"]]) if held["_at"].dtype == pl.Date else np.zeros(held.height)
    names, covariates = _covariates(held, asked, day.astype(np.int64))
    on = (held["_group"] == treated).to_numpy()
    rows, unit = int(held["_rows"].sum()), contract.column(asked.metric).unit or "1"
    value = held["_value"].to_numpy().astype(np.float64)
    groups = (next(v for v in values if v != treated), treated)
    made = Cells(codes.astype(np.int64), on, value, covariates, names, rows, unit, what)
    return Read([f"{a} {g}" for a, g in held.select("_at", "_group").iter_rows()], made, dropped, thin, groups)


def _gathered(table: pl.LazyFrame, asked: Asked, key: list[pl.Expr]) -> pl.DataFrame:
    """Value, covariates, rows and first row of each group of rows."""
    value = pl.col(asked.metric).cast(pl.Float64)
    value = pl.when(value.is_finite()).then(value)
    told = [value.count().alias("_rows"), pl.col(ROW).min().alias("_first")]
    told.append((value.sum() if asked.daily == "sum" else value.mean()).alias("_value"))
    for name in asked.covariates:
        if name in table.collect_schema():
            told += _means(table, name)
    return table.group_by(key).agg(told).collect()


def _means(table: pl.LazyFrame, name: str) -> list[pl.Expr]:
    """The mean of a number; the shares of the values of a category but the first."""
    kind = table.collect_schema()[name]
    if kind.is_numeric() or kind == pl.Boolean:
        number = pl.col(name).cast(pl.Float64)
        return [pl.when(number.is_finite()).then(number).mean().alias(f"x {name}")]
    levels = table.select(pl.col(name).cast(pl.String).unique().sort()).head(_LEVELS + 2).collect()[name].drop_nulls()
    if len(levels) > _LEVELS or kind.is_temporal():
        raise DataError(
            Text(
                f"{name} has more than {_LEVELS} values: it cannot be a covariate",
                f"{name} 的取值超过 {_LEVELS} 个，不能作协变量",
            ),
            at="--covariates",
            fix=Text("choose a number, or a category of few values", "请选择数值列，或取值较少的类别列"),
        )
    text = pl.col(name).cast(pl.String)
    return [(text == level).mean().alias(f"x {name}={level}") for level in levels[1:]]


def _covariates(frame: pl.DataFrame, asked: Asked, day: NDArray[np.int64]) -> tuple[tuple[str, ...], Array]:
    """Names and columns, those of the calendar made from the days."""
    found = [(c[2:], frame[c].to_numpy().astype(np.float64)) for c in frame.columns if c.startswith("x ")]
    taken = {name.partition("=")[0] for name, _ in found}
    for name in asked.covariates:
        if name in CALENDAR and name not in taken and len(np.unique(day)) > 1:
            found += _calendar(name, day)
    if not found:
        return (), np.zeros((frame.height, 0))
    return tuple(n for n, _ in found), np.column_stack([c for _, c in found])


def _calendar(name: str, day: NDArray[np.int64]) -> Iterator[tuple[str, Array]]:
    if name == "trend":
        yield name, (day - day[0]).astype(np.float64)
        return
    for i, label in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat")):
        if len(np.unique((day - 1) % 7)) > i + 1:  # where a plant never works on a day, one column less
            yield f"weekday={label}", ((day - 1) % 7 == i).astype(np.float64)


def _whole(frame: pl.DataFrame, asked: Asked) -> tuple[pl.DataFrame, int, int]:
    """Lines that have everything; how many had not, and how many were too thin to be summed."""
    needed = [c for c in frame.columns if c == "_value" or c.startswith("x ")]
    held = frame.filter(pl.all_horizontal(pl.col(c).is_not_null() for c in needed) & (pl.col("_rows") > 0))
    dropped = frame.height - held.height
    if asked.daily != "sum" or not held.height:
        return held, dropped, 0
    usual = float(held["_rows"].median() or 0)  # type: ignore[arg-type]  # of integers it is a number
    full = held.filter(pl.col("_rows") >= usual / 2)
    return full, dropped, held.height - full.height


def _day(table: pl.LazyFrame, contract: Contract) -> pl.Expr:
    time = contract.first(Role.TIME)
    if time is None or not table.collect_schema()[time].is_temporal():
        counts = (
            Text("has no time column", "没有时间列")
            if time is None
            else Text(f"counts time in {time}, not in days", f"的时间列 {time} 不是日期时间")
        )
        raise DataError(
            Text(
                f"{contract.name} {counts.en}: a date says nothing here", f"{contract.name} {counts.zh}，日期在此无意义"
            ),
            at=f"contracts/{contract.name}.yaml",
            fix=Text(
                "ingest it with --time COLUMN, or compare groups: --by ab --group COLUMN",
                "请用 --time 列名 导入，或比较分组：--by ab --group 列名",
            ),
        )
    return pl.col(time).cast(pl.Date) if table.collect_schema()[time] == pl.Date else pl.col(time).dt.date()


def _cluster(table: pl.LazyFrame, asked: Asked, contract: Contract) -> tuple[pl.Expr, Text]:
    """What is taken as one unit: a column, else the day, else the batch."""
    batch, time = contract.first(Role.BATCH), contract.first(Role.TIME)
    dated = time is not None and table.collect_schema()[time].is_temporal()
    if asked.cluster or (batch and not dated):
        name = asked.cluster or str(batch)
        return pl.col(name), Text(f"groups of {name}", f"组（按 {name}）")
    return _day(table, contract), _DAYS


def _inside(frame: pl.DataFrame, asked: Asked, contract: Contract) -> None:
    since, days = date.fromisoformat(asked.since), sorted(frame["_at"].to_list())
    if days and days[0] < since <= days[-1]:
        return
    said = f"{days[0]} … {days[-1]}" if days else "–"
    raise DataError(
        Text(f"{since} lies outside of the data", f"{since} 不在数据的时间范围内"),
        at=f"{contract.name}, {said}",
        fix=Text(f"choose a day within {said}, not the first", f"请在 {said} 之内选择，但不能是第一天"),
    )


def _datable(table: pl.LazyFrame, asked: Asked, contract: Contract) -> None:
    """Words of the calendar need days."""
    words = [c for c in asked.covariates if c in CALENDAR and c not in table.collect_schema()]
    if words and _cluster(table, asked, contract)[1].en != _DAYS.en:
        raise DataError(
            Text(f"{words[0]} needs days, and groups are compared here", f"{words[0]} 需要按日汇总，而此处按组比较"),
            at="--covariates",
            fix=Text(
                "leave it out, or leave --cluster out where there is a time", "请去掉它；若有时间列，也可去掉 --cluster"
            ),
        )


def _treated(values: list[str], asked: Asked) -> str:
    at, listed = f"--group {asked.group}", ", ".join(values[:12])
    if len(values) != 2:
        raise DataError(
            Text(
                f"{asked.group} has {len(values)} values; two are needed",
                f"{asked.group} 有 {len(values)} 个取值，须恰为两个",
            ),
            at=f"{at}: {listed}",
            fix=Text("name a column with two values, treated and not", "请指定只有两个取值的列：处理与对照"),
        )
    if asked.treated:
        if asked.treated not in values:
            raise DataError(
                Text(f"{asked.group} is never '{asked.treated}'", f"{asked.group} 没有取值“{asked.treated}”"),
                at="--treated",
                fix=Text(f"choose one of: {listed}", f"可选：{listed}"),
            )
        return asked.treated
    low = {v.lower(): v for v in values}
    for word in _TREATED:
        if word in low and _OTHERS[word] in low:
            return low[word]
    raise DataError(
        Text(f"which of them is the treated: {listed}?", f"其中哪个是处理组：{listed}？"),
        at=at,
        fix=Text(
            f"add --treated {values[0]} or --treated {values[1]}",
            f"请加 --treated {values[0]} 或 --treated {values[1]}",
        ),
    )
