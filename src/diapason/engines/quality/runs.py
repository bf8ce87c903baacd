"""Runs of equal values, followed through batches and assets: how long values usually hold, and the longest holds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diapason.engines.quality.layout import Floats, Keys, Longs, Rows, segments

__all__ = ["Held", "Runs"]

EXACT = 32  # lengths counted one by one; longer ones in quarter octaves
BINS = EXACT + 4 * 40
LONGEST = 256  # runs kept per column
FIELDS = np.dtype(
    [
        ("length", np.int64),
        ("value", np.float64),
        ("first", np.int64),
        ("last", np.int64),
        ("asset", np.uint64),
        ("since", np.float64),
        ("until", np.float64),
    ]
)
Held = NDArray[np.void]
"""Runs as records: length, value, `_row` of first and last row, digest of the asset, time of first and last row."""


@dataclass(frozen=True, slots=True)
class Runs:
    """Runs per column; the merge of neighbouring pieces equals the whole.

    The first and the last run of each asset stay open: `head` and `tail` are (k, a) records for the assets in
    `assets`; where one run fills the whole piece `whole` is true and head equals tail.
    """

    counts: Longs  # (k, BINS) closed runs by length
    longest: tuple[Held, ...]  # per column, longest closed runs
    assets: Keys  # (a,) sorted
    head: Held
    tail: Held
    whole: NDArray[np.bool_]

    @classmethod
    def of(cls, rows: Rows) -> "Runs":
        """Runs of one batch."""
        starts, _ = segments(rows.asset)
        order = np.argsort(rows.asset[starts]) if starts.size else starts
        k, a = rows.X.shape[0], starts.size
        counts = np.zeros((k, BINS), dtype=np.int64)
        head, tail = np.zeros((k, a), FIELDS), np.zeros((k, a), FIELDS)
        whole = np.zeros((k, a), dtype=bool)
        longest = []
        for j in range(k):
            opened, more, kept = _cut(rows, j, starts)
            head[j], tail[j], whole[j] = opened[0][order], opened[1][order], opened[2][order]
            counts[j] = more
            longest.append(kept)
        return cls(counts, tuple(longest), rows.asset[starts][order], head, tail, whole)

    def merge(self, after: "Runs") -> "Runs":
        """The runs of this piece and of the piece that follows it."""
        assets = np.union1d(self.assets, after.assets)
        mine, theirs = np.searchsorted(assets, self.assets), np.searchsorted(assets, after.assets)
        k = self.counts.shape[0]
        head, tail = np.zeros((k, assets.size), FIELDS), np.zeros((k, assets.size), FIELDS)
        whole = np.zeros((k, assets.size), dtype=bool)
        head[:, theirs], tail[:, theirs], whole[:, theirs] = after.head, after.tail, after.whole
        head[:, mine], whole[:, mine] = self.head, self.whole
        only = np.setdiff1d(mine, theirs)
        tail[:, only] = self.tail[:, np.searchsorted(self.assets, assets[only])]
        both = np.intersect1d(self.assets, after.assets)
        closed = self._seam(after, both, (head, tail, whole), np.searchsorted(assets, both))
        counts, longest = self.counts + after.counts, []
        for j in range(k):
            more, kept = _close(closed[j])
            counts[j] += more
            longest.append(_top(np.concatenate((self.longest[j], after.longest[j], kept))))
        return Runs(counts, tuple(longest), assets, head, tail, whole)

    def _seam(self, after: "Runs", both: Keys, out: tuple[Held, Held, NDArray[np.bool_]], at: Longs) -> list[Held]:
        """Join or close the runs that meet; returns the closed ones per column."""
        a, b = np.searchsorted(self.assets, both), np.searchsorted(after.assets, both)
        left, right = self.tail[:, a], after.head[:, b]
        lw, rw = self.whole[:, a], after.whole[:, b]
        same = left["value"] == right["value"]
        joined = left.copy()
        joined["length"] = left["length"] + right["length"]
        joined["last"], joined["until"] = right["last"], right["until"]
        head, tail, whole = out
        head[:, at] = np.where(same & lw, joined, self.head[:, a])
        tail[:, at] = np.where(same & rw, joined, after.tail[:, b])
        whole[:, at] = same & lw & rw
        shut = (joined, same & ~lw & ~rw), (left, ~same & ~lw), (right, ~same & ~rw)
        return [np.concatenate([runs[j][where[j]] for runs, where in shut]) for j in range(left.shape[0])]

    def finish(self) -> tuple[Longs, tuple[Held, ...]]:
        """Counts by length and the longest runs per column, with every open run closed."""
        counts, longest = self.counts.copy(), []
        for j in range(self.counts.shape[0]):
            open_ = np.concatenate((self.head[j], self.tail[j][~self.whole[j]]))
            more, kept = _close(open_)
            counts[j] += more
            longest.append(_top(np.concatenate((self.longest[j], kept))))
        return counts, tuple(longest)


def _cut(rows: Rows, column: int, starts: Longs) -> tuple[tuple[Held, Held, NDArray[np.bool_]], Longs, Held]:
    """Open runs of one column (first and last of each asset, whether they are one), and its closed ones."""
    x = rows.X[column]
    begins = np.empty(x.size, dtype=bool)
    begins[1:] = x[1:] != x[:-1]
    begins[starts] = True
    at = np.flatnonzero(begins)
    length = np.diff(np.concatenate((at, [x.size])))
    first = np.searchsorted(at, starts)
    last = np.concatenate((first[1:], [at.size])) - 1
    closed = np.ones(at.size, dtype=bool)
    closed[first] = closed[last] = False
    single = closed & (length == 1)
    counts, kept = _close(_records(rows, x, at, length, np.flatnonzero(closed & ~single)))
    counts[1] += int((single & ~np.isnan(x[at])).sum())
    opened = (_records(rows, x, at, length, i) for i in (first, last))
    return (*opened, first == last), counts, kept


def _records(rows: Rows, x: Floats, at: Longs, length: Longs, chosen: Longs) -> Held:
    runs = np.zeros(chosen.size, FIELDS)
    begin = at[chosen]
    runs["length"], runs["value"] = length[chosen], x[begin]
    end = begin + runs["length"] - 1
    runs["first"], runs["last"] = rows.row[begin], rows.row[end]
    if rows.time is not None:
        runs["since"], runs["until"] = rows.time[begin], rows.time[end]
    runs["asset"] = rows.asset[begin]
    return runs


def _close(runs: Held) -> tuple[Longs, Held]:
    """Count closed runs of values (nan is none) and keep the longest."""
    runs = runs[~np.isnan(runs["value"])]
    return np.bincount(bins(runs["length"]), minlength=BINS), _top(runs[runs["length"] > 3])


def _top(runs: Held) -> Held:
    """The longest, ties by place: the same whatever the order of merging."""
    order = np.lexsort((runs["first"], runs["asset"], -runs["length"]))[:LONGEST]
    return runs[order]


def bins(lengths: Longs) -> Longs:
    """Bin of each length."""
    coarse = EXACT + np.floor(4 * np.log2(np.maximum(lengths, 1) / EXACT)).astype(np.int64)
    return np.minimum(np.where(lengths < EXACT, lengths, coarse), BINS - 1)


def lengths() -> Floats:
    """Least length of each bin."""
    i = np.arange(BINS, dtype=np.float64)
    return np.where(i < EXACT, i, EXACT * 2 ** ((i - EXACT) / 4))
