"""A plant of physics behind a line of its own, four persons, an agent, and an envelope that is signed."""

import shutil
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

import diapason
from diapason.engines.plant import Cell
from diapason.errors import Missing, NotFound, Refused
from diapason.ports.line import LineState
from diapason.ports.workspace import Workspace
from diapason.services import agent, gateway
from diapason.services.gateway import ladder, sealed
from diapason.services.workspace import open_workspace
from diapason.vocabulary.acting import Autonomy, Effect, Proposal, Shadow
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Packet, Point

ASSET, TAG = "R-101", "TIC-201.SP"

MANIFEST = """name: advice
owner: wang
expires: 2027-06-30
asset: R-101
connection: plant
permissions:
- {right: read, asset: R-101, tag: '*', autonomy: A1}
- {right: write, asset: R-101, tag: TIC-201.SP, autonomy: A4}
- {right: write, asset: R-101, tag: PIC-201.SP, autonomy: A4}
envelopes:
- {asset: R-101, tag: TIC-201.SP, unit: Cel, low: 105, high: 135, step: 3, rate: 6, dwell: 0, daily: 500}
- {asset: R-101, tag: PIC-201.SP, unit: bar, low: 15, high: 25, step: 1, rate: 2, dwell: 0, daily: 500}
rules:
- {kind: above, tag: TIC-201.PV, limit: 128, name: hot}
budget: {proposals_per_day: 100000}
fallback: baseline
"""

ENVELOPE = """asset: R-101
connection: plant
beat: 30
tags:
- tag: TIC-201.SP
  unit: Cel
  low: 110
  high: 130
  step: 2
  rate: 1000
  dwell: 0
  daily: 200
  near: 0.01
  settle: 0.3
  fallback: 118
  interlocks:
  - {tag: TIC-201.PV, relation: "<", value: 140, unit: Cel, freshest: 10, low: 0, high: 200}
  responses:
  - {tag: TIC-201.PV, unit: Cel, gain: 1.0, doubt: 0.2, lag: 600, noise: 1.0}
"""


