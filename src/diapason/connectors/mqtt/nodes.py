"""Edge nodes of Sparkplug as a listener follows them: births, deaths, numbers of messages, and what came too early."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import isnan, nan

import numpy as np
from numpy.typing import NDArray

from diapason.connectors.mqtt._wire import metrics
from diapason.connectors.mqtt.births import ALIASED, MORE, OURS, Device, Layout, Sort, changed, device_of, refusal
from diapason.connectors.mqtt.payload import Metric, Payload, decoded, number_of
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import NOTHING, Kind, Moment, Packet, Point, Seen

__all__ = ["Arrived", "Nodes", "unusable"]

_PATIENCE = 60_000_000  # µs that they wait


@dataclass(slots=True)
class Arrived:
    """A message on its way."""

    topic: str
    payload: bytes
    received: Moment
    receipt: tuple[int, int] | None
    again: bool = False  # the broker says that it sent this before
    kept: bool = False  # it waits for a birth, or stands behind what does
    sequence: int = -1


@dataclass(slots=True)
class _Node:
    topic: tuple[str, str]
    online: bool = False
    incarnation: int | None = None  # bdSeq
    last: int = -1  # as sent, 0..255
    count: int = -1  # counted on
    seen: dict[int, int] = field(default_factory=dict)  # time (ms) of the message of each number
    early: deque[Arrived | Packet] = field(default_factory=deque)
    started: Moment = 0
    source: str = ""

    def __post_init__(self) -> None:
        self.source = "/".join(self.topic)


class Nodes:
    """Turns messages into packets; `rebirth` is called with (group, node) when one has to announce itself."""

    def __init__(
        self, rebirth: Callable[[str, str], None], *, numbered: bool = True, early: int = 4000, names: str = "asset"
    ) -> None:
        self._rebirth = rebirth
        self._numbered = numbered
        self._names = names  # of tags: "asset", "metric" or "path"
        self._tags: dict[str, str] = {}  # whose each tag is
        self._early = early  # messages of one node that wait for its birth
        self._nodes: dict[tuple[str, str], _Node] = {}
        self._devices: dict[str, Device] = {}  # by what stands in the topic: group/node/device
        self._assets: dict[str, Device] = {}
        self._routes: dict[str, tuple[str, _Node, str, str]] = {}  # topic: kind, node, key, device

    def points(self) -> Iterator[Point]:
        """Every metric that was announced."""
        for device in self._devices.values():
            yield from (sort.point for sort in device.by_name.values())

    @property
    def complete(self) -> bool:
        """Whether somebody has spoken and nobody is away."""
        return bool(self._devices) and all(device.alive for device in self._devices.values())

    def device(self, asset: str) -> Device | None:
        """The device of an asset."""
        return self._assets.get(asset)

    def devices(self) -> Iterator[Device]:
        """All devices."""
        return iter(self._devices.values())

    def take(self, arrived: Arrived) -> list[Packet]:
        """What a message gives; nothing where it has to wait for a birth."""
        route = self._routes.get(arrived.topic) or self._route(arrived.topic)
        if route is None:
            why = Text("the topic is none of Sparkplug B", "主题不符合 Sparkplug B")
            return [unusable(arrived, why)]
        kind, node, key, name = route
        try:
            if kind in ("DDATA", "NDATA"):
                device = self._devices.get(key)
                if device is None or not device.alive or node.early:
                    return self._waits(arrived, node)
                return [self._packet(arrived, node, device)]
            if kind in ("NCMD", "DCMD", "STATE"):
                return []
            payload = decoded(arrived.payload)
        except ValueError as error:
            why = Text(str(error), "不是 Sparkplug B 报文：被截断或内容不符")
            return [unusable(arrived, why)]
        if kind in ("NBIRTH", "DBIRTH"):
            return self._born(arrived, payload, node, name)
        return self._died(arrived, payload, node, key, kind)

    def _route(self, topic: str) -> tuple[str, _Node, str, str] | None:
        parts = topic.split("/")
        if len(parts) == 3 and parts[1] == "STATE":
            return "STATE", _Node(("", "")), "", ""
        kind = parts[2] if len(parts) in (4, 5) else ""
        fits = ("NBIRTH", "NDATA", "NDEATH", "NCMD") if len(parts) == 4 else ("DBIRTH", "DDATA", "DDEATH", "DCMD")
        if parts[0] != "spBv1.0" or kind not in fits or not all(parts):
            return None
        group, name, device = parts[1], parts[3], parts[4] if len(parts) == 5 else ""
        node = self._nodes.get((group, name))
        if node is None:
            node = self._nodes[group, name] = _Node((group, name), started=time.time_ns() // 1000)
        key = "/".join(filter(None, (group, name, device)))
        found = self._routes[topic] = (kind, node, key, device)
        return found

    def forget(self) -> list[tuple[str, str]]:
        """The broker has forgotten us: what was said in between nobody knows, so everybody must announce itself again.

        Returns:
            Group and name of every edge node.
        """
        for node in self._nodes.values():
            node.last, node.online = -1, False
            node.seen.clear()
            self._silence(node)
        return list(self._nodes)

    def overdue(self, now: Moment) -> list[Packet]:
        """What has waited for a birth for too long."""
        return [packet for node in self._nodes.values() if node.early for packet in self._overdue(node, now)]

    # ---- data

    def _waits(self, arrived: Arrived, node: _Node) -> list[Packet]:
        """A message that no birth explains yet."""
        at, sequence, *_ = metrics(arrived.payload, arrived.received)
        arrived.sequence = self._number(node, sequence, at, again=arrived.again)
        arrived.kept = True
        node.early.append(arrived)
        self._rebirth(*node.topic)
        return self._overdue(node, arrived.received)

    def _overdue(self, node: _Node, now: Moment) -> list[Packet]:
        """Messages for which no birth came in time."""
        made = []
        if node.early:
            self._rebirth(*node.topic)
        why = Text("no birth says what its numbers mean", "没有出生报文说明其含义")
        while node.early and (len(node.early) > self._early or now - node.early[0].received > _PATIENCE):
            made += [_given_up(node.early.popleft(), why)]
        return made + self._ready(node)

    def _ready(self, node: _Node) -> list[Packet]:
        """Of the messages that wait, those that can be read by now, in order."""
        made = []
        while node.early:
            first = node.early[0]
            if isinstance(first, Arrived):
                device = self._devices.get(self._routes[first.topic][2])
                if device is None or not device.alive:
                    break
                first = self._packet(first, node, device)
            node.early.popleft()
            made.append(first)
        return made

    def _in_turn(self, node: _Node, packet: Packet) -> list[Packet]:
        """This packet, after those that wait."""
        node.early.append(packet)
        return self._ready(node)

    def _packet(self, arrived: Arrived, node: _Node, device: Device) -> Packet:
        at, sequence, any_, every, times, numbers, key = metrics(arrived.payload, arrived.received)
        number = arrived.sequence if arrived.kept else self._number(node, sequence, at, again=arrived.again)
        if any_ & MORE or not every & ALIASED:
            return self._mixed(arrived, decoded(arrived.payload), device, number, node.source)
        layout = device.layouts.get(key) or device.laid_out(key)
        values = np.frombuffer(numbers, np.float64)
        if not layout.plain:
            _mended(values, layout)
        packet = Packet(
            device.asset, layout.tags, values, np.frombuffer(times, np.int64), layout.trust, arrived.received, number,
            node.source, NOTHING, arrived.receipt, NOTHING, layout.rejected,
        )  # fmt: skip
        device.remember(id(layout.tags), packet)
        return packet

    def _mixed(self, arrived: Arrived, payload: Payload, device: Device, number: int, source: str) -> Packet:
        """A message that holds texts, names or things that are no readings."""
        read = [one for metric in payload.metrics if (one := _read(metric, device)) is not None]
        at = [one.at if one.at is not None else payload.at for one in read]
        tags = tuple(one.tag for one in read)
        packet = Packet(
            device.asset,
            device.names.setdefault(tags, tags),
            np.array([one.value for one in read], np.float64),
            np.array([m * 1000 if m is not None else arrived.received for m in at], np.int64),
            np.array([one.trust for one in read], np.uint8),
            arrived.received,
            number,
            source,
            {i: one.text for i, one in enumerate(read) if one.text is not None},
            receipt=arrived.receipt,
            rejected={i: one.why for i, one in enumerate(read) if one.why is not None},
        )
        device.remember(id(packet.tags), packet)
        return packet

    def _number(self, node: _Node, sequence: int, at: int, *, again: bool, birth: bool = False) -> int:
        """Counts on where the source begins again at 0 after 255; the same message again gets its old number."""
        if sequence < 0 or not self._numbered:
            return -1
        if birth:
            node.seen.clear()
            node.count = _first(node) if node.count < 0 else node.count + 1
        else:
            ahead = (sequence - node.last) % 256 if node.last >= 0 else 1
            if node.last >= 0 and (node.seen.get(sequence) == at or (again and not 0 < ahead < 128)):
                return node.count - (node.last - sequence) % 256
            node.count = _first(node) if node.count < 0 else node.count + (1 if node.last < 0 else ahead or 256)
        node.last = sequence
        node.seen[sequence] = at
        return node.count

    # ---- births and deaths

    def _born(self, arrived: Arrived, payload: Payload, node: _Node, name: str) -> list[Packet]:
        at = payload.at if payload.at is not None else -1
        sequence = payload.sequence if payload.sequence is not None else -1
        number = self._number(node, sequence, at, again=arrived.again, birth=not name)
        if not name:
            said = _incarnation(payload)
            if said != node.incarnation:
                self._silence(node)  # it was away without our hearing of it
            node.online, node.incarnation = True, said
        device = self._announced(payload, node, name)
        packet = self._mixed(arrived, payload, device, number, node.source)
        arrived.kept = True
        if not node.online:  # a device that was born before we listened
            self._rebirth(*node.topic)
        return self._in_turn(node, packet)

    def _silence(self, node: _Node) -> None:
        prefix = node.source
        for name, device in self._devices.items():
            if name == prefix or name.startswith(prefix + "/"):
                device.alive = False

    def _announced(self, payload: Payload, node: _Node, name: str) -> Device:
        topic = (*node.topic, name)
        key = "/".join(filter(None, topic))
        asset = name or node.topic[1]
        owner = self._assets.get(asset)
        if owner is not None and owner.topic != topic:
            asset = key  # two devices of one name: the later one is called by its whole path
        device = device_of(payload, topic, asset, lambda metric: self._called(metric, key, asset))
        self._devices[key] = self._assets[asset] = device
        return device

    def _called(self, metric: str, key: str, asset: str) -> str:
        """The tag of a metric; a name that another device has already is told apart by the asset."""
        if self._names == "asset":
            return f"{asset}/{metric}"
        tag = f"{key}/{metric}" if self._names == "path" else metric
        return tag if self._tags.setdefault(tag, key) == key else f"{asset}/{metric}"

    def _died(self, arrived: Arrived, payload: Payload, node: _Node, key: str, kind: str) -> list[Packet]:
        if kind == "NDEATH":
            said = _incarnation(payload)
            if said is not None and node.incarnation not in (None, said):
                return []  # the last will of an earlier connection
            node.online = False
            self._silence(node)
            why = Text("its edge node died before it said what its numbers mean", "边缘节点在声明其含义之前已离线")
            lost = [_given_up(one, why) for one in node.early]
            node.early.clear()
            return lost
        if (gone := self._devices.get(key)) is not None:
            gone.alive = False
        sequence = payload.sequence if payload.sequence is not None else -1
        number = self._number(node, sequence, payload.at or -1, again=arrived.again)
        arrived.kept = True
        return self._in_turn(node, _bare(arrived, key, number, node.source))


def _mended(values: NDArray[np.float64], layout: Layout) -> None:
    """What a plain double can't say: no number, a sign in 32 bit, none in 64."""
    values[layout.empty] = np.nan
    if layout.signed.size:
        part = values[layout.signed]
        values[layout.signed] = np.where(part >= 2**31, part - 2**32, part)
    if layout.huge.size:
        part = values[layout.huge]
        values[layout.huge] = np.where(part < 0, part + 2.0**64, part)


