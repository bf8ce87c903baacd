"""Intervals as a line of characters, for a terminal: where zero is, how far the gain goes, where it is cut."""

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["gained", "scale", "strip"]

FAR = 2.0
"""How many times the ends that decide the scale goes at most."""

Known = Mapping[str, Any]


def scale(near: Sequence[Known], others: Sequence[Known] = ()) -> tuple[float, float]:
    """Ends that hold zero and the intervals that decide; others as far as these stay readable.

    >>> scale([{"low": -1.0, "high": 3.0}], [{"low": 22.0, "high": 34.0}])
    (-1.0, 6.0)
    """
    ends = [0.0, *(e[k] for e in near for k in ("low", "high"))]
    far = FAR * max(abs(x) for x in ends) or 1.0
    more = [min(max(e[k], -far), far) for e in others for k in ("low", "high")]
    return min([*ends, *more]), max([*ends, *more])


def strip(e: Known, ends: tuple[float, float], columns: int = 26) -> str:
    """One interval: `-` its reach, `o` its value, `|` zero, `<` or `>` where the scale cuts it.

    >>> strip({"value": 1.0, "low": -1.0, "high": 3.0}, (-2.0, 4.0), 13)
    '  --|-o----'
    >>> strip({"value": 9.0, "low": 8.0, "high": 10.0}, (-2.0, 4.0), 13)
    '    |       >'
    """
    low, high = ends

    def at(x: float) -> int:
        return round((min(max(x, low), high) - low) / ((high - low) or 1.0) * (columns - 1))

    inside = not (e["low"] > high or e["high"] < low)
    marks = dict.fromkeys(range(at(e["low"]), at(e["high"]) + 1), "-") if inside else {}
    marks[at(0.0)] = "|"
    if low <= e["value"] <= high:
        marks[at(e["value"])] = "o"
    if e["low"] < low:
        marks[0] = "<"
    if e["high"] > high:
        marks[columns - 1] = ">"
    return "".join(marks.get(i, " ") for i in range(columns)).rstrip()


def gained(e: Known) -> str:
    """A gain with its sign, its interval and its unit, to two digits of its doubt.

    >>> gained({"value": 0.94, "low": -0.365, "high": 2.25, "unit": "%"})
    '+0.9 (-0.4 … 2.2) %'
    """
    from math import floor, log10

    half = (e["high"] - e["low"]) / 2
    digits = min(max(1 - floor(log10(half)), 0), 6) if half > 0 else 3
    value, low, high = (f"{e[k]:.{digits}f}" for k in ("value", "low", "high"))
    return f"{'+' if e['value'] > 0 else ''}{value} ({low} … {high}){'' if e['unit'] == '1' else ' ' + e['unit']}"
