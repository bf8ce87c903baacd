"""The embedded plant as it lives: cells that go on in steps, readings of every tag, writes that move loops.

A test bench that servers put behind real protocols; without a clock, which is handed in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from diapason.engines.plant.control import Loop
from diapason.engines.plant.gauges import Gauges
from diapason.engines.plant.past import Past
from diapason.engines.plant.running import Running
from diapason.engines.plant.states import LOOP_TAGS, STATE_TAGS, states
from diapason.engines.plant.tags import TAGS
from diapason.errors import DataError, NotFound, Refused
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Kind, Moment, Packet, Point

__all__ = ["LiveCells"]

Array = NDArray[np.float64]

_ROOM = 160e6
"""Bytes for live readings that can be read back."""
_LONGEST = 6 * 3600
"""Live readings kept at most, per tag."""
_SCALE = tuple(tag.name for tag in TAGS) + tuple(state.name for state in STATE_TAGS)
_TEXTS = tuple(i for i, state in enumerate(STATE_TAGS, len(TAGS)) if state.kind is Kind.TEXT)
_PLACE = {name: i for i, name in enumerate(_SCALE)}
_EXACT = {
    _PLACE[f"{loop}.{part}"]: (name, part)
    for loop, name in LOOP_TAGS.items()
    for part in ("SP", "OP")
    if f"{loop}.{part}" in _PLACE
}


@dataclass(slots=True)
class LiveCells:
    """One cell or several beside each other (`C001/…`); a `LivePlant`.

    Set points are told as they were asked for, though the loop moves there by and by; outputs in manual likewise.
    """

    cells: Sequence[Running]
    gauges: Gauges
    pasts: Sequence[Past]
    _rng: np.random.Generator
    _points: tuple[Point, ...] = ()
    _places: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # tag to cell and column
    _last: Packet | None = None

    @classmethod
    def begin(cls, now: datetime, *, seed: int = 7, copies: int = 1, days: float = 7.0) -> "LiveCells":
        """Live through some days of history up to now.

        Args:
            now: UTC.
            seed: of the first cell; each further one has the next.
            copies: how many cells.
            days: of history, at least so many.

        Raises:
            DataError: no cell, or no such number of days.
        """
        if not 1 <= copies <= 2000 or not 0 <= days <= 366:
            what = Text(f"{copies} copies with {days:g} days", f"{copies} 套、{days:g} 天历史")
            fix = Text("choose 1 to 2000 copies and 0 to 366 days", "套数 1 至 2000，天数 0 至 366")
            raise DataError(what, at="live plant", fix=fix)
        start = now.astimezone(UTC) - timedelta(days=days)
        begun = [Running.since(start, now.astimezone(UTC), seed + k) for k in range(copies)]
        rows = max(60, min(_LONGEST, int(_ROOM / (8 * len(_SCALE) * copies))))
        pasts = [Past((at * 1e6).astype(np.int64), values, len(_SCALE), rows) for _, at, values in begun]
        cells = [one for one, _, _ in begun]
        gauges = Gauges.after([one.plant.instruments for one in cells])
        made = cls(cells, gauges, pasts, np.random.default_rng([seed, 11]))
        made._name()
        made.advance(1.0, round(now.timestamp() * 1e6))
        return made

    def _name(self) -> None:
        marks = [""] if len(self.cells) == 1 else [f"C{k + 1:03d}/" for k in range(len(self.cells))]
        self._points = tuple(point for mark in marks for point in _points(mark))
        self._places = {p.tag: divmod(i, len(_SCALE)) for i, p in enumerate(self._points)}

    def points(self) -> Sequence[Point]:
        """All tags."""
        return self._points

    def readings(self) -> Packet:
        """The readings of the last step, all tags, in the order of `points`."""
        assert self._last is not None  # noqa: S101  # `begin` has made a step
        return self._last

    def advance(self, seconds: float, at: Moment) -> None:
        """Live on for so many seconds of the plant's time; the readings then are of the moment `at`."""
        around = [one.advance(seconds, self._rng) for one in self.cells]
        table = np.full((len(self.cells), len(_SCALE)), np.nan)
        table[:, : len(TAGS)] = self.gauges.read(self.cells, around, seconds, self._rng)
        texts: dict[int, str] = {}
        for k, one in enumerate(self.cells):
            self._tell(k, one, table[k], texts)
            self.pasts[k].keep(at, table[k])
        n = table.size
        self._last = Packet(
            asset="",
            tags=self._last.tags if self._last else tuple(p.tag for p in self._points),
            values=table.ravel(),
            at=np.full(n, at, dtype=np.int64),
            trust=np.zeros(n, dtype=np.uint8),
            received=at,
            sequence=self._last.sequence + 1 if self._last else 0,
            source="plant",
            texts=texts,
        )

    @staticmethod
    def _tell(k: int, one: Running, row: Array, texts: dict[int, str]) -> None:
        """What is known exactly: set points, outputs in manual, states."""
        for place, (name, part) in _EXACT.items():
            loop: Loop = getattr(one.plant.cell, name)
            if part == "SP" and loop.auto:
                row[place] = loop.target
            elif part == "OP" and not loop.auto:
                row[place] = loop.out
        for i, value in enumerate(states(one), len(TAGS)):
            if isinstance(value, str):
                texts[k * len(_SCALE) + i] = value
            else:
                row[i] = value

    def write(self, tag: str, value: float) -> None:
        """Move a set point (automatic) or an output (manual), or change a loop's mode (`.AUTO`: 1 or 0).

        Raises:
            NotFound: no such tag.
            Refused: it can't be written, not now, or not this value.
        """
        cell, place = self._find(tag)
        point, one = self._points[cell * len(_SCALE) + place], self.cells[cell]
        loop_tag, _, part = _SCALE[place].partition(".")
        if not point.writable:
            raise _no(tag, Text("it is measured, not set", "这是测量值，不能写入"), "a tag ending in .SP, .OP or .AUTO")
        _within(point, value)
        if one.plant.cell.tripped or one.plant.operations.mode != "run":
            raise _no(tag, Text("the cell is stopped or starting", "单元已停车或正在开车"), "wait until it runs")
        name = LOOP_TAGS[loop_tag]
        loop: Loop = getattr(one.plant.cell, name)
        if part == "AUTO":
            _turn(one, name, loop, value)
        elif part == "SP":
            if not loop.auto:
                raise _no(tag, Text("the loop is in manual", "回路处于手动"), f"first write 1 to {loop_tag}.AUTO")
            one.set_point(name, value)
        else:
            if loop.auto:
                raise _no(tag, Text("the loop is in automatic", "回路处于自动"), f"first write 0 to {loop_tag}.AUTO")
            one.output(name, value)

    def past(self, tag: str, start: Moment, end: Moment, most: int) -> tuple[NDArray[np.int64], Array]:
        """What is remembered of a tag from `start` up to but not including `end`: times and values, the oldest first.

        Raises:
            NotFound: no such tag.
        """
        cell, place = self._find(tag)
        if place in _TEXTS:
            return np.empty(0, np.int64), np.empty(0)
        return self.pasts[cell].read(place, start, end, most)

    def plant_fault(self, kind: str, place: str, strength: float, *, after: float, lasting: float) -> None:
        """Plant a fault of the menu; `place` may name a cell first: "C002/R-101".

        Raises:
            DataError: no such fault, place or cell.
        """
        mark, _, where = place.rpartition("/")
        known = {p.tag.partition("/")[0] for p in self._points} if len(self.cells) > 1 else set()
        if mark and mark not in known:
            fix = Text("choose one of C001, C002 …", "请选择 C001、C002 等")
            raise DataError(Text(f"no cell '{mark}'", f"没有单元“{mark}”"), at=f"fault {kind}@{place}", fix=fix)
        chosen = [self.cells[int(mark[1:]) - 1]] if mark else self.cells
        for one in chosen:
            one.plant_fault(kind, where, strength, after, lasting)

    def _find(self, tag: str) -> tuple[int, int]:
        if tag not in self._places:
            fix = Text("ask for the list of tags", "请查看位号清单")
            raise NotFound(Text(f"the plant has no tag '{tag}'", f"工厂没有位号“{tag}”"), at=tag, fix=fix)
        return self._places[tag]


