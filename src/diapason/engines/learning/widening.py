"""More columns out of those given: windows over each asset's past, fused indices, products, calendar."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from diapason.engines.learning.rolling import Sums, starts
from diapason.engines.learning.weighing import middle
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

__all__ = [
    "BASE",
    "INDEX_WIDTHS",
    "LAG",
    "PLAIN",
    "WIDTHS",
    "Pair",
    "Widening",
    "Windows",
    "beside_their_past",
    "calendar_of",
    "index_windows",
    "learn_widening",
    "numbers",
    "pair_columns",
    "windowed",
    "windows_of",
]

Array = NDArray[np.float64]
Pair = tuple[int, int, str]
"""Two positions among number columns, and "*", "-" or "/"."""

WIDTHS = (5, 20, 60)
INDEX_WIDTHS = (5, 10, 20, 40, 80, 160)
LAG = WIDTHS[0]
BASE = 20  # rows at an asset's start that say what is usual for it
_MOST_COLUMNS = 40
_MOST_INDICES = 6
_FEWEST_ROWS = 20
_CLIP = 8.0


class Windows(Protocol):
    """Means, deviations and slopes over the last rows of each row's asset: of a whole history, or of the present."""

    def mean(self, width: int) -> Array:
        """Mean of the last `width` rows; 0 = since the asset began."""
        ...

    def base(self, width: int) -> Array:
        """Mean of the asset's first `width` rows."""
        ...

    def std(self, width: int) -> Array:
        """Standard deviation of the last `width` rows."""
        ...

    def slope(self, width: int) -> Array:
        """Slope per row of the last `width` rows."""
        ...


