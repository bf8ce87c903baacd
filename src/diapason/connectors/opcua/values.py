"""From values of OPC UA to readings: number or text, time, trust, and what the server says it has lost."""

from dataclasses import dataclass
from datetime import UTC, datetime
from math import nan
from typing import Any

from asyncua import ua

from diapason.vocabulary.line import Kind, Moment, Seen

__all__ = ["Taken", "data_kind", "moment", "now", "taken"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_OVERFLOW = 0x480  # InfoType "DataValue" and Overflow: Part 4, 7.39
_TRUST = (Seen.GOOD, Seen.DOUBTFUL, Seen.BAD, Seen.BAD)  # by the two top bits of the status
_LONGEST = 200  # characters of a text that is no text by its type

_KINDS = {
    ua.ObjectIds.Boolean: Kind.SWITCH,
    **dict.fromkeys((ua.ObjectIds.Float, ua.ObjectIds.Double, ua.ObjectIds.Number), Kind.NUMBER),
    **dict.fromkeys(
        (
            ua.ObjectIds.SByte,
            ua.ObjectIds.Byte,
            ua.ObjectIds.Int16,
            ua.ObjectIds.UInt16,
            ua.ObjectIds.Int32,
            ua.ObjectIds.UInt32,
            ua.ObjectIds.Int64,
            ua.ObjectIds.UInt64,
            ua.ObjectIds.Integer,
            ua.ObjectIds.UInteger,
        ),
        Kind.WHOLE,
    ),
}


@dataclass(frozen=True, slots=True)
class Taken:
    """One reading."""

    value: float
    at: Moment
    trust: int  # Seen
    text: str | None = None
    lost: int = 0


def now() -> Moment:
    """Our clock."""
    return moment(datetime.now(UTC))


def moment(said: datetime) -> Moment:
    """Microseconds since 1970 of a time of OPC UA, which is UTC even where it does not say so."""
    gap = (said if said.tzinfo else said.replace(tzinfo=UTC)) - _EPOCH
    return (gap.days * 86_400 + gap.seconds) * 1_000_000 + gap.microseconds


def taken(said: ua.DataValue, received: Moment) -> Taken:
    """Read one value; one without a time by its source is doubtful and gets the server's time, else ours."""
    status = said.StatusCode.value if said.StatusCode is not None else 0
    trust: int = _TRUST[status >> 30]
    if said.SourceTimestamp is not None:
        at = moment(said.SourceTimestamp)
    else:
        at = moment(said.ServerTimestamp) if said.ServerTimestamp is not None else received
        trust = max(trust, Seen.DOUBTFUL)
    inner: Any = said.Value.Value if said.Value is not None else None
    lost = 1 if status & _OVERFLOW == _OVERFLOW else 0
    if type(inner) is float:  # nearly always
        return Taken(inner, at, trust, None, lost)
    if isinstance(inner, bool | int | float):
        return Taken(float(inner), at, trust, None, lost)
    if inner is None:
        return Taken(nan, at, Seen.BAD, None, lost)
    if isinstance(inner, str):
        return Taken(nan, at, trust, inner, lost)
    if isinstance(inner, ua.LocalizedText):
        return Taken(nan, at, trust, inner.Text or "", lost)
    return Taken(nan, at, max(trust, Seen.DOUBTFUL), str(inner)[:_LONGEST], lost)


def data_kind(data_type: Any) -> Kind:
    """What the values of a node are, by its data type; types made by the server itself are texts."""
    if isinstance(data_type, ua.NodeId) and data_type.NamespaceIndex == 0:
        return _KINDS.get(data_type.Identifier, Kind.TEXT)
    return Kind.TEXT
