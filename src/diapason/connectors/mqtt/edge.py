"""A plant as an edge node of Sparkplug B: births, data, deaths, commands, and what waited for the broker."""

import asyncio
import time
from collections.abc import Mapping
from math import isfinite
from typing import Any

from diapason.connectors.mqtt.outbox import Outbox
from diapason.connectors.mqtt.packets import Will
from diapason.connectors.mqtt.payload import Metric, Value, decoded, encoded, metric_bytes, number_of
from diapason.connectors.mqtt.plants import Tick, Took, assets_of, naming, opened
from diapason.errors import NotFound
from diapason.ports.line import PlantServer, Served
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Kind, Point, Seen

__all__ = ["SparkplugEdge"]

_TYPES = {Kind.NUMBER: 10, Kind.WHOLE: 4, Kind.SWITCH: 11, Kind.TEXT: 12}
_QUALITY = {Seen.GOOD: 192, Seen.DOUBTFUL: 64, Seen.BAD: 0}


class SparkplugEdge(PlantServer):
    """One edge node; each asset of the plant is a device."""

    def __init__(self, served: Served, options: Mapping[str, Any]) -> None:
        self._served, self._options = served, options
        self._group, self._node = str(options.get("group") or "plant"), str(options.get("node") or "cell")
        self._assets = assets_of(served, "plant")
        first = 0
        self._aliases: dict[str, int] = {}
        for asset in self._assets:
            self._aliases[asset.name] = first
            first += len(asset.points)
        self._by_alias = [(asset, i) for asset in self._assets for i in range(len(asset.points))]
        self._sequence = 0
        self._incarnation = -1
        self._last: dict[str, Tick] = {}

    @property
    def options(self) -> Mapping[str, Any]:
        """What a listener says to hear this plant."""
        return {"format": "sparkplug", "nodes": f"{self._group}/{self._node}", **naming(self._assets)}

    @property
    def waiting(self) -> int:
        """Messages that the broker has not confirmed yet."""
        return len(self._outbox)

    async def start(self) -> str:
        """Connect, listen for commands, and announce everything."""
        took = Took(self._commanded)
        self._client, self._broker = await opened(self._options, f"{self._group}-{self._node}", took)
        self._outbox = Outbox(self._client, self._written, int(self._options.get("keep") or 100_000))
        self._client.will = self._will
        await self._client.start()
        await self._client.subscribe(
            [f"spBv1.0/{self._group}/{kind}" for kind in (f"NCMD/{self._node}", f"DCMD/{self._node}/+")]
        )
        self._client.greeted = self._back
        self._births()
        return self._client.settings.address

    async def publish(self) -> None:
        """Hand out the readings of the last step."""
        readings = self._served.readings()
        for asset in self._assets:
            tick = self._last[asset.name] = Tick.of(asset, readings)
            self._outbox.put(tick)
        await self._client.drained()

    async def stop(self) -> None:
        """Say goodbye in words, then end."""
        death = self._will()
        self._client.send(death.topic, death.payload)
        await self._client.close()
        if self._broker is not None:
            await asyncio.to_thread(self._broker.stop)

    def _will(self) -> Will:
        """The death of this or, before a connection, of the next incarnation."""
        if not self._client.connected:
            self._incarnation = (self._incarnation + 1) % 256
        number = metric_bytes(Metric("bdSeq", at=_now(), type=8, value=self._incarnation))
        return Will(f"spBv1.0/{self._group}/NDEATH/{self._node}", encoded([number], at=_now(), sequence=None))

    def _back(self, known: bool) -> None:
        del known
        self._outbox.broke()
        self._births()
        self._outbox.flush()

    def _births(self) -> None:
        self._sequence = 0
        now = _now()
        node = [
            Metric("bdSeq", at=now, type=8, value=self._incarnation),
            Metric("Node Control/Rebirth", at=now, type=11, value=False),
        ]
        self._tell("NBIRTH", "", map(metric_bytes, node))
        readings = self._served.readings()
        for asset in self._assets:
            tick = self._last.get(asset.name) or Tick.of(asset, readings)
            self._tell("DBIRTH", asset.level, (self._metric(tick, i, born=True) for i in range(len(asset.points))))

    def _tell(self, kind: str, device: str, metrics: Any) -> None:
        topic = "/".join(filter(None, ("spBv1.0", self._group, kind, self._node, device)))
        self._client.try_once(topic, encoded(metrics, at=_now(), sequence=self._next()))

    def _next(self) -> int:
        number, self._sequence = self._sequence, (self._sequence + 1) % 256
        return number

    def _written(self, tick: Tick, late: bool) -> tuple[str, bytes]:
        """Topic and payload of a tick, with the next number."""
        metrics = [self._metric(tick, i, late=late) for i in range(len(tick.values))]
        topic = f"spBv1.0/{self._group}/DDATA/{self._node}/{tick.asset.level}"
        return topic, encoded(metrics, at=_now(), sequence=self._next())

    def _metric(self, tick: Tick, i: int, *, born: bool = False, late: bool = False) -> bytes:
        point, value = tick.asset.points[i], tick.values[i]
        trust = tick.trust[i]
        said: Value = tick.texts.get(i) if point.kind is Kind.TEXT else value if isfinite(value) else None
        if said is not None and point.kind is Kind.SWITCH:
            said = bool(said)
        elif said is not None and point.kind is Kind.WHOLE:
            said = round(float(said))
        properties = _properties(point) if born else {}
        if trust:
            properties = {**properties, "Quality": _QUALITY[Seen(trust)]}
        alias = self._aliases[tick.asset.name] + i
        name = tick.asset.names[i] if born else ""
        return metric_bytes(
            Metric(name, alias, tick.at[i] // 1000, _TYPES[point.kind], late, said is None, said, properties=properties)
        )

    def _commanded(self, topic: str, payload: bytes) -> None:
        device = topic.split("/")[4] if topic.count("/") == 4 else ""
        for metric in decoded(payload).metrics:
            if metric.name == "Node Control/Rebirth" and not device:
                if metric.value:
                    self._births()
                continue
            point = self._point(metric, device)
            value = number_of(metric, _TYPES[point.kind])
            if value is not None:
                self._served.write(point.tag, value)

    def _point(self, metric: Metric, device: str) -> Point:
        if metric.name:
            for asset in self._assets:
                if asset.level == device and (found := asset.point(metric.name)) is not None:
                    return found
        elif metric.alias is not None and metric.alias < len(self._by_alias):
            asset, i = self._by_alias[metric.alias]
            if asset.level == device:
                return asset.points[i]
        what = Text(
            f"no metric '{metric.name or metric.alias}' on '{device}'",
            f"“{device}”没有指标“{metric.name or metric.alias}”",
        )
        raise NotFound(what, at=device, fix=Text("use a name of the birth", "请使用出生报文中的名称"))


def _properties(point: Point) -> dict[str, Value]:
    said: dict[str, Value] = {"engUnit": point.unit, "documentation": point.title, "writable": point.writable}
    said |= {key: value for key, value in (("engLow", point.low), ("engHigh", point.high)) if value is not None}
    return {key: value for key, value in said.items() if value not in ("", False)}


def _now() -> int:
    return time.time_ns() // 1_000_000