@dataclass(frozen=True, slots=True)
class Widening:
    """Which columns are added, learnt in training; JSON by `plain`. Everything looks back in time only."""

    numbers: tuple[str, ...] = ()
    pairs: tuple[Pair, ...] = ()
    windowed: tuple[int, ...] = ()  # positions of number columns that get windows
    centre: tuple[float, ...] = ()  # of the windowed columns, for the indices
    spread: tuple[float, ...] = ()
    weights: tuple[tuple[float, ...], ...] = ()  # one row of weights per index
    calendar: bool = False

    def widen(self, examples: Examples, *, raw: bool = True) -> Array:
        """The added columns, shape (n, added); `raw=False` leaves out windows of single columns."""
        x = numbers(examples, self.numbers)
        parts = [pair_columns(x, self.pairs)]
        if self.windowed:
            start = starts(examples.asset, len(examples))
            chosen = x[:, list(self.windowed)]
            parts += [windows_of(Sums.of(chosen, start), chosen, _lagged(chosen, start))] if raw else []
            index = self.index(chosen)
            parts += [index_windows(Sums.of(index, start), index)]
            parts += [(np.arange(len(x)) - start)[:, None].astype(np.float64)]
        if self.calendar:
            parts.append(calendar_of(np.asarray(examples.time)))
        return np.hstack(parts)

    def index(self, chosen: Array) -> Array:
        """The fused indices of windowed columns, shape (n, indices)."""
        scaled = _scaled(chosen, np.asarray(self.centre), np.asarray(self.spread))
        total = np.zeros((len(scaled), len(self.weights)))
        for column, weights in zip(scaled.T, np.asarray(self.weights).T, strict=True):
            total += column[:, None] * weights  # not `@`, whose last bit depends on how many rows come along
        return total

    def owners(self, columns: Sequence[str], *, raw: bool = True) -> Array:
        """Whose each added column is, shape (added, columns): rows sum to 1, or to 0 where it is nobody's (time)."""
        own = np.eye(len(columns))
        place = [columns.index(n) for n in self.numbers]
        parts = [(own[place[i]] + own[place[j]])[None] / 2 for i, j, _ in self.pairs]
        if self.windowed:
            chosen = own[[place[i] for i in self.windowed]]
            parts += [np.tile(chosen, (4 + 2 * len(WIDTHS), 1))] if raw else []
            weights = np.abs(np.asarray(self.weights))
            index = weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-300) @ chosen
            parts += [np.tile(index, (3 + 3 * len(INDEX_WIDTHS), 1)), np.zeros((1, len(columns)))]
        parts += [np.zeros((2, len(columns)))] if self.calendar else []
        return np.vstack(parts) if parts else np.zeros((0, len(columns)))

    def plain(self) -> dict[str, Any]:
        """JSON form."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Widening":
        """From the JSON form."""
        return cls(
            numbers=tuple(plain["numbers"]),
            pairs=tuple((int(i), int(j), str(o)) for i, j, o in plain["pairs"]),
            windowed=tuple(plain["windowed"]),
            centre=tuple(plain["centre"]),
            spread=tuple(plain["spread"]),
            weights=tuple(tuple(row) for row in plain["weights"]),
            calendar=bool(plain["calendar"]),
        )


PLAIN = Widening()
"""Adds nothing."""


def windowed(examples: Examples) -> bool:
    """Whether rows have a past to look at: a time, and 20 rows or more in the median asset."""
    if examples.time is None:
        return False
    if examples.asset is None:
        return len(examples) >= _FEWEST_ROWS
    return bool(np.median(np.unique(examples.asset, return_counts=True)[1]) >= _FEWEST_ROWS)


def beside_their_past(examples: Examples) -> Examples:
    """The rows with their windows as columns and without time, so that no split of them tears a window.

    Splits that cut through an asset leave a row less of a past to look at than whole assets do; where splits are
    compared, every row keeps the past it has in use. Windows are of inputs alone: no target is carried across. Rows
    without a past to look at come back as they are.
    """
    if not windowed(examples):
        return examples
    names = tuple(c for c in examples.features.columns if examples.features[c].dtype.is_numeric())
    x = numbers(examples, names)
    chosen = x[:, _associated(x, _wanted(examples))]
    start = starts(examples.asset, len(x))
    parts = [
        windows_of(Sums.of(chosen, start), chosen, _lagged(chosen, start)),
        (np.arange(len(x)) - start)[:, None].astype(np.float64),
    ]
    parts += [calendar_of(np.asarray(examples.time))] if _dated(examples) else []
    past = pl.DataFrame({f"past_{i}": column for i, column in enumerate(np.hstack(parts).T)}).fill_nan(None)
    return replace(examples, features=examples.features.hstack(past), time=None)


def _dated(examples: Examples) -> bool:
    return examples.time_unit == "s" and float(np.ptp(np.asarray(examples.time))) > 2 * 86400


def numbers(examples: Examples, names: Sequence[str]) -> Array:
    """These number columns as a matrix, missing = nan."""
    if not names:
        return np.empty((len(examples), 0))
    return np.asarray(examples.features.select(names).fill_null(np.nan).to_numpy(), np.float64)


def pair_columns(x: Array, pairs: Sequence[Pair]) -> Array:
    """Products, differences and ratios of columns; a ratio over zero is missing.

    >>> pair_columns(np.array([[6.0, 2.0]]), [(0, 1, "*"), (0, 1, "-"), (0, 1, "/")])
    array([[12.,  4.,  3.]])
    """
    out = np.empty((len(x), len(pairs)))
    for c, (i, j, operation) in enumerate(pairs):
        a, b = x[:, i], x[:, j]
        if operation == "*":
            out[:, c] = a * b
        elif operation == "-":
            out[:, c] = a - b
        else:
            out[:, c] = np.divide(a, b, out=np.full(len(a), np.nan), where=b != 0)
    return out


def learn_widening(examples: Examples, *, windows: bool = True, robust: bool = False) -> Widening:
    """Learn windows and indices; no pairs, which are chosen by a model.

    An index is the ridge prediction of the target (of each class, if they are few) from single rows; its windows tell
    wear from noise better than windows of single columns (fused health index; Liu, Gebraeel & Shi, IEEE T-ASE 2013).
    """
    frame = examples.features
    names = tuple(c for c in frame.columns if frame[c].dtype.is_numeric())
    made = replace(PLAIN, numbers=names)
    if not (windows and names and windowed(examples)):
        return made
    calendar = _dated(examples)
    x = numbers(examples, names)
    wanted = _wanted(examples)
    chosen = _associated(x, wanted)
    if not len(chosen):
        return replace(made, calendar=calendar)
    centre, spread = _location(x[:, chosen])
    weights = _fused(_scaled(x[:, chosen], centre, spread), wanted, examples.weight, robust=robust)
    return replace(
        made,
        windowed=tuple(chosen.tolist()),
        centre=tuple(centre.tolist()),
        spread=tuple(spread.tolist()),
        weights=tuple(tuple(row) for row in weights.tolist()),
        calendar=calendar,
    )


def _wanted(examples: Examples) -> Array:
    """What indices should predict, shape (n, indices): the value, or the indicator of each of few classes."""
    if examples.task is not Task.CLASSIFICATION:
        return examples.target[:, None]
    codes, count = np.unique(examples.target, return_counts=True)
    chosen = codes[np.argsort(-count, kind="stable")][:_MOST_INDICES]
    return np.asarray(examples.target[:, None] == chosen[None, :], np.float64)


def _location(x: Array) -> tuple[Array, Array]:
    """Median and robust standard deviation of columns."""
    low, middle, high = np.nanquantile(x, (0.25, 0.5, 0.75), axis=0)
    spread = (high - low) / 1.349
    spread = np.where(spread > 1e-12 * np.maximum(1, np.abs(middle)), spread, np.nanstd(x, axis=0))
    return middle, np.where(spread > 0, spread, 1.0)


def _scaled(x: Array, centre: Array, spread: Array) -> Array:
    return np.nan_to_num(np.clip((x - centre) / spread, -_CLIP, _CLIP))


def _associated(x: Array, wanted: Array) -> NDArray[np.int64]:
    """Positions of at most 40 columns that vary, those most correlated with what is wanted first kept."""
    known = np.isfinite(x)
    varies = np.flatnonzero(
        (known.sum(0) > 1) & (np.nanmax(np.where(known, x, -np.inf), 0) > np.nanmin(np.where(known, x, np.inf), 0))
    )
    if len(varies) <= _MOST_COLUMNS:
        return varies.astype(np.int64)
    z = _scaled(x[:, varies], *_location(x[:, varies]))
    z = z - z.mean(0)
    w = wanted - wanted.mean(0)
    strength = np.abs(z.T @ w) / np.maximum(np.sqrt(np.square(z).sum(0)), 1e-12)[:, None]
    best = np.argsort(-strength.max(1), kind="stable")[:_MOST_COLUMNS]
    return np.sort(varies[best]).astype(np.int64)


def _fused(z: Array, wanted: Array, counts: Array | None, *, robust: bool) -> Array:
    """Ridge weights, shape (indices, columns); Huber's weights against wrong targets if asked."""
    given = np.ones(len(z)) if counts is None else counts
    weight, mean = given, wanted.mean(0) if counts is None else np.average(wanted, axis=0, weights=counts)
    mean = np.array([middle(w, counts) for w in wanted.T]) if robust else mean
    centred = wanted - mean
    solved = _solve(z, centred, weight)
    for _ in range(5 if robust else 0):
        off = np.abs(centred - z @ solved).max(axis=1)
        weight = given * np.minimum(1, 1.345 * (middle(off, counts) / 0.6745 or 1.0) / np.maximum(off, 1e-12))
        solved = _solve(z, centred, weight)
    return np.asarray(solved.T)


