"""The account per tag: every reading that a source sent is stored, rejected or dropped, each once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from diapason.engines.intake.clock import Clock, ClockStep
from diapason.engines.intake.moments import Found, Moments
from diapason.engines.intake.numbers import Look, Numbers, Step
from diapason.engines.intake.reading import DROPPED, Fate, Judged
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Balance, Kind, Packet, Seen

__all__ = ["AHEAD", "Intake", "Known"]

AHEAD = 60_000_000
"""Microseconds that a source's time may lie in the future."""
ASIDE = 20_000
"""Rejected readings that are remembered, so that one which comes again is not counted twice."""
GAP, OVERFLOW, POLL = range(len(DROPPED))

Known = Callable[[NDArray[np.int64], NDArray[np.int64]], tuple[NDArray[np.bool_], NDArray[np.float64]]]
"""Asked of readings older than memory, by number of the tag and moment: whether each is stored, and its value."""


@dataclass(slots=True)
class _Shape:
    """A set of tags that comes together, found once and recognised by the identity of its tuple."""

    tags: tuple[str, ...]
    index: NDArray[np.int64]
    wanted: NDArray[np.bool_] | None  # None = every tag of it is ours
    unique: bool
    plain: bool  # numbers only


class Intake:
    """Judges packets, and keeps the account; `judge` changes nothing, `take` counts.

    Between the two the caller makes the packet last. After a kill the judged packets are taken again, from the last
    state that was kept; the account is then what it was.

    Args:
        tags: what is recorded; readings of other tags are left out.
        kinds: what the values of each are.
        ahead: microseconds that a time may lie in the future.
        every: microseconds between readings of tags that are polled, 0 = not polled.
        known: asked of readings older than memory; without it they are rejected as too old.
    """

    def __init__(
        self,
        tags: Sequence[str],
        kinds: Sequence[Kind],
        *,
        ahead: int = AHEAD,
        every: Sequence[int] = (),
        known: Known | None = None,
    ) -> None:
        self.tags, self.kinds = tuple(tags), tuple(kinds)
        self.ahead, self.known = ahead, known
        self.place = {tag: i for i, tag in enumerate(self.tags)}
        n = len(self.tags)
        self.every = np.asarray(every or [0] * n, np.int64)
        self.text, self.whole, self.switch = (
            np.array([kind is k for kind in self.kinds], bool) for k in (Kind.TEXT, Kind.WHOLE, Kind.SWITCH)
        )
        self.sent, self.stored, self.again, self.late = (np.zeros(n, np.int64) for _ in range(4))
        self.rejected = np.zeros((n, len(Fate)), np.int64)
        self.dropped = np.zeros((n, len(DROPPED)), np.int64)
        self.counted = np.zeros(n, bool)
        self.unread = 0  # messages and readings of which nobody can say which tag they belong to
        self.moments = Moments(n)
        self.numbers: dict[str, Numbers] = {}
        self.clocks: dict[str, Clock] = {}
        self._aside: dict[tuple[int, int], float] = {}
        self._shapes: dict[int, _Shape] = {}
        self._indexes: list[NDArray[np.int64]] = []
        self._assets: list[str] = []  # of messages without a reading of ours, whose place in the round counts too
        self._by_tags: dict[tuple[bytes, str], int] = {}

    def judge(self, packet: Packet) -> Judged:
        """What becomes of each reading of a packet; nothing is counted yet."""
        shape = self._shape(packet.tags)
        index, mask = shape.index, shape.wanted
        values, at, trust, texts = packet.values, packet.at, packet.trust, packet.texts
        if mask is not None:
            kept = np.flatnonzero(mask)
            values, at, trust = values[kept], at[kept], trust[kept]
            texts = {i: texts[k] for i, k in enumerate(kept.tolist()) if k in texts} if texts else texts
        fate = np.zeros(len(index), np.uint8)
        why: dict[int, Text] = {}
        unread: tuple[tuple[str, str, Text], ...] = ()
        quick = self._quick(shape, packet, values, at)
        if not quick:
            fate = self._unusable(index, values, at, trust, texts, packet.received)
            why, unread = _refused(packet, mask)
            fate[list(why)] = Fate.UNREADABLE
        lost = {self.place[t]: n for t, n in packet.lost.items() if t in self.place}
        fits = at[(at > 0) & (at <= packet.received + self.ahead)]
        newest = int(fits.max()) if len(fits) else 0
        look = self.looked(packet.source, packet.sequence, newest)
        judged = Judged(
            *(index, values, at, trust, fate, packet.received, look, newest),
            *(packet.sequence, packet.source, packet.asset),
            texts=texts,
            lost=lost,
            why=why,
            unread=unread,
            unique=shape.unique,
        )
        if not quick or not shape.unique or (at <= self.moments.last[index]).any():
            self._against_memory(judged)
        return judged

    def looked(self, source: str, sequence: int, newest: int) -> Look:
        """What the number of a message says now; a message that is taken again is looked at again."""
        return self.numbers.get(source, _FRESH).look(sequence, newest)

    def take(self, judged: Judged) -> ClockStep | None:
        """Count a judged packet in; returns a step of the source's clock where one is seen."""
        due = self._number(judged)
        if not judged.fate.any() and judged.unique and not judged.lost and judged.look.step in _SENT:
            self._take_all(judged)
            return self._clock(judged)
        ok, again = judged.fate == Fate.STORED, judged.fate == Fate.AGAIN
        fresh, index = ~again, judged.index
        late = fresh & (judged.at <= self.moments.last[index]) & (judged.at > 0)
        self._missed(judged, ok)
        self._count(judged, fresh, late if due is None else np.full(len(index), due))
        np.add.at(self.stored, index[ok], 1)
        np.add.at(self.again, index[again], 1)
        np.add.at(self.late, index[ok & late], 1)
        bad = fresh & ~ok
        if bad.any():
            np.add.at(self.rejected, (index[bad], judged.fate[bad]), 1)
            self._remember(index[bad], judged.at[bad], _comparable(judged)[bad])
        self.moments.take(index[ok], judged.at[ok], _comparable(judged)[ok], unique=judged.unique)
        self.unread += len(judged.unread)
        for tag, count in judged.lost.items():
            self.sent[tag] += count
            self.dropped[tag, OVERFLOW] += count
        return self._clock(judged)

    def _take_all(self, judged: Judged) -> None:
        """The usual: every reading of a message of its own is stored."""
        index = judged.index
        self.sent[index] += 1
        self.stored[index] += 1
        self.late[index] += judged.at <= self.moments.last[index]
        self.unread += len(judged.unread)
        self.moments.take(index, judged.at, _comparable(judged), unique=True)

    def balances(self) -> tuple[Balance, ...]:
        """The account of every tag, in their order."""
        rejected, dropped = self.rejected.sum(axis=1), self.dropped.sum(axis=1)
        columns = (self.sent, self.stored, rejected, dropped, self.again, self.late)
        rows = zip(self.tags, *(c.tolist() for c in columns), self.counted.tolist(), strict=True)
        return tuple(Balance(*row) for row in rows)

    def plain(self) -> dict[str, Any]:
        """All of it as MessagePack can hold it, with arrays as bytes."""
        arrays = {name: getattr(self, name).tobytes() for name in _ARRAYS}
        return {
            "tags": list(self.tags),
            "unread": self.unread,
            "arrays": arrays,
            "moments": self.moments.plain(),
            "numbers": {source: numbers.plain() for source, numbers in self.numbers.items()},
            "clocks": {source: clock.plain() for source, clock in self.clocks.items()},
            "aside": [[*key, value] for key, value in self._aside.items()],
            "shapes": [[i.tobytes(), asset] for i, asset in zip(self._indexes, self._assets, strict=True)],
        }

    def restore(self, said: Mapping[str, Any]) -> None:
        """Take up what `plain` gave; tags that have come since begin at nothing. Their order must not have changed."""
        n = len(said["tags"])
        for name in _ARRAYS:
            mine = getattr(self, name)
            mine[:n] = np.frombuffer(said["arrays"][name], mine.dtype).reshape(n, *mine.shape[1:])
        self.unread = int(said["unread"])
        self.moments = Moments.read(said["moments"], depth=self.moments.depth)
        self.moments.grow(len(self.tags))
        self.numbers = {source: Numbers.read(numbers) for source, numbers in said["numbers"].items()}
        self.clocks = {source: Clock.read(clock) for source, clock in said["clocks"].items()}
        self._aside = {(tag, at): value for tag, at, value in said["aside"]}
        for data, asset in said["shapes"]:
            self._shape_number(np.frombuffer(data, np.int64), asset)

    def _shape(self, tags: tuple[str, ...]) -> _Shape:
        found = self._shapes.get(id(tags))
        if found is None or found.tags is not tags:
            places = np.array([self.place.get(tag, -1) for tag in tags], np.int64)
            wanted = None if (places >= 0).all() else places >= 0
            index = places if wanted is None else places[wanted]
            unique = len(np.unique(index)) == len(index)
            plain = not (self.text[index] | self.whole[index] | self.switch[index]).any()
            if len(self._shapes) > 10_000:  # a source that never hands out the same tuple
                self._shapes.clear()
            found = self._shapes[id(tags)] = _Shape(tags, index, wanted, unique, bool(plain))
        return found

    def _shape_number(self, index: NDArray[np.int64], asset: str) -> int:
        key = (index.tobytes(), "" if len(index) else asset)
        number = self._by_tags.get(key)
        if number is None:
            number = self._by_tags[key] = len(self._indexes)
            self._indexes.append(index)
            self._assets.append(key[1])
        return number

    def _quick(self, shape: _Shape, packet: Packet, values: NDArray[np.float64], at: NDArray[np.int64]) -> bool:
        """Whether nothing is wrong with any reading of it, as nearly always."""
        if not shape.plain or packet.texts or packet.rejected:
            return False
        fits = np.isfinite(values).all() and (
            not len(at) or (at.min() > 0 and at.max() <= packet.received + self.ahead)
        )
        return bool(fits)

    def _unusable(
        self,
        index: NDArray[np.int64],
        values: NDArray[np.float64],
        at: NDArray[np.int64],
        trust: NDArray[np.uint8],
        texts: Mapping[int, str],
        received: int,
    ) -> NDArray[np.uint8]:
        """Fate of what no dataset can take, whatever is in it already."""
        fate = np.zeros(len(index), np.uint8)
        told = np.zeros(len(index), bool)
        told[list(texts)] = True
        finite, bad = np.isfinite(values), trust == Seen.BAD
        text = self.text[index]
        fate[~finite & ~bad & ~told] = Fate.UNMEASURED
        fate[(told & ~text) | (text & ~told & finite)] = Fate.CHANGED
        whole, switch = self.whole[index] & finite, self.switch[index] & finite
        if whole.any():
            fate[whole & (values != np.floor(values))] = Fate.CHANGED
        if switch.any():
            fate[switch & (values != 0) & (values != 1)] = Fate.CHANGED
        fate[at > received + self.ahead] = Fate.AHEAD
        fate[at <= 0] = Fate.UNTIMED
        return fate

    def _against_memory(self, judged: Judged) -> None:
        """Repetitions, contradictions, and what is too old to tell; sets `fate` of those."""
        ok = np.flatnonzero(judged.fate == Fate.STORED)
        index, at, value = judged.index[ok], judged.at[ok], _comparable(judged)[ok]
        found = self.moments.look(index, at, value, unique=judged.unique)
        if (found == Found.OLD).any():
            self._ask(index, at, value, found)
        judged.fate[ok] = _FATES[found]
        if self._aside:
            values = _comparable(judged)
            for i in np.flatnonzero((judged.fate > Fate.AGAIN) & (judged.at > 0)).tolist():
                kept = self._aside.get((int(judged.index[i]), int(judged.at[i])))
                if kept is not None and (kept == values[i] or (isnan(kept) and isnan(values[i]))):
                    judged.fate[i] = Fate.AGAIN
        if judged.look.step is Step.AGAIN:
            judged.fate[judged.fate == Fate.UNTIMED] = Fate.AGAIN

    def _ask(
        self, index: NDArray[np.int64], at: NDArray[np.int64], value: NDArray[np.float64], found: NDArray[np.uint8]
    ) -> None:
        if self.known is None:
            return
        old = np.flatnonzero(found == Found.OLD)
        there, kept = self.known(index[old], at[old])
        same = (kept == value[old]) | (np.isnan(kept) & np.isnan(value[old]))
        found[old] = np.where(there, np.where(same, Found.SAME, Found.OTHER), Found.NEW)

    def _number(self, judged: Judged) -> bool | None:
        """Follow the source's numbers: what is missing is dropped, until it comes.

        Returns:
            Whether the readings of this message were counted as sent when it was missed; None where numbers do not say.
        """
        if judged.sequence < 0:
            return None
        numbers = self.numbers.setdefault(judged.source, Numbers())
        shape = self._shape_number(judged.index, judged.asset)
        changed = numbers.take(judged.look, judged.sequence, judged.newest, shape)
        filled = judged.look.step is Step.FILLED
        due = filled and shape in changed
        for key, count in changed.items():
            if key >= 0 and not due:
                self.dropped[self._indexes[key], GAP] += count
                self.sent[self._indexes[key]] += count
        self.counted[judged.index] = numbers.placed and not numbers.unplaced
        return None if judged.look.step is Step.AGAIN else due

    def _missed(self, judged: Judged, ok: NDArray[np.bool_]) -> None:
        """Polls that were due between the last reading of a tag and this one."""
        if judged.sequence >= 0 or not self.every[judged.index].any():
            return
        index, at = judged.index[ok], judged.at[ok]
        every, last = self.every[index], self.moments.last[index]
        due = np.flatnonzero((every > 0) & (last > 0) & (at > last))
        missed = np.maximum(np.rint((at[due] - last[due]) / every[due]).astype(np.int64) - 1, 0)
        np.add.at(self.sent, index[due], missed)
        np.add.at(self.dropped[:, POLL], index[due], missed)
        self.counted[index] = self.every[index] > 0

    def _count(self, judged: Judged, fresh: NDArray[np.bool_], due: NDArray[np.bool_]) -> None:
        """Sent: each reading that came for the first time, unless it was counted as sent when it was missed."""
        due = fresh & due
        np.add.at(self.sent, judged.index[fresh & ~due], 1)
        for tag in judged.index[due].tolist():
            held = np.flatnonzero(self.dropped[tag] > 0)
            if len(held):
                self.dropped[tag, held[0]] -= 1
            else:
                self.sent[tag] += 1

    def _remember(self, index: NDArray[np.int64], at: NDArray[np.int64], values: NDArray[np.float64]) -> None:
        for tag, moment, value in zip(index.tolist(), at.tolist(), values.tolist(), strict=True):
            self._aside[tag, moment] = value
        while len(self._aside) > ASIDE:
            del self._aside[next(iter(self._aside))]

    def _clock(self, judged: Judged) -> ClockStep | None:
        pages = not judged.unique and judged.sequence < 0  # of history: they say nothing of the clock
        live = judged.look.step in (Step.NONE, Step.NEW, Step.REBORN) and not pages
        times = judged.at[(judged.at > 0) & (judged.fate != Fate.AGAIN)]
        if not live or not len(times):
            return None
        return self.clocks.setdefault(judged.source or judged.asset, Clock()).take(judged.received, int(times.max()))


