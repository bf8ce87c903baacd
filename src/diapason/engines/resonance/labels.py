"""Class labels: which are doubted, and how much noise there surely is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

__all__ = [
    "LabelNoise",
    "belief",
    "depends_on_row",
    "doubted",
    "label_noise",
    "posterior",
    "shared",
    "spared",
    "unmixed",
]

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_CONFIDENT = 0.6
"""Among the rows predicted as a class, those above this quantile of confidence are its anchors."""
_FEWEST = 8
_SUREST, _FADED = 0.25, 0.8
_CONDITION = 20.0
"""Condition number of a noise matrix up to which it is taken back."""
_SHARPNESS = np.geomspace(0.3, 5.0, 25)
"""Powers among which probabilities are calibrated."""


@dataclass(frozen=True, slots=True)
class LabelNoise:
    """How true classes are given other labels; rows = true, columns = given."""

    given_if_true: Array  # (k, k), rows sum to 1
    rate: float  # share of labels that are wrong
    low: float  # one-sided 95 % lower limit of the rate
    worst: float  # the same of the class that loses the largest share of its labels, corrected for the choice of it


def doubted(probabilities: Array, labels: Index) -> Array:
    """How surely each label is wrong, from 0 to 1; shape (n,).

    A label is doubted by as much as the likeliest other class exceeds it, where that class is believed at least as
    much as it usually is where it is given (the confident joint). Doubts beyond the count of wrong labels that the
    joint implies for a class are held below one half.

    Args:
        probabilities: shape (n, k), cross-fitted.
        labels: shape (n,), codes.

    Source: confident learning; Northcutt, Jiang and Chuang, JAIR 70 (2021).

    >>> p = np.array([[0.9, 0.1]] * 8 + [[0.1, 0.9]] * 8)
    >>> doubt = doubted(p, np.array([0] * 8 + [1] * 7 + [0]))
    >>> bool(doubt[-1] == doubt.max() > 0)
    True
    """
    n, k = probabilities.shape
    usual = np.array([probabilities[labels == c, c].mean() if (labels == c).any() else 1.0 for c in range(k)])
    believed = np.where(probabilities >= usual, probabilities, -1.0)
    rival = believed.argmax(1)
    disputed = (believed.max(1) >= 0) & (rival != labels)
    own = probabilities[np.arange(n), labels]
    doubt = np.where(disputed, 0.5 + 0.5 * (probabilities[np.arange(n), rival] - own), 0.5 * (1 - own))
    implied = _implied(believed, labels, k)
    for c in range(k):
        rows = np.flatnonzero(labels == c)
        beyond = rows[np.argsort(own[rows], kind="stable")[implied[c] :]]
        doubt[beyond] = np.minimum(doubt[beyond], 0.49)
    return np.asarray(np.clip(doubt, 0, 1))


def posterior(probabilities: Array, labels: Index, given_if_true: Array) -> Array:
    """What each row is, given its inputs and the label it was given; shape (n, k), rows sum to 1.

    p(true | x, given) is proportional to p(true | x) p(given | true); an entry of the noise matrix is held at one part
    in a thousand at least.

    Args:
        probabilities: shape (n, k), of the true class.
        given_if_true: shape (k, k), the noise matrix.

    Source: forward correction by the noise matrix; Patrini et al., CVPR 2017.
    """
    joint = np.maximum(probabilities, 1e-6) * np.maximum(given_if_true, 1e-3)[:, labels].T
    return np.asarray(joint / joint.sum(axis=1, keepdims=True))


def belief(probabilities: Array, labels: Index, noise: LabelNoise) -> Array:
    """Probability of each class to be the true one, given the label that was given; shape (n, k).

    The cross-fitted probabilities of true classes are made as sharp as explains the given labels best, once the noise
    has passed over them; then weighed by how likely each class gets the label that was given.

    Source: forward correction; Patrini et al., CVPR 2017; Bayes' rule.
    """
    return posterior(_calibrated(probabilities, labels, noise), labels, noise.given_if_true)


def _calibrated(probabilities: Array, labels: Index, noise: LabelNoise) -> Array:
    """As sharp as explains the given labels best, once the noise has passed over them."""

    def surprise(power: float) -> float:
        told = _sharpened(probabilities, power) @ noise.given_if_true
        return float(-np.mean(np.log(np.maximum(told[np.arange(len(labels)), labels], 1e-9))))

    return _sharpened(probabilities, min(_SHARPNESS, key=surprise))


def unmixed(probabilities: Array, labels: Index, noise: LabelNoise) -> Array | None:
    """For how much each row counts in each class, so that counts are right on average; shape (n, k), rows sum to 1.

    What the row is believed to be without its label, q, corrected by its label with the noise taken back:
    q + (given - q T) T^-1, T the noise matrix. Whatever q is, the mean over labels is the true class; the better q, the
    less it spreads. Entries may be negative or above one. None where the noise matrix can hardly be taken back.

    Args:
        probabilities: shape (n, k), of the true class, cross-fitted: without the row's own label.

    Source: backward correction by the noise matrix (Natarajan et al., NeurIPS 2013; Patrini et al., CVPR 2017) with
    the prediction as control variate (augmented inverse weighting; Robins, Rotnitzky and Zhao, JASA 89, 1994).

    >>> p, labels = np.array([[0.5, 0.5]]), np.array([0])
    >>> unmixed(p, labels, LabelNoise(np.eye(2), 0.0, 0.0, 0.0)).tolist()
    [[1.0, 0.0]]
    """
    mixed = noise.given_if_true
    if np.linalg.cond(mixed) > _CONDITION:
        return None
    q, given = _calibrated(probabilities, labels, noise), np.eye(len(mixed))[labels]
    return np.asarray(q + (given - q @ mixed) @ np.linalg.inv(mixed))


def shared(believed: Array, labels: Index, doubt: Array) -> Array:
    """The own label believed as far as it is not doubted; the doubt goes to the others in their proportion."""
    rows = np.arange(len(labels))
    others = believed.copy()
    others[rows, labels] = 0.0
    out = others / np.maximum(others.sum(axis=1, keepdims=True), 1e-12) * doubt[:, None]
    out[rows, labels] = 1 - doubt
    return np.asarray(out)


def spared(gone: NDArray[np.bool_], doubt: Array, labels: Array, least: float) -> NDArray[np.bool_]:
    """The rows to go, the least doubted held back where a class would keep less than that share of its rows."""
    out = gone.copy()
    for c in np.unique(labels):
        rows = np.flatnonzero(labels == c)
        worst = rows[np.argsort(-doubt[rows], kind="stable")]
        out[worst[int((1 - least) * len(rows)) :]] = False
    return out


def _sharpened(probabilities: Array, power: float) -> Array:
    raised = np.power(np.maximum(probabilities, 1e-9), power)
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def _implied(believed: Array, labels: Index, k: int) -> Index:
    """Wrong labels in each given class that the confident joint implies."""
    known = believed.max(1) >= 0
    joint = np.zeros((k, k))
    np.add.at(joint, (believed.argmax(1)[known], labels[known]), 1)
    right = np.diag(joint) / np.maximum(joint.sum(0), 1e-9)
    return np.round(np.bincount(labels, minlength=k) * np.where(joint.sum(0) > 0, 1 - right, 0)).astype(np.int64)


def label_noise(probabilities: Array, labels: Index) -> LabelNoise:
    """Noise among the rows of which the judge is surest: there a wrong label is hardly the model's own error.

    Holds where noise depends on the class and not on the row; rows of a class that has too few anchors are taken as
    right. On clean but hard data it says little noise, as it must: overlap of classes is no noise.

    Source: anchor points; Liu and Tao, IEEE TPAMI 38 (2016).
    """
    k = probabilities.shape[1]
    guess, top = probabilities.argmax(1), probabilities.max(1)
    matrix, wrong, seen, worst = np.eye(k), 0.0, 0, 0.0
    for c in range(k):
        rows = np.flatnonzero(guess == c)
        if len(rows) < _FEWEST:
            continue
        anchors = rows[top[rows] >= np.quantile(top[rows], _CONFIDENT)]
        counts = np.bincount(labels[anchors], minlength=k).astype(np.float64)
        matrix[c] = counts / counts.sum()
        lost = counts.sum() - counts[c]
        wrong, seen, worst = wrong + lost, seen + len(anchors), max(worst, _at_least(lost, len(anchors), 0.05 / k))
        matrix[c, c] = max(matrix[c, c], 1.0 / k)
        matrix[c] /= matrix[c].sum()
    prior = np.bincount(guess, minlength=k) / max(len(guess), 1)
    rate = float(prior @ (1 - np.diag(matrix)))
    spread = np.sqrt(max(rate * (1 - rate), 1e-6) / max(seen, 1))
    return LabelNoise(matrix, rate, max(0.0, rate - 1.645 * float(spread)), worst)


def depends_on_row(probabilities: Array, labels: Index, noise: LabelNoise) -> bool:
    """Whether wrong labels are so much rarer where the model is surest that no matrix of classes explains them.

    Noise that depends on the class alone is as frequent among the surest rows as anywhere; noise that seeks rows near
    a boundary, and classes that overlap, fade there. These two cannot be told apart without looking at rows. Asked is
    whether the surest quarter of the rows of each predicted class has, by its upper 90 % limit, less than four fifths
    of the wrong labels that the noise matrix lets expect there.

    Source: exact limit of a share; Clopper and Pearson, Biometrika 26 (1934).
    """
    guess, top = probabilities.argmax(1), probabilities.max(1)
    wrong, seen, expected = 0, 0, 0.0
    for c in np.unique(guess):
        rows = np.flatnonzero(guess == c)
        surest = rows[np.argsort(-top[rows], kind="stable")[: max(1, int(_SUREST * len(rows)))]]
        wrong, seen = wrong + int((labels[surest] != c).sum()), seen + len(surest)
        expected += len(surest) * (1 - float(noise.given_if_true[c, c]))
    high = float(stats.beta.ppf(0.9, wrong + 1, seen - wrong)) if wrong < seen else 1.0
    return bool(high < _FADED * expected / max(seen, 1))


def _at_least(count: float, of: int, chance: float) -> float:
    """Lower limit of a share; Clopper and Pearson, Biometrika 26 (1934)."""
    return float(stats.beta.ppf(chance, count, of - count + 1)) if count > 0 else 0.0
