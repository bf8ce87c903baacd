"""Senders for the faults benchmark: each writes down what it sends before it sends it, in a process of its own.

Run: python -m benchmarks.sending mqtt|opcua|modbus PORT JOURNAL [FOLDER]

An edge node that stores and forwards: a message is in the journal first, and is offered until somebody has taken it.
Commands come as lines on standard input: "offset SECONDS" sets the clock, "end" stops sending and waits until all is out.
"""

import asyncio
import json
import queue
import sys
import threading
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diapason.ports import find
from diapason.vocabulary.line import Packet, Point

__all__ = ["ASSETS", "EVERY", "NAMES", "journal", "tag_of"]

ASSETS = ("A", "B", "C")
NAMES = ("x1", "x2", "x3", "x4")
EVERY = 0.1
"""Seconds between two ticks; each asset sends one message of four readings in each."""


def tag_of(asset: str, name: str) -> str:
    """As the connectors call it."""
    return f"{asset}/{name}"


def values_of(number: int, asset: int) -> list[float]:
    """Readings of a message: no two are the same."""
    return [number * 16.0 + asset * 4 + i + 0.25 for i in range(len(NAMES))]


def journal(path: Path) -> Iterator[tuple[str, int, int, list[float]]]:
    """What was sent: asset, number, moment, values; a last line that a kill cut short was not sent."""
    for line in path.read_text().splitlines():
        parts = line.split(",")
        if len(parts) == 4 + len(NAMES) and parts[-1] == ".":
            yield parts[0], int(parts[1]), int(parts[2]), [float(v) for v in parts[3:-1]]


class Journal:
    """Appends a line before a message goes out."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = path.open("a", buffering=1)

    def write(self, asset: str, number: int, at: int, values: Sequence[float]) -> None:
        self.file.write(f"{asset},{number},{at},{','.join(map(repr, values))},.\n")
        self.file.flush()


def _commands() -> "queue.Queue[str]":
    """Lines of standard input, read beside."""
    heard: queue.Queue[str] = queue.Queue()

    def hear() -> None:
        for line in sys.stdin:
            heard.put(line.strip())
        heard.put("end")

    threading.Thread(target=hear, daemon=True).start()
    return heard


def mqtt(port: int, path: Path) -> None:
    """Packed JSON with QoS 1, by a client that is not ours; what the broker has not confirmed is sent again."""
    from paho.mqtt import client as paho

    client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="edge", protocol=paho.MQTTv5)
    client.max_inflight_messages_set(200)
    client.max_queued_messages_set(0)
    client.reconnect_delay_set(0.1, 0.3)
    confirmed = [0]
    client.on_publish = lambda *_: confirmed.__setitem__(0, confirmed[0] + 1)
    client.connect_async("127.0.0.1", port, keepalive=10, clean_start=False)
    client.loop_start()
    written, heard, offset, number, begin = Journal(path), _commands(), 0.0, 0, time.monotonic()
    print("ready", flush=True)
    while True:
        time.sleep(max(0.0, begin + number * EVERY - time.monotonic()))
        if not heard.empty():
            word, _, value = heard.get().partition(" ")
            if word == "end":
                break
            offset = float(value)
        for k, asset in enumerate(ASSETS):
            at = time.time_ns() // 1000 + int(offset * 1e6)
            values = values_of(number, k)
            written.write(asset, number, at, values)
            message = {"asset": asset, "seq": number, "at": at, "values": dict(zip(NAMES, values, strict=True))}
            client.publish(f"feed/{asset}/data", json.dumps(message), qos=1)
        number += 1
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and confirmed[0] < number * len(ASSETS):
        time.sleep(0.05)
    print(f"done {number * len(ASSETS) - confirmed[0]}", flush=True)
    client.disconnect()
    client.loop_stop()


class Counting:
    """A plant whose readings count up; its past is its own journal, also after it was started again."""

    def __init__(self, path: Path) -> None:
        self.past_at: list[int] = []
        self.past_number: list[int] = []
        if path.exists():
            for asset, number, at, _ in journal(path):
                if asset == ASSETS[0]:
                    self.past_at.append(at)
                    self.past_number.append(number)
        self.number = self.past_number[-1] + 1 if self.past_number else 0
        self.written, self.at = Journal(path), time.time_ns() // 1000
        self.tags = tuple(tag_of(a, n) for a in ASSETS for n in NAMES)

    def points(self) -> Sequence[Point]:
        return [Point(tag, "", title=tag, asset=tag.partition("/")[0]) for tag in self.tags]

    def step(self) -> None:
        """The next tick: written down, then shown."""
        self.at = time.time_ns() // 1000
        for k, asset in enumerate(ASSETS):
            self.written.write(asset, self.number, self.at, values_of(self.number, k))
        self.past_at.append(self.at)
        self.past_number.append(self.number)
        self.number += 1

    def readings(self) -> Packet:
        values = [v for k in range(len(ASSETS)) for v in values_of(max(self.number - 1, 0), k)]
        n = len(values)
        return Packet("", self.tags, np.array(values), np.full(n, self.at), np.zeros(n, np.uint8), self.at)

    def write(self, tag: str, value: float) -> None:
        raise NotImplementedError

    def past(self, tag: str, start: int, end: int, most: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        place = self.tags.index(tag)
        asset, name = divmod(place, len(NAMES))
        a, b = bisect_left(self.past_at, start), bisect_left(self.past_at, end)
        at = np.array(self.past_at[a:b][:most], np.int64)
        return at, np.array([values_of(n, asset)[name] for n in self.past_number[a:b][:most]])


async def serving(scheme: str, port: int, path: Path, folder: Path) -> None:
    """A server of OPC UA or Modbus over a plant that counts."""
    plant = Counting(path)
    plant.step()
    server = find("connectors", scheme).serve(plant, {"port": port, "folder": str(folder), "open": True})
    await server.start()
    heard = _commands()
    print("ready", flush=True)
    begin, done = time.monotonic(), 0
    while heard.empty():
        done += 1
        await asyncio.sleep(max(0.0, begin + done * EVERY - time.monotonic()))
        plant.step()
        await server.publish()
    await asyncio.sleep(1.5)  # what was shown last is fetched
    print("done 0", flush=True)
    await server.stop()


if __name__ == "__main__":
    kind, number, file = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    if kind == "mqtt":
        mqtt(number, file)
    else:
        asyncio.run(serving({"opcua": "opc.tcp"}.get(kind, kind), number, file, Path(sys.argv[4])))
