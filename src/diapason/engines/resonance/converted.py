"""Inputs written in another unit in some rows, told by the target: there the converted value explains it far better."""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import stats

from diapason.engines.resonance.lines import FACTORS
from diapason.engines.resonance.matrix import floats, matrix
from diapason.engines.resonance.residuals import fewest
from diapason.engines.resonance.scatter import gathered
from diapason.engines.resonance.smooth import MAD, Crossed, crossed, deal
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.findings import Finding, Where
from diapason.vocabulary.tasks import Task

__all__ = ["Converted", "back", "converted"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

_PARTS, _COUNT, _SEARCHED, _TURNS = 3, 120, 1500, 4
_DISTINCT = 20
_DEGREES = 5.0
_INSIDE = (0.01, 0.99)
"""Quantiles between which a converted value must lie."""
_ENOUGH = 8.0
"""Gain in log-likelihood that a conversion must show beyond the logarithm of how many were looked at."""
_MOST = 0.45
_WIDE = 5.0
_EM, _BINS, _KEPT = 30, 40, 10_000
_MOVES = 1.0
"""Scales by which a tenth of the rows must move where a column is dealt out anew, for its unit to matter."""
_PERHAPS, _BEYOND = 0.1, 0.1
"""Chance from which on a row may be wrong; how far beyond the right values, in their span, it may be as well."""
_GATHERED, _SURELY = 1.5, 3.0
"""Neighbours of their own kind, beyond chance and in standard errors, at which rows gather."""
_DECISIVE = 2.0
"""Mean log-likelihood ratio of the rows that are likely converted: where leaving an idle column out helps all rows a
little, none is."""


@dataclass(frozen=True, slots=True)
class Converted:
    """One column in another unit: given = factor x right + offset."""

    column: str
    name: str  # of FACTORS
    factor: float
    offset: float
    chance: Array  # (n,), probability of each row to be written so
    gain: float  # in log-likelihood, cross-fitted

    @property
    def rows(self) -> Mask:
        """Rows that are more likely so than not."""
        return np.asarray(self.chance > 0.5)

    @property
    def unsure(self) -> Mask:
        """Rows of which it can't be told."""
        return np.asarray((self.chance > _PERHAPS) & ~self.rows)

    def finding(self, examples: Examples) -> Finding:
        """Where it is, and what it would explain."""
        wrong = np.flatnonzero(self.rows)
        where = Where((self.column,), tuple(int(r) for r in examples.rows[wrong[:_KEPT]]), len(wrong), len(examples))
        facts: dict[str, float | str] = {"name": self.name, "factor": self.factor, "offset": self.offset}
        return Finding("input_converted", where, 0.9, "act", facts | {"gain": self.gain})


def converted(examples: Examples, *, seed: int) -> Converted | None:
    """The column and conversion that best explain the target, if one is shown.

    A smooth model is cross-fitted on the inputs as given. Each known conversion of each column is taken back in every
    row where the result lies among the usual values, and the likelihood of the row's target is compared; a conversion
    holds for a share of rows, by the likelihood of that mixture. Of the best one, how common the value is before and
    after says more on where it holds. It is taken back there, and the model is fitted anew, in turns: wrong rows spoil
    the fit that is to find them. What the target does not show is not shown, however odd the values are.

    Shown means: the gain in log-likelihood exceeds 8 beyond the logarithm of how many conversions were tried; at least
    12 rows and 0.4 %, at most 45 %, are likely so; and these are scattered over the other inputs. For numeric targets
    alone: a label tells too little.

    Source: mixture of regressions, by expectation and maximisation; Dempster, Laird and Rubin, JRSS B 39 (1977).
    """
    if examples.task is not Task.REGRESSION or len(examples) < 8 * _DISTINCT or not _measured(examples):
        return None
    rows = _searched(len(examples), seed)
    seen, best = examples.take(rows), None
    for _ in range(_TURNS):
        best = _best(seen, best, seed)
        if best is None or best.rows.sum() < fewest(len(seen)):
            return None
    enough = _ENOUGH + np.log(len(FACTORS) * max(len(_measured(seen)), 1))
    if best is None or best.gain < enough or best.rows.mean() > _MOST or not _scattered(seen, best, seed):
        return None
    whole = best if len(rows) == len(examples) else _everywhere(examples, best, seed)
    return None if whole is None else _unsure(examples, whole)


def _everywhere(examples: Examples, found: Converted, seed: int) -> Converted | None:
    """What was found on a sample, over all rows."""
    model = _Model.fitted(examples, None, seed)
    return _judged(model, _raw(examples, model.columns), examples.target, *_names(found))


def back(examples: Examples, found: Converted) -> Examples:
    """The rows with the conversion taken back where it is likely."""
    column = examples.features[found.column].cast(pl.Float64)
    right = pl.when(pl.Series(found.rows)).then((column - found.offset) / found.factor).otherwise(column)
    return replace(examples, features=examples.features.with_columns(right.alias(found.column)))


def _scattered(rows: Examples, found: Converted, seed: int) -> bool:
    """Whether the rows lie anywhere among the other inputs: where the model is weak they would gather."""
    others = matrix(replace(rows, features=rows.features.drop(found.column)))
    ratio, errors = gathered(others, np.flatnonzero(found.rows), np.full(len(rows), found.rows.mean()), seed=seed)
    return ratio < _GATHERED or errors < _SURELY


def _searched(n: int, seed: int) -> Index:
    if n <= _SEARCHED:
        return np.arange(n)
    return np.sort(np.random.default_rng(seed).choice(n, _SEARCHED, replace=False))


def _best(given: Examples, before: Converted | None, seed: int) -> Converted | None:
    """The likeliest conversion of the given rows, by a model of the rows as they were held to be in the turn before."""
    model = _Model.fitted(given, before, seed)
    raw = _raw(given, model.columns)
    if before is not None:
        return _judged(model, raw, given.target, *_names(before))
    found = (_judged(model, raw, given.target, name, said) for name in model.followed(seed) for said in FACTORS)
    return max((f for f in found if f is not None), key=lambda f: f.gain, default=None)


def _names(found: Converted) -> tuple[str, str]:
    return found.column, found.name


def _unsure(examples: Examples, found: Converted) -> Converted:
    """Other rows whose value lies far from all that are right are as likely wrong as not."""
    values = _raw(examples, (found.column,))[:, 0]
    right = (values[found.rows] - found.offset) / found.factor
    low, high = float(right.min()), float(right.max())
    beyond = _BEYOND * (high - low)
    odd = ~found.rows & ((values < low - beyond) | (values > high + beyond))
    return replace(found, chance=np.where(odd, 0.5, found.chance))


@dataclass(frozen=True, slots=True)
class _Model:
    """Cross-fitted on scaled inputs; predicts rows with one column replaced."""

    columns: tuple[str, ...]
    middle: Array  # (columns,)
    width: Array
    usual: Array  # (2, columns), between which a right value lies
    rest: Array  # (n, e), inputs that are not measured
    fits: Crossed
    expected: Array  # (n,), of the rows as they are held to be
    known: tuple[Array, ...]  # by column, the values held to be right
    scale: float

    @classmethod
    def fitted(cls, given: Examples, before: Converted | None, seed: int) -> "_Model":
        """Learn from the rows, those held to be converted taken back."""
        rows = given if before is None or len(before.chance) != len(given) else back(given, before)
        names = _measured(rows)
        raw = _raw(rows, names)
        others = replace(rows, features=rows.features.drop(names))
        rest = matrix(others) if others.features.width or others.time is not None else np.zeros((len(rows), 0))
        usual, part = np.nanquantile(raw, _INSIDE, axis=0), deal(len(rows), _PARTS, seed)
        tried, known = [], tuple(c[np.isfinite(c)] for c in raw.T)
        for middle, width in (_middle(raw), _densest(raw)):
            X = np.hstack([_scaled(raw, middle, width), rest])
            fits = crossed(X, rows.target, part, seed=seed, count=_COUNT)
            expected = fits(X, np.arange(len(rows)))
            scale = MAD * float(np.median(np.abs(rows.target - expected))) or 1.0
            tried.append(cls(names, middle, width, usual, rest, fits, expected, known, scale))
        return min(tried, key=lambda model: model.scale)

    def followed(self, seed: int) -> list[str]:
        """Columns that the target follows: dealt out anew among the rows, they move what is expected."""
        raw = np.column_stack(self.known) if len({len(k) for k in self.known}) == 1 else None
        if raw is None or len(raw) != len(self.expected):
            return list(self.columns)
        order, rows, found = np.random.default_rng(seed).permutation(len(raw)), np.arange(len(raw)), []
        for j, name in enumerate(self.columns):
            dealt = raw.copy()
            dealt[:, j] = raw[order, j]
            X = np.hstack([_scaled(dealt, self.middle, self.width), self.rest])
            if np.quantile(np.abs(self.fits(X, rows) - self.expected), 0.9) > _MOVES * self.scale:
                found.append(name)
        return found

    def surprise(self, raw: Array, rows: Index, target: Array) -> Array:
        """Log-density of the targets of some rows, given raw inputs that stand in for theirs; heavy-tailed."""
        X = np.hstack([_scaled(raw, self.middle, self.width), self.rest[rows]])
        return np.asarray(stats.t.logpdf((target - self.fits(X, rows)) / self.scale, _DEGREES))

    def commonness(self, j: int, values: Array) -> Array:
        """Log-density of some values among those that are held to be right, by a histogram."""
        known = self.known[j]
        edges = np.linspace(known.min(), known.max(), _BINS + 1)
        counts = np.histogram(known, edges)[0] + 0.5
        place = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, _BINS - 1)
        return np.asarray(np.log(counts[place] / counts.sum() * _BINS / max(float(np.ptp(edges)), 1e-300)))