@dataclass(eq=False)
class CellLine:
    """The embedded plant's physics behind the port of live sources; it keeps what was written to it."""

    cell: Cell = field(default_factory=Cell)
    writes: list[tuple[str, float]] = field(default_factory=list)
    before_write: Callable[[], None] = lambda: None
    after_write: Callable[[], None] = lambda: None
    writable: bool = True
    deaf: bool = False  # takes writes and does nothing
    skewed: float = 0.0  # takes another value than was written
    gone: bool = False
    odd: dict[str, float] = field(default_factory=dict)  # readings that are not the cell's
    trust: int = 0
    age: float = 0.0  # s

    _TAGS: Mapping[str, tuple[str, str, str]] = field(
        default_factory=lambda: {
            "TIC-201.SP": ("tic201", "target", "Cel"),
            "TIC-201.PV": ("tic201", "pv", "Cel"),
            "PIC-201.SP": ("pic201", "target", "bar"),
            "PIC-201.PV": ("pic201", "pv", "bar"),
        }
    )

    async def browse(self, under: str = "", *, most: int = 100_000) -> AsyncIterator[Point]:
        for tag, (_, part, unit) in self._TAGS.items():
            yield Point(tag, tag, unit=unit, writable=part == "target", asset=ASSET)

    async def listen(self, tags: Sequence[str]) -> AsyncIterator[Packet]:
        while True:
            yield await self.read(tags)

    async def acknowledge(self, packets: Sequence[Packet]) -> None:
        """Nothing waits for that here."""

    async def read(self, tags: Sequence[str]) -> Packet:
        if self.gone:
            raise Missing("no connection")
        if any(tag not in self._TAGS for tag in tags):
            raise NotFound("no such tag")
        values = np.array([self.odd.get(tag, self._value(tag)) for tag in tags])
        now = round(time.time() * 1e6)
        at = np.full(len(tags), now - int(self.age * 1e6), dtype=np.int64)
        return Packet(ASSET, tuple(tags), values, at, np.full(len(tags), self.trust, dtype=np.uint8), now)

    def _value(self, tag: str) -> float:
        loop, part, _ = self._TAGS[tag]
        return float(getattr(getattr(self.cell, loop), part))

    async def history(self, tags: Sequence[str], start: datetime, end: datetime) -> AsyncIterator[Packet]:
        return
        yield

    async def write(self, tag: str, value: float, unit: str) -> None:
        self.before_write()
        if self.gone:
            raise Missing("no connection; nothing was sent")
        loop, part, own = self._TAGS[tag]
        if not self.writable or part != "target" or unit != own:
            raise Refused("it can't be written")
        self.writes.append((tag, value))
        if not self.deaf:
            getattr(self.cell, loop).target = value + self.skewed
        self.after_write()

    def state(self) -> LineState:
        return LineState(not self.gone, datetime.now(UTC))

    async def close(self) -> None:
        """Nothing to let go of."""

    def live(self, seconds: float) -> None:
        """Let the plant live on."""
        air = [20.0, 15.0, 150.0, 17.0, *[0.0] * 9]
        for _ in range(int(seconds)):
            self.cell.advance(air, 1.0)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with wang (who owns the agent), li (approver), zhao (operator), chen (safety officer)."""
    folder = tmp_path_factory.mktemp("bound") / "plant"
    plant = diapason.init(folder, person="wang")
    for name, role in (("li", "approver"), ("zhao", "operator"), ("chen", "safety")):
        plant.person(name, roles=[role])
    for part, text in (("agents/advice.yaml", MANIFEST), ("envelopes/R-101.yaml", ENVELOPE)):
        path = folder / part
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    agent.create(open_workspace(folder, person="wang"), "advice")
    chen = open_workspace(folder, person="chen")
    gateway.sign_envelope(chen, ASSET)
    gateway.set_mode(chen, ASSET, "automatic")
    return folder


@pytest.fixture
def beats(made: Path, tmp_path: Path) -> Iterator[Callable[[], None]]:
    """A copy of it in which a watch that reaches the plant gives its signs of life, until `beats()` is called."""
    shutil.copytree(made, tmp_path / "plant")
    ws, over = open_workspace(tmp_path / "plant", person="wang"), threading.Event()

    def beat() -> None:
        while not over.is_set():
            gateway.tends(ws, ["plant"])
            over.wait(1.0)

    def end() -> None:
        over.set()
        thread.join()
        shutil.rmtree(ws.folder / "beats")

    gateway.tends(ws, ["plant"])
    thread = threading.Thread(target=beat)
    thread.start()
    yield end
    over.set()
    thread.join()


@pytest.fixture
def ws(beats: Callable[[], None], tmp_path: Path) -> Workspace:
    """The same, opened by wang, in whose name the agent's process runs."""
    del beats
    return open_workspace(tmp_path / "plant", person="wang")


@pytest.fixture
def as_person(ws: Workspace) -> Callable[[str], Workspace]:
    """The same workspace, opened by somebody else."""
    return lambda name: open_workspace(ws.folder, person=name)


@pytest.fixture
def line() -> CellLine:
    """A cell near its steady state."""
    return CellLine()


@pytest.fixture
def propose() -> Callable[..., Proposal]:
    """`propose("k1", new=121.0)`: a proposal of the agent, good for a quarter of an hour."""

    def make(key: str, **other: object) -> Proposal:
        now = round(time.time() * 1e6)
        why = Text("colder feed", "进料偏冷")
        good = Proposal(key, "advice", ASSET, TAG, 120.0, 121.0, "Cel", now, now + 900_000_000, why)
        return replace(good, **other)

    return make


@pytest.fixture
def raised(ws: Workspace, as_person: Callable[[str], Workspace]) -> Callable[..., Workspace]:
    """`raised(3)`: the agent at A3 on the tag, with the evidence that the gate asks for."""

    def up(to: int, tag: str = TAG) -> Workspace:
        now = round(time.time() * 1e6)
        bind = gateway.binding(ws, "advice", ASSET)
        shown = Shadow("advice", ASSET, tag, bind, 300, 0, now - 10**12, now, "operators", 0.1, -0.01, 0.2, 0.05)
        gateway.note_shadow(ws, shown)
        if gateway.level(ws, "advice", ASSET, tag) < 3:
            gateway.promote(as_person("chen"), "advice", ASSET, tag, Autonomy(3), because="300 clean decisions")
        if to > 3:
            said = {"agent": "advice", "asset": ASSET, "tag": tag, "level": to, "from": 3, "binding": bind}
            sealed.seal(as_person("chen"), "autonomy", ladder.subject("advice", ASSET, tag), said)
        return ws

    return up


@pytest.fixture
def effect() -> Effect:
    """An effect that comes at once."""
    return Effect("TIC-201.PV", 110.0, 130.0, "Cel", 0.0)
