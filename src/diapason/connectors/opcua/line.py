"""One open line to an OPC UA server: it comes back by itself after a break and takes up what it listened to."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
from asyncua import Client, ua
from numpy.typing import NDArray

from diapason.connectors.opcua import past, writing
from diapason.connectors.opcua.access import Access
from diapason.connectors.opcua.browsing import Place, points, top
from diapason.connectors.opcua.certificates import Pins, read_der
from diapason.connectors.opcua.listening import Listening
from diapason.connectors.opcua.naming import Names
from diapason.connectors.opcua.session import TROUBLE, connected, end, in_words
from diapason.connectors.opcua.values import moment, now, taken
from diapason.errors import DiapasonError, Missing, NotFound, Refused
from diapason.ports.line import LineState
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Packet, Point

__all__ = ["OpcLine"]

_WAITS = (0.1, 0.2, 0.4, 0.8, 1.0)
"""Seconds between two tries to come back; the last again and again."""
_STEP = 500  # tags in one request


class OpcLine:
    """A `Line`."""

    def __init__(self, access: Access, *, writes: bool) -> None:
        self._access, self._writes = access, writes
        self._pins = Pins(access.folder)
        self._names = Names()
        self._client: Client | None = None
        self._listeners: list[Listening] = []
        self._lost = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._refusal: DiapasonError | None = None
        self._state = LineState(False, datetime.now(UTC))
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Connect for the first time; see `connector.open_line`."""
        await self._connect()
        self._keeper = asyncio.create_task(self._keep())

    async def _connect(self) -> None:
        client = await connected(self._access, self._pins)
        client.connection_lost_callback = self._broken
        try:
            await self._names.renew(client)
        except TROUBLE as error:
            await end(client)
            raise in_words(error, self._access) from error
        self._lost.clear()
        self._client = client
        count = self._state.reconnects + (1 if self._state.why else 0)
        self._state = LineState(True, datetime.now(UTC), count, self._state.why)

    async def _broken(self, error: Exception) -> None:
        self._fell(str(error) or type(error).__name__)

    def _fell(self, why: str) -> None:
        if self._state.connected:
            self._state = replace(self._state, connected=False, since=datetime.now(UTC), why=why)
        self._lost.set()

    async def _keep(self) -> None:
        """Watch the connection and the server's certificate; come back after each break; a refusal is for good."""
        while True:
            over = await self._until_lost()
            client, self._client = self._client, None
            if client is not None:
                await end(client)
            try:
                if over:
                    self._pins.check(self._access.host, self._access.port, over)
                await self._come_back()
            except DiapasonError as refusal:
                self._refuse(refusal)
                return

    async def _until_lost(self) -> bytes:
        """Waits for a break; returns the server's certificate if instead its time is over, else nothing."""
        policy = self._client.security_policy if self._client is not None else None
        der = bytes(policy.peer_certificate) if policy is not None and policy.peer_certificate else b""
        if self._access.security == "none" or not der:
            await self._lost.wait()
            return b""
        ends = read_der(der).not_valid_after_utc
        while not self._lost.is_set():
            left = (ends - datetime.now(UTC)).total_seconds()
            if left <= 0:
                self._fell("the server's certificate has expired")
                return der
            with suppress(TimeoutError):
                await asyncio.wait_for(self._lost.wait(), min(left + 0.01, 3600.0))
        return b""

    async def _come_back(self) -> None:
        """Connect and listen again, as often as it takes.

        Raises:
            Refused: the server, or we, must not go on.
        """
        tries = 0
        while True:
            await asyncio.sleep(_WAITS[min(tries, len(_WAITS) - 1)])
            tries += 1
            try:
                await self._connect()
                assert self._client is not None  # noqa: S101
                for one in self._listeners:
                    await self._take_up(one, self._client)
            except Missing:
                continue
            except TROUBLE as error:
                self._fell(str(error) or type(error).__name__)
                if self._client is not None:
                    client, self._client = self._client, None
                    await end(client)
                continue
            return

    async def _take_up(self, one: Listening, client: Client) -> None:
        """Listen again; what was missed comes from the server's history, where it keeps one."""
        before = dict(one.latest)
        nodes = await self._present(client, one)
        await one.begin(client, nodes, again=True)
        if self._access.backfill and before:
            task = asyncio.create_task(self._backfill(one, client, nodes, before))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _present(self, client: Client, one: Listening) -> list[ua.NodeId]:
        """Nodes of a listener's tags; one that is gone is asked for all the same, and told as bad."""
        try:
            return await self._names.find(client, one.tags)
        except NotFound:
            return [self._names.nodes.get(tag) or ua.NodeId(tag, 1) for tag in one.tags]

    async def _backfill(self, one: Listening, client: Client, nodes: list[ua.NodeId], before: dict[int, int]) -> None:
        """Readings after the last one before the break and before the first one since."""
        with suppress(*TROUBLE):
            for _ in range(150):  # the present comes before the past
                if len(one.first) >= len(before):
                    break
                await asyncio.sleep(0.1)
            until = {one.tags[i]: at for i, at in one.first.items()}
            since = {one.tags[i]: at for i, at in before.items()}
            last = max(one.first.values(), default=now())
            places = sorted(before)
            wanted = [one.tags[i] for i in places], [nodes[i] for i in places]
            async for packet in past.history(client, *wanted, min(before.values()) + 1, last):
                tag = packet.tags[0]
                chosen = (packet.at > since[tag]) & (packet.at < until.get(tag, last))
                if chosen.any():
                    await one.packets.put(_part(packet, chosen))

    def _refuse(self, refusal: DiapasonError) -> None:
        self._refusal = refusal
        self._state = replace(self._state, connected=False, why=str(refusal.what))
        for one in self._listeners:
            one.refused(refusal)

    def _there(self) -> Client:
        """The client, if there is a connection now.

        Raises:
            Missing: there is none.
            Refused: there will be none until a person has done something.
        """
        if self._refusal is not None:
            raise self._refusal
        if self._client is None or not self._state.connected:
            why = self._state.why or "closed"
            what = Text(f"there is no connection now ({why})", f"当前没有连接（{why}）")
            fix = Text("it is tried again by itself; wait", "系统会自动重连，请稍候")
            raise Missing(what, at=self._access.address, fix=fix)
        return self._client

    async def browse(self, under: str = "", *, most: int = 100_000) -> AsyncIterator[Point]:
        """Tags below a folder: names joined by "/", or a node id; see `ports.line.Line`."""
        client = self._there()
        try:
            start = await self._place(client, under)
            async for point, node in points(client, start, most):
                yield replace(point, tag=self._names.learn(point, node))
        except TROUBLE as error:
            raise in_words(error, self._access) from error

    async def _place(self, client: Client, under: str) -> Place:
        """Walk down the names; the last ones suffice where they are unique from the top."""
        if not under:
            return top()
        if under.startswith(("ns=", "i=")):
            return Place(ua.NodeId.from_string(under), (under,))
        place = top()
        for name in under.strip("/").split("/"):
            place = await self._step(client, place, name)
        return place

    async def _step(self, client: Client, place: Place, name: str) -> Place:
        children = await client.get_node(place.node).get_references(
            ua.ObjectIds.HierarchicalReferences, ua.BrowseDirection.Forward
        )
        for one in children:
            if one.BrowseName.Name == name:
                return Place(one.NodeId, (*place.path, name))
        offered = ", ".join(str(c.BrowseName.Name) for c in children[:20])
        what = Text(
            f"there is no place '{name}' under '{'/'.join(place.path)}'", f"“{'/'.join(place.path)}”下没有“{name}”"
        )
        raise NotFound(what, at=name, fix=Text(f"choose of: {offered}", f"可选：{offered}"))

    async def listen(self, tags: Sequence[str]) -> AsyncIterator[Packet]:
        """Readings as they arrive; see `ports.line.Line`."""
        client = self._there()
        one = Listening(tuple(tags), self._access.interval, self._access.queue)
        try:
            nodes = await self._names.find(client, one.tags)
            await one.begin(client, nodes)
        except TROUBLE as error:
            raise in_words(error, self._access) from error
        self._listeners.append(one)
        try:
            while True:
                packet = await one.packets.get()
                if isinstance(packet, Exception):
                    raise packet
                yield packet
        finally:
            self._listeners.remove(one)
            if self._client is not None and self._state.connected:
                with suppress(*TROUBLE):
                    await one.end(self._client)

    async def acknowledge(self, packets: Sequence[Packet]) -> None:
        """A server of OPC UA waits for nobody's disk."""

    async def read(self, tags: Sequence[str]) -> Packet:
        """The present readings; see `ports.line.Line`."""
        client = self._there()
        try:
            nodes = await self._names.find(client, tags)
            said: list[ua.DataValue] = []
            for first in range(0, len(nodes), _STEP):
                asked = ua.ReadParameters()
                asked.TimestampsToReturn = ua.TimestampsToReturn.Both
                asked.NodesToRead = [ua.ReadValueId(n, ua.AttributeIds.Value) for n in nodes[first : first + _STEP]]
                said += await client.uaclient.read(asked)
        except TROUBLE as error:
            raise in_words(error, self._access) from error
        received = now()
        read = [taken(one, received) for one in said]
        return Packet(
            asset="",
            tags=tuple(tags),
            values=np.array([one.value for one in read], dtype=np.float64),
            at=np.array([one.at for one in read], dtype=np.int64),
            trust=np.array([one.trust for one in read], dtype=np.uint8),
            received=received,
            texts={i: one.text for i, one in enumerate(read) if one.text is not None},
        )

    async def history(self, tags: Sequence[str], start: datetime, end: datetime) -> AsyncIterator[Packet]:
        """What the server remembers; see `ports.line.Line`."""
        client = self._there()
        try:
            nodes = await self._names.find(client, tags)
            async for packet in past.history(client, tags, nodes, moment(start), moment(end)):
                yield packet
        except TROUBLE as error:
            if getattr(error, "code", 0) in (
                ua.StatusCodes.BadHistoryOperationUnsupported,
                ua.StatusCodes.BadServiceUnsupported,
            ):
                return
            raise in_words(error, self._access) from error

    async def write(self, tag: str, value: float, unit: str) -> None:
        """Write once; see `ports.line.Line`."""
        if not self._writes:
            what = Text(f"this line was opened for reading: {tag} stays as it is", f"该连接仅供读取：{tag} 保持不变")
            fix = Text("only the gateway writes, over a line of its own", "只有网关可经其专用连接写入")
            raise Refused(what, at=tag, fix=fix)
        client = self._there()
        try:
            node = (await self._names.find(client, [tag]))[0]
        except TROUBLE as error:
            raise in_words(error, self._access) from error
        await writing.write(client, tag, node, value, unit)

    def state(self) -> LineState:
        """Whether it is connected, and since when."""
        return self._state

    async def close(self) -> None:
        """Let go; who listens hears no more."""
        for task in (self._keeper, *self._tasks):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError, Exception):
                    await task
        client, self._client = self._client, None
        self._state = replace(self._state, connected=False, why="closed")
        what = Text("the line was closed", "连接已关闭")
        for one in self._listeners:
            one.refused(Missing(what, at=self._access.address, fix=Text("open it again", "请重新打开")))
        if client is not None:
            await end(client)


def _part(packet: Packet, chosen: NDArray[np.bool_]) -> Packet:
    """Some readings of a packet."""
    return replace(
        packet,
        tags=tuple(t for t, yes in zip(packet.tags, chosen, strict=True) if yes),
        values=packet.values[chosen],
        at=packet.at[chosen],
        trust=packet.trust[chosen],
        texts={},
    )
