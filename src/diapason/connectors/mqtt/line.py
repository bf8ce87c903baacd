"""An open MQTT connection as `ports.line.Line` says."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from datetime import datetime

import numpy as np

from diapason.connectors.mqtt.client import Client, Message
from diapason.connectors.mqtt.commands import Commands
from diapason.connectors.mqtt.nodes import Arrived, Nodes
from diapason.connectors.mqtt.packed import Packed
from diapason.connectors.mqtt.selecting import Selection
from diapason.errors import Missing, NotFound, Refused
from diapason.ports.line import LineState
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Packet, Point, Seen

__all__ = ["MqttLine"]

_NONE: tuple[Packet, ...] = ()
_TICK = 5.0  # s
_SETTLES = 0.8  # s without a new announcement: everybody has spoken
_ANNOUNCED = 3.0  # s at most


class MqttLine:
    """One session: messages are read as they come in, packets wait here until somebody takes them."""

    client: Client
    commands: Commands
    reader: Nodes | Packed

    def __init__(self, filters: Sequence[str], *, qos: int, held: int, writes: bool) -> None:
        self._filters, self._qos, self._held, self._writes = filters, qos, held, writes
        self._waiting: list[Packet] = []
        self._arrival = asyncio.Event()
        self._listening = False
        self._listener = 0
        self._full = False
        self._subscribed = -1
        self._closed = False
        self._timer: asyncio.TimerHandle | None = None

    def arrived(self, generation: int, messages: list[Message]) -> None:
        """By the client: read them all."""
        received, made, done = time.time_ns() // 1000, self._waiting, []
        take = self.reader.take
        for first, number, topic, payload in messages:
            receipt = (generation, number) if number else None
            arrived = Arrived(topic, payload, received, receipt, first & 8 != 0)
            packets = take(arrived)
            if receipt and not arrived.kept and all(p.receipt is not receipt for p in packets):
                done.append(number)
            if self._listening or receipt:
                made += packets
        if done:
            self.client.acknowledge(generation, done)
        if made:
            self._arrival.set()
            if len(made) > self._held and not self._full:
                self._full = True
                self.client.full(True)

    def greeted(self, known: bool) -> None:
        """By the client, after every connection."""
        self.commands.here()
        if not known and self.client.generation > 1 and isinstance(self.reader, Nodes):
            nodes = self.reader.forget()
            asyncio.get_running_loop().call_later(_SETTLES, self.commands.rebirths, nodes)

    def tick(self) -> None:
        """Now and then: give up on what waits for a birth that does not come."""
        if isinstance(self.reader, Nodes):
            found = self.reader.overdue(time.time_ns() // 1000)
            self._waiting += [one for one in found if self._listening or one.receipt]
            if found:
                self._arrival.set()
        self._timer = asyncio.get_running_loop().call_later(_TICK, self.tick)

    async def listen_many(self, tags: Sequence[str]) -> AsyncGenerator[list[Packet], None]:
        """Packets in lists, one list per wake-up of the socket; no tags = all."""
        self._listener += 1
        mine, self._listening = self._listener, True
        selection = Selection(frozenset(tags))
        try:
            await self._subscribe(self._qos)
            await self._expect(tags)
            while not self._closed:
                await self._arrival.wait()
                if self._listener != mine or self._closed:
                    return  # a later listener took over
                self._arrival.clear()
                packets, self._waiting = self._waiting, []
                if self._full:
                    self._full = False
                    self.client.full(False)
                if packets:
                    yield [selection.of(packet) for packet in packets] if tags else packets
        finally:
            self._listening = self._listening and self._listener != mine

    async def _expect(self, tags: Sequence[str]) -> None:
        """Wait a little until all of them are announced; those of assets that are away may come later.

        Raises:
            NotFound: its asset has announced itself, without that tag.
        """
        if set(tags) <= {point.tag for point in self._points()}:
            return
        await self._settled(tags)
        known = {point.tag: point.asset for point in self._points()}
        assets = set(known.values())
        whole = self.reader.complete if isinstance(self.reader, Nodes) else bool(known)
        for tag in tags:
            if tag not in known and (tag.rpartition("/")[0] in assets or (whole and "/" not in tag)):
                raise self._unheard(tag)

    def _unheard(self, tag: str) -> NotFound:
        what = Text(f"nothing was heard of '{tag}'", f"未收到“{tag}”的读数")
        fix = Text("browse shows the tags that are announced", "请浏览已声明的位号")
        return NotFound(what, at=self.client.settings.address, fix=fix)

    async def listen(self, tags: Sequence[str]) -> AsyncIterator[Packet]:
        """Packets one by one; no tags = all."""
        many = self.listen_many(tags)
        try:
            async for packets in many:
                for packet in packets:
                    yield packet
        finally:
            await many.aclose()

    async def acknowledge(self, packets: Sequence[Packet]) -> None:
        """These are on disk."""
        by_generation: dict[int, list[int]] = {}
        for packet in packets:
            if isinstance(packet.receipt, tuple):
                generation, number = packet.receipt
                by_generation.setdefault(generation, []).append(number)
        for generation, numbers in by_generation.items():
            self.client.acknowledge(generation, numbers)

    async def browse(self, under: str = "", *, most: int = 100_000) -> AsyncIterator[Point]:
        """What was announced so far, after everybody had the chance to speak."""
        await self._announcements()
        for n, point in enumerate(p for p in self._points() if p.tag.startswith(under)):
            if n >= most:
                return
            yield point

    async def read(self, tags: Sequence[str]) -> Packet:
        """The latest readings that came; doubtful where their edge node is gone."""
        if not self.client.connected:
            why = self.client.state().why
            what = Text(f"no connection to the broker: {why}", f"与代理无连接：{why}")
            raise Missing(
                what, at=self.client.settings.address, fix=Text("it is tried again by itself", "系统会自动重连")
            )
        found = self._latest(tags)
        if len(found) < len(tags):
            await self._announcements()
            found = self._latest(tags)
        absent = [tag for tag in tags if tag not in found]
        if absent:
            raise self._unheard(absent[0])
        rows = [found[tag] for tag in tags]
        texts = {i: row[3] for i, row in enumerate(rows) if row[3] is not None}
        return Packet(
            "", tuple(tags), np.array([r[0] for r in rows]), np.array([r[1] for r in rows], np.int64),
            np.array([r[2] for r in rows], np.uint8), time.time_ns() // 1000, texts=texts,
        )  # fmt: skip

    async def history(self, tags: Sequence[str], start: datetime, end: datetime) -> AsyncIterator[Packet]:
        """A broker remembers nothing of the past."""
        del tags, start, end
        for packet in _NONE:
            yield packet

    async def write(self, tag: str, value: float, unit: str) -> None:
        """Send a command once."""
        if not self._writes:
            what = Text("the connection was opened for reading", "该连接仅以读方式打开")
            raise Refused(what, at=tag, fix=Text("only the gateway writes", "只有网关可以写入"))
        await self._announcements([tag])
        point = next((p for p in self._points() if p.tag == tag), None)
        await self.commands.write(point, tag, value, unit, self.reader)

    def gathers(self, seconds: float) -> None:
        """From now on messages may lie in the socket for so long where they come one after another."""
        self.client.gathers(seconds)

    @property
    def waited(self) -> float:
        """Seconds that messages of the list handed over last lay in the socket, at most."""
        return self.client.waited

    def state(self) -> LineState:
        """Whether it is connected."""
        return self.client.state()

    async def close(self) -> None:
        """Let go."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        self._arrival.set()
        await self.commands.close()
        await self.client.close()

    async def _subscribe(self, qos: int) -> None:
        if qos > self._subscribed:
            self._subscribed = qos
            await self.client.subscribe(self._filters, qos)
            self.commands.ask_all()

    def _points(self) -> Iterator[Point]:
        return self.reader.points()

    async def _announcements(self, enough: Sequence[str] = ()) -> None:
        """Hear what is announced, at least without acknowledgement."""
        await self._subscribe(0)
        await self._settled(enough)

    async def _settled(self, enough: Sequence[str]) -> None:
        """Wait until these are announced, or nothing new is any more; a while where nobody has spoken yet."""
        loop = asyncio.get_running_loop()
        began = changed = loop.time()
        before = -1
        while loop.time() - began < _ANNOUNCED and not self._closed:
            known = {point.tag for point in self._points()}
            if enough and set(enough) <= known:
                return
            if len(known) != before:
                before, changed = len(known), loop.time()
            elif known and loop.time() - changed > _SETTLES:
                return
            await asyncio.sleep(0.05)

    def _latest(self, tags: Sequence[str]) -> dict[str, tuple[float, int, int, str | None]]:
        wanted = frozenset(tags)
        found: dict[str, tuple[float, int, int, str | None]] = {}
        for packet, alive in self._packets():
            for i, tag in enumerate(packet.tags):
                if tag in wanted and i not in packet.rejected and (tag not in found or packet.at[i] >= found[tag][1]):
                    trust = max(int(packet.trust[i]), Seen.GOOD if alive else Seen.DOUBTFUL)
                    found[tag] = (float(packet.values[i]), int(packet.at[i]), trust, packet.texts.get(i))
        return found

    def _packets(self) -> Iterator[tuple[Packet, bool]]:
        if isinstance(self.reader, Packed):
            for of_asset in self.reader.latest.values():
                yield from ((packet, True) for packet in of_asset.values())
            return
        for device in self.reader.devices():
            yield from ((packet, device.alive) for packet in device.latest.values())
