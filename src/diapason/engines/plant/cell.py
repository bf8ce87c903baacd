"""The process cell: tank, pump, preheater, hydrogenator, compressor, flash, product pump, with loops and interlocks.

`Cell.advance` moves the true state by dt seconds; history, live faces and tests all use this one function.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import sqrt

from diapason.engines.plant.chemistry import CP, CP_WATER, GAS
from diapason.engines.plant.control import Loop
from diapason.engines.plant.flash import Flash
from diapason.engines.plant.machines import Compressor, Pump
from diapason.engines.plant.vessels import FeedTank, Heater, Reactor

__all__ = ["LOOPS", "Air", "Cell", "Totals"]

Air = Sequence[float]
"""The cell's surroundings for one step: ambient, cooling water, steam (Cel), hydrogen header (bar), then the
noise of each loop's transmitter, in the order of LOOPS, in the measurement's unit."""

LOOPS = ("fic101", "tic103", "lic201", "tic201", "pic201", "pic211", "tic301", "pic301", "lic301")

_TONNES = 3.6  # t/h per kg/s
_HEATER_STORE = 400.0  # kJ/K of metal and liquid in E-101
_BUFFER = 2.0  # m3, V-211
_TOO_HOT, _TOO_FULL, _BRIM, _DRY = 150.0, 11_000.0, 3500.0, 4000.0  # Cel, kg in R-101, kg in V-301, kg in TK-101


@dataclass(slots=True)
class Totals:
    """What has crossed the cell's border since the beginning, kg."""

    fed: float = 0.0  # kg by lorry
    drawn: float = 0.0  # kg out of the feed tank
    product: float = 0.0  # kg


