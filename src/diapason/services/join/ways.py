"""The ways to join: by key, in time, on a common clock, by genealogy."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.alignment.asof import AsOf, Direction, as_of
from diapason.engines.alignment.genealogy import Ancestry, Inheritance, Links, ancestry, inherit
from diapason.engines.alignment.historian import Layout, records_of, resample
from diapason.engines.alignment.keys import by_key, key_texts, repeats
from diapason.engines.alignment.matching import Coverage, Match, attach, coverage
from diapason.engines.alignment.moments import column_like, duration, spoken
from diapason.engines.alignment.resampling import LOOKS_AHEAD, Rule, TagRule, proposed
from diapason.errors import DataError, Refused
from diapason.services.join.asking import Asked
from diapason.services.join.sides import Side
from diapason.services.join.timing import Shifts
from diapason.vocabulary.findings import Finding, Where
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import ROW

__all__ = ["Joined", "in_time", "inherited", "on_clock", "on_key", "resampled"]

Positions = NDArray[np.int64]
SHARES = ("share", "fraction", "ratio", "比例", "占比", "份额")
LEAST = 0.9  # of a batch's mass that must have known ancestors


@dataclass(frozen=True, slots=True)
class Joined:
    """What a join gave: the rows, the new columns' origins, and what was found on the way."""

    table: pl.DataFrame
    names: Mapping[str, str]  # new column -> column of the other table
    coverage: Coverage
    at: NDArray[np.int64]  # row of the other table for each row, -1 = none; by genealogy any one of several
    by: str  # "key", "time", "clock" or "genealogy"
    findings: tuple[Finding, ...] = ()
    ahead: bool = False  # values were not known yet at the row's time


def on_key(here: Side, there: Side) -> Joined:
    """Rows of one key; a key that stands more than once in the other table would multiply rows and is refused."""
    pairs = tuple(zip(here.keys, there.keys, strict=True))
    many = repeats(here.frame, there.frame, pairs)
    if many is not None and not many.alike:
        shown = ", ".join(many.examples[:3])
        raise Refused(
            Text(
                f"{many.keys} keys stand more than once in the other table: "
                f"{here.frame.height:,} rows would become {many.grown:,}",
                f"另一张表中有 {many.keys} 个键重复：{here.frame.height:,} 行会变成 {many.grown:,} 行",
            ),
            at=shown,
            fix=Text("make them unique, or join as of a time: --as-of 6h", "请使其唯一，或按时间关联：--as-of 6h"),
        )
    match = by_key(here.frame, there.frame, pairs)
    table, names = attach(here.frame, there.frame, match, suffix="joined")
    return Joined(table, names, coverage(match), match.other, "key")


def in_time(here: Side, there: Side, asked: Asked, shifts: Shifts) -> Joined:
    """The newest value known by each row's time, or the result that came after; each column by its own lag."""
    if there.layout.tag:
        raise DataError(
            Text(
                f"{there.ref.name} has one reading per line, under the name of its tag ('{there.layout.tag}')",
                f"{there.ref.name} 每行是一个测点（“{there.layout.tag}”）的一个读数",
            ),
            at=there.ref.name,
            fix=Text("bring it to a common clock: add --every 1min", "请先重采样到统一时钟：加上 --every 1min"),
        )
    table, names, ahead, rule = here.frame, dict[str, str](), shifts.earlier, _rule(here, there, asked)
    at, ages, far = list[Positions](), list[NDArray[np.float64]](), list[Positions]()
    for shift, columns in _groups(there, shifts).items():
        part = there.at(there.moments() + shift) if shift else there
        found = as_of(here.frame, part.frame, rule)
        table, new = attach(table, part.frame.select(columns), found.match, suffix="joined")
        names |= new
        at, ages, far = [*at, found.match.other], [*ages, found.age], [*far, found.beyond]
        ahead |= found.looks_ahead
    label = next(n for n in ("age", "age_joined", "age_of_join") if n not in table.columns)
    table = table.with_columns(pl.Series(label, ages[0]).fill_nan(None))
    names[label] = "age" if there.counted else "age [s]"
    match, counted = _any(at, (here.frame.height, there.frame.height))
    empty = np.setdiff1d(np.concatenate(far), match.left[match.other >= 0])
    findings = [_beyond(here, empty, asked.as_of)] if len(empty) else []
    return Joined(table, names, counted, match.other, "time", tuple(findings), ahead)


