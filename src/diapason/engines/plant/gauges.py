"""Instruments that read many cells at once, moment by moment: lag, drift, noise, range and resolution of each tag."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from diapason.engines.plant.cell import LOOPS
from diapason.engines.plant.instruments import Instruments, record, signals
from diapason.engines.plant.running import Running
from diapason.engines.plant.surroundings import Day
from diapason.engines.plant.tags import TAGS

__all__ = ["Gauges"]

Array = NDArray[np.float64]

_FADE = 60 * 86_400.0  # s within which a drift wanders back


def _column(name: str) -> Array:
    return np.array([[getattr(tag, name)] for tag in TAGS], dtype=np.float64)


@dataclass(slots=True)
class Gauges:
    """Remembers lags and drifts; all arrays have the shape (tags, cells)."""

    lagged: Array
    drifted: Array
    _low: Array = field(default_factory=lambda: _column("low"))
    _high: Array = field(default_factory=lambda: _column("high"))
    _per_unit: Array = field(default_factory=lambda: np.rint(1.0 / _column("resolution")))
    _noise: Array = field(default_factory=lambda: _column("noise"))
    _share: Array = field(default_factory=lambda: _column("share"))
    _lag: Array = field(default_factory=lambda: _column("lag"))
    _drift: Array = field(default_factory=lambda: _column("drift"))

    @classmethod
    def after(cls, instruments: Sequence[Instruments]) -> "Gauges":
        """Go on where the instruments of each cell's history have stopped."""
        lagged = np.full((len(TAGS), len(instruments)), np.nan)
        drifted = np.zeros_like(lagged)
        for j, one in enumerate(instruments):
            lags, drifts = one.memory()
            for i, tag in enumerate(TAGS):
                lagged[i, j] = lags.get(tag.name, np.nan)
                drifted[i, j] = drifts.get(tag.name, 0.0)
        return cls(lagged, drifted)

    def read(
        self, cells: Sequence[Running], around: Sequence[Sequence[float]], dt: float, rng: np.random.Generator
    ) -> Array:
        """Readings of all cells, shape (cells, tags); `around` is what `Running.advance` returned for each."""
        rows = np.array([record(one.plant.cell) for one in cells])
        ambient, water, steam, hydrogen = np.array(around, dtype=np.float64).T
        seen = signals(cells[0].plant.cell, rows, Day(ambient, water, steam, hydrogen, np.empty((0, len(LOOPS)))))
        value = np.stack([np.broadcast_to(seen[tag.source], len(cells)) for tag in TAGS])
        keep = np.where(self._lag > 0, np.exp(-dt / np.maximum(self._lag, 1e-9)), 0.0)
        before = np.where(np.isnan(self.lagged), value, self.lagged)
        value = self.lagged = value + keep * (before - value)
        shocks, noise = rng.standard_normal((2, *value.shape))
        self.drifted = self.drifted * (1.0 - dt / _FADE) + self._drift * np.sqrt(dt / 86_400.0) * shocks
        value = value + self.drifted
        value = value + noise * (self._noise + self._share * np.abs(value))
        read = np.rint(np.clip(value, self._low, self._high) * self._per_unit) / self._per_unit
        return np.ascontiguousarray(read.T)
