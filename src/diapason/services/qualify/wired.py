"""A line of the bench: tags that follow their set points, and readings that can be made old, stuck, or wrong."""

import operator
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from diapason.errors import Missing, NotFound, Refused
from diapason.ports.line import LineState
from diapason.vocabulary.acting import Envelope, Interlock, Relation
from diapason.vocabulary.line import Packet, Point

__all__ = ["COMPARES", "BenchLine", "safe_value"]

COMPARES: Mapping[Relation, Callable[[float, float], bool]] = {
    Relation.BELOW: operator.lt,
    Relation.AT_MOST: operator.le,
    Relation.ABOVE: operator.gt,
    Relation.AT_LEAST: operator.ge,
    Relation.EQUAL: operator.eq,
}
"""How an interlock compares a reading with its value."""


@dataclass(eq=False)
class BenchLine:
    """Implements `ports.line.Line` over values in memory; it keeps everything that was written."""

    asset: str
    values: dict[str, float]
    units: dict[str, str]
    moved: frozenset[str]  # tags that can be written
    writes: list[tuple[str, float]] = field(default_factory=list)
    age: float = 0.0  # s that readings are old
    trust: int = 0
    gone: bool = False

    @classmethod
    def of(cls, asset: str, envelopes: Sequence[Envelope]) -> "BenchLine":
        """Every bounded tag in the middle of its range, every interlock satisfied."""
        values, units = {}, {}
        for e in envelopes:
            values[e.tag], units[e.tag] = (e.low + e.high) / 2, e.unit
            for lock in e.interlocks:
                values.setdefault(lock.tag, safe_value(lock))
                units[lock.tag] = lock.unit
        return cls(asset, values, units, frozenset(e.tag for e in envelopes))

    async def browse(self, under: str = "", *, most: int = 100_000) -> AsyncIterator[Point]:
        """Its tags."""
        del under, most
        for tag in self.values:
            yield Point(tag, tag, unit=self.units[tag], writable=tag in self.moved, asset=self.asset)

    async def listen(self, tags: Sequence[str]) -> AsyncIterator[Packet]:
        """The present readings, once."""
        yield await self.read(tags)

    async def acknowledge(self, packets: Sequence[Packet]) -> None:
        """Nothing waits for that here."""

    async def read(self, tags: Sequence[str]) -> Packet:
        """The present readings, as old and as trusted as they are made."""
        if self.gone:
            raise Missing("no connection")
        if any(tag not in self.values for tag in tags):
            raise NotFound("no such tag")
        now = round(time.time() * 1e6)
        at = np.full(len(tags), now - int(self.age * 1e6), dtype=np.int64)
        trust = np.full(len(tags), self.trust, dtype=np.uint8)
        return Packet(self.asset, tuple(tags), np.array([self.values[t] for t in tags]), at, trust, now)

    async def history(self, tags: Sequence[str], start: datetime, end: datetime) -> AsyncIterator[Packet]:
        """It remembers nothing."""
        del tags, start, end
        return
        yield

    async def write(self, tag: str, value: float, unit: str) -> None:
        """Take a value at once."""
        if self.gone:
            raise Missing("no connection; nothing was sent")
        if tag not in self.moved or unit != self.units[tag]:
            raise Refused("it can't be written")
        self.writes.append((tag, value))
        self.values[tag] = value

    def state(self) -> LineState:
        """Whether it is there."""
        return LineState(not self.gone, datetime.now(UTC))

    async def close(self) -> None:
        """Nothing to let go of."""


def safe_value(lock: Interlock) -> float:
    """A value with which an interlock holds."""
    step = max(abs(lock.value) * 0.05, 1.0)
    if lock.relation in (Relation.BELOW, Relation.AT_MOST):
        return lock.value - step
    return lock.value + step if lock.relation in (Relation.ABOVE, Relation.AT_LEAST) else lock.value
