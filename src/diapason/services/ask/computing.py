"""A plan carried out on the newest version of what it names; each number computed twice, in two ways."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl

from diapason.engines.grounding import Computed, Plan, Source, Table, Window, compute
from diapason.errors import BrokenEvidence
from diapason.ports.workspace import Workspace
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import VersionRef

__all__ = ["Answer", "computed"]

_NEAR = 1e-9


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a plan: numbers, and the words around them; without numbers, why."""

    numbers: tuple[Computed, ...] = ()
    words: tuple[str, ...] = ()  # names and moments that belong to the answer
    nothing: Text | None = None


def computed(ws: Workspace, plan: Plan, table: Table) -> Answer:
    """Carry out a plan about a dataset.

    Raises:
        BrokenEvidence: the two computations of a number differ.
    """
    ref = VersionRef.parse(plan.dataset)
    version = ws.lake.version(ref)
    source = Source("dataset", str(ref), version.digest, version.rows)
    if plan.tool == "rows":
        return Answer((_number("rows", float(version.rows), "1", source),))
    if plan.tool == "tags":
        return Answer((_number("tags", float(len(table.tags)), "1", source),), tuple(table.tags))
    if plan.tool == "span":
        spans = (table.start, table.end)
        moments = tuple(s.isoformat(timespec="minutes") for s in spans if s is not None)
        return Answer(words=moments) if moments else Answer(nothing=Text("it has no times", "没有时间列"))
    if plan.tool == "unit":
        unit = table.tags[plan.tag]
        return Answer(words=(unit,)) if unit else Answer(nothing=Text("its unit was never said", "未说明单位"))
    frame = _rows(ws.lake.scan(ref), plan, table)
    return _TOOLS[plan.tool](frame, plan, table, source)


def _rows(frame: pl.LazyFrame, plan: Plan, table: Table) -> pl.LazyFrame:
    if plan.asset:
        frame = frame.filter(pl.col(table.asset).cast(pl.String) == plan.asset)
    return frame


def _inside(frame: pl.LazyFrame, table: Table, window: Window) -> pl.LazyFrame:
    return frame.filter(
        pl.col(table.time) >= _as(frame, table, window.start), pl.col(table.time) < _as(frame, table, window.end)
    )


def _as(frame: pl.LazyFrame, table: Table, moment: datetime) -> Any:
    kind = frame.collect_schema()[table.time]
    return pl.lit(moment if getattr(kind, "time_zone", None) else moment.replace(tzinfo=None))


def _values(frame: pl.LazyFrame, tag: str) -> pl.Series:
    return frame.select(pl.col(tag).cast(pl.Float64)).collect().to_series()


def _statistic(frame: pl.LazyFrame, plan: Plan, table: Table, source: Source) -> Answer:
    part = _inside(frame, table, plan.windows[0]) if plan.windows else frame
    return _of(part, plan.statistic, plan.tag, table, source)


def _of(part: pl.LazyFrame, statistic: str, tag: str, table: Table, source: Source) -> Answer:
    values = _values(part, tag)
    there = values.drop_nulls().drop_nans()
    if not values.len() or (not there.len() and statistic not in ("count", "missing")):
        return Answer(nothing=Text("no reading of it was recorded in that time", "该时段没有读数"))
    value, again = _quick(values, there, statistic), compute(values.fill_null(math.nan).to_numpy(), statistic)
    if not _agree(value, again):
        raise BrokenEvidence(
            Text(f"{statistic} of {tag} is {value} and {again}", f"{tag} 的 {statistic} 两次计算不一致"), at=source.ref
        )
    if not math.isfinite(again):
        return Answer(nothing=Text("too few readings", "读数太少"))
    unit = "1" if statistic in ("count", "missing") else table.tags[tag]
    used = Source(source.kind, source.ref, source.digest, values.len())
    return Answer((_number(statistic, again, unit, used),))


def _quick(values: pl.Series, there: pl.Series, statistic: str) -> float:
    ways: dict[str, Any] = {
        "mean": there.mean,
        "max": there.max,
        "min": there.min,
        "median": there.median,
        "std": there.std,
        "range": lambda: float(there.max()) - float(there.min()),  # type: ignore[arg-type]
        "count": there.len,
        "missing": lambda: values.len() - there.len(),
        "first": there.first,
        "last": there.last,
    }
    found = ways[statistic]()
    return math.nan if found is None else float(found)


def _agree(a: float, b: float) -> bool:
    return (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=_NEAR, abs_tol=1e-9)


