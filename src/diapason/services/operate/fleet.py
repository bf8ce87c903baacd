"""A fleet at work in one process: readings in, decisions out, everything in the journal before it is told."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diapason.engines.agents import Decided
from diapason.ports.workspace import Workspace
from diapason.services.operate.foreseeing import Outlook
from diapason.services.operate.journal import Journal
from diapason.services.operate.keeping import kept, taken_up
from diapason.services.operate.recording import Recorder
from diapason.services.operate.squads import Squad
from diapason.services.operate.telling import changes
from diapason.vocabulary.line import Moment, Packet

__all__ = ["Fleet", "Meter"]

_KEPT = 5_000  # latencies that are remembered
_OFTEN, _SELDOM = 1.0, 10.0
"""s after which state is written, with and without a decision since."""


class Window:
    """How long ago the newest of many moments were, seen from the moment at which each came."""

    def __init__(self) -> None:
        self._parts: deque[tuple[Moment, NDArray[np.int64]]] = deque()
        self._count = 0

    def add(self, now: Moment, moments: NDArray[np.int64]) -> None:
        """Remember these, of which somebody heard now, and forget the oldest."""
        self._parts.append((now, moments))
        self._count += len(moments)
        while self._count - len(self._parts[0][1]) > _KEPT:
            self._count -= len(self._parts.popleft()[1])

    def quantiles(self) -> dict[str, float | None]:
        """p50, p95, p99 and the largest, ms."""
        if not self._parts:
            return dict.fromkeys(("p50", "p95", "p99", "most"))
        every = np.concatenate([now - moments for now, moments in self._parts]) / 1e3
        p50, p95, p99 = (float(q) for q in np.quantile(every, (0.5, 0.95, 0.99)))
        return {"p50": p50, "p95": p95, "p99": p99, "most": float(every.max())}


@dataclass(slots=True)
class Meter:
    """What it costs, s of CPU by stage, and how late decisions were."""

    deciding: float = 0.0
    copying: float = 0.0  # of state, for the thread that writes it
    rows: int = 0
    packets: int = 0
    decisions: int = 0
    latencies: Window = field(default_factory=Window)  # from when the last reading may have come to the decision
    ages: Window = field(default_factory=Window)  # from the reading's own time; clocks may differ


class Fleet:
    """Squads, their journal and their state on disk.

    Args:
        squads: all agents.
        run: of the journal's entries.
        hand: called from the journal's thread with each decision, after the ledger has it.
    """

    def __init__(
        self, ws: Workspace, squads: Sequence[Squad], run: str, hand: Callable[[Squad, dict[str, Any]], None]
    ) -> None:
        self.workspace, self.squads, self.meter = ws, tuple(squads), Meter()
        self.went_on = sum(taken_up(ws, squad) for squad in squads)
        self._journal = Journal(ws, run)
        self.recorder = Recorder(ws, self._journal, hand)
        self.outlook = Outlook(ws, self.squads, self.recorder.later)
        self._unkept = False
        self._last_kept = self._last_written = time.monotonic()

    def take(self, packets: Sequence[Packet], *, waited: float = 0.0) -> None:
        """Decide what these readings complete.

        Args:
            waited: s that they lay in the network before they were received, at most; counts as lateness.
        """
        self.meter.packets += len(packets)
        self._each(lambda squad: squad.take(packets), waited)

    def tend(self, now: Moment) -> None:
        """What has to be done by the clock: rows whose time is up, the journal, the state."""
        self.recorder.alive()
        self._each(lambda squad: squad.overdue(now))
        begin, clock = time.thread_time(), time.monotonic()
        if clock - self._last_written >= _OFTEN:
            self._last_written = clock
            self.recorder.observed(self.balance())
        if clock - self._last_kept >= (_OFTEN if self._unkept else _SELDOM):
            self._last_kept, self._unkept = clock, False
            self.keep()
        self.meter.copying += time.thread_time() - begin

    def keep(self) -> None:
        """Have the state of all agents written."""
        for squad in self.squads:
            self.recorder.keep(squad, kept(squad, 0))

    def end(self) -> None:
        """Write everything and let go."""
        self.recorder.observed(self.balance())
        self.keep()
        self.outlook.end()
        self.recorder.end()

    def balance(self) -> dict[str, int]:
        """Where every reading went, over all squads."""
        total: dict[str, int] = {}
        for squad in self.squads:
            for name in ("taken", "used", "late", "unknown", "waiting"):
                total[name] = total.get(name, 0) + int(getattr(squad.ticks.counts, name))
        return total

    def _each(self, decide: Callable[[Squad], Iterator[Decided]], waited: float = 0.0) -> None:
        for squad in self.squads:
            begin = time.thread_time()
            for decided in decide(squad):
                self.meter.deciding += time.thread_time() - begin
                self._record(squad, decided, waited)
                begin = time.thread_time()
            self.meter.deciding += time.thread_time() - begin

    def _record(self, squad: Squad, decided: Decided, waited: float) -> None:
        self.meter.rows += len(decided.rows)
        now = time.time_ns() // 1000
        self.meter.latencies.add(now + round(waited * 1e6), decided.rows.received)
        self.meter.ages.add(now, decided.rows.at)
        self._journal.saw(squad.crew.names, decided.rows)
        if len(decided.changed):
            self.recorder.changed(changes(squad, decided))
            self.meter.decisions += len(decided.changed)
            self._unkept = True