_ARRAYS = ("sent", "stored", "again", "late", "rejected", "dropped", "counted")
_FRESH = Numbers()
_SENT = (Step.NEW, Step.REBORN)  # messages of which each reading is sent now
_FATES = np.array([Fate.STORED, Fate.AGAIN, Fate.CONTRADICTS, Fate.OLD], np.uint8)


def _refused(
    packet: Packet, mask: NDArray[np.bool_] | None
) -> tuple[dict[int, Text], tuple[tuple[str, str, Text], ...]]:
    """What the connector could not use: by position among our tags; and of what is none of our tags, name and text."""
    if not packet.rejected:
        return {}, ()
    if mask is None:
        return dict(packet.rejected), ()
    place = np.cumsum(mask) - 1
    ours = {int(place[i]): why for i, why in packet.rejected.items() if mask[i]}
    rest = [(packet.tags[i], packet.texts.get(i, ""), why) for i, why in packet.rejected.items() if not mask[i]]
    return ours, tuple(rest)


def _comparable(judged: Judged) -> NDArray[np.float64]:
    """Values by which repetitions are told: a text by its checksum."""
    if not judged.texts:
        return judged.values
    values = judged.values.copy()
    for i, text in judged.texts.items():
        values[i] = crc32(text.encode())
    return values
