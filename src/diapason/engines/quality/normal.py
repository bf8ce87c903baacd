"""What normal looks like in one table, learnt from the survey: codes, levels, relations and limits."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from diapason.engines.quality import codes
from diapason.engines.quality.bounds import limits_of
from diapason.engines.quality.layout import Floats, Layout, Longs, segments
from diapason.engines.quality.levels import Levels, learn_levels
from diapason.engines.quality.neighbours import aloof
from diapason.engines.quality.relation import Relation, fit
from diapason.engines.quality.resting import resting, resting_values
from diapason.engines.quality.sample import Part
from diapason.engines.quality.survey import Survey
from diapason.engines.quality.tails import robust, tail_limit
from diapason.engines.quality.thresholds import Thresholds

__all__ = ["Normal", "learn"]

FEW = 12
"""Columns with no more distinct values than this are settings or counts: they explain others but are not judged."""


@dataclass(frozen=True, slots=True)
class Normal:
    """Per number column, shape (k,) unless said otherwise."""

    rows: int
    names: tuple[str, ...]
    codes: tuple[Floats, ...]  # numbers that stand for "missing"
    rests: tuple[Floats, ...]  # values at which a stopped plant stands
    logs: NDArray[np.bool_]  # looked at as logarithm
    floor: Floats  # least value whose logarithm is taken
    centre: Floats
    spread: Floats  # robust standard deviation; from the 5-95 % range where more than half of the values are equal
    judged: NDArray[np.bool_]
    distinct: Longs  # in the sample
    held: Floats  # share of rows that repeat the value before
    levels: Levels  # of assets and of states
    relation: Relation | None  # for cells
    slow: Relation | None  # for what lasts: learnt from what happens within short stretches
    far: Floats  # limit of the standardised value
    at_rest: Floats  # (2, k) centre and limit of the standardised value while the plant rests, limit inf where unknown
    step: Floats  # usual step between neighbours
    stand: Floats  # limit of standing off the neighbours, in lively steps
    smooth: Floats  # median step / median deviation
    ordered: bool
    resolution: Floats  # 10**-decimals, nan where values are not rounded
    possible: Floats  # (k, 2) least and greatest value that can be
    pace: float  # `_row` from one row of an asset to its next

    def masked(self, X: Floats) -> Floats:
        """The values with codes as nan."""
        out = X
        for j, values in enumerate(self.codes):
            if values.size:
                out = X.copy() if out is X else out
                out[j] = np.where(np.isin(X[j], values), np.nan, X[j])
        return out

    def standard(self, X: Floats, offset: Floats | None) -> Floats:
        """Values in spreads from their level; nan where that is not known.

        Args:
            X: (k, n) values.
            offset: (k, n) from `levels.offset`.
        """
        Z = X.copy()
        for j in np.flatnonzero(self.logs):
            Z[j] = np.log(np.maximum(X[j], self.floor[j]))
        Z -= self.centre[:, None]
        Z /= np.where(self.spread > 0, self.spread, np.inf)[:, None]
        return Z if offset is None else Z - offset

    def standard_as(self, column: int, values: Floats, offset: Floats | None) -> Floats:
        """(m, n) values as if they stood in one column; `offset` is that column's (n,) levels."""
        raw = np.log(np.maximum(values, self.floor[column])) if self.logs[column] else values
        Z = (raw - self.centre[column]) / (self.spread[column] or np.inf)
        return np.asarray(Z if offset is None else Z - offset)

    def value(self, Z: Floats, columns: Longs, offset: Floats) -> Floats:
        """The inverse for single cells: (n,) standardised values of (n,) columns with (n,) levels."""
        raw = (Z + offset) * self.spread[columns] + self.centre[columns]
        return np.where(self.logs[columns], np.exp(np.minimum(raw, 700.0)), raw)

    def amount(self, column: int, size: float) -> float:
        """A deviation of a level, in spreads of its residual, in the column's own unit."""
        width = 1.0
        for relation in (self.relation, self.slow):
            at = np.flatnonzero(relation.among == column) if relation is not None else np.zeros(0, np.int64)
            if relation is not None and at.size and np.isfinite(relation.limit[at[0]]):
                width = float(relation.width[at[0]])
        ends = self.value(np.array([0.0, size * width]), np.array([column, column]), np.zeros(2))
        return float(abs(ends[1] - ends[0]))


