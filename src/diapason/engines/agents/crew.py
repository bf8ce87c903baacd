"""Agents that share a model or rules: a row in, a decision out, for all of them in one stroke."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diapason.engines.agents.believing import Known, believe
from diapason.engines.agents.conditioning import Conditioner
from diapason.engines.agents.ticks import Closed
from diapason.roles.recipe import Stream
from diapason.vocabulary.line import Moment

__all__ = ["Crew", "Decided", "Recent"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_ANCHOR = 64
"""Rows of an agent after which the state is kept once more: what came since is enough to decide again."""
_RING = 2 * _ANCHOR + 1


@dataclass(frozen=True, slots=True)
class Decided:
    """What agents say of the rows of one `Closed`, in its order."""

    rows: Closed
    said: Array  # (n,) or (n, classes): what the model predicts
    score: Array  # (n,): 1.0 = the limit at which somebody must look
    alarm: NDArray[np.bool_]  # (n,)
    trust: NDArray[np.uint8]  # (n,): 0 good, 1 doubtful, 2 bad
    was: NDArray[np.bool_]  # (n,), the alarm before
    changed: Index  # positions whose alarm began or ended, or whose trust fell to bad or came back from there


@dataclass(frozen=True, slots=True)
class Recent:
    """The last rows of an agent, and the state that it had before them: enough to decide again."""

    state: Mapping[str, Array]  # of one agent, the first axis has length 1
    x: Array  # (rows, columns), as they came
    at: NDArray[np.int64]  # (rows,), Moment

    @property
    def rows(self) -> int:
        """How many."""
        return len(self.x)


class Crew:
    """Agents with one stream.

    Args:
        names: of the agents, in the order of all arrays.
        stream: makes the model work on so many agents, as often as it is called.
        known: what the model has seen of each of its columns.
        alarms: whether the prediction itself is a score with limit 1 (monitoring); else nothing is an alarm by itself.
        condition: makes what happens to rows before the model sees them; None = nothing happens.
    """

    def __init__(
        self,
        names: Sequence[str],
        stream: Callable[[Sequence[int]], Stream],
        known: Known,
        *,
        alarms: bool,
        condition: Callable[[int], Conditioner] | None = None,
    ) -> None:
        self.names, self.known = tuple(names), known
        self._alarms, self._make, self._condition = alarms, stream, condition
        n = len(self.names)
        self.stream = stream(range(n))
        self.condition = None if condition is None else condition(n)
        self.alarm, self.trust = np.zeros(n, np.bool_), np.zeros(n, np.uint8)
        self.score, self.said, self.rows = np.zeros(n), np.full(n, np.nan), np.zeros(n, np.int64)
        self._all = np.arange(n)
        self._ring, self._times = np.empty((0, n, 0)), np.zeros((_RING, n), np.int64)
        self._calm = 0  # strokes in which nobody can come to the next anchor
        self._anchors = [(self._memory(), self.rows.copy())]  # states and how many rows each agent had then

    def decide(self, closed: Closed) -> Decided:
        """Predict, judge what went in, and say whose state has changed."""
        who, x = closed.who, closed.x
        at = closed.at / 1e6
        every = len(who) == len(self._all) and bool((who == self._all).all())
        rows = self.rows[who]
        self._note(closed, rows)
        if self.condition is not None:
            x = self.condition(who, x, at)
        said = self.stream.step(x, None if every else who, at)
        trust = np.maximum(believe(x, self.known), np.minimum(closed.trust, 1))
        score = said if said.ndim == 1 and self._alarms else np.zeros(len(who))
        alarm, was = score >= 1.0, self.alarm[who]
        changed = np.flatnonzero((alarm != was) | ((trust == 2) != (self.trust[who] == 2)))
        self.alarm[who], self.trust[who], self.score[who] = alarm, trust, score
        self.said[who] = said if said.ndim == 1 else said.argmax(axis=1)
        self.rows[who] = rows + 1
        return Decided(closed, said, score, alarm, trust, was, changed)

    def recent(self, who: Sequence[int]) -> list[Recent]:
        """The last rows of agents, 64 at least where there were so many, with the state before them."""
        return [self._recent(agent) for agent in who]

    def again(self, agent: int, recent: Recent) -> tuple[Array, Array | None]:
        """Decide over rows once more: scores, shape (rows,), and contributions, shape (rows, columns of the model)."""
        stream = self._make([agent])
        condition = None if self._condition is None else self._condition(1)
        _restore(stream, condition, recent.state)
        zero, scores, parts = np.array([0]), [], []
        for x, at in zip(recent.x, recent.at / 1e6, strict=True):
            row = x[None] if condition is None else condition(zero, x[None], np.array([at]))
            scores.append(stream.step(row, zero, np.array([at]))[0])
            parts.append(stream.contributions(zero))
        known = [p[0] for p in parts if p is not None]
        return np.array(scores), np.array(known) if len(known) == len(parts) and known else None

    def probe(self, agent: int, rows: Array, at: Moment, *, ahead: int = 1) -> Array:
        """What the model would say of an agent if its rows were these from now on; nothing is remembered.

        Args:
            rows: shape (k, columns), as they would come; each is held.
            at: of the first of them.
            ahead: after how many rows the model is asked.

        Returns:
            Shape (k,) or (k, classes).
        """
        many = [agent] * len(rows)
        stream = self._make(many)
        condition = None if self._condition is None else self._condition(len(rows))
        _restore(stream, condition, {n: a[many] for n, a in self._memory().items()})
        who, said = np.arange(len(rows)), np.empty(0)
        for i in range(ahead):
            when = np.full(len(rows), at / 1e6 + i)
            said = stream.step(rows if condition is None else condition(who, rows, when), None, when)
        return said

    def state(self) -> dict[str, Any]:
        """What is remembered, the first axis over agents."""
        own = {"alarm": self.alarm.astype(np.float64), "trust": self.trust.astype(np.float64)}
        own |= {"score": self.score.copy(), "said": self.said.copy(), "rows": self.rows.astype(np.float64)}
        return own | self._memory()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up a state."""
        self.alarm[:], self.trust[:] = state["alarm"] > 0, state["trust"].astype(np.uint8)
        self.score[:], self.said[:], self.rows[:] = state["score"], state["said"], state["rows"].astype(np.int64)
        _restore(self.stream, self.condition, state)
        self._calm = 0
        self._anchors = [(self._memory(), self.rows.copy())]

    def _recent(self, agent: int) -> Recent:
        state, before = self._anchors[0]
        at = np.arange(before[agent], self.rows[agent]) % _RING
        state = {n: a[agent : agent + 1] for n, a in state.items()}
        return Recent(state, self._ring[at, agent], self._times[at, agent])

    def _note(self, closed: Closed, rows: Index) -> None:
        who = closed.who
        if not self._calm:
            since = self._anchors[-1][1]
            if int((rows - since[who]).max(initial=0)) >= _ANCHOR:
                self._anchors = [self._anchors[-1], (self._memory(), self.rows.copy())]
            self._calm = max(_ANCHOR - int((self.rows - self._anchors[-1][1]).max()), 1)
        self._calm -= 1
        if not self._ring.size:
            self._ring = np.empty((_RING, len(self._all), closed.x.shape[1]))
        at = rows % _RING
        self._ring[at, who], self._times[at, who] = closed.x, closed.at

    def _memory(self) -> dict[str, Array]:
        made = {f"stream/{name}": array for name, array in self.stream.state().items()}
        if self.condition is not None:
            made |= {f"condition/{name}": array for name, array in self.condition.state().items()}
        return made


def _restore(stream: Stream, condition: Conditioner | None, state: Mapping[str, Array]) -> None:
    stream.restore({n.removeprefix("stream/"): a for n, a in state.items() if n.startswith("stream/")})
    if condition is not None:
        condition.restore({n.removeprefix("condition/"): a for n, a in state.items() if n.startswith("condition/")})
