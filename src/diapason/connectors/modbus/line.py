"""An open Modbus connection: a poll is a packet, a poll that did not happen is a missing number."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from diapason.connectors.modbus.blocks import Block, Plan, blocks_of
from diapason.connectors.modbus.device import Device, Excepted
from diapason.connectors.modbus.maps import Row
from diapason.connectors.modbus.reasons import reason
from diapason.connectors.modbus.words import written
from diapason.errors import Missing, NotFound, Refused
from diapason.ports.line import LineState
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Kind, Packet, Point, Seen

__all__ = ["ModbusLine", "Polls"]

_NONE: tuple[Packet, ...] = ()


@dataclass(slots=True)
class Polls:
    """How punctual polling is."""

    made: int = 0
    missed: int = 0  # polls that were due while another was under way, or without a connection
    jitter: float = 0.0  # s after the moment that it was due, of the last one
    worst: float = 0.0  # s


class ModbusLine:
    """Polls the tags that somebody listens to."""

    def __init__(
        self, device: Device, rows: Sequence[Row], *, period: float, gap: int, most: int, writes: bool
    ) -> None:
        self._device, self._rows = device, {row.point.tag: row for row in rows}
        self._period, self._gap, self._most, self._writes = period, gap, most, writes
        self.polls = Polls()
        self.refused: dict[str, Text] = {}  # by tag: why the device does not give it
        self._closed = asyncio.Event()

    async def browse(self, under: str = "", *, most: int = 100_000) -> AsyncIterator[Point]:
        """The tags of the map."""
        for n, row in enumerate(row for tag, row in self._rows.items() if tag.startswith(under)):
            if n >= most:
                return
            yield row.point

    async def listen(self, tags: Sequence[str]) -> AsyncIterator[Packet]:
        """A packet for each poll; the number of a poll that did not happen is missing. No tags = the whole map."""
        plan = self._plan(tags or tuple(self._rows))
        began, last = time.monotonic(), -1
        while not self._closed.is_set():
            number = max(last + 1, int((time.monotonic() - began) / self._period))
            await self._until(began + number * self._period)
            if self._closed.is_set():
                return
            self._count(number - last - 1, time.monotonic() - began - number * self._period)
            last = number
            try:
                packet, plan = await self._poll(plan, number)
            except Missing:
                self.polls.missed += 1
                continue
            yield packet

    def _count(self, missed: int, jitter: float) -> None:
        self.polls.made += 1
        self.polls.missed += missed
        self.polls.jitter, self.polls.worst = jitter, max(jitter, self.polls.worst)

    async def _until(self, moment: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closed.wait(), max(moment - time.monotonic(), 0.0))

    async def acknowledge(self, packets: Sequence[Packet]) -> None:
        """Registers forget nothing and remember nothing."""

    async def read(self, tags: Sequence[str]) -> Packet:
        """Ask the device now."""
        packet, _ = await self._poll(self._plan(tags), -1)
        return packet

    async def history(self, tags: Sequence[str], start: datetime, end: datetime) -> AsyncIterator[Packet]:
        """Registers know only the present."""
        del tags, start, end
        for packet in _NONE:
            yield packet

    async def write(self, tag: str, value: float, unit: str) -> None:
        """Write once."""
        row = self._row(tag)
        _allowed(row, value, unit, writes=self._writes)
        if row.form.type == "switch":
            words, function = [int(bool(value))], row.function or 5
        else:
            try:
                words = written(value, row.form)
            except ValueError as error:
                what = Text(
                    f"{value:g} does not fit into {row.form.type}: {error}",
                    f"{value:g} 超出 {row.form.type} 的范围：{error}",
                )
                raise Refused(what, at=tag, fix=Text("stay inside the range", "请保持在范围内")) from error
            function = row.function or (6 if len(words) == 1 else 16)
        await self._device.write(Block(row.unit_id, row.table, row.address, len(words), ()), words, function)

    def state(self) -> LineState:
        """Whether it is connected."""
        return self._device.state()

    async def close(self) -> None:
        """Let go."""
        self._closed.set()
        await self._device.close()

    def _row(self, tag: str) -> Row:
        row = self._rows.get(tag)
        if row is None:
            what = Text(f"the map has no tag '{tag}'", f"点表中没有位号“{tag}”")
            raise NotFound(what, at=self._device.address, fix=Text("add a line to the map", "请在点表中添加一行"))
        return row

    def _plan(self, tags: Sequence[str]) -> Plan:
        rows = [self._row(tag) for tag in tags]
        return Plan(rows, blocks_of(rows, gap=self._gap, most=self._most))

    async def _poll(self, plan: Plan, number: int) -> tuple[Packet, Plan]:
        """Read everything once; also the plan for the next time, which reads alone what the device refused."""
        words = np.zeros(int(plan.starts[-1]), np.uint16)
        moments = np.zeros(len(plan.blocks), np.int64)
        failed: dict[int, int] = {}
        for b, block in enumerate(plan.blocks):
            asked = time.time_ns()
            try:
                words[plan.starts[b] : plan.starts[b + 1]] = await self._device.read(block)
            except Excepted as error:
                failed[b] = error.code
            moments[b] = (asked + time.time_ns()) // 2000
        return self._packet(plan, words, moments, failed, number), self._parted(plan, failed)

    def _packet(
        self, plan: Plan, words: NDArray[np.uint16], moments: NDArray[np.int64], failed: Mapping[int, int], number: int
    ) -> Packet:
        values, texts = plan.values(words)
        trust = np.zeros(len(values), np.uint8)
        for b, code in failed.items():
            members = list(plan.blocks[b].rows)
            values[members], trust[members] = np.nan, Seen.BAD
            texts = {i: text for i, text in texts.items() if i not in members}
            self.refused.update((plan.tags[i], reason(code)) for i in members)
        for i in np.flatnonzero(np.isnan(values)):
            if i not in texts:
                trust[i] = Seen.BAD  # a float that is no number
        return Packet(
            "", plan.tags, values, moments[plan.block_of], trust, time.time_ns() // 1000, number,
            self._device.address if number >= 0 else "", texts,
        )  # fmt: skip

    def _parted(self, plan: Plan, failed: Mapping[int, int]) -> Plan:
        """One wrong address must not hide its neighbours."""
        if not any(len(plan.blocks[b].rows) > 1 and code in (2, 3) for b, code in failed.items()):
            return plan
        blocks: list[Block] = []
        for b, block in enumerate(plan.blocks):
            if failed.get(b) in (2, 3):
                rows = ((i, plan.rows[i]) for i in block.rows)
                blocks += (Block(r.unit_id, r.table, r.address, r.form.size, (i,)) for i, r in rows)
            else:
                blocks.append(block)
        return Plan(plan.rows, blocks)


def _allowed(row: Row, value: float, unit: str, *, writes: bool) -> None:
    point = row.point
    if not writes:
        what = Text("the connection was opened for reading", "该连接仅以读方式打开")
        raise Refused(what, at=point.tag, fix=Text("only the gateway writes", "只有网关可以写入"))
    if not point.writable or point.kind is Kind.TEXT:
        what = Text(f"the map does not let '{point.tag}' be written", f"点表不允许写入“{point.tag}”")
        raise Refused(what, at=point.address, fix=Text("writable = yes in the map", "请在点表中将 writable 设为 yes"))
    if unit != point.unit:
        what = Text(
            f"'{point.tag}' is in '{point.unit}', not in '{unit}'", f"“{point.tag}”的单位是“{point.unit}”，不是“{unit}”"
        )
        raise Refused(what, at=point.address, fix=Text("convert the value first", "请先换算"))
    if point.kind is Kind.SWITCH and value not in (0.0, 1.0):
        what = Text(f"a switch is 0 or 1, not {value:g}", f"开关量只能为 0 或 1，不能是 {value:g}")
        raise Refused(what, at=point.address, fix=Text("0 or 1", "0 或 1"))
