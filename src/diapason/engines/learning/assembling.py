"""From a table and its contract to examples: leaks out, sorted by asset and time, target as numbers."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.learning.targets import Order, target_of
from diapason.errors import DataError
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import ROW, Contract, Role
from diapason.vocabulary.tasks import Task

__all__ = ["TASKS", "assemble", "inputs", "likely_task"]

Array = NDArray[np.float64]

TASKS = (Task.CLASSIFICATION, Task.REGRESSION, Task.REMAINING_LIFE, Task.MONITORING)
"""Task types that this room learns."""


_LIVES = ("rul", "remaining", "remaining_life", "剩余寿命")
"""Names of a target that is a remaining life."""


def assemble(
    frame: pl.DataFrame,
    contract: Contract,
    task: Task,
    *,
    horizon: float | None = None,
    normal_first: int = 0,
    classes: tuple[str, ...] = (),
) -> Examples:
    """Make examples: no leaks, no ignored columns, sorted by asset and time, rows without a target left out.

    Args:
        frame: the columns of the contract and `_row`; without `_row` rows are numbered 0...
        horizon: for remaining life, cap of the truth in time units: further away counts as "at least so much".
        normal_first: for monitoring, the first rows of each asset, else of each batch or recording, that are declared
            normal and learnt from.
        classes: names of class codes, where a model has fixed them already; a class outside of them is an error.

    Returns:
        Examples; if the target column isn't in the frame (new data), the target is nan and no row is left out.

    Raises:
        DataError: a column of the contract is missing, or target or time can't be what the task needs.
    """
    if task not in TASKS:
        raise DataError(
            Text(f"'{task}' can't be learnt here", f"此处不能学习“{task}”"),
            fix=Text("choose one of: ", "可选：") + ", ".join(TASKS),
        )
    frame = frame if ROW in frame.columns else frame.with_row_index(ROW).with_columns(pl.col(ROW).cast(pl.Int64))
    order = _ordered(frame, contract)
    frame = order.frame
    target = target_of(frame, contract, task, order, classes)
    if horizon is not None and task is Task.REMAINING_LIFE:
        target.values[target.values > horizon] = horizon
    batch = _codes(frame, contract.first(Role.BATCH))[0]
    watched = task is Task.MONITORING and normal_first > 0
    made = Examples(
        task=task,
        features=_features(frame, contract),
        target=target.values,
        rows=frame[ROW].to_numpy().astype(np.int64),
        asset=order.asset,
        time=order.time,
        classes=target.classes,
        target_name=target.name,
        target_unit=target.unit,
        time_unit=order.unit,
        assets=order.assets,
        batch=batch,
        normal=_declared(order, batch, target.values, normal_first) if watched else None,
    )
    return _with_target(made, contract.name) if target.known and task is not Task.MONITORING else made


def _with_target(made: Examples, name: str) -> Examples:
    """The rows whose target is known."""
    keep = np.isfinite(made.target)
    if not keep.any():
        raise DataError(
            Text(f"column '{made.target_name}' has no usable value", f"列“{made.target_name}”没有可用的值"), at=name
        )
    return made if keep.all() else made.take(np.flatnonzero(keep))


def likely_task(contract: Contract) -> Task:
    """What a table is most likely for, by its target: a person decides."""
    name = contract.first(Role.TARGET)
    if name is None:
        return Task.REMAINING_LIFE if contract.run_to_failure else Task.MONITORING
    if contract.run_to_failure or name.lower() in _LIVES:
        return Task.REMAINING_LIFE
    return Task.REGRESSION if contract.column(name).kind == "number" else Task.CLASSIFICATION


def inputs(contract: Contract) -> tuple[str, ...]:
    """Names of the columns a model may see: features that aren't times or free texts."""
    return tuple(
        c.name for c in contract.columns if c.role is Role.FEATURE and c.kind in ("number", "category", "flag")
    )


