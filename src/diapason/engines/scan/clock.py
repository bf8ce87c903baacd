"""Steps of time from row to row of each asset: usual step, gaps, jitter, repeated and backward times."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from diapason.engines.scan import _kernel
from diapason.engines.scan.batch import UNKNOWN, Batch
from diapason.engines.scan.column import Column

__all__ = ["Clock"]

Index = NDArray[np.int64]
_KEPT = 32
_STORED = np.zeros(0, np.int32)
_GAP = np.dtype([("step", "i8"), ("row", "i8"), ("before", "i8"), ("asset", "i8")])


def _steps() -> Column:
    return Column.new(1, 0, 0, (0.0, np.inf))


@dataclass(slots=True)
class Clock:
    """Steps as a column of their own: `below` counts those backwards, `zeros` those that repeat a time."""

    steps: Column = field(default_factory=_steps)
    first: Index = field(default_factory=lambda: np.full(1, UNKNOWN))  # (assets,)
    last: Index = field(default_factory=lambda: np.full(1, UNKNOWN))
    row: Index = field(default_factory=lambda: np.full(1, -1))  # of the first time of each asset
    unknown: int = 0
    longest: NDArray[np.void] = field(default_factory=lambda: np.zeros(0, _GAP))  # longest steps

    def update(self, batch: Batch, order: NDArray[np.int32] | None, groups: Index, pairs: int) -> None:
        """Take in a batch; rows without a time are counted apart.

        Args:
            batch: with its times.
            order: in which it is taken in.
            groups: begin, end and the number of the clock of each stretch of one asset and tag, shape (g, 3).
            pairs: how many clocks there are.
        """
        if batch.time is None:
            return
        self._room(pairs)
        state, at = self.steps, _STORED if order is None else order
        gaps = np.zeros(_KEPT, _GAP)
        gaps[: len(self.longest)] = self.longest
        told = (self.first, self.last, self.row, gaps)
        kept, unknown = _kernel.clock(
            state.state, state.tracks, batch.time, at, groups, *told, len(self.longest), batch.first
        )
        self.longest = gaps[:kept]
        self.unknown += unknown

    def _add(self, step: Index, rows: Index, time: Index, asset: Index) -> None:
        if not step.size:
            return
        self.steps.update(step.astype(np.float64), rows, np.array([[0, len(step), 0, -1, -1]]))
        found = np.zeros(len(step), _GAP)
        found["step"], found["row"], found["asset"] = step, rows, asset
        found["before"] = time - step
        self.longest = _largest(np.concatenate([self.longest, found[step > 0]]))

    def merge(self, after: "Clock") -> "Clock":
        """What the rows of both tell, these before those; both know of as many assets."""
        self._room(len(after.last))
        both = np.flatnonzero((self.last != UNKNOWN) & (after.first != UNKNOWN))
        seam = after.first[both] - self.last[both]
        self.steps.merge(after.steps)
        self._add(seam, after.row[both], after.first[both], both.astype(np.int64))
        self.longest = _largest(np.concatenate([self.longest, after.longest]))
        new = (self.first == UNKNOWN) & (after.first != UNKNOWN)
        self.first, self.row = np.where(new, after.first, self.first), np.where(new, after.row, self.row)
        self.last = np.where(after.last != UNKNOWN, after.last, self.last)
        self.unknown += after.unknown
        return self

    def recoded(self, at: Index, assets: int) -> "Clock":
        """The same with the codes of another table."""
        made = Clock(self.steps.copy(), unknown=self.unknown, longest=self.longest.copy())
        made._room(assets)
        code = at if at.size else np.zeros(1, np.int64)
        n = min(len(code), len(self.first))
        made.first[code[:n]], made.last[code[:n]], made.row[code[:n]] = self.first[:n], self.last[:n], self.row[:n]
        made.longest["asset"] = code[made.longest["asset"]] if made.longest.size else 0
        return made

    def copy(self) -> "Clock":
        """One that may be changed."""
        return Clock(
            self.steps.copy(), self.first.copy(), self.last.copy(), self.row.copy(), self.unknown, self.longest.copy()
        )

    def _room(self, assets: int) -> None:
        more = assets - len(self.first)
        if more > 0:
            self.first, self.last = (np.r_[x, np.full(more, UNKNOWN)] for x in (self.first, self.last))
            self.row = np.r_[self.row, np.full(more, -1)]


def _largest(steps: NDArray[np.void]) -> NDArray[np.void]:
    return steps[np.lexsort((steps["row"], -steps["step"]))][:_KEPT]
