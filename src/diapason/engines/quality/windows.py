"""Blocks of neighbouring rows: level, activity and grid of each column, to find what lasts."""

import itertools
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from diapason.engines.quality.layout import Floats, Keys, Longs, Rows
from diapason.engines.quality.normal import Normal

__all__ = ["BOUND", "Track", "Windows", "block_rows"]

BOUND = 25.0
"""Levels are bounded to so many standard deviations: single cells do not make a level."""
STEP_BOUND = 8.0
"""Steps are bounded to so many usual ones."""


@dataclass(frozen=True, slots=True)
class Windows:
    """Sums per block of one asset's rows, of shape (k, b) or (b,); merging adds up."""

    length: int  # `_row`s per block
    asset: Keys
    block: Longs  # `_row` // length
    rows: Floats
    since: Floats  # least and greatest time
    until: Floats
    count: Floats  # cells with a level
    level: Floats  # bounded residuals from the relation, or standardised values
    steps: Floats  # bounded steps, in usual ones
    moved: Floats  # cells that differ from the one before
    coarse: Floats  # those of them on a grid ten times coarser than the column's

    @classmethod
    def of(
        cls, rows: Rows, mine: NDArray[np.bool_], X: Floats, level: Floats, normal: Normal, length: int
    ) -> "Windows":
        """Sum one batch; `level` is (k, n), nan where nothing can be said."""
        block = rows.row // length
        begins = np.ones(len(rows), dtype=bool)
        begins[1:] = (block[1:] != block[:-1]) | (rows.asset[1:] != rows.asset[:-1])
        at = np.flatnonzero(begins)
        known = np.isfinite(level) & mine
        bounded = np.clip(level, -BOUND, BOUND)
        bounded[~known] = 0.0
        steps = _steps(X, rows.asset) / normal.step[:, None]
        moved = (steps > 0) & known
        time = np.where(mine, rows.row.astype(np.float64) if rows.time is None else rows.time, np.nan)
        columns = (known, bounded, np.minimum(steps, STEP_BOUND) * mine, moved, _coarse(X, normal.resolution, moved))
        return cls(
            length,
            rows.asset[at],
            block[at],
            _sum(mine, at),
            np.fmin.reduceat(time, at) if at.size else time,
            np.fmax.reduceat(time, at) if at.size else time,
            *(_sum(c, at) for c in columns),
        )

    def merge(self, other: "Windows") -> "Windows":
        """The sums of both; equal blocks are added when read."""
        names = [f.name for f in fields(self)][1:]
        joined = (np.concatenate((getattr(self, n), getattr(other, n)), axis=-1) for n in names)
        return Windows(self.length, *joined)

    def finish(self) -> "Windows":
        """One entry per asset and block with rows, in that order."""
        order = np.lexsort((self.block, self.asset))
        asset, block = self.asset[order], self.block[order]
        begins = np.ones(asset.size, dtype=bool)
        begins[1:] = (block[1:] != block[:-1]) | (asset[1:] != asset[:-1])
        at = np.flatnonzero(begins)
        if not at.size:
            return self
        sums = {
            n: _sum(getattr(self, n)[..., order], at) for n in ("rows", "count", "level", "steps", "moved", "coarse")
        }
        whole = replace(
            self,
            asset=asset[at],
            block=block[at],
            since=np.fmin.reduceat(self.since[order], at),
            until=np.fmax.reduceat(self.until[order], at),
            rows=sums["rows"],
            count=sums["count"],
            level=sums["level"],
            steps=sums["steps"],
            moved=sums["moved"],
            coarse=sums["coarse"],
        )
        return whole.take(np.flatnonzero(whole.rows > 0))

    def take(self, chosen: Longs) -> "Windows":
        """These entries."""
        names = [f.name for f in fields(self)][1:]
        return Windows(self.length, *(getattr(self, n)[..., chosen] for n in names))

    def tracks(self) -> "tuple[Track, ...]":
        """The blocks of each asset in order; call on what `finish` gave."""
        if not self.asset.size:
            return ()
        starts = np.concatenate(([0], np.flatnonzero(self.asset[1:] != self.asset[:-1]) + 1, [self.asset.size]))
        return tuple(Track(int(self.asset[a]), self.take(np.arange(a, b))) for a, b in itertools.pairwise(starts))


@dataclass(frozen=True, slots=True)
class Track:
    """One asset's blocks in order."""

    asset: int  # digest
    blocks: Windows

    def level(self, column: int) -> Floats:
        """(b,) mean level of one column, nan without cells."""
        return _ratio(self.blocks.level[column], self.blocks.count[column])

    def activity(self) -> Floats:
        """(k, b) mean step per row, in usual steps."""
        return np.asarray(self.blocks.steps / np.maximum(self.blocks.rows, 1))

    def coarse(self, column: int) -> Floats:
        """(b,) share of moving cells on the coarser grid, nan where nothing moved."""
        return _ratio(self.blocks.coarse[column], self.blocks.moved[column])

    def span(self, first: int, last: int) -> tuple[int, int]:
        """`_row` of the first and the last row that the blocks may hold."""
        length = self.blocks.length
        return int(self.blocks.block[first]) * length, int(self.blocks.block[last] + 1) * length - 1


def block_rows(rows: int, pace: float, blocks: int) -> int:
    """`_row`s per block, so that a table has about `blocks` blocks of at least 16 rows of one asset.

    >>> block_rows(1000, 1.0, 4096), block_rows(1_000_000, 10.0, 4096)
    (16, 2450)
    """
    return max(1, round(max(16, -(-rows // blocks)) * max(pace, 1.0)))


def _ratio(above: Floats, below: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(above / below)


def _sum(x: NDArray[np.generic], at: Longs) -> Floats:
    return np.add.reduceat(x.astype(np.float64), at, axis=-1) if at.size else np.zeros((*x.shape[:-1], 0))


def _steps(X: Floats, asset: Keys) -> Floats:
    """Absolute steps to each row, 0 at the first of an asset and where a value is missing."""
    steps = np.zeros_like(X)
    np.abs(np.diff(X, axis=1), out=steps[:, 1:])
    steps[:, 1:][:, asset[1:] != asset[:-1]] = 0.0
    return np.nan_to_num(steps, copy=False, nan=0.0)


def _coarse(X: Floats, resolution: Floats, moved: NDArray[np.bool_]) -> NDArray[np.bool_]:
    out = np.zeros(X.shape, dtype=bool)
    for j in np.flatnonzero(np.isfinite(resolution)):
        scaled = X[j] / (10 * resolution[j])
        with np.errstate(invalid="ignore"):
            out[j] = np.abs(scaled - np.round(scaled)) < 1e-4
    return out & moved
