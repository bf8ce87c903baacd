"""The second look: every cell against what is normal, batch by batch, in bounded memory."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.quality.bounds import outside
from diapason.engines.quality.census import infinities, unreadable
from diapason.engines.quality.layout import Floats, Longs, Rows, segments, spread_bits
from diapason.engines.quality.neighbours import aloof
from diapason.engines.quality.normal import Normal
from diapason.engines.quality.relation import Relation
from diapason.engines.quality.resting import resting
from diapason.engines.quality.swaps import exchanges
from diapason.engines.quality.thresholds import Thresholds
from diapason.engines.quality.windows import Windows

__all__ = ["CELL", "Cells", "Judged", "Places", "Search", "judge"]

CELL = np.dtype(
    [
        ("column", np.int32),
        ("row", np.int64),
        ("asset", np.uint64),
        ("value", np.float64),
        ("time", np.float64),
        ("source", np.int8),  # 0 relation, 1 neighbours, 2 range of values
        ("expected", np.float64),  # standardised
        ("width", np.float64),  # standardised doubt of `expected`
        ("size", np.float64),  # deviation / limit; of an exchange, the fall of the squared distance
        ("rival", np.int32),  # column that may as well be the wrong one, -1 for none
        ("partner", np.int32),  # column with which an exchange makes the row fit, -1 for none
    ]
)
Cells = NDArray[np.void]
RELATION, NEIGHBOURS, RANGE = 0, 1, 2
NAMED = 10_000
"""Rows kept per sort of place."""
MOST = 2_000_000
"""Suspicious cells kept in all; above it, those of every second row."""
BESIDE = 25.0
"""What standing off the neighbours counts beside a fall of the squared distance."""
DECIDED = 6.0
"""Difference of two cells' falls from which it is told which of them is wrong: odds of twenty to one."""
BANDS = (0.5, 0.75, 1.0)
"""Bands of deviation / limit that are counted, to see how a natural tail declines."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What one batch's cells look like; all (k, n)."""

    Z: Floats
    level: Floats  # residual from the relation where there is one, else the standardised value
    suspect: NDArray[np.bool_]
    source: NDArray[np.int8]
    size: Floats  # deviation / limit by that source
    hint: Floats  # what is expected: as stored for neighbours, else standardised
    lively: Floats  # usual step around a cell, as stored
    rival: Longs
    offset: Floats | None


@dataclass(frozen=True, slots=True)
class Places:
    """How many cells of one sort, the first rows of them, and the value that goes furthest."""

    count: int
    rows: Longs
    worst: tuple[float, float] = (0.0, 0.0)  # by how much, and the value

    def merge(self, other: "Places") -> "Places":
        """Both."""
        room = max(NAMED - self.rows.size, 0)
        rows = np.concatenate((self.rows, other.rows[:room]))
        return Places(self.count + other.count, rows, max(self.worst, other.worst))


Sort = tuple[str, int, float]  # "absent", "infinite", "unread", "code" or "beyond"; column; the code


