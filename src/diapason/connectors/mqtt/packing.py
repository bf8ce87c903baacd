"""A plant as packed JSON: one message per asset and tick, what the tags are as a retained message, set points back."""

import asyncio
import json
import time
from collections.abc import Mapping
from math import isfinite
from typing import Any

from diapason.connectors.mqtt.outbox import Outbox
from diapason.connectors.mqtt.plants import Asset, Tick, Took, assets_of, naming, opened
from diapason.ports.line import PlantServer, Served
from diapason.vocabulary.line import Kind

__all__ = ["PackedPlant"]


class PackedPlant(PlantServer):
    """`PREFIX/ASSET/data`, `PREFIX/ASSET/about` and, for writing, `PREFIX/ASSET/set`."""

    def __init__(self, served: Served, options: Mapping[str, Any]) -> None:
        self._served, self._options = served, options
        self._prefix = str(options.get("prefix") or "plant")
        self._assets = assets_of(served, "plant")
        self._sequences = dict.fromkeys((asset.name for asset in self._assets), 0)

    @property
    def options(self) -> Mapping[str, Any]:
        """What a listener says to hear this plant."""
        data = f"{self._prefix}/{{asset}}/data"
        return {
            **naming(self._assets), "format": "packed", "topic": data,
            "topics": f"{self._prefix}/+/data,{self._prefix}/+/about",
            "write_topic": f"{self._prefix}/{{asset}}/set",
        }  # fmt: skip

    @property
    def waiting(self) -> int:
        """Messages that the broker has not confirmed yet."""
        return len(self._outbox)

    async def start(self) -> str:
        """Connect, listen for set points, and say what the tags are."""
        self._client, self._broker = await opened(self._options, f"{self._prefix}-packed", Took(self._commanded))
        self._outbox = Outbox(self._client, self._written, int(self._options.get("keep") or 100_000))
        await self._client.start()
        await self._client.subscribe([f"{self._prefix}/+/set"])
        for asset in self._assets:
            self._client.post(f"{self._prefix}/{asset.level}/about", _about(asset), retain=True)
        self._client.greeted = self._back
        return self._client.settings.address

    async def publish(self) -> None:
        """Hand out the readings of the last step."""
        readings = self._served.readings()
        for asset in self._assets:
            self._sequences[asset.name] += 1
            self._outbox.put(Tick.of(asset, readings, self._sequences[asset.name]))
        await self._client.drained()

    async def stop(self) -> None:
        """End."""
        await self._client.close()
        if self._broker is not None:
            await asyncio.to_thread(self._broker.stop)

    def _back(self, known: bool) -> None:
        del known
        self._outbox.broke()
        self._outbox.flush()

    def _written(self, tick: Tick, late: bool) -> tuple[str, bytes]:
        del late  # the time says so
        asset = tick.asset
        values: dict[str, Any] = {}
        for i, (name, point) in enumerate(zip(asset.names, asset.points, strict=True)):
            value = tick.values[i]
            if point.kind is Kind.TEXT or not isfinite(value):
                values[name] = tick.texts.get(i)
            else:
                values[name] = bool(value) if point.kind is Kind.SWITCH else value
        said = {"asset": asset.name, "seq": tick.sequence, "at": max(tick.at, default=0), "values": values}
        return f"{self._prefix}/{asset.level}/data", json.dumps(said, ensure_ascii=False).encode()

    def _commanded(self, topic: str, payload: bytes) -> None:
        name = topic.split("/")[-2]
        values = json.loads(payload).get("values")
        for asset in self._assets:
            if asset.level == name and isinstance(values, dict):
                self._write(asset, values)

    def _write(self, asset: Asset, values: Mapping[str, Any]) -> None:
        for key, value in values.items():
            point = asset.point(key)
            if point is not None and isinstance(value, (int, float)) and isfinite(value):
                self._served.write(point.tag, float(value))


def _about(asset: Asset) -> bytes:
    points = [
        {
            "tag": name,
            "kind": str(p.kind),
            "unit": p.unit,
            "low": p.low,
            "high": p.high,
            "writable": p.writable,
            "title": p.title,
        }
        for name, p in zip(asset.names, asset.points, strict=True)
    ]
    return json.dumps({"asset": asset.name, "at": time.time(), "points": points}, ensure_ascii=False).encode()
