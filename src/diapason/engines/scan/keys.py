"""Rows by their key: whether one comes twice, counted for as many keys as are kept, estimated above."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

__all__ = ["KEPT", "Keys", "covered"]

Index = NDArray[np.int64]
Digests = NDArray[np.uint64]

KEPT = 2**18
"""Different keys that are kept: those with the smallest digests."""
_SHOWN = 32
_SEED = 41_117
_Z = 1.96


@dataclass(slots=True)
class Keys:
    """Each kept key with how often it was met and where first and last.

    Up to 262,144 different keys all are kept, and nothing is estimated. Above, the kept ones are a fair sample of all
    keys, since a digest has nothing to do with what it is of; the rows of each are still all counted. So memory is
    bounded for any number of rows, and states of parts merge to that of the whole. Source: bottom-k sampling, Cohen &
    Kaplan, PODC 2007. Digests have 64 bits: of a million keys two are taken for one with a chance of 3 in 10^8.
    """

    rows: int = 0
    missing: int = 0  # rows of which a part of the key is missing
    digests: Digests = field(default_factory=lambda: np.zeros(0, np.uint64))  # (k,), ascending
    counts: Index = field(default_factory=lambda: np.zeros(0, np.int64))
    first: Index = field(default_factory=lambda: np.zeros(0, np.int64))
    last: Index = field(default_factory=lambda: np.zeros(0, np.int64))
    whole: bool = True  # every key is kept

    def update(self, frame: pl.DataFrame, rows: Index) -> None:
        """Take in a batch of the key's columns; `rows` are their numbers, shape (n,)."""
        missing = frame.select(pl.any_horizontal(pl.all().is_null())).to_series().to_numpy()
        self.rows += frame.height
        self.missing += int(missing.sum())
        digest = frame.hash_rows(seed=_SEED).to_numpy()
        keep = ~missing if self.whole else ~missing & (digest <= self.digests[-1])
        digest, rows = digest[keep], rows[keep]
        self._add(digest, np.ones(len(digest), np.int64), rows, rows)

    def merge(self, after: "Keys") -> None:
        """Take in the state of the rows that follow."""
        self.rows += after.rows
        self.missing += after.missing
        bounds = [k.digests[-1] for k in (self, after) if not k.whole]
        self._add(after.digests, after.counts, after.first, after.last)
        if bounds:  # above the smaller bound one of the two knows nothing
            self._cut(int(np.searchsorted(self.digests, min(bounds), side="right")))

    def copy(self) -> "Keys":
        """One that may be changed; arrays are replaced, never written into."""
        return Keys(self.rows, self.missing, self.digests, self.counts, self.first, self.last, self.whole)

    def told(self, ordered: bool = False) -> dict[str, Any]:
        """Rows that repeat a key met before: counted, or estimated with its limits of 95 %.

        Args:
            ordered: each row's time lies after that of the row before, for each asset, and both are of the key: then
                no key can come twice, however many there are.
        """
        more = self.counts - 1
        said: dict[str, Any] = {"rows": self.rows, "missing": self.missing, "kept": len(self.digests)}
        twice = np.flatnonzero(more)
        at = twice[np.argsort(self.first[twice])][:_SHOWN]
        said["examples"] = [[int(self.first[i]), int(self.last[i])] for i in at]
        if self.whole or ordered:
            counted = 0 if ordered else int(more.sum())
            return said | {"how": "counted" if self.whole else "ordered", "repeated": _flat(counted)}
        k, keys = len(more), self._keys()
        mean, spread = float(more.mean()), float(more.std())
        reach = _Z * spread / np.sqrt(k)
        low, high = max(float(more.sum()), keys * (mean - reach)), keys * (mean + reach)
        if not twice.size:
            high = keys * 3.0 / k  # none in k: less than 3/k, 95 %
        return said | {"how": "sampled", "repeated": {"value": keys * mean, "low": low, "high": max(high, low)}}

    def _keys(self) -> float:
        """How many different keys there are, to 0.2 %."""
        return (len(self.digests) - 1) / (float(self.digests[-1]) / 2.0**64)

    def _add(self, digest: Digests, counts: Index, first: Index, last: Index) -> None:
        if not digest.size:
            return
        both = np.concatenate([self.digests, digest])
        told, place = np.unique(both, return_inverse=True)
        where = place.astype(np.int64)
        total, begin, end = (np.zeros(len(told), np.int64) for _ in range(3))
        begin[:] = np.iinfo(np.int64).max
        np.add.at(total, where, np.concatenate([self.counts, counts]))
        np.minimum.at(begin, where, np.concatenate([self.first, first]))
        np.maximum.at(end, where, np.concatenate([self.last, last]))
        self.digests, self.counts, self.first, self.last = told, total, begin, end
        if len(told) > KEPT:
            self._cut(KEPT)

    def _cut(self, n: int) -> None:
        self.whole = False
        self.digests, self.counts = self.digests[:n], self.counts[:n]
        self.first, self.last = self.first[:n], self.last[:n]


def _flat(value: float) -> dict[str, float]:
    return {"value": value, "low": value, "high": value}


def covered(key: Sequence[str], time: str, asset: str) -> bool:
    """Whether a key holds the time and, where there is one, the asset."""
    return bool(time) and time in key and (not asset or asset in key)
