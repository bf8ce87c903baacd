"""A table of predictions made elsewhere, put in the order of the rows that are judged."""

from io import BytesIO

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.errors import DataError
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import ROW, Contract, Role
from diapason.vocabulary.tasks import Task

__all__ = ["matched"]

Array = NDArray[np.float64]


def matched(data: bytes, examples: Examples, frame: pl.DataFrame, contract: Contract, at: str) -> Array:
    """Predictions in the order of the examples, nan where there is none.

    Matched by a column `_row` or `row`; else by the contract's asset and time columns, where the table has them; else
    line by line in the order in which the dataset's rows came in.

    Args:
        frame: the dataset's rows as stored.

    Raises:
        DataError: no table, two predictions for one row, lengths differ, a class is unknown, no prediction at all.
    """
    try:
        table = pl.read_csv(BytesIO(data), infer_schema_length=None)
    except pl.exceptions.PolarsError as error:
        raise DataError(Text("not a table in CSV", "不是 CSV 表格"), at=at, fix=str(error)[:300]) from error
    placed = _placed(table, examples, frame, contract, at)
    made = _values(placed, examples, at)
    if not np.isfinite(made).any():
        raise DataError(
            Text("no row of the dataset has a prediction", "数据集的任何一行都没有预测"),
            at=at,
            fix=Text("check the column that matches rows", "请检查用于匹配行的列"),
        )
    return made


def _placed(table: pl.DataFrame, examples: Examples, frame: pl.DataFrame, contract: Contract, at: str) -> pl.DataFrame:
    """The table's lines in the order of the examples; columns null where there is none."""
    rows = pl.DataFrame({ROW: examples.rows})
    by = next((c for c in (ROW, "row") if c in table.columns), None)
    if by is not None:
        keyed = table.with_columns(pl.col(by).cast(pl.Int64, strict=False).alias(ROW))
        return _joined(rows, keyed, [ROW], at)
    keys = [c for c in (contract.first(Role.ASSET), contract.first(Role.TIME)) if c]
    if keys and set(keys) <= set(table.columns):
        known = rows.join(frame.select(ROW, *keys), on=ROW, how="left", maintain_order="left")
        said = [pl.col(k).cast(pl.String) for k in keys]
        return _joined(known.with_columns(said), table.with_columns(_like(table, frame, keys)), keys, at)
    return _in_order(table, examples, frame, at)


def _like(table: pl.DataFrame, frame: pl.DataFrame, keys: list[str]) -> list[pl.Series]:
    """Key columns as text in the dataset's own form: 1 and 1.0 are one asset, times are read as times."""
    made = []
    for key in keys:
        column, kind = table[key], frame[key].dtype
        if kind.is_temporal() and column.dtype == pl.String:
            column = column.str.to_datetime(strict=False)
        made.append(column.cast(kind, strict=False).cast(pl.String))
    return made


def _joined(rows: pl.DataFrame, table: pl.DataFrame, keys: list[str], at: str) -> pl.DataFrame:
    if twice := table.drop_nulls(keys).select(keys).is_duplicated().sum():
        raise DataError(
            Text(f"{twice} lines speak of the same row as another", f"有 {twice} 行与其他行指向同一数据行"),
            at=f"{at}, {' + '.join(keys)}",
            fix=Text("one prediction per row", "每行只能有一个预测"),
        )
    return rows.join(table, on=keys, how="left", maintain_order="left")


def _in_order(table: pl.DataFrame, examples: Examples, frame: pl.DataFrame, at: str) -> pl.DataFrame:
    """Line i speaks of the i-th stored row, or of the i-th of those that are judged."""
    for rows in (np.sort(frame[ROW].to_numpy()), np.sort(examples.rows)):
        if table.height == len(rows):
            return table[np.searchsorted(rows, examples.rows)]
    raise DataError(
        Text(f"{table.height} predictions for {frame.height} rows", f"{table.height} 个预测，数据有 {frame.height} 行"),
        at=at,
        fix=Text("one line per row in the file's order, or a column _row", "按文件顺序每行一个预测，或提供 _row 列"),
    )


def _values(table: pl.DataFrame, examples: Examples, at: str) -> Array:
    if examples.task is Task.CLASSIFICATION:
        return _shares(table, examples, at)
    if "prediction" not in table.columns or not table["prediction"].dtype.is_numeric():
        raise DataError(
            Text("no numeric column 'prediction'", "没有数值列“prediction”"),
            at=at,
            fix="columns: " + ", ".join(table.columns),
        )
    return table["prediction"].cast(pl.Float64).fill_null(np.nan).to_numpy().copy()


def _shares(table: pl.DataFrame, examples: Examples, at: str) -> Array:
    """Probabilities as given, or 1 for the class that is said."""
    names = [f"p_{c}" for c in examples.classes]
    if set(names) <= set(table.columns):
        return np.asarray(table.select(pl.col(names).cast(pl.Float64).fill_null(np.nan)).to_numpy(), np.float64)
    if "prediction" not in table.columns:
        raise DataError(
            Text("no column 'prediction'", "没有列“prediction”"), at=at, fix="columns: " + ", ".join(table.columns)
        )
    said = table["prediction"].cast(pl.String).str.strip_chars().to_list()
    code = {c: i for i, c in enumerate(examples.classes)}
    if unknown := sorted({s for s in said if s is not None} - set(code)):
        raise DataError(
            Text(f"class '{unknown[0]}' is not in the data", f"类别“{unknown[0]}”不在数据中"),
            at=at,
            fix=Text("known: " + ", ".join(code), "已知：" + "、".join(code)),
        )
    out = np.full((len(said), len(code)), np.nan)
    for i, s in enumerate(said):
        if s is not None:
            out[i] = np.arange(len(code)) == code[s]
    return out
