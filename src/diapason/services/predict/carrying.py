"""Uncertainty of the sensors carried through a model to each of its predictions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.uncertainty import Budget, Sensor, budget, carried, step
from diapason.errors import DataError
from diapason.services.score.needs import read, sensors
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import Contract, Role
from diapason.vocabulary.wire import plain

__all__ = ["Sensors", "declared", "spread"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sensors:
    """Budgets of the tags among a model's inputs."""

    budgets: tuple[Budget, ...]

    def told(self) -> list[dict[str, Any]]:
        """As plain facts."""
        return [dict(plain(b)) for b in self.budgets]


def declared(file: Path, rows: pl.DataFrame, contract: Contract, today: date) -> Sensors:
    """Budgets of declared sensors, for inputs that are there; a step that is not declared is taken from the data.

    Raises:
        DataError: the file is not as it must be, or declares no sensor of an input.
    """
    known = sensors(read(file), today)
    inputs = [c.name for c in contract.columns if c.role is Role.FEATURE and c.kind == "number"]
    mine = [known[n] for n in inputs if n in known and n in rows.columns and rows[n].dtype.is_numeric()]
    made = [budget(s, seen=_step(rows, s)) for s in mine]
    if not any(b.parts for b in made):
        raise DataError(
            Text("no uncertainty of any input of the model is declared", "未声明模型任何输入的不确定度"),
            at=str(file),
            fix=Text("declare sensors of: ", "请声明以下测点的传感器：") + ", ".join(inputs),
        )
    return Sensors(tuple(b for b in made if b.parts))


def _step(rows: pl.DataFrame, sensor: Sensor) -> float | None:
    if sensor.resolution is not None:
        return None
    return step(rows[sensor.tag].cast(pl.Float64).drop_nulls().unique().sort().to_numpy())


def spread(
    known: Sensors,
    rows: pl.DataFrame,
    examples: Callable[[pl.DataFrame], Examples],
    predict: Callable[[Examples], Array],
    said: pl.DataFrame,
) -> pl.DataFrame:
    """Columns that tell what the sensors' uncertainty makes of each prediction.

    Numbers: `u_inputs`, its standard uncertainty, and `low_all`, `high_all`, the interval with that added in squares.
    Classes: `same_class`, the share of draws in which the class stays. Monitors: `u_inputs` of the measure.

    Args:
        examples: rows of the file as the model's examples.
        said: prediction and, for numbers, low and high.
    """
    base = predict(examples(rows))

    def again(errors: Mapping[str, Array]) -> Array:
        guess = predict(examples(_moved(rows, errors)))
        return guess if guess.ndim == 1 else (guess.argmax(axis=1) == base.argmax(axis=1)).astype(np.float64)

    told = carried(again, known.budgets, rows.height)
    if base.ndim == 2:
        return pl.DataFrame({"same_class": told.mean})
    columns = {"u_inputs": told.u}
    if "low" in said.columns:
        reach = NormalDist().inv_cdf(0.5 + told.level / 2) * told.u
        low, high = (said[n].cast(pl.Float64).fill_null(float("nan")).to_numpy() for n in ("low", "high"))
        columns["low_all"] = base - np.sqrt(np.square(base - low) + np.square(reach))
        columns["high_all"] = base + np.sqrt(np.square(high - base) + np.square(reach))
    return pl.DataFrame(columns).fill_nan(None)


def _moved(rows: pl.DataFrame, errors: Mapping[str, Array]) -> pl.DataFrame:
    """The rows with errors added to their readings."""
    return rows.with_columns((pl.col(tag).cast(pl.Float64) + pl.Series(e)).alias(tag) for tag, e in errors.items())
