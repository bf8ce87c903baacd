"""What is known of a whole table after some rows: one state per column, kept, merged, told."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.scan import _kernel
from diapason.engines.scan.batch import HOURS, Batch
from diapason.engines.scan.clock import Clock
from diapason.engines.scan.column import Column
from diapason.engines.scan.keys import Keys, covered
from diapason.engines.scan.names import Codes, Names
from diapason.engines.scan.relations import Relation
from diapason.engines.scan.sample import Sample
from diapason.engines.scan.shape import Shape
from diapason.engines.scan.words import Words
from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["WINDOWS", "Across", "Scan", "floats", "gone", "said", "turned"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Rows = tuple[int, NDArray[np.int32] | None]
"""Number of the first row of a batch, and the order in which rows are taken in."""
Across = Callable[[Callable[[str], None], Sequence[str]], Iterable[Any]]

WINDOWS = 256
"""Windows of time that are told apart at most, for each asset."""
FOLLOWED = 64
"""Assets whose windows are kept."""
REGIMES = 8
"""States of the process that are told apart at most."""
_STRETCH = 5  # begin, end, asset, window, slot
FEWER = 4
"""Where they are, so many times fewer windows and assets are kept, of each of them."""


def _one_by_one(work: Callable[[str], None], names: Sequence[str]) -> Iterable[Any]:
    for name in names:
        yield work(name)  # type: ignore[func-returns-value]


@dataclass(slots=True)
class Scan:
    """The state of a table. `a.merge(b)` is that of the rows of `a` and then those of `b`.

    A window is a power of two of microseconds, counts or rows: the shortest of which there are at most 256 from the
    first time to the last. So it depends on the data alone, and windows of parts fit one another.
    """

    shape: Shape
    rows: int = 0
    columns: dict[str, Column] = field(default_factory=dict)
    words: dict[str, Words] = field(default_factory=dict)
    assets: Names = field(default_factory=Names)
    tags: Names = field(default_factory=Names)
    pairs: Names = field(default_factory=Names)  # of tag and asset, each with a clock of its own
    clock: Clock = field(default_factory=Clock)
    regimes: Names = field(default_factory=Names)
    keys: Keys = field(default_factory=Keys)
    relations: dict[str, Relation] = field(default_factory=dict)
    sample: Sample = field(default_factory=Sample)
    level: int = 0
    base: int = 0
    span: tuple[int, int] | None = None

    @property
    def kinds(self) -> int:
        """States of the process of which each has its own windows."""
        return REGIMES if self.shape.regime else 1

    @property
    def wide(self) -> int:
        """Windows of one state of the process, at most."""
        return WINDOWS // FEWER if self.shape.regime else WINDOWS

    @property
    def followed(self) -> int:
        """Assets whose windows are kept, at most."""
        return FOLLOWED // FEWER if self.shape.regime else FOLLOWED

    @classmethod
    def new(cls, shape: Shape) -> "Scan":
        """Before any row."""
        made = cls(shape)
        for name in shape.numbers:
            made.columns[name] = made._column(name)
        for clock in shape.clocks:
            made.columns[shape.offset(clock)] = made._column(shape.offset(clock))
        for name in shape.words:
            made.words[name] = Words()
        return made

    def update(self, frame: pl.DataFrame, *, first: int | None = None, across: Across = _one_by_one) -> None:
        """Take in rows that follow those before.

        Args:
            frame: columns as the shape names them.
            first: number of its first row; default as many as there were.
            across: does the columns one after the other, or at the same time.

        Raises:
            DataError: a column is not there any more, or is stored as another kind.
        """
        shape, begin = self.shape, self.rows if first is None else first
        self._check(frame)
        if not frame.height:
            return
        asset = self.assets.within(frame[shape.asset]) if shape.asset else None
        tag = self.tags.within(frame[shape.tag]) if shape.tag else None
        batch = Batch.of(frame, shape, begin, asset, tag, self._regime(frame))
        self._widen(batch.span())
        order, pieces = batch.stretches(self.level, self.base, hours=shape.calendar)
        cut = self._followed(pieces)
        if shape.tag:
            self._long(floats(frame[shape.value]), (batch.first, order), cut, across)
        else:
            self._wide(frame, (batch.first, order), cut, across)
        for name in shape.words:
            self.words[name] = self.words[name].merge(Words.of(frame[name]))
        self.clock.update(batch, order, self._clocked(pieces), max(len(self.pairs), 1))
        if shape.key:
            self.keys.update(frame.select(shape.key), batch.rows())
        if not shape.tag:
            self.sample.update(frame.select(*shape.numbers, *shape.words), begin)
        if shape.relations:
            self._relate(Relation.of(frame, shape.relations, batch.rows()))
        self.rows += frame.height

    def _followed(self, pieces: Index) -> Index:
        """Pieces with the windows that are kept: of the first assets, for each state of the process its own."""
        cut = pieces.copy()
        cut[cut[:, 2] >= self.followed, 3] = -1
        if self.shape.regime:
            inside = cut[:, 3] >= 0
            cut[inside, 3] += cut[inside, 4] // HOURS * self.wide
        return cut

    def _clocked(self, pieces: Index) -> Index:
        """Begin, end and number of the clock of each stretch of one tag and asset, shape (g, 3)."""
        asset, tag = pieces[:, 2], pieces[:, 5]
        begin = np.flatnonzero(np.r_[True, (np.diff(asset) != 0) | (np.diff(tag) != 0)])
        pair = self.pairs.told(_paired(tag[begin], asset[begin]))
        end = np.r_[pieces[begin[1:], 0], pieces[-1, 1]]
        return np.ascontiguousarray(np.column_stack([pieces[begin, 0], end, np.array(pair, np.int64)]))

    def _regime(self, frame: pl.DataFrame) -> Codes | None:
        """The state of the process in each row."""
        if not self.shape.regime:
            return None
        code = self.regimes.of(_states(frame[self.shape.regime]))
        self._few_regimes()
        return code

    def _few_regimes(self) -> None:
        if len(self.regimes) > REGIMES:
            some = ", ".join(list(self.regimes.numbers)[:REGIMES])
            raise DataError(
                Text(f"more than {REGIMES} states: {some}, …", f"超过 {REGIMES} 种状态：{some}……"),
                at=self.shape.regime,
                fix=Text("name a column that says running, idle, start-up …", "请指定表示运行、空转、启动等状态的列"),
            )

    def _relate(self, met: Mapping[str, Relation]) -> None:
        for said, told in met.items():
            self.relations[said] = self.relations.get(said, Relation()).merge(told)

    def merge(self, after: "Scan") -> "Scan":
        """What the rows of both tell; the state of the rows that follow is left as it was.

        Raises:
            DataError: they are not of the same columns.
        """
        if after.shape != self.shape:
            raise DataError(
                Text("two states of other columns can't be merged", "列不同的状态不能合并"),
                at=", ".join(sorted(set(self.shape.numbers) ^ set(after.shape.numbers))) or "shape",
                fix=Text("scan both again with the same columns", "请以相同的列重新扫描两者"),
            )
        other = after._again(self)
        asset, tag = self.assets.join(after.assets), self.tags.join(after.tags)
        regime = self.regimes.join(after.regimes)
        self._few_regimes()
        pair = self._join_pairs(after, tag, asset)
        self._widen(after.span)
        other._widen(self.span)
        for name, column in other.columns.items():
            mine = self._tracked(name)
            column.recode(asset, len(mine.tracks), self.followed)
            column.slots = _placed(column.slots[None], regime, HOURS)[0]
            column.windows = _placed(column.windows, regime, self.wide)
            mine.merge(column)
        for name, words in after.words.items():
            self.words[name] = self.words[name].merge(words)
        self.clock = self.clock.merge(other.clock.recoded(pair, max(len(self.pairs), 1)))
        self.keys.merge(after.keys)
        self._relate(after.relations)
        self.sample.merge(after.sample)
        self.rows += after.rows
        return self

    def together(self, column: Column) -> NDArray[np.void]:
        """Windows of a column whatever the state of the process, shape (assets, wide)."""
        if self.kinds == 1:
            return column.windows
        return folded(column.windows, np.tile(np.arange(self.wide), self.kinds))[:, : self.wide]

    def told_of_keys(self) -> dict[str, Any]:
        """Rows by the key, as `Keys.told`; where times only go forward, no key with the time in it comes twice."""
        shape, steps = self.shape, self.clock.steps
        forward = not shape.tag and not steps["below"] and not steps["zeros"] and not self.clock.unknown
        return self.keys.told(forward and covered(shape.key, shape.time, shape.asset))

    def _join_pairs(self, after: "Scan", tag: Index, asset: Index) -> Index:
        """The pairs of the other table by the numbers that tags and assets have here."""
        renamed = Names()
        for name in after.pairs.numbers:
            t, a = map(int, name.split())
            pair = _paired(
                tag[t : t + 1] if tag.size else np.zeros(1, np.int64),
                asset[a : a + 1] if asset.size else np.zeros(1, np.int64),
            )
            renamed.numbers[pair[0]] = len(renamed.numbers)
        return self.pairs.join(renamed)

    def _again(self, like: "Scan") -> "Scan":
        """A copy that may be changed, with the windows of another."""
        made = replace(self, columns={n: c.copy() for n, c in self.columns.items()}, clock=self.clock.copy())
        if self.span is None:
            made.level, made.base = like.level, like.base
        return made

    def _check(self, frame: pl.DataFrame) -> None:
        for name in (*self.shape.numbers, *self.shape.words, *self.shape.clocks, self.shape.value or self.shape.time):
            if name and name not in frame.columns:
                raise gone(name, self.rows)
        kinds = frame.schema
        for name in self.shape.numbers:
            if kinds[name] == pl.String:
                raise turned(name, self.rows)

    def _wide(self, frame: pl.DataFrame, rows: Rows, cut: Index, across: Across) -> None:
        first, order = rows
        mine = np.ascontiguousarray(cut[:, :_STRETCH])

        def take(name: str) -> None:
            self._tracked(name).update(floats(frame[name]), first, mine, order)

        for _ in across(take, self.shape.numbers):
            pass
        for clock in self.shape.clocks:
            apart = seconds(frame[clock]) - seconds(frame[self.shape.time])
            self._tracked(self.shape.offset(clock)).update(apart, first, mine, order)

    def _long(self, values: Array, rows: Rows, cut: Index, across: Across) -> None:
        first, order = rows
        names, tag = list(self.tags.numbers), cut[:, _STRETCH]
        mine = cut[np.argsort(tag, kind="stable")] if (np.diff(tag) < 0).any() else cut
        begin = np.flatnonzero(np.diff(mine[:, _STRETCH], prepend=-1))
        parts = np.split(np.ascontiguousarray(mine[:, :_STRETCH]), begin[1:])
        met = {names[k]: part for k, part in zip(mine[begin, _STRETCH].tolist(), parts, strict=True)}
        for name in met:
            self._tracked(name)

        def take(name: str) -> None:
            self.columns[name].update(values, first, met[name], order)

        for _ in across(take, list(met)) if len(met) > 1 else map(take, met):
            pass

    def _column(self, name: str) -> Column:
        slots = REGIMES * HOURS if self.shape.regime else HOURS if self.shape.calendar else 0
        return Column.new(1, self.wide * self.kinds, slots, self.shape.limits(name))

    def _tracked(self, name: str) -> Column:
        """The state of a column, with room for every asset met."""
        if name not in self.columns and self.shape.tag:
            self.columns[name] = self._column(name)
        column = self.columns[name]
        column.room(max(len(self.assets), 1), self.followed)
        return column

    def _widen(self, span: tuple[int, int] | None) -> None:
        """Make windows long enough for these times too."""
        if span is None:
            return
        low, high = (min(span[0], self.span[0]), max(span[1], self.span[1])) if self.span else span
        level = self.level if self.span else 0
        while (high >> level) - (low >> level) >= self.wide:
            level += 1
        base = low >> level
        if self.span and (level, base) != (self.level, self.base):
            each = np.arange(self.wide)
            at = (
                self.wide * np.arange(self.kinds)[:, None] + ((each + self.base) << self.level >> level) - base
            ).ravel()
            for column in self.columns.values():
                column.windows = folded(column.windows, at)
        self.level, self.base, self.span = level, base, (low, high)


def gone(name: str, row: int) -> DataError:
    """A column that was there in the rows before."""
    return DataError(
        Text(f"column '{name}' is not there any more", f"列“{name}”不再存在"),
        at=f"row {row}",
        fix=Text("scan files of the same columns together", "请只把列相同的文件放在一起扫描"),
    )


def turned(name: str, row: int) -> DataError:
    """A column of numbers that goes on as text."""
    return DataError(
        Text(f"column '{name}' turns from numbers to text", f"列“{name}”由数字变为文本"),
        at=f"row {row}",
        fix=Text("export it as one kind", "请以同一类型导出"),
    )


def floats(column: pl.Series) -> Array:
    """As float64, shape (n,), contiguous; missing = nan."""
    if column.dtype == pl.Float64 and not column.null_count():
        return np.ascontiguousarray(column.to_numpy(), np.float64)
    made = np.empty(len(column))
    if column.dtype.is_numeric() and _kernel.floats(column.__arrow_c_stream__(None), made):
        return made
    return np.ascontiguousarray(column.cast(pl.Float64, strict=False).to_numpy(), np.float64)


def _states(column: pl.Series) -> pl.Series:
    """What a column says of the state of the process: its words or whole numbers; of measured values, zero or not."""
    if column.dtype.is_float():
        return (column.fill_nan(None) > 0).cast(pl.String)
    return column.cast(pl.String)


def _placed(windows: NDArray[np.void], regime: Index, width: int) -> NDArray[np.void]:
    """Windows or slots by the numbers that regimes have in another table; `width` of them belong to each."""
    if not regime.size:
        return windows
    code = np.setdiff1d(np.arange(REGIMES), regime)
    at = np.r_[regime, code]  # those not met go where they are in nobody's way
    return folded(windows, (at[:, None] * width + np.arange(width)).ravel())


def seconds(column: pl.Series) -> Array:
    """Times as seconds since 1970, shape (n,); missing = nan."""
    return floats(column.cast(pl.Datetime("us")).to_physical()) / 1e6


def folded(windows: NDArray[np.void], at: Index) -> NDArray[np.void]:
    """Windows brought together: each goes to the place given for it; several in one place become one.

    Args:
        windows: shape (assets, w).
        at: shape (w,), where each goes; a place that is not there holds none.
    """
    out = np.zeros_like(windows)
    _kernel.fold(np.ascontiguousarray(windows), out, np.ascontiguousarray(at, np.int64))
    return out


def _paired(tag: Index, asset: Index) -> list[str]:
    """A name for each pair of numbers."""
    return [f"{t} {a}" for t, a in zip(tag.tolist(), asset.tolist(), strict=True)]


def said(scan: Scan, time: int) -> str:
    """A time of the table as text."""
    if not scan.shape.calendar:
        return f"{time / scan.shape.parts:g}"
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time)).isoformat()
