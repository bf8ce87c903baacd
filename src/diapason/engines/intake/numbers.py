"""The numbers that one source gives its messages: what came, what is missing, what came again, where it began anew."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

__all__ = ["Gap", "Look", "Numbers", "Step"]

WRAPS = (1 << 8, 1 << 16, 1 << 32)
"""Where counters begin again: Sparkplug B counts in a byte."""
FAR = 100_000_000
"""A leap by more is no gap but another counter."""
GAPS = 10_000
"""Gaps that are remembered; what is missing in older ones stays missing."""


class Step(IntEnum):
    """What a message's number says of it."""

    NONE = 0  # it has no number
    NEW = 1
    FILLED = 2  # it was missing until now
    AGAIN = 3  # that number came before
    REBORN = 4  # the source counts anew


@dataclass(frozen=True, slots=True)
class Look:
    """A number seen beside those before it; nothing is changed by looking."""

    step: Step
    number: int = -1  # counted on over wraps and new beginnings
    skipped: int = 0  # numbers between the last and this one
    wrap: int = 0  # where the counter begins again, as far as that is known


@dataclass(slots=True)
class Gap:
    """Numbers from `first` to `last` that did not come; `slots` says of which shape each was, by `number % stride`."""

    first: int
    last: int
    stride: int = 0  # 0 = nobody knows of which shape they were
    slots: Mapping[int, int] = field(default_factory=dict)

    def shape(self, number: int) -> int:
        """Which shape a missing message had, -1 if nobody knows."""
        return self.slots.get(number % self.stride, -1) if self.stride else -1

    def counts(self) -> dict[int, int]:
        """Missing messages by shape."""
        total = self.last - self.first + 1
        if not self.stride:
            return {-1: total}
        found: dict[int, int] = {}
        for residue in range(self.stride):
            count = (self.last - residue) // self.stride - (self.first - 1 - residue) // self.stride
            if count:
                shape = self.slots.get(residue, -1)
                found[shape] = found.get(shape, 0) + count
        return found


