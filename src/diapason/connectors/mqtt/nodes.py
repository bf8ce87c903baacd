"""Edge nodes of Sparkplug as a listener follows them: births, deaths, numbers of messages, and what came too early."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from diapason.connectors.mqtt._wire import metrics
from diapason.connectors.mqtt.births import ALIASED, EMPTY, MORE, TIMED, Device, changed, device_of, refusal
from diapason.connectors.mqtt.payload import Metric, Payload, decoded, number_of
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Moment, Packet, Point, Seen

__all__ = ["Arrived", "Nodes", "unusable"]

_EARLY = 10_000  # messages of one node that wait for its birth
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
    asked: Moment = 0
    started: Moment = 0

    @property
    def source(self) -> str:
        return "/".join(self.topic)


class Nodes:
    """Turns messages into packets; `rebirth` is called with (group, node) when one has to announce itself."""

    def __init__(self, rebirth: Callable[[str, str], None], *, numbered: bool = True) -> None:
        self._rebirth = rebirth
        self._numbered = numbered
        self._nodes: dict[tuple[str, str], _Node] = {}
        self._devices: dict[str, Device] = {}  # by what stands in the topic: group/node/device
        self._assets: dict[str, Device] = {}
        self._routes: dict[str, tuple[str, _Node, str, str]] = {}  # topic: kind, node, key, device

    def points(self) -> Iterator[Point]:
        """Every metric that was announced."""
        for device in self._devices.values():
            yield from (sort.point for sort in device.by_name.values())

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
        if kind in ("NCMD", "DCMD", "STATE"):
            return []
        try:
            if kind in ("NDATA", "DDATA"):
                return self._data(arrived, node, key)
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

    # ---- data

    def _data(self, arrived: Arrived, node: _Node, key: str) -> list[Packet]:
        device = self._devices.get(key)
        if device is not None and device.alive and not node.early:
            return [self._packet(arrived, node, device)]
        _, sequence, *_ = metrics(arrived.payload)
        arrived.sequence = self._number(node, sequence, -1, again=arrived.again)
        arrived.kept = True
        node.early.append(arrived)
        self._ask(node, arrived.received)
        return self._overdue(node, arrived.received)

    def _ask(self, node: _Node, now: Moment) -> None:
        if now - node.asked > 5_000_000:
            node.asked = now
            self._rebirth(*node.topic)

    def _overdue(self, node: _Node, now: Moment) -> list[Packet]:
        """Messages for which no birth came in time."""
        made = []
        why = Text("no birth says what its numbers mean", "没有出生报文说明其含义")
        while node.early and (len(node.early) > _EARLY or now - node.early[0].received > _PATIENCE):
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
        at, sequence, any_, every, aliases, times, numbers, marks, types = metrics(arrived.payload)
        number = arrived.sequence if arrived.kept else self._number(node, sequence, at, again=arrived.again)
        if any_ & MORE or not every & ALIASED:
            return self._mixed(arrived, decoded(arrived.payload), device, number, node.source)
        layout = device.laid_out(aliases, types, marks)
        values = np.frombuffer(numbers, np.float64)
        moments = np.frombuffer(times, np.int64) * 1000
        if not every & TIMED:
            moments[moments == 0] = at * 1000 if at >= 0 else arrived.received
        if any_ & EMPTY or layout.rejected:
            values[layout.empty] = np.nan
        if layout.signed.size:
            part = values[layout.signed]
            values[layout.signed] = np.where(part >= 2**31, part - 2**32, part)
        if layout.huge.size:
            part = values[layout.huge]
            values[layout.huge] = np.where(part < 0, part + 2.0**64, part)
        packet = Packet(
            device.asset, layout.tags, values, moments, layout.trust, arrived.received, number, node.source,
            receipt=arrived.receipt, rejected=layout.rejected,
        )  # fmt: skip
        device.latest[id(layout.tags)] = packet
        return packet

    def _mixed(self, arrived: Arrived, payload: Payload, device: Device, number: int, source: str) -> Packet:
        """A message that holds texts, names or things that are no readings."""
        tags: list[str] = []
        values: list[float] = []
        moments: list[int] = []
        texts: dict[int, str] = {}
        rejected: dict[int, Text] = {}
        for metric in payload.metrics:
            sort = device.sort(metric)
            if sort is None and metric.name.startswith(("bdSeq", "Node Control/", "Device Control/")):
                continue
            tags.append(sort.point.tag if sort else f"{device.asset}/{metric.name or f'alias {metric.alias}'}")
            at = metric.at if metric.at is not None else payload.at
            moments.append(at * 1000 if at is not None else arrived.received)
            values.append(_valued(metric, sort.type if sort else 0, len(tags) - 1, texts))
            if sort is None:
                rejected[len(tags) - 1] = Text("it was never announced", "从未声明")
            elif metric.type not in (0, sort.type):
                rejected[len(tags) - 1] = changed(sort, metric.type)
            elif (why := refusal(sort.type)) is not None:
                rejected[len(tags) - 1] = why
            elif not metric.null and np.isnan(values[-1]) and len(tags) - 1 not in texts:
                rejected[len(tags) - 1] = changed(sort, 0)
        trust = [Seen.BAD if m != m and i not in texts else Seen.GOOD for i, m in enumerate(values)]
        packet = Packet(
            device.asset, tuple(tags), np.array(values, np.float64), np.array(moments, np.int64),
            np.array(trust, np.uint8), arrived.received, number, source, texts, arrived.receipt, rejected=rejected,
        )  # fmt: skip
        device.latest[hash(packet.tags)] = packet
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
            if node.last >= 0 and (node.seen.get(sequence) == at or again and not 0 < ahead < 128):
                return node.count - (node.last - sequence) % 256
            node.count = _first(node) if node.count < 0 else node.count + (ahead or 256)
        node.last = sequence
        node.seen[sequence] = at
        return node.count

    # ---- births and deaths

    def _born(self, arrived: Arrived, payload: Payload, node: _Node, name: str) -> list[Packet]:
        at = payload.at if payload.at is not None else -1
        sequence = payload.sequence if payload.sequence is not None else -1
        number = self._number(node, sequence, at, again=arrived.again, birth=not name)
        if not name:
            node.online = True
            node.incarnation = _incarnation(payload)
        device = self._announced(payload, node, name)
        packet = self._mixed(arrived, payload, device, number, node.source)
        arrived.kept = True
        if not node.online:  # a device that was born before we listened
            self._ask(node, arrived.received)
        return self._in_turn(node, packet)

    def _announced(self, payload: Payload, node: _Node, name: str) -> Device:
        topic = (*node.topic, name)
        key = "/".join(filter(None, topic))
        asset = name or node.topic[1]
        owner = self._assets.get(asset)
        if owner is not None and owner.topic != topic:
            asset = key  # two devices of one name: the later one is called by its whole path
        device = device_of(payload, topic, asset)
        self._devices[key] = self._assets[asset] = device
        return device

    def _died(self, arrived: Arrived, payload: Payload, node: _Node, key: str, kind: str) -> list[Packet]:
        if kind == "NDEATH":
            said = _incarnation(payload)
            if said is not None and node.incarnation not in (None, said):
                return []  # the last will of an earlier connection
            node.online = False
            prefix = "/".join(node.topic)
            for name, device in self._devices.items():
                if name == prefix or name.startswith(prefix + "/"):
                    device.alive = False
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


def _valued(metric: Metric, declared: int, position: int, texts: dict[int, str]) -> float:
    if isinstance(metric.value, str) and not metric.null:
        texts[position] = metric.value
        return float("nan")
    number = None if metric.null else number_of(metric, declared)
    return float("nan") if number is None else number


def _first(node: _Node) -> int:
    """Where counting begins: far from where it was before we were started again, so that no gap is taken for one."""
    return max(node.started, 1) * 1000


def _incarnation(payload: Payload) -> int | None:
    for metric in payload.metrics:
        if metric.name == "bdSeq" and isinstance(metric.value, int):
            return metric.value
    return None


def _bare(arrived: Arrived, asset: str, number: int, source: str) -> Packet:
    """Only a number, so that nobody takes it for a lost message."""
    none = np.zeros(0)
    return Packet(asset, (), none, none.astype(np.int64), none.astype(np.uint8), arrived.received, number, source, receipt=arrived.receipt)


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
        np.array([Seen.BAD], np.uint8), arrived.received, arrived.sequence, source, {0: shown}, arrived.receipt, rejected={0: why},
    )  # fmt: skip