@dataclass(frozen=True, slots=True)
class Search:
    """Suspicious cells, declines of tails, windows and places; merging is order-free."""

    cells: tuple[Cells, ...]
    bands: Longs  # (3 sources, k, 3): cells by deviation / limit: above a half, above three quarters, beyond
    windows: Windows
    places: dict[Sort, Places]
    rows: int
    halvings: int = 0  # of the cells kept, by the digest of their row

    @classmethod
    def of(cls, rows: Rows, mine: NDArray[np.bool_], normal: Normal, length: int, limits: Thresholds) -> "Search":
        """Judge the rows in `mine`; the others are there as neighbours."""
        X = normal.masked(rows.X)
        judged = judge(rows, X, normal, limits)
        column, at = np.nonzero(judged.suspect & mine)
        cells = np.zeros(column.size, CELL)
        cells["column"], cells["row"], cells["asset"] = column, rows.row[at], rows.asset[at]
        cells["value"], cells["source"] = X[column, at], judged.source[column, at]
        cells["time"] = np.nan if rows.time is None else rows.time[at]
        cells["size"] = judged.size[column, at]
        cells["partner"], cells["rival"] = -1, judged.rival[column, at]
        cells["expected"], cells["width"] = _expected(judged, normal, column, at)
        return cls(
            cells=(cells, _exchanged(rows, X, mine, judged, normal)),
            bands=_bands(judged, mine),
            windows=Windows.of(rows, mine, X, judged.level, normal, length),
            places=dict(_places(rows, mine, X, normal)),
            rows=int(mine.sum()),
        )

    def merge(self, other: "Search") -> "Search":
        """What both pieces show."""
        joined = dict(self.places)
        for sort, places in other.places.items():
            joined[sort] = joined[sort].merge(places) if sort in joined else places
        halvings = max(self.halvings, other.halvings)
        cells, halvings = _thinned(self.cells + other.cells, halvings)
        windows = self.windows.merge(other.windows)
        return Search(cells, self.bands + other.bands, windows, joined, self.rows + other.rows, halvings)

    def found(self, sort: str, column: int, code: float = 0.0) -> Places:
        """The places of one sort in one column."""
        return self.places.get((sort, column, code), Places(0, np.empty(0, np.int64)))

    def finish(self) -> Cells:
        """All suspicious cells by column and row."""
        joined = np.concatenate(self.cells)
        return joined[np.lexsort((joined["row"], joined["column"]))]


def _thinned(pieces: tuple[Cells, ...], halvings: int) -> tuple[tuple[Cells, ...], int]:
    """Every second row's cells, by digest, until there are few enough."""
    if not halvings and sum(p.size for p in pieces) <= MOST:
        return pieces, halvings
    cells = np.concatenate(pieces)
    digest = spread_bits(cells["row"].astype(np.uint64))
    while True:
        kept = cells[digest <= np.uint64((1 << (64 - halvings)) - 1)]
        if kept.size <= MOST:
            return (kept,), halvings
        halvings += 1


def _places(rows: Rows, mine: NDArray[np.bool_], X: Floats, normal: Normal) -> Iterator[tuple[Sort, Places]]:
    """Cells without a value, codes and impossible values of one batch."""
    beyond = outside(X, normal.possible) & mine
    for j, x in enumerate(rows.X):
        for sort, where in _valueless(rows.frame[normal.names[j]], np.isnan(x)).items():
            at = rows.row[where & mine]
            if at.size:
                yield (sort, j, 0.0), Places(at.size, at[:NAMED])
        for code in normal.codes[j]:
            at = rows.row[(x == code) & mine]
            if at.size:
                yield ("code", j, float(code)), Places(at.size, at[:NAMED])
        if beyond[j].any():
            value = X[j][beyond[j]]
            by = np.fmax(normal.possible[j, 0] - value, value - normal.possible[j, 1])
            worst = (float(by.max()), float(value[by.argmax()]))
            at = rows.row[beyond[j]]
            yield ("beyond", j, 0.0), Places(at.size, at[:NAMED], worst)


def _valueless(column: pl.Series, absent: NDArray[np.bool_]) -> dict[str, NDArray[np.bool_]]:
    """Cells without a value by why: missing, not finite, or a text that is no number."""
    if not absent.any():
        return {}
    infinite, unread = infinities(column), unreadable(column)
    return {"absent": absent & ~infinite & ~unread, "infinite": infinite, "unread": unread}


def _exchanged(rows: Rows, X: Floats, mine: NDArray[np.bool_], judged: Judged, normal: Normal) -> Cells:
    """Cells of rows in which exchanging two columns explains everything, both of each row; kept beside the others."""
    if normal.relation is None:
        return np.zeros(0, CELL)
    at = np.flatnonzero(((judged.size > 0.7).any(axis=0) | _odd(judged.Z, normal.relation)) & mine)
    pair, fall = exchanges(X, judged.Z, judged.offset, at, normal, normal.relation)
    found = pair[:, 0] >= 0
    at, pair, fall = at[found], pair[found], fall[found]
    cells = np.zeros(2 * at.size, CELL)
    both, columns = np.concatenate((at, at)), np.concatenate((pair[:, 0], pair[:, 1]))
    cells["column"], cells["partner"] = columns, np.concatenate((pair[:, 1], pair[:, 0]))
    cells["row"], cells["asset"], cells["value"] = rows.row[both], rows.asset[both], X[columns, both]
    cells["time"] = np.nan if rows.time is None else rows.time[both]
    cells["size"] = np.concatenate((fall, fall))
    return cells


