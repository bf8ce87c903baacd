"""Up to where a spool is in a dataset: written with each commit, so that both advance at once."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diapason.engines.intake import Fate, Judged
from diapason.ports.workspace import Workspace

__all__ = ["END", "Position", "committed"]

END = 1 << 62
"""A moment after all others."""
_NOTE = re.compile(r"record .+ \[([0-9a-f]+) (\d+) (\d+) (\d+)\]")


@dataclass(frozen=True, slots=True)
class Position:
    """Readings are in the dataset if their record is `low` or before, or `high` or before and they are before `cut`.

    The newest moments wait for the rest of their row: so a commit may leave readings of records that it has seen.
    """

    low: int = 0
    high: int = 0
    cut: int = END  # Moment

    def new(self, number: int, judged: Judged) -> NDArray[np.bool_]:
        """Which stored readings of a record are not in the dataset yet; shape (n,)."""
        stored: NDArray[np.bool_] = judged.fate == Fate.STORED
        if number <= self.low:
            return np.zeros(len(judged), np.bool_)
        return np.logical_and(stored, judged.at >= self.cut) if number <= self.high else stored

    def note(self, connection: str, spool: str) -> str:
        """What a version's note says."""
        return f"record {connection} [{spool} {self.low} {self.high} {self.cut}]"


def committed(ws: Workspace, dataset: str, spool: str) -> Position:
    """The position that the newest commit of this spool has written; the ledger remembers those of erased versions."""
    found = Position()
    for said in _positions(ws, dataset):
        if said[0] == spool:
            found = Position(*said[1])
    return found


def _positions(ws: Workspace, dataset: str) -> Iterator[tuple[str, tuple[int, int, int]]]:
    for entry in ws.ledger.entries(kind="commit", subject=dataset):
        matched = _NOTE.fullmatch(str(entry.body.get("note", "")))
        if matched:
            yield matched[1], (int(matched[2]), int(matched[3]), int(matched[4]))