def learn(  # roomy: one field of the record after the other
    survey: Survey, part: Part, layout: Layout, names: frozenset[str], limits: Thresholds
) -> Normal:
    """Learn from the kept rows what the table's cells usually are; numbers in `names` only name things."""
    k, cells = len(layout.numbers), survey.rows
    found = tuple(codes.found(survey.census, j, part.X[j], limits) for j in range(k))
    rests = resting_values(survey, limits)
    still = resting(part.X, rests)
    idle = part.take(still)
    if still.any() and (~still).sum() >= max(200, 0.2 * still.size):
        part = part.take(~still)
    X = part.X.copy()
    for j, values in enumerate(found):
        X[j] = np.where(np.isin(X[j], values), np.nan, X[j]) if values.size else X[j]
    columns = [_column(x) for x in X] or [(False, 0.0, 0.0, 0.0, False, 0, 0.0)]
    logs, floor, centre, spread, even, distinct, resolution = (np.array(c)[:k] for c in zip(*columns, strict=True))
    aside = names | set(layout.flags) | set(layout.counters)
    flags = np.array([c in aside for c in layout.numbers], dtype=bool)
    held = _held(survey)
    judged = even & (distinct > FEW) & ~flags & ~_set(held, resolution, X, part, limits)
    bare = Normal(
        rows=cells,
        names=layout.numbers,
        codes=found,
        rests=rests,
        logs=logs,
        floor=floor,
        centre=centre,
        spread=spread,
        judged=judged,
        distinct=distinct,
        held=held,
        levels=Levels(np.zeros(0, np.uint64), np.zeros((k, 0)), np.zeros(k, dtype=bool)),
        relation=None,
        slow=None,
        far=np.full(k, np.inf),
        at_rest=np.vstack((np.zeros(k), np.full(k, np.inf))),
        step=np.ones(k),
        stand=np.full(k, np.inf),
        smooth=np.full(k, np.nan),
        ordered=False,
        resolution=resolution,
        possible=limits_of(layout),
        pace=_pace(part),
    )
    levels, spread = learn_levels(bare.standard(X, None), part, judged, layout, scale=spread)
    apart = names | set(layout.counters)
    known = replace(bare, levels=levels, spread=spread)
    return _idle(_limits(known, X, part, survey, (layout, apart), limits), idle, limits)


def _held(survey: Survey) -> Floats:
    """(k,) share of rows that repeat the value before."""
    runs = survey.runs.finish()[0].sum(axis=1)
    present = survey.rows - survey.census.missing - survey.census.infinite - survey.census.unread
    return np.asarray(1 - runs / np.maximum(present, 1))


def _set(held: Floats, resolution: Floats, X: Floats, part: Part, limits: Thresholds) -> NDArray[np.bool_]:
    """Columns that somebody sets: they hold nearly always, and when they move, they move by many of their own steps."""
    out = np.zeros(held.size, dtype=bool)
    same = part.stretch[1:] == part.stretch[:-1]
    for j in np.flatnonzero(held > limits.held):
        steps = np.abs(np.diff(X[j]))[same]
        moving = steps[steps > 0]
        step = resolution[j] if np.isfinite(resolution[j]) else 0.0
        out[j] = moving.size == 0 or float(np.median(moving)) > 1.5 * step
    return out


def _column(x: Floats) -> tuple[bool, float, float, float, bool, int, float]:
    """Whether a logarithm makes it even, its floor, centre and spread, whether more than half of it varies, distinct
    values and resolution.
    """
    v = x[np.isfinite(x)]
    if v.size < 3:
        return False, 0.0, 0.0, 0.0, False, int(np.unique(v).size), np.nan
    floor = float(np.quantile(v, 0.001)) / 10
    log = floor > 0 and _skew(v) > 0.3 and abs(_skew(np.log(np.maximum(v, floor)))) < 0.8 * _skew(v)
    seen, step = np.log(np.maximum(v, floor)) if log else v, _resolution(v)
    centre, spread = robust(seen)
    even = spread > 0
    if not even:  # more than half of the values are equal: judged only where the others lie on both sides
        low, inner, outer, high = np.quantile(seen, [0.02, 0.15, 0.85, 0.98])
        even = bool(low < centre < high)
        spread = max(float(outer - inner) / 2.07, 0.3 * np.nan_to_num(step)) if even else float(high - low) / 4.1
    return log, max(floor, 1e-300), centre, spread, even, int(np.unique(v).size), step


def _skew(v: Floats) -> float:
    low, middle, high = np.quantile(v, [0.05, 0.5, 0.95])
    return float((high + low - 2 * middle) / (high - low)) if high > low else 0.0


