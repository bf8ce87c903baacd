"""One MQTT 5 session over asyncio: it comes back by itself; messages arrive in lists, one per wake-up of the socket."""

import asyncio
import random
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from diapason.connectors.mqtt.packets import DISCONNECT, Will, acknowledgements, publish, subscribe
from diapason.connectors.mqtt.reasons import FINAL, reason
from diapason.connectors.mqtt.settings import Settings
from diapason.connectors.mqtt.wire import Link
from diapason.errors import Conflict, DiapasonError, Missing, Refused
from diapason.ports.line import LineState
from diapason.vocabulary.language import Text

__all__ = ["LOST", "Client", "Message"]

Message = tuple[int, int, str, bytes]
"""First byte (retain 1, QoS 2 | 4, again 8), identifier (0 without QoS), topic, payload."""

LOST = -1
"""In place of a reason code: the connection broke before the broker's word."""

_SLOWEST = 15.0  # s between two tries
_CONNECTS = 10.0  # s that a broker may take for a greeting


@dataclass(frozen=True, slots=True)
class _Wish:
    topic: str
    payload: bytes
    retain: bool


class Client:
    """A session with a broker.

    `arrived` gets (generation, messages) in the loop's thread; it must be quick. `greeted` is called after every
    connection, before anything else is sent, with whether the broker still knew the session.
    """

    def __init__(self, settings: Settings, arrived: Callable[[int, list[Message]], None]) -> None:
        self.settings = settings
        self.generation = 0  # of the network connection: acknowledgements do not outlive it
        self.greeted: Callable[[bool], None] = _nobody
        self.will: Callable[[], Will | None] = lambda: None  # asked before every connection
        self._arrived = arrived
        self._filters: dict[str, int] = {}
        self._link: Link | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._up = asyncio.Event()
        self._state = LineState(False, datetime.now(UTC))
        self._ids = 0
        self._unsure: dict[int, _Wish] = {}  # sent again after a break, until the broker has it
        self._waiting: dict[int, asyncio.Future[int]] = {}
        self._stash: list[Message] = []
        self._paused = False
        self._linger = settings.linger

    def state(self) -> LineState:
        """How it fares."""
        return self._state

    @property
    def connected(self) -> bool:
        """Whether there is a connection right now."""
        return self._up.is_set()

    async def start(self) -> None:
        """Connect once, then stay connected.

        Raises:
            Missing: nobody answers.
            Refused: the broker refuses certificate, name or password.
        """
        link = await self._connect()
        self._keeper = asyncio.create_task(self._keep(link))

    async def _connect(self) -> Link:
        settings, link = self.settings, None
        try:
            async with asyncio.timeout(_CONNECTS):
                link = await Link.opened(settings, self._take, self.will())
                greeting = await link.greeting()
        except (OSError, TimeoutError) as error:
            if link is not None:
                link.close()
            raise _unreachable(settings, error) from error
        if greeting.reason >= 0x80:
            link.close()
            raise _refused(settings, greeting.reason, greeting.said)
        self.generation += 1
        self._link = link
        link.linger = self._linger
        if self._paused:
            link.pause()
        unsure = sorted(self._unsure.items())
        self._lived(greeting.present)
        stashed, self._stash = self._stash, []
        if stashed:
            self._arrived(self.generation, stashed)
        try:
            await self._resume(link, unsure, known=greeting.present)
        except OSError:
            pass  # it ended again; whoever waits for `gone` sees that
        except DiapasonError:
            link.close()
            raise
        return link

    def _lived(self, known: bool) -> None:
        self._state = LineState(True, datetime.now(UTC), max(self.generation - 1, 0), self._state.why)
        self._up.set()
        self.greeted(known)

    async def _resume(self, link: Link, unsure: Sequence[tuple[int, _Wish]], *, known: bool) -> None:
        """Subscriptions that the broker forgot, and what may not have arrived."""
        if self._filters and not known:
            await self._ask(link, list(self._filters.items()))
        for number, wish in unsure:
            link.send(publish(wish.topic, wish.payload, id=number, retain=wish.retain, again=known))

    async def _keep(self, link: Link) -> None:
        """Connect again after each break, later and later, never all at once."""
        while True:
            why = await link.gone
            self._broke(why)
            delay = _SLOWEST if link.sent_away else 0.05
            while True:
                await asyncio.sleep(delay * random.uniform(0.5, 1.5))  # noqa: S311 - spreads a fleet, hides nothing
                try:
                    link = await self._connect()
                    break
                except DiapasonError as error:
                    self._broke(error.what if isinstance(error.what, str) else error.what.en)
                    delay = _SLOWEST if _is_final(error) else min(delay * 2, _SLOWEST)

    def _broke(self, why: str) -> None:
        self._up.clear()
        self._link, self._stash = None, []
        for number in [n for n in self._waiting if n not in self._unsure]:
            _settle(self._waiting.pop(number), LOST)
        since = self._state.since if not self._state.connected else datetime.now(UTC)
        self._state = LineState(False, since, self._state.reconnects, why)

    def _take(self, messages: list[Message], done: list[tuple[int, int]]) -> None:
        """Called by the link with what arrived at once."""
        for number, code in done:
            self._unsure.pop(number, None)
            _settle(self._waiting.pop(number, None), code)
        if messages and self._link is None:
            self._stash += messages  # they came with the greeting
        elif messages:
            self._arrived(self.generation, messages)

    async def subscribe(self, filters: Sequence[str], qos: int = 1) -> None:
        """Listen to these topics, now and after every break.

        Raises:
            Refused: the broker does not allow one of them.
        """
        fresh = [(topic, qos) for topic in filters if self._filters.get(topic, -1) < qos]
        self._filters.update(fresh)
        if fresh and self._link is not None:
            await self._ask(self._link, fresh)

    async def _ask(self, link: Link, filters: Sequence[tuple[str, int]]) -> None:
        number = self._next()
        codes = await link.ask(number, subscribe(number, filters))
        for (topic, _), code in zip(filters, codes, strict=False):
            if code >= 0x80:
                self._filters.pop(topic, None)
                what = Text("the broker refuses the subscription: ", "代理拒绝订阅：")
                words = Text(what.en + reason(code).en, what.zh + reason(code).zh)
                fix = Text("ask for the right to read this topic", "请申请读取该主题的权限")
                raise Refused(words, at=f"{self.settings.address}, {topic}", fix=fix)

    def acknowledge(self, generation: int, ids: Sequence[int]) -> None:
        """These messages are on disk; of an older connection the broker sends them again and they are known then."""
        if self._link is not None and generation == self.generation and ids:
            self._link.send(acknowledgements(ids))

    def send(self, topic: str, payload: bytes, *, retain: bool = False) -> bool:
        """QoS 0: sent, or not; False without connection."""
        if self._link is None:
            return False
        self._link.send(publish(topic, payload, retain=retain))
        return True

    def post(self, topic: str, payload: bytes, *, retain: bool = False) -> "asyncio.Future[int]":
        """QoS 1: kept and sent again after breaks until the broker has it; the future gives its reason code."""
        number = self._next()
        self._unsure[number] = _Wish(topic, payload, retain)
        waiting = self._waiting[number] = asyncio.get_running_loop().create_future()
        if self._link is not None:
            self._link.send(publish(topic, payload, id=number, retain=retain))
        return waiting

    def try_once(self, topic: str, payload: bytes) -> "asyncio.Future[int] | None":
        """QoS 1 and never again by itself: the future gives the reason code, or LOST after a break; None = not sent."""
        if self._link is None:
            return None
        number = self._next()
        waiting = self._waiting[number] = asyncio.get_running_loop().create_future()
        self._link.send(publish(topic, payload, id=number))
        return waiting

    async def once(self, topic: str, payload: bytes, wait: float) -> None:
        """As `try_once`, and wait for the broker's word, `wait` s at most.

        Raises:
            Missing: no connection; nothing was sent.
            Refused: the broker does not take it.
            Conflict: sent, and nobody knows whether it arrived.
        """
        waiting = self.try_once(topic, payload)
        if waiting is None:
            raise _unreachable(self.settings, self._state.why)
        await asyncio.wait((waiting,), timeout=wait)
        at = f"{self.settings.address}, {topic}"
        if not waiting.done() or waiting.result() == LOST:
            what = Text("sent, and the broker has not said that it arrived", "已发送，但代理未确认收到")
            raise Conflict(what, at=at, fix=Text("read the tag back", "请回读该位号"))
        if waiting.result() >= 0x80:
            fix = Text("ask for the right to publish there", "请申请发布权限")
            raise Refused(reason(waiting.result()), at=at, fix=fix)

    def _next(self) -> int:
        for _ in range(65_535):
            self._ids = self._ids % 65_535 + 1
            if self._ids not in self._unsure and self._ids not in self._waiting:
                return self._ids
        what = Text("65,535 messages wait for the broker", "已有 65535 条消息等待代理确认")
        raise Conflict(what, at=self.settings.address, fix=Text("publish less, or wait", "请减少发布或等待"))

    def gathers(self, seconds: float) -> None:
        """How long messages may lie in the socket where they come one after another, after breaks too."""
        self._linger = seconds
        if self._link is not None:
            self._link.linger = seconds

    @property
    def waited(self) -> float:
        """Seconds that what came last lay in the socket, at most."""
        return self._link.waited if self._link is not None else 0.0

    def full(self, yes: bool) -> None:
        """Whether to leave what comes in the network, until there is room."""
        self._paused = yes
        if self._link is not None:
            (self._link.pause if yes else self._link.resume)()

    async def drained(self) -> None:
        """Wait until what was sent has left."""
        if self._link is not None:
            await self._link.drained()

    async def until_up(self) -> None:
        """Wait for a connection."""
        await self._up.wait()

    async def close(self, *, quietly: bool = True) -> None:
        """End the session's connection; not `quietly` lets the broker publish the last will."""
        if self._keeper is not None:
            self._keeper.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeper
        if self._link is not None:
            if quietly:
                self._link.send(DISCONNECT)
                with suppress(OSError):
                    await self._link.drained()
            self._link.close()
        self._broke("closed")


