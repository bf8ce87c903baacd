"""The story of a fleet: who is in force, what they listen to, decide, journal, tell, and go on where they were."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from threadpoolctl import threadpool_limits

from diapason.errors import DataError, DiapasonError, NotFound
from diapason.ports.line import BulkLine, Line
from diapason.ports.workspace import Workspace
from diapason.services import agent, connect, gateway
from diapason.services.operate.advising import sound
from diapason.services.operate.fleet import Fleet
from diapason.services.operate.looking import note
from diapason.services.operate.proposing import Proposer
from diapason.services.operate.squads import Pace, Squad, gathered, manifest_digest
from diapason.services.operate.viewing import seen
from diapason.vocabulary.acting import Autonomy, Manifest
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Packet

__all__ = ["Wish", "attend", "chosen", "many", "run", "unwatched"]

_SOON = 0.035
"""s within which a reading is decided: what a stroke takes of it, and for the rest readings gather."""
_LEAST, _MOST = 0.01, 0.03
"""s that readings gather before agents look: fewer, larger strokes."""
_WAITING = 20_000
"""Packets that wait at most, of a line that gives them one by one; then nothing more is taken from it."""
_TENDS = 0.2
_BEATS = 5.0
_SHOWS = 1.0


@dataclass(frozen=True, slots=True)
class Wish:
    """How a fleet is to run.

    Args:
        address: listen there in place of the connections that manifests name, with these options.
        seconds: then it ends; 0 = until somebody stops it.
        shadow: decisions are recorded, nothing is proposed.
        unpublished: let a model decide that is not published.
    """

    address: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    pace: Pace = field(default_factory=Pace)
    shadow: bool = False
    unpublished: bool = False


async def run(
    ws: Workspace,
    names: Sequence[str] = (),
    wish: Wish | None = None,
    *,
    show: Callable[[dict[str, Any]], None] = lambda _: None,
    tell: Callable[[dict[str, Any]], None] = lambda _: None,
) -> dict[str, Any]:
    """Run agents in this process until it is stopped.

    Args:
        names: of agents in force; none = all of them.
        show: called about once a second with the present state, as `seen` gives it.
        tell: called with each decision, after it is in the ledger.

    Returns:
        The last state.

    Raises:
        NotFound: there is no such agent, or none at all.
        Refused: an agent or its model is not in force any more.
        DataError: an agent has no connection, or its rules can't be.
        Missing: nobody answers at a connection's address.
    """
    return await attend(ws, chosen(ws, names), wish or Wish(), show=show, tell=tell)


async def attend(
    ws: Workspace,
    manifests: Sequence[Manifest],
    wish: Wish,
    *,
    show: Callable[[dict[str, Any]], None] = lambda _: None,
    tell: Callable[[dict[str, Any]], None] = lambda _: None,
) -> dict[str, Any]:
    """Run these agents, whoever vouches for them; as `run`."""
    squads = gathered(ws, manifests, wish.pace, unpublished=wish.unpublished)
    for one in manifests:
        sound(one)
    lines = await _lines(ws, manifests, wish)
    number = sum(1 for _ in ws.ledger.entries(kind="operate")) + 1
    run_id = f"operate-{manifest_digest(manifests)[:10]}-{number}"
    proposer = Proposer(ws, manifests, lines, shadow=wish.shadow)

    loop = asyncio.get_running_loop()

    def each(squad: Squad, facts: dict[str, Any]) -> None:
        tell(facts)
        proposer.hears(squad, facts)

    def hand(squad: Squad, facts: dict[str, Any]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended: it is in the ledger
            loop.call_soon_threadsafe(each, squad, facts)

    with threadpool_limits(1):
        fleet = Fleet(ws, squads, run_id, hand)
        ws.ledger.append("operate", run=run_id, subject="agents", body=_begins(manifests, fleet, wish))
        try:
            await _at_work(ws, fleet, lines, wish, _Shown(fleet, lines, proposer, show))
        finally:
            await asyncio.to_thread(fleet.end)
            await proposer.end()
            for line in lines.values():
                await line.close()
    last = seen(fleet, lines, proposer)
    note(ws, last)
    return last


def chosen(ws: Workspace, names: Sequence[str]) -> tuple[Manifest, ...]:
    """The manifests of these agents, or of all that are in force.

    Raises:
        NotFound: there is none.
        Refused: one of them is not in force.
    """
    found = tuple(agent.find(ws, name) for name in dict.fromkeys(names)) if names else tuple(agent.all(ws))
    if not found:
        raise NotFound(
            Text("no agent is in force", "没有有效的智能体"),
            at=str(ws.folder),
            fix="diapason agent new NAME --model MODEL@VERSION --asset ASSET",
        )
    return found


def unwatched(ws: Workspace, names: Sequence[str] = ()) -> tuple[str, ...]:
    """Agents that may act, while no process tends the gateway."""
    if gateway.watched(ws):
        return ()
    return tuple(
        m.name for m in chosen(ws, names) if any(x["level"] >= Autonomy.A3 for x in gateway.levels(ws, m.name))
    )


def _begins(manifests: Sequence[Manifest], fleet: Fleet, wish: Wish) -> dict[str, Any]:
    models = {s.model.ref: s.model.digest for s in fleet.squads if s.model}
    return {
        "agents": [f"{m.name}@{m.version}" for m in manifests],
        "models": models,
        "went_on": fleet.went_on,
        "shadow": wish.shadow,
    }


async def _lines(ws: Workspace, manifests: Sequence[Manifest], wish: Wish) -> dict[str, Line]:
    """Open what the agents listen to, by the name of the connection ("" = the address that was given)."""
    if wish.address:
        return {"": await connect.line_of(wish.address, dict(wish.options))}
    names = dict.fromkeys(m.connection for m in manifests)
    if "" in names:
        lost = next(m.name for m in manifests if not m.connection)
        raise DataError(
            Text(f"agent '{lost}' listens to nothing", f"智能体“{lost}”未指定连接"),
            at=f"agents/{lost}.yaml, field connection",
            fix=Text(
                "name a connection: diapason connect ADDRESS --name NAME",
                "请指定连接：diapason connect 地址 --name 名称",
            ),
        )
    opened: dict[str, Line] = {}
    try:
        for name in names:
            opened[name] = await connect.opened(ws, name)
    except BaseException:
        for line in opened.values():
            await line.close()
        raise
    return opened


async def _at_work(
    ws: Workspace, fleet: Fleet, lines: Mapping[str, Line], wish: Wish, show: Callable[[], None]
) -> None:
    """Listen to all lines and tend the fleet until its time is over or somebody stops it."""
    tasks = [asyncio.create_task(_listen(ws, fleet, name, line)) for name, line in lines.items()]
    tasks.append(asyncio.create_task(_tend(ws, fleet, show)))
    ends = asyncio.create_task(asyncio.sleep(wish.seconds)) if wish.seconds else None
    try:
        done, _ = await asyncio.wait([*tasks, *([ends] if ends else [])], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in (*tasks, *([ends] if ends else [])):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, DiapasonError):
                await task


async def _listen(ws: Workspace, fleet: Fleet, name: str, line: Line) -> None:
    tags: Sequence[str] = ()
    if name:
        said = connect.connection(ws, name)
        tags = said.tags
        _aliased(fleet, name, said)
    stroke, bulk = Stroke(), line if isinstance(line, BulkLine) else None
    async for packets in many(line, tags, stroke):
        begin = packets[0].received / 1e6 if bulk else time.time()
        fleet.take(packets, waited=bulk.waited if bulk else 0.0)
        stroke.took(time.time() - begin)
        if bulk:
            bulk.gathers(stroke.gathers)


class Stroke:
    """How long readings gather: as long as what agents take for a stroke leaves of the time they have.

    >>> stroke = Stroke()
    >>> for _ in range(100):
    ...     stroke.took(0.015)
    >>> round(stroke.gathers, 3)
    0.02
    """

    def __init__(self) -> None:
        self.gathers = _MOST  # s
        self._takes = 0.0  # s from the arrival of a list to its last decision, on average

    def took(self, seconds: float) -> None:
        """One stroke is done."""
        self._takes += 0.1 * (seconds - self._takes)
        self.gathers = min(max(_SOON - self._takes, _LEAST), _MOST)


def many(line: Line, tags: Sequence[str], stroke: Stroke | None = None) -> AsyncIterator[list[Packet]]:
    """Packets in lists, as many in each as came while the last ones were decided, and within a stroke."""
    stroke = stroke or Stroke()
    if isinstance(line, BulkLine):
        line.gathers(stroke.gathers)
        return line.listen_many(tags)
    return _ones(line, tags, stroke)


async def _ones(line: Line, tags: Sequence[str], stroke: Stroke) -> AsyncIterator[list[Packet]]:
    """Packets in lists, from a line that gives them one by one: whatever came while agents were looking."""
    queue: asyncio.Queue[Packet] = asyncio.Queue(_WAITING)

    async def collect() -> None:
        async for packet in line.listen(tags):
            await queue.put(packet)

    collecting = asyncio.create_task(collect())
    try:
        while not (collecting.done() and queue.empty()):
            first = asyncio.create_task(queue.get())
            await asyncio.wait({first, collecting}, return_when=asyncio.FIRST_COMPLETED)
            if not first.done():
                first.cancel()
                continue
            yield [first.result(), *(queue.get_nowait() for _ in range(queue.qsize()))]
            await asyncio.sleep(stroke.gathers)
        collecting.result()
    finally:
        collecting.cancel()


def _aliased(fleet: Fleet, name: str, said: connect.Connection) -> None:
    """Tags by the names of their columns, as the connection's file has them and the model has learnt them."""
    for squad in fleet.squads:
        rows = {m.asset: i for i, m in enumerate(squad.manifests) if m.connection == name}
        for one in said.chosen:
            if one.column not in squad.columns:
                continue
            owner = one.point.asset if one.point.asset in rows else (next(iter(rows), "") if len(rows) == 1 else "")
            if owner in rows:
                squad.aliases[one.point.tag] = (rows[owner], squad.columns.index(one.column))


async def _tend(ws: Workspace, fleet: Fleet, show: Callable[[], None]) -> None:
    shown = beaten = 0.0
    names = [m.name for squad in fleet.squads for m in squad.manifests]
    while True:
        fleet.tend(time.time_ns() // 1000)
        now = time.monotonic()
        if now - beaten >= _BEATS:
            beaten = now
            gateway.beat(ws, names)
        if now - shown >= _SHOWS:
            shown = now
            show()
        await asyncio.sleep(_TENDS)


class _Shown:
    """Shows the present state, and leaves it on disk now and then for `status`."""

    def __init__(
        self, fleet: Fleet, lines: Mapping[str, Line], proposer: Proposer, show: Callable[[dict[str, Any]], None]
    ) -> None:
        self._fleet, self._lines, self._proposer, self._show = fleet, lines, proposer, show
        self._noted = 0.0

    def __call__(self) -> None:
        self._fleet.outlook.look()
        facts = seen(self._fleet, self._lines, self._proposer)
        self._show(facts)
        self._proposer.advises(self._fleet.squads, int(facts["at"] * 1e6))
        if facts["at"] - self._noted >= _BEATS:
            self._noted = facts["at"]
            note(self._fleet.workspace, facts)
