"""By how much one arm is better than another on the same rows, and how sure that is, alone and among others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from diapason.vocabulary.estimates import Estimate

__all__ = ["Gain", "believed_gain", "counted_gain", "critical", "errors_gain", "mean_gain"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_FOLDS = 3
"""Folds from which on it is looked at whether they agree."""
_DRAWS = 4000


@dataclass(frozen=True, slots=True)
class Gain:
    """A paired difference, positive = better."""

    value: float
    error: float  # standard error, clustered
    n: int
    clusters: int
    unit: str
    pull: Array = field(default_factory=lambda: np.zeros(0))  # what each cluster adds to the error; shape (clusters,)

    def low(self, reach: float) -> float:
        """Lower end, so many standard errors below."""
        return self.value - reach * self.error

    def reach(self, level: float) -> float:
        """Standard errors on each side of a two-sided interval at that level, for this gain alone."""
        return float(stats.t.ppf(0.5 + level / 2, max(2, (self.clusters or self.n) - 1)))

    def estimate(self, level: float, reach: float | None = None) -> Estimate:
        """With its two-sided interval.

        Args:
            reach: standard errors on each side, where several gains must hold together; default for this one alone.
        """
        wide = (self.reach(level) if reach is None else reach) * self.error
        return Estimate(
            self.value, self.value - wide, self.value + wide, self.n, self.unit, level=level, clusters=self.clusters
        )


def errors_gain(loss: Array, other: Array, weight: Array, cluster: Index, fold: Index) -> Gain:
    """Relative gain in root mean square of `other` over `loss`, in percent.

    Args:
        loss: squared errors of the arm compared with, shape (n,).
        other: squared errors of the arm that may be better, same rows.
        weight: how far each row counts as judged, 0..1.
        cluster: codes; rows of one cluster are not independent.
        fold: codes; where folds disagree more than their rows explain, the error grows by that ratio.

    Source: linearised ratio of means with cluster-robust variance (Liang and Zeger, Biometrika 73, 1986).
    """
    total = float(weight.sum())
    if total <= 0:  # a fold of which no row is judged says nothing
        return Gain(0.0, 0.0, len(loss), 0, "%", np.zeros(int(cluster.max(initial=-1)) + 1))
    a, b = np.sqrt(float(weight @ loss) / total), np.sqrt(float(weight @ other) / total)
    if a == 0:
        return Gain(0.0, 0.0, len(loss), 0, "%", np.zeros(int(cluster.max()) + 1))
    pull = weight * ((loss - a * a) * b / (2 * a**3) - (other - b * b) / (2 * a * max(b, 1e-300)))
    return _gain(100 * float(1 - b / a), 100 * pull / total, cluster, fold, "%")


def counted_gain(
    measure: Callable[[Array], float], cells: tuple[Index, Index], size: int, cluster: Index, fold: Index
) -> Gain:
    """Gain in a measure of a table of counts (accuracy, F1), linearised.

    Args:
        measure: from counts of shape (size,) to the score; does not change when all counts are multiplied.
        cells: for each row the cell of the table it falls into, for the arm compared with and for the other one.
        size: number of cells.

    Source: infinitesimal jackknife of a smooth function of counts (Efron, CBMS 38, 1982).
    """
    before, after = (np.bincount(c, minlength=size).astype(np.float64) for c in cells)
    pull = _slope(measure, after)[cells[1]] - _slope(measure, before)[cells[0]]
    return _gain(measure(after) - measure(before), pull, cluster, fold, "1")


def believed_gain(
    measure: Callable[[Array], float],
    belief: Array,
    decided: tuple[Index, Index],
    cluster: Index,
    fold: Index,
) -> Gain:
    """Gain in a measure of a table of counts, where each row counts for every class as far as it is believed to be it.

    Args:
        measure: from counts of shape (k * k,), rows = true class, to the score.
        belief: shape (n, k), probability of each class to be the true one; rows sum to 1.
        decided: for each row the class decided by the arm compared with and by the other one.
    """
    k = belief.shape[1]
    tables = [
        np.concatenate([np.bincount(d, weights=b, minlength=k) for b in belief.T]).astype(np.float64) for d in decided
    ]
    slopes = [_slope(measure, t).reshape(k, k) for t in tables]
    pulls = [np.einsum("nk,kn->n", belief, s[:, d]) for s, d in zip(slopes, decided, strict=True)]
    return _gain(measure(tables[1]) - measure(tables[0]), pulls[1] - pulls[0], cluster, fold, "1")


def mean_gain(gains: Sequence[Gain]) -> Gain:
    """The mean over several draws of one arm; the spread between draws widens the interval."""
    values, errors = np.array([g.value for g in gains]), np.array([g.error for g in gains])
    within = float(np.mean(errors**2))
    between = float(values.var(ddof=1)) / len(values) if len(values) > 1 else 0.0
    first, pull = gains[0], np.mean([g.pull for g in gains], axis=0)
    error = float(np.sqrt(within + between))
    return Gain(float(values.mean()), error, first.n, first.clusters, first.unit, pull)


def critical(arms: Sequence[Sequence[Gain]], level: float, *, seed: int) -> float:
    """Standard errors that all gains of a family must exceed zero by, so that none does by luck (max-T).

    Candidates that do much the same count for little more than one, where a Bonferroni correction would count each.

    Args:
        arms: for each arm compared with, the gain of every candidate over it; pulls of one arm have equal shape.
        level: two-sided, for the family as a whole.

    Returns:
        The largest critical value of the arms; infinite without candidates.

    Source: multiplier bootstrap of the maximum of studentised means; Chernozhukov, Chetverikov and Kato, Annals of
    Statistics 41 (2013); max-T over candidates, arXiv 2210.13206.
    """
    reaches = [_max_t(family, level, seed) for family in arms if family]
    return max(reaches) if reaches else float("inf")


def _max_t(family: Sequence[Gain], level: float, seed: int) -> float:
    alone = max(g.reach(level) for g in family)
    pulls = np.array([g.pull for g in family])
    size = np.sqrt(np.square(pulls).sum(axis=1))
    moving = size > 0
    if moving.sum() < 2:
        return alone
    scaled = pulls[moving] / size[moving, None]
    together = scaled @ scaled.T
    values, vectors = np.linalg.eigh(together)
    root = vectors * np.sqrt(np.maximum(values, 0))
    drawn = np.random.default_rng(seed).normal(size=(_DRAWS, len(values))) @ root.T
    worst = float(np.quantile(drawn.max(axis=1), 0.5 + level / 2))
    return max(alone, alone * worst / float(stats.norm.ppf(0.5 + level / 2)))


def _gain(value: float, pull: Array, cluster: Index, fold: Index, unit: str) -> Gain:
    """Sum what rows pull by cluster; widen where folds disagree."""
    sums = np.bincount(cluster, weights=pull)
    held = np.bincount(cluster) > 0
    k = int(held.sum())
    sums = sums * np.sqrt(k / max(k - 1, 1)) * _disagreement(pull, cluster, fold)
    error = float(np.sqrt(np.square(sums).sum()))
    return Gain(value, error, len(pull), k if k < len(pull) else 0, unit, sums)


def _disagreement(pull: Array, cluster: Index, fold: Index) -> float:
    """How much more folds differ than their rows explain, 1 or more: each fold learnt from other rows.

    Source: Birge ratio; Birge, Physical Review 40 (1932).
    """
    codes = np.unique(fold)
    if len(codes) < _FOLDS:
        return 1.0
    sums = np.array([pull[fold == c].sum() for c in codes])
    errors = np.array([np.square(np.bincount(cluster[fold == c], weights=pull[fold == c])).sum() for c in codes])
    if not (errors > 0).all():
        return 1.0
    share = np.array([np.mean(fold == c) for c in codes])
    away = np.square(sums - share * sums.sum()) / errors
    return float(max(1.0, np.sqrt(away.sum() / (len(codes) - 1))))


def _slope(measure: Callable[[Array], float], counts: Array) -> Array:
    """How the measure moves when a cell gains one row, shape (size,)."""
    step = 1e-4 * max(float(counts.sum()), 1.0)
    base = measure(counts)
    return np.array([(measure(counts + step * unit) - base) / step for unit in np.eye(len(counts))])
