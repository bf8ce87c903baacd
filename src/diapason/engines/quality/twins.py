"""Digests of rows, of keys and of inputs, to find what is there twice."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.quality.layout import Floats, Keys, Layout, Longs, Rows, spread_bits
from diapason.vocabulary.tables import Role

__all__ = ["Twins", "groups"]

Pieces = tuple[NDArray[np.void], ...]
FIELDS = np.dtype([("digest", np.uint64), ("row", np.int64), ("other", np.float64)])


@dataclass(frozen=True, slots=True)
class Twins:
    """Three lists of digests with their rows; merging is order-free.

    Above `limit` digests, every second one is forgotten by its value, so that all rows with one digest stay together
    and counts can be scaled by `2 ** halvings`.
    """

    whole: Pieces  # all columns but running numbers
    keys: Pieces  # asset and time; empty without a time
    inputs: Pieces  # all but target, time, asset and running numbers; `other` is the target's digest or value
    halvings: int
    limit: int

    @classmethod
    def of(cls, rows: Rows, layout: Layout, limit: int) -> "Twins":
        """Digest one batch."""
        content = [c for c in rows.frame.columns if c in layout.roles and c not in layout.counters]
        ignored = {c for c, role in layout.roles.items() if role is Role.IGNORED}
        apart = {layout.time, layout.asset, layout.target, *layout.labels, *ignored}
        inputs = [c for c in content if c not in apart] if layout.target else []
        keys = [c for c in (layout.asset, layout.time) if c] if layout.time else []
        target = _target(rows.frame, layout.target)
        return cls(
            whole=(_digested(rows, content),),
            keys=(_digested(rows, keys),),
            inputs=(_digested(rows, inputs, target),),
            halvings=0,
            limit=limit,
        )._thin()

    def merge(self, other: "Twins") -> "Twins":
        """The digests of both."""
        return Twins(
            self.whole + other.whole,
            self.keys + other.keys,
            self.inputs + other.inputs,
            max(self.halvings, other.halvings),
            self.limit,
        )._thin()

    def _thin(self) -> "Twins":
        lists, halvings = (self.whole, self.keys, self.inputs), self.halvings
        while halvings or max(_size(x) for x in lists) > self.limit:
            below = np.uint64((1 << (64 - halvings)) - 1)
            whole, keys, inputs = (tuple(piece[piece["digest"] <= below] for piece in x) for x in lists)
            lists = (whole, keys, inputs)
            if max(_size(x) for x in lists) <= self.limit:
                break
            halvings += 1
        return Twins(lists[0], lists[1], lists[2], halvings, self.limit)

    @property
    def share(self) -> float:
        """The share of all digests that was kept."""
        return 0.5**self.halvings


def _size(pieces: Pieces) -> int:
    return sum(piece.size for piece in pieces)


def _digested(rows: Rows, columns: list[str], other: Floats | None = None) -> NDArray[np.void]:
    if not columns:
        return np.zeros(0, FIELDS)
    out = np.zeros(len(rows), FIELDS)
    raw: Keys = rows.frame.select(columns).hash_rows(seed=3).to_numpy()
    out["digest"], out["row"] = spread_bits(raw), rows.row
    if other is not None:
        out["other"] = other
    return out


def _target(frame: pl.DataFrame, target: str | None) -> Floats | None:
    """The target's value, or a digest of it that fits a float exactly."""
    if target is None:
        return None
    column = frame[target]
    if column.dtype.is_numeric():
        return column.cast(pl.Float64).to_numpy()
    digest = column.hash(seed=5).to_numpy() >> np.uint64(12)
    return np.where(column.is_null().to_numpy(), np.nan, digest.astype(np.float64))


def groups(pieces: Pieces) -> tuple[NDArray[np.void], Longs, Longs]:
    """Entries whose digest is there twice and more, by digest and row; start and size of every group."""
    joined = np.concatenate(pieces) if pieces else np.zeros(0, FIELDS)
    ranked = np.sort(joined["digest"])
    twice = np.unique(ranked[1:][ranked[1:] == ranked[:-1]])
    at = np.minimum(np.searchsorted(twice, joined["digest"]), max(twice.size - 1, 0))
    members = joined[twice[at] == joined["digest"]] if twice.size else joined[:0]
    ordered = members[np.lexsort((members["row"], members["digest"]))]
    starts = np.searchsorted(ordered["digest"], twice)
    return ordered, starts, np.diff(np.append(starts, ordered.size))
