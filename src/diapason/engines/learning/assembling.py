"""From a table and its contract to examples: leaks out, sorted by asset and time, target as numbers."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.errors import DataError
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import ROW, Contract, Role
from diapason.vocabulary.tasks import Task

__all__ = ["TASKS", "assemble", "inputs", "likely_task"]

Array = NDArray[np.float64]

TASKS = (Task.CLASSIFICATION, Task.REGRESSION, Task.REMAINING_LIFE, Task.MONITORING)
"""Task types that this room learns."""

_MANY, _EACH = 30, 10
"""Different answers from which on a class should have so many rows on average; else it is no class."""

_LIVES = ("rul", "remaining", "remaining_life", "剩余寿命")
"""Names of a target that is a remaining life."""

_NORMAL = ("", "0", "0.0", "false", "no", "normal", "ok", "good", "healthy", "正常", "合格", "否")


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
            Text(f"'{task}' can't be learnt here", f"此处不能学习“{task}”"), fix="choose one of: " + ", ".join(TASKS)
        )
    frame = frame if ROW in frame.columns else frame.with_row_index(ROW).with_columns(pl.col(ROW).cast(pl.Int64))
    order = _ordered(frame, contract)
    frame = order.frame
    target = _target(frame, contract, task, order, classes)
    if horizon is not None and task is Task.REMAINING_LIFE:
        target.values[target.values > horizon] = horizon
    batch = _codes(frame, contract.first(Role.BATCH))[0]
    normal = _first(order, batch, frame.height, normal_first) if task is Task.MONITORING and normal_first else None
    if normal is not None:
        target.values[normal & np.isnan(target.values)] = 0.0
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
        normal=normal,
    )
    keep = np.isfinite(made.target) if target.known and task is not Task.MONITORING else np.ones(len(made), bool)
    if target.known and not keep.any():
        raise DataError(
            Text(f"column '{target.name}' has no usable value", f"列“{target.name}”没有可用的值"), at=contract.name
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


@dataclass(slots=True)
class _Order:
    frame: pl.DataFrame
    asset: NDArray[np.int64] | None
    time: Array | None
    assets: tuple[str, ...]
    unit: str


@dataclass(slots=True)
class _Target:
    values: Array
    known: bool  # the frame carries a target at all
    name: str
    unit: str
    classes: tuple[str, ...] = ()


def _ordered(frame: pl.DataFrame, contract: Contract) -> _Order:
    """Rows of one asset together and in time order; the file's order breaks ties."""
    asset, names = _codes(frame, contract.first(Role.ASSET))
    time, unit = _time(frame, contract.first(Role.TIME))
    keys = [frame[ROW].to_numpy()]
    keys += [] if time is None else [np.nan_to_num(time, nan=np.inf)]
    keys += [] if asset is None else [asset]
    by = np.lexsort(keys)
    return _Order(frame[by], None if asset is None else asset[by], None if time is None else time[by], names, unit)


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


def _target(frame: pl.DataFrame, contract: Contract, task: Task, order: _Order, classes: tuple[str, ...]) -> _Target:
    name = contract.first(Role.TARGET)
    if task is Task.REMAINING_LIFE and (name is None or name not in frame.columns):
        return _remaining(frame, contract, order, name or "remaining_life")
    if name is None and task is not Task.MONITORING:
        raise DataError(
            Text(f"no column has the role 'target', which {task} needs", f"没有目标列，而任务 {task} 需要它"),
            at=contract.name,
            fix=Text("ingest again with --target NAME", "重新导入并给出 --target 列名"),
        )
    if name is None or name not in frame.columns:
        return _Target(np.full(frame.height, np.nan), False, name or "alarm", "", classes)
    if task is Task.CLASSIFICATION:
        return _classes(frame[name], name, classes)
    if task is Task.MONITORING:
        return _Target(_abnormal(frame[name]), True, name, "")
    values = _numbers(frame[name])
    if task is Task.REMAINING_LIFE:
        _check_life(values, order, name)
    return _Target(values, True, name, contract.column(name).unit)