@dataclass(slots=True)
class Numbers:
    """Follows one source. A shape is the set of tags of a message, as a number that the caller gives.

    Messages of which the shapes come round in a fixed order (asset by asset, tick by tick) tell which shape is missing.
    """

    high: int = -1  # highest number, counted on
    raw: int = -1  # the same as the source wrote it
    wrap: int = 0
    newest: int = 0  # Moment of the newest reading of a numbered message
    lives: int = 0  # times that the source began to count anew
    born: int = 0  # number with which this life began
    gaps: list[Gap] = field(default_factory=list)
    last: dict[int, int] = field(default_factory=dict)  # shape -> its highest number
    stride: int = 0
    steady: int = 0  # messages in a row that fit the stride

    def look(self, raw: int, newest: int) -> Look:
        """What a number says.

        Args:
            raw: as the source wrote it, -1 = none.
            newest: Moment of the newest reading in the message.
        """
        if raw < 0:
            return Look(Step.NONE)
        if self.raw < 0:
            return Look(Step.NEW, raw, 0, self.wrap)
        ahead = raw - self.raw
        if self.wrap:
            ahead = (ahead + self.wrap // 2) % self.wrap - self.wrap // 2
        if ahead > 0:
            far = ahead > FAR
            return Look(Step.REBORN, self.high + 1) if far else Look(Step.NEW, self.high + ahead, ahead - 1, self.wrap)
        number = self.high + ahead
        if ahead < 0 and newest >= self.newest:
            anew = self._anew(raw, ahead, newest > self.newest)
            if anew is not None:
                return anew
        return Look(Step.FILLED if self._gap(number) >= 0 else Step.AGAIN, number, 0, self.wrap)

    def take(self, look: Look, raw: int, newest: int, shape: int) -> dict[int, int]:
        """Count a message in.

        Returns:
            Messages that are known to be missing since now, by shape (-1 = nobody knows which); less than none where
            one of them came or where it is known since now which they were.
        """
        changed: dict[int, int] = {}
        if look.step is Step.FILLED:
            changed = self._fill(look.number)
        elif look.step in (Step.NEW, Step.REBORN):
            if look.step is Step.REBORN:
                self.lives, self.last, self.stride, self.steady = self.lives + 1, {}, 0, 0
                self.born = look.number
            changed = self._advance(look, shape)
            self.high, self.raw, self.wrap = look.number, raw, look.wrap
        if look.step is not Step.NONE:
            self.newest = max(self.newest, newest)
        return changed

    @property
    def unplaced(self) -> int:
        """Missing messages of which nobody knows what they held."""
        return sum(gap.counts().get(-1, 0) for gap in self.gaps)

    @property
    def missing(self) -> int:
        """All messages that are missing now."""
        return sum(gap.last - gap.first + 1 for gap in self.gaps)

    @property
    def placed(self) -> bool:
        """Whether it is known which shape comes when."""
        return self.stride > 0 and self.steady >= self.stride

    def plain(self) -> dict[str, Any]:
        """As JSON or MessagePack can hold it."""
        facts = {
            name: getattr(self, name) for name in ("high", "raw", "wrap", "newest", "lives", "born", "stride", "steady")
        }
        gaps = [[g.first, g.last, g.stride, list(g.slots.items())] for g in self.gaps]
        return facts | {"gaps": gaps, "last": list(self.last.items())}

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> "Numbers":
        """The inverse of `plain`."""
        rest = {key: value for key, value in said.items() if key not in ("gaps", "last")}
        gaps = [Gap(first, last, stride, dict(slots)) for first, last, stride, slots in said["gaps"]]
        return cls(**rest, gaps=gaps, last=dict(said["last"]))

    def _anew(self, raw: int, ahead: int, fresh: bool) -> Look | None:
        """A smaller number on a newer message: the counter has come round, or the source was started again.

        On a message of the same moment it can only have come round, from its very end.
        """
        if self.wrap and fresh:
            return Look(Step.NEW, self.high + ahead + self.wrap, ahead + self.wrap - 1, self.wrap)
        for wrap in () if self.wrap else WRAPS:
            skipped = wrap - self.raw + raw - 1
            if self.raw < wrap and skipped <= wrap // 8:
                return Look(Step.NEW, self.high + skipped + 1, skipped, wrap)
        return Look(Step.REBORN, self.high + 1) if fresh else None

    def _advance(self, look: Look, shape: int) -> dict[int, int]:
        changed: dict[int, int] = {}
        if look.skipped:
            gap = Gap(look.number - look.skipped, look.number - 1, *self._pattern())
            self.gaps = [*self.gaps[1 - GAPS :], gap]
            changed = gap.counts()
        was = self.placed
        self._learn(look.number, shape)
        if self.placed and not was:
            for key, count in self._placed_now().items():
                changed[key] = changed.get(key, 0) + count
        return changed

    def _learn(self, number: int, shape: int) -> None:
        before = self.last.get(shape)
        self.last[shape] = number
        if before is None:
            self.steady = 0
        elif self.stride and (number - before) % self.stride == 0:
            self.steady += 1
        else:
            self.stride, self.steady = number - before, 0

    def _pattern(self) -> tuple[int, dict[int, int]]:
        """Which shape comes when: a stride, and the shape by `number % stride`; two in one place are told as none."""
        if not self.placed:
            return 0, {}
        slots: dict[int, int] = {}
        for shape, number in self.last.items():
            slots[number % self.stride] = -1 if number % self.stride in slots else shape
        return self.stride, slots

    def _placed_now(self) -> dict[int, int]:
        """Gaps of this life from before it was known which shape comes when."""
        changed: dict[int, int] = {}
        for gap in self.gaps:
            if gap.stride or gap.first < self.born:
                continue
            gap.stride, gap.slots = self._pattern()
            for shape, count in gap.counts().items():
                changed[shape] = changed.get(shape, 0) + count
            changed[-1] = changed.get(-1, 0) - (gap.last - gap.first + 1)
        return changed

    def _gap(self, number: int) -> int:
        """Place of the gap that holds a number, -1 if none does."""
        place = bisect_right(self.gaps, number, key=lambda gap: gap.first) - 1
        return place if place >= 0 and number <= self.gaps[place].last else -1

    def _fill(self, number: int) -> dict[int, int]:
        place = self._gap(number)
        gap = self.gaps[place]
        parts = [Gap(gap.first, number - 1, gap.stride, gap.slots), Gap(number + 1, gap.last, gap.stride, gap.slots)]
        self.gaps[place : place + 1] = [part for part in parts if part.first <= part.last]
        return {gap.shape(number): -1}
