"""The story of a recording: listen, make it last, acknowledge, move it into the lake, until somebody says stop."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from diapason.errors import Conflict, DiapasonError, Missing, NotFound
from diapason.ports.disk import turn
from diapason.ports.line import Line, in_lists
from diapason.ports.workspace import Workspace
from diapason.services import attest
from diapason.services.connect import Connection, connection, opened
from diapason.services.record.accounts import grouped
from diapason.services.record.desk import Desk, Moved
from diapason.services.record.keeping import folder_of, kept_target
from diapason.vocabulary.evidence import Plan
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Packet
from diapason.vocabulary.names import proper

__all__ = ["Pace", "run"]

SESSION = "record"
_WINDOW = timedelta(hours=1)
"""Of history that is asked for at once."""
_TOGETHER = 1_000_000
"""Readings of history that become one version."""
Tell = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Pace:
    """How often readings are made to last, and how often they become a version."""

    sync: float = 0.2  # s that a packet waits for its acknowledgement, at most
    seconds: float = 60.0  # between two versions
    records: int = 200_000  # packets after which a version is made early
    retry: float = 1.0  # s until the disk or a line that is gone is tried again


@dataclass(slots=True)
class _Watch:
    """What goes on between taking in and making last."""

    heard: asyncio.Event = field(default_factory=asyncio.Event)
    unsaid: list[Packet] = field(default_factory=list)  # taken, and not yet acknowledged
    line: Line | None = None
    newest: int = 0  # Moment up to which nothing is missing but for a break
    stopped: bool = False
    troubles: set[str] = field(default_factory=set)  # told since the last version


async def run(  # roomy: what is recorded, where to, how long and how often, who says stop and who is told
    ws: Workspace,
    name: str,
    *,
    to: str = "",
    seconds: float | None = None,
    pace: Pace | None = None,
    stop: Callable[[], bool] = lambda: False,
    tell: Tell = lambda _: None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> dict[str, Any]:
    """Record a connection into a dataset, until stop is said or the time is over; a restart goes on.

    A reading is acknowledged to its source once it is on disk. Each version takes the account into the ledger.

    Args:
        name: of the connection.
        to: the dataset; default the one that it was recorded into last.
        seconds: how long; None = until stopped.
        tell: is told of every version, of trouble and of its end.
        since: take what the source remembers from here on, and listen to nothing; until: up to but not including this
            (now). What is stored already is not stored again.

    Returns:
        connection, dataset, version, run, the account, versions, rows, seconds; of history also history (since, until,
        readings, without: tags of which the source remembers nothing).

    Raises:
        NotFound: there is no such connection, or the source remembers nothing of that stretch.
        Missing: nobody answers, and nothing was ever recorded from there.
        Conflict: it is being recorded already, or the dataset has other columns.
        DataError: the file is not as it must be, or it was not said where to.
    """
    said = connection(ws, name)
    before = kept_target(ws, name)
    dataset = proper(to or (before.dataset if before else f"{name}-history"), at="--to")
    with turn(folder_of(ws, name).with_suffix(".lock"), wait=2):
        begun = attest.begin(ws, _plan(said, dataset))
        recorder = _Recorder(ws, said, Desk(ws, said, dataset, begun.id), pace or Pace(), tell)
        try:
            if since is not None:
                return await recorder.recall(begun, since, until or ws.clock().astimezone(UTC), stop)
            return await recorder.carry_out(begun, seconds, stop)
        finally:
            recorder.desk.close()


class _Recorder:
    """One recording: a task that listens, one that makes last, one that moves."""

    def __init__(self, ws: Workspace, said: Connection, desk: Desk, pace: Pace, tell: Tell) -> None:
        self.ws, self.said, self.desk, self.pace, self.tell = ws, said, desk, pace, tell
        self.watch = _Watch()
        self.versions: list[str] = []
        self.rows = 0
        self.moving = asyncio.Lock()
        self.taking = asyncio.Lock()

    async def carry_out(self, begun: attest.Run, seconds: float | None, stop: Callable[[], bool]) -> dict[str, Any]:
        """Everything from opening the line to the signed end."""
        began = time.monotonic()
        fresh = self.desk.spool.last == 0
        await asyncio.to_thread(self.desk.keep, *self.desk.settled())  # a kill soon after need not go over it all again
        self.watch.newest = int(self.desk.intake.moments.last.max(initial=0))
        await self._open(first=fresh)
        tasks = [asyncio.create_task(story) for story in (self._listen(), self._sync(), self._move_often())]
        try:
            await self._until(began, seconds, stop, tasks)
        finally:
            self.watch.stopped = True
            await _ended(tasks, tries=3)
            await self._acknowledge()
            await self._drop_line()
            await _ended(tasks, tries=5)
            await self._move(whole=True)
        return self._end(begun, time.monotonic() - began)

    async def _until(
        self, began: float, seconds: float | None, stop: Callable[[], bool], tasks: list[asyncio.Task[None]]
    ) -> None:
        while not stop() and (seconds is None or time.monotonic() - began < seconds):
            done, _ = await asyncio.wait(tasks, timeout=0.1, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()  # a story ends only by an error that nobody can wait out

    async def _listen(self) -> None:
        """Take in what comes; a line that ends is opened again."""
        while not self.watch.stopped:
            try:
                if self.watch.line is None:
                    await self._open(first=False)
                if self.watch.line is not None:
                    await self._hear(self.watch.line)
            except (Missing, OSError) as error:
                self._trouble(str(error))
            await self._drop_line()
            await asyncio.sleep(self.pace.retry)

    async def _hear(self, line: Any) -> None:
        looking = asyncio.create_task(self._look_back(line, self.watch.newest))
        try:
            async with aclosing(in_lists(line, self.said.tags)) as lists:  # type: ignore[type-var]
                async for packets in lists:
                    await self._take_all(packets)
                    self.watch.unsaid += packets
        finally:
            looking.cancel()

    async def _take_all(self, packets: Sequence[Packet]) -> None:
        for packet in packets:
            await self._take(packet)

    async def _take(self, packet: Packet) -> None:
        """Onto the disk; where there is no room, wait: what is not taken from the line stays with the source."""
        async with self.taking:
            while True:
                try:
                    judged = self.desk.take(packet)
                except Conflict as error:
                    self._trouble(str(error))
                    await asyncio.sleep(self.pace.retry)
                    await self._move()
                    continue
                break
        if judged.look.step or packet.sequence < 0:
            self.watch.newest = max(self.watch.newest, judged.newest)

    async def _look_back(self, line: Any, since: int) -> None:
        """What the source remembers of the time in which nobody listened; over breaks the line looks back itself."""
        if not since:
            return
        begin = datetime.fromtimestamp(since / 1e6, UTC) - timedelta(seconds=10)
        end = self.ws.clock().astimezone(UTC) + timedelta(seconds=self.said.ahead)
        with suppress(Missing, OSError):
            async with aclosing(line.history(self.said.tags, begin, end)) as packets:
                async for packet in packets:
                    await self._take(packet)

    async def _sync(self) -> None:
        """Make last what was taken, then acknowledge it."""
        while True:
            await asyncio.sleep(self.pace.sync)
            await self._acknowledge()

    async def _acknowledge(self) -> None:
        """What was taken lasts, and its source hears so; what could not be said is said next time."""
        line, unsaid = self.watch.line, self.watch.unsaid
        packets = list(unsaid)
        if not packets:
            return
        try:
            await asyncio.to_thread(self.desk.spool.sync)
        except Conflict as error:
            self._trouble(str(error))
            return
        del unsaid[: len(packets)]
        if line is not None and line is self.watch.line:
            with suppress(Missing, OSError):
                await line.acknowledge(packets)

    async def _move_often(self) -> None:
        if self.desk.waiting:
            await self._move()  # what an earlier run has left
        while True:
            began = time.monotonic()
            while time.monotonic() - began < self.pace.seconds and self.desk.waiting < self.pace.records:
                await asyncio.sleep(min(0.5, self.pace.seconds / 4))
            await self._move()

    async def _move(self, *, whole: bool = False) -> None:
        """One version, and the account with it; what can't be moved now is moved next time."""
        async with self.moving:
            try:
                number, state = self.desk.settled()
                body = {"groups": grouped(self.desk.intake)}
                moved = await _whole(self._moved, number, state, body, whole)
            except (Conflict, OSError) as error:
                self._trouble(str(error))
                return
        if moved.version is not None:
            self.watch.troubles.clear()
            self.versions.append(str(moved.version.ref))
            self.rows += moved.rows
            self.tell({"event": "version", "version": str(moved.version.ref), "rows": moved.rows, **self._told()})

    def _moved(self, number: int, state: dict[str, Any], body: dict[str, Any], whole: bool) -> Moved:
        """Records into the lake, the account into the ledger and beside the spool."""
        moved = self.desk.move(number, whole=whole)
        if moved.version is not None or moved.rejected:
            spool = {"id": self.desk.spool.id, "record": number}
            version = "" if moved.version is None else str(moved.version.ref)
            facts = {"connection": self.said.name, "version": version, "spool": spool, **body}
            facts |= {"tags": [tag.tag for tag in self.desk.target.tags]} if len(self.versions) == 0 else {}
            self.ws.ledger.append("account", run=self.desk.run, subject=self.desk.target.dataset, body=facts)
        self.desk.keep(number, state)
        return moved

    async def _open(self, *, first: bool) -> None:
        """Open the line; but for the first time, wait for a source that is not there."""
        try:
            self.watch.line = await opened(self.ws, self.said.name, session=SESSION)
        except (Missing, OSError) as error:
            if first:
                raise
            self._trouble(str(error))

    async def _drop_line(self) -> None:
        """Let go of the line; another one knows nothing of what this one has not acknowledged: that comes again."""
        line, self.watch.line, self.watch.unsaid = self.watch.line, None, []
        if line is not None:
            with suppress(DiapasonError, OSError):
                await line.close()

    def _trouble(self, words: str) -> None:
        if words not in self.watch.troubles:
            self.watch.troubles.add(words)
            self.tell({"event": "trouble", "words": words, **self._told()})

    def _told(self) -> dict[str, Any]:
        return {"waiting": self.desk.waiting, "account": self.desk.account()}

    async def recall(
        self, begun: attest.Run, since: datetime, until: datetime, stop: Callable[[], bool]
    ) -> dict[str, Any]:
        """What the source remembers of a stretch, window by window; a kill in between repeats nothing."""
        began, seen, last = time.monotonic(), Counter[str](), 0
        await asyncio.to_thread(self.desk.keep, *self.desk.settled())
        await self._open(first=True)
        try:
            for begin, end in _windows(since, until):
                seen += await self._remembered(begin, end, stop)
                if seen.total() - last >= _TOGETHER:
                    last = seen.total()
                    await self._acknowledge()
                    await self._move(whole=True)
                if stop():
                    break
        finally:
            await self._acknowledge()
            await self._drop_line()
            await self._move(whole=True)
        if not seen:
            raise _nothing(self.said.name, since, until)
        without = [tag for tag in self.said.tags if not seen[tag]]
        span = {"since": since.isoformat(), "until": until.isoformat()}
        return self._end(begun, time.monotonic() - began) | {
            "history": {**span, "readings": seen.total(), "without": without}
        }

    async def _remembered(self, begin: datetime, end: datetime, stop: Callable[[], bool]) -> "Counter[str]":
        """Take in one window; how many readings of each tag there were."""
        seen = Counter[str]()
        assert self.watch.line is not None  # noqa: S101  # it was opened
        async with aclosing(self.watch.line.history(self.said.tags, begin, end)) as packets:  # type: ignore[type-var]
            async for packet in packets:
                seen.update(packet.tags)
                await self._take(packet)
                if stop():
                    break
        return seen

    def _end(self, begun: attest.Run, seconds: float) -> dict[str, Any]:
        """Sign what was recorded."""
        dataset = self.desk.target.dataset
        versions = self.ws.lake.versions(dataset)
        result = {
            "connection": self.said.name,
            "dataset": str(versions[-1].ref) if versions else dataset,
            "layout": self.desk.target.layout,
            "versions": len(self.versions),
            "rows": self.rows,
            "seconds": round(seconds, 1),
            "waiting": self.desk.waiting,
            "account": self.desk.account(),
        }
        if versions:
            begun.subject(f"dataset/{versions[-1].ref}", versions[-1].digest)
        begun.finish(result)
        return {**result, "run": begun.id}


