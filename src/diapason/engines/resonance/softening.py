"""Labels as probabilities: a doubted row enters once per class that it may be of, weighted."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from diapason.engines.resonance.labels import label_noise, posterior, shared
from diapason.vocabulary.examples import Examples

__all__ = ["again", "entered", "noise_shown", "softened", "spoken", "spread"]

Array = NDArray[np.float64]

_SUREST, _FEWEST, _NOISE, _OF_CLASS = 0.1, 12, 0.06, 0.1
_LEAST = 0.05
"""A class that is believed less than this gets no row."""


def noise_shown(probabilities: Array, labels: NDArray[np.int64]) -> bool:
    """Whether labels are wrong even where the model is surest, which overlap of classes does not explain.

    Among the rows of some predicted class that it is surest of (a tenth of them, twelve at least), or among those of
    all classes together, more than six in a hundred must have another label, with 99 % probability in all; or among
    the anchors of one class more than ten in a hundred, which shows missed rows of a rare class.

    Source: exact interval of a share; Clopper and Pearson, Biometrika 26 (1934).
    """
    guess, top = probabilities.argmax(axis=1), probabilities.max(axis=1)
    present = np.unique(guess)
    tally = []
    for c in present:
        rows = np.flatnonzero(guess == c)
        surest = rows[np.argsort(-top[rows], kind="stable")[: max(_FEWEST, int(_SUREST * len(rows)))]]
        tally.append((int((labels[surest] != c).sum()), len(surest)))
    wrong, n = (sum(column) for column in zip(*tally, strict=True))
    chance = 0.01 / (len(present) + 1)
    limits = [stats.beta.ppf(chance, w, m - w + 1) for w, m in [(wrong, n), *tally] if w > 0]
    return max(limits, default=0.0) > _NOISE or label_noise(probabilities, labels).worst > _OF_CLASS


def softened(
    examples: Examples, probabilities: Array, doubt: Array, above: float
) -> tuple[Examples, NDArray[np.int64]]:
    """Rows with doubted labels split over the classes; and the positions that were split.

    The row itself keeps its label with the weight that doubt leaves it; each other class believed to a twentieth or
    more enters as a row of its own beside it, with a negative `_row`.
    """
    labels = examples.target.astype(np.int64)
    n = len(examples)
    believed = shared(posterior(probabilities, labels, label_noise(probabilities, labels).given_if_true), labels, doubt)
    split = doubt > above
    more = split[:, None] & (believed >= _LEAST)
    more[np.arange(n), labels] = False
    held = np.where(more, believed, 0.0)
    held[np.arange(n), labels] = np.where(split, believed[np.arange(n), labels], 1.0)
    return spread(examples, held), np.flatnonzero(split & more.any(axis=1))


def spread(examples: Examples, held: Array) -> Examples:
    """Each row once with its own label and once per other class that it is held to be, weighted.

    Args:
        held: shape (n, k), how far each row speaks for each class; an added row has the number -1 - (row * k + class).
    """
    labels, (n, k) = examples.target.astype(np.int64), held.shape
    others = held.copy()
    others[np.arange(n), labels] = 0.0
    source, other = np.nonzero(others > 0)
    index = np.r_[np.arange(n), source]
    order = np.argsort(index, kind="stable")
    given = np.ones(n) if examples.weight is None else examples.weight
    weight = np.r_[held[np.arange(n), labels] * given, others[source, other] * given[source]]
    rows = np.r_[examples.rows, -1 - (np.abs(examples.rows[source]) * k + other)]
    target = np.r_[examples.target, other.astype(np.float64)]
    made = examples.take(index[order].astype(np.int64))
    return replace(made, target=target[order], weight=weight[order], rows=rows[order])


def entered(treated: Examples) -> tuple[NDArray[np.int64], NDArray[np.int64], Array, Array] | None:
    """What is learnt from after a treatment that weighs rows or adds some: the number of each row, the row that it
    comes from, its class and its weight; None where rows only left or were rewritten.
    """
    if treated.weight is None:
        return None
    k = max(len(treated.classes), 1)
    source = np.where(treated.rows < 0, (-1 - treated.rows) // k, treated.rows)
    return treated.rows, source, treated.target, treated.weight


def again(examples: Examples, told: tuple[NDArray[np.int64], NDArray[np.int64], Array, Array]) -> Examples:
    """The rows as `entered` has told them; those whose source is gone are left out."""
    rows, source, target, weight = told
    order = np.argsort(examples.rows, kind="stable")
    place = order[np.minimum(np.searchsorted(examples.rows, source, sorter=order), len(order) - 1)]
    here = np.flatnonzero(examples.rows[place] == source)
    made = examples.take(place[here].astype(np.int64))
    return replace(made, target=target[here], weight=weight[here], rows=rows[here])


def spoken(before: Examples, treated: Examples) -> Array | None:
    """How far each row speaks for each class after a treatment, the inverse of `spread`; None if none was split."""
    added = treated.rows < 0
    if not added.any() or treated.weight is None:
        return None
    k, n = len(before.classes), len(before)
    order = np.argsort(before.rows, kind="stable")

    def place(rows: NDArray[np.int64]) -> NDArray[np.int64]:
        return order[np.minimum(np.searchsorted(before.rows, rows, sorter=order), n - 1)]

    given = np.ones(n) if before.weight is None else np.maximum(before.weight, 1e-12)
    held = np.eye(k)[before.target.astype(np.int64)]
    own, code = place(treated.rows[~added]), -1 - treated.rows[added]
    held[own, before.target[own].astype(np.int64)] = treated.weight[~added] / given[own]
    source = place(code // k)
    held[source, code % k] = treated.weight[added] / given[source]
    return held
