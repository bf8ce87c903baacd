"""A line of the bench over the wire: the embedded plant, or the agent's own tags, by real OPC UA on loopback."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from diapason.errors import Missing, Refused
from diapason.ports.line import Line
from diapason.roles.plant import LivePlant
from diapason.services.connect import line_of
from diapason.services.qualify.wired import COMPARES, BenchLine
from diapason.services.serve import Wishes, lived, serving
from diapason.vocabulary.acting import Envelope
from diapason.vocabulary.line import Moment, Packet, Point

__all__ = ["OwnTags", "Trial", "Witnessed", "fits", "trial"]

_PROTOCOL = "opcua"
_EVERY = 0.5
"""Seconds between two readings of the served plant."""


@dataclass(slots=True)
class Trial:
    """A line on trial, and what reached the plant behind it."""

    line: Line
    writes: list[tuple[str, float]]  # every write that reached the plant, whether or not it was taken
    over: str  # "embedded plant over OPC UA", "its own tags over OPC UA", "memory"
    why: str = ""  # of "memory"

    async def value(self, tag: str) -> float:
        """The present reading of a tag, in its own unit."""
        return float((await self.line.read((tag,))).values[0])


@dataclass(eq=False, slots=True)
class Witnessed:
    """A `LivePlant` that keeps everything that anybody tried to write; it stands behind the server, not before it."""

    plant: LivePlant
    writes: list[tuple[str, float]] = field(default_factory=list)

    def points(self) -> Sequence[Point]:
        """All tags."""
        return self.plant.points()

    def readings(self) -> Packet:
        """The readings of the last step."""
        return self.plant.readings()

    def advance(self, seconds: float, at: Moment) -> None:
        """Live on."""
        self.plant.advance(seconds, at)

    def write(self, tag: str, value: float) -> None:
        """Note it, then hand it on."""
        self.writes.append((tag, value))
        self.plant.write(tag, value)

    def past(self, tag: str, start: Moment, end: Moment, most: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """What the plant remembers."""
        return self.plant.past(tag, start, end, most)

    def plant_fault(self, kind: str, place: str, strength: float, *, after: float, lasting: float) -> None:
        """Hand it on."""
        self.plant.plant_fault(kind, place, strength, after=after, lasting=lasting)


class OwnTags:
    """A `LivePlant` of the tags that an agent may move: they stand still until somebody writes, interlocks hold."""

    def __init__(self, asset: str, envelopes: Sequence[Envelope], at: Moment) -> None:
        still = BenchLine.of(asset, envelopes)
        self.values, self.at = dict(still.values), at
        self._points = tuple(
            Point(tag, tag, unit=still.units[tag], writable=tag in still.moved, asset=asset) for tag in still.values
        )

    def points(self) -> Sequence[Point]:
        """Every bounded tag, and every tag of an interlock."""
        return self._points

    def readings(self) -> Packet:
        """The present values."""
        tags, n = tuple(p.tag for p in self._points), len(self._points)
        values = np.array([self.values[t] for t in tags])
        return Packet("", tags, values, np.full(n, self.at, np.int64), np.zeros(n, np.uint8), self.at)

    def advance(self, seconds: float, at: Moment) -> None:
        """Only time goes on."""
        del seconds
        self.at = at

    def write(self, tag: str, value: float) -> None:
        """Take a value at once."""
        if not any(p.tag == tag and p.writable for p in self._points):
            raise Refused("it can't be written", at=tag)
        self.values[tag] = value

    def past(self, tag: str, start: Moment, end: Moment, most: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """It remembers nothing."""
        del tag, start, end, most
        return np.empty(0, np.int64), np.empty(0)

    def plant_fault(self, kind: str, place: str, strength: float, *, after: float, lasting: float) -> None:
        """It has none."""
        del kind, place, strength, after, lasting


def fits(plant: LivePlant, envelopes: Sequence[Envelope]) -> bool:
    """Whether a plant has all these tags in these units, within bounds, with every interlock satisfied now."""
    points, now = {p.tag: p for p in plant.points()}, plant.readings()
    values = dict(zip(now.tags, now.values.tolist(), strict=True))
    for e in envelopes:
        here = points.get(e.tag)
        if here is None or not here.writable or here.unit != e.unit:
            return False
        if not e.low + e.step <= values[e.tag] <= e.high - e.step:
            return False
        for lock in e.interlocks:
            there = points.get(lock.tag)
            if there is None or there.unit != lock.unit or not COMPARES[lock.relation](values[lock.tag], lock.value):
                return False
    return True


@asynccontextmanager
async def trial(envelopes: Sequence[Envelope], *, seed: int) -> AsyncIterator[Trial]:
    """A line for an agent's tags, served for real where the protocol is installed, else in memory.

    Args:
        envelopes: at least one; all of one asset.
        seed: of the embedded plant.
    """
    async with AsyncExitStack() as stack:
        try:
            made = await stack.enter_async_context(_over_the_wire(envelopes, seed))
        except Missing as error:  # the package is not here, or no port is free
            still = BenchLine.of(envelopes[0].asset, envelopes)
            made = Trial(still, still.writes, "memory", error.said("en")["what"])
        yield made


@asynccontextmanager
async def _over_the_wire(envelopes: Sequence[Envelope], seed: int) -> AsyncIterator[Trial]:
    with TemporaryDirectory(prefix="diapason-trial-") as place:
        keys = Path(place) / "keys"
        wishes = Wishes(keys, only=(_PROTOCOL,), seed=seed % 2**31, days=0.02, every=_EVERY, ports={"": 0})
        plant = await asyncio.to_thread(lived, wishes)
        over = "embedded plant over OPC UA"
        if not fits(plant, envelopes):
            plant, over = (
                OwnTags(envelopes[0].asset, envelopes, int(plant.readings().at[0])),
                "its own tags over OPC UA",
            )
        seen = Witnessed(plant)
        async with serving(wishes, seen) as made:
            stop = asyncio.Event()
            living = asyncio.create_task(made.live(stop, lambda _: None))
            options = {"user": "engineer", "password_file": str(keys / _PROTOCOL / "password")}
            line = await line_of(made.addresses[_PROTOCOL], options, place=Path(place) / "client", writes=True)
            try:
                yield Trial(line, seen.writes, over)
            finally:
                await line.close()
                stop.set()
                await living