def _judged(model: _Model, raw: Array, target: Array, column: str, name: str) -> Converted | None:
    """A conversion of one column of the inputs as given: where it is likely, and what it gains."""
    factor, offset = FACTORS[name]
    j = model.columns.index(column)
    right = (raw[:, j] - offset) / factor
    rows = np.flatnonzero((right >= model.usual[0, j]) & (right <= model.usual[1, j]))
    if len(rows) < fewest(len(raw)):
        return None
    taken = raw[rows].copy()
    taken[:, j] = right[rows]
    told = np.full(len(raw), -np.inf)
    told[rows] = model.surprise(taken, rows, target[rows]) - model.surprise(raw[rows], rows, target[rows])
    odds, gain = _mixed(told)
    if not (odds > 1).any() or told[odds > 1].mean() < _DECISIVE:
        return None
    told[rows] += model.commonness(j, right[rows]) - model.commonness(j, raw[rows, j]) - np.log(abs(factor))
    odds, _ = _mixed(told)
    return Converted(column, name, factor, offset, odds / (1 + odds), gain)


def _mixed(ratio: Array) -> tuple[Array, float]:
    """Odds of each row for the other density, and the gain in log-likelihood of the mixture over the one alone."""
    share, times = _share(ratio), np.exp(np.clip(ratio, -50, 50))
    return times * share / (1 - share), float(np.log1p(share * (times - 1)).sum())


