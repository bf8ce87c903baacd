"""Readings as they arrive become rows: the present tick of each asset, closed when all tags are in or time is up."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from diapason.vocabulary.line import Moment, Packet, Seen

__all__ = ["Address", "Closed", "Counts", "Ticks"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Address = Callable[[str, str], tuple[int, int] | None]
"""From the asset and the tag of a reading to its row and column; None = not ours."""

_MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class Closed:
    """Rows that are whole, each asset at most once."""

    who: Index  # (n,), which asset
    x: Array  # (n, columns), nan = missing
    at: NDArray[np.int64]  # (n,), Moment of the newest reading by the source's clock
    received: NDArray[np.int64]  # (n,), Moment by ours at which the last reading came
    trust: NDArray[np.uint8]  # (n,), Seen: the worst of the row
    whole: NDArray[np.bool_]  # (n,), whether every tag came in this tick

    def __len__(self) -> int:
        return len(self.who)


@dataclass(slots=True)
class Counts:
    """Where every reading went: taken = used + late + unknown + waiting."""

    taken: int = 0
    used: int = 0
    late: int = 0  # not newer than the row that its asset closed last
    unknown: int = 0  # of no tag that an agent here listens to
    waiting: int = 0  # in a tick that is still open


@dataclass(slots=True)
class _Route:
    """Where the readings of packets with this very tuple of tags go."""

    tags: tuple[str, ...]
    rows: Index
    columns: Index
    keep: Index  # positions in the packet
    row: int  # of all readings; -1 = of several assets
    whole: bool  # whether the packet holds every column once
    order: Index | None  # then: positions in the order of the columns; None = as they lie
    texts: bool  # whether categories are among them
    usual: bool  # whole, in the order of the columns, numbers only


@dataclass(slots=True)
class _Batch:
    """Rows that wait to be handed out together."""

    who: list[int] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    x: list[Array] = field(default_factory=list)
    at: list[int] = field(default_factory=list)
    received: list[int] = field(default_factory=list)
    trust: list[NDArray[np.uint8]] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)


@dataclass(slots=True)
class _Group:
    """Messages with every tag, each of another asset."""

    pairs: list[tuple[Packet, _Route]] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    usual: bool = True  # all columns lie in order, none of them a text


class Ticks:
    """The present tick of assets that share columns.

    A message that holds every tag of an asset is a row of its own. Readings that come apart are gathered until all tags
    are in, one of them comes again, the period is over by the source's clock, or `patience` is over by ours; a tag that
    did not come keeps its last value for `hold`, then it is missing.

    Args:
        assets: how many.
        columns: how many tags each has.
        address: where the reading of a tag of an asset belongs.
        levels: columns that are categories, with the place of each text.
        period: s between two rows of an asset.
        patience: s after the first reading of a tick, by our clock.
        hold: s that a value is still that of its tag.
    """

    def __init__(
        self,
        assets: int,
        columns: int,
        address: Address,
        *,
        levels: Mapping[int, Mapping[str, float]] | None = None,
        period: float = 1.0,
        patience: float = 1.0,
        hold: float = 10.0,
    ) -> None:
        self.counts = Counts()
        self.values = np.full((assets, columns), np.nan)
        self.stamps = np.zeros((assets, columns), np.int64)
        self._trust = np.zeros((assets, columns), np.uint8)
        self._have = np.zeros((assets, columns), np.bool_)
        self._count = np.zeros(assets, np.int64)
        self._open: set[int] = set()  # assets with readings that wait for others
        self._begin = np.zeros(assets, np.int64)  # Moment of the first reading of the open tick, by the source
        self._first = np.zeros(assets, np.int64)  # by our clock
        self._received = np.zeros(assets, np.int64)  # of the newest reading, by our clock
        self.last = np.full(assets, np.iinfo(np.int64).min)  # Moment of the row closed last
        self._address, self._levels = address, dict(levels or {})
        self._period, self._patience, self._hold = (round(s * _MICRO) for s in (period, patience, hold))
        self._routes: dict[tuple[str, tuple[str, ...]], _Route] = {}
        self._usual: dict[str, _Route] = {}

    def take(self, packets: Sequence[Packet]) -> Iterator[Closed]:
        """Take packets in their order; hand out the rows that they close, those of one asset in order."""
        group = _Group()
        seen, pairs, usual = group.seen, group.pairs, self._usual.get
        for packet in packets:
            route = usual(packet.asset)
            if route is None or route.tags is not packet.tags:
                route = self._routed(packet)
            row = route.row
            if row in seen or (row < 0 and pairs):
                yield from self._rows(group)
                group = _Group()
                seen, pairs = group.seen, group.pairs
            if route.whole and row not in self._open:
                seen.add(row)
                pairs.append((packet, route))
                group.usual = group.usual and route.usual
            else:
                self.counts.taken += len(packet.tags)
                self.counts.unknown += len(packet.tags) - len(route.keep)
                yield from self._apart(packet, route)
        yield from self._rows(group)

    def overdue(self, now: Moment) -> Iterator[Closed]:
        """Rows whose time is up by our clock."""
        batch = _Batch()
        for row in sorted(self._open):
            if now - self._first[row] > self._patience:
                self._close(row, batch)
        yield from self._handed(batch)

    def state(self) -> dict[str, NDArray[np.generic]]:
        """What is remembered between ticks, the first axis over assets; readings of open ticks are not."""
        return {"values": self.values.copy(), "stamps": self.stamps.copy(), "last": self.last.copy()}

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Take up a state."""
        self.values[:], self.stamps[:], self.last[:] = state["values"], state["stamps"], state["last"]

    def _routed(self, packet: Packet) -> _Route:
        key = (packet.asset, packet.tags)
        route = self._routes.get(key)
        if route is None or route.tags is not packet.tags:
            if len(self._routes) > 100_000:  # a source that makes up tuples without end
                self._routes.clear()
            route = self._routes[key] = self._found(packet)
        self._usual[packet.asset] = route
        return route

    def _found(self, packet: Packet) -> _Route:
        places = [self._address(packet.asset, tag) for tag in packet.tags]
        keep = np.array([i for i, place in enumerate(places) if place is not None], np.int64)
        rows = np.array([place[0] for place in places if place is not None], np.int64)
        columns = np.array([place[1] for place in places if place is not None], np.int64)
        one = int(rows[0]) if len(rows) and (rows == rows[0]).all() else -1
        texts = bool(self._levels) and bool(set(columns.tolist()) & set(self._levels))
        width = self.values.shape[1]
        whole = one >= 0 and len(columns) == width and len(np.unique(columns)) == width
        order: Index | None = keep[np.argsort(columns)] if whole else None
        if order is not None and len(order) == len(packet.tags) and (np.diff(order) == 1).all():
            order = None
        usual = whole and order is None and not texts
        return _Route(packet.tags, rows, columns, keep, one, whole, order, texts, usual)

    def _rows(self, group: _Group) -> Iterator[Closed]:
        """Messages with every tag: each a row as it is, unless it is old or holds readings of several moments."""
        pairs = group.pairs
        if not pairs:
            return
        width = self.values.shape[1]
        taken = width * len(pairs) if group.usual else sum(len(p.tags) for p, _ in pairs)
        self.counts.taken += taken
        self.counts.unknown += taken - width * len(pairs)
        who = np.array([r.row for _, r in pairs], np.int64)
        at = np.concatenate([p.at if r.order is None else p.at[r.order] for p, r in pairs]).reshape(-1, width)
        newest = at.max(axis=1)
        late, spread = newest <= self.last[who], newest - at.min(axis=1) >= self._period
        odd = late | spread
        if odd.any():
            self.counts.late += width * int(late.sum())
            rest = [pairs[i] for i in np.flatnonzero(spread & ~late).tolist()]
            pairs = [pairs[i] for i in np.flatnonzero(~odd).tolist()]
            who, newest = who[~odd], newest[~odd]
            for packet, route in rest:
                yield from self._apart(packet, route)
        if pairs:
            yield self._closed(pairs, who, newest, usual=group.usual)

    def _closed(
        self, pairs: Sequence[tuple[Packet, _Route]], who: Index, newest: NDArray[np.int64], *, usual: bool
    ) -> Closed:
        if usual:
            x = np.concatenate([p.values for p, _ in pairs])
            trust = np.concatenate([p.trust for p, _ in pairs])
        else:
            values = [self._coded(p, r) if r.texts else p.values for p, r in pairs]
            x = np.concatenate([v if r.order is None else v[r.order] for v, (_, r) in zip(values, pairs, strict=True)])
            trust = np.concatenate([p.trust if r.order is None else p.trust[r.order] for p, r in pairs])
        x, trust = x.reshape(len(who), -1), trust.reshape(len(who), -1)
        if trust.any():
            x[trust == Seen.BAD] = np.nan
            worst = trust.max(axis=1)
        else:
            worst = np.zeros(len(who), np.uint8)
        self.counts.used += x.size
        self.last[who], self.values[who], self.stamps[who] = newest, x, newest[:, None]
        received = np.array([p.received for p, _ in pairs], np.int64)
        return Closed(who, x, newest, received, worst, np.ones(len(who), np.bool_))

    def _apart(self, packet: Packet, route: _Route) -> Iterator[Closed]:
        """Readings that come apart."""
        batch = _Batch()
        for closed in self._parts(packet, route):
            if closed in batch.seen:
                yield from self._handed(batch)
                batch = _Batch()
            self._close(closed, batch)
        yield from self._handed(batch)

    def _parts(self, packet: Packet, route: _Route) -> Iterator[int]:
        """Readings that come apart; gives each row that is to be closed, before what follows is written."""
        values = (packet.values if not route.texts else self._coded(packet, route))[route.keep]
        for i, (row, column, at) in enumerate(
            zip(route.rows.tolist(), route.columns.tolist(), packet.at[route.keep].tolist(), strict=True)
        ):
            if at <= self.last[row]:
                self.counts.late += 1
                continue
            if row in self._open and (self._have[row, column] or at >= self._begin[row] + self._period):
                yield row
            if row not in self._open:
                self._open.add(row)
                self._begin[row], self._first[row] = at, packet.received
            self.values[row, column] = np.nan if packet.trust[route.keep[i]] == Seen.BAD else values[i]
            self.stamps[row, column] = at
            self._trust[row, column], self._have[row, column] = packet.trust[route.keep[i]], True
            self._count[row] += 1
            self.counts.waiting += 1
            self._received[row] = packet.received
            if self._count[row] == self.values.shape[1]:
                yield row

    def _close(self, row: int, batch: _Batch) -> None:
        have, stamps = self._have[row], self.stamps[row]
        at = int(stamps[have].max())
        self.last[row] = at
        fresh = have | ((stamps > 0) & (at - stamps <= self._hold))
        batch.who.append(row)
        batch.seen.add(row)
        batch.x.append(np.where(fresh, self.values[row], np.nan))
        batch.at.append(at)
        batch.received.append(int(self._received[row]))
        batch.trust.append(np.where(have, self._trust[row], np.uint8(0)))
        batch.whole.append(bool(have.all()))
        self.counts.waiting -= int(self._count[row])
        self.counts.used += int(self._count[row])
        self._have[row], self._count[row] = False, 0
        self._open.discard(row)

    def _coded(self, packet: Packet, route: _Route) -> Array:
        """The values with texts of categories as the place of their level."""
        values = packet.values.copy()
        for position, text in packet.texts.items():
            at = np.flatnonzero(route.keep == position)
            levels = self._levels.get(int(route.columns[at[0]])) if len(at) else None
            if levels is not None:
                values[position] = levels.get(text, np.nan)
        return values

    def _handed(self, batch: _Batch) -> Iterator[Closed]:
        if not batch.who:
            return
        x = np.concatenate(batch.x).reshape(len(batch.who), -1)
        trust = np.concatenate(batch.trust).reshape(x.shape)
        if trust.any():
            x[trust == Seen.BAD] = np.nan
        who, at, received = (np.array(each, np.int64) for each in (batch.who, batch.at, batch.received))
        yield Closed(who, x, at, received, trust.max(axis=1), np.array(batch.whole))