def _resolution(v: Floats) -> float:
    """The coarsest decimal grid on which 99 % of the values lie."""
    for decimals in range(-2, 8):
        scaled = v * 10.0**decimals
        if (np.abs(scaled - np.round(scaled)) < 1e-6 + 1e-9 * np.abs(scaled)).mean() >= 0.99:
            return float(10.0**-decimals)
    return float("nan")


def _pace(part: Part) -> float:
    same = part.asset[1:] == part.asset[:-1]
    return float(np.median(np.diff(part.row)[same])) if same.any() else 1.0


def _limits(
    normal: Normal,
    X: Floats,
    part: Part,
    survey: Survey,
    columns: tuple[Layout, frozenset[str] | set[str]],
    limits: Thresholds,
) -> Normal:
    """Learn the limits of value, of neighbours and of relation; `columns` are all, and those without relation."""
    layout, apart = columns
    Z = normal.standard(X, normal.levels.offset(part.asset, part.words))
    far, step, stand, smooth = normal.far.copy(), normal.step.copy(), normal.stand.copy(), normal.smooth.copy()
    starts = segments(part.stretch)[0]
    for j in np.flatnonzero(normal.judged):
        z = Z[j][np.isfinite(Z[j])]
        far[j] = max(tail_limit(np.abs(z), normal.rows, limits.alpha), limits.least)
        step[j], smooth[j], stand[j] = _neighbourly(X[j], part, starts, normal.rows, limits)
    told = smooth[np.isfinite(smooth)]
    smooth_share = float((told < limits.smooth).mean()) if told.size else 0.0
    ordered = layout.time is not None or (layout.target is None and smooth_share >= limits.ordered)
    counter = np.array([c in apart for c in layout.numbers], dtype=bool)
    label = np.array([c == layout.target for c in layout.numbers], dtype=bool) & (normal.distinct <= 2)
    among = np.flatnonzero((normal.spread > 0) & ~counter & ~label)
    return replace(
        normal,
        far=far,
        step=step,
        stand=stand if ordered else np.full_like(stand, np.inf),
        smooth=smooth,
        ordered=ordered,
        relation=_relation(Z, among, np.zeros(0, np.int64), normal, limits),
        slow=_relation(Z, among, _groups(part, survey.sample.share == 1.0), normal, limits) if ordered else None,
    )


def _idle(normal: Normal, idle: Part, limits: Thresholds) -> Normal:
    """Learn where values stand while the plant rests; in multiples of a limit that natural ones do not reach."""
    if len(idle) < 200:
        return normal
    Z = normal.standard(normal.masked(idle.X), normal.levels.offset(idle.asset, idle.words))
    at_rest = normal.at_rest.copy()
    for j in np.flatnonzero(normal.judged):
        z = Z[j][np.isfinite(Z[j])]
        centre, spread = robust(z)
        if z.size >= 200 and spread > 0:
            at_rest[0, j] = centre
            at_rest[1, j] = max(tail_limit(np.abs(z - centre), normal.rows, limits.alpha), limits.least * spread)
    return replace(normal, at_rest=at_rest)


def _groups(part: Part, whole: bool) -> Longs:
    """First positions of groups of neighbouring rows of one asset: eight and more, of 128 rows and more."""
    length = int(np.clip(len(part) // 8, 128, 1024))
    starts, size = segments(part.asset if whole else part.stretch)
    parts = [s + np.arange(0, max(n - length // 2, 1), length) for s, n in zip(starts, size, strict=True)]
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def _relation(Z: Floats, among: Longs, groups: Longs, normal: Normal, limits: Thresholds) -> Relation | None:
    learnt = fit(Z, among, groups, normal.rows, limits)
    if learnt is None:
        return None
    return replace(learnt, limit=np.where(normal.judged[learnt.among], learnt.limit, np.inf))


def _neighbourly(x: Floats, part: Part, starts: Longs, cells: int, limits: Thresholds) -> tuple[float, float, float]:
    """Usual step, median step over median deviation, and the limit of standing off."""
    known = np.isfinite(x)
    v, stretch = x[known], part.stretch[known]
    del starts
    begins = segments(stretch)[0]
    steps = np.abs(np.diff(v))[stretch[1:] == stretch[:-1]]
    if steps.size < 50:
        return 1.0, np.nan, np.inf
    deviation = np.median(np.abs(v - np.median(v)))
    moving = steps[steps > 0]
    unit = float(np.median(moving)) if moving.size else 1.0
    usual = float(np.median(steps)) or unit  # a column that holds its values is judged by the steps it makes
    smooth = usual / float(deviation) if deviation > 0 else np.nan
    off, lively = aloof(v, begins, unit)
    return unit, smooth, max(tail_limit(np.abs(off / lively), cells, limits.alpha), limits.least)
