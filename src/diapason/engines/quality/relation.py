"""What the other columns of a row say about a cell: a robust joint Gaussian of transformed columns."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from diapason.engines.quality.bends import Bend, learn_bend
from diapason.engines.quality.layout import Floats, Longs
from diapason.engines.quality.tails import tail_limit
from diapason.engines.quality.thresholds import Thresholds

__all__ = ["Relation", "fit", "wrap"]

RIDGE = 2e-4
"""Share of independence mixed in, so that copied columns do not make the matrix singular."""
SWEEPS, ENOUGH = 20, 1e-3
"""Turns in which missing cells are filled from one another, and the step (in spreads) that needs no further one."""
TURNS = 3
"""How often the relation is learnt again without the cells that it contradicts."""
FAR = 4.0
"""Spreads to which other columns are bounded in a robust regression, and beyond which a cell is surely odd."""
FITS = 5
"""Steps of a robust regression."""
WHOLE = 0.2
"""Share of rows without a doubted cell from which spreads are taken from these rows alone."""
ROWS = 16_384
"""Rows from which it is learnt again."""
DOUBT = 2.576
"""Robust standard deviations beyond which a cell does not teach: one natural cell in a hundred."""
MOST = 0.25
"""Share of doubted cells above which a column is what it is, and all of it teaches."""


@dataclass(frozen=True, slots=True)
class Relation:
    """Partial residuals of each column given all others, in robust standard deviations of their own."""

    among: Longs  # indices of the columns that take part
    precision: Floats  # (m, m)
    centre: Floats  # (m,) of the raw residuals
    scale: Floats  # (m,)
    limit: Floats  # (m,) beyond which a residual is suspicious
    explained: Floats  # (m,) share of variance that the others explain
    correlation: Floats  # (m, m)
    odd_distance: float  # squared distance from the joint distribution that 95 % of the rows keep
    usual_distance: float  # the same that nearly all of them keep
    bends: tuple[Bend, ...]  # (m,) or none
    low: Floats  # (m,) least and greatest usual value: beyond them nothing was learnt
    high: Floats

    def residuals(self, Z: Floats) -> Floats:
        """Shape (m, n) from standardised values of shape (m, n), nan for none: those are filled from the others."""
        out = self.raw(Z) / self.scale[:, None]
        for j, bend in enumerate(self.bends):
            if bend.curved:
                out[j] = bend.straight(out[j], Z[j] - out[j] * self.width[j])
        return out

    def raw(self, Z: Floats) -> Floats:
        """Shape (m, n) residuals of which the square is by how much a row's distance falls without the cell.

        What one wrong cell does to the others of its row is always smaller than its own.
        """
        out = (self.precision / np.sqrt(np.diag(self.precision))[:, None]) @ self.fill(Z)
        out -= self.centre[:, None]
        return np.asarray(out)

    def fill(self, Z: Floats) -> Floats:
        """Missing cells replaced by what the others of their row expect."""
        if np.isfinite(Z.sum()):
            return Z
        absent = np.isnan(Z)
        rows = np.flatnonzero(absent.any(axis=0))
        out = Z.copy()
        gone = absent[:, rows]
        part = np.where(gone, 0.0, Z[:, rows])
        asked = [(j, np.flatnonzero(g)) for j, g in enumerate(gone) if g.any()]
        for _ in range(SWEEPS):
            largest = 0.0
            for j, at in asked:
                own = self.precision[j, j]
                step = self.precision[j] @ part[:, at] / own - self.centre[j] / np.sqrt(own)
                part[j, at] -= step
                largest = max(largest, float(np.abs(step).max()))
            if largest < ENOUGH:
                break
        out[:, rows] = part
        return out

    @property
    def width(self) -> Floats:
        """Shape (m,): robust standard deviation of a cell around its expectation, in standardised units."""
        return self.scale / np.sqrt(np.diag(self.precision))


def wrap(Z: Floats) -> Floats:
    """Bound the influence of far values, keeping near ones as they are.

    Source: Raymaekers & Rousseeuw, Technometrics 63 (2021), with b = 1.5 and c = 4.
    """
    size = np.abs(Z)
    bent = 1.540793 * np.tanh(0.8622731 * (4.0 - size)) * np.sign(Z)
    bent = np.where(size < 1.5, Z, np.where(size < 4.0, bent, 0.0))
    return np.nan_to_num(bent)


def _centred(Z: Floats, groups: Longs) -> tuple[Floats, Floats]:
    """Without the level of each group of neighbouring rows, so that slow drifts do not count, in spreads of what is
    left; and these spreads (m, 1).
    """
    ones = np.ones((Z.shape[0], 1))
    if groups.size < 4:
        return Z, ones
    out = Z.copy()
    for first, last in zip(groups, np.append(groups[1:], Z.shape[1]), strict=True):
        middle = np.nanmedian(out[:, first:last], axis=1, keepdims=True)
        out[:, first:last] -= np.nan_to_num(middle)
    left = 1.4826 * np.nanmedian(np.abs(out), axis=1, keepdims=True)
    left = np.where(left > 0.02, left, ones)
    return np.where(left != ones, out / left, Z), left


def _bare(covariance: Floats) -> Relation:
    """A relation that has learnt no limits yet, among the columns as they come."""
    precision = np.asarray(np.linalg.inv(covariance), dtype=np.float64)
    variance = np.diag(covariance)
    correlation = covariance / np.sqrt(np.outer(variance, variance))
    zeros = np.zeros(variance.size)
    ends, explained = zeros + np.inf, 1 - 1 / (np.diag(precision) * variance)
    return Relation(
        np.arange(zeros.size),
        precision,
        zeros,
        zeros + 1,
        ends,
        explained,
        correlation,
        np.inf,
        np.inf,
        (),
        -ends,
        ends,
    )


def _learnt(part: Floats, spread: Floats, suspects: int) -> Relation:
    """Relation of columns (m, n) in which single cells, also a tenth of one column, may be wrong.

    Cells that the others contradict are replaced by what these expect, with the doubt that is left, and the covariance
    is learnt again; rows that fit no better without a few of their cells do not teach. The first turn sets far cells
    aside, and holds each column against a robust regression of its own, in which its wrong cells have no part.

    Source: cellwise robust expectation and maximisation; Raymaekers & Rousseeuw, Journal of Multivariate Analysis 202
    (2024).
    """
    few = np.ascontiguousarray(part[:, :: -(-part.shape[1] // ROWS)])
    covariance = _covariance(wrap(few), np.zeros(part.shape[0]))
    known, taught = _middled(_robust(_bare(covariance), few), few), np.where(np.abs(few) > FAR, np.nan, few)
    for _ in range(TURNS):
        doubted, strange = _doubted(taught, known, suspects)
        taught = np.where(doubted, np.nan, taught)[:, ~strange]
        left = np.isnan(taught).mean(axis=1) / np.diag(known.precision)
        known, taught = _middled(_bare(_covariance(known.fill(taught), left)), few), few
    return _bare(np.linalg.inv(known.precision) * (spread @ spread.T))


def _middled(relation: Relation, part: Floats) -> Relation:
    """With the centres that residuals have."""
    return replace(relation, centre=np.median(relation.raw(part), axis=1))


def _robust(start: Relation, part: Floats) -> Relation:
    """Each column regressed on the bounded others, its far residuals without weight; rows of `precision` are scaled so.

    Source: bisquare weights; Beaton & Tukey, Technometrics 16 (1974).
    """
    rows = np.empty_like(start.precision)
    known, near = np.isfinite(part), np.nan_to_num(np.clip(part, -FAR, FAR))
    for j, weights in enumerate(start.precision):
        others = np.vstack((np.delete(near, j, axis=0), np.ones(part.shape[1])))[:, known[j]]
        y = part[j, known[j]]
        slopes = np.append(-np.delete(weights, j) / weights[j], 0.0)
        width = 1.0
        for _ in range(FITS):
            off = y - slopes @ others
            width = 1.4826 * float(np.median(np.abs(off - np.median(off)))) or 1.0
            bent = np.maximum(1 - ((off - np.median(off)) / (4.685 * width)) ** 2, 0.0) ** 2
            moments = (others * bent) @ others.T + 1e-3 * bent.sum() * np.eye(others.shape[0])
            slopes = np.linalg.solve(moments, (others * bent) @ y)
        rows[j] = np.insert(-slopes[:-1], j, 1.0) / max(width, 0.02) ** 2
    return replace(start, precision=rows)


def _covariance(values: Floats, left: Floats) -> Floats:
    """Covariance with the doubt about filled cells, as variances (m,), added."""
    covariance = np.cov(values) + np.diag(left)
    variance = np.maximum(np.diag(covariance), 1e-12)
    return np.asarray((1 - RIDGE) * covariance + RIDGE * np.diag(variance))


def _spreads(raw: Floats) -> tuple[Floats, Floats]:
    """Centre and robust standard deviation of residuals (m, n), infinite where there is none."""
    centre = np.median(raw, axis=1)
    scale = 1.4826 * np.median(np.abs(raw - centre[:, None]), axis=1)
    return centre, np.where(scale > 0, scale, np.inf)


def _doubted(
    part: Floats, relation: Relation, suspects: int, *, cut: float = DOUBT
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Cells (m, n) to blame for rows that do not fit together, the worst first, and rows (n,) that still do not fit."""
    centre, scale = _spreads(relation.raw(part))
    known = replace(relation, centre=relation.centre + centre, scale=scale)
    cleaned, out = part.copy(), np.zeros(part.shape, dtype=bool)
    open_ = np.arange(part.shape[1])
    strange = np.zeros(part.shape[1], dtype=bool)
    for turn in range(suspects + 1):
        left = cleaned[:, open_]
        sizes = np.where(np.isnan(left), 0.0, np.abs(known.residuals(left)))
        worst = sizes.argmax(axis=0)
        over = sizes[worst, np.arange(open_.size)] > cut
        open_, worst = open_[over], worst[over]
        if turn == suspects:
            strange[open_] = True
            break
        cleaned[worst, open_] = np.nan
        out[worst, open_] = True
    out[out.mean(axis=1) > MOST] = False
    return out, strange if strange.mean() < MOST else strange & False


