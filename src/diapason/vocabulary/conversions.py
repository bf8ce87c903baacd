"""Known confusions of unit and scale."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["CHANGES", "Change"]


@dataclass(frozen=True, slots=True)
class Change:
    """A value was stored as `factor` * value + `offset`."""

    name: str
    factor: float
    offset: float = 0.0
    family: str = ""  # "temperature" or "pressure" where it is known which quantity has it

    def undo(self, stored: NDArray[np.float64]) -> NDArray[np.float64]:
        """The values before the change."""
        return (stored - self.offset) / self.factor


CHANGES = (
    *(Change(f"× {10**n:g}", 10.0**n) for n in (1, 2, 3, 6)),
    *(Change(f"÷ {10**n:g}", 10.0**-n) for n in (1, 2, 3, 6)),
    Change("sign", -1.0),
    Change("°C → °F", 1.8, 32.0, "temperature"),
    Change("°F → °C", 1 / 1.8, -32 / 1.8, "temperature"),
    Change("°C → K", 1.0, 273.15, "temperature"),
    Change("K → °C", 1.0, -273.15, "temperature"),
    Change("K → °F", 1.8, -459.67, "temperature"),
    Change("°F → K", 1 / 1.8, 459.67 / 1.8, "temperature"),
    Change("bar → psi", 14.503774, 0.0, "pressure"),
    Change("psi → bar", 1 / 14.503774, 0.0, "pressure"),
    Change("psi → kPa", 6.894757, 0.0, "pressure"),
    Change("kPa → psi", 1 / 6.894757, 0.0, "pressure"),
    Change("atm → kPa", 101.325, 0.0, "pressure"),
    Change("bar → mmHg", 750.0617, 0.0, "pressure"),
    Change("kPa → mmHg", 7.500617, 0.0, "pressure"),
    Change("m/s → km/h", 3.6),
    Change("km/h → m/s", 1 / 3.6),
    Change("× 60", 60.0),
    Change("÷ 60", 1 / 60),
    Change("× 3600", 3600.0),
    Change("÷ 3600", 1 / 3600),
    Change("in → mm", 25.4),
    Change("mm → in", 1 / 25.4),
    Change("ft → m", 0.3048),
    Change("m → ft", 1 / 0.3048),
    Change("kg → lb", 2.204623),
    Change("lb → kg", 1 / 2.204623),
    Change("kcal → kJ", 4.184),
    Change("kJ → kcal", 1 / 4.184),
    Change("kW → hp", 1.341022),
    Change("hp → kW", 1 / 1.341022),
    Change("gal → L", 3.785412),
    Change("L → gal", 1 / 3.785412),
)
"""Source: exact definitions of SI and of the international yard and pound (NIST SP 811)."""
