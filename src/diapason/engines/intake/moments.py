"""Which moments of which tag are there already: exact for the newest of each, and honest about where it ends."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Found", "Moments"]

LEAST = -(1 << 62)
"""Before every moment."""
KEPT = 64
"""Moments of each tag that are kept over a restart."""
CELLS = 2_000_000
"""Moments in memory, of all tags together; 16 bytes each."""

Index = NDArray[np.int64]


class Found(IntEnum):
    """What is known of a reading's moment."""

    NEW = 0
    SAME = 1  # it is there, with this value
    OTHER = 2  # it is there, with another value
    OLD = 3  # older than memory reaches


class Moments:
    """The newest moments of each tag, in rings; memory grows with tags, not with time."""

    def __init__(self, tags: int, *, depth: int = 0) -> None:
        self.depth = depth or int(min(4096, max(KEPT, CELLS // max(tags, 1))))
        self.at: Index = np.full((tags, self.depth), LEAST)
        self.value = np.full((tags, self.depth), np.nan)
        self.place: Index = np.zeros(tags, np.int64)
        self.last: Index = np.full(tags, LEAST)  # newest moment of each tag
        self.floor: Index = np.full(tags, LEAST)  # up to here, absence proves nothing

    def grow(self, tags: int) -> None:
        """Make room for more tags."""
        more = tags - len(self.last)
        if more > 0:
            self.at = np.vstack([self.at, np.full((more, self.depth), LEAST)])
            self.value = np.vstack([self.value, np.full((more, self.depth), np.nan)])
            self.place = np.concatenate([self.place, np.zeros(more, np.int64)])
            self.last, self.floor = (np.concatenate([a, np.full(more, LEAST)]) for a in (self.last, self.floor))

    def look(self, index: Index, at: Index, value: NDArray[np.float64], *, unique: bool) -> NDArray[np.uint8]:
        """Whether each reading is there already.

        Args:
            index: shape (n,), number of the tag.
            at: shape (n,), its moment.
            value: shape (n,), to tell a repetition from a contradiction.
            unique: no tag stands twice.

        Returns:
            Shape (n,), a `Found` each.
        """
        found = np.zeros(len(index), np.uint8)
        late = np.flatnonzero(at <= self.last[index])
        if len(late):
            found[late] = self._late(index[late], at[late], value[late])
        if not unique and len(index) > 1:
            self._within(index, at, value, found)
        return found

    def take(self, index: Index, at: Index, value: NDArray[np.float64], *, unique: bool) -> None:
        """Remember these; each is new."""
        if not len(index):
            return
        if unique:
            self._take_once(index, at, value)
            return
        index, at, value = self._ordered(index, at, value)
        slot = (self.place[index] + _rank(index)) % self.depth
        np.maximum.at(self.floor, index, self.at[index, slot])
        self.at[index, slot], self.value[index, slot] = at, value
        np.add.at(self.place, index, 1)
        np.maximum.at(self.last, index, at)

    def _take_once(self, index: Index, at: Index, value: NDArray[np.float64]) -> None:
        place = self.place[index]
        slot = place % self.depth
        self.floor[index] = np.maximum(self.floor[index], self.at[index, slot])
        self.at[index, slot], self.value[index, slot] = at, value
        self.place[index] = place + 1
        self.last[index] = np.maximum(self.last[index], at)

    def forget_before(self, index: int, at: int) -> None:
        """Of moments up to this one nothing is known here: they were stored by somebody else."""
        self.floor[index] = max(int(self.floor[index]), at)
        self.last[index] = max(int(self.last[index]), at)

    def plain(self) -> dict[str, Any]:
        """The newest few of each tag, as bytes."""
        tags = len(self.last)
        back = (self.place[:, None] - 1 - np.arange(min(KEPT, self.depth))) % self.depth
        rows = np.arange(tags)[:, None]
        rest = self.at.copy()
        rest[rows, back] = LEAST
        floor = np.maximum(self.floor, rest.max(axis=1, initial=LEAST))
        arrays = {"at": self.at[rows, back], "value": self.value[rows, back], "last": self.last, "floor": floor}
        return {name: array.tobytes() for name, array in arrays.items()}

    @classmethod
    def read(cls, said: Mapping[str, Any], *, depth: int = 0) -> "Moments":
        """The inverse of `plain`, less what was left out of it."""
        last = np.frombuffer(said["last"], np.int64)
        made = cls(len(last), depth=depth)
        at = np.frombuffer(said["at"], np.int64).reshape(len(last), -1)[:, ::-1]
        kept = at.shape[1]
        made.at[:, :kept] = at
        made.value[:, :kept] = np.frombuffer(said["value"], np.float64).reshape(len(last), kept)[:, ::-1]
        made.place += kept
        made.last, made.floor = last.copy(), np.frombuffer(said["floor"], np.int64).copy()
        return made

    def _late(self, index: Index, at: Index, value: NDArray[np.float64]) -> NDArray[np.uint8]:
        hit = self.at[index] == at[:, None]
        there = hit.any(axis=1)
        kept = self.value[index, hit.argmax(axis=1)]
        same = (kept == value) | (np.isnan(kept) & np.isnan(value))
        absent = np.where(at <= self.floor[index], Found.OLD, Found.NEW)
        return np.where(there, np.where(same, Found.SAME, Found.OTHER), absent).astype(np.uint8)

    def _within(self, index: Index, at: Index, value: NDArray[np.float64], found: NDArray[np.uint8]) -> None:
        """Readings of one packet that repeat each other: the first counts."""
        order = np.lexsort((np.arange(len(at)), at, index))
        i, a, v = index[order], at[order], value[order]
        twice = np.flatnonzero((i[1:] == i[:-1]) & (a[1:] == a[:-1])) + 1
        same = (v[twice] == v[twice - 1]) | (np.isnan(v[twice]) & np.isnan(v[twice - 1]))
        found[order[twice]] = np.where(same, Found.SAME, Found.OTHER)

    def _ordered(self, index: Index, at: Index, value: NDArray[np.float64]) -> tuple[Index, Index, Any]:
        """In the order of tag and time, without those that the ring would forget at once."""
        order = np.lexsort((at, index))
        index, at, value = index[order], at[order], value[order]
        counts = np.bincount(index, minlength=len(self.last))
        over = _rank(index) < counts[index] - self.depth
        if over.any():
            np.maximum.at(self.floor, index[over], at[over])
            np.maximum.at(self.last, index[over], at[over])
            index, at, value = index[~over], at[~over], value[~over]
        return index, at, value


def _rank(index: Index) -> Index:
    """Which of its tag each is, in an order by tag."""
    starts = np.flatnonzero(np.concatenate([[True], index[1:] != index[:-1]]))
    lengths = np.diff(np.concatenate([starts, [len(index)]]))
    return np.arange(len(index)) - np.repeat(starts, lengths)
