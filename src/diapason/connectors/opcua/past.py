"""What a server remembers: raw history, tag by tag, page by page."""

from collections import deque
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from asyncua import Client, ua

from diapason.connectors.opcua.values import now, taken
from diapason.vocabulary.line import Moment, Packet

__all__ = ["history"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PAGE = 5000  # readings of one tag in one answer
_STEP = 25  # tags in one request


async def history(
    client: Client, tags: Sequence[str], nodes: Sequence[ua.NodeId], start: Moment, end: Moment
) -> AsyncIterator[Packet]:
    """Readings with start <= time < end, each tag's in order; tags that are not kept give nothing."""
    ahead: deque[tuple[int, Any]] = deque((i, None) for i in range(len(nodes)))
    while ahead:
        batch = [ahead.popleft() for _ in range(min(_STEP, len(ahead)))]
        results = await _ask(client, [(nodes[i], mark) for i, mark in batch], start, end)
        more = [
            (i, r.ContinuationPoint)
            for (i, _), r in zip(batch, results, strict=True)
            if r.ContinuationPoint and r.StatusCode.is_good()
        ]
        ahead.extendleft(reversed(more))
        packets = (_packet(tags[i], _values(r), start, end) for (i, _), r in zip(batch, results, strict=True))
        for packet in filter(None, packets):
            yield packet


async def _ask(client: Client, wanted: Sequence[tuple[ua.NodeId, Any]], start: Moment, end: Moment) -> list[Any]:
    details = ua.ReadRawModifiedDetails()
    details.IsReadModified, details.ReturnBounds, details.NumValuesPerNode = False, False, _PAGE
    details.StartTime, details.EndTime = (_EPOCH + timedelta(microseconds=m) for m in (start, end))
    asked = ua.HistoryReadParameters()
    asked.HistoryReadDetails, asked.TimestampsToReturn = details, ua.TimestampsToReturn.Both
    asked.ReleaseContinuationPoints = False
    for node, mark in wanted:
        one = ua.HistoryReadValueId()
        one.NodeId, one.DataEncoding, one.ContinuationPoint = node, ua.QualifiedName(), mark
        asked.NodesToRead.append(one)
    return list(await client.uaclient.history_read(asked))


def _values(result: Any) -> Sequence[ua.DataValue]:
    if not result.StatusCode.is_good():
        return ()
    data = result.HistoryData
    if isinstance(data, ua.ExtensionObject):
        return ()
    return getattr(data, "DataValues", None) or ()


def _packet(tag: str, values: Sequence[ua.DataValue], start: Moment, end: Moment) -> Packet | None:
    received = now()
    read = [one for one in (taken(v, received) for v in values) if start <= one.at < end]
    if not read:
        return None
    n = len(read)
    return Packet(
        asset="",
        tags=(tag,) * n,
        values=np.fromiter((one.value for one in read), np.float64, n),
        at=np.fromiter((one.at for one in read), np.int64, n),
        trust=np.fromiter((one.trust for one in read), np.uint8, n),
        received=received,
        texts={i: one.text for i, one in enumerate(read) if one.text is not None},
    )
