"""Which tags an alarm came from: how much each made of it, and which moved first."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Cause", "ranked"]

Array = NDArray[np.float64]

_PART = 0.1
"""Share of the largest contribution below which a tag is no candidate."""
_LEAVES = 4.0
"""Robust standard deviations of a tag's earlier contributions at which it is held to have left them."""
_STAYS = 3
"""Rows in which it must stay beyond."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One candidate."""

    tag: str
    share: float  # of the score at the alarm, 0..1
    rows_before: int  # how many rows before the alarm it left its usual place; 0 = with it, or never


def ranked(tags: Sequence[str], contributions: Array, *, most: int = 5) -> tuple[Cause, ...]:
    """Candidates for the cause of the alarm in the last row, the likeliest first.

    A tag that made much of the score and left its usual contributions earlier than others comes first: what moves
    first may have moved the rest, what moves later can't have moved it. It is an order of suspicion, no proof.

    Args:
        contributions: shape (rows, tags), the last row is that of the alarm.

    Source: contribution plots (Westerhuis et al., Chemometrics 51, 2000), ordered by time of departure.
    """
    last = np.maximum(contributions[-1], 0.0)
    total = float(last.sum())
    if total <= 0:
        return ()
    early = contributions[: max(len(contributions) // 3, 1)]
    middle = np.median(early, axis=0)
    spread = 1.4826 * np.median(np.abs(early - middle), axis=0) + 1e-3 * float(last.max())
    beyond = contributions > middle + _LEAVES * spread
    candidates = [i for i in np.argsort(-last, kind="stable") if last[i] >= _PART * last.max()]
    found = [Cause(tags[i], float(last[i] / total), _since(beyond[:, i])) for i in candidates]
    return tuple(sorted(found, key=lambda c: -(c.share * (1 + c.rows_before / len(contributions)))))[:most]


def _since(beyond: NDArray[np.bool_]) -> int:
    """Rows before the last one at which the stay beyond began that lasts until it."""
    within = np.flatnonzero(~beyond)
    start = int(within[-1]) + 1 if len(within) else 0
    ago = len(beyond) - 1 - start
    return ago if ago >= _STAYS - 1 else 0
