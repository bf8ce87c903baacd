"""Unseen defects for `benchmarks.detection`: written apart from the planting of the package, from its stated kinds alone.

`spike(copy, kind, strength, rng)` gives damaged rows, which are bad, and the column. What a strength means is what the
package tells its users: usual errors of the smooth family, spreads of a column (interquartile range / 1.349), a share
of rows, of a class, of a middle life, rows in a row, part of the way to abnormal rows.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl

from diapason.engines.resonance.planting import DEFECTS, Ground
from diapason.vocabulary.examples import Examples

__all__ = ["spike"]

Rng = np.random.Generator
Spiked = tuple[Examples, np.ndarray, str]


def spike(copy: Ground, kind: str, strength: float, rng: Rng) -> Spiked:
    """One defect in a copy."""
    return _KINDS[kind](copy, strength, rng)


def _rows(n: int, share: float, rng: Rng) -> np.ndarray:
    return rng.permutation(n)[: max(5, round(share * n))]


def _told(copy: Ground, at: np.ndarray, values: np.ndarray) -> Spiked:
    y, bad = copy.examples.target.copy(), np.zeros(len(copy.examples), bool)
    y[at], bad[at] = values, True
    return replace(copy.examples, target=y), bad, ""


def _scale(copy: Ground, s: float, rng: Rng) -> Spiked:
    y = copy.examples.target
    at = _rows(len(y), DEFECTS["target_scale"].share, rng)
    return _told(copy, at, y[at] * (1 + s * copy.spread / np.median(np.abs(y))))


def _gross(copy: Ground, s: float, rng: Rng) -> Spiked:
    y = copy.examples.target
    at = _rows(len(y), DEFECTS["target_gross"].share, rng)
    sign = np.where(rng.random(len(at)) < 0.5, -1.0, 1.0)
    return _told(copy, at, y[at] + sign * (1 + rng.random(len(at))) * s * copy.spread)


def _swapped(copy: Ground, s: float, rng: Rng) -> Spiked:
    y, at = copy.examples.target, _rows(len(copy.examples), s, rng)
    examples, bad, _ = _told(copy, at, y[np.concatenate([at[1:], at[:1]])])
    return examples, bad & (np.abs(examples.target - y) > copy.spread), ""


def _constant(copy: Ground, s: float, rng: Rng) -> Spiked:
    y, at = copy.examples.target, _rows(len(copy.examples), s, rng)
    beyond = (10 + 20 * rng.random()) * copy.spread
    return _told(copy, at, np.full(len(at), y.max() + beyond if rng.random() < 0.5 else y.min() - beyond))


def _offset(copy: Ground, s: float, rng: Rng) -> Spiked:
    examples, n = copy.examples, len(copy.examples)
    at = None
    if examples.batch is not None:
        sizes = {c: int((examples.batch == c).sum()) for c in np.unique(examples.batch)}
        fit = [c for c, k in sizes.items() if 5 <= k <= 0.3 * n]
        at = np.flatnonzero(examples.batch == rng.permutation(fit)[0]) if fit else None
    if at is None:
        length = max(5, round(DEFECTS["target_offset"].share * n))
        begin = int(rng.integers(n - length + 1))
        order = np.arange(n) if examples.time is None else np.argsort(examples.time, kind="stable")
        at = order[begin : begin + length]
    return _told(copy, at, examples.target[at] + (s if rng.random() < 0.5 else -s) * copy.spread)


def _life(copy: Ground, s: float, rng: Rng) -> Spiked:
    examples = copy.examples
    y, asset = examples.target, np.asarray(examples.asset)
    names = rng.permutation(np.unique(asset))
    wrong = names[: max(2, round(DEFECTS["life_false"].share * len(names)))]
    top = y.max() if np.mean(y == y.max()) >= 0.02 else np.inf
    drops = [-d for a in names for d in np.diff(y[asset == a]) if d < 0]
    life = np.median(drops) * np.median([np.sum(asset == a) for a in names])
    out = y.copy()
    for a in wrong:
        out[asset == a] = np.minimum(y[asset == a] + (s if rng.random() < 0.5 else -s) * life, top)
    kept = np.flatnonzero(out >= 0)
    return replace(examples, target=out).take(kept), np.isin(asset[kept], wrong), ""


def _flipped(copy: Ground, s: float, rng: Rng) -> Spiked:
    k, at = len(copy.examples.classes), _rows(len(copy.examples), s, rng)
    given = copy.examples.target[at].astype(int)
    return _told(copy, at, np.array([rng.choice([c for c in range(k) if c != g]) for g in given], float))


def _paired(copy: Ground, s: float, rng: Rng) -> Spiked:
    given = copy.examples.target.astype(int)
    size = {c: int(np.sum(given == c)) for c in np.unique(given)}
    large = [c for c, n in size.items() if n >= max(20, 0.05 * len(given))] or [max(size, key=lambda c: size[c])]
    one = rng.permutation(large)[0]
    two = rng.permutation([c for c in size if c != one])[0]
    mine = rng.permutation(np.flatnonzero(given == one))[: max(5, round(s * size[one]))]
    return _told(copy, mine, np.full(len(mine), float(two)))


def _near(copy: Ground, s: float, rng: Rng) -> Spiked:
    p, given = np.asarray(copy.probabilities), copy.examples.target.astype(int)
    rows = np.arange(len(given))
    other = p.copy()
    other[rows, given] = -1
    hard = np.argsort(p[rows, given] - other.max(1), kind="stable")[: len(given) // 2]
    at = rng.permutation(hard)[: max(5, round(s * len(given)))]
    return _told(copy, at, other.argmax(1)[at].astype(float))


def _column(copy: Ground, rng: Rng) -> tuple[str, np.ndarray, float]:
    found = []
    for name in copy.examples.features.columns:
        column = copy.examples.features[name]
        if column.dtype.is_numeric() and column.drop_nulls().n_unique() >= 20:
            values = column.cast(pl.Float64).to_numpy().astype(float)
            spread = float(np.diff(np.nanquantile(values, [0.25, 0.75]))[0]) / 1.349
            if spread > 0:
                found.append((name, values.copy(), spread))
    return found[int(rng.integers(len(found)))]


def _put(copy: Ground, name: str, values: np.ndarray, bad: np.ndarray) -> Spiked:
    frame = copy.examples.features.with_columns(pl.Series(name, values, nan_to_null=True))
    return replace(copy.examples, features=frame), bad, name


def _cells(copy: Ground, kind: str, rng: Rng) -> tuple[str, np.ndarray, float, np.ndarray]:
    name, values, spread = _column(copy, rng)
    bad = np.zeros(len(values), bool)
    bad[_rows(len(values), DEFECTS[kind].share, rng)] = True
    return name, values, spread, bad & np.isfinite(values)


def _leap(copy: Ground, s: float, rng: Rng) -> Spiked:
    name, values, spread = _column(copy, rng)
    normal, bad = np.flatnonzero(_normal(copy.examples)), np.zeros(len(values), bool)
    bad[normal[_rows(len(normal), DEFECTS["normal_leap"].share, rng)]] = True
    bad &= np.isfinite(values)
    values[bad] += (s if rng.random() < 0.5 else -s) * spread
    return (*_put(copy, name, values, bad)[:2], "")


def _stranger(copy: Ground, s: float, rng: Rng) -> Spiked:
    examples = copy.examples
    normal, strange = np.flatnonzero(_normal(examples)), np.flatnonzero(examples.target == 1)
    length, bad = max(5, round(DEFECTS["normal_stranger"].share * len(normal))), np.zeros(len(examples), bool)
    begin = int(rng.integers(max(1, len(normal) - length + 1)))
    bad[normal[begin : begin + length]] = True
    source = np.resize(strange[int(rng.integers(max(1, len(strange) - bad.sum()))) :], int(bad.sum()))
    frame = examples.features
    for name in frame.columns:
        if frame[name].dtype.is_numeric() and frame[name].drop_nulls().n_unique() >= 20:
            values = frame[name].cast(pl.Float64).to_numpy().astype(float).copy()
            values[bad] = values[bad] + s * (values[source] - values[bad])
            frame = frame.with_columns(pl.Series(name, values, nan_to_null=True))
    return replace(examples, features=frame), bad, ""


def _normal(examples: Examples) -> np.ndarray:
    return examples.target == 0 if examples.normal is None else examples.normal


def _input_unit(copy: Ground, s: float, rng: Rng) -> Spiked:
    name, values, spread, bad = _cells(copy, "input_unit", rng)
    values[bad] *= 1 + s * spread / np.nanmedian(np.abs(values))
    return _put(copy, name, values, bad)


def _input_spike(copy: Ground, s: float, rng: Rng) -> Spiked:
    name, values, spread, bad = _cells(copy, "input_spike", rng)
    values[bad] += np.where(rng.random(int(bad.sum())) < 0.5, s, -s) * spread
    return _put(copy, name, values, bad)


def _input_stuck(copy: Ground, s: float, rng: Rng) -> Spiked:
    name, values, _ = _column(copy, rng)
    n, length, bad = len(values), round(s), np.zeros(len(values), bool)
    held = values.copy()
    for _ in range(max(1, round(DEFECTS["input_stuck"].share * n / length))):
        begin = int(rng.integers(1, max(2, n - length)))
        held[begin : begin + length], bad[begin : begin + length] = values[begin - 1], True
    return _put(copy, name, held, bad)


def _input_drift(copy: Ground, s: float, rng: Rng) -> Spiked:
    name, values, spread = _column(copy, rng)
    n = len(values)
    begin = n - max(10, round(DEFECTS["input_drift"].share * n))
    bad = np.arange(n) > (begin + n) // 2
    values[begin:] += (s if rng.random() < 0.5 else -s) * spread * np.linspace(0, 1, n - begin)
    return _put(copy, name, values, bad)


_KINDS: dict[str, Callable[[Ground, float, Rng], Spiked]] = {
    "target_scale": _scale,
    "target_gross": _gross,
    "target_swapped": _swapped,
    "target_constant": _constant,
    "target_offset": _offset,
    "life_false": _life,
    "label_flipped": _flipped,
    "label_paired": _paired,
    "label_near": _near,
    "normal_leap": _leap,
    "normal_stranger": _stranger,
    "input_unit": _input_unit,
    "input_spike": _input_spike,
    "input_stuck": _input_stuck,
    "input_drift": _input_drift,
}
