"""How much of an operating space has data: cells of each dimension and of each pair, counted row by row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Axis", "Cover", "Covered"]

Index = NDArray[np.int64]

MOST, LEAST = 10, 2
"""Cells along an axis of numbers at most and at least; each is halved again to see how far it is filled."""
FULL = 5
"""Rows for each halved cell of a pair, on average, for which the number of cells is chosen."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One dimension of the space: a range of numbers, or the texts that occur."""

    name: str
    low: float = 0.0
    high: float = 1.0
    values: tuple[str, ...] = ()

    def cells(self, across: int) -> int:
        """How many halved cells it has."""
        return len(self.values) or 2 * across


@dataclass(frozen=True, slots=True)
class Covered:
    """Share of the space that has data: `low` counts cells wholly filled, `high` those touched and some not met yet."""

    value: float
    low: float
    high: float
    met: int
    of: int
    ways: int  # 1 = each axis alone, 2 = each pair of axes
    inside: int  # rows that lie in the space
    rows: int
    alone: Mapping[str, float]  # share of each axis that has data
    empty: tuple[tuple[str, str], ...]  # axis and part of it without a row


@dataclass(slots=True)
class Cover:
    """Counts of rows by cell; rows are added in parts.

    >>> cover = Cover((Axis("flow", 0.0, 10.0),), rows=1000)
    >>> cover.add([np.linspace(0, 4.999, 1000)])
    >>> round(cover.told().value, 1)
    0.5
    """

    axes: tuple[Axis, ...]
    rows: int  # expected in all: more rows, finer cells
    seen: int = 0
    inside: int = 0
    across: int = field(init=False)
    _one: list[Index] = field(init=False)
    _two: dict[tuple[int, int], Index] = field(init=False)

    def __post_init__(self) -> None:
        self.across = int(np.clip(np.sqrt(self.rows / FULL) // 2, LEAST, MOST))
        sizes = [a.cells(self.across) for a in self.axes]
        self._one = [np.zeros(s, np.int64) for s in sizes]
        pairs = combinations(range(len(sizes)), 2)
        self._two = {(i, j): np.zeros(sizes[i] * sizes[j], np.int64) for i, j in pairs}

    def add(self, columns: Sequence[NDArray[np.generic] | Sequence[object]]) -> None:
        """Take in rows: values of each axis in turn, all of one length; what is missing lies in no cell."""
        codes = [self._code(a, np.asarray(c)) for a, c in zip(self.axes, columns, strict=True)]
        if not codes:
            return
        self.seen += len(codes[0])
        self.inside += int(np.logical_and.reduce([c >= 0 for c in codes]).sum())
        for i, code in enumerate(codes):
            self._one[i] += np.bincount(code[code >= 0], minlength=len(self._one[i]))
        for (i, j), before in self._two.items():
            both = (codes[i] >= 0) & (codes[j] >= 0)
            at = codes[i][both] * len(self._one[j]) + codes[j][both]
            self._two[i, j] = before + np.bincount(at, minlength=len(before))

    def _code(self, axis: Axis, values: NDArray[np.generic]) -> Index:
        if axis.values:
            number = {v: i for i, v in enumerate(axis.values)}
            return np.array([number.get(str(v), -1) for v in values.tolist()], np.int64)
        x = values.astype(np.float64)
        cells = axis.cells(self.across)
        with np.errstate(invalid="ignore"):
            at = np.floor((x - axis.low) / (axis.high - axis.low) * cells)
            at = np.where(x == axis.high, cells - 1, at)
            out = ~np.isfinite(x) | (x < axis.low) | (x > axis.high)
        return np.where(out, -1, np.nan_to_num(at)).clip(-1, cells - 1).astype(np.int64)

    def told(self) -> Covered:
        """What the rows cover; pairs of axes where there are several, else the one."""
        ways = 2 if self._two else 1
        grids = [self._grid(i, j) for i, j in self._two] if self._two else [self._line(0)]
        parts = [_parts(*g) for g in grids]
        deep, inside, met, of, touched, cells, unseen = (sum(p[k] for p in parts) for k in range(7))
        value = (inside + met) / (2 * of)  # a cell at the border is filled by half, on average
        low, high = deep / of, max(min((touched + unseen) / cells, 1.0), value)
        alone = {a.name: float((c > 0).mean()) for a, c in zip(self.axes, self._one, strict=True)}
        return Covered(value, low, high, int(met), int(of), ways, self.inside, self.seen, alone, tuple(self._empty()))

    def _line(self, i: int) -> tuple[Index, int, int]:
        return self._one[i].reshape(1, -1), 1, 1 if self.axes[i].values else 2

    def _grid(self, i: int, j: int) -> tuple[Index, int, int]:
        table = self._two[i, j].reshape(len(self._one[i]), len(self._one[j]))
        up, across = (1 if self.axes[k].values else 2 for k in (i, j))
        return table, up, across

    def _empty(self) -> list[tuple[str, str]]:
        """Parts of single axes without a row, neighbours as one."""
        found = []
        for axis, count in zip(self.axes, self._one, strict=True):
            gaps = np.flatnonzero(count == 0)
            if axis.values:
                found += [(axis.name, axis.values[i]) for i in gaps]
                continue
            step = (axis.high - axis.low) / len(count)
            for run in np.split(gaps, np.flatnonzero(np.diff(gaps) > 1) + 1) if len(gaps) else []:
                low, high = axis.low + run[0] * step, axis.low + (run[-1] + 1) * step
                found.append((axis.name, f"{low:.4g} … {high:.4g}"))
        return found


def _parts(table: Index, up: int, across: int) -> tuple[int, int, int, int, int, int, float]:
    """Halved cells deep inside, inside, met and in all; whole cells met and in all; how many more would be met (Chao).

    A halved cell is inside if those beside it along axes of numbers are met as well, deep inside if those at its
    corners are too; beyond the space all is met.

    Source of the last: Chao, Scandinavian Journal of Statistics 11 (1984), bias-corrected.
    """
    met = table > 0
    inside, deep = met.copy(), met.copy()
    for axis, halves in ((0, up), (1, across)):
        if halves > 1:
            inside &= _beside(met, axis)
            deep &= _beside(deep, axis)
    counts = table.reshape(table.shape[0] // up, up, table.shape[1] // across, across).sum(axis=(1, 3))
    once, twice = int((counts == 1).sum()), int((counts == 2).sum())
    unseen = once * (once - 1) / (2 * (twice + 1))
    a, b, c = (int(x.sum()) for x in (deep, inside, met))
    return a, b, c, table.size, int((counts > 0).sum()), counts.size, unseen


def _beside(met: NDArray[np.bool_], axis: int) -> NDArray[np.bool_]:
    """Whether both neighbours along an axis are met."""
    wide = np.pad(met, [(1, 1) if k == axis else (0, 0) for k in (0, 1)], constant_values=True)
    return wide[:-2] & wide[2:] if axis == 0 else wide[:, :-2] & wide[:, 2:]
