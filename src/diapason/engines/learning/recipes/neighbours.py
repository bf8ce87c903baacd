"""Process monitoring by distance: how far is a smoothed row from the normal rows most like it?"""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from diapason.engines.learning.alarming import Limit, choose_limit
from diapason.engines.learning.monitored import Monitored, NormalPart, fit_monitors, load_monitors
from diapason.engines.learning.smoothing import Scale, learn_scale, smooth
from diapason.engines.learning.streaming.watching import Measure, Watching
from diapason.engines.learning.weighing import systematic
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

__all__ = ["Neighbours", "recipe"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]

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

    def stream(self, model: Monitored, assets: Sequence[str]) -> Watching:
        """The monitors at work on these assets, row by row."""
        near = [_Near(m.arrays, m.settings) for m in model.monitors]

        def value(seen: Array, mine: Index | None) -> Array:
            return near[0].value(seen) if mine is None else _by_monitor(seen, mine, [n.value for n in near])

        def shares(seen: Array, mine: Index | None) -> Array:
            return near[0].shares(seen) if mine is None else _by_monitor(seen, mine, [n.shares for n in near])

        return Watching(model, assets, Measure(value, shares))


class _Near:
    """The normal rows of one monitor, to be looked up."""

    def __init__(self, named: Mapping[str, Array], settings: Mapping[str, Any]) -> None:
        self._size, self._points, self._tree = named["size"], named["points"], cKDTree(named["points"])
        self._k = list(range(1, min(int(settings["neighbours"]), len(named["points"])) + 1))

    def value(self, seen: Array) -> Array:
        """Mean distance to the nearest, per row."""
        distance, _ = self._tree.query(seen / self._size, k=self._k, workers=1)
        return np.asarray(distance.mean(axis=1) / np.sqrt(seen.shape[1]))

    def shares(self, seen: Array) -> Array:
        """A distance is the sum over columns of difference squared over distance."""
        here = seen / self._size
        distance, index = self._tree.query(here, k=self._k, workers=1)
        parts = np.square(here[:, None, :] - self._points[index]) / np.maximum(distance, 1e-300)[:, :, None]
        return np.asarray(parts.mean(axis=1) / np.sqrt(seen.shape[1]))


def _by_monitor(seen: Array, mine: Index, each: Sequence[Callable[[Array], Array]]) -> Array:
    """What each row's own monitor says."""
    out: Array | None = None
    for monitor in np.unique(mine):
        at = np.flatnonzero(mine == monitor)
        said = each[int(monitor)](seen[at])
        out = np.empty((len(seen), *said.shape[1:])) if out is None else out
        out[at] = said
    return np.empty(0) if out is None else out


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