def _share(ratio: Array) -> float:
    """The share of rows for which the other density holds, by likelihood."""
    share, times = 0.1, np.exp(np.clip(ratio, -50, 50))
    for _ in range(_EM):
        share = float(np.clip(np.mean(share * times / (1 - share + share * times)), 1e-6, 0.6))
    return share


def _measured(examples: Examples) -> tuple[str, ...]:
    """Columns that may be in another unit: numbers of many values."""
    columns = examples.features
    return tuple(
        c for c in columns.columns if columns[c].dtype.is_numeric() and columns[c].drop_nulls().n_unique() >= _DISTINCT
    )


def _raw(examples: Examples, names: tuple[str, ...]) -> Array:
    return np.column_stack([floats(examples.features[c]) for c in names])


def _middle(raw: Array) -> tuple[Array, Array]:
    """Centre and spread of each column, from the middle four fifths."""
    low, middle, high = np.nanquantile(raw, (0.1, 0.5, 0.9), axis=0)
    return middle, np.where(high > low, (high - low) / 2.563, 1.0)


def _densest(raw: Array) -> tuple[Array, Array]:
    """The same from the shortest stretch that holds half of the values: wrong ones further out do not widen it."""
    ranked = np.sort(raw, axis=0)
    half = max(2, len(raw) // 2)
    lengths = ranked[half - 1 :] - ranked[: len(ranked) - half + 1]
    sparse = np.isnan(lengths).all(axis=0)  # more than half is missing
    begin = np.nanargmin(np.where(sparse, 0.0, lengths), axis=0)
    each = np.arange(raw.shape[1])
    low, high = ranked[begin, each], ranked[begin + half - 1, each]
    centre, width = _middle(raw)
    dense = (low + high) / 2, np.where(high > low, (high - low) / 1.349, 1.0)
    return np.where(sparse, centre, dense[0]), np.where(sparse, width, dense[1])


def _scaled(raw: Array, middle: Array, width: Array) -> Array:
    return np.nan_to_num(np.clip((raw - middle) / width, -_WIDE, _WIDE))
