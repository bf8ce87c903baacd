"""Features as a matrix: codes for trees; one-hot, filled and robustly scaled for linear and distance models."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["Encoding", "learn_encoding"]

Array = NDArray[np.float64]

_MOST_LEVELS = 50
"""One-hot columns per category at most; rarer levels share "other"."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """What was learnt about columns in training: level codes, medians, spreads; JSON by `plain`."""

    columns: tuple[str, ...]
    levels: Mapping[str, tuple[str, ...]]  # categories, most frequent first
    centre: tuple[float, ...]  # of number columns, in order
    spread: tuple[float, ...]
    holes: tuple[int, ...]  # positions among number columns that had missing values in training

    def codes(self, frame: pl.DataFrame) -> Array:
        """Shape (n, columns): numbers as they are, categories as codes 0.., missing or unknown = nan."""
        self._check(frame)
        out = np.empty((frame.height, len(self.columns)))
        for i, name in enumerate(self.columns):
            out[:, i] = self._coded(frame[name], name)
        return out

    def dense(self, frame: pl.DataFrame, *, clip: float = 8.0) -> Array:
        """Shape (n, d): numbers centred, scaled and clipped, missing = centre with a flag; categories one-hot."""
        self._check(frame)
        numbers = [c for c in self.columns if c not in self.levels]
        raw = frame.select(numbers).to_numpy().astype(np.float64) if numbers else np.empty((frame.height, 0))
        return np.hstack([self._scaled(raw, clip), *(self._hot(self._coded(frame[n], n), n) for n in self.levels)])

    def dense_of(self, codes: Array, *, clip: float = 8.0) -> Array:
        """The same from `codes`, shape (n, columns)."""
        place = {name: i for i, name in enumerate(self.columns)}
        raw = codes[:, [i for name, i in place.items() if name not in self.levels]]
        return np.hstack([self._scaled(raw, clip), *(self._hot(codes[:, place[n]], n) for n in self.levels)])

    def hot_width(self, name: str) -> int:
        """One-hot columns of a category."""
        return min(len(self.levels[name]), _MOST_LEVELS)

    def plain(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Encoding":
        """From the JSON form."""
        return cls(
            tuple(plain["columns"]),
            {k: tuple(v) for k, v in plain["levels"].items()},
            tuple(plain["centre"]),
            tuple(plain["spread"]),
            tuple(plain["holes"]),
        )

    def _check(self, frame: pl.DataFrame) -> None:
        if lacking := [c for c in self.columns if c not in frame.columns]:
            raise DataError(
                Text(f"column '{lacking[0]}' is not in the table", f"表中没有列“{lacking[0]}”"),
                fix=Text("the model needs: ", "模型需要：").en + ", ".join(self.columns),
            )

    def _coded(self, column: pl.Series, name: str) -> Array:
        if name not in self.levels:
            return column.cast(pl.Float64).fill_null(np.nan).to_numpy()
        code = {level: float(i) for i, level in enumerate(self.levels[name])}
        if not code:
            return np.full(len(column), np.nan)
        coded = column.cast(pl.String).replace_strict(code, default=None, return_dtype=pl.Float64)
        return coded.fill_null(np.nan).to_numpy()

    def _scaled(self, raw: Array, clip: float) -> Array:
        lost = ~np.isfinite(raw)
        scaled = (np.where(lost, 0.0, raw) - np.asarray(self.centre)) / np.asarray(self.spread)
        scaled = np.clip(np.where(lost, 0.0, scaled), -clip, clip)
        return np.hstack([scaled, lost[:, list(self.holes)].astype(np.float64)])

    def _hot(self, codes: Array, name: str) -> Array:
        return np.asarray(codes[:, None] == np.arange(self.hot_width(name))[None, :], dtype=np.float64)


def learn_encoding(frame: pl.DataFrame) -> Encoding:
    """Learn levels, medians and robust spreads (1.35 of the interquartile range is one standard deviation).

    A constant column gets spread 1; where the quartiles coincide the standard deviation is taken.
    """
    numbers = [c for c in frame.columns if frame[c].dtype.is_numeric()]
    levels = {c: _levels(frame[c]) for c in frame.columns if c not in numbers}
    raw = frame.select(numbers).to_numpy().astype(np.float64) if numbers else np.empty((frame.height, 0))
    centre, spread = [], []
    for column in raw.T:
        known = column[np.isfinite(column)]
        low, middle, high = np.quantile(known, (0.25, 0.5, 0.75)) if len(known) else (0.0, 0.0, 0.0)
        width = (high - low) / 1.349 or (float(np.std(known)) if len(known) else 0.0)
        centre.append(float(middle))
        spread.append(float(width) if width > 1e-12 * max(1.0, abs(middle)) else 1.0)
    holes = tuple(int(i) for i in np.flatnonzero(~np.isfinite(raw).all(axis=0)))
    return Encoding(tuple(frame.columns), levels, tuple(centre), tuple(spread), holes)


def _levels(column: pl.Series) -> tuple[str, ...]:
    """Levels, most frequent first, ties by name."""
    counts = column.drop_nulls().value_counts().sort(["count", column.name], descending=[True, False])
    return tuple(counts[column.name].to_list())
