"""Known confusions of unit and scale, and which of them explains a group of cells."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diapason.engines.quality.layout import Floats
from diapason.engines.quality.thresholds import Thresholds

__all__ = ["CHANGES", "Change", "explain", "physical"]


@dataclass(frozen=True, slots=True)
class Change:
    """A value was stored as `factor` * value + `offset`."""

    name: str
    factor: float
    offset: float = 0.0
    family: str = ""  # "temperature" or "pressure" where it is known which quantity has it

    def undo(self, stored: Floats) -> Floats:
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

_TEMPERATURE = {"Cel", "K", "[degF]", "degC", "°C", "°F", "C", "F"}
_PRESSURE = {"bar", "mbar", "Pa", "kPa", "MPa", "hPa", "[psi]", "psi", "atm", "mm[Hg]", "mmHg"}

_LEAST = {"K": 0.0, "Cel": -273.15, "[degF]": -459.67, "m": None}


def family(unit: str) -> str:
    """The quantity of a unit: "temperature", "pressure", "other", or "" for an unknown unit."""
    if not unit:
        return ""
    return "temperature" if unit in _TEMPERATURE else "pressure" if unit in _PRESSURE else "other"


def physical(unit: str) -> tuple[float, float]:
    """Least and greatest value that a unit allows at all.

    >>> physical("K")
    (0.0, inf)
    """
    least = _LEAST.get(unit)
    return (-np.inf if least is None else least), np.inf


def explain(
    stored: Floats, expected: Floats, width: Floats, unit: str, limits: Thresholds
) -> tuple[Change, NDArray[np.bool_], float] | None:
    """The change of unit that brings most of the cells to where they are expected.

    It must do so for at least `unit_cells` cells and `unit_share` of them, and for clearly more than factors that
    nobody uses.

    Args:
        stored: (n,) suspicious values.
        expected: (n,) what they should be.
        width: (n,) doubt of that, same unit.

    Returns:
        The change, a mask (n,) of the cells it explains, and how sure; None if there is none.
    """
    told = family(unit)
    fitting = [c for c in CHANGES if not (c.family and told and c.family != told)]
    hits = [_hits(c, stored, expected, width) for c in fitting]
    best = int(np.argmax([h.sum() for h in hits]))
    change, met = fitting[best], int(hits[best].sum())
    decoys = [_hits(d, stored, expected, width).sum() for d in _decoys(change)]
    chance = float(np.mean(decoys))
    if met < max(limits.unit_cells, limits.unit_share * stored.size) or met < max(decoys):
        return None
    if met < limits.unit_decoy * max(chance, 0.3) + 1:
        return None
    return change, _hits(change, stored, expected, width, reach=6.0), float(min(0.99, 1 - chance / met))


def _hits(change: Change, stored: Floats, expected: Floats, width: Floats, *, reach: float = 1.5) -> NDArray[np.bool_]:
    """Cells that the change brings to within `reach` widths, and that it moves by more than three."""
    back = change.undo(stored)
    near = (np.abs(back - expected) < reach * width) & (np.abs(back - stored) > 3 * width) & (stored != 0)
    return np.asarray(near, dtype=np.bool_)


def _decoys(change: Change) -> list[Change]:
    """Changes of similar size that nobody makes."""
    if abs(change.factor - 1) < 1e-9:
        return [Change("", 1.0, change.offset * f) for f in (0.4, 0.55, 0.7, 1.35, 1.6, 2.0)]
    if change.factor < 0:
        return [Change("", -f) for f in (0.4, 0.55, 0.7, 1.4, 1.7, 2.3)]
    power = np.log(change.factor)
    return [Change("", float(np.exp(power * f)), change.offset * f) for f in (0.45, 0.6, 0.75, 1.3, 1.5, 1.8)]
