"""A broker and a small plant for the connectors of live lines."""

import asyncio
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from getpass import getuser
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from diapason.errors import NotFound, Refused
from diapason.vocabulary.line import Kind, Packet, Point

HOW = "these tests need Mosquitto: apt install mosquitto, brew install mosquitto, or mosquitto.org/download"


class Broker:
    """Mosquitto on a port of its own, which can be killed and started again."""

    def __init__(self, folder: Path, lines: Sequence[str] = (), *, anonymous: bool = True) -> None:
        found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
        assert found, HOW
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"mqtt://127.0.0.1:{self.port}"
        self._program, self._file = found, folder / "mosquitto.conf"
        said = [
            f"allow_anonymous {str(anonymous).lower()}",
            "max_queued_messages 0",
            "max_inflight_messages 0",
            f"user {getuser()}",
            *lines,
        ]
        self._file.write_text("\n".join([f"listener {self.port} 127.0.0.1", *said]) + "\n")
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen([self._program, "-c", self._file], stderr=subprocess.DEVNULL)
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0 and probe.getsockname() != probe.getpeername():
                    return  # the second: a socket that looks for a free port may find itself
            time.sleep(0.02)
        raise AssertionError("Mosquitto does not start")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    made = Broker(tmp_path_factory.mktemp("broker"))
    yield made
    made.kill()


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Broker]:
    """One that a test may kill."""
    made = Broker(tmp_path)
    yield made
    made.kill()


@pytest.fixture
def broker_with(tmp_path: Path) -> Iterator[Callable[..., Broker]]:
    """One with lines of its own in its configuration."""
    made: list[Broker] = []

    def start(lines: Sequence[str], *, anonymous: bool = True) -> Broker:
        made.append(Broker(tmp_path, lines, anonymous=anonymous))
        return made[-1]

    yield start
    for one in made:
        one.kill()


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
