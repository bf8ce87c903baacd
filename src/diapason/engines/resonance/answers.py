"""What people said of rows they looked at: right or wrong, what would be right, and what that teaches of the rest."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from diapason.engines.resonance.stretches import Carried, carried
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

__all__ = ["Answers", "learned_doubt"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

_TURNS = 60
_PRIOR = 0.5
"""Precision with which each slope is held at one for doubt and at zero for other signs."""
_PARTS = 5
_FEWEST = 2
"""Wrong rows among the answers from which on they teach more than a rate."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers to an audit sheet, shape (m,) each."""

    rows: Index  # `_row`
    wrong: Mask
    right: Array  # the right value or class code where a person knows it, else nan
    inclusion: Array  # probability with which the row came onto the sheet

    def place(self, examples: Examples) -> tuple[Index, Index]:
        """Positions among `examples` of the rows answered, and which answers they are."""
        order = np.argsort(examples.rows, kind="stable")
        at = np.minimum(np.searchsorted(examples.rows, self.rows, sorter=order), max(len(order) - 1, 0))
        known = np.flatnonzero(examples.rows[order[at]] == self.rows) if len(order) else np.zeros(0, np.int64)
        return order[at[known]], known

    def between(self, examples: Examples) -> Carried:
        """What the answers say of rows between them, of values alone."""
        at, which = self.place(examples)
        given = examples.target[at]
        right = np.where(self.wrong[which], self.right[which], given)
        known = np.isfinite(right) if examples.task is Task.REGRESSION else np.zeros(len(at), bool)
        key = examples.rows if examples.time is None else examples.time
        return carried(np.asarray(key, np.float64), at[known], (right - given)[known])

    def bridged(self, examples: Examples) -> Examples:
        """The rows with stretches taken back that the answers tell; without those of which nobody knows."""
        between = self.between(examples)
        if not between.known.any():
            return examples
        return replace(examples, target=examples.target + between.error).take(np.flatnonzero(~between.unsure))

    def corrected(self, examples: Examples) -> Examples:
        """The rows with what people have said: right values written in, wrong rows without one left out.

        Where a failure time is wrong, all rows of its asset are. Where checked values are off along a whole stretch,
        the rows between them are corrected too.
        """
        examples = self.bridged(examples)
        at, which = self.place(examples)
        target, gone = examples.target.copy(), np.zeros(len(examples), bool)
        wrong = self.wrong[which]
        if examples.task is Task.REMAINING_LIFE and examples.asset is not None:
            gone = np.isin(examples.asset, examples.asset[at[wrong]])
        elif examples.task is Task.MONITORING:
            gone[at[wrong]] = True
        else:
            told = np.isfinite(self.right[which])
            target[at[wrong & told]] = self.right[which][wrong & told]
            gone[at[wrong & ~told]] = True
        return replace(examples, target=target).take(np.flatnonzero(~gone))


def learned_doubt(signs: Array, doubt: Array, at: Index, wrong: Mask, inclusion: Array) -> Array:
    """Doubt of each row as the answers teach it, shape (n,): a logistic model of being wrong.

    The doubt that was computed enters with a slope that is one unless the answers say otherwise, other signs with a
    slope of zero; answers count by one over their inclusion probability, held to at most ten times the mean. With
    fewer than two wrong rows among the answers only the level is learnt. Doubt stays as it is where what some answers
    teach does not foretell the others better.

    Args:
        signs: shape (n, d), how unusual each row is, by any measure.
        doubt: shape (n,), 0..1, as computed without answers.
        at: positions of the rows answered.
        wrong: what was said of them.

    Source: logistic recalibration; Cox, Biometrika 45 (1958); weights after Horvitz and Thompson (1952).
    """
    if not len(at):
        return doubt
    clipped = np.clip(doubt, 0.01, 0.99)
    scaled = (signs - signs.mean(axis=0)) / np.maximum(signs.std(axis=0), 1e-12)
    X = np.column_stack([np.ones(len(doubt)), np.log(clipped / (1 - clipped)), scaled])
    weight = 1 / np.maximum(inclusion, 1e-9)
    weight = np.minimum(weight / weight.mean(), 10.0)
    weight = weight * len(at) / weight.sum()
    y = wrong.astype(np.float64)
    if wrong.sum() >= _FEWEST and not _teaches(X[at], y, weight, clipped[at]):
        return doubt
    return _chance(X, _taught(X[at], y, weight))


def _teaches(X: Array, y: Array, weight: Array, doubt: Array) -> bool:
    """Whether answers foretell one another better than the doubt that was computed without them, cross-validated."""
    part, told = np.arange(len(y)) % _PARTS, np.empty(len(y))
    for k in np.unique(part):
        rest = part != k
        told[~rest] = _chance(X[~rest], _taught(X[rest], y[rest], weight[rest]))
    return _surprise(told, y, weight) < _surprise(doubt, y, weight)


def _surprise(chance: Array, y: Array, weight: Array) -> float:
    held = np.clip(chance, 0.01, 0.99)
    return float(-(weight * (y * np.log(held) + (1 - y) * np.log(1 - held))).sum())


def _chance(X: Array, slopes: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-np.clip(X @ slopes, -30, 30))))


def _taught(X: Array, y: Array, weight: Array) -> Array:
    """Slopes, held at one for doubt and at zero for the other signs; with few wrong rows only the level is learnt."""
    middle = np.zeros(X.shape[1])
    middle[1] = 1.0
    hold = np.full(X.shape[1], _PRIOR if y.sum() >= _FEWEST else 1e3)
    hold[0] = 0.05
    return _solved(X, y, weight, middle, hold)


def _solved(X: Array, y: Array, weight: Array, middle: Array, hold: Array) -> Array:
    """Weighted logistic regression with a normal prior, by Newton's method with a damped step."""
    slopes = middle.copy()
    for _ in range(_TURNS):
        p = 1 / (1 + np.exp(-np.clip(X @ slopes, -30, 30)))
        pull = X.T @ (weight * (y - p)) - hold * (slopes - middle)
        curve = (X * (weight * p * (1 - p) + 1e-9)[:, None]).T @ X + np.diag(hold)
        step = np.linalg.solve(curve, pull)
        slopes = slopes + step / max(1.0, float(np.abs(step).max()) / 2)
        if float(np.abs(step).max()) < 1e-8:
            break
    return slopes
