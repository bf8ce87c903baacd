"""Packets of MQTT 5, written and read; those that carry data are cut by `_wire`.

Source: OASIS Standard "MQTT Version 5.0", chapters 2 and 3.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

__all__ = [
    "DISCONNECT",
    "PING",
    "Answer",
    "Kind",
    "Will",
    "acknowledgements",
    "answer",
    "connect",
    "granted",
    "publish",
    "subscribe",
]

PING = b"\xc0\x00"
DISCONNECT = b"\xe0\x00"


class Kind:
    """The upper half of the first byte."""

    CONNACK, PUBLISH, PUBACK, SUBACK, PINGRESP, DISCONNECT = 2, 3, 4, 9, 13, 14


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker says for us when we are gone without a word."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """A packet with a reason code: CONNACK, PUBACK, DISCONNECT."""

    reason: int
    present: bool = False  # CONNACK: the broker still knows our session
    id: int = 0  # PUBACK
    said: str = ""  # the broker's own words
    properties: dict[int, int | str | bytes] = field(default_factory=dict)


def connect(
    client: str,
    *,
    user: str | None,
    password: bytes | None,
    will: Will | None,
    keep_alive: int,
    clean: bool,
    expiry: int,
    receive_maximum: int,
    largest: int,
) -> bytes:
    """CONNECT; `expiry` of the session in s, `largest` packet that we take in bytes."""
    flags = (clean << 1) | (0x80 if user is not None else 0) | (0x40 if password is not None else 0)
    flags |= (4 | will.qos << 3 | will.retain << 5) if will else 0
    properties = b"\x11" + expiry.to_bytes(4, "big")
    properties += b"\x21" + receive_maximum.to_bytes(2, "big") + b"\x27" + largest.to_bytes(4, "big")
    body = _text("MQTT") + bytes((5, flags)) + keep_alive.to_bytes(2, "big") + _blob(properties) + _text(client)
    body += b"\x00" + _text(will.topic) + _binary(will.payload) if will else b""
    body += _text(user) if user is not None else b""
    body += _binary(password) if password is not None else b""
    return b"\x10" + _blob(body)


def subscribe(id: int, filters: Sequence[tuple[str, int]]) -> bytes:  # noqa: A002
    """SUBSCRIBE to each filter with its quality of service."""
    body = id.to_bytes(2, "big") + b"\x00" + b"".join(_text(topic) + bytes((qos,)) for topic, qos in filters)
    return b"\x82" + _blob(body)


def publish(topic: str, payload: bytes, *, id: int = 0, retain: bool = False, again: bool = False) -> bytes:  # noqa: A002
    """PUBLISH with QoS 1 where there is an identifier, else QoS 0."""
    number = id.to_bytes(2, "big") if id else b""
    body = b"".join((_text(topic), number, b"\x00", payload))
    return bytes((0x30 | again << 3 | bool(id) << 1 | retain,)) + _blob(body)


def acknowledgements(ids: Sequence[int]) -> bytes:
    """PUBACK for each, in order, in one piece."""
    return b"".join(b"\x40\x02" + id.to_bytes(2, "big") for id in ids)  # noqa: A001


def answer(kind: int, body: bytes) -> Answer:
    """Read CONNACK, PUBACK or DISCONNECT.

    Raises:
        ValueError: it is cut short.
    """
    try:
        if kind == Kind.CONNACK:
            properties = _properties(body, 2)
            return Answer(body[1], present=bool(body[0] & 1), said=_said(properties), properties=properties)
        if kind == Kind.PUBACK:
            properties = _properties(body, 3) if len(body) > 3 else {}
            return Answer(body[2] if len(body) > 2 else 0, id=_short(body, 0), said=_said(properties))
        properties = _properties(body, 1) if len(body) > 1 else {}
        return Answer(body[0] if body else 0, said=_said(properties), properties=properties)
    except IndexError:
        raise ValueError("an answer that is cut short") from None


def granted(body: bytes) -> tuple[int, list[int]]:
    """Identifier and reason codes of a SUBACK.

    Raises:
        ValueError: it is cut short.
    """
    try:
        _, end = _run(body, 2)
        return _short(body, 0), list(body[end:])
    except IndexError:
        raise ValueError("an answer that is cut short") from None


def _said(properties: dict[int, int | str | bytes]) -> str:
    return str(properties.get(0x1F, ""))


def _length(n: int) -> bytes:
    made = bytearray()
    while True:
        n, seven = n >> 7, n & 127
        made.append(seven | (128 if n else 0))
        if not n:
            return bytes(made)


def _blob(body: bytes) -> bytes:
    return _length(len(body)) + body


def _binary(value: bytes) -> bytes:
    return len(value).to_bytes(2, "big") + value


def _text(value: str) -> bytes:
    return _binary(value.encode())


def _short(body: bytes, at: int) -> int:
    return body[at] << 8 | body[at + 1]


def _varint(body: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in (0, 7, 14, 21):
        one = body[at]
        at += 1
        value |= (one & 127) << shift
        if one < 128:
            return value, at
    raise ValueError("a length of more than four bytes")


def _run(body: bytes, at: int) -> tuple[int, int]:
    """Where properties begin and end."""
    n, at = _varint(body, at)
    if at + n > len(body):
        raise ValueError("properties that are cut short")
    return at, at + n


_WIDE = {0x01: 1, 0x17: 1, 0x19: 1, 0x24: 1, 0x25: 1, 0x28: 1, 0x29: 1, 0x2A: 1}
_WIDE |= {0x13: 2, 0x21: 2, 0x22: 2, 0x23: 2, 0x02: 4, 0x11: 4, 0x18: 4, 0x27: 4}
_TEXTS = frozenset((0x03, 0x08, 0x12, 0x15, 0x1A, 0x1C, 0x1F))


def _properties(body: bytes, at: int) -> dict[int, int | str | bytes]:
    """Properties by identifier; of several of one kind the last."""
    found: dict[int, int | str | bytes] = {}
    at, end = _run(body, at)
    while at < end:
        key, at = _varint(body, at)
        if key in _WIDE:
            found[key], at = int.from_bytes(body[at : at + _WIDE[key]], "big"), at + _WIDE[key]
        elif key in _TEXTS:
            n = _short(body, at)
            found[key], at = body[at + 2 : at + 2 + n].decode(errors="replace"), at + 2 + n
        elif key in (0x09, 0x16):
            at += 2 + _short(body, at)
        elif key == 0x26:  # a pair of texts
            at += 2 + _short(body, at)
            at += 2 + _short(body, at)
        elif key == 0x0B:
            _, at = _varint(body, at)
        else:
            raise ValueError(f"property {key}, which MQTT 5 does not know")
    return found
