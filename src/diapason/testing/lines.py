"""What every connector for live lines must do, as a public check: await it in the tests of your own connector."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import numpy as np

from diapason.errors import DiapasonError, Missing, NotFound, Refused
from diapason.ports.line import Line, LineConnector
from diapason.vocabulary.line import Kind, Packet, Point, Seen

__all__ = ["Cut", "Looked", "check_line", "check_packet", "cut", "heard"]

_WAIT = 20.0


@dataclass(frozen=True, slots=True)
class Looked:
    """What the check has seen, for further checks of your own."""

    points: tuple[Point, ...]
    read: Packet
    packets: tuple[Packet, ...]
    history: int  # readings
    away: float  # s from the end of the cut to the first reading after it; -1 = not cut


async def check_line(
    connector: LineConnector,
    address: str,
    *,
    options: Mapping[str, Any] | None = None,
    tags: Sequence[str],
    units: Mapping[str, str] | None = None,
    absent: str = "no.such.tag",
    back: float = 5.0,
    cuts: bool = True,
    clock: float = 60.0,
) -> Looked:
    """A line browses, reads, listens, says units, times and trust, helps, refuses to write, comes back and lets go.

    Args:
        connector: what the entry point gives.
        address: something that is there, whose `tags` change at least every few seconds.
        options: how to connect, for reading.
        tags: some numbers that it offers.
        units: UCUM code of some of them, where the source can say it.
        absent: a tag that it does not have.
        back: s within which readings must come again once a cut of the connection is over.
        cuts: False where the address can't be led through a proxy.
        clock: s by which the source's clock may differ from ours.

    Raises:
        AssertionError: a promise is broken; says which.
    """
    given = dict(options or {})
    line = await connector.open_line(address, given)
    try:
        _state(line, True)
        points = await _browsed(line, tags, units or {})
        read = await asyncio.wait_for(line.read(tags), _WAIT)
        check_packet(read, clock=clock)
        _promise(read.tags == tuple(tags), "read answers the tags in the order asked")
        packets = await heard(line, tags, packets=3)
        for packet in packets:
            check_packet(packet, clock=None)
            _promise(set(packet.tags) <= set(tags), "listen gives the tags asked for, and no others")
        _onward(packets)
        await line.acknowledge(packets)
        await _unknown(line, absent)
        await _refuses(line, tags[0])
        history = await _history(line, tags)
    finally:
        await asyncio.wait_for(line.close(), _WAIT)
    await _closed(line, tags)
    away = await _comes_back(connector, address, given, tags, back) if cuts else -1.0
    await _nobody(connector, address, given)
    return Looked(points, read, packets, history, away)


def check_packet(packet: Packet, *, clock: float | None = 60.0) -> None:
    """Columns of one length, times that can be, trust that is said; numbers unless bad or a text.

    Args:
        clock: s by which times may differ from ours; None where they may be old.
    """
    n = len(packet.tags)
    columns = ((packet.values, np.float64), (packet.at, np.int64), (packet.trust, np.uint8))
    for column, kind in columns:
        _promise(column.shape == (n,) and column.dtype == kind, f"columns have the shape ({n},) and their types")
    _promise(bool(np.isin(packet.trust, [int(one) for one in Seen]).all()), "trust is good, doubtful or bad")
    now = datetime.now(UTC).timestamp() * 1e6
    year = 366 * 86400e6
    _promise(abs(packet.received - now) < 3600e6, "received is UTC in microseconds, by our clock")
    _promise(bool((np.abs(packet.at - now) < 50 * year).all()), "at is in microseconds since 1970, UTC")
    if clock is not None:
        fresh = np.abs(packet.at - now)[packet.trust == Seen.GOOD]
        _promise(bool((fresh < clock * 1e6).all()), f"the time of a good present reading is within {clock:g} s of ours")
    for i in np.flatnonzero(np.isnan(packet.values)).tolist():
        known = packet.trust[i] == Seen.BAD or i in packet.texts
        _promise(known, f"{packet.tags[i]} has no number: it is bad, or a text")


async def heard(line: Line, tags: Sequence[str], *, packets: int = 1, wait: float = _WAIT) -> tuple[Packet, ...]:
    """The first packets that a line gives.

    Raises:
        AssertionError: they don't come in time.
    """
    got: list[Packet] = []

    async def gather() -> None:
        async for packet in line.listen(tags):
            got.append(packet)
            if len(got) == packets:
                return

    try:
        await asyncio.wait_for(gather(), wait)
    except TimeoutError:
        raise AssertionError(f"{packets} packets come within {wait:g} s, not {len(got)}") from None
    return tuple(got)


async def _browsed(line: Line, tags: Sequence[str], units: Mapping[str, str]) -> tuple[Point, ...]:
    """All tags once, the known ones among them with their units; a source may announce them by and by."""
    points: dict[str, Point] = {}
    for _ in range(round(_WAIT / 0.2)):
        found = [point async for point in line.browse()]
        points = {point.tag: point for point in found}
        if set(tags) <= set(points):
            break
        await asyncio.sleep(0.2)
    _promise(set(tags) <= set(points), f"browse finds {sorted(set(tags) - set(points))}")
    _promise(len(points) == len(found), "each tag has a name of its own")
    for point in found:
        _promise(bool(point.tag) and bool(point.address), "a tag has a name and an address")
        if point.low is not None and point.high is not None:
            _promise(point.low < point.high, f"the range of {point.tag} has a lower and an upper end")
    for tag, unit in units.items():
        _promise(points[tag].unit == unit, f"{tag} is in {unit}, not in '{points[tag].unit}'")
    _promise(all(points[tag].kind is not Kind.TEXT for tag in tags), "the tags asked for are numbers")
    return tuple(found)


def _onward(packets: Sequence[Packet]) -> None:
    """Per tag, time goes on."""
    last: dict[str, int] = {}
    for packet in packets:
        for tag, at in zip(packet.tags, packet.at.tolist(), strict=True):
            _promise(at >= last.get(tag, at), f"readings of {tag} come in the order of their times")
            last[tag] = at


async def _unknown(line: Line, absent: str) -> None:
    await _helps(line.read([absent]), NotFound, f"reading {absent}")

    async def listen() -> None:
        async for _ in line.listen([absent]):
            break

    await _helps(listen(), NotFound, f"listening to {absent}")


async def _refuses(line: Line, tag: str) -> None:
    await _helps(line.write(tag, 1.0, ""), Refused, "a write over a line opened for reading")


async def _history(line: Line, tags: Sequence[str]) -> int:
    """What is remembered lies in the stretch asked for; nothing is fine where nothing is remembered."""
    end = datetime.now(UTC)
    start, count = end - timedelta(minutes=30), 0
    first, last = (moment.timestamp() * 1e6 for moment in (start, end))
    async for packet in line.history(tags, start, end):
        check_packet(packet, clock=None)
        _promise(bool(((packet.at >= first) & (packet.at < last)).all()), "history lies in the stretch asked for")
        count += len(packet)
    return count


async def _closed(line: Line, tags: Sequence[str]) -> None:
    _promise(not line.state().connected, "a closed line says that it is not connected")
    await _helps(line.read(tags), Missing, "reading over a closed line")


async def _comes_back(
    connector: LineConnector, address: str, options: Mapping[str, Any], tags: Sequence[str], back: float
) -> float:
    """Through a proxy that is cut for a second: the line says so, and the same listener hears again by itself."""
    async with cut(address) as proxy:
        line = await connector.open_line(proxy.address, options)
        try:
            return await _over_the_cut(line, proxy, tags, back)
        finally:
            await asyncio.wait_for(line.close(), _WAIT)


async def _over_the_cut(line: Line, proxy: "Cut", tags: Sequence[str], back: float) -> float:
    stream = line.listen(tags)
    loop = asyncio.get_running_loop()
    await asyncio.wait_for(anext(stream), _WAIT)
    await proxy.cut()
    with suppress(TimeoutError):
        async with asyncio.timeout(_WAIT):
            while line.state().connected:
                await asyncio.sleep(0.02)
    _state(line, False)
    _promise(bool(line.state().why), "a line that lost its connection says why")
    await asyncio.sleep(1.0)
    await proxy.mend()
    since, now = loop.time(), datetime.now(UTC).timestamp() * 1e6
    try:
        async with asyncio.timeout(back):
            while int((await anext(stream)).received) < now:
                pass
    except TimeoutError:
        raise AssertionError(f"readings come again within {back:g} s of the end of a cut") from None
    _state(line, True)
    _promise(line.state().reconnects >= 1, "a line counts how often it came back")
    return loop.time() - since


async def _nobody(connector: LineConnector, address: str, options: Mapping[str, Any]) -> None:
    """Where nobody listens: an error that helps, in time."""
    async with cut(address) as proxy:
        await proxy.cut()
        await _helps(connector.open_line(proxy.address, options), Missing, "an address where nobody answers")


async def _helps(story: Any, kind: type[DiapasonError], what: str) -> None:
    """The error is of this kind and says what, where and the fix in both languages."""
    try:
        await asyncio.wait_for(story, _WAIT)
    except kind as error:
        for language in ("en", "zh"):
            said = error.said(language)
            whole = bool(said["what"]) and bool(said["at"]) and bool(said["fix"])
            _promise(whole, f"{what}: the error says what, where and the fix ({said})")
        return
    except DiapasonError as error:
        raise AssertionError(f"{what} raises {kind.__name__}, not {type(error).__name__}: {error}") from error
    raise AssertionError(f"{what} raises {kind.__name__}")


def _state(line: Line, connected: bool) -> None:
    state = line.state()
    _promise(state.connected is connected, f"the line says that it is {'' if connected else 'not '}connected")
    _promise(state.since.tzinfo is not None, "since when is UTC")


def _promise(kept: bool, what: str) -> None:
    if not kept:
        raise AssertionError(what)


@dataclass(slots=True)
class Cut:
    """A TCP proxy on loopback that can be cut: open connections are reset, new ones refused until it is mended."""

    address: str  # where to connect instead
    host: str
    port: int
    _target: tuple[str, int]
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def cut(self) -> None:
        """Reset everything and listen no more."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._open):
            writer.transport.abort()
        self._open.clear()

    async def mend(self) -> None:
        """Listen again on the same port."""
        self._server = await asyncio.start_server(self._pass, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            other_reader, other_writer = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, other_writer}
        await asyncio.gather(_pump(reader, other_writer), _pump(other_reader, writer))
        self._open -= {writer, other_writer}


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    with suppress(OSError, RuntimeError):
        writer.close()


@asynccontextmanager
async def cut(address: str) -> AsyncIterator[Cut]:
    """A proxy before `scheme://host:port/…`, listening."""
    parts = urlsplit(address)
    target = (parts.hostname or "127.0.0.1", parts.port or {"mqtt": 1883, "modbus": 502}.get(parts.scheme, 4840))
    proxy = Cut("", "127.0.0.1", 0, target)
    await proxy.mend()
    user, at, _ = parts.netloc.rpartition("@")
    proxy.address = urlunsplit(parts._replace(netloc=f"{user}{at}127.0.0.1:{proxy.port}"))
    try:
        yield proxy
    finally:
        await proxy.cut()
