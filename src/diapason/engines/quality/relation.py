"""What the other columns of a row say about a cell: a robust joint Gaussian of transformed columns."""

from dataclasses import dataclass, replace

import numpy as np

from diapason.engines.quality.layout import Floats, Longs
from diapason.engines.quality.tails import tail_limit
from diapason.engines.quality.thresholds import Thresholds

__all__ = ["Relation", "fit", "wrap"]

RIDGE = 2e-3
"""Share of independence mixed in, so that copied columns do not make the matrix singular."""


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
    usual_distance: float  # squared distance from the joint distribution that 95 % of the rows keep
    low: Floats  # (m,) least and greatest usual value: beyond them nothing was learnt
    high: Floats

    def residuals(self, Z: Floats) -> Floats:
        """Shape (m, n) from standardised values of shape (m, n), nan for none: those are filled from the others."""
        weights = self.precision / (np.sqrt(np.diag(self.precision)) * self.scale)[:, None]
        out = weights @ self.fill(Z)
        out -= (self.centre / self.scale)[:, None]
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
        diagonal = np.diag(self.precision)[:, None]
        for _ in range(12):
            step = (self.precision @ part) / diagonal
            part = np.where(gone, part - step, part)
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


def _centred(Z: Floats, groups: Longs) -> Floats:
    """Without the level of each group of neighbouring rows, in spreads of what is left: slow drifts do not count."""
    if groups.size < 4:
        return Z
    out = Z.copy()
    for first, last in zip(groups, np.append(groups[1:], Z.shape[1]), strict=True):
        middle = np.nanmedian(out[:, first:last], axis=1, keepdims=True)
        out[:, first:last] -= np.nan_to_num(middle)
    left = 1.4826 * np.nanmedian(np.abs(out), axis=1, keepdims=True)
    return np.where(left > 0.02, out / np.maximum(left, 0.02), Z)


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
    correlation = np.corrcoef(wrap(_centred(part, groups)))
    correlation = (1 - RIDGE) * correlation + RIDGE * np.eye(among.size)
    precision = np.asarray(np.linalg.inv(correlation), dtype=np.float64)
    low, high = np.nanquantile(part, [0.002, 0.998], axis=1)
    explained, ones = 1 - 1 / np.diag(precision), np.ones(among.size)
    bare = Relation(among, precision, 0 * ones, ones, np.inf * ones, explained, correlation, np.inf, low, high)
    raw = bare.residuals(part)
    centre = np.median(raw, axis=1)
    scale = 1.4826 * np.median(np.abs(raw - centre[:, None]), axis=1)
    scale = np.where(scale > 0, scale, np.inf)
    sizes: Floats = np.abs((raw - centre[:, None]) / scale[:, None])
    bound = np.array([max(tail_limit(a, cells, limits.alpha), limits.least) for a in sizes])
    bound = np.where(explained >= limits.related, bound, np.inf)
    filled = bare.fill(part)
    distance = float(np.quantile((filled * (precision @ filled)).sum(axis=0), 0.95))
    return replace(bare, centre=centre, scale=scale, limit=bound, usual_distance=distance)
