"""What the values of a column look like, once for all questions about it."""

from dataclasses import dataclass

import polars as pl

__all__ = ["Shape", "saw", "shapes"]


@dataclass(frozen=True, slots=True)
class Shape:
    """Facts of one column in a sample of rows, in the order of the rows."""

    name: str
    dtype: pl.DataType
    rows: int
    filled: int
    distinct: int
    low: float = 0.0
    high: float = 0.0
    runs: int = 0  # stretches of equal values
    rising: bool = False  # never falls
    steady: bool = False  # rises by one with each row

    @property
    def whole(self) -> bool:
        """Whole numbers."""
        return self.dtype.is_integer()

    @property
    def number(self) -> bool:
        """Numbers, flags excepted."""
        return self.dtype.is_numeric()

    @property
    def unique(self) -> bool:
        """Every row has a value of its own."""
        return self.filled == self.rows == self.distinct and self.rows > 10

    @property
    def kind(self) -> str:
        """One of "number", "category", "text", "time" and "flag"."""
        if self.dtype == pl.Boolean or (self.number and self.distinct <= 2 and (self.low, self.high) in _FLAGS):
            return "flag"
        if self.number:
            return "number"
        if isinstance(self.dtype, pl.Datetime | pl.Date):
            return "time"
        few = self.distinct <= max(20, min(1000, 0.05 * self.rows)) and self.distinct <= 0.8 * max(1, self.filled)
        return "category" if few or self.filled == 0 else "text"


_FLAGS = {(0.0, 1.0), (0.0, 0.0), (1.0, 1.0)}


def shapes(sample: pl.DataFrame) -> dict[str, Shape]:
    """The shape of every column."""
    return {column.name: _shape(column) for column in sample}


def _shape(column: pl.Series) -> Shape:
    dtype, rows, filled = column.dtype, len(column), len(column) - column.null_count()
    distinct = column.drop_nulls().n_unique() if filled else 0
    if not filled:
        return Shape(column.name, dtype, rows, 0, 0)
    runs = int(column.rle_id()[-1]) + 1
    if not dtype.is_numeric() and not dtype.is_temporal():
        return Shape(column.name, dtype, rows, filled, distinct, runs=runs)
    values = column.to_physical().drop_nulls()
    steps = values.diff().drop_nulls()
    rising = bool((steps >= 0).all()) and distinct > 1
    steady = rising and filled == rows and bool((steps == 1).all())
    low, high = (float(values.min()), float(values.max())) if dtype.is_numeric() else (0.0, 0.0)  # type: ignore[arg-type]
    return Shape(column.name, dtype, rows, filled, distinct, low, high, runs, rising, steady)


def saw(sample: pl.DataFrame, asset: str, time: str) -> bool:
    """Whether `time` rises strictly within every run of `asset` and falls back where the next begins."""
    frame = sample.select(run=pl.col(asset).rle_id(), step=pl.col(time).diff())
    inside = pl.col("run") == pl.col("run").shift(1)
    told = frame.select(
        rises=(pl.col("step") > 0).filter(inside).all(),
        falls=(pl.col("step") <= 0).filter(~inside).all(),
        more=inside.sum() > 0,
        gaps=pl.col("step").null_count() <= 1,
    ).row(0)
    return all(told)
