"""The public check of live lines passes a sound one and names the promise that a broken one breaks."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from diapason.errors import Missing, NotFound, Refused
from diapason.ports.line import LineState
from diapason.testing.lines import check_line
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Packet, Point

ADDRESS = "line://127.0.0.1:1"
WORDS = Text("no", "无")


def _now() -> int:
    return time.time_ns() // 1000


class Sound:
    """A line in memory."""

    def __init__(self) -> None:
        self.there = True

    async def open_line(self, address: str, options: Mapping[str, Any], *, writes: bool = False) -> Any:
        if address != ADDRESS:
            raise Missing(WORDS, at=address, fix=WORDS)
        return type(self)()

    async def browse(self, under: str = "", *, most: int = 100_000) -> AsyncIterator[Point]:
        for point in self.points():
            yield point

    def points(self) -> list[Point]:
        return [Point("a", "1", unit="bar", low=0.0, high=9.0), Point("b", "2", unit="Cel")]

    def packet(self, tags: Sequence[str], back: int = 0) -> Packet:
        if "no.such.tag" in tags:
            raise NotFound(WORDS, at="no.such.tag", fix=WORDS)
        n, now = len(tags), _now()
        return Packet("", tuple(tags), np.ones(n), np.full(n, now - back), np.zeros(n, np.uint8), now)

    async def listen(self, tags: Sequence[str]) -> AsyncIterator[Packet]:
        while True:
            yield self.packet(tags)
            await asyncio.sleep(0.01)

    async def acknowledge(self, packets: Sequence[Packet]) -> None: ...

    async def read(self, tags: Sequence[str]) -> Packet:
        if not self.there:
            raise Missing(WORDS, at="a", fix=WORDS)
        return self.packet(tags)

    async def history(self, tags: Sequence[str], start: datetime, end: datetime) -> AsyncIterator[Packet]:
        yield self.packet(tags, 60_000_000)

    async def write(self, tag: str, value: float, unit: str) -> None:
        raise Refused(WORDS, at=tag, fix=WORDS)

    def state(self) -> LineState:
        return LineState(self.there, datetime.now(UTC))

    async def close(self) -> None:
        self.there = False


class Local(Sound):
    def packet(self, tags: Sequence[str], back: int = 0) -> Packet:
        made = super().packet(tags, back)
        return replace(made, at=made.at + 8 * 3_600_000_000)


class Ragged(Sound):
    def packet(self, tags: Sequence[str], back: int = 0) -> Packet:
        return replace(super().packet(tags, back), trust=np.zeros(1, np.uint8))


class Silent(Sound):
    def packet(self, tags: Sequence[str], back: int = 0) -> Packet:
        return replace(super().packet(tags, back), values=np.full(len(tags), np.nan))


class Twins(Sound):
    def points(self) -> list[Point]:
        return [*super().points(), Point("a", "3")]


class Unitless(Sound):
    def points(self) -> list[Point]:
        return [replace(p, unit="") for p in super().points()]


class Writes(Sound):
    async def write(self, tag: str, value: float, unit: str) -> None: ...


class Mumbles(Sound):
    async def write(self, tag: str, value: float, unit: str) -> None:
        raise Refused("no")


class Guesses(Sound):
    def packet(self, tags: Sequence[str], back: int = 0) -> Packet:
        return super().packet([t.replace("no.such.tag", "a") for t in tags], back)


class Backwards(Sound):
    async def listen(self, tags: Sequence[str]) -> AsyncIterator[Packet]:
        for i in range(10):
            yield self.packet(tags, i * 1_000_000)


class Early(Sound):
    async def history(self, tags: Sequence[str], start: datetime, end: datetime) -> AsyncIterator[Packet]:
        yield self.packet(tags, 7_200_000_000)


class Open(Sound):
    async def close(self) -> None: ...


class Anywhere(Sound):
    async def open_line(self, address: str, options: Mapping[str, Any], *, writes: bool = False) -> Any:
        return type(self)()


BROKEN = {
    Local: "is within 60 s of ours",
    Ragged: "columns have the shape",
    Silent: "has no number",
    Twins: "each tag has a name of its own",
    Unitless: "a is in bar, not in ''",
    Writes: "a write over a line opened for reading raises Refused",
    Mumbles: "the error says what, where and the fix",
    Guesses: "reading no.such.tag raises NotFound",
    Backwards: "in the order of their times",
    Early: "history lies in the stretch asked for",
    Open: "a closed line says that it is not connected",
    Anywhere: "an address where nobody answers raises Missing",
}


def _check(connector: Any) -> None:
    asyncio.run(check_line(connector, ADDRESS, tags=["a", "b"], units={"a": "bar"}, cuts=False))


def test_a_sound_line_passes() -> None:
    """With history or without."""
    _check(Sound())


@pytest.mark.parametrize("broken", BROKEN, ids=lambda x: x.__name__)
def test_a_broken_promise_is_named(broken: Any) -> None:
    """One line for each promise, which breaks just that one."""
    with pytest.raises(AssertionError) as error:
        _check(broken())
    assert BROKEN[broken] in str(error.value)
