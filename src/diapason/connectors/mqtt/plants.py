"""What both ways of serving a plant by MQTT share: the session, and the assets of the plant."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diapason.connectors.mqtt.broker import Mosquitto, answers
from diapason.connectors.mqtt.client import Client, Message
from diapason.connectors.mqtt.settings import OPTIONS, settings_of
from diapason.errors import DiapasonError
from diapason.ports.line import Served
from diapason.vocabulary.line import Packet, Point

__all__ = ["Asset", "Tick", "assets_of", "naming", "opened"]


@dataclass(frozen=True, slots=True)
class Asset:
    """The points of one asset and where they stand in the plant's readings."""

    name: str
    points: tuple[Point, ...]
    names: tuple[str, ...]  # of the points without the asset's
    places: NDArray[np.intp]

    @property
    def level(self) -> str:
        """The asset's name as one level of a topic."""
        return self.name.replace("/", ".").replace("+", ".").replace("#", ".")

    def point(self, name: str) -> Point | None:
        """The point of a name."""
        return next((p for p, n in zip(self.points, self.names, strict=True) if n == name), None)


@dataclass(frozen=True, slots=True)
class Tick:
    """The readings of one asset at one step."""

    asset: Asset
    values: list[float]
    at: list[int]  # Moment
    trust: list[int]
    texts: Mapping[int, str]
    sequence: int = -1

    @classmethod
    def of(cls, asset: Asset, readings: Packet, sequence: int = -1) -> "Tick":
        """Cut one asset out of the plant's readings."""
        places = asset.places
        texts = {k: readings.texts[i] for k, i in enumerate(places.tolist()) if i in readings.texts}
        return cls(
            asset, readings.values[places].tolist(), readings.at[places].tolist(), readings.trust[places].tolist(),
            texts, sequence,
        )  # fmt: skip


def assets_of(served: Served, unnamed: str) -> tuple[Asset, ...]:
    """The plant by asset; points without one belong to `unnamed`.

    A point "R-101/TIC-201.PV" of the asset "R-101" is called "TIC-201.PV" there.
    """
    places: dict[str, list[int]] = {}
    points: Sequence[Point] = served.points()
    for i, point in enumerate(points):
        places.setdefault(point.asset or unnamed, []).append(i)
    return tuple(
        Asset(
            name,
            tuple(points[i] for i in found),
            tuple(points[i].tag.removeprefix(f"{name}/") for i in found),
            np.array(found, np.intp),
        )
        for name, found in places.items()
    )


def naming(assets: Sequence[Asset]) -> dict[str, str]:
    """How a listener gets the plant's own names: where no tag begins with its asset, by the metric alone."""
    own = all(p.tag == n for asset in assets for p, n in zip(asset.points, asset.names, strict=True))
    return {"names": "metric"} if own else {}


async def opened(options: Mapping[str, Any], name: str, took: "Took") -> tuple[Client, Mosquitto | None]:
    """A client that is not started yet, and the broker where one had to be started: none was named, none answered.

    Raises:
        Missing: nobody answers, and no broker can be started.
    """
    said = {
        key: value for key, value in options.items() if key in OPTIONS and key not in ("format", "session", "group")
    }
    given = str(options.get("broker") or "")
    address = given or f"mqtt://127.0.0.1:{int(options.get('port') or 0) or 1883}"
    settings = settings_of(address, {**said, "session": 0}, client=name)
    broker = None
    if not given and not await asyncio.to_thread(answers, settings.host, settings.port):
        broker = Mosquitto(settings.port)
        broker.launch()
        await asyncio.to_thread(broker.ready)
    client = Client(settings, took.take)
    took.client = client
    return client, broker


class Took:
    """Commands that came, acknowledged at once: a command that is too late must not come again."""

    client: Client

    def __init__(self, act: "Act") -> None:
        self._act = act

    def take(self, generation: int, messages: list[Message]) -> None:
        """By the client."""
        for _, number, topic, payload in messages:
            if number:
                self.client.acknowledge(generation, [number])
            try:
                self._act(topic, payload)
            except (DiapasonError, ValueError):
                continue  # the plant says no; whoever wrote reads back and sees it


Act = Any
