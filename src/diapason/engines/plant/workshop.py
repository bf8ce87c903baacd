"""Maintenance: what breaks, what is noticed, what is planned, and the orders people write about it."""

from dataclasses import dataclass, field
from math import exp
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from diapason.engines.plant.cell import Cell
from diapason.engines.plant.orders import CAUSES, Order, wording
from diapason.engines.plant.wear import MACHINES, Wear

__all__ = ["Workshop", "vibration"]

_INSTRUMENTS = (
    "FIC-101",
    "TIC-103",
    "LIC-201",
    "TIC-201",
    "PIC-201",
    "TIC-301",
    "PIC-301",
    "LIC-301",
    "DI-101",
    "DI-301",
)
_ROUTE = (*MACHINES, "A-201", "E-101", "E-301", "TK-101")


Value = TypeVar("Value", float, NDArray[np.float64])


def vibration(wear: Value, load: Value) -> Value:
    """Velocity at the bearing, mm/s RMS: 1.5 new, 7.1 (limit of zone C, ISO 20816-3) at 90 % wear, 9.5 at failure."""
    return 1.1 + 0.5 * abs(load - 1.0) + 0.4 * load + 1.2 * wear + 6.8 * wear**3


_DIRTY = {"E-101": 0.10, "R-101": 0.05, "E-301": 0.018}
"""Fouling (K/kW) at which an exchanger is worth cleaning in a stop; a stop is planned at twice that."""


@dataclass(slots=True)
class Workshop:
    """Decides on repairs; a stop lasts until `free`."""

    rng: np.random.Generator
    wear: Wear
    orders: list[Order] = field(default_factory=list)
    free: float = 0.0  # s: until then the cell stands for repairs
    planned: float = -1.0  # s at which the next planned stop begins
    last_stop: float = 0.0
    noticed: set[str] = field(default_factory=set)
    crew: str = ""  # on shift
    _round: float = 9 * 3600.0

    def tick(self, at: float, cell: Cell, crew: str) -> None:
        """Breakdowns at once; a round each morning."""
        self.crew = crew
        for name, machine in cell.machines().items():
            if machine.running and machine.wear >= 1.0:
                machine.running = False
                hours = 7.0 * exp(0.3 * float(self.rng.standard_normal()))
                self._write(at, name, "valve" if name == "K-201" else "bearing", 8.0 + 3.0 * self._luck(), hours, hours)
                self.free = max(self.free, at + hours * 3600)
                self.noticed.discard(name)
        if at >= self._round:
            self._round += 86_400.0
            self._walk(at)

    def due(self, at: float) -> bool:
        """A planned stop should begin now."""
        return 0 <= self.planned <= at

    def stop(self, at: float, outputs: dict[str, float]) -> None:
        """Do in one planned stop all that is worth doing; `outputs` are valve positions (%) by exchanger."""
        self.planned, hours, wear = -1.0, 6.0, self.wear
        for name in [m for m in MACHINES if m in self.noticed or wear.machine[m] > 0.6]:
            cause = "valve_planned" if name == "K-201" else "bearing_planned"
            self._write(at, name, cause, vibration(wear.machine[name], 1.0), 4.0, 4.0)
            wear.replace(name, at)
            hours += 2.0
        for name in [e for e, dirty in _DIRTY.items() if wear.fouling[e] > dirty]:
            self._write(at, name, "cleaning", outputs[name], 6.0, 6.0)
            wear.clean(name, at)
            hours += 4.0
        if wear.catalyst < 0.72:
            self._write(at, "R-101", "catalyst", 0.0, 8.0, 8.0)
            wear.renew(at)
            hours += 6.0
        for name in [n for n, stuck in wear.stems.items() if stuck > 0.5]:
            self._write(at, f"{name[:-3].upper()}-{name[-3:]}", "stem", 0.0, 2.0)
            wear.stems[name] = 0.1
        self.noticed.clear()
        self.free, self.last_stop = max(self.free, at + hours * 3600), at

    def tripped(self, at: float) -> None:
        """A high-temperature trip: two hours to find nothing."""
        self._write(at, "R-101", "trip", 0.0, 2.0, 2.0)
        self.free = max(self.free, at + 7200)

    def repaired(self, at: float, cell: Cell) -> None:
        """What broke has been mended: new parts run."""
        for name, machine in cell.machines().items():
            if not machine.running:
                self.wear.replace(name, at)
                machine.running, machine.wear = True, 0.0

    def _walk(self, at: float) -> None:
        """The morning round: routine orders, notices, and whether a stop must be planned."""
        wear = self.wear
        for _ in range(int(self.rng.poisson(1.6))):
            name = _ROUTE[int(self.rng.integers(len(_ROUTE)))]
            self._write(at, name, "route", vibration(wear.machine.get(name, 0.2), 1.0), 0.5 + 5.0 * self._luck())
        if self._luck() < 0.25:
            name = _INSTRUMENTS[int(self.rng.integers(len(_INSTRUMENTS)))]
            self._write(at, name, "calibration", 0.1 + self._luck(), 1.0 + 4.0 * self._luck())
        weekly = int(at // 86_400) % 7 == 1
        for name in MACHINES if weekly else ():
            if wear.machine[name] > 0.62 and self._luck() < 0.5:
                self.noticed.add(name)
        dirty = any(wear.fouling[name] > 2.0 * limit for name, limit in _DIRTY.items())
        wanted = self.noticed or dirty or wear.catalyst < 0.56 or at - self.last_stop > 75 * 86_400
        if self.planned < 0 and wanted:
            self.planned = at + 3600 * (20.0 + 50.0 * self._luck())

    def _luck(self) -> float:
        return float(self.rng.random())

    def _write(self, at: float, asset: str, cause: str, figure: float, hours: float, down: float = 0.0) -> None:
        """An order closed after `hours`, for which the cell stands `down` hours."""
        text, language = wording(cause, asset, figure, self.rng)
        name, kind = f"WO{len(self.orders) + 1:05d}", CAUSES[cause][0]
        self.orders.append(Order(name, at, asset, kind, cause, text, language, self.crew, at + 3600 * hours, down))