def _ordered(frame: pl.DataFrame, contract: Contract) -> Order:
    """Rows of one asset together and in time order; the file's order breaks ties."""
    asset, names = _codes(frame, contract.first(Role.ASSET))
    time, unit = _time(frame, contract.first(Role.TIME))
    keys = [frame[ROW].to_numpy()]
    keys += [] if time is None else [np.nan_to_num(time, nan=np.inf)]
    keys += [] if asset is None else [asset]
    by = np.lexsort(keys)
    return Order(frame[by], None if asset is None else asset[by], None if time is None else time[by], names, unit)


def _need(frame: pl.DataFrame, name: str) -> pl.Series:
    if name not in frame.columns:
        raise DataError(
            Text(f"column '{name}' of the contract is not in the table", f"表中没有契约所列的列“{name}”"),
            fix=Text("add the column, or mend the contract", "补上该列，或修改契约"),
        )
    return frame[name]


def _codes(frame: pl.DataFrame, name: str | None) -> tuple[NDArray[np.int64] | None, tuple[str, ...]]:
    """Codes 0..k-1 in the order of the sorted names (numbers by value), and the names."""
    if name is None:
        return None, ()
    column = _need(frame, name)
    levels = column.drop_nulls().unique().sort()
    names = [str(x) for x in levels] + (["?"] if column.null_count() else [])
    code = {x: i for i, x in enumerate(levels)}
    mapped = (
        column.replace_strict(code, default=len(levels), return_dtype=pl.Int64)
        if code
        else pl.zeros(frame.height, pl.Int64, eager=True)
    )
    return mapped.fill_null(len(levels)).to_numpy().astype(np.int64), tuple(names)


def _time(frame: pl.DataFrame, name: str | None) -> tuple[Array | None, str]:
    """Time as numbers: seconds since 1970 UTC for calendar time, else the count itself."""
    if name is None:
        return None, ""
    column = _need(frame, name)
    if column.dtype.is_numeric():
        return column.cast(pl.Float64).to_numpy().astype(np.float64), ""
    if column.dtype in (pl.Date, pl.Datetime):
        micro = column.cast(pl.Datetime("us")).dt.epoch("us").cast(pl.Float64)
        return np.asarray(micro.to_numpy(), np.float64) / 1e6, "s"
    raise DataError(
        Text(f"time column '{name}' holds {column.dtype}", f"时间列“{name}”的类型是 {column.dtype}"),
        fix=Text("ingest it as a time or a number", "请以时间或数字类型导入"),
    )


def _features(frame: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """Float64 for numbers and flags, String for categories; empty texts and nan are missing."""
    columns = []
    for name in inputs(contract):
        column = _need(frame, name)
        if contract.column(name).kind == "category" or column.dtype in (pl.String, pl.Categorical, pl.Enum):
            text = column.cast(pl.String)
            columns.append(text.set(text == "", None))
        else:
            columns.append(column.cast(pl.Float64).fill_nan(None))
    if not columns:
        raise DataError(
            Text("no column is left to learn from", "没有可供学习的列"),
            at=contract.name,
            fix=Text("give at least one column the role 'feature'", "至少把一列的角色设为 feature"),
        )
    return pl.DataFrame(columns)


def _declared(order: Order, batch: NDArray[np.int64] | None, target: Array, count: int) -> NDArray[np.bool_]:
    """The first `count` rows of each asset, else of each batch, else of the table; their target is normal."""
    normal = _first(order, batch, len(target), count)
    target[normal & np.isnan(target)] = 0.0
    return normal


def _first(order: Order, batch: NDArray[np.int64] | None, n: int, count: int) -> NDArray[np.bool_]:
    """Which rows are among the first `count` of their group."""
    groups = order.asset if order.asset is not None else batch
    if groups is None:
        return np.arange(n) < count
    by = np.argsort(groups, kind="stable")
    rank = np.empty(n, np.int64)
    rank[by] = np.arange(n) - np.searchsorted(groups[by], groups[by])
    return rank < count
