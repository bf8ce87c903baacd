"""A heated vacuum drum that boils the solvent off the product."""

from dataclasses import dataclass, field
from math import exp

from diapason.engines.plant.chemistry import ANTOINE, CP, HEAT_OF_EVAPORATION, M_ORGANIC, M_SOLVENT
from diapason.engines.plant.vessels import Reactor

__all__ = ["Flash", "Surroundings"]

Surroundings = tuple[float, float, float, float]
"""Conductance of the heater (kW/K), steam (Cel), conductance of the vent (kg/s/bar), pressure behind it (bar)."""

_A, _B, _C = ANTOINE


@dataclass(slots=True)
class Flash:
    """Liquid and vapour in equilibrium (Raoult); masses in kg."""

    a: float
    b: float
    c: float
    solvent: float
    temperature: float  # Cel
    pressure: float = 0.5  # bar
    vapour: float = 0.6  # kg/s overhead
    duty: float = 0.0  # kW
    mass: float = field(init=False)  # kg liquid

    def __post_init__(self) -> None:
        self.mass = self.a + self.b + self.c + self.solvent

    def boil(self, fed: Reactor, flow: float, drawn: float, around: Surroundings, dt: float) -> float:
        """Take `flow` kg/s of the reactor's liquid, draw about `drawn` kg/s; returns what was really drawn, kg/s."""
        film, steam, vent, vacuum = around
        part, out = flow * dt / fed.mass, drawn / self.mass
        leaving = 1.0 + out * dt
        a = self.a = (self.a + part * fed.a) / leaving
        b = self.b = (self.b + part * fed.b) / leaving
        c = self.c = (self.c + part * fed.c) / leaving
        wet, dry = (self.solvent + part * fed.solvent) / leaving, dt / leaving
        store = (self.mass + flow * dt) * CP + dt * film
        hot = (self.mass * CP * self.temperature + dt * (flow * CP * fed.temperature + film * steam)) / store
        chill = dt * HEAT_OF_EVAPORATION / store
        vapour = self._boiled((a + b + c) / M_ORGANIC, (wet, dry, hot, chill), vent, vacuum)
        self.vapour = vapour
        self.solvent = wet - vapour * dry
        self.temperature = hot - vapour * chill
        self.pressure = vacuum + vapour / vent
        self.duty = film * (steam - self.temperature)
        new = self.mass = a + b + c + self.solvent
        return out * new

    def _boiled(self, organic: float, line: tuple[float, ...], vent: float, vacuum: float) -> float:
        """Vapour flow, kg/s, at which the liquid's vapour pressure is the drum's: one Newton step from the flow before.

        `line`: solvent (kg) and temperature (Cel) without vapour, each with its loss per kg/s of vapour.
        """
        wet, dry, hot, chill = line
        vapour = self.vapour
        moles = max((wet - dry * vapour) / M_SOLVENT, 1e-6)
        fraction = moles / (moles + organic)
        kelvin = hot - chill * vapour + _C
        saturated = exp(_A - _B / kelvin)
        thinning = (1.0 - fraction) / (moles + organic) * dry / M_SOLVENT
        slope = saturated * (thinning + fraction * chill * _B / (kelvin * kelvin))
        vapour += (fraction * saturated - vacuum - vapour / vent) / (slope + 1.0 / vent)
        if vapour < 0.0:
            return 0.0
        most = 0.98 * wet / dry
        return vapour if vapour < most else most
