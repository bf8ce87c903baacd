"""Steps of time from row to row of each asset: usual step, gaps, jitter, repeated and backward times."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from diapason.engines.scan.batch import Batch
from diapason.engines.scan.column import Column

__all__ = ["Clock"]

Index = NDArray[np.int64]
_UNKNOWN = np.iinfo(np.int64).min
_KEPT = 32
_GAP = np.dtype([("step", "i8"), ("row", "i8"), ("before", "i8"), ("asset", "i8")])


def _steps() -> Column:
    return Column.new(1, 0, 0, (0.0, np.inf))


@dataclass(slots=True)
class Clock:
    """Steps as a column of their own: `below` counts those backwards, `zeros` those that repeat a time."""

    steps: Column = field(default_factory=_steps)
    first: Index = field(default_factory=lambda: np.full(1, _UNKNOWN))  # (assets,)
    last: Index = field(default_factory=lambda: np.full(1, _UNKNOWN))
    row: Index = field(default_factory=lambda: np.full(1, -1))  # of the first time of each asset
    unknown: int = 0
    longest: NDArray[np.void] = field(default_factory=lambda: np.zeros(0, _GAP))  # longest steps

    def update(self, batch: Batch, pair: Index, pairs: int) -> None:
        """Take in a batch, `pair` being the clock of each of its stretches; rows without a time are counted apart."""
        if batch.time is None:
            return
        self._room(pairs)
        asset = np.repeat(pair, batch.end - batch.begin)
        time = batch.time if batch.order is None else batch.time[batch.order]
        rows = batch.rows if batch.order is None else batch.rows[batch.order]
        known = time != _UNKNOWN
        self.unknown += int((~known).sum())
        if not known.all():
            time, rows, asset = time[known], rows[known], asset[known]
        begin = np.flatnonzero(np.r_[True, np.diff(asset) != 0]) if asset.size else np.zeros(0, np.int64)
        self._take(time, rows, asset, begin)

    def _take(self, time: Index, rows: Index, asset: Index, begin: Index) -> None:
        step = np.zeros(len(time), np.int64)
        step[1:] = np.diff(time)
        end = np.r_[begin[1:], len(time)] if begin.size else begin
        fresh = np.zeros(len(time), bool)
        for b, e in zip(begin.tolist(), end.tolist(), strict=True):  # an asset may come twice in a batch
            code = int(asset[b])
            if self.last[code] == _UNKNOWN:
                self.first[code], self.row[code], fresh[b] = time[b], rows[b], True
            else:
                step[b] = time[b] - self.last[code]
            self.last[code] = time[e - 1]
        keep = ~fresh
        self._add(step[keep], rows[keep], time[keep], asset[keep])

    def _add(self, step: Index, rows: Index, time: Index, asset: Index) -> None:
        if not step.size:
            return
        cut = np.array([[0, len(step), 0, -1, -1]])
        self.steps.update(step.astype(np.float64), rows, cut)
        least = int(self.longest["step"][-1]) if len(self.longest) == _KEPT else 0
        far = np.flatnonzero(step > least)
        if not far.size:
            return
        far = far[np.argsort(-step[far], kind="stable")[:_KEPT]]
        found = np.zeros(len(far), _GAP)
        found["step"], found["row"], found["asset"] = step[far], rows[far], asset[far]
        found["before"] = time[far] - step[far]
        self.longest = _largest(np.concatenate([self.longest, found]))

    def merge(self, after: "Clock") -> "Clock":
        """What the rows of both tell, these before those; both know of as many assets."""
        self._room(len(after.last))
        both = np.flatnonzero((self.last != _UNKNOWN) & (after.first != _UNKNOWN))
        seam = after.first[both] - self.last[both]
        self.steps.merge(after.steps)
        self._add(seam, after.row[both], after.first[both], both.astype(np.int64))
        self.longest = _largest(np.concatenate([self.longest, after.longest]))
        new = (self.first == _UNKNOWN) & (after.first != _UNKNOWN)
        self.first, self.row = np.where(new, after.first, self.first), np.where(new, after.row, self.row)
        self.last = np.where(after.last != _UNKNOWN, after.last, self.last)
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
            self.first, self.last = (np.r_[x, np.full(more, _UNKNOWN)] for x in (self.first, self.last))
            self.row = np.r_[self.row, np.full(more, -1)]


def _largest(steps: NDArray[np.void]) -> NDArray[np.void]:
    return steps[np.lexsort((steps["row"], -steps["step"]))][:_KEPT]
