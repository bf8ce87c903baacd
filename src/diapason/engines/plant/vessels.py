"""Feed tank, steam heater and hydrogenator: balances advanced by one step.

Each is integrated linearly-implicitly (the unknown in every outflow and loss term is the new one), which is stable at
steps of a minute and conserves mass and energy to rounding whatever the step.
"""

from dataclasses import dataclass, field

from diapason.engines.plant.chemistry import (
    CP,
    CP_WATER,
    DENSITY,
    GAS,
    HEAT_1,
    HEAT_2,
    M_A,
    M_B,
    M_C,
    M_H2,
    M_ORGANIC,
    M_SOLVENT,
    boiling_pressure,
    rates,
)

__all__ = ["FeedTank", "Heater", "Reactor"]


@dataclass(slots=True)
class FeedTank:
    """A stirred tank filled by lorry; each lot brings its own strength, poison and temperature."""

    mass: float  # kg
    share_a: float  # mass fraction of A
    poison: float  # mg/kg
    temperature: float  # Cel
    filling: float = 0.0  # kg/s
    lot_share_a: float = 0.45
    lot_poison: float = 1.0
    lot_temperature: float = 20.0
    loss: float = 0.45  # kW/K to the ambient

    def advance(self, draw: float, ambient: float, dt: float) -> None:
        """Fill, draw `draw` kg/s and lose heat to the `ambient` (Cel) for dt seconds."""
        added = self.filling * dt
        full = self.mass + added
        if added:
            part = added / full
            self.share_a += part * (self.lot_share_a - self.share_a)
            self.poison += part * (self.lot_poison - self.poison)
            self.temperature += part * (self.lot_temperature - self.temperature)
        self.temperature -= self.loss * (self.temperature - ambient) * dt / (full * CP)
        self.mass = full - draw * dt


@dataclass(slots=True)
class Heater:
    """A steam heater: film and steam valve in series; fouling lowers the film's part."""

    clean: float  # kW/K
    fouling: float = 0.0  # K/kW

    def conductance(self, opened: float) -> float:
        """kW/K between steam header and liquid with the steam valve opened by this much (kW/K)."""
        return 1.0 / (1.0 / self.clean + self.fouling + 1.0 / opened) if opened > 0.0 else 0.0


@dataclass(slots=True)
class Reactor:
    """A jacketed, stirred hydrogenator with a gas cap over the slurry; masses in kg."""

    a: float
    b: float
    c: float
    solvent: float
    gas: float  # kmol hydrogen in the cap
    temperature: float  # Cel
    jacket: float  # Cel
    activity: float = 1.0
    fouling: float = 0.0  # K/kW
    leak: float = 0.0  # kmol/s/bar
    purge: float = 4e-6  # kmol/s/bar
    pressure: float = 20.0  # bar, of the cap
    vapour: float = 2.5  # bar, of it solvent
    uptake: float = 0.0  # kmol/s hydrogen
    heat: float = 0.0  # kW of reaction
    cooled: float = 0.0  # kW into the jacket
    lost: float = 0.0  # kW to the ambient
    volume: float = 14.0  # m3, empty
    clean: float = 8.0  # kW/K
    jacket_mass: float = 1500.0  # kg
    mass: float = field(init=False)  # kg liquid

    def __post_init__(self) -> None:
        self.mass = self.a + self.b + self.c + self.solvent

    def react(self, flow: float, share_a: float, warm: float, drawn: float, ambient: float, dt: float) -> float:
        """Feed `flow` kg/s at `warm` Cel, draw about `drawn` kg/s; returns what was really drawn, kg/s.

        Mass drawn is the outlet's share of the new holdup; hydrogen enters the liquid at the liquid's temperature.
        """
        mass, temperature = self.mass, self.temperature
        out = drawn / mass
        k1, k2 = rates(temperature, self.pressure - self.vapour, self.activity)
        leaving = 1.0 + out * dt
        a = self.a = (self.a + flow * share_a * dt) / (leaving + k1 * dt)
        first = k1 * a / M_A
        b = self.b = (self.b + first * M_B * dt) / (leaving + k2 * dt)
        second = k2 * b / M_B
        c = self.c = (self.c + second * M_C * dt) / leaving
        solvent = self.solvent = (self.solvent + flow * (1.0 - share_a) * dt) / leaving
        new = self.mass = a + b + c + solvent
        uptake = self.uptake = first + second
        self.heat = first * HEAT_1 + second * HEAT_2
        self.lost = 0.2 * (temperature - ambient)
        gained = CP * (flow * warm + uptake * M_H2 * temperature) + self.heat - self.cooled - self.lost
        self.temperature = (mass * CP * temperature + dt * gained) / (new * CP * leaving)
        return out * new

    def cool(self, water: float, inlet: float, steam: float, dt: float) -> None:
        """Jacket: `water` kg/s entering at `inlet` Cel, `steam` kW injected; sets the heat taken from the slurry."""
        film = 1.0 / (1.0 / self.clean + self.fouling)
        hold, pull = self.jacket_mass * CP_WATER, water * CP_WATER
        top = hold * self.jacket + dt * (pull * inlet + film * self.temperature + steam)
        self.jacket = top / (hold + dt * (pull + film))
        self.cooled = film * (self.temperature - self.jacket)

    def breathe(self, supplied: float, dt: float) -> None:
        """Gas cap: `supplied` kmol/s hydrogen in, uptake, purge and leak out; sets the pressure."""
        gas = self.gas + dt * (supplied - self.uptake - (self.purge + self.leak) * self.pressure)
        self.gas = gas = gas if gas > 1e-3 else 1e-3
        mass, temperature = self.mass, self.temperature
        moles = self.solvent / M_SOLVENT
        fraction = moles / (moles + (mass - self.solvent) / M_ORGANIC)
        self.vapour = vapour = fraction * boiling_pressure(temperature)
        self.pressure = gas * GAS * (temperature + 273.15) / (self.volume - mass / DENSITY) + vapour
