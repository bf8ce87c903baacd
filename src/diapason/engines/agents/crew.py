"""Agents that share a model or rules: a row in, a decision out, for all of them in one stroke."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diapason.engines.agents.believing import Known, believe
from diapason.engines.agents.ticks import Closed
from diapason.roles.recipe import Stream

__all__ = ["Crew", "Decided"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Condition = Callable[[Index, Array, Array], Array]
"""From who, rows and times (s) to the rows as the model sees them."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What agents say of the rows of one `Closed`, in its order."""

    rows: Closed
    said: Array  # (n,) or (n, classes): what the model predicts
    score: Array  # (n,): 1.0 = the limit at which somebody must look
    alarm: NDArray[np.bool_]  # (n,)
    trust: NDArray[np.uint8]  # (n,): 0 good, 1 doubtful, 2 bad
    changed: Index  # positions whose alarm began or ended, or whose trust fell to bad or came back from there


class Crew:
    """Agents with one stream.

    Args:
        names: of the agents, in the order of all arrays.
        stream: the model at work on their assets.
        known: what the model has seen of each of its columns.
        alarms: whether the prediction itself is a score with limit 1 (monitoring); else nothing is an alarm by itself.
        condition: what happens to rows before the model sees them; None = nothing.
    """

    def __init__(
        self,
        names: Sequence[str],
        stream: Stream,
        known: Known,
        *,
        alarms: bool,
        condition: Condition | None = None,
    ) -> None:
        self.names, self.stream, self.known = tuple(names), stream, known
        self._alarms, self._condition = alarms, condition
        n = len(self.names)
        self.alarm, self.trust = np.zeros(n, np.bool_), np.zeros(n, np.uint8)
        self.score, self.said, self.rows = np.zeros(n), np.full(n, np.nan), np.zeros(n, np.int64)
        self._all = np.arange(n)

    def decide(self, closed: Closed) -> Decided:
        """Predict, judge what went in, and say whose state has changed."""
        who, x = closed.who, closed.x
        at = closed.at / 1e6
        every = len(who) == len(self._all) and bool((who == self._all).all())
        if self._condition is not None:
            x = self._condition(who, x, at)
        said = self.stream.step(x, None if every else who, at)
        trust = np.maximum(believe(x, self.known), np.minimum(closed.trust, 1))
        score = said if said.ndim == 1 and self._alarms else np.zeros(len(who))
        alarm = score >= 1.0
        changed = np.flatnonzero((alarm != self.alarm[who]) | ((trust == 2) != (self.trust[who] == 2)))
        self.alarm[who], self.trust[who], self.score[who] = alarm, trust, score
        self.said[who] = said if said.ndim == 1 else said.argmax(axis=1)
        self.rows[who] += 1
        return Decided(closed, said, score, alarm, trust, changed)

    def state(self) -> dict[str, Any]:
        """What is remembered, the first axis over agents."""
        own = {"alarm": self.alarm.astype(np.float64), "trust": self.trust.astype(np.float64)}
        own |= {"score": self.score.copy(), "said": self.said.copy(), "rows": self.rows.astype(np.float64)}
        return own | {f"stream/{name}": array for name, array in self.stream.state().items()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up a state."""
        self.alarm[:], self.trust[:] = state["alarm"] > 0, state["trust"].astype(np.uint8)
        self.score[:], self.said[:], self.rows[:] = state["score"], state["said"], state["rows"].astype(np.int64)
        self.stream.restore({n.removeprefix("stream/"): a for n, a in state.items() if n.startswith("stream/")})
