"""One cell that lives on after its history: physics, people and faults in steps of any length."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from math import ceil

import numpy as np
from numpy.typing import NDArray

from diapason.engines.plant.cell import LOOPS
from diapason.engines.plant.faults import Fault
from diapason.engines.plant.history import Plant
from diapason.engines.plant.instruments import RECORD, record
from diapason.engines.plant.operations import TICK
from diapason.engines.plant.settings import Settings
from diapason.engines.plant.surroundings import Day, saturation
from diapason.engines.plant.tags import TAGS

__all__ = ["STEP", "Running"]

Array = NDArray[np.float64]

STEP = 60.0
"""Seconds between two rows of the history that goes before."""

_DAY = 86_400.0
_SMOOTH = 45.0  # s: how a transmitter damps its noise, twice, so that derivatives stay calm below a minute
_SAFE = 10.0  # s between two looks at planted faults


@dataclass(slots=True)
class Running:
    """A plant that has got to a moment and goes on from there; times are seconds since its beginning.

    An outside set point or output stays until the plant stops or changes over to heating: then its people take over.
    """

    plant: Plant
    at: float = 0.0
    taken: dict[str, tuple[bool, float]] = field(default_factory=dict)  # loop to (automatic, target or output)
    _air: Day | None = None
    _noise: Array = field(default_factory=lambda: np.zeros((2, len(LOOPS))))
    _looked: float = -1e9
    _dt: float = STEP

    @classmethod
    def since(cls, start: datetime, until: datetime, seed: int) -> "tuple[Running, Array, Array]":
        """Live from `start` (midnight UTC) to `until` in steps of a minute.

        Returns:
            The cell; moments of its history, shape (n,), in s since 1970; readings, shape (n, len(TAGS)).
        """
        begin = datetime(start.year, start.month, start.day, tzinfo=UTC)
        days = int((until - begin).total_seconds() // _DAY)
        plant = Plant(Settings(seed=seed, days=max(days, 1), start=begin, step=STEP))
        parts = [plant.next_day()[0] for _ in range(days)]
        made = cls(plant, days * _DAY)
        rows = [np.column_stack([part[t.name] for t in TAGS]) for part in parts]
        rows.append(made._morning((until - begin).total_seconds()))
        readings = np.concatenate(rows)
        at = begin.timestamp() + STEP * np.arange(len(readings), dtype=np.float64)
        return made, at, readings

    def _morning(self, until: float) -> Array:
        """The part of today that is over, a minute a step; shape (n, len(TAGS))."""
        plant, steps = self.plant, int((until - self.at) // STEP)
        day = self._today()
        short = Day(*(part[:steps] for part in (day.ambient, day.water, day.steam, day.hydrogen, day.noise)))
        air = short.air([getattr(plant.cell, name).sigma for name in LOOPS]) if steps else []
        rows = np.empty((steps, len(RECORD)))
        for i, now in enumerate(air):
            if self.at % TICK == 0.0:
                plant.operations.tick(self.at, now[0])
            plant.cell.advance(now, STEP)
            rows[i] = record(plant.cell)
            self.at += STEP
        if not steps:
            return np.empty((0, len(TAGS)))
        read = plant.instruments.read(plant.cell, rows, short, plant.day)
        return np.column_stack([read[t.name] for t in TAGS])

    def _calm(self) -> None:
        """Let each loop measure without noise once: derivatives assume that steps are equally long."""
        for name in LOOPS:
            loop = getattr(self.plant.cell, name)
            quiet = loop.seen + loop.bias if loop.lag else loop.pv
            loop.pv = loop.older = quiet
            loop.error = loop.sp - quiet if loop.auto else 0.0

    def advance(self, seconds: float, rng: np.random.Generator) -> tuple[float, float, float, float]:
        """Live on for so many seconds, in steps of at most a minute.

        Returns:
            Ambient and cooling water (Cel), steam and hydrogen headers (bar), as they are then.
        """
        steps = ceil(seconds / STEP)
        dt = seconds / steps
        if abs(dt - self._dt) > 1e-9:
            self._calm()
        self._dt = dt
        for _ in range(steps):
            mark = (self.at // TICK + 1) * TICK
            around = self._around()
            self._step(around, dt, rng)
            self.at += dt
            if self.at >= mark - 1e-6:
                self._look(mark, around[0])
        return around

    def _step(self, around: tuple[float, float, float, float], dt: float, rng: np.random.Generator) -> None:
        cell, operations = self.plant.cell, self.plant.operations
        if operations.faults.planted and self.at - self._looked >= _SAFE:
            operations.faults.apply(cell, operations.wear, self.at)
            self._looked = self.at
        ambient, water, steam, hydrogen = around
        hot = float(saturation(np.asarray(steam)))
        sigma = [getattr(cell, name).sigma for name in LOOPS]
        cell.advance([ambient, water, hot, hydrogen, *(self._shake(dt, rng) * sigma).tolist()], dt)

    def _shake(self, dt: float, rng: np.random.Generator) -> Array:
        """Noise of spread 1, damped twice."""
        keep = float(np.exp(-dt / _SMOOTH))
        first, second = self._noise
        first += (1.0 - keep) * (rng.standard_normal(len(LOOPS)) - first)
        second += (1.0 - keep) * (first - second)
        gain = (1.0 - keep) ** 4 * (1.0 + keep**2) / (1.0 - keep**2) ** 3
        return np.asarray(second / np.sqrt(gain))

    def _look(self, at: float, ambient: float) -> None:
        """The operators' look every ten minutes; what was taken from outside stays taken while the plant runs."""
        operations = self.plant.operations
        operations.tick(at, ambient)
        if operations.mode != "run" or self.plant.cell.tripped:
            self.taken.clear()
        for name, (automatic, value) in self.taken.items():
            loop = getattr(self.plant.cell, name)
            if automatic:
                loop.release(value)
            else:
                loop.hold(value)

    def _today(self) -> Day:
        if self._air is None:
            self._air = self.plant.surroundings.day(self.plant.day)
        return self._air

    def _around(self) -> tuple[float, float, float, float]:
        """Weather and headers at this moment, between the minutes of their day."""
        while self.at >= (self.plant.day + 1) * _DAY:
            self.plant.day += 1
            self._air = None
        day, place = self._today(), (self.at - self.plant.day * _DAY) / STEP
        i, share = int(place), place % 1.0
        j = min(i + 1, len(day.ambient) - 1)
        names = (day.ambient, day.water, day.steam, day.hydrogen)
        ambient, water, steam, hydrogen = (float(v[i] + share * (v[j] - v[i])) for v in names)
        return ambient, water, steam, hydrogen

    def set_point(self, name: str, value: float) -> None:
        """Automatic, towards this set point."""
        getattr(self.plant.cell, name).release(value)
        self.taken[name] = (True, value)

    def output(self, name: str, value: float) -> None:
        """Manual, with this output in %."""
        getattr(self.plant.cell, name).hold(value)
        self.taken[name] = (False, value)

    def plant_fault(self, kind: str, place: str, strength: float, after: float, lasting: float) -> None:
        """A fault of the menu that begins `after` seconds from now and lasts `lasting` seconds.

        Raises:
            DataError: no such fault, or not at this place.
        """
        faults = self.plant.operations.faults
        fault = Fault(kind, place, (self.at + after) / _DAY, lasting / _DAY, strength)
        faults.planted = (*faults.planted, fault)

    def settings(self) -> Settings:
        """What it was begun with, and the faults since."""
        return replace(self.plant.settings, faults=tuple(self.plant.operations.faults.planted))
