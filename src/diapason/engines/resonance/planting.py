"""Known defects put into a copy of the rows: targets, labels, failure times, normal rows, inputs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.resonance.matrix import floats, matrix
from diapason.engines.resonance.smooth import MAD, cross_fit, cross_probabilities, deal
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

__all__ = ["DEFECTS", "Defect", "Ground", "Planted", "ground", "moving_columns", "numbers"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]
Draw = np.random.Generator

_VALUES = 20
"""Different values from which on a column counts as a measurement."""


@dataclass(frozen=True, slots=True)
class Ground:
    """A copy to plant into, and what strengths are measured in."""

    examples: Examples
    spread: float  # usual error of the smooth family, in units of the target; nan for classes
    probabilities: Array | None = None  # of classes by the smooth family, cross-fitted, shape (n, k)


@dataclass(frozen=True, slots=True)
class Planted:
    """A copy with one defect in it."""

    examples: Examples
    bad: Mask  # rows planted into, shape (n,)
    column: str = ""  # the input planted into; "" = the target


@dataclass(frozen=True, slots=True)
class Defect:
    """One kind of defect, its range of strengths, and the share of rows it is planted into."""

    plant: Callable[[Ground, float, float, Draw], Planted]
    axis: str  # what strength counts: "spreads", "column spreads", "share", "lives", "rows", "blend"
    low: float
    high: float
    share: float  # of rows or assets; nan where strength is the share
    tasks: tuple[Task, ...]
    rises: bool = True  # a stronger one is never harder to catch
    timed: bool = False  # needs time
    varied: bool = False  # each planting falls on another column or class, so that plantings differ much
    erratic: bool = False  # a strong planting may be missed altogether: the line it lies on may pass through the core
    trained: bool = True  # judged by cross-fitted models; False: by rules, which cost next to nothing


def ground(examples: Examples, *, seed: int) -> Ground:
    """Measure the usual error, or the probabilities of classes, by the judge's smooth family; 4 parts.

    Nothing of the diagnosis is looked at: strengths are the table's own.
    """
    if examples.task is Task.MONITORING:
        return Ground(examples, float("nan"))
    X = matrix(examples)
    groups = examples.asset if examples.task is Task.REMAINING_LIFE else None
    part = deal(len(examples), 4, seed, groups)
    if examples.task is Task.CLASSIFICATION:
        codes = examples.target.astype(np.int64)
        return Ground(
            examples, float("nan"), cross_probabilities(X, np.eye(len(examples.classes))[codes], part, seed=seed)
        )
    residual = examples.target - cross_fit(X, examples.target, part, seed=seed)
    spread = MAD * float(np.median(np.abs(residual))) or float(np.std(examples.target)) or 1.0
    return Ground(examples, spread)


def numbers(examples: Examples) -> list[str]:
    """Inputs that are measurements: numeric, with 20 different values at least."""
    frame = examples.features
    return [n for n in frame.columns if frame[n].dtype.is_numeric() and frame[n].drop_nulls().n_unique() >= _VALUES]


def moving_columns(examples: Examples) -> list[str]:
    """Measurements with a middle half that is not one value, so that a spread can be told."""
    return [n for n in numbers(examples) if _spread(_values(examples, n)) > 0]


def _scale(g: Ground, strength: float, share: float, draw: Draw) -> Planted:
    """Another unit: a factor above one that moves the middle target by so many spreads."""
    y = g.examples.target
    factor = 1 + strength * g.spread / (float(np.median(np.abs(y))) or 1.0)
    bad = _some(len(y), share, draw)
    return _with_target(g, np.where(bad, factor * y, y), bad)


def _swapped(g: Ground, strength: float, share: float, draw: Draw) -> Planted:
    """Targets exchanged among so large a share of rows."""
    del share
    y, bad = g.examples.target, _some(len(g.examples), strength, draw)
    rows = draw.permutation(np.flatnonzero(bad))
    out = y.copy()
    out[rows] = y[np.roll(rows, 1)]
    return _with_target(g, out, bad & (np.abs(out - y) > g.spread))


def _gross(g: Ground, strength: float, share: float, draw: Draw) -> Planted:
    """Wrong lab values: off by so many spreads to twice as many, either way."""
    y, bad = g.examples.target, _some(len(g.examples), share, draw)
    off = strength * g.spread * draw.uniform(1, 2, len(y)) * draw.choice([-1, 1], len(y))
    return _with_target(g, np.where(bad, y + off, y), bad)


def _constant(g: Ground, strength: float, share: float, draw: Draw) -> Planted:
    """One value for no value, 10 to 30 spreads beyond the others, in so large a share of rows."""
    del share
    y, bad = g.examples.target, _some(len(g.examples), strength, draw)
    away = draw.uniform(10, 30) * g.spread
    value = float(y.min()) - away if draw.random() < 0.5 else float(y.max()) + away
    return _with_target(g, np.where(bad, value, y), bad)


def _offset(g: Ground, strength: float, share: float, draw: Draw) -> Planted:
    """A batch, or a stretch of rows, off by so many spreads."""
    y, bad = g.examples.target, _stretch(g.examples, share, draw)
    return _with_target(g, np.where(bad, y + draw.choice([-1, 1]) * strength * g.spread, y), bad)


def _life(g: Ground, strength: float, share: float, draw: Draw) -> Planted:
    """Assets said to have failed earlier or later by so large a share of the middle life; capped as the others are."""
    y, asset = g.examples.target, np.asarray(g.examples.asset)
    codes = np.unique(asset)
    chosen = draw.choice(codes, max(2, round(share * len(codes))), replace=False)
    top = float(y.max()) if np.mean(y == y.max()) >= 0.02 else np.inf
    out, length = y.copy(), strength * _usual_life(y, asset)
    for c in chosen:
        rows = asset == c
        out[rows] = np.minimum(y[rows] + draw.choice([-1, 1]) * length, top)
    there = np.flatnonzero(out >= 0).astype(np.int64)  # after a failure there are no rows
    return Planted(replace(g.examples, target=out).take(there), np.isin(asset, chosen)[there])


def _flipped(g: Ground, strength: float, share: float, draw: Draw) -> Planted:
    """Labels of so large a share of rows replaced by any other class."""
    del share
    k, given = len(g.examples.classes), g.examples.target.astype(np.int64)
    bad = _some(len(given), strength, draw)
    other = (given + draw.integers(1, k, len(given))) % k
    return _with_target(g, np.where(bad, other, given), bad)


def _paired(g: Ground, strength: float, share: float, draw: Draw) -> Planted:
    """Labels of one class given another one, always the same; so large a share of that class, two fifths at most."""
    del share
    given = g.examples.target.astype(np.int64)
    counts = np.bincount(given, minlength=len(g.examples.classes))
    enough = np.flatnonzero(counts >= max(20, 0.05 * len(given)))
    one = int(draw.choice(enough)) if len(enough) else int(counts.argmax())
    two = int(draw.choice(np.setdiff1d(np.flatnonzero(counts), [one])))
    bad = np.zeros(len(given), bool)
    rows = np.flatnonzero(given == one)
    bad[draw.choice(rows, max(5, round(strength * len(rows))), replace=False)] = True
    return _with_target(g, np.where(bad, two, given), bad)


def _near(g: Ground, strength: float, share: float, draw: Draw) -> Planted:
    """Labels replaced by the runner-up, in so large a share of rows, all from the half that is hardest to tell."""
    del share
    given, p = g.examples.target.astype(np.int64), np.asarray(g.probabilities)
    own = p[np.arange(len(given)), given]
    rival = np.where(np.arange(p.shape[1])[None, :] == given[:, None], -1.0, p)
    margin = own - rival.max(1)
    hard = np.argsort(margin, kind="stable")[: len(given) // 2]
    bad = np.zeros(len(given), bool)
    bad[draw.choice(hard, max(5, round(strength * len(given))), replace=False)] = True
    return _with_target(g, np.where(bad, rival.argmax(1), given), bad)


def _leap(g: Ground, strength: float, share: float, draw: Draw) -> Planted:
    """Normal rows in which one cell leaps by so many spreads of its column."""
    name = str(draw.choice(moving_columns(g.examples)))
    values, normal = _values(g.examples, name), np.flatnonzero(_normal(g.examples))
    bad = np.zeros(len(values), bool)
    bad[normal[_some(len(normal), share, draw)]] = True
    bad &= np.isfinite(values)
    return _with_input(g, name, np.where(bad, values + draw.choice([-1, 1]) * strength * _spread(values), values), bad)


def _stranger(g: Ground, strength: float, share: float, draw: Draw) -> Planted:
    """A stretch of normal rows moved towards rows known as abnormal, by so large a part of the way."""
    examples, strange = g.examples, np.flatnonzero(g.examples.target == 1)
    normal = np.flatnonzero(_normal(examples))
    length = max(5, round(share * len(normal)))
    first = int(draw.integers(0, max(1, len(normal) - length + 1)))
    bad = np.zeros(len(examples), bool)
    bad[normal[first : first + length]] = True
    begin = int(draw.integers(0, max(1, len(strange) - bad.sum())))
    source = np.resize(strange[begin:], int(bad.sum()))
    features = examples.features
    for name in numbers(examples):
        values = _values(examples, name)
        moved = values.copy()
        moved[bad] = (1 - strength) * values[bad] + strength * values[source]
        features = features.with_columns(pl.Series(name, moved).fill_nan(None))
    return Planted(replace(examples, features=features), bad)


def _input_unit(g: Ground, strength: float, share: float, draw: Draw) -> Planted:
    """One input in another unit in some rows: a factor that moves its middle by so many of its spreads."""
    name = str(draw.choice(moving_columns(g.examples)))
    values = _values(g.examples, name)
    factor = 1 + strength * _spread(values) / (float(np.nanmedian(np.abs(values))) or 1.0)
    bad = _some(len(values), share, draw) & np.isfinite(values)
    return _with_input(g, name, np.where(bad, factor * values, values), bad)


def _input_spike(g: Ground, strength: float, share: float, draw: Draw) -> Planted:
    """Single readings of one input that leap by so many spreads of the column."""
    name = str(draw.choice(moving_columns(g.examples)))
    values = _values(g.examples, name)
    bad = _some(len(values), share, draw) & np.isfinite(values)
    leap = draw.choice([-1, 1], len(values)) * strength * _spread(values)
    return _with_input(g, name, np.where(bad, values + leap, values), bad)


def _input_stuck(g: Ground, strength: float, share: float, draw: Draw) -> Planted:
    """One input held at its last reading, for so many rows, in one stretch or several."""
    name = str(draw.choice(moving_columns(g.examples)))
    values, n, length = _values(g.examples, name), len(g.examples), round(strength)
    bad, out = np.zeros(n, bool), values.copy()
    for begin in draw.integers(1, max(2, n - length), max(1, round(share * n / length))):
        out[begin : begin + length] = values[begin - 1]
        bad[begin : begin + length] = True
    return _with_input(g, name, out, bad)


def _input_drift(g: Ground, strength: float, share: float, draw: Draw) -> Planted:
    """One input that drifts away over the last rows, at the end by so many of its spreads."""
    name = str(draw.choice(moving_columns(g.examples)))
    values, n = _values(g.examples, name), len(g.examples)
    begin = n - max(10, round(share * n))
    ramp = np.clip((np.arange(n) - begin) / (n - 1 - begin), 0, 1)
    bad = np.arange(n) > (begin + n) // 2
    return _with_input(g, name, values + draw.choice([-1, 1]) * strength * _spread(values) * ramp, bad)


def _usual_life(y: Array, asset: Index) -> float:
    """Middle life of the assets, in units of the target: rows of an asset times what is lost from row to row."""
    lost = -np.diff(y)[(np.diff(asset) == 0) & (np.diff(y) < 0)]
    step = float(np.median(lost)) if len(lost) else 1.0
    return step * float(np.median(np.unique(asset, return_counts=True)[1]))


def _some(n: int, share: float, draw: Draw) -> Mask:
    bad = np.zeros(n, bool)
    bad[draw.choice(n, max(5, round(share * n)), replace=False)] = True
    return bad


def _stretch(examples: Examples, share: float, draw: Draw) -> Mask:
    """One batch that is large enough, if batches are known; else a stretch of rows in time."""
    n = len(examples)
    if examples.batch is not None:
        codes, counts = np.unique(examples.batch, return_counts=True)
        fit = codes[(counts >= 5) & (counts <= 0.3 * n)]
        if len(fit):
            return np.asarray(examples.batch == draw.choice(fit))
    length = max(5, round(share * n))
    order = np.argsort(examples.time, kind="stable") if examples.time is not None else np.arange(n)
    begin = int(draw.integers(0, n - length + 1))
    bad = np.zeros(n, bool)
    bad[order[begin : begin + length]] = True
    return bad


def _normal(examples: Examples) -> Mask:
    return np.asarray(examples.target == 0) if examples.normal is None else examples.normal


def _values(examples: Examples, name: str) -> Array:
    return floats(examples.features[name])


def _spread(values: Array) -> float:
    known = values[np.isfinite(values)]
    return float(np.subtract(*np.quantile(known, (0.75, 0.25)))) / 1.349 if len(known) else 0.0


def _with_target(g: Ground, target: NDArray[np.generic], bad: Mask) -> Planted:
    return Planted(replace(g.examples, target=np.asarray(target, np.float64)), bad)


def _with_input(g: Ground, name: str, values: Array, bad: Mask) -> Planted:
    features = g.examples.features.with_columns(pl.Series(name, values).fill_nan(None))
    return Planted(replace(g.examples, features=features), bad, name)


_VALUE, _CLASS, _LIFE = (Task.REGRESSION,), (Task.CLASSIFICATION,), (Task.REMAINING_LIFE,)
_WATCH, _ANY = (Task.MONITORING,), (*_VALUE, *_CLASS, *_LIFE)
_NAN = float("nan")

DEFECTS: Mapping[str, Defect] = {
    "target_scale": Defect(_scale, "spreads", 4, 64, 0.05, _VALUE, erratic=True),
    "target_gross": Defect(_gross, "spreads", 3, 24, 0.03, _VALUE),
    "target_swapped": Defect(_swapped, "share", 0.02, 0.3, _NAN, _VALUE, erratic=True),
    "target_constant": Defect(_constant, "share", 0.005, 0.16, _NAN, _VALUE),
    "target_offset": Defect(_offset, "spreads", 3, 24, 0.05, _VALUE, erratic=True),
    "life_false": Defect(_life, "lives", 0.1, 0.8, 0.15, _LIFE),
    "label_flipped": Defect(_flipped, "share", 0.02, 0.3, _NAN, _CLASS, rises=False),
    "label_paired": Defect(_paired, "share", 0.05, 0.4, _NAN, _CLASS, rises=False, varied=True),
    "label_near": Defect(_near, "share", 0.02, 0.2, _NAN, _CLASS, rises=False),
    "normal_leap": Defect(_leap, "column spreads", 4, 64, 0.02, _WATCH, varied=True, trained=False),
    "normal_stranger": Defect(_stranger, "blend", 0.25, 1, 0.05, _WATCH, trained=False),
    "input_unit": Defect(_input_unit, "column spreads", 2, 32, 0.05, _ANY, varied=True, trained=False),
    "input_spike": Defect(_input_spike, "column spreads", 4, 64, 0.01, _ANY, timed=True, varied=True, trained=False),
    "input_stuck": Defect(_input_stuck, "rows", 8, 128, 0.04, _ANY, timed=True, varied=True, trained=False),
    "input_drift": Defect(_input_drift, "column spreads", 1, 16, 0.2, _ANY, timed=True, varied=True, trained=False),
}
"""Every kind; ranges and shares were fixed before any table was looked at."""
