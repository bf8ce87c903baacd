"""The clock of each asset: steps backwards, repeats, gaps, unsteadiness."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diapason.engines.quality.layout import Floats, Keys, Longs, Rows

__all__ = ["Clock", "Steps"]

KEPT = 2_000  # places kept of each sort
FIELDS = np.dtype(
    [("row", np.int64), ("start", np.float64), ("end", np.float64), ("asset", np.uint64), ("before", np.int64)]
)
Steps = NDArray[np.void]
"""Steps from `start` to `end`, as records; `row` is the `_row` that the step leads to, `before` the one it leaves."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Steps of time; the merge of neighbouring pieces equals the whole."""

    steps: Floats  # distinct forward steps to four digits, ascending
    counts: Longs
    back: int
    repeat: int
    backwards: Steps  # places, by row, the first ones
    repeats: Steps
    largest: Steps  # forward steps, largest first
    missing: int  # rows without a time
    assets: Keys  # sorted
    first: Steps  # (a,) with `start` = `end` = time of the first row
    last: Steps

    @classmethod
    def of(cls, rows: Rows) -> "Clock":
        """Steps of one batch; rows without a time are passed over."""
        time = np.empty(0) if rows.time is None else rows.time
        known = np.isfinite(time)
        places = np.zeros(int(known.sum()), FIELDS)
        if rows.time is not None:
            places["row"] = places["before"] = rows.row[known]
            places["start"] = places["end"] = time[known]
            places["asset"] = rows.asset[known]
        same = places["asset"][1:] == places["asset"][:-1]
        steps = _between(places[:-1][same], places[1:][same])
        edge = np.flatnonzero(np.concatenate(([True], ~same))) if places.size else np.empty(0, np.int64)
        last = np.concatenate((edge[1:], [places.size])) - 1 if places.size else edge
        order = np.argsort(places["asset"][edge])
        sums = _summed(steps)
        return cls(
            *sums,
            missing=int((~known).sum()),
            assets=places["asset"][edge][order],
            first=places[edge][order],
            last=places[last][order],
        )

    def merge(self, after: "Clock") -> "Clock":
        """The steps of this piece, of the piece that follows it, and the ones between."""
        both = np.intersect1d(self.assets, after.assets)
        a, b = np.searchsorted(self.assets, both), np.searchsorted(after.assets, both)
        seam = _summed(_between(self.last[a], after.first[b]))
        steps, counts = _added((self.steps, after.steps, seam[0]), (self.counts, after.counts, seam[1]))
        assets = np.union1d(self.assets, after.assets)
        first, last = np.zeros(assets.size, FIELDS), np.zeros(assets.size, FIELDS)
        mine, theirs = np.searchsorted(assets, self.assets), np.searchsorted(assets, after.assets)
        first[theirs], first[mine] = after.first, self.first
        last[mine], last[theirs] = self.last, after.last
        return Clock(
            steps=steps,
            counts=counts,
            back=self.back + after.back + seam[2],
            repeat=self.repeat + after.repeat + seam[3],
            backwards=_early(np.concatenate((self.backwards, after.backwards, seam[4]))),
            repeats=_early(np.concatenate((self.repeats, after.repeats, seam[5]))),
            largest=_large(np.concatenate((self.largest, after.largest, seam[6]))),
            missing=self.missing + after.missing,
            assets=assets,
            first=first,
            last=last,
        )


def _between(left: Steps, right: Steps) -> Steps:
    steps = right.copy()
    steps["start"], steps["before"] = left["end"], left["row"]
    return steps


def _summed(steps: Steps) -> tuple[Floats, Longs, int, int, Steps, Steps, Steps]:
    size = steps["end"] - steps["start"]
    found, counts = np.unique(_digits(size[size > 0]), return_counts=True)
    back, repeat = steps[size < 0], steps[size == 0]
    return (
        found,
        counts.astype(np.int64),
        back.size,
        repeat.size,
        _early(back),
        _early(repeat),
        _large(steps[size > 0]),
    )


def _digits(size: Floats) -> Floats:
    """Rounded to four digits, so that the number of distinct steps is bounded."""
    scale = 10.0 ** (np.floor(np.log10(size)) - 3)
    return np.asarray(np.round(np.round(size / scale) * scale, 9))


def _added(steps: tuple[Floats, ...], counts: tuple[Longs, ...]) -> tuple[Floats, Longs]:
    found, back = np.unique(np.concatenate(steps), return_inverse=True)
    return found, np.bincount(back, np.concatenate(counts), minlength=found.size).astype(np.int64)


def _early(steps: Steps) -> Steps:
    return steps[np.argsort(steps["row"], kind="stable")[:KEPT]]


def _large(steps: Steps) -> Steps:
    return steps[np.lexsort((steps["row"], steps["start"] - steps["end"]))[:KEPT]]