def _rule(here: Side, there: Side, asked: Asked) -> AsOf:
    reported = asked.delay if asked.delay in there.frame.columns else ""
    return AsOf(
        here.time,
        there.time,
        tuple(zip(here.keys, there.keys, strict=True)),
        cast("Direction", asked.direction),
        duration(asked.as_of),
        0.0 if reported else duration(asked.delay or "0s"),
        reported,
    )


def _groups(there: Side, shifts: Shifts) -> dict[float, list[str]]:
    """Columns of the other table by the time that is added to theirs; time and keys go with what moves least."""
    groups: dict[float, list[str]] = {}
    for name in there.frame.columns:
        if name != ROW and name not in (there.time, *there.keys):
            groups.setdefault(shifts.of(name), []).append(name)
    first = min(groups, key=abs, default=0.0)
    groups = {
        first: [there.time, *there.keys, *groups.get(first, [])],
        **{k: v for k, v in groups.items() if k != first},
    }
    return {k: [n for n in there.frame.columns if n in v] for k, v in groups.items()}


def _any(at: Sequence[NDArray[np.int64]], rows: tuple[int, int]) -> tuple[Match, Coverage]:
    """A row is matched if any column found its row; a row is used if any column used it."""
    first = at[0]
    for more in at[1:]:
        first = np.where(first >= 0, first, more)
    counted = coverage(Match(np.arange(rows[0]), first, rows))
    used = len(np.unique(np.concatenate([a[a >= 0] for a in at])))
    return Match(np.arange(rows[0]), first, rows), replace(counted, used=used, unused=rows[1] - used)


def _beyond(here: Side, rows: NDArray[np.int64], tolerance: str) -> Finding:
    where = Where((here.time,), tuple(here.frame[ROW][rows[:10_000]].to_list()), len(rows), here.frame.height)
    return Finding(
        "join_beyond_tolerance", where, 1.0, "look", {"tolerance": spoken(duration(tolerance), counted=here.counted)}
    )


def on_clock(here: Side, there: Side) -> Joined:
    """Two tables on one clock, tick by tick."""
    rule = AsOf(here.time, there.time, tuple(zip(here.keys, there.keys, strict=True)), "nearest", 1e-5)
    match = as_of(here.frame, there.frame, rule).match
    other = there.frame.drop([there.time, *there.keys])
    table, names = attach(here.frame, other, match, suffix="joined")
    return Joined(table, names, coverage(match), match.other, "clock")


def resampled(side: Side, asked: Asked, shifts: Shifts) -> tuple[Side, tuple[Finding, ...]]:
    """The table on the clock, each tag by the rule that was said or proposed, at its own lag."""
    every, layout = duration(asked.every), side.layout
    records = side.frame.height
    parts: list[pl.DataFrame] = []
    used: dict[str, TagRule] = {}
    known, cells = 0, 0
    for frame, columns in _moved(side, layout, shifts):
        rules = _said(frame, replace(layout, columns=columns), asked.rules, every)
        made = resample(frame, replace(layout, columns=columns), every, rules)
        used |= made.rules
        tags = [n for n in made.table.columns if n not in (layout.time, *layout.by)]
        known += sum(made.table[n].count() for n in tags)
        cells += made.table.height * len(tags)
        parts.append(made.table)
    table = parts[0]
    for part in parts[1:]:
        table = table.join(part, on=[layout.time, *layout.by], how="full", coalesce=True)
    table = table.sort([*layout.by, layout.time]).with_row_index(ROW).with_columns(pl.col(ROW).cast(pl.Int64))
    kinds = [r.rule.value for r in used.values()]
    facts: dict[str, float | str] = {
        "table": side.ref.name,
        "records": records,
        "tags": len(used),
        "every": spoken(every, counted=side.counted),
        "ticks": table.height,
        "rules": ", ".join(f"{k} × {kinds.count(k)}" for k in dict.fromkeys(kinds)),
    }
    findings = [Finding("resampled", Where((layout.time,), (), known, cells), 1.0, "know", facts)]
    ahead = tuple(n for n, r in used.items() if r.rule in LOOKS_AHEAD)
    if ahead:
        findings.append(Finding("resampled_ahead", Where(ahead, (), len(ahead), len(used)), 1.0, "look", facts))
    return replace(side, frame=table), tuple(findings)


