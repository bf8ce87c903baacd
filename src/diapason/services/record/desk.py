"""Takes packets in, makes them last, moves them into the lake in commits; a kill repeats and loses nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from diapason.engines.intake import ClockStep, Fate, Judged, Step
from diapason.errors import BrokenEvidence
from diapason.ports.lake import Version
from diapason.ports.spool import Spool
from diapason.ports.workspace import Workspace
from diapason.services.connect import Connection
from diapason.services.ingest import QUARANTINE, keep_contract
from diapason.services.record.accounts import account
from diapason.services.record.keeping import keep_state, keep_target, kept_target, restored, spool_of
from diapason.services.record.knowing import Knowing
from diapason.services.record.position import END, Position, committed
from diapason.services.record.rows import aside, frame, gathered
from diapason.services.record.target import Target, fitting, target_of
from diapason.services.record.wire import packed, unpacked
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Packet
from diapason.vocabulary.tables import Column, Contract, Role

__all__ = ["Desk", "Moved"]

MOST = 2_000_000
"""Readings of one commit; what is left goes into the next."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What a commit has moved."""

    version: Version | None
    readings: int
    rows: int
    rejected: int


class Desk:
    """One recording while it runs. Taking in happens in one thread; `move` may run in another meanwhile.

    Args:
        ws: the workspace.
        said: the connection.
        dataset: where it goes; "" = where it went last.
        run: id of the run that writes.
    """

    def __init__(self, ws: Workspace, said: Connection, dataset: str, run: str) -> None:
        self.ws, self.said, self.run = ws, said, run
        self.spool = spool_of(ws, said.name, said.spool_mib)
        self.position = self.aside = Position()
        before = kept_target(ws, said.name)
        self.target = target_of(said, dataset, before, self.spool.last)
        if self.target != before:
            if before is not None:
                self._finish(before)
            fitting(ws, self.target)
            keep_target(ws, said.name, self.target)
        self.knowing = Knowing(ws, self.target, self.spool)
        self.intake, _ = restored(ws, said.name, self.target, self.spool, ahead=said.ahead, known=self.knowing)
        self.steps: list[ClockStep] = []
        self._place(self.target)
        if not self.spool.last:
            self._after_others()

    def take(self, packet: Packet) -> Judged:
        """Judge a packet, put it on disk, count it.

        Raises:
            Conflict: spool or disk are full; nothing was taken, and the same packet may be given again.
        """
        judged = self.intake.judge(packet)
        nothing = judged.look.step in (Step.NONE, Step.AGAIN) and not judged.lost and not judged.unread
        if not nothing or (judged.fate != Fate.AGAIN).any():
            self.spool.append(packed(judged))
        step = self.intake.take(judged)
        self.knowing.take(judged)
        self.steps += [step] if step is not None else []
        return judged

    @property
    def waiting(self) -> int:
        """Records that are not in the lake yet."""
        return self.spool.last - min(self.position.low, self.aside.low)

    def settled(self) -> tuple[int, dict[str, Any]]:
        """Everything made last, and the account as it stands there; cheap enough to be done between two packets."""
        return self.spool.sync(), self.intake.plain()

    def move(self, until: int, *, whole: bool = False) -> Moved:
        """Move records into the lake, up to one that lasts.

        Args:
            until: number of the newest record to move.
            whole: also the newest moments, whose rows may not be complete.

        Raises:
            Conflict: the lake can't be written; nothing was moved.
        """
        rejected = self._move_rejected(until)
        begin = self.position.low
        records = list(self._records(begin, until))
        if not records:
            return Moved(None, 0, 0, rejected)
        high = records[-1][0]
        chosen = [(number, judged, self.position.new(number, judged)) for number, judged in records]
        cut = self._cut(chosen, whole=whole)
        now = [(judged, mask & (judged.at < cut)) for _, judged, mask in chosen]
        left = [n for (n, judged, mask), (_, taken) in zip(chosen, now, strict=True) if (mask & ~taken).any()]
        position = Position(left[0] - 1 if left else high, high, cut)
        readings = gathered(now)
        version = None
        if len(readings):
            rows = frame(readings, self.target)
            version = self._commit(self.target.dataset, rows, position)
        self.position = position
        return Moved(version, len(readings), rows.height if version else 0, rejected)

    def keep(self, number: int, state: dict[str, Any]) -> None:
        """Keep the account as it was after a record; let go of what is in the lake."""
        keep_state(self.ws, self.said.name, number, state)
        self.spool.free(min(number, self.position.low, self.aside.low))

    def account(self) -> Mapping[str, Any]:
        """The account, for the ledger and for people."""
        return account(self.intake)

    def close(self) -> None:
        """Let go of the spool."""
        self.spool.close()

    def _place(self, target: Target) -> None:
        first = Position(target.since, target.since)
        found = [committed(self.ws, name, self.spool.id) for name in (target.dataset, target.dataset + QUARANTINE)]
        if max(p.high for p in found) > self.spool.last:
            raise _older(self.spool, target)
        self.position, self.aside = (p if p.high > target.since else first for p in found)

    def _finish(self, before: Target) -> None:
        """What belongs to an earlier target goes there first."""
        after, self.target = self.target, before
        self._place(before)
        while next(self.spool.records(min(self.position.low, self.aside.low)), None) is not None:
            self.move(self.spool.last, whole=True)
        self.target = after

    def _after_others(self) -> None:
        """A new spool for a dataset that is there: of moments up to its last one memory knows nothing."""
        last = self.knowing.last()
        for i in range(len(self.target.tags)):
            if last is not None:
                self.intake.moments.forget_before(i, last)

    def _records(self, after: int, until: int) -> Iterator[tuple[int, Judged]]:
        count = 0
        for number, payload in takewhile(lambda pair: pair[0] <= until, self.spool.records(after)):
            judged = unpacked(payload)
            count += len(judged)
            yield number, judged
            if count >= MOST:
                return

    def _cut(self, chosen: list[tuple[int, Judged, Any]], *, whole: bool) -> int:
        """Moments from here on wait for the rest of their row."""
        if whole or not self.target.hold:
            return END
        newest = max((int(judged.at[mask].max()) for _, judged, mask in chosen if mask.any()), default=0)
        cut = newest - self.target.hold
        return max(cut, self.position.cut) if self.position.low < self.position.high else cut

    def _move_rejected(self, until: int) -> int:
        judged = list(self._records(self.aside.low, until))
        if not judged:
            return 0
        place = Position(judged[-1][0], judged[-1][0])
        rows = aside([j for _, j in judged], self.target, self.run)
        if rows.height:
            self._commit(self.target.dataset + QUARANTINE, rows, place)
        self.aside = place
        return rows.height

    def _commit(self, dataset: str, rows: Any, place: Position) -> Version:
        there = bool(self.ws.lake.versions(dataset))
        note = place.note(self.said.name, self.spool.id)
        made = self.ws.lake.commit(dataset, [rows], run=self.run, note=note, append=there)
        if not there:
            keep_contract(self.ws, self.target.contract() if dataset == self.target.dataset else _aside(dataset))
        return made


def _aside(dataset: str) -> Contract:
    kinds = {"because": "text", "run": "category", "raw": "text"}
    return Contract(
        dataset, tuple(Column(c, kind, Role.IGNORED, why="readings set aside") for c, kind in kinds.items())
    )


def _older(spool: Spool, target: Target) -> BrokenEvidence:
    return BrokenEvidence(
        Text(
            f"the spool {spool.id} is older than what it has written into {target.dataset}",
            f"缓存 {spool.id} 比其写入 {target.dataset} 的内容更旧",
        ),
        at=target.dataset,
        fix=Text(
            "move its folder below spool/ away: recording then begins a new one",
            "请将 spool/ 下的该文件夹移走：录制会另起新缓存",
        ),
    )
