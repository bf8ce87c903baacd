"""What a plant sends: in order, kept while the broker is away, and sent again when nobody said that it arrived."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from diapason.connectors.mqtt.client import LOST, Client

__all__ = ["Outbox"]

Item = TypeVar("Item")

_NOBODY = 0x10  # the broker's reason code: nobody listens to that topic
_PATIENCE, _PAUSE = 30.0, 0.5  # s
_UNDER_WAY = 2000  # messages without an answer before more are held back


class Outbox(Generic[Item]):
    """Messages of a plant; `written` gives topic and payload of an item, and knows whether it comes late.

    An item that was sent and not confirmed before a break is sent again, as a late one: at least once, in order. So is
    one that nobody listened to shortly after a break, where somebody did before: a broker that was started again has
    forgotten its listeners, and they need a moment to come back.
    """

    def __init__(self, client: Client, written: Callable[[Item, bool], tuple[str, bytes]], keep: int) -> None:
        self._client, self._written, self._keep = client, written, keep
        self._late: deque[tuple[int, Item]] = deque()
        self._sent: dict[int, Item] = {}
        self._unheard: dict[int, Item] = {}
        self._count = 0
        self._heard = False  # somebody listened, once
        self._patient = 0.0  # until then nobody listening means not yet
        self.dropped: list[Item] = []  # more than could be kept

    def __len__(self) -> int:
        return len(self._late) + len(self._sent) + len(self._unheard)

    def put(self, item: Item) -> None:
        """Send it now, or behind those that wait."""
        self._count += 1
        waits = self._late or self._unheard or len(self._sent) >= _UNDER_WAY
        if waits or not self._send(self._count, item, late=False):
            self._late.append((self._count, item))
            if len(self._late) > self._keep:
                self.dropped.append(self._late.popleft()[1])

    def broke(self) -> None:
        """There is a new connection: what was under way on the old one is late now."""
        self._patient = asyncio.get_running_loop().time() + _PATIENCE
        self._again(self._sent | self._unheard)
        self._sent, self._unheard = {}, {}

    def flush(self) -> None:
        """Send what waits."""
        while self._late and not self._unheard and len(self._sent) < _UNDER_WAY:
            if not self._send(*self._late[0], late=True):
                return
            self._late.popleft()

    def _again(self, items: dict[int, Item]) -> None:
        self._late.extendleft(sorted(items.items(), key=lambda one: one[0], reverse=True))

    def _send(self, number: int, item: Item, *, late: bool) -> bool:
        if not self._client.connected:
            return False
        answer = self._client.try_once(*self._written(item, late))
        if answer is None:
            return False
        self._sent[number] = item
        answer.add_done_callback(lambda done: self._answered(number, done))
        return True

    def _answered(self, number: int, done: "asyncio.Future[int]") -> None:
        if done.cancelled() or done.result() == LOST or number not in self._sent:
            return  # `broke` takes it back
        item, code = self._sent.pop(number), done.result()
        loop = asyncio.get_running_loop()
        if code == _NOBODY and self._heard and loop.time() < self._patient:
            if not self._unheard:
                loop.call_later(_PAUSE, self._retry)
            self._unheard[number] = item
            return
        self._heard = self._heard or code == 0
        self.flush()

    def _retry(self) -> None:
        unheard, self._unheard = self._unheard, {}
        self._again(unheard)
        self.flush()