def _odd(Z: Floats, relation: Relation) -> NDArray[np.bool_]:
    """(n,) rows further from the joint distribution than 19 in 20."""
    part = relation.fill(Z[relation.among])
    return np.asarray((part * (relation.precision @ part)).sum(axis=0) > relation.odd_distance)


def _bands(judged: Judged, mine: NDArray[np.bool_]) -> Longs:
    """Count, per source and column, the deviations by band of their limit."""
    k = judged.Z.shape[0]
    column, at = np.nonzero(judged.size > BANDS[0])
    column, at = column[mine[at]], at[mine[at]]
    size, source = judged.size[column, at], judged.source[column, at].astype(np.int64)
    band = np.searchsorted(np.array(BANDS), size, side="left") - 1
    counts = np.bincount((source * k + column) * len(BANDS) + band, minlength=3 * k * len(BANDS))
    return counts.reshape(3, k, len(BANDS))


def judge(rows: Rows, X: Floats, normal: Normal, limits: Thresholds) -> Judged:
    """Hold every cell against relation, neighbours and range; the strongest objection speaks."""
    offset = normal.levels.offset(rows.asset, rows.words)
    Z = normal.standard(X, offset)
    local, centre, lively = _local(X, rows, normal)
    residual, relative, filled, rival = _related(Z, local, normal, limits)
    related, strong = _known(normal)
    columns = int(normal.judged.sum())
    far = np.abs(Z) / normal.far[:, None]
    crowd = (np.maximum(local, relative) > 0.6).sum(axis=0) > _suspects(columns, limits)
    together = (local > 0.6).sum(axis=0) >= max(2, round(limits.together * columns))
    fine = strong[:, None] & (np.abs(residual) < 3.0)
    local[:, together] = 0.0
    local[fine] = 0.0
    far[fine | np.isnan(far) | (local > 1.0) | (relative > 1.0)] = 0.0
    size = np.maximum(np.maximum(relative, local), far)
    source = np.where(relative >= size, np.int8(RELATION), np.where(local >= size, np.int8(NEIGHBOURS), np.int8(RANGE)))
    suspect = (size > 1.0) & normal.judged[:, None] & np.isfinite(X) & ~crowd
    hint = np.where(source == RELATION, filled, np.where(source == NEIGHBOURS, centre, 0.0))
    level = _level(Z, residual, related, normal)
    judged = Judged(Z, level, suspect, source, size, hint, lively, rival, offset)
    still = np.flatnonzero(resting(X, normal.rests))
    if still.size:
        _at_rest(judged, X, still, normal)
    return judged


def _at_rest(judged: Judged, X: Floats, still: Longs, normal: Normal) -> None:
    """While the plant rests, hold cells against where they stand at rest, and say nothing about levels."""
    idle = np.nan_to_num(np.abs(judged.Z[:, still] - normal.at_rest[0][:, None]) / normal.at_rest[1][:, None])
    for j, values in enumerate(normal.rests):
        if values.size:
            idle[j, np.isin(X[j, still], values)] = 0.0
    few = (idle > 0.6).sum(axis=0) <= 2
    judged.source[:, still], judged.size[:, still] = RANGE, idle
    judged.suspect[:, still] = (idle > 1.0) & few & normal.judged[:, None]
    judged.hint[:, still] = normal.at_rest[0][:, None]
    judged.level[:, still] = np.nan