def _windows(since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """A stretch in parts: within one, rows of all tags come together."""
    while since < until:
        end = min(since + _WINDOW, until)
        yield since, end
        since = end


def _nothing(name: str, since: datetime, until: datetime) -> NotFound:
    return NotFound(
        Text(f"{name} remembers nothing of that stretch", f"{name} 没有该时段的历史"),
        at=f"{since.isoformat(timespec='seconds')} … {until.isoformat(timespec='seconds')}",
        fix=Text(
            "name another stretch, or have the server keep a history of these tags; MQTT and Modbus keep none",
            "请改用其他时段，或让服务器保存这些位号的历史；MQTT 与 Modbus 不保存历史",
        ),
    )


async def _ended(tasks: Sequence[asyncio.Task[None]], *, tries: int) -> None:
    """Ask tasks to end, again and again: a connector may have been in the middle of what it does not leave."""
    for _ in range(tries):
        pending = [task for task in tasks if not task.done()]
        for task in pending:
            task.cancel()
        if pending:
            await asyncio.wait(pending, timeout=1.0)


async def _whole(work: Callable[..., Moved], *values: Any) -> Moved:
    """Work in another thread that is never left in the middle: who is asked to end waits for it."""
    task = asyncio.ensure_future(asyncio.to_thread(work, *values))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def _plan(said: Connection, dataset: str) -> Plan:
    settings = {"connection": said.name, "address": said.address, "layout": said.layout, "tags": len(said.chosen)}
    return Plan("record", dataset, "", "", "", "", (), 0, {}, 0.0, settings)
