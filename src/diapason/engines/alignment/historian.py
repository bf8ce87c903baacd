"""A historian's table, long or wide, brought to a common clock with one rule per tag."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.alignment.moments import column_like, seconds
from diapason.engines.alignment.resampling import Rule, TagRule, on_clock, proposed
from diapason.engines.alignment.series import Series, series
from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["Layout", "Resampled", "Tag", "records_of", "resample"]

Array = NDArray[np.float64]
MOST_TICKS = 20_000_000


@dataclass(frozen=True, slots=True)
class Layout:
    """Where time, tags and values stand."""

    time: str
    by: tuple[str, ...] = ()  # one clock per asset
    tag: str = ""  # long form: the column of tag names, and that of values
    value: str = ""
    columns: tuple[str, ...] = ()  # wide form: the tags; an empty cell is no record


@dataclass(frozen=True, slots=True)
class Resampled:
    """The table on the clock, and what was done for each tag."""

    table: pl.DataFrame
    rules: Mapping[str, TagRule]
    records: Mapping[str, int]  # records used
    known: Mapping[str, float]  # share of ticks with a value
    aged: Mapping[str, float] = field(default_factory=dict)  # median age of the values, in the unit of time


@dataclass(frozen=True, slots=True)
class Tag:
    """Records of one tag; texts are codes into `names`."""

    records: Series
    names: tuple[str, ...] = ()


def resample(
    frame: pl.DataFrame, layout: Layout, every: float, rules: Mapping[str, TagRule] | None = None, *, ages: bool = False
) -> Resampled:
    """Bring every tag to ticks that are multiples of `every`, per asset from its first to its last record.

    Args:
        frame: long (time, tag, value) or wide (time, one column per tag).
        layout: which column is what.
        every: from tick to tick, in seconds or in the unit of a plain count.
        rules: per tag; a tag without one gets the rule of `proposed`, which never looks ahead.
        ages: also give `<tag>_age`, the time since the newest record.

    Raises:
        DataError: a column is absent, or the clock would have more than 20 million ticks.
    """
    _check(frame, layout, every)
    groups = list(_groups(frame, layout))
    tags = list(dict.fromkeys(name for _, found in groups for name in found))
    agreed = {name: (rules or {}).get(name) or _proposal(groups, name, every) for name in tags}
    parts, sums = [], {name: [0, 0, 0, 0.0] for name in tags}
    for key, found in groups:
        ticks = _ticks(found.values(), every)
        columns = [pl.Series(n, [v] * len(ticks), dtype=frame.schema[n]) for n, v in zip(layout.by, key, strict=True)]
        columns.append(column_like(ticks, frame[layout.time]))
        for name in tags:
            columns += _columns(found.get(name), (name, ticks, every), agreed[name], sums[name], ages=ages)
        parts.append(pl.DataFrame(columns))
    table = pl.concat(parts, how="vertical_relaxed") if parts else frame.clear()
    share = {n: s[1] / s[2] if s[2] else 0.0 for n, s in sums.items()}
    return Resampled(table, agreed, {n: int(s[0]) for n, s in sums.items()}, share, {n: s[3] for n, s in sums.items()})


def records_of(frame: pl.DataFrame, layout: Layout) -> dict[str, Tag]:
    """The records of every tag of one asset."""
    if not layout.tag:
        time = seconds(frame[layout.time])
        return {name: _tag(time, frame[name]) for name in layout.columns}
    found = {}
    for part in frame.drop_nulls([layout.tag]).partition_by(layout.tag, maintain_order=True):
        found[str(part[layout.tag][0])] = _tag(seconds(part[layout.time]), part[layout.value])
    return found


def _tag(time: Array, column: pl.Series) -> Tag:
    if column.dtype == pl.Boolean or column.dtype.is_numeric():
        return Tag(series(time, column.cast(pl.Float64).fill_null(float("nan")).to_numpy()))
    text = column.cast(pl.String)
    numbers = text.cast(pl.Float64, strict=False)
    if numbers.null_count() == text.null_count():
        return Tag(series(time, numbers.fill_null(float("nan")).to_numpy()))
    names = text.drop_nulls().unique(maintain_order=True)
    codes = text.replace_strict(names, np.arange(len(names), dtype=np.float64), default=None, return_dtype=pl.Float64)
    at = codes.is_not_null().to_numpy() & np.isfinite(time)
    order = np.argsort(time[at], kind="stable")
    when, which = time[at][order], codes.to_numpy()[at][order]
    last = np.append(np.diff(when) > 0, True) if len(when) else np.zeros(0, dtype=bool)
    return Tag(Series(when[last], which[last], stepped=True), tuple(names.to_list()))


def _groups(frame: pl.DataFrame, layout: Layout) -> Iterator[tuple[tuple[object, ...], dict[str, Tag]]]:
    if not layout.by:
        yield (), records_of(frame, layout)
        return
    for part in frame.partition_by(list(layout.by), maintain_order=True):
        yield tuple(part[name][0] for name in layout.by), records_of(part, layout)


def _proposal(groups: list[tuple[tuple[object, ...], dict[str, Tag]]], name: str, every: float) -> TagRule:
    longest = max((found[name] for _, found in groups if name in found), key=lambda tag: len(tag.records))
    return proposed(longest.records, every)


def _ticks(tags: object, every: float) -> Array:
    ends = [(t.records.time[0], t.records.time[-1]) for t in tags if len(t.records)]  # type: ignore[attr-defined]
    if not ends:
        return np.empty(0)
    first, last = (np.ceil(min(a for a, _ in ends) / every - 1e-9), np.ceil(max(b for _, b in ends) / every - 1e-9))
    if last - first > MOST_TICKS:
        raise DataError(
            Text(f"the clock would have {last - first:,.0f} ticks", f"时钟将有 {last - first:,.0f} 个节拍"),
            fix=Text("take a longer --every", "请加大 --every"),
        )
    return np.asarray(np.arange(first, last + 1) * every)


def _columns(
    tag: Tag | None, what: tuple[str, Array, float], rule: TagRule, sums: list[float], *, ages: bool
) -> list[pl.Series]:
    """The tag's column, and its age where asked for; adds records, known, ticks and median age to `sums`."""
    name, ticks, every = what
    tag = tag or Tag(Series(np.empty(0), np.empty(0)))
    used = TagRule(Rule.HOLD, rule.limit) if tag.names else rule
    values, age = on_clock(tag.records, ticks, every, used)
    known = np.isfinite(values)
    sums[0] += len(tag.records)
    sums[1] += int(known.sum())
    sums[2] += len(ticks)
    sums[3] = max(sums[3], float(np.median(age[known]))) if known.any() else sums[3]
    column = pl.Series(name, values).fill_nan(None)
    if tag.names:
        column = column.cast(pl.Int64).replace_strict(dict(enumerate(tag.names)), default=None, return_dtype=pl.String)
    return [column, pl.Series(f"{name}_age", age).fill_nan(None)] if ages else [column]


def _check(frame: pl.DataFrame, layout: Layout, every: float) -> None:
    wanted = [layout.time, *layout.by, *filter(None, (layout.tag, layout.value)), *layout.columns]
    for name in wanted:
        if name not in frame.columns:
            raise DataError(
                Text(f"no column '{name}'", f"没有列“{name}”"),
                fix=Text("choose one of: " + ", ".join(frame.columns), "可选：" + "、".join(frame.columns)),
            )
    if not every > 0:
        raise DataError(
            Text("the clock needs a step above 0", "时钟步长必须大于 0"),
            fix=Text("for example --every 1min", "例如 --every 1min"),
        )