def _level(Z: Floats, residual: Floats, related: NDArray[np.bool_], normal: Normal) -> Floats:
    """Residual from the slow relation where there is one, else from the other one, else the standardised value."""
    level = Z.copy()
    level[related] = residual[related]
    if normal.slow is not None:
        follows = np.isfinite(normal.slow.limit)
        level[normal.slow.among[follows]] = normal.slow.residuals(Z[normal.slow.among])[follows]
    if not np.isfinite(Z.sum()):
        level[np.isnan(Z)] = np.nan
    return level


def _known(normal: Normal) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(k,) columns with a relation, and with one that halves their spread or better."""
    related, strong = np.zeros(normal.judged.size, dtype=bool), np.zeros(normal.judged.size, dtype=bool)
    if normal.relation is not None:
        among = normal.relation.among
        related[among] = np.isfinite(normal.relation.limit)
        strong[among] = related[among] & (normal.relation.explained > 0.5)
    return related, strong


def _expected(judged: Judged, normal: Normal, column: Longs, at: Longs) -> tuple[Floats, Floats]:
    """What suspicious cells should be, and the doubt of that, in the column's unit."""
    source, hint = judged.source[column, at], judged.hint[column, at]
    width = np.ones(normal.judged.size)
    if normal.relation is not None:
        width[normal.relation.among] = normal.relation.width
    level = np.where(source == NEIGHBOURS, 0.0, hint)
    doubt = np.where(source == RELATION, width[column], 1.0)
    base = np.zeros(at.size) if judged.offset is None else np.nan_to_num(judged.offset[column, at])
    middle = normal.value(level, column, base)
    spread = np.abs(normal.value(level + doubt, column, base) - normal.value(level - doubt, column, base)) / 2
    local = source == NEIGHBOURS
    return np.where(local, hint, middle), np.where(local, judged.lively[column, at], spread)


def _suspects(columns: int, limits: Thresholds) -> int:
    return max(limits.suspects - 1, round(0.16 * columns))


def _related(Z: Floats, local: Floats, normal: Normal, limits: Thresholds) -> tuple[Floats, Floats, Floats, Longs]:
    """Residual, deviation / limit of the cells to blame, values with those replaced by their expectation, rivals."""
    residual, relative, filled = np.zeros_like(Z), np.zeros_like(Z), Z.copy()
    rival = np.full(Z.shape, -1, dtype=np.int64)
    relation = normal.relation
    if relation is None:
        return residual, relative, filled, rival
    part = Z[relation.among]
    R = relation.residuals(part)
    A = np.abs(R) / relation.limit[:, None]
    worst = A.max(axis=0)
    blamed = A * (worst <= A)
    rows = np.flatnonzero(worst > 1.0)
    if rows.size:
        near = BESIDE * np.minimum(local[np.ix_(relation.among, rows)], 1.0) ** 2
        rival[np.ix_(relation.among, rows)] = _rivals(_falls(part[:, rows], near, relation), relation)
        blamed[:, rows], cleaned = _blame(part[:, rows], A[:, rows], near, relation, limits)
        R[:, rows] = np.where(blamed[:, rows] > 1.0, R[:, rows], relation.residuals(cleaned))
        filled[np.ix_(relation.among, rows)] = cleaned
    residual[relation.among], relative[relation.among] = R, blamed
    return residual, relative, filled, rival


def _falls(part: Floats, near: Floats, relation: Relation) -> Floats:
    """(m, n) by how much each row's squared distance falls without each cell; 0 for cells that are not judged.

    Half of it is the log of how much likelier the row is with that cell wrong. What stands off its neighbours too
    (`near`, likewise) counts more, in cells that the row is at odds with anyway.
    """
    falls = np.where(np.isfinite(relation.limit)[:, None] & np.isfinite(part), relation.raw(part) ** 2, 0.0)
    return np.asarray(falls * (1 + near / np.maximum(falls.max(axis=0), 1.0)))


