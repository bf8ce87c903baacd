"""Process monitoring by distance: how far is a smoothed row from the normal rows most like it?"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from diapason.engines.learning.alarming import Limit, choose_limit
from diapason.engines.learning.monitored import Monitored, NormalPart, fit_monitors, load_monitors
from diapason.engines.learning.smoothing import Scale, learn_scale, smooth
from diapason.engines.learning.weighing import systematic
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

__all__ = ["Neighbours", "recipe"]

Array = NDArray[np.float64]

_MOST_POINTS = 2000
_BLOCKS = 8


class Neighbours:
    """Mean distance to the k nearest smoothed normal rows; needs no shape of the normal part, only its presence.

    Source: k-nearest-neighbour fault detection; He & Wang, IEEE Trans. Semiconductor Manufacturing 20 (2007).
    """

    name = "neighbours"
    family = "distance"
    tasks = (Task.MONITORING,)

    def settings(self, task: Task) -> tuple[Mapping[str, Any], ...]:
        """Neighbours, smoothing and spike filter; the most robust against dirt last."""
        del task
        usual = {"neighbours": 5, "forget": 0.2, "spike": 3, "clip": 20.0, "rate": 0.01, "band": 0.5}
        return (usual, {**usual, "neighbours": 20, "spike": 5, "clip": 8.0})

    def fit(self, examples: Examples, settings: Mapping[str, Any], seed: int) -> Monitored:
        """Keep the smoothed normal rows (2,000 per monitor at most, evenly spaced); nothing is drawn by `seed`."""
        del seed
        return fit_monitors(examples, lambda part: _learn(part, settings), _pack, _statistic, self.name)

    def load(self, parts: Mapping[str, bytes]) -> Monitored:
        """The inverse of `Monitored.parts`."""
        return load_monitors(parts, _statistic)


_Learnt = tuple[dict[str, Array], dict[str, Any]]


def _learn(part: NormalPart, settings: Mapping[str, Any]) -> tuple[_Learnt, Limit]:
    left_out = []
    for low, high in pairwise(np.linspace(0, part.rows, _BLOCKS + 1).astype(int)):
        named, asked = _points(part.without(low, high), settings)
        left_out += [_statistic(named, asked, segment)[where] for segment, where in part.within(low, high)]
    return _points(part, settings), choose_limit(left_out, settings["rate"], settings["band"], part.weight)


def _points(part: NormalPart, settings: Mapping[str, Any]) -> _Learnt:
    scale = learn_scale(np.vstack(part.segments))
    rows = np.vstack([_smoothed(scale, settings, segment) for segment in part.segments])
    rows = rows if part.weight is None else rows[systematic(part.weight)]
    size = np.maximum(np.sqrt(np.mean(np.square(rows), axis=0)), 1e-9)
    keep = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), _MOST_POINTS)).astype(int))
    named = {"centre": scale.centre, "spread": scale.spread, "size": size, "points": rows[keep] / size}
    return named, dict(settings)


def _smoothed(scale: Scale, settings: Mapping[str, Any], x: Array) -> Array:
    return smooth(scale.apply(x, settings["clip"]), spike=int(settings["spike"]), forget=settings["forget"])


def _pack(learnt: _Learnt) -> _Learnt:
    return learnt


def _statistic(named: Mapping[str, Array], settings: Mapping[str, Any], x: Array) -> Array:
    seen = _smoothed(Scale(named["centre"], named["spread"]), settings, x) / named["size"]
    k = min(int(settings["neighbours"]), len(named["points"]))
    distance, _ = cKDTree(named["points"]).query(seen, k=list(range(1, k + 1)), workers=1)
    return np.asarray(distance.mean(axis=1) / np.sqrt(seen.shape[1]))


recipe = Neighbours()