def _moved(side: Side, layout: Layout, shifts: Shifts) -> list[tuple[pl.DataFrame, tuple[str, ...]]]:
    """The records of tags that move by the same time, moved."""
    times, frame = side.moments(), side.frame
    if layout.tag:
        names = frame[layout.tag].cast(pl.String).to_list()
        by = np.array([shifts.of(n) if n is not None else 0.0 for n in names])
        return [(frame.with_columns(column_like(times + by, frame[side.time])), ())]
    groups: dict[float, list[str]] = {}
    for name in layout.columns:
        groups.setdefault(shifts.of(name), []).append(name)
    return [(frame.with_columns(column_like(times + s, frame[side.time])), tuple(c)) for s, c in groups.items()]


def _said(frame: pl.DataFrame, layout: Layout, rules: Mapping[str, Rule], every: float) -> dict[str, TagRule]:
    """Rules that a person gave, with the limit that suits each tag's records."""
    made = {}
    for name, tag in records_of(frame, replace(layout, by=())).items() if rules else ():
        rule = rules.get(name) or rules.get("")
        if rule:
            made[name] = TagRule(rule, proposed(tag.records, every).limit, "said")
    return made


def inherited(here: Side, there: Side, links: Sequence[Side]) -> Joined:
    """What each row's batch inherits from its ancestors, weighted by mass, through any number of generations."""
    (mine, *_), (key, *_) = here.keys, there.keys
    family = ancestry([_links(part) for part in links], _ancestors(there, key))
    made = inherit(family, key_texts(here.frame, [mine]), there.frame, key, least=LEAST)
    names: dict[str, str] = {}
    for column in made.table.columns:
        new = column
        while new in here.frame.columns or new in names:
            new += "_inherited"
        names[new] = column
    table = here.frame.hstack(made.table.rename({old: new for new, old in names.items()}).get_columns())
    rows = (here.frame.height, there.frame.height)
    match = Match(np.arange(rows[0]), np.where(made.known > 0, 0, -1), rows)
    counted = replace(coverage(match), used=made.used, unused=rows[1] - made.used)
    findings = tuple(_of_family(here, mine, family, made))
    return Joined(table, names, counted, match.other, "genealogy", findings)


def _ancestors(there: Side, key: str) -> list[str]:
    """The batches that the table is about, each once."""
    keys = key_texts(there.frame, [key]).drop_nulls()
    twice = keys.filter(keys.is_duplicated()).unique(maintain_order=True)
    if not len(twice):
        return keys.to_list()
    many = len(twice)
    raise Refused(
        Text(f"{many} ancestors stand more than once in {there.ref.name}", f"{there.ref.name} 中有 {many} 个祖先重复"),
        at=", ".join(twice[:3].to_list()),
        fix=Text("keep one row per ancestor", "每个祖先请只保留一行"),
    )


def _of_family(here: Side, key: str, family: Ancestry, made: Inheritance) -> Iterator[Finding]:
    """What the genealogy is like, and where it does not add up."""
    of, known = here.frame.height, int((made.known > 0).sum())
    facts: dict[str, float | str] = {"merged": family.merged, "split": family.split, "least": f"{LEAST:.0%}"}
    yield Finding("genealogy", Where((key,), (), known, of), 1.0, "know", facts)
    partly = np.flatnonzero((made.known > 0) & (made.known < LEAST))
    if len(partly):
        rows = tuple(here.frame[ROW][partly[:10_000]].to_list())
        yield Finding("genealogy_partial", Where((key,), rows, len(partly), of), 1.0, "look", facts)
    for kind, batches in (("genealogy_shares", family.unequal), ("genealogy_twice", family.conflicting)):
        if batches:
            where = Where((key,), (), len(batches), len(family.descendants))
            yield Finding(kind, where, 1.0, "look", {"first": batches[0]})
    if family.sides:
        yield Finding("genealogy_sides", Where((key,), (), 0, len(family.descendants)), 0.9, "act", {})


def _links(side: Side) -> Links:
    """Parent, child, and a mass or a share, in this order."""
    columns = [c for c in side.frame.columns if c != ROW]
    if len(columns) < 2:
        raise DataError(
            Text(f"{side.ref.name} has fewer than two columns", f"{side.ref.name} 少于两列"),
            at=side.ref.name,
            fix=Text("give parent, child and mass, in this order", "请依次给出父批、子批、质量"),
        )
    weight = columns[2] if len(columns) > 2 and side.frame.schema[columns[2]].is_numeric() else ""
    share = weight if any(word in weight.lower() for word in SHARES) else ""
    return Links(side.frame, columns[0], columns[1], "" if share else weight, share, side.ref.name)
