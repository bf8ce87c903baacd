"""The honesty gap: how much a random split flatters, and which kinship of rows is the cause, by a ladder of splits."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from diapason.engines.learning.widening import windowed
from diapason.vocabulary.estimates import Estimate
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.findings import Finding, Where
from diapason.vocabulary.scores import Scorecard

Array = NDArray[np.float64]

__all__ = ["dearer", "explained", "torn"]

NOTABLE = 0.03
"""Relative gap below which two splits are said to agree."""

_WIDTH = 3.92
"""Standard errors in a 95 % interval."""


def torn(examples: Examples, fair: Scorecard, flattering: Scorecard) -> tuple[Finding, ...]:
    """That the random split scores worse, where the model looks back in time and a random split tears its windows."""
    worse = flattering.score.value > fair.score.high
    if fair.metric.better == "higher":
        worse = flattering.score.value < fair.score.low
    if not (worse and windowed(examples)):
        return ()
    facts: dict[str, float | str] = {"honest": fair.score.value, "random": flattering.score.value}
    return (Finding("random_split_tears_windows", Where((), (), 0, len(examples)), 0.9, "know", facts),)


def dearer(truth: Array, before: Array, after: Array, weight: Array) -> float:
    """How much larger the root mean squared error gets, of values, or of probabilities against what was (Brier).

    The deployment measure of classes (macro F1) hardly moves before many rows change sides; their probabilities do.

    Args:
        truth: shape (n,), value or class code.
        before: shape (n,) or (n, k), predicted on the rung before.
        after: the same, on this rung.
        weight: shape (n,), how often each row counts.
    """
    wanted = truth if after.ndim == 1 else np.asarray(truth[:, None] == np.arange(after.shape[1]), np.float64)
    then, now = (np.square(p - wanted).reshape(len(truth), -1).sum(axis=1) for p in (before, after))
    return float(np.sqrt(np.average(now, weights=weight)) - np.sqrt(np.average(then, weights=weight)))


def explained(fair: Scorecard, flattering: Scorecard, rises: Mapping[str, Estimate]) -> Finding | None:
    """The gap as a finding with its likely cause; None where the splits agree within their doubt.

    The cause is the step of the ladder that costs most, if it costs more than its own standard error; else unknown.

    Args:
        rises: how much worse the score gets by the step to each rung, by what that step takes away.
    """
    sign = 1.0 if fair.metric.better == "lower" else -1.0
    gap = sign * (fair.score.value - flattering.score.value)
    scale = abs(flattering.score.value) or 1.0
    inside = fair.score.low <= flattering.score.value <= fair.score.high
    if gap / scale < NOTABLE or inside:
        return None
    sure = {c: r.value for c, r in rises.items() if r.value > (r.high - r.low) / _WIDTH}
    whole = sum(max(r.value, 0.0) for r in rises.values())
    cause = max(sure, key=lambda c: sure[c]) if sure else "unknown"
    share = sure[cause] / whole if sure else 0.0
    facts: dict[str, float | str] = {
        "metric": fair.metric.name,
        "honest": fair.score.value,
        "random": flattering.score.value,
        "gap": gap / scale * 100,
        "share": share * 100,
    }
    n = fair.score.n
    return Finding(f"honesty_gap_{cause}", Where(count=n, of=n), sure=round(min(0.5 + share / 2, 0.99), 2), facts=facts)
