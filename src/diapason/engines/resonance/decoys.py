"""Changes that look like defects and are none: what is right must not be mended."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.resonance.matrix import floats, matrix
from diapason.engines.resonance.planting import Ground, moving_columns, numbers
from diapason.engines.resonance.smooth import cross_fit
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

__all__ = ["DECOYS", "Decoy", "Harmless"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Draw = np.random.Generator

_SHARE = 0.05
_FAR = 2.0
"""Spreads by which a regime or a set-point moves an input."""
_CLUSTER = 20
_JITTER = 0.01
"""Of a column's spread: a row that came again is not the same row."""


@dataclass(frozen=True, slots=True)
class Harmless:
    """A copy with one decoy in it."""

    examples: Examples
    rows: Mask  # of the decoy, shape (n,); all of them right
    source: NDArray[np.int64]  # the row of the copy that each comes from


@dataclass(frozen=True, slots=True)
class Decoy:
    """One kind of harmless change."""

    make: Callable[[Ground, Draw], Harmless]
    tasks: tuple[Task, ...]


def _regime(g: Ground, draw: Draw) -> Harmless:
    """Rows at another point of operation: all inputs move, and the target with them as the process says."""
    rows = np.zeros(len(g.examples), bool)
    rows[draw.choice(len(rows), _size(g), replace=False)] = True
    ways = draw.choice([-1, 0, 1], len(moving_columns(g.examples)))
    return _moved(g, rows, dict(zip(moving_columns(g.examples), _FAR * ways, strict=True)))


def _set_point(g: Ground, draw: Draw) -> Harmless:
    """One input steps to another set-point for a stretch of rows, and the target follows."""
    rows = np.zeros(len(g.examples), bool)
    begin = int(draw.integers(0, len(rows) - 2 * _size(g)))
    rows[begin : begin + 2 * _size(g)] = True
    return _moved(g, rows, {str(draw.choice(moving_columns(g.examples))): _FAR * float(draw.choice([-1, 1]))})


def _tail(g: Ground, draw: Draw) -> Harmless:
    """The scatter of the process has a heavy tail of its own: Student's t with 3 degrees of freedom, same middle."""
    examples, X = g.examples, matrix(g.examples)
    part = (draw.permutation(len(examples)) % 4).astype(np.int64)
    expected = cross_fit(X, examples.target, part, seed=int(draw.integers(2**31)))
    scatter = draw.standard_t(3, len(examples)) / 1.134 * g.spread  # 1.134 = 1.4826 times the middle |t|, 3 degrees
    return Harmless(
        replace(examples, target=expected + scatter), np.ones(len(examples), bool), np.arange(len(examples))
    )


