"""What happened to training rows before a model saw them happens to every row of the line, by the same code."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.roles.treatment import Remembering, Treatment
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

__all__ = ["Conditioner"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Step = tuple[Treatment, Mapping[str, Any]]

_UNKNOWN = 256
"""Rows that are kept for a treatment that does not say how far it looks back."""


class Conditioner:
    """Keeps as many last rows of each asset as the treatments look at, and calls `condition` on them.

    Args:
        steps: the treatments of the model in their order, with their parameters.
        columns: what a row holds before.
        levels: columns that are categories, with their texts by place.
        wanted: what it holds after, in this order.
        assets: how many.
        task: of the model.
        time_unit: as in training.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        columns: Sequence[str],
        wanted: Sequence[str],
        assets: int,
        *,
        levels: Mapping[str, Sequence[str]],
        task: Task,
        time_unit: str = "s",
    ) -> None:
        self._steps, self._columns, self._wanted = tuple(steps), tuple(columns), tuple(wanted)
        self._levels, self._task, self._unit = {k: tuple(v) for k, v in levels.items()}, task, time_unit
        self.memory = sum(_memory(t, parameters) for t, parameters in steps)
        self._rows = np.full((assets, self.memory, len(self._columns)), np.nan)
        self._times = np.zeros((assets, self.memory))
        self._known = np.zeros(assets, np.int64)

    def __call__(self, who: Index, x: Array, at: Array) -> Array:
        """The rows as the model sees them, shape (n, wanted).

        Args:
            who: which asset each row is of, each once.
            x: shape (n, columns), nan = missing; of categories the place of the level.
            at: shape (n,), time in the unit of training.
        """
        rows = np.concatenate([self._rows[who], x[:, None, :]], axis=1)
        times = np.concatenate([self._times[who], at[:, None]], axis=1)
        known = np.minimum(self._known[who], self.memory)
        keep = np.arange(self.memory + 1)[None, :] >= (self.memory - known)[:, None]
        asset = np.broadcast_to(np.arange(len(who))[:, None], keep.shape)[keep]
        examples = self._examples(rows[keep], asset, times[keep], len(who))
        for treatment, parameters in self._steps:
            examples = treatment.condition(examples, parameters)
        if self.memory:
            self._rows[who], self._times[who] = rows[:, 1:], times[:, 1:]
            self._known[who] += 1
        last = np.cumsum(keep.sum(axis=1)) - 1
        return self._taken(examples.features[last])

    def state(self) -> dict[str, Array]:
        """What is remembered, the first axis over assets."""
        return {"rows": self._rows.copy(), "times": self._times.copy(), "known": self._known.astype(np.float64)}

    def restore(self, state: Mapping[str, Array]) -> None:
        """Take up a state."""
        self._rows[:], self._times[:] = state["rows"], state["times"]
        self._known[:] = state["known"].astype(np.int64)

    def _examples(self, x: Array, asset: Index, time: Array, assets: int) -> Examples:
        frame = pl.DataFrame([self._column(name, x[:, i]) for i, name in enumerate(self._columns)])
        n = len(x)
        names = tuple(map(str, range(assets)))
        target = np.full(n, np.nan)
        return Examples(self._task, frame, target, np.arange(n), asset, time, time_unit=self._unit, assets=names)

    def _column(self, name: str, values: Array) -> pl.Series:
        levels = self._levels.get(name)
        if levels is None:
            return pl.Series(name, values).fill_nan(None)
        return pl.Series(name, [None if np.isnan(v) else levels[int(v)] for v in values], dtype=pl.String)

    def _taken(self, frame: pl.DataFrame) -> Array:
        out = np.empty((frame.height, len(self._wanted)))
        for i, name in enumerate(self._wanted):
            column, levels = frame[name], self._levels.get(name)
            if levels is None:
                out[:, i] = column.cast(pl.Float64).fill_null(np.nan).to_numpy()
            else:
                place: Callable[[object], float] = {v: float(k) for k, v in enumerate(levels)}.get  # type: ignore[assignment]
                out[:, i] = [np.nan if v is None else place(v) for v in column.to_list()]
        return out


def _memory(treatment: Treatment, parameters: Mapping[str, Any]) -> int:
    return treatment.memory(parameters) if isinstance(treatment, Remembering) else _UNKNOWN
