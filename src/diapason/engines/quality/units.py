"""Which known confusion of unit or scale explains a group of cells, and what a unit allows at all."""

import numpy as np
from numpy.typing import NDArray

from diapason.engines.quality.layout import Floats
from diapason.engines.quality.thresholds import Thresholds
from diapason.vocabulary.conversions import CHANGES, Change

__all__ = ["explain", "physical"]


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
