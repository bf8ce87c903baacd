"""Faults of inputs that a rule can mend, in training and on the line alike."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.resonance.lines import find_line
from diapason.engines.resonance.matrix import floats, matrix
from diapason.engines.resonance.normality import running_median
from diapason.engines.resonance.residuals import Residuals, fewest
from diapason.engines.resonance.smooth import cross_fit, deal, local_scale
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.findings import Finding, Where

__all__ = ["Rule", "faults", "mend", "rules"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]
Rule = Mapping[str, Any]

_GAP = 3.0
"""Empty space around the usual values, in their robust standard deviations, that sets others apart."""
_WIDTH = 11
_REACH = 8.0
_HELD = 8
"""Equal values in a row from which on a signal may be stuck."""
_SAMPLE = 6000
_SEVERAL = 8
"""Different values that a wrong unit shows; fewer are a code for no value."""
_TIED = 1.5
"""Error inside of a fault over error elsewhere, from which on the two are held to be tied."""
_KEPT = 10_000


def rules(examples: Examples, *, seed: int) -> tuple[dict[str, Any], ...]:
    """Rules for the columns that need one; nothing here looks at the target.

    Kinds: "unit" (values in an interval of their own that lie on another line of what the other columns expect; they
    are brought back), "range" (values set apart from all others; they become missing), "spike" (single leaps from
    the running median; the median is taken), "stuck" (a value held far longer than usual; missing from then on).
    """
    found: list[dict[str, Any]] = []
    for name in examples.features.columns:
        column = examples.features[name]
        if not column.dtype.is_numeric() or column.drop_nulls().n_unique() < 20:
            continue
        values = floats(column)
        apart = _apart(values)
        if apart is not None:
            found.append(_unit(examples, name, values, apart, seed) or {"column": name, "fault": "range", **apart})
        elif examples.time is not None:
            found += _moving(name, values, examples.asset)
    return tuple(found)


def mend(examples: Examples, applied: Sequence[Rule]) -> tuple[pl.DataFrame, Mask]:
    """The features as the line would see them after the rules, and the rows touched, shape (n,)."""
    features, touched = examples.features, np.zeros(len(examples), bool)
    for rule in applied:
        name = str(rule["column"])
        if name not in features.columns:
            continue
        values = floats(features[name])
        new, where = _ruled(values, rule, examples.asset)
        touched |= where
        features = features.with_columns(pl.Series(name, new).fill_nan(None))
    return features, touched


def faults(examples: Examples, residual: Array, *, seed: int) -> tuple[Finding, ...]:
    """Each rule as a finding, and one more where the loss follows the fault.

    Args:
        residual: error of each row by a family that learnt from other rows; nan = not known.
    """
    found = []
    size = np.abs(residual)
    for rule in rules(examples, seed=seed):
        where = mend(examples, [rule])[1]
        facts: dict[str, float | str] = {k: v for k, v in rule.items() if isinstance(v, float)}
        rows = tuple(int(r) for r in examples.rows[where][:_KEPT])
        place = Where((str(rule["column"]),), rows, int(where.sum()), len(where))
        found.append(Finding(f"input_{rule['fault']}", place, 0.85, "look", facts))
        known = np.isfinite(size)
        if not ((where & known).any() and (~where & known).any()):
            continue
        ratio = float(size[where & known].mean() / max(float(size[~where & known].mean()), 1e-300))
        if ratio > _TIED:
            found.append(Finding("loss_follows_sensor", place, 0.85, "act", {"loss_ratio": ratio}))
    return tuple(found)


def _apart(values: Array) -> dict[str, float] | None:
    """The interval of usual values, if others are set apart from it by empty space."""
    ranked = np.unique(values[np.isfinite(values)])
    known = np.sort(values[np.isfinite(values)])
    low, high = float(ranked[0]), float(ranked[-1])
    for _ in range(2):
        inner = known[(known >= low) & (known <= high)]
        if len(inner) < 50:
            return None
        spread = float(np.subtract(*np.quantile(inner, (0.75, 0.25)))) / 1.349
        steps = ranked[(ranked >= low) & (ranked <= high)]
        gaps = np.diff(steps)
        if not len(gaps) or spread <= 0 or gaps.max() < _GAP * spread:
            break
        k = int(gaps.argmax())
        below = float(np.mean(inner <= steps[k]))
        if below < 0.45:
            low = float(steps[k + 1])
        elif below > 0.55:
            high = float(steps[k])
    out = np.sum((known < low) | (known > high))
    return {"low": low, "high": high} if 3 <= out < 0.45 * len(known) else None


def _unit(examples: Examples, name: str, values: Array, apart: Mapping[str, float], seed: int) -> dict[str, Any] | None:
    """A unit rule, if the values set apart lie on one line of what the other columns expect."""
    out = (values < apart["low"]) | (values > apart["high"])
    rows = np.flatnonzero(np.isfinite(values))
    several = len(np.unique(values[out])) >= _SEVERAL
    if out.sum() < fewest(len(values)) or examples.features.width < 2 or not several:
        return None
    if len(rows) > _SAMPLE:
        rows = np.sort(np.random.default_rng(seed).choice(rows, _SAMPLE, replace=False))
    others = Examples(examples.task, examples.features[rows].drop(name), examples.target[rows], examples.rows[rows])
    X, part = matrix(others), deal(len(rows), 4, seed)
    if not X.shape[1]:
        return None
    expected = cross_fit(X, values[rows], part, seed=seed, count=120)
    scale = local_scale(X, values[rows] - expected, part, seed=seed)
    line = find_line(Residuals(values[rows], expected, scale, X, seed), np.ones(len(rows), bool))
    if line is None or line.count < 0.7 * out[rows].sum():
        return None
    return {"column": name, "fault": "unit", "factor": line.factor, "offset": line.offset, **apart}


def _moving(name: str, values: Array, asset: NDArray[np.int64] | None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    leap = np.abs(values - running_median(values, _WIDTH, asset))
    known = values[np.isfinite(values)]
    spread = float(np.subtract(*np.quantile(known, (0.75, 0.25)))) / 1.349
    reach = _REACH * max(1.4826 * float(np.nanmedian(leap)), 0.1 * spread)
    far = np.nan_to_num(leap) > reach
    length = _runs(far)
    if reach > 0 and far.sum() >= max(5, 0.001 * len(values)) and np.mean(length[far] <= 2) > 0.7:
        found.append({"column": name, "fault": "spike", "width": _WIDTH, "reach": reach})
    same = np.r_[False, np.diff(values) == 0]
    held = _runs(same)
    usual = float(np.quantile(np.diff(np.flatnonzero(np.r_[~same, True])), 0.95))  # length of nearly all stretches
    most = int(max(_HELD, 4 * usual))
    if usual < _HELD and np.mean(held >= most) > 0.005:
        found.append({"column": name, "fault": "stuck", "most": most})
    return found


def _runs(flag: Mask) -> Index:
    """Length of the run of true values that each row is in, 0 where false."""
    edges = np.flatnonzero(np.diff(np.r_[0, flag.astype(np.int8), 0]))
    out = np.zeros(len(flag), np.int64)
    for begin, end in edges.reshape(-1, 2):
        out[begin:end] = end - begin
    return out


def _ruled(values: Array, rule: Rule, asset: NDArray[np.int64] | None) -> tuple[Array, Mask]:
    fault = rule["fault"]
    if fault in ("unit", "range"):
        where = np.isfinite(values) & ((values < rule["low"]) | (values > rule["high"]))
        back = (values - rule["offset"]) / rule["factor"] if fault == "unit" else np.full(len(values), np.nan)
        if fault == "unit":
            where &= (back >= rule["low"]) & (back <= rule["high"])
        return np.where(where, back, values), where
    if fault == "spike":
        middle = running_median(values, int(rule["width"]), asset)
        where = np.nan_to_num(np.abs(values - middle)) > rule["reach"]
        return np.where(where, middle, values), where
    if fault == "stuck":
        where = _held_so_far(values, asset) > int(rule["most"])
        return np.where(where, np.nan, values), where
    return values, np.zeros(len(values), bool)


def _held_so_far(values: Array, asset: NDArray[np.int64] | None) -> Index:
    """How many times the value has been repeated up to the row; nothing later is looked at."""
    n = len(values)
    same = np.r_[False, np.diff(values) == 0]
    if asset is not None:
        same &= np.r_[False, np.diff(asset) == 0]
    begin = np.maximum.accumulate(np.where(same, 0, np.arange(n)))
    return np.asarray(np.arange(n) - begin, dtype=np.int64)
