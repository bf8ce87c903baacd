"""A broker and a small plant for the connectors of live lines."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from diapason.connectors.mqtt.broker import Mosquitto
from diapason.errors import NotFound, Refused
from diapason.vocabulary.line import Kind, Packet, Point


@pytest.fixture(scope="module")
def broker() -> Iterator[Mosquitto]:
    with Mosquitto() as made:
        yield made


@pytest.fixture
def own_broker() -> Iterator[Mosquitto]:
    """One that a test may kill."""
    with Mosquitto() as made:
        yield made


@pytest.fixture
def broker_with(tmp_path: Path) -> Iterator[Callable[..., Mosquitto]]:
    """One with lines of its own in its configuration."""
    made: list[Mosquitto] = []

    def start(lines: Sequence[str], *, anonymous: bool = True) -> Mosquitto:
        made.append(Mosquitto(folder=tmp_path, lines=lines, anonymous=anonymous))
        made[-1].start()
        return made[-1]

    yield start
    for one in made:
        one.stop()


class SmallPlant:
    """Assets with a temperature that rises, a set point, a count, a switch and a text."""

    def __init__(self, assets: int = 2) -> None:
        names = [f"R-{i + 1}" for i in range(assets)]
        self._points = [point for name in names for point in self._of(name)]
        self.tags = tuple(point.tag for point in self._points)
        self.values = np.array([20.0, 50.0, -3.0, 1.0, np.nan] * assets)
        self.words = ["auto"] * assets
        self.written: list[tuple[str, float]] = []
        self.trust = np.zeros(len(self.tags), np.uint8)
        self.steps = 0

    @staticmethod
    def _of(name: str) -> list[Point]:
        return [
            Point(f"{name}/TIC.PV", "", Kind.NUMBER, "Cel", 0.0, 200.0, False, "Temperature 温度", name),
            Point(f"{name}/TIC.SP", "", Kind.NUMBER, "Cel", 0.0, 200.0, True, "", name),
            Point(f"{name}/COUNT", "", Kind.WHOLE, "1", asset=name),
            Point(f"{name}/RUN", "", Kind.SWITCH, writable=True, asset=name),
            Point(f"{name}/MODE", "", Kind.TEXT, asset=name),
        ]

    def points(self) -> Sequence[Point]:
        return self._points

    def readings(self) -> Packet:
        n, now = len(self.tags), time.time_ns() // 1_000_000 * 1000
        texts = dict(zip(range(4, n, 5), self.words, strict=True))
        self.trust[4::5] = 0
        return Packet("", self.tags, self.values.copy(), np.full(n, now), self.trust.copy(), now, texts=texts)

    def step(self) -> None:
        self.steps += 1
        self.values[0::5] += 0.5

    def write(self, tag: str, value: float) -> None:
        if tag not in self.tags:
            raise NotFound("no such tag", at=tag, fix="another one")
        place = self.tags.index(tag)
        if not self._points[place].writable or not 0 <= value <= 200:
            raise Refused("it can't be", at=tag, fix="stay inside the range")
        self.values[place] = value
        self.written.append((tag, value))

    def past(self, tag: str, start: int, end: int, most: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        return np.zeros(0, np.int64), np.zeros(0)

    async def live(self, server: object, every: float = 0.05, steps: int = 100_000) -> None:
        """Step and hand out, until cancelled."""
        for _ in range(steps):
            self.step()
            await server.publish()
            await asyncio.sleep(every)


@pytest.fixture
def small_plant() -> SmallPlant:
    return SmallPlant()
