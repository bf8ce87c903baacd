"""The plant's own physics as a twin: the same cell with and without a write, from where the plant stands now."""

from collections.abc import Mapping
from copy import deepcopy
from functools import lru_cache
from math import inf, isfinite

import numpy as np

from diapason.engines.plant.cell import LOOPS, Cell
from diapason.engines.plant.surroundings import saturation
from diapason.engines.plant.tags import TAGS
from diapason.vocabulary.acting import Effect

__all__ = ["PlantTwin"]

_STEP = 5.0  # s
_SETTLE = 7200.0  # s until the cell stands where its set points are
_DOUBT = 0.15  # of the change that is foreseen: wear, fouling and feed are not known to the twin
_UNITS = {tag.name: tag.unit for tag in TAGS}
_FINEST = {tag.name: tag.resolution for tag in TAGS}
_SIGMAS = 5.0  # of a loop's noise, which a quarter of an hour may show
_LOOP_OF = {f"{name[:3]}-{name[3:]}".upper(): name for name in LOOPS}
_SET = {name: f"{loop}.SP" for loop, name in _LOOP_OF.items() if f"{loop}.SP" in _UNITS}
_SEEN = {name: f"{loop}.PV" for loop, name in _LOOP_OF.items()}
_AROUND = {"TI-001": 20.0, "TI-203": 15.0, "PI-401": 5.0, "PI-212": 17.0}
"""Surroundings, and what is taken where nothing reads them: Cel, Cel, bar, bar."""


class PlantTwin:
    """Foresees writes to set points of one cell; a `Twin`.

    The difference that a write makes to a clean cell, from the steady state of the present set points, is laid on the
    present readings, and made wider by a share of itself and by each loop's noise. A cell that trips has no end.
    """

    tags: tuple[str, ...] = (*_SET.values(), *_SEEN.values(), *_AROUND)

    def foresee(self, tag: str, new: float, present: Mapping[str, float], horizon: float) -> tuple[Effect, ...]:
        """Ranges of all loops within `horizon` s after the set point `tag` is `new`; empty where it can't say."""
        loop = next((name for name, point in _SET.items() if point == tag), None)
        points = tuple(present.get(point, np.nan) for point in _SET.values())
        if loop is None or not (isfinite(new) and all(map(isfinite, points))):
            return ()
        around = tuple(present.get(name, usual) for name, usual in _AROUND.items())
        air = _air(tuple(round(float(x), 1) for x in around))
        cell = _standing(tuple(round(float(x), 3) for x in points), air)
        moved = deepcopy(cell)
        getattr(moved, loop).target = new
        low, high = _differences(deepcopy(cell), moved, air, horizon)
        noise = [getattr(cell, name).sigma for name in LOOPS]
        rows = zip(LOOPS, low, high, noise, strict=True)
        return tuple(_effect(*row, present=present, horizon=horizon) for row in rows)


def _air(around: tuple[float, ...]) -> tuple[float, ...]:
    ambient, water, steam, hydrogen = around
    return (ambient, water, float(saturation(np.asarray(steam))), hydrogen, *[0.0] * len(LOOPS))


@lru_cache(maxsize=256)
def _standing(points: tuple[float, ...], air: tuple[float, ...]) -> Cell:
    """A clean cell that has come to rest at these set points."""
    cell = Cell()
    for name, value in zip(_SET, points, strict=True):
        loop = getattr(cell, name)
        loop.sp = loop.target = value
    for _ in range(int(_SETTLE / _STEP)):
        cell.tank.filling, cell.tank.mass = 0.0, 70_000.0
        cell.advance(air, _STEP)
    return cell


def _differences(still: Cell, moved: Cell, air: tuple[float, ...], horizon: float) -> tuple[list[float], list[float]]:
    """Lowest and highest difference of each loop's measurement that the write makes."""
    low, high = [0.0] * len(LOOPS), [0.0] * len(LOOPS)
    for _ in range(max(1, int(horizon / _STEP))):
        for cell in (still, moved):
            cell.advance(air, _STEP)
        for k, name in enumerate(LOOPS):
            gap = getattr(moved, name).pv - getattr(still, name).pv
            low[k], high[k] = min(low[k], gap), max(high[k], gap)
    if moved.tripped:
        return [-inf] * len(LOOPS), [inf] * len(LOOPS)
    return low, high


def _effect(  # roomy: one loop's difference on its reading
    name: str, low: float, high: float, sigma: float, *, present: Mapping[str, float], horizon: float
) -> Effect:
    tag = _SEEN[name]
    now, wide = present.get(tag, np.nan), _DOUBT * (high - low) + _SIGMAS * sigma + _FINEST[tag]
    return Effect(tag, float(now + low - wide), float(now + high + wide), _UNITS[tag], horizon)
