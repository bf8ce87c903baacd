"""Labels as probabilities: a doubted row enters once per class that it may be of, weighted."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from diapason.engines.resonance.labels import label_noise, posterior, shared
from diapason.vocabulary.examples import Examples

__all__ = ["noise_shown", "softened"]

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
    k, n = probabilities.shape[1], len(examples)
    believed = shared(posterior(probabilities, labels, label_noise(probabilities, labels).given_if_true), labels, doubt)
    split = doubt > above
    more = split[:, None] & (believed >= _LEAST)
    more[np.arange(n), labels] = False
    source, other = np.nonzero(more)
    index = np.r_[np.arange(n), source]
    order = np.argsort(index, kind="stable")
    given = np.ones(n) if examples.weight is None else examples.weight
    own = np.where(split, believed[np.arange(n), labels], 1.0) * given
    weight = np.r_[own, believed[source, other] * given[source]]
    rows = np.r_[examples.rows, -1 - (np.abs(examples.rows[source]) * k + other)]
    target = np.r_[examples.target, other.astype(np.float64)]
    made = examples.take(index[order].astype(np.int64))
    made = replace(made, target=target[order], weight=weight[order], rows=rows[order])
    return made, np.flatnonzero(split & more.any(axis=1))
