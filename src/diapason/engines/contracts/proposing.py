"""Rules proposed from what a pass over the data has told; a person edits them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from diapason.vocabulary.tables import Column, Contract, Role

__all__ = ["propose"]

_MARGIN = 0.25
"""Room beyond the lowest and highest value seen, over the range that holds 98 % of them."""
_FEW = 20
"""Different texts up to which they are proposed as the only ones."""
_TWICE = 2.0
"""Share of missing cells accepted, over that seen."""


def propose(contract: Contract, told: Sequence[Mapping[str, Any]]) -> Contract:
    """The contract with rules for columns that have none; what a person has said stays.

    Args:
        told: a line per column, as the scan tells it: low, high, quantiles, missing, top.
    """
    lines = {line["name"]: line for line in told}
    return replace(contract, columns=tuple(_column(c, lines.get(c.name)) for c in contract.columns))


def _column(column: Column, line: Mapping[str, Any] | None) -> Column:
    if line is None or not line["rows"] or column.role is Role.IGNORED:
        return column
    if column.missing is None:
        column = replace(column, missing=_missing(line["missing"] / line["rows"]))
    if line["kind"] == "words":
        few = line["distinct"]["value"] <= _FEW and not line["distinct"]["error"]
        texts = tuple(sorted(t["value"] for t in line["top"])) if few and column.kind == "category" else ()
        complete = len(texts) == line["distinct"]["value"]
        return replace(column, values=texts) if complete and not column.values else column
    if column.kind != "number" or column.low is not None or column.high is not None or not line["quantiles"]:
        return column
    low, high = _range(line)
    return replace(column, low=low, high=high)


def _missing(share: float) -> float:
    """Twice what was seen, rounded up to two digits; none where there was none."""
    if share <= 0:
        return 0.0
    wanted = min(_TWICE * share, 1.0)
    step = 10.0 ** (math.floor(math.log10(wanted)) - 1)
    return min(round(math.ceil(wanted / step) * step, 12), 1.0)


def _range(line: Mapping[str, Any]) -> tuple[float, float]:
    """Extremes with room around them; zero stays a bound of what was never negative."""
    wide = line["quantiles"]["0.99"]["value"] - line["quantiles"]["0.01"]["value"]
    room = _MARGIN * (wide if wide > 0 else line["high"] - line["low"])
    low, high = _outward(line["low"] - room, room, down=True), _outward(line["high"] + room, room, down=False)
    return (0.0 if low < 0 <= line["low"] else low), (0.0 if high > 0 >= line["high"] else high)


def _outward(value: float, room: float, *, down: bool) -> float:
    """Rounded to a tenth of the room, away from the values."""
    if room <= 0 or not math.isfinite(room):
        return value
    step = 10.0 ** (math.floor(math.log10(room)) - 1)
    whole = math.floor(value / step) if down else math.ceil(value / step)
    return float(f"{whole * step:.12g}")