def _solve(z: Array, wanted: Array, weight: Array) -> Array:
    gram = (z * weight[:, None]).T @ z + 1e-3 * weight.sum() * np.eye(z.shape[1])
    return np.asarray(cho_solve(cho_factor(gram), z.T @ (weight[:, None] * wanted)))


def windows_of(past: Windows, x: Array, lagged: Array) -> Array:
    """Windows of single columns: means, slopes, a deviation, a step back, since the start.

    Args:
        x: the present rows, shape (n, d).
        lagged: the rows `LAG` before them.
    """
    parts = [x - lagged, past.std(WIDTHS[1]), past.mean(0), past.mean(BASE) - past.base(BASE)]
    parts += [past.mean(width) for width in WIDTHS]
    parts += [past.slope(width) for width in WIDTHS]
    return np.hstack(parts)


def index_windows(past: Windows, index: Array) -> Array:
    """Windows of the fused indices, which are there themselves too."""
    parts = [index, past.mean(0), past.mean(BASE) - past.base(BASE)]
    for width in INDEX_WIDTHS:
        parts += [past.mean(width), past.std(width), past.slope(width)]
    return np.hstack(parts)


def _lagged(x: Array, start: NDArray[np.int64]) -> Array:
    return x[np.maximum(np.arange(len(x)) - LAG, start)]


def calendar_of(time: Array) -> Array:
    """Hour of the day and day of the week (UTC), shape (n, 2)."""
    return np.column_stack([time % 86400 / 3600, (time // 86400 + 4) % 7])
