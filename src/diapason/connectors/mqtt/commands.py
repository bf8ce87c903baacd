"""What is sent to edge nodes and assets: set points, and the request to announce themselves."""

import json
import time
from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any

from diapason.connectors.mqtt.client import Client
from diapason.connectors.mqtt.nodes import Nodes
from diapason.connectors.mqtt.packed import Packed
from diapason.connectors.mqtt.packets import Will
from diapason.connectors.mqtt.payload import Metric, encoded, metric_bytes
from diapason.errors import NotFound, Refused
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Kind, Point

__all__ = ["Commands"]

_AGAIN = 2.0  # s between two requests to one edge node
_RANGES = {1: 8, 2: 16, 3: 32, 4: 64, 5: 8, 6: 16, 7: 32, 8: 64}


class Commands:
    """Writes by DCMD and NCMD of Sparkplug, or to the topic that the options name."""

    def __init__(self, client: Client, options: Mapping[str, Any], *, packed: bool) -> None:
        self._client, self._packed = client, packed
        self._since = 0
        self._topic = str(options.get("write_topic") or "")
        said = options.get("writable") or ()
        self._writable = {t.strip() for t in said.split(",")} if isinstance(said, str) else {str(t) for t in said}
        self._wait = float(options.get("write_wait") or 5.0)
        named = str(options.get("nodes") or "").split(",")
        self._nodes = [(g, n) for g, _, n in (one.strip().partition("/") for one in named) if n]
        self._host = str(options.get("host") or "")
        if self._host and not packed:
            client.will = self._last_word
        self._asked: dict[tuple[str, str], float] = {}
        self._asks = str(options.get("rebirth", "yes")).lower() not in ("no", "false", "0")

    @property
    def _state_topic(self) -> str:
        return f"spBv1.0/STATE/{self._host}"

    def _online(self, yes: bool) -> bytes:
        return json.dumps({"online": yes, "timestamp": self._since}).encode()

    def _last_word(self) -> Will:
        self._since = time.time_ns() // 1_000_000  # both words of one connection carry the same time
        return Will(self._state_topic, self._online(False), retain=True)

    def here(self) -> None:
        """Say that this host is there, where it has a name."""
        if self._host and not self._packed:
            self._client.post(self._state_topic, self._online(True), retain=True)

    def rebirth(self, group: str, node: str) -> None:
        """Ask an edge node to announce itself again."""
        if not self._asks or time.monotonic() - self._asked.get((group, node), -_AGAIN) < _AGAIN:
            return
        now = time.time_ns() // 1_000_000
        asked = metric_bytes(Metric("Node Control/Rebirth", at=now, type=11, value=True))
        if self._client.send(f"spBv1.0/{group}/NCMD/{node}", encoded([asked], at=now, sequence=None)):
            self._asked[group, node] = time.monotonic()

    def ask_all(self) -> None:
        """Ask the edge nodes that the options name; others are asked when they are heard of."""
        self.rebirths(self._nodes)

    def rebirths(self, nodes: Iterable[tuple[str, str]]) -> None:
        """Ask all of these."""
        for group, node in nodes:
            self.rebirth(group, node)

    async def write(self, point: Point | None, tag: str, value: float, unit: str, reader: Nodes | Packed) -> None:
        """Send once; see `ports.line.Line.write`."""
        if point is None:
            what = Text(f"no tag '{tag}' was announced", f"没有声明过位号“{tag}”")
            raise NotFound(
                what, at=self._client.settings.address, fix=Text("browse shows what there is", "请浏览已有位号")
            )
        self._allowed(point, value, unit)
        if isinstance(reader, Packed):
            topic, payload = self._plain(point, value)
        else:
            topic, payload = _command(reader, point, value)
        await self._client.once(topic, payload, self._wait)

    def _allowed(self, point: Point, value: float, unit: str) -> None:
        said = point.writable or point.tag in self._writable or point.address in self._writable
        if not said or point.kind is Kind.TEXT:
            what = Text(f"'{point.tag}' can't be written", f"“{point.tag}”不可写")
            raise Refused(
                what, at=point.address, fix=Text("its source must announce it as writable", "须由数据源声明为可写")
            )
        if unit != point.unit:
            what = Text(
                f"'{point.tag}' is in '{point.unit}', not in '{unit}'",
                f"“{point.tag}”的单位是“{point.unit}”，不是“{unit}”",
            )
            raise Refused(what, at=point.address, fix=Text("convert the value first", "请先换算"))
        if not isfinite(value):
            raise Refused(
                Text(f"{value} is no set point", f"{value} 不是设定值"),
                at=point.tag,
                fix=Text("a finite number", "应为有限数"),
            )

    def _plain(self, point: Point, value: float) -> tuple[str, bytes]:
        if not self._topic:
            what = Text("nobody said where set points are sent", "未指定设定值的发布主题")
            raise Refused(
                what,
                at="option write_topic",
                fix=Text("write_topic=plant/{asset}/set", "例如 write_topic=plant/{asset}/set"),
            )
        topic = self._topic.replace("{asset}", point.asset.replace("/", ".")).replace("{tag}", point.address)
        said: dict[str, Any] = {"at": time.time(), "values": {point.address: _plain_value(point, value)}}
        if point.asset:
            said["asset"] = point.asset
        return topic, json.dumps(said).encode()

    async def close(self) -> None:
        """Say that this host goes away, where it said that it came."""
        if self._host and not self._packed and self._client.connected:
            self._client.send(self._state_topic, self._online(False), retain=True)


def _plain_value(point: Point, value: float) -> float | int | bool:
    return bool(value) if point.kind is Kind.SWITCH else int(value) if point.kind is Kind.WHOLE else value


def _command(nodes: Nodes, point: Point, value: float) -> tuple[str, bytes]:
    device = nodes.device(point.asset)
    if device is None or not device.alive:
        what = Text(f"the edge node of '{point.tag}' is away", f"“{point.tag}”的边缘节点不在线")
        raise Refused(what, at=point.address, fix=Text("wait until it is back", "请等待其恢复"))
    sort = next(s for s in device.by_name.values() if s.point.tag == point.tag)
    _fits(point, sort.type, value)
    now = time.time_ns() // 1_000_000
    alias = next((a for a, s in device.by_alias.items() if s is sort), None)
    body = metric_bytes(Metric(sort.name, alias, now, sort.type, value=_plain_value(point, value)))
    group, node, name = device.topic
    topic = f"spBv1.0/{group}/DCMD/{node}/{name}" if name else f"spBv1.0/{group}/NCMD/{node}"
    return topic, encoded([body], at=now, sequence=None)


def _fits(point: Point, kind: int, value: float) -> None:
    bits = _RANGES.get(kind)
    if bits is None:
        return
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if kind <= 4 else (0, (1 << bits) - 1)
    if value != int(value) or not low <= value <= high:
        what = Text(
            f"'{point.tag}' takes whole numbers from {low} to {high}", f"“{point.tag}”只接受 {low} 到 {high} 的整数"
        )
        raise Refused(what, at=point.address, fix=Text(f"not {value}", f"不能是 {value}"))
