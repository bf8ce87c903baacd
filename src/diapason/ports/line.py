"""A live source outside the workspace: browse, listen, look back, and, where somebody allowed it, write."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from diapason.vocabulary.line import Moment, Packet, Point

__all__ = ["BulkLine", "Line", "LineConnector", "LineState", "PlantServer", "Served", "in_lists"]


@dataclass(frozen=True, slots=True)
class LineState:
    """How the connection fares."""

    connected: bool
    since: datetime  # of this state, UTC
    reconnects: int = 0
    why: str = ""  # of the last break


class Line(Protocol):
    """One open connection. It comes back by itself after a break and takes up what it listened to."""

    def browse(self, under: str = "", *, most: int = 100_000) -> AsyncIterator[Point]:
        """Tags below a place; a source that announces its tags by and by says those it has announced.

        Raises:
            DataError: after `most` tags there are more; says how to ask for a part.
            NotFound: there is no such place.
        """
        ...

    def listen(self, tags: Sequence[str]) -> AsyncIterator[Packet]:
        """Readings as they arrive, until the caller stops; the same tags again after every break of the connection.

        No tags = all that the source offers. Packets without readings only say that their number is not lost.
        """
        ...

    async def acknowledge(self, packets: Sequence[Packet]) -> None:
        """These are on disk; a source that waits for that may now forget them."""
        ...

    async def read(self, tags: Sequence[str]) -> Packet:
        """The present readings; raises NotFound for a tag that is not there, Missing without connection."""
        ...

    def history(self, tags: Sequence[str], start: datetime, end: datetime) -> AsyncIterator[Packet]:
        """What the source remembers of a stretch; nothing where it remembers nothing."""
        ...

    async def write(self, tag: str, value: float, unit: str) -> None:
        """Write once, never again by itself; only the gateway calls this.

        Raises:
            Refused: the tag can't be written, the connection was opened for reading, or the unit is another one.
            Missing: no connection; nothing was sent.
            Conflict: it was sent and nobody knows whether it arrived.
        """
        ...

    def state(self) -> LineState:
        """Whether it is connected, and since when."""
        ...

    async def close(self) -> None:
        """Let go; waits for what is under way."""
        ...


@runtime_checkable
class BulkLine(Line, Protocol):
    """A line that hands over what arrived together in one list: for sources with thousands of messages a second."""

    @property
    def waited(self) -> float:
        """Seconds that the readings of the last list lay in the network before they were `received`, at most."""
        ...

    def listen_many(self, tags: Sequence[str]) -> AsyncIterator[list[Packet]]:
        """As `listen`, a list for each wake-up."""
        ...

    def gathers(self, seconds: float) -> None:
        """From now on readings may gather in the network for so long where they come one after another.

        Lists are then fewer and larger, which costs less for each reading.
        """
        ...


async def in_lists(line: Line, tags: Sequence[str]) -> AsyncIterator[list[Packet]]:
    """What a line hears, in lists where it can, else one by one."""
    if isinstance(line, BulkLine):
        async for packets in line.listen_many(tags):
            yield packets
        return
    async for packet in line.listen(tags):
        yield [packet]


class LineConnector(Protocol):
    """What the module of a connector for live sources offers, found by the scheme of the address."""

    async def open_line(self, address: str, options: Mapping[str, Any], *, writes: bool = False) -> Line:
        """Connect.

        Args:
            writes: whether `write` may ever be called: reading and writing are two identities.

        Raises:
            Missing: nobody answers, or the package for it is not installed.
            Refused: the other side refuses certificate, name or password.
            DataError: the address or an option can't be.
        """
        ...


class Served(Protocol):
    """A plant as its servers see it: points, readings that change, and writes that do something."""

    def points(self) -> Sequence[Point]:
        """All tags."""
        ...

    def readings(self) -> Packet:
        """The readings of the last step, all tags, in the order of `points`."""
        ...

    def write(self, tag: str, value: float) -> None:
        """Move a set point or an output; raises Refused where that can't be, NotFound for a tag that is not there."""
        ...

    def past(self, tag: str, start: Moment, end: Moment, most: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Times and values of a tag from `start` up to but not including `end`, the oldest first, at most so many."""
        ...


class PlantServer(Protocol):
    """Serves a plant by one protocol, for real; a connector's module offers `serve(served, options) -> PlantServer`.

    Options that every server knows: `host` (loopback), `port` (0 = a free one), `folder` (keys and certificates),
    `open` (also without encryption and without a name to write), `broker` (where there is one: its address).
    """

    async def start(self) -> str:
        """Begin; returns the address."""
        ...

    async def publish(self) -> None:
        """Hand out the readings of the last step."""
        ...

    async def stop(self) -> None:
        """End."""
        ...
