"""What edge nodes of Sparkplug announce: devices, their metrics, and how a message of numbers becomes a packet."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from diapason.connectors.mqtt.payload import NUMBERS, TYPES, Metric, Payload, Value
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Kind, Packet, Point, Seen

__all__ = ["ALIASED", "EMPTY", "MORE", "OURS", "TIMED", "Device", "Layout", "Sort", "changed", "device_of", "refusal"]

_TEXTS = frozenset((12, 14, 15))
EMPTY, MORE, TIMED, ALIASED = 2, 4, 8, 16
"""Marks that `_wire.metrics` puts on a metric."""

_SIGNED = frozenset((1, 2, 3))
_FITS = {**dict.fromkeys((*range(1, 9), 13), (1, 2)), 9: (3,), 10: (4,), 11: (5,)}
"""Fields of a value (less 9) that fit a type."""

_KEPT = 64  # packets with other tags each
OURS = ("bdSeq", "Node Control/", "Device Control/", "Node Info/", "Properties/")


@dataclass(frozen=True, slots=True)
class Sort:
    """A metric as it was announced."""

    name: str
    point: Point
    type: int


@dataclass(frozen=True, slots=True)
class Layout:
    """How messages with the same aliases, types and marks become packets; worked out once."""

    tags: tuple[str, ...]
    trust: NDArray[np.uint8]
    empty: NDArray[np.intp]  # positions without a number
    signed: NDArray[np.intp]  # 32 bit, with a sign
    huge: NDArray[np.intp]  # 64 bit, without a sign
    rejected: Mapping[int, Text]
    plain: bool  # every value is as it was sent


@dataclass(slots=True)
class Device:
    """A device (or the edge node itself), born and not yet dead."""

    asset: str
    topic: tuple[str, str, str]  # group, edge node, device ("" = the node itself)
    by_name: dict[str, Sort] = field(default_factory=dict)
    by_alias: dict[int, Sort] = field(default_factory=dict)
    layouts: dict[bytes, Layout] = field(default_factory=dict)
    latest: dict[int, Packet] = field(default_factory=dict)
    names: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)  # so that a tuple comes again as itself
    alive: bool = True

    def remember(self, key: int, packet: Packet) -> None:
        """Keep the latest readings, in a bounded number of packets."""
        self.latest[key] = packet
        if len(self.names) > 4 * _KEPT:
            self.names.clear()
        if len(self.latest) > _KEPT:
            self.latest = {0: _newest(self.latest.values())}

    def sort(self, metric: Metric) -> Sort | None:
        """The announced metric that this one belongs to."""
        if metric.name:
            return self.by_name.get(metric.name)
        return self.by_alias.get(metric.alias) if metric.alias is not None else None

    def laid_out(self, key: bytes) -> Layout:
        """The layout of a message, from the key that `_wire.metrics` gives."""
        found = self.layouts.get(key)
        if found is None:
            if len(self.layouts) > 256:  # a device that leaves out other metrics in every message
                self.layouts.clear()
            n = len(key) // 10
            found = self.layouts[key] = self._layout(
                np.frombuffer(key[: 8 * n], np.int64), key[8 * n : 9 * n], key[9 * n :]
            )
        return found

    def _layout(self, aliases: NDArray[np.int64], types: bytes, marks: bytes) -> Layout:
        sorts = [self.by_alias.get(int(alias)) for alias in aliases]
        tags = tuple(s.point.tag if s else f"{self.asset}/alias {a}" for s, a in zip(sorts, aliases, strict=True))
        rejected, signed, huge = {}, [], []
        for i, sort in enumerate(sorts):
            kind = marks[i] >> 5
            why = _unfit(sort, types[i], kind)
            if why is not None:
                rejected[i] = why
            elif sort is not None and kind == 1 and sort.type in _SIGNED:
                signed.append(i)
            elif sort is not None and kind == 2 and sort.type in (5, 6, 7, 8):
                huge.append(i)
        empty = [i for i in range(len(sorts)) if marks[i] & EMPTY or i in rejected]
        trust = np.zeros(len(sorts), np.uint8)
        trust[empty] = Seen.BAD
        trust.flags.writeable = False  # many packets share it
        a, b, c = (np.array(x, np.intp) for x in (empty, signed, huge))
        return Layout(tags, trust, a, b, c, rejected, plain=not (empty or signed or huge))


def _newest(packets: Iterable[Packet]) -> Packet:
    """The latest reading of each tag, as one packet."""
    best: dict[str, tuple[Packet, int]] = {}
    for packet in packets:
        for i, tag in enumerate(packet.tags):
            if i not in packet.rejected and (tag not in best or packet.at[i] >= best[tag][0].at[best[tag][1]]):
                best[tag] = (packet, i)
    values, at, trust = (
        np.array([getattr(p, name)[i] for p, i in best.values()]) for name in ("values", "at", "trust")
    )
    texts = {k: p.texts[i] for k, (p, i) in enumerate(best.values()) if i in p.texts}
    return Packet("", tuple(best), values, at, trust, 0, texts=texts)


def device_of(
    payload: Payload, topic: tuple[str, str, str], asset: str, called: Callable[[str], str] | None = None
) -> Device:
    """A device from its birth; `called` gives the tag of a metric, ASSET/METRIC without it."""
    made = Device(asset, topic)
    for metric in payload.metrics:
        if not metric.name or metric.name.startswith(OURS):
            continue
        tag = called(metric.name) if called else f"{asset}/{metric.name}"
        sort = Sort(metric.name, _point(metric, asset, topic, tag), metric.type)
        made.by_name[metric.name] = sort
        if metric.alias is not None:
            made.by_alias[metric.alias] = sort
    return made


def refusal(kind: int) -> Text | None:
    """Why a type of metric is not taken; None = it is."""
    if kind in NUMBERS or kind in _TEXTS or kind == 13:
        return None
    name = TYPES[kind] if kind < len(TYPES) else str(kind)
    return Text(
        f"a {name} is no reading; only numbers, switches and texts are taken",
        f"{name} 不是读数；只接收数值、开关量和文本",
    )


def changed(sort: Sort, kind: int) -> Text:
    """Why a metric of another type than announced is not taken."""
    was, now = (TYPES[k] if k < len(TYPES) else str(k) for k in (sort.type, kind))
    return Text(f"it was announced as {was} and came as {now}", f"声明为 {was}，收到的却是 {now}")


def _unfit(sort: Sort | None, kind: int, wire: int) -> Text | None:
    if sort is None:
        return Text("the alias was never announced", "该别名从未声明")
    if kind not in (0, sort.type):
        return changed(sort, kind)
    if (why := refusal(sort.type)) is not None:
        return why
    if wire and wire not in _FITS.get(sort.type, ()):
        words = ("nothing", "a whole number", "a long number", "a Float", "a Double", "a Boolean")[wire]
        return Text(
            f"it was announced as {TYPES[sort.type]} and holds {words}", f"声明为 {TYPES[sort.type]}，内容类型不符"
        )
    return None


def _point(metric: Metric, asset: str, topic: tuple[str, str, str], tag: str) -> Point:
    said = metric.properties
    kind = Kind.SWITCH if metric.type == 11 else Kind.TEXT if metric.type in _TEXTS else Kind.NUMBER
    kind = Kind.WHOLE if metric.type in (*range(1, 9), 13) else kind
    return Point(
        tag=tag,
        address="/".join((*filter(None, topic), metric.name)),
        kind=kind,
        unit=str(said.get("engUnit") or said.get("Engineering Units") or ""),
        low=_limit(said, "engLow", "Engineering Low Limit"),
        high=_limit(said, "engHigh", "Engineering High Limit"),
        writable=bool(said.get("writable", False)) or said.get("readOnly") is False,
        title=str(said.get("documentation") or said.get("description") or ""),
        asset=asset,
    )


def _limit(said: Mapping[str, Value], *names: str) -> float | None:
    for name in names:
        value = said.get(name)
        if isinstance(value, (int, float)):
            return float(value)
    return None