def _rivals(falls: Floats, relation: Relation) -> Longs:
    """(m, n) for the worst cell of each row the column that is as bad and nearly its copy, -1 for none."""
    out = np.full(falls.shape, -1, dtype=np.int64)
    at = np.arange(falls.shape[1])
    order = np.argsort(falls, axis=0)
    first, second = order[-1], order[-2]
    diagonal = np.sqrt(np.diag(relation.precision))
    partial = np.abs(relation.precision[first, second]) / (diagonal[first] * diagonal[second])
    close = (falls[first, at] - falls[second, at] < DECIDED) & (partial > 0.85)
    out[first[close], at[close]] = relation.among[second[close]]
    return out


def _blame(part: Floats, A: Floats, near: Floats, relation: Relation, limits: Thresholds) -> tuple[Floats, Floats]:
    """Take the worst cell out of each row until the rest of the row fits together, or give the row up.

    A row in which more than a few cells would have to be wrong, or in which the blamed ones bear each other out, is an
    event of the process, not an error of the data. Where two cells are as bad, the one is taken that also stands off
    its neighbours (`near`).
    """
    m, n = part.shape
    blamed, cleaned = np.zeros((m, n)), part.copy()
    open_, current = np.arange(n), A
    for _ in range(_suspects(m, limits)):
        worst = _falls(cleaned[:, open_], near[:, open_], relation).argmax(axis=0)
        blamed[worst, open_] = current[worst, np.arange(open_.size)]
        cleaned[worst, open_] = np.nan
        left = cleaned[:, open_]
        sizes = np.where(np.isnan(left), 0.0, np.abs(relation.residuals(left)) / relation.limit[:, None])
        still = (sizes > 1.0).any(axis=0)
        open_, current = open_[still], sizes[:, still]
        if not open_.size:
            break
    blamed[:, open_] = np.minimum(blamed[:, open_], 0.5)
    _acquit(part, blamed, relation)
    filled = relation.fill(cleaned)
    beyond = np.abs(part - np.clip(filled, relation.low[:, None], relation.high[:, None])) / relation.width[:, None]
    with np.errstate(invalid="ignore"):
        blamed = np.where(blamed > 0, np.minimum(blamed, np.nan_to_num(beyond) / relation.limit[:, None]), 0.0)
    return blamed, filled


def _acquit(part: Floats, blamed: Floats, relation: Relation) -> None:
    """A blamed cell that a related column of the row bears out is let off, and so is that column."""
    i, at = np.nonzero(blamed > 1.0)
    own, others = part[i, at], np.nan_to_num(part[:, at])
    r = relation.correlation[:, i]
    left = np.abs(own - r * others) / np.sqrt(1 - np.minimum(r * r, 0.999))
    agree = (np.abs(r) > 0.3) & (left < 0.7 * np.abs(own)) & (r * own * others > 0) & (np.abs(others) > 2.5)
    agree[i, np.arange(i.size)] = False
    cleared = agree.any(axis=0)
    blamed[i[cleared], at[cleared]] = 0.5
    j, which = np.nonzero(agree)
    blamed[j, at[which]] = np.minimum(blamed[j, at[which]], 0.5)


def _local(X: Floats, rows: Rows, normal: Normal) -> tuple[Floats, Floats, Floats]:
    """Deviation / limit from the neighbours, what they expect, and how lively they are; the last two as stored."""
    k, n = X.shape
    relative, centre, lively = np.zeros((k, n)), np.zeros((k, n)), np.zeros((k, n))
    starts = segments(rows.asset)[0]
    for j in np.flatnonzero(np.isfinite(normal.stand) & normal.judged):
        x = X[j]
        if np.isfinite(x.sum()):
            off, usual = aloof(x, starts, float(normal.step[j]))
            relative[j], centre[j], lively[j] = np.abs(off) / (usual * normal.stand[j]), x - off, usual
        elif (known := np.isfinite(x)).any():
            x, asset = x[known], rows.asset[known]
            off, usual = aloof(x, segments(asset)[0], float(normal.step[j]))
            relative[j, known] = np.abs(off) / (usual * normal.stand[j])
            centre[j, known], lively[j, known] = x - off, usual
    return relative, centre, lively
