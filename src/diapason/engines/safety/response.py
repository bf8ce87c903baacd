"""The plainest twin: what a step of one tag does to another, as gain, dead time and lag."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from diapason.vocabulary.acting import Effect

__all__ = ["Response", "foreseen"]


@dataclass(frozen=True, slots=True)
class Response:
    """One tag's answer to a step of another, signed with the envelope."""

    tag: str  # that answers
    unit: str  # UCUM, of the tag that answers
    gain: float  # change of it per change of the moved tag
    doubt: float  # of the gain, half width of its interval
    lag: float  # s, first order
    after: float  # s, dead time
    noise: float = 0.0  # half width of what it does by itself meanwhile, in its unit


def foreseen(
    responses: Sequence[Response], move: float, present: Mapping[str, float], horizon: float
) -> tuple[Effect, ...]:
    """Ranges of the tags that answer, within a horizon of so many seconds after a move.

    Args:
        move: new less old value of the moved tag, in its unit.
        present: readings of the tags that answer; nan or absent makes the range nan, which no gate lets pass.

    >>> foreseen([Response("T", "Cel", 1.0, 0.2, lag=60, after=0)], 2.0, {"T": 120.0}, math.inf)[0].high
    122.4
    """
    return tuple(_one(r, move, present.get(r.tag, math.nan), horizon) for r in responses)


def _one(r: Response, move: float, now: float, horizon: float) -> Effect:
    late = max(0.0, horizon - r.after)
    share = 1.0 if r.lag <= 0 or math.isinf(late) else 1.0 - math.exp(-late / r.lag)
    ends = [now + move * share * (r.gain + side * r.doubt) for side in (-1, 1)] + [now]
    if any(math.isnan(x) for x in ends):
        return Effect(r.tag, math.nan, math.nan, r.unit, horizon)
    return Effect(r.tag, min(ends) - r.noise, max(ends) + r.noise, r.unit, horizon)
