"""Rows a model may learn from or be judged on."""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.errors import DataError
from diapason.vocabulary.language import Text
from diapason.vocabulary.tasks import Task

__all__ = ["Examples"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Examples:
    """Features and target of n rows, with the asset and the time that an honest split needs.

    `features` holds numbers (Float64, null = missing) and categories (String). `target` is (n,) float64: class code,
    value, remaining life, or for monitoring 0 = normal, 1 = abnormal, nan = not known. `time` is (n,) float64 in
    `time_unit`; for calendar time seconds since 1970 UTC. Rows of one asset are contiguous and in time order.

    `weight` says how much each row counts where it is learnt from: 0 = as if absent, 3 = as if there three times. Rows
    that are judged on are never weighted by it. Rows that a treatment invented have negative `rows`.
    """

    task: Task
    features: pl.DataFrame
    target: Array
    rows: NDArray[np.int64]  # values of the `_row` column
    asset: NDArray[np.int64] | None = None  # code 0..k-1 of each row's asset
    time: Array | None = None
    classes: tuple[str, ...] = ()  # names of class codes
    target_name: str = "target"
    target_unit: str = ""
    time_unit: str = "s"  # "s" or "" where time is a plain count such as cycles
    assets: tuple[str, ...] = ()  # names of asset codes
    batch: NDArray[np.int64] | None = None  # code 0..b-1 of each row's batch
    normal: NDArray[np.bool_] | None = None  # monitoring: rows declared as normal operation, the only ones learnt from
    weight: Array | None = None  # (n,) float64, how much each row counts in learning; None = all alike

    def __post_init__(self) -> None:
        lengths = {len(x) for x in self._columns() if x is not None}
        if lengths != {self.features.height}:
            raise DataError(f"features have {self.features.height} rows, the rest {sorted(lengths)}")
        if self.weight is not None and not (np.isfinite(self.weight).all() and (self.weight >= 0).all()):
            raise DataError(
                Text("weights of rows must be finite and not negative", "行的权重必须有限且非负"),
                at="weight",
                fix=Text("give 0 to a row that must not count", "不应计入的行请设为 0"),
            )

    def _columns(self) -> tuple[NDArray[np.generic] | None, ...]:
        return (self.target, self.rows, self.asset, self.time, self.batch, self.normal, self.weight)

    def __len__(self) -> int:
        return self.features.height

    @property
    def generated(self) -> NDArray[np.bool_]:
        """Rows that a treatment invented, shape (n,): learnt from, never judged on, flagged where they are stored."""
        return np.asarray(self.rows < 0)

    def take(self, index: NDArray[np.int64]) -> "Examples":
        """The rows at these positions (not `_row` numbers), in that order."""
        return replace(
            self,
            features=self.features[index],
            target=self.target[index],
            rows=self.rows[index],
            asset=None if self.asset is None else self.asset[index],
            time=None if self.time is None else self.time[index],
            batch=None if self.batch is None else self.batch[index],
            normal=None if self.normal is None else self.normal[index],
            weight=None if self.weight is None else self.weight[index],
        )
