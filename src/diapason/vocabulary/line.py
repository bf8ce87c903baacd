"""Words of the line: what a source offers, what arrives from it, and the account that must close."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diapason.vocabulary.language import Text

__all__ = ["NOTHING", "TRUSTS", "Balance", "Kind", "Moment", "Packet", "Point", "Seen"]

Moment = int
"""Microseconds since 1970-01-01 UTC: readings come by the hundred thousand, a datetime each would cost too much."""


class Kind(StrEnum):
    """What the values of a tag are."""

    NUMBER = "number"
    WHOLE = "whole"  # counts and codes
    SWITCH = "switch"  # on or off, stored as 1.0 and 0.0
    TEXT = "text"


class Seen(IntEnum):
    """Trust of a reading as a number, for arrays; the words are `vocabulary.trust.Trust`."""

    GOOD = 0
    DOUBTFUL = 1  # uncertain, stale, substituted
    BAD = 2  # the source itself says that it is no measurement


TRUSTS = ("good", "doubtful", "bad")
"""The words of `Seen`, by number."""


@dataclass(frozen=True, slots=True)
class Point:
    """A tag as a source offers it."""

    tag: str  # as the plant calls it: "R-101/TIC-201.PV"
    address: str  # as the source finds it: node id, topic and metric, register
    kind: Kind = Kind.NUMBER
    unit: str = ""  # UCUM code; "" = the source does not say
    low: float | None = None  # engineering range
    high: float | None = None
    writable: bool = False
    title: str = ""  # what the source says it is, in its own words
    asset: str = ""  # what it belongs to, "" = not known


NOTHING: Mapping[Any, Any] = MappingProxyType({})
"""What a packet has no entries of; one for all."""


@dataclass(slots=True)  # not frozen: they come by the ten thousand a second, and half of making one was freezing it
class Packet:
    """Readings that arrived together, in columns; all arrays have the shape (n,).

    Values are float64; nan where there is no number: a bad reading, or a text, which stands in `texts` by position.
    A packet without readings is only a number of its source: a message that holds nothing that was asked for.
    """

    asset: str  # "" where the source knows no assets
    tags: tuple[str, ...]  # n names; sources hand out the same tuple again while nothing changes
    values: NDArray[np.float64]
    at: NDArray[np.int64]  # Moment by the source's clock
    trust: NDArray[np.uint8]  # Seen
    received: Moment  # by ours
    sequence: int = -1  # number that the source gave to this message; -1 = it gives none
    source: str = ""  # whose numbers these are: messages of one source are numbered one after another
    texts: Mapping[int, str] = field(default_factory=dict)
    receipt: object = None  # what the connector needs to acknowledge it
    lost: Mapping[str, int] = field(default_factory=dict)  # by tag: readings known to be gone that no number shows
    rejected: Mapping[int, Text] = field(default_factory=dict)  # why a reading can't be used, by position

    def __len__(self) -> int:
        return len(self.tags)


@dataclass(frozen=True, slots=True)
class Balance:
    """The account of one tag: every reading that the source sent is stored, rejected or dropped, each once."""

    tag: str
    sent: int  # by the source's own numbers or counter, where it has any; else as arrived
    stored: int
    rejected: int  # arrived and not usable, kept aside with the reason
    dropped: int  # known to be lost: a gap in the source's numbers, an overflow that it reported
    duplicates: int = 0  # arrived again; not counted as sent
    late: int = 0  # stored, though after readings of a later time
    counted: bool = False  # `sent` comes from the source, not from what arrived

    @property
    def unexplained(self) -> int:
        """Readings that nobody can account for; 0 or the account is broken."""
        return self.sent - self.stored - self.rejected - self.dropped
