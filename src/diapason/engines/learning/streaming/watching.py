"""Monitors of many assets at once: scaled, smoothed, measured and held against their limits in one stroke."""

from collections.abc import Callable, Mapping, Sequence
from math import isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diapason.engines.learning.monitored import Monitored
from diapason.engines.learning.streaming.smoother import Smoother

__all__ = ["Measure", "Watching"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]


class Measure:
    """How far smoothed rows are from normal, and which columns make that; one per set of monitors."""

    def __init__(
        self,
        value: Callable[[Array, Index | None], Array],
        shares: Callable[[Array, Index | None], Array],
    ) -> None:
        self.value = value
        """Smoothed rows (n, width) and the monitor of each (None = all of the first) to the statistic (n,)."""
        self.shares = shares
        """The same to (n, width): parts that add up to the statistic."""


class Watching:
    """The monitors of a model at work on assets, each by its own monitor where it has one.

    Args:
        model: what was learnt.
        assets: their names; the order of every array here.
        measure: how the recipe measures, made from the monitors' arrays.
        lags: rows before the present one that stand beside it.
    """

    levels: Mapping[str, tuple[str, ...]] = {}

    def __init__(self, model: Monitored, assets: Sequence[str], measure: Measure, *, lags: int = 0) -> None:
        self.columns = model.columns
        self._measure, self._lags = measure, lags
        mine = _owners(model, assets)
        self._mine = None if not mine.any() and len(model.monitors) == 1 else mine
        asked: Mapping[str, Any] = model.monitors[0].settings
        self._clip = float(asked["clip"])
        self._centre, self._spread = (self._spread_out(model, name) for name in ("centre", "spread"))
        width = len(self.columns) * (1 + lags)
        n = len(assets)
        self._smoother = Smoother(n, width, spike=int(asked["spike"]), forget=float(asked["forget"]))
        self._past = np.zeros((n, lags, len(self.columns)))  # newest first
        self._begun = np.zeros(n, np.bool_)
        self._on = np.array([model.monitors[i].limit.on for i in mine])
        self._off = np.array([model.monitors[i].limit.off for i in mine])
        self._held = np.zeros(n, np.bool_)
        self._last = np.zeros((n, width))
        self._buffer = np.zeros((n, len(self.columns)))

    def step(self, x: Array, who: Index | None = None, at: Array | None = None) -> Array:
        """The score of one more row of assets, 1.0 = alarm limit; as `Monitored.predict` on all rows so far.

        Args:
            x: raw rows, shape (n, columns), nan = missing.
            who: which asset each row is of, each once; None = all, in order.
            at: not needed.
        """
        del at
        mine = self._mine if who is None or self._mine is None else self._mine[who]
        seen = self._smoother.step(self._beside_past(self._scaled(x, who), who), who)
        if who is None:
            self._last = seen
        else:
            self._last[who] = seen
        return self._score(self._measure.value(seen, mine), who)

    def contributions(self, who: Index) -> Array:
        """What each column made of the last scores, shape (n, columns): parts that add up to statistic / limit."""
        mine = np.zeros(len(who), np.int64) if self._mine is None else self._mine[who]
        shares = self._measure.shares(self._last[who], mine) / self._on[who, None]
        return np.asarray(shares.reshape(len(who), 1 + self._lags, -1).sum(axis=1))

    def state(self) -> dict[str, Array]:
        """What is remembered, the first axis over assets."""
        own = {
            "past": self._past.copy(),
            "begun": self._begun.astype(np.float64),
            "held": self._held.astype(np.float64),
        }
        return own | {f"smooth.{name}": array for name, array in self._smoother.state().items()}

    def restore(self, state: Mapping[str, Array]) -> None:
        """Take up a state."""
        self._past[:], self._begun[:], self._held[:] = state["past"], state["begun"] > 0, state["held"] > 0
        self._smoother.restore({n.partition(".")[2]: a for n, a in state.items() if n.startswith("smooth.")})

    def _spread_out(self, model: Monitored, name: str) -> Array:
        """An array of each monitor as one row per asset; one row where all share a monitor."""
        kept = np.stack([m.arrays[name] for m in model.monitors])
        return np.asarray(kept[:1] if self._mine is None else kept[self._mine])

    def _scaled(self, x: Array, who: Index | None) -> Array:
        each = who is not None and self._mine is not None
        centre, spread = (self._centre[who], self._spread[who]) if each else (self._centre, self._spread)
        out = self._buffer if who is None else np.empty_like(x)
        np.subtract(x, centre, out=out)
        out /= spread
        np.minimum(out, self._clip, out=out)
        np.maximum(out, -self._clip, out=out)
        if isnan(np.add.reduce(out, axis=None)):  # quicker than to look at each
            np.copyto(out, 0.0, where=np.isnan(out))
        return out

    def _beside_past(self, x: Array, who: Index | None) -> Array:
        if not self._lags:
            return x
        at = np.arange(len(x)) if who is None else who
        new = ~self._begun[at]
        if new.any():
            self._past[at[new]] = x[new, None, :]
            self._begun[at] = True
        wide = np.concatenate([x[:, None, :], self._past[at]], axis=1)
        self._past[at] = wide[:, :-1]
        return np.asarray(wide.reshape(len(x), -1))

    def _score(self, statistic: Array, who: Index | None) -> Array:
        at = slice(None) if who is None else who
        on, off = (self._on[:1], self._off[:1]) if self._mine is None else (self._on[at], self._off[at])
        held = (statistic >= on) | (self._held[at] & (statistic >= off))
        self._held[at] = held
        scaled = statistic / on
        return np.asarray(np.where(held, np.maximum(scaled, 1.0), np.minimum(scaled, 1 - 1e-9)))


def _owners(model: Monitored, assets: Sequence[str]) -> Index:
    """Which monitor each asset has; the last one is for all that have none of their own."""
    named = {m.asset: i for i, m in enumerate(model.monitors)}
    return np.array([named.get(name, len(model.monitors) - 1) for name in assets], np.int64)
