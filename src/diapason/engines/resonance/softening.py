"""Labels as probabilities: a doubted row enters once per class that it may be of, weighted."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from diapason.engines.resonance.labels import label_noise
from diapason.vocabulary.examples import Examples

__all__ = ["noise_shown", "posterior", "softened"]

Array = NDArray[np.float64]

_SUREST, _NOISE = 0.1, 0.06
_LEAST = 0.05
"""A class that is believed less than this gets no row."""


def noise_shown(probabilities: Array, labels: NDArray[np.int64]) -> bool:
    """Whether labels are wrong even where the model is surest, which overlap of classes does not explain.

    Among the tenth of the rows of each predicted class that it is surest of, more than six in a hundred must have
    another label, with 99 % probability.

    Source: exact interval of a share; Clopper and Pearson, Biometrika 26 (1934).
    """
    guess, top = probabilities.argmax(axis=1), probabilities.max(axis=1)
    sure = np.zeros(len(labels), bool)
    for c in np.unique(guess):
        rows = np.flatnonzero(guess == c)
        sure[rows[np.argsort(-top[rows], kind="stable")[: max(1, int(_SUREST * len(rows)))]]] = True
    wrong, n = int((guess != labels)[sure].sum()), int(sure.sum())
    return wrong > 0 and float(stats.beta.ppf(0.01, wrong, n - wrong + 1)) > _NOISE


def posterior(probabilities: Array, labels: NDArray[np.int64]) -> Array:
    """What each row is, given its inputs and its noisy label; shape (n, k), rows sum to 1.

    p(true | x, given) is proportional to p(true | x) p(given | true), with the noise matrix of `label_noise`; an entry
    of it is held at one part in a thousand at least.

    Source: loss correction by the noise matrix; Patrini et al., CVPR 2017.
    """
    noise = np.maximum(label_noise(probabilities, labels).given_if_true, 1e-3)
    joint = np.maximum(probabilities, 1e-6) * noise[:, labels].T
    return np.asarray(joint / joint.sum(axis=1, keepdims=True))


def softened(
    examples: Examples, probabilities: Array, doubt: Array, above: float
) -> tuple[Examples, NDArray[np.int64]]:
    """Rows with doubted labels split over the classes; and the positions that were split.

    The row itself keeps its label with the weight that is left for it; each other class believed to a twentieth or
    more enters as a row of its own beside it, with a negative `_row`.
    """
    labels = examples.target.astype(np.int64)
    k, n = probabilities.shape[1], len(examples)
    believed = posterior(probabilities, labels)
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
