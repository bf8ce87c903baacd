"""Subscriptions of one listener: made in batches, remade after a break, readings in columns as they arrive."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import nan
from typing import Any

import numpy as np
from asyncua import Client, ua

from diapason.connectors.opcua.values import now, taken
from diapason.errors import NotFound
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Packet, Seen

__all__ = ["Listening"]

_EACH = 1000  # items of one subscription
_STEP = 500  # items in one request
_AHEAD = 200  # packets that may wait for who listens; then the server has to wait


@dataclass(slots=True)
class Listening:
    """What one listener wants, and where it has got to."""

    tags: tuple[str, ...]
    interval: float  # s
    queue: int
    packets: "asyncio.Queue[Packet | Exception]" = field(default_factory=lambda: asyncio.Queue(_AHEAD))
    latest: dict[int, int] = field(default_factory=dict)  # place to the time of its last reading
    first: dict[int, int] = field(default_factory=dict)  # place to the time of its first reading since the last break
    _order: tuple[int, ...] = ()
    _names: tuple[str, ...] = ()
    _ids: list[int] = field(default_factory=list)

    async def begin(self, client: Client, nodes: Sequence[ua.NodeId], *, again: bool = False) -> None:
        """Subscribe; after a break tags that are gone are told as bad readings instead of an error.

        Raises:
            NotFound: a tag is not there.
        """
        self.first.clear()
        self._ids = []
        for start in range(0, len(nodes), _EACH):
            made = await client.uaclient.create_subscription(self._wish(), self._published)
            self._ids.append(made.SubscriptionId)
            for first in range(start, min(start + _EACH, len(nodes)), _STEP):
                batch = range(first, min(first + _STEP, start + _EACH, len(nodes)))
                bad = await self._items(client, made.SubscriptionId, nodes, batch)
                if bad and not again:
                    raise _gone(self.tags[bad[0]])
                if bad:
                    await self.packets.put(self._lost(bad))

    def _wish(self) -> ua.CreateSubscriptionParameters:
        wish = ua.CreateSubscriptionParameters()
        wish.RequestedPublishingInterval = self.interval * 1000
        wish.RequestedMaxKeepAliveCount = max(3, round(5 / self.interval))
        wish.RequestedLifetimeCount = max(30, round(60 / self.interval))
        wish.MaxNotificationsPerPublish, wish.PublishingEnabled, wish.Priority = 0, True, 0
        return wish

    async def _items(self, client: Client, number: int, nodes: Sequence[ua.NodeId], batch: range) -> list[int]:
        """Add items; every new reading is wanted, also one of the same value; returns the places that failed."""
        left = list(batch)
        for every in (True, False):  # some servers know no filter on texts
            asked = ua.CreateMonitoredItemsParameters()
            asked.SubscriptionId, asked.TimestampsToReturn = number, ua.TimestampsToReturn.Both
            asked.ItemsToCreate = [self._item(nodes[i], i, every) for i in left]
            results = await client.uaclient.create_monitored_items(asked)
            left = [i for i, r in zip(left, results, strict=True) if not r.StatusCode.is_good()]
            if not left:
                break
        return left

    def _item(self, node: ua.NodeId, place: int, every: bool) -> ua.MonitoredItemCreateRequest:
        wish = ua.MonitoredItemCreateRequest()
        wish.ItemToMonitor.NodeId, wish.ItemToMonitor.AttributeId = node, ua.AttributeIds.Value
        wish.MonitoringMode = ua.MonitoringMode.Reporting
        how = wish.RequestedParameters
        how.ClientHandle, how.SamplingInterval = place, self.interval * 1000
        how.QueueSize, how.DiscardOldest = self.queue, True
        if every:
            how.Filter = ua.DataChangeFilter(Trigger=ua.DataChangeTrigger.StatusValueTimestamp)
        return wish

    async def _published(self, result: ua.PublishResult) -> None:
        """One message of the server; waits where who listens is behind, so that the server keeps the readings."""
        for part in result.NotificationMessage.NotificationData or ():
            if isinstance(part, ua.DataChangeNotification):
                await self.packets.put(self._packet(part.MonitoredItems))

    def _packet(self, items: Sequence[Any]) -> Packet:
        received, n = now(), len(items)
        order = tuple(item.ClientHandle for item in items)
        if order != self._order:
            self._order, self._names = order, tuple(self.tags[i] for i in order)
        read = [taken(item.Value, received) for item in items]
        at = [one.at for one in read]
        self.latest.update(zip(order, at, strict=True))
        if len(self.first) < len(self.tags):
            for place, moment in zip(order, at, strict=True):
                self.first.setdefault(place, moment)
        return Packet(
            asset="",
            tags=self._names,
            values=np.fromiter((one.value for one in read), np.float64, n),
            at=np.array(at, dtype=np.int64),
            trust=np.fromiter((one.trust for one in read), np.uint8, n),
            received=received,
            texts={i: one.text for i, one in enumerate(read) if one.text is not None},
            lost={self._names[i]: one.lost for i, one in enumerate(read) if one.lost},
        )

    def _lost(self, places: Sequence[int]) -> Packet:
        """Tags that are not there any more."""
        received, n = now(), len(places)
        return Packet(
            asset="",
            tags=tuple(self.tags[i] for i in places),
            values=np.full(n, nan),
            at=np.full(n, received, dtype=np.int64),
            trust=np.full(n, Seen.BAD, dtype=np.uint8),
            received=received,
        )

    def refused(self, error: Exception) -> None:
        """Say to who listens that nothing more will come; the latest packets make room for that where it is full."""
        while self.packets.full():
            self.packets.get_nowait()
        self.packets.put_nowait(error)

    async def end(self, client: Client) -> None:
        """Unsubscribe."""
        if self._ids:
            ids, self._ids = self._ids, []
            await client.uaclient.delete_subscriptions(ids)


def _gone(tag: str) -> NotFound:
    what = Text(f"the server lets nobody listen to '{tag}'", f"服务器不允许订阅“{tag}”")
    return NotFound(what, at=tag, fix=Text("browse again and choose another", "请重新浏览并另选位号"))