def _points(mark: str) -> list[Point]:
    made = [
        Point(
            tag=mark + t.name,
            address=mark + t.name,
            unit=t.unit,
            low=float(t.low),
            high=float(t.high),
            writable=t.name.endswith((".SP", ".OP")),
            title=t.title.en,
            asset=mark + t.asset,
        )
        for t in TAGS
    ]
    made += [
        Point(mark + s.name, mark + s.name, s.kind, writable=s.writable, title=s.title.en, asset=mark + s.asset)
        for s in STATE_TAGS
    ]
    return made


def _within(point: Point, value: float) -> None:
    low, high = (0.0, 1.0) if point.kind is Kind.SWITCH else (point.low, point.high)
    if not isfinite(value) or (low is not None and value < low) or (high is not None and value > high):
        raise _no(
            point.tag,
            Text(
                f"{value:g} is outside {low:g} to {high:g} {point.unit}",
                f"{value:g} 超出 {low:g} 至 {high:g} {point.unit}",
            ),
            "a value inside the range",
        )
    if point.kind is Kind.SWITCH and value not in (0.0, 1.0):
        raise _no(point.tag, Text(f"{value:g} is neither 1 nor 0", f"{value:g} 既非 1 也非 0"), "1 or 0")


def _turn(one: Running, name: str, loop: Loop, value: float) -> None:
    """Between manual and automatic, without a bump; the same again changes nothing."""
    if value and not loop.auto:
        one.set_point(name, loop.sp)
    elif not value and loop.auto:
        one.output(name, loop.out)


def _no(tag: str, why: Text, fix: str) -> Refused:
    what = Text(f"{tag} stays as it is: {why.en}", f"{tag} 保持不变：{why.zh}")
    return Refused(what, at=tag, fix=fix)
