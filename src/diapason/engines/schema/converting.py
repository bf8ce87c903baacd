"""One unit into another of the same quantity: value = factor × given + offset."""

__all__ = ["conversion"]

_SCALES: tuple[dict[str, tuple[float, float]], ...] = (
    {"K": (1.0, 0.0), "Cel": (1.0, 273.15), "[degF]": (5 / 9, 459.67 * 5 / 9), "[degR]": (5 / 9, 0.0)},
    {
        "Pa": (1.0, 0.0),
        "hPa": (1e2, 0.0),
        "kPa": (1e3, 0.0),
        "MPa": (1e6, 0.0),
        "mPa": (1e-3, 0.0),
        "bar": (1e5, 0.0),
        "mbar": (1e2, 0.0),
        "[psi]": (6894.757293168, 0.0),
        "atm": (101325.0, 0.0),
        "mm[Hg]": (133.322387415, 0.0),
        "mm[H2O]": (9.80665, 0.0),
        "kgf/cm2": (98066.5, 0.0),
    },
    {
        "kg/s": (1.0, 0.0),
        "kg/h": (1 / 3600, 0.0),
        "t/h": (1 / 3.6, 0.0),
        "t/d": (1 / 86.4, 0.0),
        "g/min": (1 / 60000, 0.0),
    },
    {
        "m3/s": (1.0, 0.0),
        "m3/h": (1 / 3600, 0.0),
        "L/s": (1e-3, 0.0),
        "L/min": (1 / 60000, 0.0),
        "L/h": (1 / 3.6e6, 0.0),
        "mL/min": (1 / 6e7, 0.0),
        "[gal_us]/min": (0.003785411784 / 60, 0.0),
        "[cft_i]/min": (0.028316846592 / 60, 0.0),
    },
    {"1": (1.0, 0.0), "%": (1e-2, 0.0), "[ppm]": (1e-6, 0.0), "[ppb]": (1e-9, 0.0)},
    {"Hz": (1.0, 0.0), "kHz": (1e3, 0.0)},
    {"N.m": (1.0, 0.0), "kN.m": (1e3, 0.0)},
    {"N": (1.0, 0.0), "kN": (1e3, 0.0), "MN": (1e6, 0.0)},
    {"W": (1.0, 0.0), "mW": (1e-3, 0.0), "kW": (1e3, 0.0), "MW": (1e6, 0.0)},
    {
        "J": (1.0, 0.0),
        "kJ": (1e3, 0.0),
        "MJ": (1e6, 0.0),
        "GJ": (1e9, 0.0),
        "W.h": (3600.0, 0.0),
        "kW.h": (3.6e6, 0.0),
        "MW.h": (3.6e9, 0.0),
    },
    {"V": (1.0, 0.0), "mV": (1e-3, 0.0), "kV": (1e3, 0.0)},
    {"A": (1.0, 0.0), "mA": (1e-3, 0.0), "kA": (1e3, 0.0)},
    {
        "m": (1.0, 0.0),
        "mm": (1e-3, 0.0),
        "cm": (1e-2, 0.0),
        "um": (1e-6, 0.0),
        "km": (1e3, 0.0),
        "[in_i]": (0.0254, 0.0),
    },
    {"m2": (1.0, 0.0), "mm2": (1e-6, 0.0)},
    {"m3": (1.0, 0.0), "L": (1e-3, 0.0), "mL": (1e-6, 0.0)},
    {"kg": (1.0, 0.0), "g": (1e-3, 0.0), "mg": (1e-6, 0.0), "t": (1e3, 0.0)},
    {"kg/m3": (1.0, 0.0), "g/cm3": (1e3, 0.0)},
    {"g/L": (1.0, 0.0), "mg/L": (1e-3, 0.0), "mg/m3": (1e-6, 0.0), "ug/m3": (1e-9, 0.0)},
    {"s": (1.0, 0.0), "ms": (1e-3, 0.0), "min": (60.0, 0.0), "h": (3600.0, 0.0), "d": (86400.0, 0.0)},
    {
        "m/s": (1.0, 0.0),
        "m/min": (1 / 60, 0.0),
        "mm/s": (1e-3, 0.0),
        "mm/min": (1e-3 / 60, 0.0),
        "km/h": (1 / 3.6, 0.0),
    },
    {"rad": (1.0, 0.0), "deg": (0.017453292519943295, 0.0)},
    {"Pa.s": (1.0, 0.0), "mPa.s": (1e-3, 0.0)},
)
"""Of each quantity: UCUM code -> factor and offset to its first unit. Dimensionless counts and shares are one scale."""


def conversion(given: str, wanted: str) -> tuple[float, float] | None:
    """Factor and offset that turn values in one unit into another; None where that isn't known.

    Pressures are taken as they are: gauge and absolute are one code, and which it is a person must know.

    Args:
        given: UCUM code of the values.
        wanted: UCUM code they shall have.

    >>> conversion("bar", "kPa"), conversion("bar", "Cel")
    ((100.0, 0.0), None)
    >>> factor, offset = conversion("[degF]", "Cel")
    >>> round(factor * 212 + offset, 6)
    100.0

    Source: UCUM, version 2.1, tables of base and derived units.
    """
    if given == wanted:
        return 1.0, 0.0
    for scale in _SCALES:
        if given in scale and wanted in scale:
            (a, b), (c, d) = scale[given], scale[wanted]
            return a / c, (b - d) / c
    return None