def _rare(g: Ground, draw: Draw) -> Harmless:
    """Rare rows that are right come again several times: the furthest from the middle of all inputs."""
    X = matrix(g.examples)
    far = np.argsort(-np.square(X - np.median(X, axis=0)).sum(1), kind="stable")[: max(3, _CLUSTER // 5)]
    return _again(g, np.repeat(far, 5)[:_CLUSTER], draw)


def _hard(g: Ground, draw: Draw) -> Harmless:
    """Rows near the border of two classes come again, their labels left as they are."""
    p, given = np.asarray(g.probabilities), g.examples.target.astype(np.int64)
    own = p[np.arange(len(given)), given]
    right = p.argmax(1) == given  # those already taken for wrong may be wrong
    rank = np.where(right, own, np.inf)
    hard = np.argsort(rank, kind="stable")[: 2 * _size(g)]
    return _again(g, draw.choice(hard[right[hard]], _size(g)), draw)


def _fast(g: Ground, draw: Draw) -> Harmless:
    """Assets that wear twice as fast: every second row of them, with half of the life that is left."""
    examples, asset = g.examples, np.asarray(g.examples.asset)
    codes = np.unique(asset)
    quick = np.isin(asset, draw.choice(codes, max(2, round(0.1 * len(codes))), replace=False))
    keep = ~quick | (np.arange(len(asset)) % 2 == 0)
    top = float(examples.target.max())
    halved = np.where(quick & (examples.target < top), examples.target / 2, examples.target)
    index = np.flatnonzero(keep & ~(quick & (examples.target == top))).astype(np.int64)
    return Harmless(replace(examples, target=halved).take(index), quick[index], index)


def _step(g: Ground, draw: Draw) -> Harmless:
    """A stretch of normal operation at another point: every input moves by up to two of its spreads."""
    rows = np.zeros(len(g.examples), bool)
    begin = int(draw.integers(0, max(1, len(rows) - 2 * _size(g))))
    rows[begin : begin + 2 * _size(g)] = True
    ways = {n: float(draw.uniform(-_FAR, _FAR)) for n in moving_columns(g.examples)}
    return Harmless(replace(g.examples, features=_shifted(g.examples, rows, ways)), rows, np.arange(len(rows)))


def _size(g: Ground) -> int:
    return max(5, round(_SHARE * len(g.examples)))


def _moved(g: Ground, rows: Mask, ways: Mapping[str, float]) -> Harmless:
    """Inputs moved by so many of their spreads, and the target by what the smooth family expects of that."""
    examples = g.examples
    features = _shifted(examples, rows, ways)
    both = replace(
        examples.take(np.resize(np.arange(len(examples)), 2 * len(examples)).astype(np.int64)),
        features=pl.concat([examples.features, features]),
    )
    X, n = matrix(both), len(examples)
    y = np.r_[examples.target, examples.target]
    part = np.r_[np.zeros(n, np.int64), np.ones(n, np.int64)]
    before = cross_fit(np.vstack([X[:n], X[:n]]), y, part, seed=0, only=1)[n:]
    after = cross_fit(X, y, part, seed=0, only=1)[n:]
    target = np.where(rows, examples.target + after - before, examples.target)
    return Harmless(replace(examples, features=features, target=target), rows, np.arange(n))


def _shifted(examples: Examples, rows: Mask, ways: Mapping[str, float]) -> pl.DataFrame:
    features = examples.features
    for name, way in ways.items():
        values = floats(features[name])
        known = values[np.isfinite(values)]
        spread = float(np.subtract(*np.quantile(known, (0.75, 0.25)))) / 1.349
        features = features.with_columns(pl.Series(name, values + rows * way * spread).fill_nan(None))
    return features


def _again(g: Ground, which: NDArray[np.int64], draw: Draw) -> Harmless:
    """Rows that come again with inputs a hair's breadth off, appended in place of as many others drawn at random."""
    examples, n = g.examples, len(g.examples)
    others = np.setdiff1d(np.arange(n), which)
    place = draw.choice(others, min(len(which), len(others) // 2), replace=False)
    index = np.arange(n)
    index[place] = which[: len(place)]
    copied = examples.take(index.astype(np.int64))
    rows = np.zeros(n, bool)
    rows[place] = True
    features = copied.features
    for name in numbers(examples):
        values = floats(features[name])
        known = values[np.isfinite(values)]
        hair = _JITTER * float(np.std(known)) * draw.normal(size=n) * rows
        features = features.with_columns(pl.Series(name, values + hair).fill_nan(None))
    kept = replace(copied, features=features, rows=examples.rows, asset=examples.asset, time=examples.time)
    return Harmless(replace(kept, batch=examples.batch), rows, index.astype(np.int64))


_VALUE, _CLASS, _LIFE, _WATCH = Task.REGRESSION, Task.CLASSIFICATION, Task.REMAINING_LIFE, Task.MONITORING

DECOYS: Mapping[str, Decoy] = {
    "heavy_tail": Decoy(_tail, (_VALUE,)),
    "regime": Decoy(_regime, (_VALUE,)),
    "set_point": Decoy(_set_point, (_VALUE,)),
    "rare_rows": Decoy(_rare, (_VALUE, _CLASS)),
    "hard_labels": Decoy(_hard, (_CLASS,)),
    "fast_wear": Decoy(_fast, (_LIFE,)),
    "new_point": Decoy(_step, (_WATCH,)),
}
"""Every kind of decoy."""
