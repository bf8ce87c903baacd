"""Columns that a design adds, row by row; and streams of models that predict from a design."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from diapason.engines.learning.encoding import Encoding
from diapason.engines.learning.streaming.past import Past
from diapason.engines.learning.widening import (
    BASE,
    INDEX_WIDTHS,
    LAG,
    WIDTHS,
    Widening,
    calendar_of,
    index_windows,
    pair_columns,
    windows_of,
)

__all__ = ["Coded", "DesignedPast"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Predict = Callable[[Array, Array], Array]
"""From codes (n, columns) and added columns (n, added) to what `Model.predict` gives."""


class DesignedPast:
    """What `Widening.widen` adds to the rows of an asset's past, one row of each asset at a time."""

    def __init__(self, widening: Widening, assets: int, *, raw: bool = True) -> None:
        self._widening, self._raw = widening, raw
        chosen = len(widening.windowed)
        self._past = Past(assets, chosen, (LAG, *WIDTHS, BASE), base=BASE) if chosen and raw else None
        many = len(widening.weights)
        self._index = Past(assets, many, (BASE, *INDEX_WIDTHS), base=BASE) if chosen else None

    def step(self, x: Array, who: Index, at: Array | None) -> Array:
        """The added columns, shape (n, added).

        Args:
            x: the number columns of the widening, shape (n, numbers).
            who: which asset each row is of, each once.
            at: seconds since 1970, where the calendar counts.
        """
        parts = [pair_columns(x, self._widening.pairs)]
        if self._index is not None:
            chosen = x[:, list(self._widening.windowed)]
            if self._past is not None:
                self._past.step(chosen, who)
                parts.append(windows_of(self._past, chosen, self._past.before(LAG)))
            index = self._widening.index(chosen)
            self._index.step(index, who)
            parts += [index_windows(self._index, index), self._index.rows[:, None].astype(np.float64)]
        if self._widening.calendar:
            parts.append(calendar_of(np.full(len(x), np.nan) if at is None else at))
        return np.hstack(parts)

    def state(self) -> dict[str, Array]:
        """What is remembered, the first axis over assets."""
        return {f"{name}.{key}": array for name, past in self._kept() for key, array in past.state().items()}

    def restore(self, state: Mapping[str, Array]) -> None:
        """Take up a state."""
        for name, past in self._kept():
            past.restore({n.partition(".")[2]: a for n, a in state.items() if n.startswith(f"{name}.")})

    def _kept(self) -> list[tuple[str, Past]]:
        both = (("past", self._past), ("index", self._index))
        return [(name, past) for name, past in both if past is not None]


class Coded:
    """A model at work that predicts from coded columns and those that its widening adds.

    Args:
        encoding: the columns.
        widening: what is added.
        predict: codes and added columns to predictions.
        assets: how many.
        raw: windows of single columns too.
        explain: codes and added columns to parts per column, shape (n, columns); None where it can't be said.
    """

    def __init__(
        self,
        encoding: Encoding,
        widening: Widening,
        predict: Predict,
        assets: int,
        *,
        raw: bool = True,
        explain: Predict | None = None,
    ) -> None:
        self.columns, self.levels = encoding.columns, encoding.levels
        self._numbers = [encoding.columns.index(n) for n in widening.numbers]
        self._added = DesignedPast(widening, assets, raw=raw)
        self._predict, self._explain, self._assets = predict, explain, assets
        self._last: tuple[Array, Array] | None = None

    def step(self, x: Array, who: Index | None = None, at: Array | None = None) -> Array:
        """As `Model.predict` for one more row of these assets."""
        who = np.arange(self._assets) if who is None else who
        added = self._added.step(x[:, self._numbers], who, at)
        self._remember(x, added, who)
        return self._predict(x, added)

    def contributions(self, who: Index) -> Array | None:
        """What each column made of the last predictions, shape (n, columns)."""
        if self._explain is None or self._last is None:
            return None
        return self._explain(self._last[0][who], self._last[1][who])

    def state(self) -> dict[str, Array]:
        """What is remembered, the first axis over assets."""
        return self._added.state()

    def restore(self, state: Mapping[str, Array]) -> None:
        """Take up a state."""
        self._added.restore(state)

    def _remember(self, x: Array, added: Array, who: Index) -> None:
        if self._last is None:
            self._last = np.zeros((self._assets, x.shape[1])), np.zeros((self._assets, added.shape[1]))
        self._last[0][who], self._last[1][who] = x, added
