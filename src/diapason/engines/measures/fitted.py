"""What each kind of defect has cost models, pooled over past trials, and the weights that follow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from diapason.vocabulary.estimates import Estimate

__all__ = ["Trial", "cost", "weights"]

KEPT = 0.5
"""Part of an equal weight that each indicator keeps, whatever trials say, so that none vanishes. Ours."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What one repair has gained over doing nothing, in hundredths of the measure."""

    run: str
    dataset: str
    treatment: str
    value: float
    error: float  # standard error


def cost(trials: Sequence[Trial], level: float = 0.95) -> Estimate:
    """The mean gain over trials that differ among themselves more than chance explains.

    With one trial its own error counts. With more, the interval is that of Hartung, Knapp, Sidik and Jonkman, which
    holds for few trials; it is never narrower than the plain one.

    >>> round(cost([Trial("", "", "", 4.0, 1.0), Trial("", "", "", 6.0, 1.0)]).value, 1)
    5.0

    Source: DerSimonian and Laird, Controlled Clinical Trials 7 (1986); IntHout et al., BMC Med. Res. Meth. 14 (2014).
    """
    y = np.array([t.value for t in trials])
    v = np.square(np.array([max(t.error, 1e-9) for t in trials]))
    k = len(y)
    w = 1 / v
    if k > 1:
        middle = float(w @ y / w.sum())
        spread = float(w @ np.square(y - middle))
        between = max(0.0, (spread - (k - 1)) / float(w.sum() - (w @ w) / w.sum()))
        w = 1 / (v + between)
    value = float(w @ y / w.sum())
    error = float(np.sqrt(1 / w.sum()))
    if k > 1:
        error = max(error, float(np.sqrt((w @ np.square(y - value)) / ((k - 1) * w.sum()))))
        reach = float(stats.t.ppf(0.5 + level / 2, k - 1))
    else:
        reach = float(stats.norm.ppf(0.5 + level / 2))
    return Estimate(value, value - reach * error, value + reach * error, k, "%", level=level)


def weights(codes: Sequence[str], costs: Mapping[str, Estimate]) -> dict[str, float]:
    """Weights of the indicators of a dimension; they sum to one.

    Those with a cost share what equal weights would give them in proportion to it, half of each kept equal; a cost
    below zero counts as none. Without two costs all are equal.

    >>> weights(["a", "b"], {})
    {'a': 0.5, 'b': 0.5}
    """
    equal = 1 / len(codes) if codes else 0.0
    known = {c: max(costs[c].value, 0.0) for c in codes if c in costs}
    total = sum(known.values())
    if len(known) < 2 or total <= 0:
        return dict.fromkeys(codes, equal)
    shared = equal * len(known)
    return {c: KEPT * equal + (1 - KEPT) * shared * known[c] / total if c in known else equal for c in codes}
