"""A packet after judgement: columns by number of the tag, each reading with what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from diapason.engines.intake.numbers import Look
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Moment

__all__ = ["DROPPED", "REJECTED", "Fate", "Judged"]


class Fate(IntEnum):
    """What becomes of a reading; from `UNTIMED` on it is rejected, and kept aside with that reason."""

    STORED = 0
    AGAIN = 1  # it is there already: a transport repeated it
    UNTIMED = 2
    AHEAD = 3
    UNMEASURED = 4
    CHANGED = 5
    CONTRADICTS = 6
    OLD = 7
    UNREADABLE = 8


REJECTED: Mapping[Fate, tuple[str, Text]] = {
    Fate.UNTIMED: ("time", Text("it has no time", "没有时间戳")),
    Fate.AHEAD: ("future", Text("its time lies in the future", "时间戳在未来")),
    Fate.UNMEASURED: ("finite", Text("it is no finite number, and the source calls it good", "不是有限数，却标为正常")),
    Fate.CHANGED: ("type", Text("its type is another one than the tag's", "类型与位号不符")),
    Fate.CONTRADICTS: ("moment", Text("another value of this moment is stored", "该时刻已存有另一个值")),
    Fate.UNREADABLE: ("unreadable", Text("the line could not make a reading of it", "无法解读为读数")),
    Fate.OLD: ("old", Text("it is so old that nobody can tell whether it is stored", "过旧，无法判断是否已入库")),
}
"""Reasons, with a word for rules and a sentence for people."""

DROPPED: tuple[tuple[str, Text], ...] = (
    ("gap", Text("missing in the source's numbers", "来源编号中断")),
    ("overflow", Text("the source or the line had to let go", "来源或线路缓冲溢出")),
    ("poll", Text("a reading that was due did not come", "到期未读到")),
)
"""Ways of being lost, in the order of `Intake`'s columns."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What came in one packet; arrays have the shape (n,)."""

    index: NDArray[np.int64]  # number of the tag
    values: NDArray[np.float64]
    at: NDArray[np.int64]  # Moment
    trust: NDArray[np.uint8]
    fate: NDArray[np.uint8]  # Fate
    received: Moment
    look: Look
    newest: Moment  # the newest time in it that can be one, 0 if none can
    sequence: int = -1
    source: str = ""
    asset: str = ""
    texts: Mapping[int, str] = field(default_factory=dict)  # by position
    lost: Mapping[int, int] = field(default_factory=dict)  # by number of the tag
    why: Mapping[int, Text] = field(default_factory=dict)  # the connector's own words, by position
    unread: tuple[tuple[str, str, Text], ...] = ()  # what belongs to no tag of ours: where it came, what it was, why
    unique: bool = False  # no tag stands twice

    def __len__(self) -> int:
        return len(self.index)
