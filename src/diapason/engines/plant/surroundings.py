"""What the plant stands in: weather, cooling water, steam and hydrogen headers, and noise, a day at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from diapason.engines.plant.cell import LOOPS

__all__ = ["Day", "Surroundings", "saturation"]

Array = NDArray[np.float64]

_WANDER = {"weather": (2.0 * 86400, 3.0), "clouds": (5400.0, 0.5), "steam": (2400.0, 0.12), "hydrogen": (7200.0, 0.12)}
"""First-order noise: correlation time (s) and standard deviation."""


@dataclass(frozen=True, slots=True)
class Day:
    """Shape (n,) each: Cel, Cel, bar, bar; and standard normal noise, shape (n, loops)."""

    ambient: Array
    water: Array
    steam: Array
    hydrogen: Array
    noise: Array

    def air(self, sigma: Sequence[float]) -> list[list[float]]:
        """One list per step, as `Cell.advance` takes it; `sigma` is the noise of each loop's transmitter."""
        columns = [self.ambient, self.water, saturation(self.steam), self.hydrogen]
        return np.column_stack([*columns, self.noise * np.asarray(sigma)]).tolist()  # type: ignore[no-any-return]


def saturation(pressure: Array) -> Array:
    """Saturation temperature of steam, Cel, at 7 to 13 bar (a parabola through the steam table, within 0.3 K).

    >>> saturation(np.array([8.0, 10.0, 12.0])).round(1)
    array([170.4, 179.9, 188. ])
    """
    above = pressure - 10.0
    return 179.9 + 4.4 * above - 0.17 * above * above


@dataclass(slots=True)
class Surroundings:
    """Remembers where each wandering quantity was at midnight; a day depends on seed and earlier days only."""

    seed: int
    step: float  # s
    start_of_year: float  # days from 1 January to the first day
    _memory: dict[str, Array] = field(default_factory=dict)

    def day(self, number: int) -> Day:
        """Day 0, 1, … in order."""
        rng = np.random.default_rng([self.seed, 1, number])
        n = round(86400 / self.step)
        hour = np.arange(n) * self.step / 3600
        season = -np.cos(2 * np.pi * (self.start_of_year + number + hour / 24 - 20) / 365.25)
        swing = np.cos(2 * np.pi * (hour - 15) / 24)
        ambient = 14.0 + 11.0 * season + (4.0 + season) * swing + self._wander("weather", n, rng)
        ambient += self._wander("clouds", n, rng)
        water = np.maximum(12.5 + 0.5 * self._lagged("water", ambient, 4 * 3600.0), 9.0)
        busy = 0.25 * ((hour > 6) & (hour < 9))
        steam = np.clip(10.0 - busy + self._wander("steam", n, rng), 7.5, 12.5)
        hydrogen = np.clip(14.0 + self._wander("hydrogen", n, rng), 12.0, 16.0)
        return Day(ambient, water, steam, hydrogen, rng.standard_normal((n, len(LOOPS))))

    def _wander(self, name: str, n: int, rng: np.random.Generator) -> Array:
        """A first-order Gauss-Markov walk, exactly discretised."""
        time, sigma = _WANDER[name]
        keep = float(np.exp(-self.step / time))
        if name not in self._memory:
            self._memory[name] = np.array([keep * sigma * rng.standard_normal()])
        shocks = rng.standard_normal(n) * sigma * np.sqrt(1 - keep * keep)
        values, self._memory[name] = lfilter([1.0], [1.0, -keep], shocks, zi=self._memory[name])
        return np.asarray(values)

    def _lagged(self, name: str, signal: Array, time: float) -> Array:
        keep = float(np.exp(-self.step / time))
        if name not in self._memory:
            self._memory[name] = np.array([keep * signal.mean()])
        values, self._memory[name] = lfilter([1.0 - keep], [1.0, -keep], signal, zi=self._memory[name])
        return np.asarray(values)
