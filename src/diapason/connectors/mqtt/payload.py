"""Payloads of Sparkplug B, read and written in full; data messages of numbers alone are read by `_wire.metrics`.

Source: Eclipse Sparkplug 3.0 (ISO/IEC 20237:2023), chapter 6.4: fields of the Protocol Buffers schema and data types.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["NUMBERS", "TYPES", "Metric", "Payload", "decoded", "encoded", "metric_bytes", "number_of", "payload_bytes"]

Value = float | int | bool | str | bytes | None

TYPES = (
    "Unknown", "Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64", "Float", "Double", "Boolean",
    "String", "DateTime", "Text", "UUID", "DataSet", "Bytes", "File", "Template", "PropertySet", "PropertySetList",
)  # fmt: skip
"""Names of the data types by number."""

NUMBERS = frozenset(range(1, 12))
"""Types that are numbers or switches."""

_SIGNED = {1: 8, 2: 16, 3: 32, 4: 64}
_TEXTS = frozenset((12, 14, 15))
_FIELDS = {10: 0, 11: 0, 12: 5, 13: 1, 14: 0, 15: 2, 16: 2, 17: 2, 18: 2}
_KINDS = {9: 2, 8: 2, 1: 2, 2: 0, 3: 0, 4: 0, 5: 0, 6: 0, 7: 0} | _FIELDS


@dataclass(slots=True)
class Metric:
    """One metric of a message."""

    name: str = ""
    alias: int | None = None
    at: int | None = None  # ms
    type: int = 0  # 0 = not said
    historical: bool = False
    null: bool = False
    value: Value = None
    place: int = 0  # field of the schema, 10 to 18; 0 = none
    properties: Mapping[str, Value] = field(default_factory=dict)


@dataclass(slots=True)
class Payload:
    """One message."""

    at: int | None = None  # ms
    sequence: int | None = None
    metrics: list[Metric] = field(default_factory=list)


def decoded(payload: bytes) -> Payload:
    """Read a message.

    Raises:
        ValueError: it is cut short or something else.
    """
    made = Payload()
    for number, wire, value in _fields(payload):
        if number == 2:
            made.metrics.append(_metric(_bytes(wire, value)))
        elif number == 1:
            made.at = _int(wire, value)
        elif number == 3:
            made.sequence = _int(wire, value)
    return made


def number_of(metric: Metric, declared: int) -> float | None:
    """The value as a float by its type, or by the one that was declared; None = it is not of that type.

    >>> number_of(Metric(value=4294967295, place=10), 3)
    -1.0
    """
    kind = metric.type or declared
    value = metric.value
    if not isinstance(value, (int, float)) or (kind not in NUMBERS and kind != 13):
        return None
    if kind in _SIGNED and metric.place in (10, 11):
        width = 32 if metric.place == 10 else 64
        value = int(value) & (1 << width) - 1
        value = value - (1 << width) if value >> (width - 1) else value
    return float(value)


def encoded(metrics: Iterable[bytes], *, at: int, sequence: int | None) -> bytes:
    """A message of metrics that are written already; `at` in ms."""
    parts = [b"\x08", _varint(at)]
    for one in metrics:
        parts += (b"\x12", _varint(len(one)), one)
    if sequence is not None:
        parts += (b"\x18", _varint(sequence))
    return b"".join(parts)


def payload_bytes(payload: Payload) -> bytes:
    """A whole message."""
    return encoded(map(metric_bytes, payload.metrics), at=payload.at or 0, sequence=payload.sequence)


def metric_bytes(metric: Metric) -> bytes:
    """One metric, written."""
    parts: list[bytes] = []
    if metric.name:
        parts += _blob(1, metric.name.encode())
    if metric.alias is not None:
        parts += (b"\x10", _varint(metric.alias))
    if metric.at is not None:
        parts += (b"\x18", _varint(metric.at))
    if metric.type:
        parts += (b"\x20", _varint(metric.type))
    parts += (b"\x28\x01",) if metric.historical else ()
    parts += (b"\x38\x01",) if metric.null else ()
    if metric.properties:
        parts += _blob(9, _properties(metric.properties))
    parts += () if metric.null else _value(metric.type, metric.value)
    return b"".join(parts)


def _value(kind: int, value: Value) -> Sequence[bytes]:
    """Field of the value by type."""
    if value is None:
        return ()
    if kind == 9:
        return (b"\x65", struct.pack("<f", value))
    if kind == 10:
        return (b"\x69", struct.pack("<d", value))
    if kind == 11:
        return (b"\x70", b"\x01" if value else b"\x00")
    if kind in _TEXTS:
        return _blob(15, str(value).encode())
    if kind in (16, 17, 18, 19):
        return _blob({16: 17, 19: 18}.get(kind, 16), value if isinstance(value, bytes) else b"")
    wide = kind in (4, 8, 13)
    return (b"\x58" if wide else b"\x50", _varint(int(value) & (1 << (64 if wide else 32)) - 1))


def _properties(properties: Mapping[str, Value]) -> bytes:
    """Keys and values of a property set: texts, switches, whole numbers, numbers."""
    made: list[bytes] = []
    for key in properties:
        made += _blob(1, key.encode())
    for value in properties.values():
        if isinstance(value, str):
            one = b"\x08\x0c" + b"".join(_blob(8, value.encode()))
        elif isinstance(value, bool):
            one = b"\x08\x0b\x38" + (b"\x01" if value else b"\x00")
        elif isinstance(value, int):
            one = b"\x08\x03\x18" + _varint(value & 0xFFFFFFFF)
        else:
            one = b"\x08\x0a\x31" + struct.pack("<d", value)
        made += _blob(2, one)
    return b"".join(made)


def _blob(number: int, body: bytes) -> tuple[bytes, bytes, bytes]:
    return _varint(number << 3 | 2), _varint(len(body)), body


def _varint(n: int) -> bytes:
    made = bytearray()
    while n > 127:
        made.append(n & 127 | 128)
        n >>= 7
    made.append(n)
    return bytes(made)


def _fields(data: bytes) -> Iterable[tuple[int, int, int | bytes]]:
    """Number, wire type and raw value of each field."""
    at, end = 0, len(data)
    while at < end:
        key, at = _read_varint(data, at)
        number, wire = key >> 3, key & 7
        if not number or wire in (3, 4, 6, 7):
            raise ValueError("no message of Sparkplug B: a field that can't be")
        if wire == 0:
            value, at = _read_varint(data, at)
            yield number, wire, value
            continue
        size, at = _read_varint(data, at) if wire == 2 else (8 if wire == 1 else 4, at)
        if at + size > end:
            raise ValueError("no message of Sparkplug B: it is cut short")
        yield number, wire, data[at : at + size]
        at += size


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise ValueError("no message of Sparkplug B: it is cut short")
        one = data[at]
        at += 1
        value |= (one & 127) << shift
        if one < 128:
            if value >> 64:
                break
            return value, at
    raise ValueError("no message of Sparkplug B: a number that is too long")


def _metric(data: bytes) -> Metric:
    made = Metric()
    for number, wire, value in _fields(data):
        if number in _KINDS and _KINDS[number] != wire:
            raise ValueError("no message of Sparkplug B: a field of another kind")
        if number in _FIELDS:
            made.place, made.value = number, _scalar(number, value)
        elif number == 1:
            made.name = _bytes(wire, value).decode()
        elif number == 9:
            made.properties = _property_set(_bytes(wire, value))
        elif number in _PLAIN:
            setattr(made, _PLAIN[number], bool(value) if number in (5, 7) else value)
    made.null = made.null or not made.place
    return made


_PLAIN = {2: "alias", 3: "at", 4: "type", 5: "historical", 7: "null"}


def _scalar(number: int, value: int | bytes) -> Value:
    """A value by its field; sets of data and templates stay bytes."""
    if isinstance(value, int):
        return bool(value) if number == 14 else value & 0xFFFFFFFF if number == 10 else value
    if number in (12, 13):
        unpacked: tuple[float] = struct.unpack("<f" if number == 12 else "<d", value)
        return unpacked[0]
    return value.decode() if number == 15 else value


def _property_set(data: bytes) -> dict[str, Value]:
    keys: list[str] = []
    values: list[Value] = []
    for number, wire, value in _fields(data):
        if number == 1:
            keys.append(_bytes(wire, value).decode())
        elif number == 2:
            values.append(_property(_bytes(wire, value)))
    if len(keys) != len(values):
        raise ValueError("no message of Sparkplug B: properties without values")
    return dict(zip(keys, values, strict=True))


_PROPERTY = {3: 0, 4: 0, 5: 5, 6: 1, 7: 0, 8: 2}


def _property(data: bytes) -> Value:
    kind, found = 0, None
    for number, wire, value in _fields(data):
        if number == 1:
            kind = _int(wire, value)
        elif number in _PROPERTY:
            if _PROPERTY[number] != wire:
                raise ValueError("no message of Sparkplug B: a property of another kind")
            found = _scalar({3: 10, 4: 11, 5: 12, 6: 13, 7: 14, 8: 15}[number], value)
    if kind in _SIGNED and isinstance(found, int) and not isinstance(found, bool):
        width = 64 if kind == 4 else 32
        found = found - (1 << width) if found >> (width - 1) & 1 else found
    return found


def _bytes(wire: int, value: int | bytes) -> bytes:
    if wire != 2 or not isinstance(value, bytes):
        raise ValueError("no message of Sparkplug B: a field of another kind")
    return value


def _int(wire: int, value: int | bytes) -> int:
    if wire != 0 or not isinstance(value, int):
        raise ValueError("no message of Sparkplug B: a field of another kind")
    return value