def fit(Z: Floats, among: Longs, groups: Longs, cells: int, limits: Thresholds) -> Relation | None:
    """Learn the relation from standardised columns, shape (k, n); None with fewer than two usable columns.

    `groups` are first positions of groups of neighbouring rows; with four and more of them the relation is learnt from
    what happens inside of them, so that a slow drift of one column does not hide it.

    A wrong cell disturbs the residuals of its whole row, but its own the most: the size of its residual falls to the
    others by their partial correlation, which is below one.

    Source: cellwise outliers by conditional residuals; Raymaekers & Rousseeuw, Statistics and its Interface 13 (2020).
    """
    if among.size < 2 or Z.shape[1] < 5 * among.size + 30:
        return None
    part = Z[among]
    low, high = np.nanquantile(part, [0.002, 0.998], axis=1)
    learnt = _learnt(*_centred(part, groups), limits.suspects)
    bare = replace(learnt, among=among, low=low, high=high)
    centre, scale = _spreads(bare.raw(part))
    filled, raw, doubted = _apart(part, replace(bare, centre=centre, scale=scale), limits.suspects)
    whole = ~doubted.any(axis=0)
    centre, scale = _spreads(raw[:, whole] if whole.mean() > WHOLE else raw)
    off, width = (raw - centre[:, None]) / scale[:, None], scale / np.sqrt(np.diag(bare.precision))
    bends: tuple[Bend, ...] = ()
    if groups.size < 4:
        bends = tuple(_bent(*each) for each in zip(off, part, width, doubted, strict=True))
        off = np.array([b.straight(r, z - r * w) for b, r, z, w in zip(bends, off, part, width, strict=True)])
    sizes: Floats = np.abs(off)
    bound = np.array([max(tail_limit(a, cells, limits.alpha), limits.least) for a in sizes])
    bound = np.where(bare.explained >= limits.related, bound, np.inf)
    known = replace(bare, centre=centre, scale=scale, limit=bound, bends=bends)
    middle, odd = np.quantile((filled * (known.precision @ filled)).sum(axis=0), [0.5, 0.95])
    return replace(known, odd_distance=float(odd), usual_distance=float(2 * odd - middle))


def _bent(off: Floats, z: Floats, width: float, doubted: NDArray[np.bool_]) -> Bend:
    """The bend that cells beyond doubt show; it reaches further where they follow it further."""
    expected = z - off * width
    bend = learn_bend(np.where(doubted, np.nan, off), expected)
    for _ in range(TURNS):
        near = np.abs(bend.straight(off, expected)) < DOUBT
        bend = learn_bend(np.where(near, off, np.nan), expected)
    return bend


def _apart(part: Floats, known: Relation, suspects: int) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Values with doubted cells as expected, raw residuals (m, n) that others' errors do not disturb, and what is
    doubted.
    """
    doubted, _ = _doubted(part, known, suspects, cut=FAR)  # what natural tails do is to be learnt
    filled = known.fill(np.where(doubted, np.nan, part))
    root = np.sqrt(np.diag(known.precision))[:, None]
    others = (known.precision / root) @ filled
    raw = np.where(doubted, others + np.nan_to_num(part - filled) * root, others)
    return filled, raw, doubted
