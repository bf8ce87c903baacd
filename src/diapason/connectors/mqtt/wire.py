"""One network connection to a broker: bytes in, lists of messages out; it ends once and says why."""

import asyncio
import ssl
from collections.abc import Callable
from typing import cast

from diapason.connectors.mqtt._wire import packets
from diapason.connectors.mqtt.packets import PING, Answer, Kind, Will, answer, connect, granted
from diapason.connectors.mqtt.reasons import FINAL, reason
from diapason.connectors.mqtt.settings import Settings

__all__ = ["Link"]

_Take = Callable[[list[tuple[int, int, str, bytes]], list[tuple[int, int]]], None]


_MUCH = 131_072
"""Bytes read at once from which on more may lie there: nothing gathers then."""


class Link(asyncio.Protocol):
    """A connection. `gone` is a future with the reason of its end."""

    def __init__(self, settings: Settings, take: _Take) -> None:
        loop = asyncio.get_running_loop()
        self.gone: asyncio.Future[str] = loop.create_future()
        self.sent_away = False  # the broker ended it, and would do so again
        self._settings, self._take, self._loop = settings, take, loop
        self._greeting: asyncio.Future[Answer] = loop.create_future()
        self._asked: dict[int, asyncio.Future[list[int]]] = {}
        self._rest = bytearray()
        self._held = False
        self.linger = settings.linger
        self.waited = 0.0  # s that what came last lay in the socket, at most
        self._left = 0.0  # when reading was left off to let messages gather; 0 = it was not
        self._heard = self._said = loop.time()
        self._transport: asyncio.Transport | None = None
        self._clear = asyncio.Event()
        self._clear.set()
        self._ticking: asyncio.TimerHandle | None = None
        self._alive = float(settings.keep_alive)

    @classmethod
    async def opened(cls, settings: Settings, take: _Take, will: Will | None) -> "Link":
        """Connect and send CONNECT.

        Raises:
            OSError: nobody answers, or the certificates do not fit.
        """
        loop = asyncio.get_running_loop()
        name = settings.host if settings.tls else None
        _, link = await loop.create_connection(
            lambda: cls(settings, take), settings.host, settings.port, ssl=settings.tls, server_hostname=name
        )
        link.send(
            connect(
                settings.client,
                user=settings.user,
                password=settings.password,
                will=will,
                keep_alive=settings.keep_alive,
                clean=settings.session == 0,
                expiry=settings.session,
                receive_maximum=settings.receive_maximum,
                largest=settings.largest,
            )
        )
        return link

    async def greeting(self) -> Answer:
        """The CONNACK.

        Raises:
            OSError: the connection ended instead.
        """
        await asyncio.wait((self._greeting, self.gone), return_when=asyncio.FIRST_COMPLETED)
        if not self._greeting.done():
            raise ConnectionError(self.gone.result())
        found = self._greeting.result()
        self._alive = float(cast(int, found.properties.get(0x13, self._settings.keep_alive)))
        return found

    async def ask(self, number: int, packet: bytes) -> list[int]:
        """Send a SUBSCRIBE and wait for the codes.

        Raises:
            OSError: the connection ended before.
        """
        waiting: asyncio.Future[list[int]] = self._loop.create_future()
        self._asked[number] = waiting
        self.send(packet)
        await asyncio.wait((waiting, self.gone), return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():
            raise ConnectionError(self.gone.result())
        return waiting.result()

    def send(self, packet: bytes) -> None:
        """Hand over to the network."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(packet)
            self._said = self._loop.time()

    async def drained(self) -> None:
        """Wait until the network has taken what was sent."""
        clear = asyncio.ensure_future(self._clear.wait())
        await asyncio.wait((clear, self.gone), return_when=asyncio.FIRST_COMPLETED)
        clear.cancel()

    def pause(self) -> None:
        """Read no more for now."""
        self._held = True
        if self._transport is not None:
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read again."""
        self._held = False
        self._gathered()

    def _gather(self) -> None:
        """Leave what comes in the socket for a moment: one wake-up for many messages costs less than one for each."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()
            self._left = self._loop.time()
            self._loop.call_later(self.linger, self._gathered)

    def _gathered(self) -> None:
        if self._transport is not None and not self._held and not self._transport.is_closing():
            self._heard = self._loop.time()
            self._transport.resume_reading()

    def close(self) -> None:
        """End it."""
        self._ended("closed")
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """By asyncio."""
        self._transport = cast(asyncio.Transport, transport)
        self._ticking = self._loop.call_later(self._alive / 4, self._tick)

    def data_received(self, data: bytes) -> None:
        """By asyncio: cut, sort, hand on."""
        now = self._loop.time()
        busy, self._heard = now - self._heard < 2 * self.linger and len(data) < _MUCH, now
        self.waited, self._left = now - self._left if self._left else 0.0, 0.0
        if self._rest:
            self._rest += data
        try:
            found, taken = packets(self._rest or data, self._settings.largest)
            self._rest = (self._rest or bytearray(data))[taken:] if taken < len(self._rest or data) else bytearray()
            self._sort(found)
        except ValueError as error:
            self._abort(f"the broker sent what is not MQTT 5: {error}")
            return
        if busy and found and not self._held:
            self._gather()

    def _sort(self, found: list[tuple[int, int, str | None, bytes]]) -> None:
        messages = [one for one in found if one[2] is not None]
        done: list[tuple[int, int]] = []
        if len(messages) != len(found):
            for first, _, topic, body in found:
                if topic is None:
                    self._control(first >> 4, body, done)
        if messages or done:
            self._take(cast(list[tuple[int, int, str, bytes]], messages), done)

    def _control(self, kind: int, body: bytes, done: list[tuple[int, int]]) -> None:
        if kind == Kind.PUBACK:
            said = answer(kind, body)
            done.append((said.id, said.reason))
        elif kind == Kind.SUBACK:
            number, codes = granted(body)
            waiting = self._asked.pop(number, None)
            if waiting is not None and not waiting.done():
                waiting.set_result(codes)
        elif kind == Kind.CONNACK and not self._greeting.done():
            self._greeting.set_result(answer(kind, body))
        elif kind == Kind.DISCONNECT:
            said = answer(kind, body)
            self.sent_away = said.reason in FINAL
            self._abort(str(reason(said.reason, said.said)))
        elif kind != Kind.PINGRESP:
            raise ValueError(f"a packet of kind {kind}")

    def _tick(self) -> None:
        """Keep the connection alive, and notice when it is not."""
        now = self._loop.time()
        reading = self._transport is not None and self._transport.is_reading()
        if reading and now - self._heard > 1.5 * self._alive:
            self._abort(f"nothing was heard for {now - self._heard:.0f} s")
            return
        if min(now - self._said, now - self._heard) >= self._alive / 2 or now - self._said >= self._alive / 2:
            self.send(PING)
        self._ticking = self._loop.call_later(max(self._alive / 4, 0.05), self._tick)

    def _abort(self, why: str) -> None:
        self._ended(why)
        if self._transport is not None:
            self._transport.abort()

    def _ended(self, why: str) -> None:
        if self._ticking is not None:
            self._ticking.cancel()
        if not self.gone.done():
            self.gone.set_result(why)

    def pause_writing(self) -> None:
        """By asyncio."""
        self._clear.clear()

    def resume_writing(self) -> None:
        """By asyncio."""
        self._clear.set()

    def connection_lost(self, error: Exception | None) -> None:
        """By asyncio."""
        self._clear.set()
        self._ended(_said(error))


def _said(error: Exception | None) -> str:
    if isinstance(error, ssl.SSLError):
        return f"the certificates do not fit: {error}"
    return str(error) if error else "the other side ended the connection"
