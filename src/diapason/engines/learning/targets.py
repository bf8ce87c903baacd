"""What the answer of each row is: a class, a value, a remaining life, normal or not; or why it cannot be one."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.errors import DataError
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import Contract, Role
from diapason.vocabulary.tasks import Task

__all__ = ["Order", "Target", "target_of"]

Array = NDArray[np.float64]

_NORMAL = ("", "0", "0.0", "false", "no", "normal", "ok", "good", "healthy", "正常", "合格", "否")
_MANY, _EACH = 30, 10
"""Different answers from which on a class should have so many rows on average; else it is no class."""


@dataclass(slots=True)
class Order:
    """Rows of one asset together and in time order."""

    frame: pl.DataFrame
    asset: NDArray[np.int64] | None
    time: Array | None
    assets: tuple[str, ...]
    unit: str


@dataclass(slots=True)
class Target:
    """One answer per row, nan where none is known."""

    values: Array
    known: bool  # the frame carries a target at all
    name: str
    unit: str
    classes: tuple[str, ...] = ()


def target_of(frame: pl.DataFrame, contract: Contract, task: Task, order: Order, classes: tuple[str, ...]) -> Target:
    """The target of ordered rows.

    Args:
        classes: names of class codes where a model has fixed them; a class outside of them is an error.

    Raises:
        DataError: there is none, or it can't be what the task needs.
    """
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
        return Target(np.full(frame.height, np.nan), False, name or "alarm", "", classes)
    if task is Task.CLASSIFICATION:
        return _classes(frame[name], name, classes)
    if task is Task.MONITORING:
        return Target(_abnormal(frame[name]), True, name, "")
    values = _numbers(frame[name])
    if task is Task.REMAINING_LIFE:
        _check_life(values, order, name)
    return Target(values, True, name, contract.column(name).unit)


def _check_life(values: Array, order: Order, name: str) -> None:
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


def _remaining(frame: pl.DataFrame, contract: Contract, order: Order, name: str) -> Target:
    """Last time of the asset minus time, where each asset ran to failure."""
    if not contract.run_to_failure:
        return Target(np.full(frame.height, np.nan), False, name, "")
    if order.time is None:
        raise DataError(
            Text("remaining life needs a time column", "剩余寿命需要时间列"),
            at=contract.name,
            fix=Text("ingest again with --time NAME", "重新导入并给出 --time 列名"),
        )
    asset = np.zeros(frame.height, np.int64) if order.asset is None else order.asset
    last = np.full(int(asset.max()) + 1, -np.inf)
    np.maximum.at(last, asset, order.time)
    return Target(last[asset] - order.time, True, name, order.unit)


def _classes(column: pl.Series, name: str, classes: tuple[str, ...]) -> Target:
    said = _said(column)
    found = tuple(said.drop_nulls().unique().sort().to_list())
    names = classes or found
    if unknown := sorted(set(found) - set(names)):
        raise DataError(
            Text(f"class '{unknown[0]}' is not known to the model", f"模型不认识类别“{unknown[0]}”"),
            at=name,
            fix=Text("known classes: ", "已知类别：") + ", ".join(names),
        )
    if not classes and len(found) > _MANY and len(found) * _EACH > said.count():
        raise _crowded(name, len(found), said.count())
    if len(names) < 2:
        raise DataError(
            Text(f"target '{name}' has one class only", f"目标“{name}”只有一个类别"),
            fix=Text("choose another target", "请另选目标列"),
        )
    codes = said.replace_strict({c: float(i) for i, c in enumerate(names)}, default=None, return_dtype=pl.Float64)
    return Target(codes.fill_null(np.nan).to_numpy().copy(), True, name, "", names)


def _crowded(name: str, found: int, rows: int) -> DataError:
    return DataError(
        Text(
            f"target '{name}' has {found} different answers in {rows} rows: too many for classes",
            f"目标“{name}”在 {rows} 行中有 {found} 种取值，作为类别太多",
        ),
        at=name,
        fix=Text(
            "choose --task regression, or a target with fewer classes", "改用 --task regression，或另选类别较少的目标"
        ),
    )


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
