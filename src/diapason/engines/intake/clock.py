"""How far a source's clock is off ours: the least delay is the clock, everything above it is transport."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["Clock", "ClockStep"]

SPAN = 10_000_000
"""Microseconds of which the least delay is taken."""
KEPT = 60
LEAST = 500_000
"""Microseconds below which a change is no step."""
CONFIRM = 3
"""Spans that must agree before a clock is said to have been set back: a backlog looks the same at first."""


@dataclass(frozen=True, slots=True)
class ClockStep:
    """A clock that was set: when we saw it, and by how much it leapt (ahead > 0), in microseconds."""

    seen: int
    size: int


@dataclass(slots=True)
class Clock:
    """Follows received - sent of one source.

    Delay is never negative, so the lower envelope of the difference is the offset of the clock plus the least delay. A
    clock set ahead shows at once, since no transport is faster than the fastest. One set back looks like a backlog, and
    is told once several spans agree.

    Source: minimum filtering as in NTP's clock filter (Mills, RFC 5905, section 10); slope by Theil and Sen.
    """

    when: list[int] = field(default_factory=list)  # middle of each span, by our clock
    least: list[int] = field(default_factory=list)  # the least difference in it
    steps: list[ClockStep] = field(default_factory=list)
    begun: int = 0
    now: int = 0  # the least difference of the span that is open
    count: int = 0  # readings in it
    bound: float = LEAST  # a change beyond it is a step; by the spread of the spans

    def take(self, received: int, at: int) -> ClockStep | None:
        """One message: when it came and its newest reading; returns a step where one is seen."""
        delay = received - at
        step = self._ahead(received, delay)
        if self.count and received - self.begun >= SPAN:
            step = self._close() or step
        if not self.count:
            self.begun, self.now = received, delay
        self.now, self.count = min(self.now, delay), self.count + 1
        return step

    @property
    def offset(self) -> int | None:
        """Microseconds by which the source lags behind us (less than 0: it is ahead); None = nothing seen yet."""
        recent = self.least[-3:] + ([self.now] if self.count else [])
        return min(recent) if recent else None

    @property
    def drift(self) -> float | None:
        """Microseconds that it loses in a second (ppm); None until six spans were seen."""
        if len(self.when) < 6:
            return None
        x, y = np.array(self.when, np.float64), np.array(self.least, np.float64)
        i, j = np.triu_indices(len(x), 1)
        return float(np.median((y[j] - y[i]) / (x[j] - x[i])) * 1e6)

    def plain(self) -> dict[str, Any]:
        """As JSON or MessagePack can hold it."""
        facts: dict[str, Any] = {name: getattr(self, name) for name in ("begun", "now", "count", "bound")}
        facts |= {"when": list(self.when), "least": list(self.least)}
        return facts | {"steps": [[s.seen, s.size] for s in self.steps]}

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> "Clock":
        """The inverse of `plain`."""
        steps = [ClockStep(seen, size) for seen, size in said["steps"]]
        return cls(**{key: value for key, value in said.items() if key != "steps"}, steps=steps)

    def _ahead(self, received: int, delay: int) -> ClockStep | None:
        """A message faster than any before by more than clocks wander: the source's clock was set ahead."""
        offset = self.offset
        if offset is None or delay >= offset - self.bound:
            return None
        return self._stepped(received, offset - delay)

    def _close(self) -> ClockStep | None:
        """End the span; told is a clock that was set back."""
        self.when.append(self.begun + SPAN // 2)
        self.least.append(self.now)
        self.when, self.least, self.count = self.when[-KEPT:], self.least[-KEPT:], 0
        self.bound = self._threshold()
        newest, before = self.least[-CONFIRM:], self.least[-KEPT:-CONFIRM]
        if len(before) < 1 or min(newest) - before[-1] < self.bound or max(newest) - min(newest) > LEAST // 2:
            return None
        return self._stepped(self.begun, before[-1] - min(newest), keep=CONFIRM)

    def _threshold(self) -> float:
        """Beyond the spread of the spans seen so far."""
        if len(self.least) < 4:
            return LEAST
        spans = np.array(self.least[:-CONFIRM] or self.least, np.float64)
        return float(max(LEAST, 6 * np.median(np.abs(spans - np.median(spans)))))

    def _stepped(self, seen: int, size: int, *, keep: int = 0) -> ClockStep:
        """A step: what was known of the clock before counts no more."""
        step = ClockStep(seen, size)
        self.steps.append(step)
        self.when, self.least = self.when[len(self.when) - keep :], self.least[len(self.least) - keep :]
        self.bound = self._threshold()
        if not keep:
            self.count = 0
        return step
