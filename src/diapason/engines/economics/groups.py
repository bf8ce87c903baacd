"""Treated or not, side by side: the difference between two groups of days, shifts or batches."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from diapason.engines.economics.comparing import Compared, fitted
from diapason.engines.economics.effect import LEVEL, Balance, Days, Doubt, Effect, enough, named
from diapason.engines.economics.judging import estimates
from diapason.engines.economics.spread import Spread, spread
from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["Cells", "side_by_side"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_CLUSTERS = Text("clusters", "个单元")
_SIDES = (Text("not treated", "未处理组"), Text("treated", "处理组"))


@dataclass(frozen=True, slots=True)
class Cells:
    """One line per cluster (a day, a shift, a batch) and group, in order of time."""

    cluster: Index  # shape (n,), codes; a cluster may hold both groups
    treated: NDArray[np.bool_]  # shape (n,)
    value: Array  # shape (n,)
    covariates: Array  # shape (n, k), known before the treatment or not moved by it
    names: tuple[str, ...] = ()
    rows: int = 0
    unit: str = "1"
    what: Text = _CLUSTERS


def side_by_side(cells: Cells, *, level: float = LEVEL) -> Effect:
    """Mean of the treated cells less that of the others, adjusted by what the covariates differ.

    Raises:
        DataError: a group has fewer than 14 cells, or the covariates are too many for them.

    >>> draw = np.random.default_rng(0)
    >>> on = np.arange(80) % 2 == 1
    >>> found = side_by_side(Cells(np.arange(80), on, 10 + draw.normal(size=80) - 2 * on, np.zeros((80, 0))))
    >>> bool(found.value.low < -2 < found.value.high), found.shown
    (True, True)

    Source: regression adjustment by covariates (CUPED; Deng, Xu, Kohavi and Walker, WSDM 2013), variance clustered
    (Liang and Zeger, Biometrika 73, 1986).
    """
    enough((int((~cells.treated).sum()), int(cells.treated.sum())), _SIDES, cells.what)
    found = _compared(cells)
    days = Days(cells.cluster, cells.value, cells.covariates, cells.names, cells.rows, cells.unit)
    moved, alike = _spread(cells, found)
    usual = spread(found.weights, found.residual, cells.treated, found.parameters)
    wider = moved.reach(level) / usual.reach(level) if usual.error > 0 else 1.0
    clusters = len(np.unique(cells.cluster))
    value, percent = estimates(found, days, usual, level, wider, clusters)
    return Effect(
        value,
        percent,
        observed=float((found.weights + found.base) @ cells.value),
        expected=float(found.base @ cells.value),
        shown=bool(value.low > 0 or value.high < 0),
        weights=found.weights,
        baseline=found.baseline,
        fit=found.fit,
        correlation=alike,
        doubts=tuple(_doubts(cells, found, alike)),
        balance=found.balance,
    )


def _compared(cells: Cells) -> Compared:
    on, x = cells.treated, cells.covariates
    middle, scale = x.mean(axis=0), x.std(axis=0)
    varied = scale > 1e-9 * np.maximum(1.0, np.abs(middle))
    design = np.column_stack([np.ones(len(x)), on, (x[:, varied] - middle[varied]) / scale[varied]])
    turn, coefficients = fitted(design, cells.value, np.ones(len(x), dtype=bool))
    if np.linalg.matrix_rank(design) < design.shape[1] and _told_by(design):
        raise DataError(
            Text("a covariate says which group a row is in", "某个协变量完全决定了所属分组"),
            at="--covariates",
            fix=Text("leave it out", "请去掉该协变量"),
        )
    weights = turn[1]
    base = np.where(on, 1 / on.sum(), 0.0) - weights  # the treated, had they not been treated
    baseline = design @ coefficients - on * coefficients[1]
    residual = cells.value - design @ coefficients
    away = cells.value - np.where(on, cells.value[on].mean(), cells.value[~on].mean())
    whole = float(away @ away)
    fit = 0.0 if whole <= 0 else float(np.clip(1 - residual @ residual / whole, 0, 1))
    return Compared(weights, base, residual, baseline, on, design.shape[1], fit, turn, _balance(cells, weights))


def _told_by(design: Array) -> bool:
    """Whether the covariates alone make the column of the treatment."""
    others = np.delete(design, 1, axis=1)
    left = design[:, 1] - others @ np.linalg.lstsq(others, design[:, 1], rcond=None)[0]
    return bool(np.abs(left).max() < 1e-8)


def _spread(cells: Cells, found: Compared) -> tuple[Spread, float]:
    """By clusters; and where each cluster is one cell and treated ones come in runs, by their likeness too."""
    codes, places = np.unique(cells.cluster, return_inverse=True)
    count = len(codes)
    pull = np.bincount(places, weights=found.weights * found.residual)
    free = max(count - found.parameters, 2)
    error = float(np.sqrt(np.square(pull).sum() * count / free))
    clustered = Spread(error, 0.0, float(free))
    if count < len(cells.value):
        return clustered, 0.0
    series = spread(found.weights, found.residual, cells.treated, found.parameters)
    return max(clustered, series, key=lambda s: s.reach(LEVEL)), series.correlation


def _balance(cells: Cells, weights: Array) -> tuple[Balance, ...]:
    on, told = cells.treated, []
    for i, name in enumerate(cells.names):
        x = cells.covariates[:, i]
        scale = float(np.sqrt((x[on].var() + x[~on].var()) / 2)) or 1.0
        told.append(Balance(name, float(x[on].mean() - x[~on].mean()) / scale, float(weights @ x) / scale))
    return tuple(told)


def _doubts(cells: Cells, found: Compared, alike: float) -> list[Doubt]:
    told, on = [], cells.treated
    fewest = min(int(on.sum()), int((~on).sum()))
    if fewest < 28:
        told.append(named("few-days", fewest, cells.what.en, cells.what.zh))
    worst = max(found.balance, key=lambda b: abs(b.before), default=None)
    chance = float(stats.norm.ppf(0.995)) * np.sqrt(1 / on.sum() + 1 / (~on).sum())  # what a fair draw may show
    if worst is not None and abs(worst.before) > max(0.25, chance):
        told.append(named("unbalanced", abs(worst.before), worst.name, worst.name))
    if alike > 0.3:
        told.append(named("autocorrelation", alike, cells.what.en, cells.what.zh))
    return told