@dataclass(frozen=True, slots=True)
class _Read:
    tag: str
    at: int | None  # ms
    value: float
    text: str | None
    trust: Seen
    why: Text | None  # it is rejected


def _read(metric: Metric, device: Device) -> _Read | None:
    """One metric, whatever it holds; None = it is none of the plant's."""
    sort = device.sort(metric)
    if sort is None and metric.name.startswith(OURS):
        return None
    tag = sort.point.tag if sort else f"{device.asset}/{metric.name or f'alias {metric.alias}'}"
    text = metric.value if isinstance(metric.value, str) and not metric.null else None
    number = None if metric.null or text is not None else number_of(metric, sort.type if sort else 0)
    why = _unusable(metric, sort, number, text)
    value = nan if number is None or why is not None else number
    trust = _trusted(metric, value, text) if why is None else Seen.BAD
    return _Read(tag, metric.at, nan if trust is Seen.BAD else value, text, trust, why)


def _unusable(metric: Metric, sort: Sort | None, number: float | None, text: str | None) -> Text | None:
    if sort is None:
        return Text("it was never announced", "从未声明")
    if metric.type not in (0, sort.type):
        return changed(sort, metric.type)
    if (why := refusal(sort.type)) is not None:
        return why
    fits = text is not None if sort.point.kind is Kind.TEXT else number is not None
    return None if metric.null or fits else changed(sort, 0)


