"""Nearest neighbours on a scaled design (scipy's k-d tree): what did the most similar rows become?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from diapason.engines.learning.designing import CLIP, Design, learn_design
from diapason.engines.learning.packing import array_bytes, arrays, fact_bytes, facts
from diapason.engines.learning.streaming.designed import Coded
from diapason.engines.learning.weighing import counted
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

__all__ = ["Nearest", "NearestModel", "recipe"]

Array = NDArray[np.float64]

_MOST_ROWS = 50_000
_MOST_AXES = 12


@dataclass(frozen=True, slots=True)
class NearestModel:
    """Training rows in the design's space, axes stretched by how much they say about the target."""

    design: Design
    stretch: Array  # (d,), 0 = left out
    points: Array  # (m, kept axes)
    target: Array  # (m,)
    task: Task
    classes: int
    neighbours: int
    median: bool
    counts: Array | None = None  # (m,), how much each point's word counts; None = all alike

    def predict(self, examples: Examples) -> Array:
        """Mean (or median) of the neighbours' values weighted by closeness; shares of their classes."""
        return self.output(self.design.matrix(examples), cKDTree(self.points))

    def output(self, dense: Array, tree: cKDTree) -> Array:
        """The same from rows of the design and the points as a tree."""
        here = _axes(dense, self.stretch)
        k = min(self.neighbours, len(self.points))
        distance, index = tree.query(here, k=list(range(1, k + 1)), workers=1)
        weight = 1 / (distance + 1e-3 * np.sqrt(self.points.shape[1]))
        weight = weight if self.counts is None else weight * self.counts[index]
        weight /= weight.sum(axis=1, keepdims=True)
        values = self.target[index]
        if self.task is Task.CLASSIFICATION:
            share = np.stack([(weight * (values == c)).sum(axis=1) for c in range(self.classes)], axis=1)
            return np.asarray((share * k + 1 / self.classes) / (k + 1))
        return _median(values, weight) if self.median else np.asarray((weight * values).sum(axis=1))

    def parts(self) -> dict[str, bytes]:
        """`model.json` and `points.npz`."""
        said = {
            "design": self.design.plain(),
            "task": self.task,
            "classes": self.classes,
            "neighbours": self.neighbours,
            "median": self.median,
        }
        points = {"stretch": self.stretch, "points": self.points, "target": self.target}
        points |= {} if self.counts is None else {"counts": self.counts}
        return {"model.json": fact_bytes(said), "points.npz": array_bytes(points)}


@dataclass(frozen=True, slots=True)
class Nearest:
    """k nearest neighbours; more of them, and their median, against wrong targets."""

    name: str = "nearest"
    family: str = "distance"
    tasks: tuple[Task, ...] = (Task.REGRESSION, Task.REMAINING_LIFE, Task.CLASSIFICATION)

    def settings(self, task: Task) -> tuple[Mapping[str, Any], ...]:
        """How many neighbours, and how they speak."""
        if task is Task.CLASSIFICATION:
            return ({"neighbours": 7, "median": False}, {"neighbours": 25, "median": False})
        return ({"neighbours": 10, "median": False}, {"neighbours": 25, "median": True})

    def fit(self, examples: Examples, settings: Mapping[str, Any], seed: int) -> NearestModel:
        """Keep the training rows (50,000 at most, drawn by seed)."""
        examples = counted(examples)
        design = learn_design(examples, robust=bool(settings["median"]), raw=False)
        dense, y = design.matrix(examples), examples.target
        stretch = _stretch(dense, examples)
        keep = np.sort(np.random.default_rng(seed).permutation(len(y))[:_MOST_ROWS])
        shape = examples.task, len(examples.classes)
        many, median = int(settings["neighbours"]), bool(settings["median"])
        points, counts = _axes(dense[keep], stretch), examples.weight
        counts = None if counts is None else counts[keep]
        return NearestModel(design, stretch, points, y[keep], *shape, many, median, counts)

    def load(self, parts: Mapping[str, bytes]) -> NearestModel:
        """The inverse of `NearestModel.parts`."""
        said, kept = facts(parts, "model.json"), arrays(parts, "points.npz")
        points = kept["stretch"], kept["points"], kept["target"]
        task, k = Task(said["task"]), int(said["classes"])
        how = said["neighbours"], said["median"], kept.get("counts")
        return NearestModel(Design.of(said["design"]), *points, task, k, *how)

    def stream(self, model: NearestModel, assets: Sequence[str]) -> Coded:
        """The model at work on these assets; what a column makes of a neighbour can't be said."""
        design, tree = model.design, cKDTree(model.points)

        def predict(codes: Array, added: Array) -> Array:
            return model.output(design.joined(design.encoding.dense_of(codes, clip=CLIP), added), tree)

        return Coded(design.encoding, design.widening, predict, len(assets), raw=design.raw)


def _axes(dense: Array, stretch: Array) -> Array:
    """The axes that are kept, stretched; where no input is left, all rows lie in one place."""
    kept = (dense * stretch)[:, stretch > 0]
    return kept if kept.shape[1] else np.zeros((len(dense), 1))


def _stretch(dense: Array, examples: Examples) -> Array:
    """Axes as long as their rank correlation with the target (of any class), a fifth of the longest at least.

    Where no axis says anything, as with a target that never changes, all are as long.

    Beyond twelve axes, where a k-d tree is no faster than looking at every row, the shorter ones are left out.
    """
    wanted = examples.target[:, None]
    if examples.task is Task.CLASSIFICATION:
        wanted = (wanted == np.unique(wanted)[None, :]).astype(np.float64)
    x, w = _ranks(dense), _ranks(wanted)
    w = w if examples.weight is None else w * examples.weight[:, None]
    strength = np.abs(x.T @ w).max(axis=1) / len(x)
    most = float(strength.max(initial=0.0))
    length = np.maximum(strength, 0.2 * most) / most if most > 0 else np.ones(len(strength))
    length[np.argsort(-strength, kind="stable")[_MOST_AXES:]] = 0.0
    return np.asarray(length)


def _ranks(x: Array) -> Array:
    """Ranks of each column, centred and scaled to unit variance; a constant column becomes 0."""
    ranks = np.empty_like(x)
    for c in range(x.shape[1]):
        _, of, count = np.unique(x[:, c], return_inverse=True, return_counts=True)
        ranks[:, c] = (np.cumsum(count) - count / 2)[of]
    ranks -= ranks.mean(0)
    spread = ranks.std(0)
    return np.asarray(ranks / np.where(spread > 0, spread, 1.0))


def _median(values: Array, weight: Array) -> Array:
    """Weighted median of each row."""
    order = np.argsort(values, axis=1, kind="stable")
    half = np.cumsum(np.take_along_axis(weight, order, axis=1), axis=1) >= 0.5
    at = np.take_along_axis(order, half.argmax(axis=1)[:, None], axis=1)
    return np.asarray(np.take_along_axis(values, at, axis=1)[:, 0])


recipe = Nearest()
