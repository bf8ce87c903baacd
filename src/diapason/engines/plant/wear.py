"""How equipment ages: bearings, compressor valves, fouling, catalyst, valve stems. Natural, always on, seeded."""

from dataclasses import dataclass, field
from math import exp, log

import numpy as np

from diapason.engines.plant.cell import Cell

__all__ = ["FLOORED", "LIVES", "MACHINES", "Wear", "worn"]

MACHINES = ("P-101", "P-301", "K-201")
LIVES = {"P-101": 62.0, "P-301": 48.0, "K-201": 85.0}
"""Median life in days at normal load."""

FLOORED = 0.03
"""Wear grows in proportion to itself plus this: slow at first, fast at the end (the P-F curve of maintenance)."""

_GROWTH = log(1.0 / FLOORED + 1.0)
_FOULED = {"E-101": (0.26, 40.0), "R-101": (0.11, 70.0), "E-301": (0.048, 55.0)}
"""Fouling resistance in the end (K/kW) and time to 63 % of it (days): Kern and Seaton's asymptotic law."""


def worn(wear: float, life: float, load: float, days: float) -> float:
    """Wear after so many more days at a relative load (1 = normal): grows exponentially to 1 after `life` days.

    >>> round(worn(0.0, 60.0, 1.0, 60.0), 6)
    1.0
    """
    return (wear + FLOORED) * exp(_GROWTH / life * load * days) - FLOORED


@dataclass(slots=True)
class Wear:
    """Natural condition of everything that ages; 0 = new, 1 = failed (machines); catalyst 1 = fresh."""

    rng: np.random.Generator
    machine: dict[str, float] = field(default_factory=dict)
    life: dict[str, float] = field(default_factory=dict)  # days, of the part fitted now
    fouling: dict[str, float] = field(default_factory=dict)  # K/kW
    rough: dict[str, float] = field(default_factory=dict)  # factor on the rate of fouling since the last cleaning
    catalyst: float = 0.93
    stems: dict[str, float] = field(default_factory=dict)  # % stiction
    renewed: dict[str, float] = field(default_factory=dict)  # asset to the last time (s) it was mended

    def __post_init__(self) -> None:
        for name in MACHINES:
            self.replace(name)
            self.machine[name] = worn(0.0, 1.0, 1.0, float(self.rng.uniform(0.0, 0.75)))
        for name, (end, _) in _FOULED.items():
            self.clean(name)
            self.fouling[name] = end * float(self.rng.uniform(0.0, 0.4))
        self.stems = {name: float(self.rng.uniform(0.0, 0.25)) for name in ("fic101", "lic201", "tic201", "lic301")}

    def replace(self, machine: str, at: float = 0.0) -> None:
        """Fit a new part, whose life is drawn (lognormal, 25 % spread)."""
        self.renewed[machine] = at
        self.machine[machine] = 0.0
        self.life[machine] = LIVES[machine] * exp(0.25 * float(self.rng.standard_normal()))

    def clean(self, exchanger: str, at: float = 0.0) -> None:
        """Clean an exchanger, nearly."""
        self.renewed[exchanger] = at
        self.fouling[exchanger] = _FOULED[exchanger][0] * float(self.rng.uniform(0.01, 0.06))
        self.rough[exchanger] = exp(0.2 * float(self.rng.standard_normal()))

    def renew(self, at: float) -> None:
        """Change the catalyst."""
        self.renewed["catalyst"] = at
        self.catalyst = float(self.rng.uniform(0.97, 1.03))

    def age(self, cell: Cell, dt: float) -> None:
        """Let dt seconds of the cell's present load act."""
        days, bumps = dt / 86400, np.exp(0.3 * self.rng.standard_normal(3)).tolist()
        loads = {
            "P-101": _load(cell.feed, cell.feed_pump.best),
            "P-301": _load(cell.product, cell.product_pump.best),
            "K-201": _load(cell.compressor.flow, 6e-3),
        }
        for (name, load), bump in zip(loads.items(), bumps, strict=True):
            self.machine[name] = min(worn(self.machine[name], self.life[name], load * bump, days), 1.0)
        for name, (end, time) in _FOULED.items():
            if cell.feed > 0.1:
                self.fouling[name] += self.rough[name] * (end - self.fouling[name]) * days / time
        self._tire(cell, days)
        for name in self.stems:
            self.stems[name] += 0.004 * days

    def _tire(self, cell: Cell, days: float) -> None:
        """Catalyst: sintering by temperature (90 kJ/mol) and poison by feed."""
        kelvin = cell.reactor.temperature + 273.15
        sinter = 0.0055 * exp(10_825.0 * (1 / 393.15 - 1 / kelvin))
        poison = 0.0035 * cell.tank.poison * cell.feed / 1.25
        self.catalyst *= exp(-(sinter + poison) * days)


def _load(flow: float, normal: float) -> float:
    return (flow / normal) ** 1.5 if flow > 0.05 * normal else 0.0