@dataclass(slots=True)
class Cell:
    """All state of the plant's physics and control; begins near the steady state of the first grade."""

    tank: FeedTank = field(default_factory=lambda: FeedTank(70_000.0, 0.45, 1.0, 20.0))
    feed_pump: Pump = field(default_factory=lambda: Pump(36.0, 3.0, 1.25))
    preheater: Heater = field(default_factory=lambda: Heater(4.0))
    reactor: Reactor = field(default_factory=lambda: Reactor(190.0, 3750.0, 110.0, 4950.0, 1.84, 120.0, 87.0))
    compressor: Compressor = field(default_factory=lambda: Compressor(0.0165))
    flash: Flash = field(default_factory=lambda: Flash(88.0, 1750.0, 52.0, 80.0, 128.0))
    flash_heater: Heater = field(default_factory=lambda: Heater(18.0))
    product_pump: Pump = field(default_factory=lambda: Pump(7.0, 1.5, 0.62))
    fic101: Loop = field(default_factory=lambda: Loop(8.0, 0.2, 80, 4.5, 0.0008, 1.2, 0.03))
    tic103: Loop = field(default_factory=lambda: Loop(150.0, 1.2, 240, 70.0, 0.02, 14.0, 0.15, lag=20))
    lic201: Loop = field(default_factory=lambda: Loop(100.0, -3.0, 7200, 64.0, 0.01, 0.9, 0.25))
    tic201: Loop = field(
        default_factory=lambda: Loop(200.0, -4.0, 3000, 120.0, 0.01, 6.0, 0.05, 20, 240, out=73.0, split=50.0)
    )
    pic201: Loop = field(default_factory=lambda: Loop(40.0, 4.0, 600, 20.0, 0.005, 5e-4, 0.03))
    pic211: Loop = field(default_factory=lambda: Loop(60.0, -1.5, 300, 32.0, 0.01, 5e-4, 0.08))
    tic301: Loop = field(default_factory=lambda: Loop(200.0, 1.5, 600, 128.0, 0.01, 60.0, 0.15, lag=20))
    pic301: Loop = field(default_factory=lambda: Loop(2.0, -0.25, 120, 0.5, 0.0005, 7.0, 0.004))
    lic301: Loop = field(default_factory=lambda: Loop(100.0, -3.0, 2400, 50.0, 0.02, 1.0, 0.4))
    totals: Totals = field(default_factory=Totals)
    warm: float = 70.0  # Cel, feed behind the preheater
    carried: float = 0.0  # kW with the feed from the tank, above 0 Cel
    preheat: float = 0.0  # kW by steam in E-101
    buffer: float = 2.46  # kmol in V-211
    buffer_pressure: float = 32.0  # bar
    water: float = 1.0  # kg/s cooling water to the jacket
    water_share: float = 1.0  # of the cooling water supply that is left
    steam_in: float = 0.0  # kW into the jacket
    hydrogen: float = 4e-3  # kmol/s into the reactor
    feed: float = 1.25  # kg/s
    feed_shift: float = 0.0  # mass fraction of A added at the pump's suction by a wrong line-up
    letdown: float = 1.26  # kg/s from reactor to flash
    product: float = 0.6  # kg/s
    tripped: bool = False

    def advance(self, air: Air, dt: float) -> None:
        """Measure, control and move every balance by dt seconds."""
        self._feed(air, dt)
        self._hydrogenate(air, dt)
        self._compress(air, dt)
        self._separate(air, dt)

    def _feed(self, air: Air, dt: float) -> None:
        """Tank, pump, flow loop, preheater."""
        tank, totals, reactor = self.tank, self.totals, self.reactor
        opened = self.fic101.act(self.feed * _TONNES, air[4], dt)
        if self.tripped or tank.mass < _DRY or reactor.mass > _TOO_FULL:
            opened = 0.0
        feed = self.feed = self.feed_pump.deliver(opened, reactor.pressure - 1.2)
        pull = feed * CP
        self.carried = pull * tank.temperature
        totals.fed += tank.filling * dt
        totals.drawn += feed * dt
        tank.advance(feed, air[0], dt)
        film = self.preheater.conductance(self.tic103.act(self.warm, air[5], dt))
        steam = film * air[2]
        warm = (_HEATER_STORE * self.warm + dt * (self.carried + steam)) / (_HEATER_STORE + dt * (pull + film))
        self.warm, self.preheat = warm, steam - film * warm

    def _hydrogenate(self, air: Air, dt: float) -> None:
        """Reactor with level, temperature (split range) and pressure loops; a high-temperature trip."""
        reactor, temper = self.reactor, self.tic201
        drawn = self.lic201.act(reactor.mass / 140.0, air[6], dt)
        fall = reactor.pressure - self.flash.pressure
        drawn = drawn * sqrt(fall) if fall > 0 and self.flash.mass < _BRIM else 0.0
        opened = temper.act(reactor.temperature, air[7], dt)
        if reactor.temperature > _TOO_HOT:
            self.tripped = True
            temper.hold(100.0)
        self.water = self.water_share * opened
        self.steam_in = 3.5 * (temper.split - temper.out) if temper.out < temper.split else 0.0
        reactor.cool(self.water, air[1], self.steam_in, dt)
        share = self.tank.share_a + self.feed_shift
        self.letdown = reactor.react(self.feed, share, self.warm, drawn, air[0], dt)
        opened = self.pic201.act(reactor.pressure, air[8], dt)
        push = self.buffer_pressure**2 - reactor.pressure**2
        self.hydrogen = opened * sqrt(push) if push > 0 else 0.0
        reactor.breathe(self.hydrogen, dt)

    def _compress(self, air: Air, dt: float) -> None:
        """Compressor into the buffer; spill-back keeps its pressure."""
        pressure, suction = self.buffer_pressure, air[3]
        spill = self.pic211.act(pressure, air[9], dt)
        push = pressure * pressure - suction * suction
        back = spill * sqrt(push) * dt / self.buffer if push > 0 else 0.0
        made = self.compressor.deliver(suction, pressure, air[0] + 6.0)
        buffer = (self.buffer + dt * (made - self.hydrogen)) / (1.0 + back)
        self.buffer = buffer = buffer if buffer > 0.05 else 0.05
        self.buffer_pressure = buffer * (GAS * 313.15 / _BUFFER)

    def _separate(self, air: Air, dt: float) -> None:
        """Flash with temperature, vacuum and level loops; product pump."""
        flash = self.flash
        film = self.flash_heater.conductance(self.tic301.act(flash.temperature, air[10], dt))
        vent = self.pic301.act(flash.pressure, air[11], dt) + 0.02
        vacuum = 0.12 + 0.006 * (air[1] - 15.0) + 0.08 * flash.vapour
        opened = self.lic301.act(flash.mass / 40.0, air[12], dt)
        drawn = self.product_pump.deliver(opened if flash.mass > 300.0 else 0.0, 3.0 - flash.pressure)
        around = (film, air[2], vent, vacuum)
        self.product = product = flash.boil(self.reactor, self.letdown, drawn, around, dt)
        self.totals.product += product * dt

    def machines(self) -> "dict[str, Pump | Compressor]":
        """Rotating machines by asset."""
        return {"P-101": self.feed_pump, "P-301": self.product_pump, "K-201": self.compressor}

    def mass(self) -> float:
        """Liquid behind the feed tank, kg: changes by feed and hydrogen taken up, less product and vapour."""
        return self.reactor.mass + self.flash.mass

    def energy(self) -> float:
        """Sensible heat of preheater, reactor and flash, kJ above 0 Cel."""
        reactor, flash = self.reactor, self.flash
        return _HEATER_STORE * self.warm + CP * (reactor.mass * reactor.temperature + flash.mass * flash.temperature)

    def jacket_energy(self) -> float:
        """Sensible heat of the jacket, kJ above 0 Cel."""
        return self.reactor.jacket_mass * CP_WATER * self.reactor.jacket
