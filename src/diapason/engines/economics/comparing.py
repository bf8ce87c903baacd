"""From days to a weighted sum of them: adjusted before and after, or days matched one by one."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diapason.engines.economics.effect import Balance, Days
from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["Compare", "Compared", "adjusted", "fitted", "matched"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

PARTNERS = 3
"""Days before that each day after is compared with."""
_FAR, _SPARE, _EQUAL = 1.5, 5, 1e-6
"""Times the usual distance of like days beyond which there is no match; days that each covariate must have; how
near is equal."""


@dataclass(frozen=True, slots=True)
class Compared:
    """An effect as a weighted sum: value = weights @ y, expected = base @ y."""

    weights: Array  # shape (n,)
    base: Array  # shape (n,)
    residual: Array  # shape (n,), mean zero on each side
    baseline: Array  # shape (n,), what is expected of each day
    after: Mask  # shape (n,)
    parameters: int
    fit: float
    coefficients: Array  # shape (k, n): coefficients of the baseline = coefficients @ y; the constant first
    balance: tuple[Balance, ...] = ()
    left_out: int = 0


Compare = Callable[[Days, Mask], Compared]


def adjusted(days: Days, after: Mask) -> Compared:
    """Mean of the days after, less what days before with the same covariates would have been.

    The baseline is fitted on the days before alone.

    Raises:
        DataError: there are too many covariates for the days before.

    Source: adjusted baseline of measurement and verification (IPMVP option C, ISO 50006; recalled); least squares.
    """
    design = _design(days, after)
    turn, coefficients = fitted(design, days.value, ~after)
    weights = np.where(after, 1 / after.sum(), 0.0)
    base = turn.T @ design[after].mean(axis=0)
    residual, baseline = days.value - design @ coefficients, design @ coefficients
    fit = _explained(residual[~after], days.value[~after])
    residual = residual - np.where(after, residual[after].mean(), 0.0)
    return Compared(weights - base, base, residual, baseline, after, design.shape[1], fit, turn, _outlying(days, after))


def matched(days: Days, after: Mask) -> Compared:
    """Each day after against its nearest days before, corrected for what still differs between them.

    A day with no like day before is left out and counted. Distances are Mahalanobis distances of the covariates.

    Raises:
        DataError: no covariate, or no day after has a match.

    Source: bias-corrected matching with replacement; Abadie and Imbens, JBES 29 (2011).
    """
    if not days.covariates.shape[1]:
        raise DataError(
            Text("days are matched by covariates, and none is named", "匹配需要协变量，但未指定"),
            at="--covariates",
            fix=Text("name columns, or weekday: --covariates weekday", "请指定列或 weekday：--covariates weekday"),
        )
    design = _design(days, after)
    turn, coefficients = fitted(design, days.value, ~after)
    partners, held = _partners(days, after)
    rows = np.flatnonzero(after)[held]
    share = np.zeros(len(after))
    share[~after] = partners[held].mean(axis=0)
    own = np.where(np.isin(np.arange(len(after)), rows), 1 / len(rows), 0.0)
    gap = design.T @ (own - share)  # what still differs, taken off as the baseline says
    base = share + turn.T @ gap
    expected = design @ coefficients
    residual = days.value - expected
    baseline = np.full(len(after), np.nan)
    baseline[rows] = (expected[after] + partners @ (days.value - expected)[~after])[held]
    residual = residual - np.where(after, residual[rows].mean(), 0.0)
    fit = _explained((days.value - expected)[~after], days.value[~after])
    balance = _balance(days, after, own, share)
    return Compared(
        own - base, base, residual, baseline, after, design.shape[1], fit, turn, balance, int(after.sum()) - len(rows)
    )


def fitted(design: Array, value: Array, rows: Mask) -> tuple[Array, Array]:
    """Least squares on some rows: the matrix (k, n) that makes coefficients of values, and the coefficients.

    Raises:
        DataError: fewer than five rows for each column.
    """
    if rows.sum() < _SPARE * design.shape[1]:
        most = int(rows.sum()) // _SPARE - 1
        raise DataError(
            Text(
                f"{rows.sum()} days carry no {design.shape[1] - 1} covariates",
                f"{rows.sum()} 天的数据不足以支撑 {design.shape[1] - 1} 个协变量",
            ),
            at="--covariates",
            fix=Text(f"name at most {most}; weekday counts as six", f"最多 {most} 个；weekday 计为六个"),
        )
    turn = np.zeros((design.shape[1], len(design)))
    turn[:, rows] = np.linalg.pinv(design[rows], rcond=1e-8)
    return turn, turn @ value


def _design(days: Days, after: Mask) -> Array:
    """A column of ones, and the covariates in standard deviations of the days before; what never varied is left out."""
    x = days.covariates
    middle, scale = x[~after].mean(axis=0), x[~after].std(axis=0)
    varied = scale > 1e-9 * np.maximum(1.0, np.abs(middle))
    return np.column_stack([np.ones(len(x)), (x[:, varied] - middle[varied]) / scale[varied]])


def _partners(days: Days, after: Mask) -> tuple[Array, Mask]:
    """For each day after the shares of its days before, shape (m, n), and whether they are like it.

    Its three nearest, with all that are as near as the third: which of equal days came first means nothing.
    """
    x = _design(days, after)[:, 1:]
    past, now = x[~after], x[after]
    spread = np.atleast_2d(np.cov(past.T)) if past.shape[1] else np.zeros((0, 0))
    root = np.asarray(np.linalg.pinv(spread, hermitian=True), dtype=np.float64)
    among, across = _distances(past, past, root), _distances(now, past, root)
    np.fill_diagonal(among, np.inf)
    usual = float(np.quantile(np.partition(among, PARTNERS - 1, axis=1)[:, PARTNERS - 1], 0.98))
    third = np.partition(across, PARTNERS - 1, axis=1)[:, PARTNERS - 1]
    held = third <= _FAR * usual + _EQUAL
    if held.sum() < 2:
        raise DataError(
            Text("no day after has a like day before", "变更后没有任何一天能在变更前找到相似的对照日"),
            at="--covariates",
            fix=Text("name fewer covariates, or use --by before-after", "请减少协变量，或改用 --by before-after"),
        )
    near = across <= third[:, None] + _EQUAL
    return near / near.sum(axis=1, keepdims=True), held


def _distances(one: Array, other: Array, root: Array) -> Array:
    left, right = one @ root, other @ root
    square = (left * one).sum(axis=1)[:, None] + (right * other).sum(axis=1)[None, :] - 2 * left @ other.T
    return np.asarray(np.sqrt(np.maximum(square, 0.0)), dtype=np.float64)


def _balance(days: Days, after: Mask, own: Array, share: Array) -> tuple[Balance, ...]:
    x, told = days.covariates, []
    for i, name in enumerate(days.names):
        scale = float(np.sqrt((x[after, i].var() + x[~after, i].var()) / 2)) or 1.0
        apart = float(x[after, i].mean() - x[~after, i].mean()) / scale
        told.append(Balance(name, apart, float((own - share) @ x[:, i]) / scale))
    return tuple(told)


def _outlying(days: Days, after: Mask) -> tuple[Balance, ...]:
    """How far each covariate moved; an adjusted baseline takes it off, so that nothing is left of it."""
    one = np.where(after, 1 / after.sum(), 0.0)
    told = _balance(days, after, one, np.where(after, 0.0, 1 / (~after).sum()))
    return tuple(Balance(b.name, b.before, 0.0) for b in told)


def _explained(residual: Array, value: Array) -> float:
    whole = float(np.var(value))
    return 0.0 if whole <= 0 else float(np.clip(1 - np.var(residual) / whole, 0.0, 1.0))