def _trusted(metric: Metric, value: float, text: str | None) -> Seen:
    """By the property Quality: 192 and more is good, 64 and more doubtful, 500 stale."""
    said = metric.properties.get("Quality")
    if (isnan(value) and text is None) or (isinstance(said, int) and said < 64):
        return Seen.BAD
    return Seen.DOUBTFUL if isinstance(said, int) and (said < 192 or said == 500) else Seen.GOOD


def _incarnation(payload: Payload) -> int | None:
    for metric in payload.metrics:
        if metric.name == "bdSeq" and isinstance(metric.value, int):
            return metric.value
    return None


def _first(node: _Node) -> int:
    """Where counting begins: far from where it was before we were started again, so that no gap is taken for one."""
    return max(node.started, 1) * 1000


def _bare(arrived: Arrived, asset: str, number: int, source: str) -> Packet:
    """Only a number, so that nobody takes it for a lost message."""
    none = np.zeros(0)
    return Packet(
        asset,
        (),
        none,
        none.astype(np.int64),
        none.astype(np.uint8),
        arrived.received,
        number,
        source,
        receipt=arrived.receipt,
    )


def _given_up(waited: Arrived | Packet, why: Text) -> Packet:
    return waited if isinstance(waited, Packet) else unusable(waited, why)


def unusable(arrived: Arrived, why: Text, source: str = "") -> Packet:
    """A message that nobody can read, under the name of its topic, with its first bytes and the reason."""
    head = arrived.payload[:200]
    try:
        shown = head.decode()
    except UnicodeDecodeError:
        shown = head.hex()
    return Packet(
        "", (arrived.topic,), np.array([np.nan]), np.array([arrived.received], np.int64),
        np.array([Seen.BAD], np.uint8), arrived.received, arrived.sequence, source, {0: shown},
        arrived.receipt, rejected={0: why},
    )  # fmt: skip
