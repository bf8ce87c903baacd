"""Units of OPC UA (UNECE Recommendation 20 codes) and UCUM.

Source: OPC UA Part 8, 5.6.3 (EUInformation; the id is the bytes of the common code), and UNECE Recommendation 20.
"""

__all__ = ["NAMESPACE", "common_code", "display", "ucum"]

NAMESPACE = "http://www.opcfoundation.org/UA/units/un/cefact"

_CODES = {
    "Cel": ("CEL", "°C"), "[degF]": ("FAH", "°F"), "K": ("KEL", "K"),
    "bar": ("BAR", "bar"), "mbar": ("MBR", "mbar"), "Pa": ("PAL", "Pa"), "kPa": ("KPA", "kPa"),
    "MPa": ("MPA", "MPa"), "[psi]": ("PS", "psi"), "hPa": ("A97", "hPa"),
    "%": ("P1", "%"), "1": ("C62", "1"), "[ppm]": ("59", "ppm"), "dB": ("2N", "dB"), "[pH]": ("Q30", "pH"),
    "t/h": ("E18", "t/h"), "kg/h": ("E93", "kg/h"), "kg/s": ("KGS", "kg/s"), "kg/min": ("F31", "kg/min"),
    "m3/h": ("MQH", "m³/h"), "m3/s": ("MQS", "m³/s"), "L/min": ("L2", "l/min"), "L/h": ("E32", "l/h"),
    "L/s": ("G51", "l/s"), "m3/d": ("G52", "m³/d"),
    "mm/s": ("C16", "mm/s"), "m/s": ("MTS", "m/s"), "m/s2": ("MSK", "m/s²"), "m/min": ("2X", "m/min"),
    "A": ("AMP", "A"), "mA": ("4K", "mA"), "V": ("VLT", "V"), "mV": ("2Z", "mV"), "kV": ("KVT", "kV"),
    "W": ("WTT", "W"), "kW": ("KWT", "kW"), "MW": ("MAW", "MW"), "kV.A": ("KVA", "kVA"),
    "kW.h": ("KWH", "kW·h"), "MW.h": ("MWH", "MW·h"), "J": ("JOU", "J"), "kJ": ("KJO", "kJ"), "MJ": ("3B", "MJ"),
    "Hz": ("HTZ", "Hz"), "kHz": ("KHZ", "kHz"), "/min": ("RPM", "r/min"), "Ohm": ("OHM", "Ω"),
    "um": ("4H", "µm"), "mm": ("MMT", "mm"), "cm": ("CMT", "cm"), "m": ("MTR", "m"), "km": ("KMT", "km"),
    "g": ("GRM", "g"), "kg": ("KGM", "kg"), "t": ("TNE", "t"), "mg": ("MGM", "mg"),
    "kg/m3": ("KMQ", "kg/m³"), "g/cm3": ("23", "g/cm³"), "g/L": ("GL", "g/l"), "mg/L": ("M1", "mg/l"),
    "L": ("LTR", "l"), "mL": ("MLT", "ml"), "m3": ("MTQ", "m³"), "m2": ("MTK", "m²"),
    "ms": ("C26", "ms"), "s": ("SEC", "s"), "min": ("MIN", "min"), "h": ("HUR", "h"), "d": ("DAY", "d"),
    "N": ("NEW", "N"), "kN": ("B47", "kN"), "N.m": ("NU", "N·m"), "deg": ("DD", "°"), "rad": ("C81", "rad"),
    "mol/L": ("C38", "mol/l"), "lm": ("LUM", "lm"), "lx": ("LUX", "lx"), "Pa.s": ("C65", "Pa·s"),
    "mPa.s": ("C24", "mPa·s"), "kg/kg": ("3H", "kg/kg"), "W/m2": ("D54", "W/m²"), "kJ/kg": ("B42", "kJ/kg"),
}  # fmt: skip
"""UCUM to common code and symbol."""

_BY_ID = {int.from_bytes(code.encode(), "big"): ucum for ucum, (code, _) in _CODES.items()}
_BY_ID[int.from_bytes(b"C94", "big")] = "/min"
_BY_SIGN = {sign: ucum for ucum, (_, sign) in _CODES.items()} | {ucum: ucum for ucum in _CODES}
_BY_SIGN |= {
    "℃": "Cel", "degC": "Cel", "deg C": "Cel", "C": "Cel", "℉": "[degF]", "degF": "[degF]", "F": "[degF]",
    "psig": "[psi]", "m3/hr": "m3/h", "m^3/h": "m3/h", "kg/hr": "kg/h", "t/hr": "t/h", "rpm": "/min", "1/min": "/min",
    "l/h": "L/h", "L": "L", "kWh": "kW.h", "MWh": "MW.h", "Nm": "N.m", "ppm": "[ppm]", "pH": "[pH]",
    "kg/m^3": "kg/m3", "g/cm^3": "g/cm3", "sec": "s", "hr": "h", "percent": "%",
}  # fmt: skip


def common_code(unit: str) -> int:
    """The id by which OPC UA names a UCUM unit, -1 where it has none.

    >>> common_code("Cel")
    4408652
    """
    return int.from_bytes(_CODES[unit][0].encode(), "big") if unit in _CODES else -1


def display(unit: str) -> str:
    """How the unit is written for people.

    >>> display("m3/h")
    'm³/h'
    """
    return _CODES[unit][1] if unit in _CODES else unit


def ucum(identifier: int, name: str) -> str:
    """UCUM code of what a server says, by its id or its display name; "" where neither is known.

    >>> ucum(4408652, ""), ucum(-1, "℃"), ucum(-1, "furlong")
    ('Cel', 'Cel', '')
    """
    return _BY_ID.get(identifier) or _BY_SIGN.get(name.strip(), "")
