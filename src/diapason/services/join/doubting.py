"""What speaks against a join that went well: rows left over, keys written otherwise, slipped rows, slipped hours."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.alignment.keys import key_texts, near_misses
from diapason.engines.alignment.lag import Search
from diapason.engines.alignment.moments import seconds
from diapason.engines.alignment.pairing import likeliest
from diapason.engines.alignment.series import Series
from diapason.engines.alignment.suspects import Hours, hours_apart, hours_between, shifted
from diapason.services.join.sides import Side
from diapason.services.join.timing import together
from diapason.services.join.ways import Joined
from diapason.vocabulary.findings import Finding, Where
from diapason.vocabulary.tables import ROW

__all__ = ["doubts"]

LOW = 0.95
"""Share of matched rows below which the coverage is a finding to look at."""
KEPT = 10_000  # rows that a finding names
ONCE = 0.8  # rows of the other table per matched row, from which a slip of rows can be seen
LOOKED = 8  # columns of either side
STRONG = 0.4  # peak of correlation from which two tags are taken for the same thing
HOUR = 3600.0
WAYS = {
    "width": "全角半角",
    "spaces": "空格",
    "case": "大小写",
    "punctuation": "标点",
    "leading zeros": "前导零",
    "look-alikes": "形近字符",
    "prefix": "前后缀",
}


def doubts(here: Side, there: Side, joined: Joined) -> tuple[Finding, ...]:
    """Coverage first, then everything suspicious, with rows."""
    return (*_covered(here, joined), *_near(here, there, joined), *_slipped(here, joined), *_hours(here, there, joined))


def _covered(here: Side, joined: Joined) -> Iterator[Finding]:
    counted = joined.coverage
    harm = "act" if counted.share < 0.5 else "look" if counted.share < LOW else "know"
    where = Where((), (), counted.matched, counted.left)
    yield Finding("join_coverage", where, 1.0, harm, {"used": counted.used, "unused": counted.unused})
    alone = np.flatnonzero(joined.at < 0)
    if len(alone):
        order = _in_order(here)[1]
        place = np.empty(len(order), dtype=np.int64)
        place[order] = np.arange(len(order))
        tail = int(place[alone].min()) == len(order) - len(alone) and len(alone) < len(order)
        kind = "join_tail" if tail and len(alone) > 1 else "join_unmatched"
        yield Finding(kind, _where(here, alone, ()), 1.0, harm, {})
    if joined.ahead:
        yield Finding("join_looks_ahead", Where(tuple(joined.names)), 1.0, "look", {})


def _near(here: Side, there: Side, joined: Joined) -> Iterator[Finding]:
    """Keys of both sides that found nothing and differ only in how they are written."""
    if not here.keys or joined.by == "genealogy":
        return
    alone = np.flatnonzero(joined.at < 0)
    free = np.setdiff1d(np.arange(there.frame.height), joined.at)
    mine = key_texts(here.frame[alone], here.keys)
    other = key_texts(there.frame[free], there.keys)
    lists = [texts.drop_nulls().unique(maintain_order=True).to_list() for texts in (mine, other)]
    known = set(key_texts(here.frame, here.keys).to_list()) & set(key_texts(there.frame, there.keys).to_list())
    for near in near_misses(*([t for t in texts if t not in known] for texts in lists)):
        facts = {"way": near.kind, "way_zh": WAYS[near.kind], "here": near.examples[0][0], "there": near.examples[0][1]}
        yield Finding("join_near_keys", Where(here.keys, (), near.count, here.frame.height), 0.9, "act", facts)


def _slipped(here: Side, joined: Joined) -> Iterator[Finding]:
    """Stretches whose joined values belong to neighbouring rows; in time a lag does that, so only by key."""
    counted = joined.coverage
    if joined.by != "key" or not counted.matched or counted.used < ONCE * counted.matched:
        return
    order = _in_order(here)[1]
    table = joined.table[order]
    left, came = (_numbers(table, names)[:LOOKED] for names in (here.own, list(joined.names)))
    columns = [
        {n: table[n].cast(pl.Float64).fill_null(float("nan")).to_numpy() for n in names} for names in (left, came)
    ]
    for slip in shifted(*columns):
        rows = order[slip.first : slip.last + 1]
        facts: dict[str, float | str] = {"rows": slip.rows, "beside": slip.beside, "evidence": slip.evidence}
        yield Finding("join_shifted", _where(here, rows, (slip.joined,)), 0.9, "act", facts)


def _hours(here: Side, there: Side, joined: Joined) -> Iterator[Finding]:
    """Whole hours between two times of the same rows, or between two records of the same thing."""
    if here.clock is None or there.clock is None or here.counted or there.counted:
        return
    mine = seconds(here.frame[here.time])
    if joined.by == "key":
        when = there.moments()[np.maximum(joined.at, 0)]
        slip = hours_between(mine, np.where(joined.at >= 0, when, np.nan))
        if slip:
            order = np.argsort(mine, kind="stable")
            inside = (mine >= mine[slip.first]) & (mine <= mine[slip.last])
            yield _hour(here, order[inside[order]], slip, there.time)
        return
    for a, b in together(here, there)[:1]:
        names = [(n, n) for n in a if n in b] or _alike(a, b)
        yield from (found for pair in names[:1] for found in _slips(here, a[pair[0]], (pair[1], b[pair[1]])))


def _slips(here: Side, mine: Series, other: tuple[str, Series]) -> Iterator[Finding]:
    """Hours by which one signal of the other table slips against ours, with our rows."""
    name, record = other
    times = seconds(here.frame[here.time])
    for slip in hours_apart(mine, record):
        ends = record.time[[slip.first, slip.last]]
        rows = np.flatnonzero((times >= ends[0]) & (times <= ends[1]))
        if len(rows):
            yield _hour(here, rows, slip, name)


def _alike(a: Mapping[str, Series], b: Mapping[str, Series]) -> list[tuple[str, str]]:
    """The pair that moves together so closely that it may stand for one signal."""
    search = Search(-14 * HOUR, 14 * HOUR, HOUR)
    pairs = likeliest(a, b, search, 1)
    return [(p.tag, p.result) for p in pairs if p.strength >= STRONG]


def _hour(here: Side, rows: NDArray[np.int64], slip: Hours, column: str) -> Finding:
    facts: dict[str, float | str] = {"hours": slip.hours}
    kind = "join_hours" if slip.count > 0.9 * slip.of else "join_summer_time"
    return Finding(kind, _where(here, rows, (column,)), 0.8, "act", facts)


def _numbers(table: pl.DataFrame, names: Sequence[str]) -> list[str]:
    return [n for n in names if n != ROW and n in table.columns and table.schema[n].is_numeric()]


def _in_order(here: Side) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Times, or the rows' numbers, and their order."""
    times = here.frame[ROW].to_numpy().astype(np.float64) if here.clock is None else here.moments()
    return times, np.argsort(times, kind="stable")


def _where(here: Side, rows: NDArray[np.int64], columns: tuple[str, ...]) -> Where:
    """Rows by their numbers, and the window that they lie in."""
    numbers = tuple(here.frame[ROW][rows[:KEPT]].to_list())
    window = ("", "")
    if here.clock is not None and len(rows):
        times = here.frame[here.time][rows]
        window = (str(times.min()), str(times.max()))
    return Where(columns, numbers, len(rows), here.frame.height, window)
