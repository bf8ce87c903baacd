"""Listen for a few seconds: how often readings come, between what they lie, and how far the clock is off."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

import numpy as np

from diapason.engines.intake import Clock
from diapason.ports.line import Line, in_lists
from diapason.vocabulary.line import Packet

__all__ = ["Heard", "Tag", "heard"]


@dataclass(slots=True)
class Tag:
    """What was heard of one tag."""

    at: list[int] = field(default_factory=list)
    low: float = np.inf
    high: float = -np.inf
    text: bool = False

    @property
    def every(self) -> float:
        """Seconds between readings, the median; 0 = fewer than two came."""
        times = np.unique(np.array(self.at, np.int64))
        return round(float(np.median(np.diff(times))) / 1e6, 3) if len(times) > 1 else 0.0


@dataclass(slots=True)
class Heard:
    """What was heard of all of them."""

    seconds: float
    packets: int = 0
    readings: int = 0
    tags: dict[str, Tag] = field(default_factory=dict)
    ticks: dict[int, int] = field(default_factory=dict)  # readings by moment
    clocks: dict[str, Clock] = field(default_factory=dict)
    numbered: bool = False

    def take(self, packet: Packet) -> None:
        """One packet."""
        if not len(packet):
            return
        self.packets, self.readings = self.packets + 1, self.readings + len(packet)
        self.numbered = self.numbered or packet.sequence >= 0
        newest = int(packet.at.max())
        self.clocks.setdefault(packet.source or packet.asset, Clock()).take(packet.received, newest)
        for i, (name, value, at) in enumerate(
            zip(packet.tags, packet.values.tolist(), packet.at.tolist(), strict=True)
        ):
            tag = self.tags.setdefault(name, Tag())
            tag.at.append(at)
            tag.text = tag.text or i in packet.texts
            if isfinite(value):
                tag.low, tag.high = min(tag.low, value), max(tag.high, value)
            self.ticks[at] = self.ticks.get(at, 0) + 1

    def take_all(self, packets: Sequence[Packet]) -> None:
        """Several packets."""
        for packet in packets:
            self.take(packet)

    @property
    def every(self) -> float:
        """Seconds between readings of most tags; 0 = not known."""
        found = [tag.every for tag in self.tags.values() if tag.every]
        return round(float(np.median(found)), 3) if found else 0.0

    def together(self, count: int) -> float:
        """Share of readings that come with at least nine in ten of `count` tags in the same moment.

        The first and the last moment were heard in part and do not count.
        """
        inner = sorted(self.ticks)[1:-1] or sorted(self.ticks)
        total = sum(self.ticks[at] for at in inner)
        return sum(self.ticks[at] for at in inner if self.ticks[at] >= 0.9 * count) / total if total else 0.0

    def offsets(self) -> Mapping[str, Any]:
        """Seconds by which each source's clock lags behind ours (less than 0: ahead), least delay included."""
        return {
            source: round(clock.offset / 1e6, 3) for source, clock in self.clocks.items() if clock.offset is not None
        }


async def heard(line: Line, tags: Sequence[str], seconds: float) -> Heard:
    """Listen to tags for so long, or less where nobody speaks any more."""
    found = Heard(seconds)
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await _until(line, tags, found, asyncio.get_running_loop().time() + seconds)
    return found


async def _until(line: Line, tags: Sequence[str], found: Heard, end: float) -> None:
    """Take in what comes; a line that did not hear that time is over ends with what it hears next."""
    async with aclosing(in_lists(line, tags)) as packets:  # type: ignore[type-var]
        async for some in packets:
            found.take_all(some)
            await line.acknowledge(some)
            if asyncio.get_running_loop().time() > end:
                return
