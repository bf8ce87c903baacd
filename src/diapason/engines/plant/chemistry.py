"""Isophorone and hydrogen over a slurry catalyst, in 2-propanol: masses, rates, boiling.

A + H2 -> B wanted (3,3,5-trimethylcyclohexanone), B + H2 -> C unwanted (the alcohol). Constants are of the right order
for such a step and belong to no real plant. One heat capacity holds for the whole process liquid, so that energy is
exact: m · CP · T. Units: kg, kmol, s, kW, Cel, bar.
"""

from math import exp, sqrt

__all__ = [
    "ANTOINE",
    "CP",
    "CP_WATER",
    "DENSITY",
    "GAS",
    "HEAT_1",
    "HEAT_2",
    "HEAT_OF_EVAPORATION",
    "M_A",
    "M_B",
    "M_C",
    "M_H2",
    "M_ORGANIC",
    "M_SOLVENT",
    "boiling_pressure",
    "rates",
]

M_H2, M_A, M_SOLVENT = 2.016, 138.21, 60.10  # kg/kmol
M_B = M_A + M_H2
M_C = M_B + M_H2
M_ORGANIC = M_B  # of A, B and C together, for mole fractions
GAS = 0.08314  # bar m3 / (kmol K)
CP, CP_WATER = 2.4, 4.18  # kJ/(kg K)
DENSITY = 850.0  # kg/m3 of process liquid
HEAT_1, HEAT_2 = 112_000.0, 62_000.0  # kJ/kmol released
HEAT_OF_EVAPORATION = 650.0  # kJ/kg of solvent
ANTOINE = (12.0717, 3640.24, 219.61)  # of 2-propanol: ln(bar) = A - B / (Cel + C)
_ENERGY_1, _ENERGY_2 = 55_000.0 / 8.314, 85_000.0 / 8.314  # activation energy / R, K
_RATE_1, _RATE_2 = 2.8e-3, 4.6e-6  # 1/s at 120 Cel, 17.5 bar hydrogen, fresh catalyst
_WARM = 1 / 393.15  # 1/K


def rates(temperature: float, hydrogen: float, activity: float) -> tuple[float, float]:
    """First-order rate constants of both steps, 1/s; Arrhenius, half and first order in hydrogen.

    Args:
        temperature: Cel.
        hydrogen: partial pressure, bar.
        activity: of the catalyst, 1 = fresh.

    >>> cold, hot = rates(110.0, 17.5, 1.0)[0], rates(120.0, 17.5, 1.0)[0]
    >>> round(hot / cold, 2)
    1.55
    """
    inverse = _WARM - 1 / (temperature + 273.15)
    share = hydrogen / 17.5 if hydrogen > 0 else 0.0
    return (
        activity * _RATE_1 * exp(_ENERGY_1 * inverse) * sqrt(share),
        activity * _RATE_2 * exp(_ENERGY_2 * inverse) * share,
    )


def boiling_pressure(temperature: float) -> float:
    """Vapour pressure of 2-propanol, bar, at a temperature in Cel (Antoine).

    >>> round(boiling_pressure(82.3), 2)
    1.01
    """
    return exp(12.0717 - 3640.24 / (temperature + 219.61))  # ANTOINE, spelled out: called every step