def _value_at(frame: pl.LazyFrame, plan: Plan, table: Table, source: Source) -> Answer:
    """The reading at that very minute; between readings nothing is guessed."""
    at = plan.at or datetime.now(UTC)
    minute = Window(at, at.replace(second=59, microsecond=999_999))
    return _of(_inside(frame, table, minute).head(1), "first", plan.tag, table, source)


def _when(frame: pl.LazyFrame, plan: Plan, table: Table, source: Source) -> Answer:
    part = _inside(frame, table, plan.windows[0]) if plan.windows else frame
    got = part.select(pl.col(table.time), pl.col(plan.tag).cast(pl.Float64).alias("v")).drop_nulls().collect()
    got = got.filter(pl.col("v").is_finite())
    if not got.height:
        return Answer(nothing=Text("no reading of it was recorded in that time", "该时段没有读数"))
    values = got["v"].to_numpy()
    place = int(np.argmax(values) if plan.statistic == "max" else np.argmin(values))
    if not _agree(float(values[place]), compute(values, plan.statistic)):
        raise BrokenEvidence(Text("two computations differ", "两次计算不一致"), at=source.ref)
    moment = _aware(got[table.time][place])
    number = _number(plan.statistic, float(values[place]), table.tags[plan.tag], source, moment)
    return Answer((number,), (moment.isoformat(timespec="minutes"),))


def _beyond(frame: pl.LazyFrame, plan: Plan, table: Table, source: Source) -> Answer:
    part = _inside(frame, table, plan.windows[0]) if plan.windows else frame
    values = _values(part, plan.tag)
    there = values.drop_nulls().drop_nans()
    if not there.len() or plan.bound is None:
        return Answer(nothing=Text("no reading of it was recorded in that time", "该时段没有读数"))
    passed = there > plan.bound if plan.above else there < plan.bound
    again = sum((v > plan.bound) if plan.above else (v < plan.bound) for v in there.to_list())
    if int(passed.sum()) != again:
        raise BrokenEvidence(Text("two computations differ", "两次计算不一致"), at=source.ref)
    used = Source(source.kind, source.ref, source.digest, values.len())
    return Answer((_number("beyond", float(again), "1", used), _number("readings", float(there.len()), "1", used)))


def _change(frame: pl.LazyFrame, plan: Plan, table: Table, source: Source) -> Answer:
    means: list[Computed] = []
    for name, window in zip(("before", "after"), plan.windows, strict=True):
        one = _of(_inside(frame, table, window), "mean", plan.tag, table, source)
        if not one.numbers:
            return one
        means.append(_number(name, one.numbers[0].value, one.numbers[0].unit, one.numbers[0].source))
    change = means[1].value - means[0].value
    return Answer((_number("change", change, means[0].unit, source), *means))


def _states(frame: pl.LazyFrame, plan: Plan, table: Table, source: Source) -> Answer:
    part = _inside(frame, table, plan.windows[0]) if plan.windows else frame
    got = part.select(pl.col(table.states)).collect().to_series()
    if not got.len():
        return Answer(nothing=Text("nothing was recorded in that time", "该时段没有记录"))
    counted: dict[str, int] = {}
    for word in got.drop_nulls().to_list():
        counted[str(word)] = counted.get(str(word), 0) + 1
    if dict(got.drop_nulls().value_counts().iter_rows()) != counted:
        raise BrokenEvidence(Text("two computations differ", "两次计算不一致"), at=source.ref)
    wanted = {plan.name: counted.get(plan.name, 0)} if plan.name else counted
    used = Source(source.kind, source.ref, source.digest, got.len())
    ordered = sorted(wanted.items(), key=lambda item: (-item[1], item[0]))[:20]
    return Answer(tuple(_number(word, float(n), "1", used) for word, n in ordered))


def _begins(frame: pl.LazyFrame, plan: Plan, table: Table, source: Source) -> Answer:
    if not plan.name or not table.time:
        return Answer(nothing=Text("say which state", "请说明是哪种状态"))
    part = _inside(frame, table, plan.windows[0]) if plan.windows else frame
    got = part.filter(pl.col(table.states) == plan.name).select(pl.col(table.time).min()).collect().item()
    if got is None:
        return Answer(nothing=Text("it was not recorded in that time", "该时段没有出现"))
    moment = _aware(got)
    return Answer(
        (_number("begins", moment.timestamp(), "s", source, moment),), (moment.isoformat(timespec="minutes"),)
    )


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _number(name: str, value: float, unit: str, source: Source, at: datetime | None = None) -> Computed:
    return Computed(name, value, unit, source, at)


_TOOLS = {
    "statistic": _statistic,
    "value_at": _value_at,
    "when": _when,
    "beyond": _beyond,
    "change": _change,
    "states": _states,
    "begins": _begins,
}
