"""The thread that writes: nobody waits for the disk to decide, and nothing is told before the ledger has it."""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from diapason.errors import Conflict, DiapasonError
from diapason.ports.workspace import Workspace
from diapason.services.operate.journal import Journal
from diapason.services.operate.keeping import keep
from diapason.services.operate.squads import Squad
from diapason.services.operate.telling import Change, told
from diapason.vocabulary.language import Text

__all__ = ["Recorder"]

_MOST = 10_000
"""Jobs that wait; beyond that whoever decides waits too, and the line with them."""
_DEEP = 10
"""Alarms a second whose past is looked at for what moved first."""
_PAUSE = 1.0
"""s between two tries where the disk refuses."""
_GIVES_UP = 10.0
"""s that an ending fleet waits for a disk that refuses."""


class Recorder:
    """Does jobs in their order in a thread of its own; one that fails is tried again, for nothing may be lost.

    Args:
        hand: called in that thread with the squad and the facts of each decision, once the ledger has it.
    """

    def __init__(self, ws: Workspace, journal: Journal, hand: Callable[[Squad, dict[str, Any]], None]) -> None:
        self._ws, self._journal, self._hand = ws, journal, hand
        self._jobs: queue.Queue[Callable[[], None] | None] = queue.Queue(_MOST)
        self._ending = 0.0
        self._deep: list[float] = []
        self.trouble = ""  # why nothing can be written right now
        self.cpu = 0.0  # s
        self.seq = ws.ledger.head()[0]  # of the last decision in the ledger
        self._thread = threading.Thread(target=self._work, name="diapason-journal", daemon=True)
        self._thread.start()

    def changed(self, changes: Sequence[Change]) -> None:
        """Decisions, to be told once they are written."""
        self._jobs.put(lambda: self._decide(changes))

    def observed(self, balance: dict[str, int]) -> None:
        """The rows seen since the last time."""
        rows = self._journal.taken()
        self._jobs.put(lambda: self._journal.observed(rows, balance))

    def keep(self, squad: Squad, named: dict[str, Any]) -> None:
        """The state of a squad, as `kept` has copied it; it counts once all decisions before it are written."""

        def work() -> None:
            keep(self._ws, squad, named | {"seq": self.seq})

        self._jobs.put(work)

    def later(self, job: Callable[[], None]) -> None:
        """Something else to be written, in its turn."""
        self._jobs.put(job)

    @property
    def waiting(self) -> int:
        """Jobs that are not done yet."""
        return self._jobs.qsize()

    def alive(self) -> None:
        """Raise Conflict where the thread has ended by itself: nobody may decide without a journal."""
        if not self._thread.is_alive():
            raise Conflict(
                Text("the journal has stopped", "账本线程已停止"),
                at="journal",
                fix=Text(
                    "start the fleet again; what it saw last is on the error stream", "请重新启动机群；原因见错误输出"
                ),
            )

    def end(self) -> None:
        """Do what waits, then end; where the disk refuses to the last, what could not be written is left."""
        self._ending = time.monotonic()
        self._jobs.put(None)
        self._thread.join()

    def _decide(self, changes: Sequence[Change]) -> None:
        facts = [told(change, deep=self._spare()) for change in changes]
        self.seq = self._journal.decided(facts, [change.recent for change in changes])
        for change, one in zip(changes, facts, strict=True):
            self._hand(change.squad, one)

    def _spare(self) -> bool:
        """Whether there is time to look back: in a flood of alarms the present shares must do."""
        now = time.monotonic()
        self._deep = [t for t in self._deep if now - t < 1.0]
        if len(self._deep) >= _DEEP:
            return False
        self._deep.append(now)
        return True

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            while not self._done(job):
                if self._ending and time.monotonic() - self._ending > _GIVES_UP:
                    return
                time.sleep(_PAUSE)
            self.cpu = time.thread_time()

    def _done(self, job: Callable[[], None]) -> bool:
        try:
            job()
        except (DiapasonError, OSError) as error:
            said = error.said("en")["what"] if isinstance(error, DiapasonError) else error
            self.trouble = str(said)
            return False
        self.trouble = ""
        return True