def _check_life(values: Array, order: _Order, name: str) -> None:
    """Refuse a remaining life that is negative, or that grows as time goes on."""
    same = np.ones(max(len(values) - 1, 0), bool) if order.asset is None else order.asset[1:] == order.asset[:-1]
    steps = np.diff(values)[same]
    steps = steps[np.isfinite(steps) & (steps != 0)]
    grows = order.time is not None and len(steps) > 0 and float((steps > 0).mean()) > 0.4
    if grows or (values < 0).any():
        why = Text("does not fall as time goes on", "没有随时间下降") if grows else Text("is negative", "为负")
        raise DataError(
            Text(f"'{name}' is no remaining life: it {why.en}", f"“{name}”不是剩余寿命：{why.zh}"),
            at=name,
            fix=Text("choose --task regression, or another target", "改用 --task regression，或另选目标列"),
        )


def _remaining(frame: pl.DataFrame, contract: Contract, order: _Order, name: str) -> _Target:
    """Last time of the asset minus time, where each asset ran to failure."""
    if not contract.run_to_failure:
        return _Target(np.full(frame.height, np.nan), False, name, "")
    if order.time is None:
        raise DataError(
            Text("remaining life needs a time column", "剩余寿命需要时间列"),
            at=contract.name,
            fix=Text("ingest again with --time NAME", "重新导入并给出 --time 列名"),
        )
    asset = np.zeros(frame.height, np.int64) if order.asset is None else order.asset
    last = np.full(int(asset.max()) + 1, -np.inf)
    np.maximum.at(last, asset, order.time)
    return _Target(last[asset] - order.time, True, name, order.unit)


def _classes(column: pl.Series, name: str, classes: tuple[str, ...]) -> _Target:
    said = _said(column)
    found = tuple(said.drop_nulls().unique().sort().to_list())
    names = classes or found
    if unknown := sorted(set(found) - set(names)):
        raise DataError(
            Text(f"class '{unknown[0]}' is not known to the model", f"模型不认识类别“{unknown[0]}”"),
            at=name,
            fix="known classes: " + ", ".join(names),
        )
    if not classes and len(found) > _MANY and len(found) * _EACH > said.count():
        other = "regression" if column.dtype.is_numeric() else "regression with a number"
        raise DataError(
            Text(
                f"target '{name}' has {len(found)} different answers in {said.count()} rows: too many for classes",
                f"目标“{name}”在 {said.count()} 行中有 {len(found)} 种取值，作为类别太多",
            ),
            at=name,
            fix=Text(
                f"choose --task {other}, or a target with fewer classes", "改用 --task regression，或另选类别较少的目标"
            ),
        )
    if len(names) < 2:
        raise DataError(
            Text(f"target '{name}' has one class only", f"目标“{name}”只有一个类别"),
            fix=Text("choose another target", "请另选目标列"),
        )
    codes = said.replace_strict({c: float(i) for i, c in enumerate(names)}, default=None, return_dtype=pl.Float64)
    return _Target(codes.fill_null(np.nan).to_numpy().copy(), True, name, "", names)


def _said(column: pl.Series) -> pl.Series:
    """Labels as text; 1.0 and 1 are the same label."""
    if column.dtype.is_float():
        whole = column.drop_nulls()
        if ((whole - whole.round()).abs() == 0).all():
            return column.cast(pl.Int64, strict=False).cast(pl.String)
    return column.cast(pl.String)


def _abnormal(column: pl.Series) -> Array:
    """0 = normal, 1 = abnormal, nan = not known."""
    said = _said(column).str.strip_chars().str.to_lowercase()
    values = pl.Series(np.where(said.is_in(_NORMAL).fill_null(False), 0.0, 1.0))
    return values.set(column.is_null(), None).fill_null(np.nan).to_numpy().copy()


def _numbers(column: pl.Series) -> Array:
    if not (column.dtype.is_numeric() or column.dtype == pl.Boolean):
        raise DataError(
            Text(f"target '{column.name}' is not a number", f"目标“{column.name}”不是数字"),
            fix=Text("choose --task classification, or another target", "改用 --task classification 或另选目标列"),
        )
    return column.cast(pl.Float64).fill_null(np.nan).to_numpy().copy()


def _first(order: _Order, batch: NDArray[np.int64] | None, n: int, count: int) -> NDArray[np.bool_]:
    """The first `count` rows of each asset, else of each batch, else of the table."""
    groups = order.asset if order.asset is not None else batch
    if groups is None:
        return np.arange(n) < count
    by = np.argsort(groups, kind="stable")
    rank = np.empty(n, np.int64)
    rank[by] = np.arange(n) - np.searchsorted(groups[by], groups[by])
    return rank < count