def _nobody(known: bool) -> None:
    """Nobody waits for a greeting."""
    del known


def _settle(waiting: "asyncio.Future[int] | None", code: int) -> None:
    if waiting is not None and not waiting.done():
        waiting.set_result(code)


def _unreachable(settings: Settings, why: object) -> DiapasonError:
    if isinstance(why, ssl.SSLError) or "certificate" in str(why).lower():
        what = Text(f"{settings.address}: the certificates do not fit: {why}", f"{settings.address}：证书不匹配：{why}")
        fix = Text(
            "name the broker's authority with ca, and ours with certificate and key",
            "请用 ca 指定代理的证书颁发机构，用 certificate 与 key 指定本端证书",
        )
        return _Final(what, at=settings.address, fix=fix)
    if settings.tls and isinstance(why, ConnectionError) and not isinstance(why, ConnectionRefusedError):
        told = Text(
            f"{settings.address} ended the connection before it greeted ({why}): it may not accept our certificate",
            f"{settings.address} 在握手前断开连接（{why}）：可能不接受本端证书",
        )
        return Missing(told, at=settings.address, fix=Text("look at certificate and key", "请检查 certificate 与 key"))
    what = Text(f"no broker answers at {settings.address}: {why}", f"{settings.address} 没有代理应答：{why}")
    fix = Text(
        "start it, or mend the address; Mosquitto: apt install mosquitto, or mosquitto.org/download",
        "请启动代理或更正地址；Mosquitto 可用 apt install mosquitto 安装",
    )
    return Missing(what, at=settings.address, fix=fix)


class _Final(Refused):
    """Another try does not change it."""


def _refused(settings: Settings, code: int, said: str) -> DiapasonError:
    words = reason(code, said)
    fix = Text(
        "look at DIAPASON_MQTT_USER, DIAPASON_MQTT_PASSWORD and the options *_env, *_file, certificate, key",
        "请检查 DIAPASON_MQTT_USER、DIAPASON_MQTT_PASSWORD 及选项 *_env、*_file、certificate、key",
    )
    kind = _Final if code in FINAL else Missing
    return kind(Text(f"the broker refuses: {words.en}", f"代理拒绝：{words.zh}"), at=settings.address, fix=fix)


def _is_final(error: DiapasonError) -> bool:
    return isinstance(error, _Final)
