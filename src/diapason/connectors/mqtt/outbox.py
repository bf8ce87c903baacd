"""What a plant sends: in order, kept while the broker is away, and sent again when nobody said that it arrived."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from diapason.connectors.mqtt.client import LOST, Client

__all__ = ["Outbox"]

Item = TypeVar("Item")

_UNDER_WAY = 2000  # messages without an answer before more are held back


class Outbox(Generic[Item]):
    """Messages of a plant; `written` gives topic and payload of an item, and knows whether it comes late.

    An item that was sent and not confirmed before a break is sent again, as a late one: at least once, in order.
    """

    def __init__(self, client: Client, written: Callable[[Item, bool], tuple[str, bytes]], keep: int) -> None:
        self._client, self._written, self._keep = client, written, keep
        self._late: deque[Item] = deque()
        self._sent: dict[int, Item] = {}
        self._count = 0
        self.dropped: list[Item] = []  # more than could be kept

    def __len__(self) -> int:
        return len(self._late) + len(self._sent)

    def put(self, item: Item) -> None:
        """Send it now, or behind those that wait."""
        if self._late or len(self._sent) >= _UNDER_WAY or not self._send(item, late=False):
            self._late.append(item)
            if len(self._late) > self._keep:
                self.dropped.append(self._late.popleft())

    def broke(self) -> None:
        """The connection is gone: what was under way is late now."""
        again, self._sent = list(self._sent.values()), {}
        self._late.extendleft(reversed(again))

    def flush(self) -> None:
        """Send what waits."""
        while self._late and len(self._sent) < _UNDER_WAY and self._send(self._late[0], late=True):
            self._late.popleft()

    def _send(self, item: Item, *, late: bool) -> bool:
        if not self._client.connected:
            return False
        answer = self._client.try_once(*self._written(item, late))
        if answer is None:
            return False
        self._count += 1
        number = self._count
        self._sent[number] = item
        answer.add_done_callback(lambda done: self._answered(number, done))
        return True

    def _answered(self, number: int, done: "asyncio.Future[int]") -> None:
        if done.cancelled() or done.result() == LOST:
            return  # `broke` has taken it back
        if self._sent.pop(number, None) is not None and self._late:
            self.flush()
