"""Process monitoring in the space of principal directions: smoothed rows, T2 and Q in one, drift allowed for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diapason.engines.learning.alarming import Limit, choose_limit
from diapason.engines.learning.monitored import Monitored, NormalPart, fit_monitors, load_monitors
from diapason.engines.learning.smoothing import Scale, learn_scale, smooth
from diapason.engines.learning.streaming.watching import Measure, Watching
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

__all__ = ["Subspace", "recipe"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_NOISE = 0.02  # variance added to every direction, as a share of a column's own
_WANDERS = 0.2  # exponent of a column's variogram above which it is held to wander
_BLOCKS = 8


@dataclass(frozen=True, slots=True)
class _Directions:
    """Principal directions of smoothed normal rows with their variances."""

    scale: Scale
    size: Array  # (d,) root mean square of smoothed columns
    axes: Array  # (d, d), one direction per column
    variance: Array  # (d,)
    settings: Mapping[str, Any]

    def statistic(self, x: Array) -> Array:
        """Mean squared distance over all directions of one segment, about 1 in normal operation.

        With every direction kept and each divided by its own variance this is Hotelling's T2 of the leading ones and
        Q of the others in one number (Mahalanobis distance of the smoothed row).
        """
        seen = self._smooth(x) / self.size
        return np.asarray(np.mean(np.square(seen @ self.axes) / self.variance, axis=1))

    def _smooth(self, x: Array) -> Array:
        asked = self.settings
        wide = _lagged(self.scale.apply(x, asked["clip"]), int(asked["lags"]))
        return smooth(wide, spike=int(asked["spike"]), forget=asked["forget"])


@dataclass(frozen=True, slots=True)
class Subspace:
    """Learns directions from normal rows only; the alarm limit is chosen on blocks that were left out."""

    name: str = "subspace"
    family: str = "subspace"
    tasks: tuple[Task, ...] = (Task.MONITORING,)

    def settings(self, task: Task) -> tuple[Mapping[str, Any], ...]:
        """Smoothing, lags, spike filter and allowance for drift; the most robust against dirt last."""
        del task
        usual = {"forget": 0.2, "spike": 3, "lags": 0, "clip": 20.0, "growth": 16.0, "rate": 0.01, "band": 0.5}
        return (usual, {**usual, "lags": 2}, {**usual, "forget": 0.05}, {**usual, "spike": 5, "clip": 8.0})

    def fit(self, examples: Examples, settings: Mapping[str, Any], seed: int) -> Monitored:
        """Learn from the normal rows; `seed` changes nothing, since nothing is drawn."""
        del seed
        return fit_monitors(examples, lambda part: _learn(part, settings), _pack, _statistic, self.name)

    def load(self, parts: Mapping[str, bytes]) -> Monitored:
        """The inverse of `Monitored.parts`."""
        return load_monitors(parts, _statistic)

    def stream(self, model: Monitored, assets: Sequence[str]) -> Watching:
        """The monitors at work on these assets, row by row.

        Contributions are reconstruction-based: a single column that fails has the largest, whatever hangs on it; they
        are scaled to add up to the score. Source: Alcala & Qin, Automatica 45 (2009).
        """
        kept = [m.arrays for m in model.monitors]
        # the square of `seen` times these is the statistic: size, variance and the mean are inside
        maps = np.stack([k["axes"] / k["size"][:, None] / np.sqrt(k["variance"] * len(k["size"])) for k in kept])

        def along(seen: Array, mine: Index | None) -> Array:
            return np.asarray(seen @ maps[0] if mine is None else (seen[:, None, :] @ maps[mine])[:, 0])

        def value(seen: Array, mine: Index | None) -> Array:
            out = along(seen, mine)
            return np.asarray(np.einsum("ij,ij->i", out, out))

        inner = maps @ maps.transpose(0, 2, 1)
        own = np.einsum("mii->mi", inner)

        def shares(seen: Array, mine: Index | None) -> Array:
            mine = np.zeros(len(seen), np.int64) if mine is None else mine
            back = np.square((inner[mine] @ seen[:, :, None])[:, :, 0]) / own[mine]  # what leaves if a column is mended
            return np.asarray(back * (value(seen, mine) / np.maximum(back.sum(axis=1), 1e-300))[:, None])

        lags = int(model.monitors[0].settings["lags"])
        return Watching(model, assets, Measure(value, shares), lags=lags)


def _learn(part: NormalPart, settings: Mapping[str, Any]) -> tuple[_Directions, Limit]:
    """Directions from all normal rows, and the limit from blocks each judged by the others."""
    left_out = []
    for low, high in pairwise(np.linspace(0, part.rows, _BLOCKS + 1).astype(int)):
        learnt = _directions(part.without(low, high), settings)
        left_out += [learnt.statistic(segment)[where] for segment, where in part.within(low, high)]
    return _directions(part, settings), choose_limit(left_out, settings["rate"], settings["band"], part.weight)


def _directions(part: NormalPart, settings: Mapping[str, Any]) -> _Directions:
    scale = learn_scale(np.vstack(part.segments))
    width = part.segments[0].shape[1] * (1 + int(settings["lags"]))
    plain = _Directions(scale, np.ones(width), np.eye(width), np.ones(width), settings)
    smoothed = [plain._smooth(segment) for segment in part.segments]
    rows = np.vstack(smoothed)
    weight = np.ones(len(rows)) if part.weight is None else part.weight
    size = np.maximum(np.sqrt(np.mean(np.square(rows), axis=0)), 1e-9)
    rows = rows / size
    inner = (rows * weight[:, None]).T @ rows / weight.sum() + np.diag(
        _drift([s / size for s in smoothed], settings["growth"])
    )
    variance, axes = np.linalg.eigh(inner)
    return _Directions(scale, size, axes, np.maximum(variance, 0) + _NOISE, settings)


def _drift(segments: list[Array], growth: float) -> Array:
    """Variance to be added for columns that wander: their variogram, carried on to a horizon `growth` times as long.

    A column whose variogram (half the mean squared change over a lag) still grows at half the length of the normal
    part will be somewhere else tomorrow without any fault. Source: variogram; Matheron, Economic Geology 58 (1963).
    """
    length = max(len(s) for s in segments)
    lags = np.unique(np.maximum(1, np.array([length // 16, length // 8, length // 4, length // 2])))
    long = [s for s in segments if len(s) > lags[-1]]
    if len(lags) < 4:
        return np.zeros(segments[0].shape[1])
    curve = np.array([np.mean(np.vstack([np.square(s[h:] - s[:-h]) for s in long]), axis=0) / 2 for h in lags]) + 1e-12
    rise = np.log(curve[2:].mean(0) / curve[:2].mean(0)) / np.log(lags[2:].mean() / lags[:2].mean())
    exponent = np.where(rise > _WANDERS, np.clip(rise, 0, 1), 0.0)
    return np.asarray(np.maximum(0, curve[-1] * (growth**exponent - 1)))


def _lagged(x: Array, lags: int) -> Array:
    """Each row beside the rows before it."""
    at = np.arange(len(x))
    return np.hstack([x[np.maximum(at - lag, 0)] for lag in range(lags + 1)])


def _pack(learnt: _Directions) -> tuple[dict[str, Array], dict[str, Any]]:
    named = {"centre": learnt.scale.centre, "spread": learnt.scale.spread, "size": learnt.size}
    return named | {"axes": learnt.axes, "variance": learnt.variance}, dict(learnt.settings)


def _statistic(named: Mapping[str, Array], settings: Mapping[str, Any], x: Array) -> Array:
    scale = Scale(named["centre"], named["spread"])
    return _Directions(scale, named["size"], named["axes"], named["variance"], settings).statistic(x)


recipe = Subspace()
