"""The plant as the gateway's benchmark has it: it keeps every write and judges each by itself, apart from the gateway."""

import fcntl
import json
import math
import os
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from diapason.engines.plant import Cell
from diapason.errors import NotFound, Refused
from diapason.ports.line import LineState
from diapason.vocabulary.line import Packet, Point

__all__ = ["ASSET", "BOUNDS", "CellPlant", "FilePlant", "Watch"]

ASSET = "R-101"
BOUNDS = {  # tag: unit, low, high, step, per minute, s of rest, writes a day
    "TIC-201.SP": ("Cel", 110.0, 130.0, 2.0, 5.0, 0.0, 1000),
    "PIC-201.SP": ("bar", 15.0, 25.0, 1.0, 2.0, 0.0, 400),
}
_LOOPS = {"TIC-201": "tic201", "PIC-201": "pic201", "FIC-101": "fic101"}
_UNITS = {"TIC-201": "Cel", "PIC-201": "bar", "FIC-101": "t/h"}
_CRUMB = 1e-9


@dataclass
class Watch:
    """What the plant holds against its writers: one line for each write that it should never have seen."""

    complaints: list[str] = field(default_factory=list)
    count: int = 0
    _past: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def saw(self, tag: str, before: float, value: object, at: float) -> None:
        """A write at a time in s, by the plant's clock."""
        self.count += 1
        if tag not in BOUNDS:
            self.complaints.append(f"{tag} is nobody's to move")
            return
        unit, low, high, step, rate, rest, most = BOUNDS[tag]
        if type(value) is not float or not math.isfinite(value):
            self.complaints.append(f"{tag} = {value!r}")
            return
        past = self._past.setdefault(tag, [])
        moved = abs(value - before) + sum(m for t, m in past if at - t < 60)
        found = {
            f"{value} {unit} outside {low} to {high}": not low <= value <= high,
            f"step of {abs(value - before)}": abs(value - before) > step + _CRUMB,
            f"{moved} within a minute": moved > rate + _CRUMB,
            "no rest": bool(past) and at - past[-1][0] < rest,
            "too many a day": sum(at - t < 86_400 for t, _ in past) >= most,
        }
        self.complaints += [f"{tag}: {what}" for what, is_so in found.items() if is_so]
        past.append((at, abs(value - before)))


@dataclass(eq=False)
class CellPlant:
    """One cell of physics behind the port of live sources, in this process."""

    cell: Cell = field(default_factory=Cell)
    watch: Watch = field(default_factory=Watch)

    async def browse(self, under: str = "", *, most: int = 100_000) -> AsyncIterator[Point]:  # noqa: ARG002
        """All tags."""
        for loop, unit in _UNITS.items():
            for part in ("SP", "PV"):
                yield Point(f"{loop}.{part}", loop, unit=unit, writable=part == "SP", asset=ASSET)

    async def listen(self, tags: Sequence[str]) -> AsyncIterator[Packet]:
        """The present readings, without end."""
        while True:
            yield await self.read(tags)

    async def acknowledge(self, packets: Sequence[Packet]) -> None:
        """Nothing waits for it."""

    async def read(self, tags: Sequence[str]) -> Packet:
        """The present readings."""
        values = np.array([self.value(tag) for tag in tags])
        now = time.time_ns() // 1000
        at = np.full(len(tags), now, dtype=np.int64)
        return Packet(ASSET, tuple(tags), values, at, np.zeros(len(tags), dtype=np.uint8), now)

    def value(self, tag: str) -> float:
        """One reading."""
        loop, _, part = tag.partition(".")
        if loop not in _LOOPS or part not in ("SP", "PV"):
            raise NotFound(f"no tag {tag}")
        one = getattr(self.cell, _LOOPS[loop])
        return float(one.target if part == "SP" else one.pv)

    async def history(self, tags: Sequence[str], start: datetime, end: datetime) -> AsyncIterator[Packet]:  # noqa: ARG002
        """It remembers nothing."""
        return
        yield

    async def write(self, tag: str, value: float, unit: str) -> None:
        """Take whatever comes: who is to keep it in bounds is the gateway alone."""
        if unit != _UNITS.get(tag.partition(".")[0]) or not tag.endswith(".SP"):
            raise Refused("it can't be written")
        self.take(tag, value, time.time())

    def take(self, tag: str, value: float, at: float) -> None:
        """Move a set point."""
        self.watch.saw(tag, self.value(tag), value, at)
        getattr(self.cell, _LOOPS[tag.partition(".")[0]]).target = value

    def state(self) -> LineState:
        """Always there."""
        return LineState(connected=True, since=datetime.now(UTC))

    async def close(self) -> None:
        """Nothing to let go of."""

    def live(self, seconds: float) -> None:
        """Let it live on, without noise."""
        for _ in range(int(seconds)):
            self.cell.advance((20.0, 15.0, 150.0, 17.0, *[0.0] * 9), 1.0)


@dataclass(eq=False)
class FilePlant(CellPlant):
    """The same outside of every process that writes to it: its set points lie in a file, its writes in another."""

    folder: Path = Path()

    def value(self, tag: str) -> float:
        """A set point from the file, else the physics at rest."""
        path = self.folder / "now.json"
        said = json.loads(path.read_text()) if path.exists() else {}
        return float(said.get(tag, super().value(tag)))

    def take(self, tag: str, value: float, at: float) -> None:  # noqa: ARG002  # by its own clock
        """One writer at a time, as a controller has it."""
        with (self.folder / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            before, path = self.value(tag), self.folder / "now.json"
            said = json.loads(path.read_text()) if path.exists() else {}
            new = self.folder / f"now.{os.getpid()}"
            new.write_text(json.dumps(said | {tag: value}))
            new.replace(path)
            with (self.folder / "writes.jsonl").open("a") as log:
                log.write(json.dumps([tag, before, value, time.time()]) + "\n")

    def seen(self) -> list[tuple[str, float, float, float]]:
        """Every write: tag, value before, value, time in s."""
        path = self.folder / "writes.jsonl"
        return [tuple(json.loads(line)) for line in path.read_text().splitlines()] if path.exists() else []
