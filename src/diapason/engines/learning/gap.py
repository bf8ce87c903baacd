"""The honesty gap: how much a random split flatters, and which kinship of rows is the cause, by a ladder of splits."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from diapason.engines.learning.splits import apart, honest, random, scarce, together
from diapason.engines.learning.widening import windowed
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.findings import Finding, Where
from diapason.vocabulary.scores import Scorecard
from diapason.vocabulary.splits import Split, SplitKind

__all__ = ["RUNGS", "Rung", "explained", "ladder", "torn"]

NOTABLE = 0.03
"""Relative gap below which two splits are said to agree."""


@dataclass(frozen=True, slots=True)
class Rung:
    """A split that keeps one kinship more apart than the rung before."""

    cause: (
        str  # what the step to this rung takes away: "duplicates", "neighbours", "scarcity", "asset", "batch", "drift"
    )
    split: Split


RUNGS = 5
"""Rungs of a ladder at most."""


def ladder(examples: Examples, kind: SplitKind, *, seed: int, folds: int) -> tuple[Rung, ...]:
    """From the random split to the honest one, one kinship at a time.

    Random rows → copies together → blocks of time with a gap → whole assets or batches; or, where only the past is
    learnt from, as few rows as there are by then, and then the past itself, so that drift is not blamed for scarcity.
    """
    rungs = [Rung("", random(examples, seed=seed, folds=folds))]
    rungs.append(Rung("duplicates", together(examples, seed=seed, folds=folds)))
    if kind is not SplitKind.STRATIFIED:
        rungs.append(Rung("neighbours", apart(examples, seed=seed, folds=folds)))
    last = {SplitKind.ASSET: "asset", SplitKind.BATCH: "batch", SplitKind.TIME_ORDERED: "drift"}.get(kind)
    if kind is SplitKind.TIME_ORDERED:
        rungs.append(Rung("scarcity", scarce(examples, seed=seed, folds=folds)))
    if last:
        rungs.append(Rung(last, honest(examples, seed=seed, folds=folds)))
    return tuple(rungs)


def torn(examples: Examples, fair: Scorecard, flattering: Scorecard) -> tuple[Finding, ...]:
    """That the random split scores worse, where the model looks back in time and a random split tears its windows."""
    worse = flattering.score.value > fair.score.high
    if fair.metric.better == "higher":
        worse = flattering.score.value < fair.score.low
    if not (worse and windowed(examples)):
        return ()
    facts: dict[str, float | str] = {"honest": fair.score.value, "random": flattering.score.value}
    return (Finding("random_split_tears_windows", Where((), (), 0, len(examples)), 0.9, "know", facts),)


def explained(fair: Scorecard, flattering: Scorecard, steps: Sequence[tuple[str, float]]) -> Finding | None:
    """The gap as a finding with its likely cause; None where the splits agree within their doubt.

    Args:
        steps: cause and score of each rung of the ladder, in order, the first without a cause.
    """
    sign = 1.0 if fair.metric.better == "lower" else -1.0
    gap = sign * (fair.score.value - flattering.score.value)
    scale = abs(flattering.score.value) or 1.0
    inside = fair.score.low <= flattering.score.value <= fair.score.high
    if gap / scale < NOTABLE or inside:
        return None
    rises = {cause: sign * (after - before) for (_, before), (cause, after) in pairwise(steps)}
    whole = sum(max(r, 0.0) for r in rises.values())
    cause = max(rises, key=lambda c: rises[c]) if whole > 0 else "unknown"
    share = rises[cause] / whole if whole > 0 else 0.0
    facts: dict[str, float | str] = {
        "metric": fair.metric.name,
        "honest": fair.score.value,
        "random": flattering.score.value,
        "gap": gap / scale * 100,
        "share": share * 100,
    }
    n = fair.score.n
    return Finding(f"honesty_gap_{cause}", Where(count=n, of=n), sure=round(min(0.5 + share / 2, 0.99), 2), facts=facts)
