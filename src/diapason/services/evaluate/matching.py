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

_NOTHING = ("", "nan", "na", "n/a", "null", "none")


def matched(data: bytes, examples: Examples, frame: pl.DataFrame, contract: Contract, at: str) -> tuple[Array, int]:
    """Predictions in the order of the examples, nan where there is none; and how many lines speak of no row.

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
        raise DataError(
            Text("not a table in CSV", "不是 CSV 表格"),
            at=at,
            fix=Text("save it as CSV: a line of names, commas, UTF-8", "请存为 CSV：首行为列名，逗号分隔，UTF-8 编码"),
        ) from error
    there, shares = set(table.columns), set(_shares_of(examples))
    if "prediction" not in there and not (shares and shares <= there):
        raise DataError(Text("no column 'prediction'", "没有列“prediction”"), at=at, fix=_columns(table))
    placed, foreign = _placed(table, examples, frame, contract, at)
    made = _values(placed, examples, at)
    if not np.isfinite(made).any():
        raise DataError(
            Text("no row of the dataset has a prediction", "数据集的任何一行都没有预测"),
            at=at,
            fix=Text("check the column that matches rows, and the predictions", "请检查用于匹配行的列与预测值"),
        )
    return made, foreign


def _placed(
    table: pl.DataFrame, examples: Examples, frame: pl.DataFrame, contract: Contract, at: str
) -> tuple[pl.DataFrame, int]:
    """The table's lines in the order of the examples, columns null where there is none; and those of no stored row."""
    rows = pl.DataFrame({ROW: examples.rows})
    by = next((c for c in (ROW, "row") if c in table.columns), None)
    if by is not None:
        keyed = table.with_columns(pl.col(by).cast(pl.Int64, strict=False).alias(ROW))
        return _joined(rows, keyed, [ROW], at), _foreign(keyed, frame.select(ROW), [ROW])
    keys = [c for c in (contract.first(Role.ASSET), contract.first(Role.TIME)) if c]
    if keys and set(keys) <= set(table.columns):
        known = rows.join(frame.select(ROW, *keys), on=ROW, how="left", maintain_order="left")
        said = [pl.col(k).cast(pl.String) for k in keys]
        keyed = table.with_columns(_like(table, frame, keys))
        lines = _foreign(keyed, frame.select(keys).with_columns(said), keys)
        return _joined(known.with_columns(said), keyed, keys, at), lines
    return _in_order(table, examples, frame, at), 0


def _foreign(table: pl.DataFrame, stored: pl.DataFrame, keys: list[str]) -> int:
    """Lines whose key is that of no stored row, or is no key at all."""
    return table.height - table.join(stored.unique(), on=keys, how="semi").height


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
    return _numbers(table["prediction"], at)


def _numbers(column: pl.Series, at: str) -> Array:
    """Numbers, nan where the cell is empty or says so."""
    if column.dtype == pl.String:
        word = column.str.strip_chars().str.to_lowercase()
        known = word.is_null() | word.is_in(_NOTHING)
        number = word.cast(pl.Float64, strict=False)
        if (odd := column.filter(number.is_null() & ~known)).len():
            raise DataError(
                Text(f"'{odd[0]}' is not a number", f"“{odd[0]}”不是数"),
                at=f"{at}, prediction",
                fix=Text("one number per row, empty where there is none", "每行一个数，没有则留空"),
            )
        column = number
    return column.cast(pl.Float64).fill_null(np.nan).to_numpy().copy()


def _shares_of(examples: Examples) -> list[str]:
    """Columns of probabilities, one per class."""
    return [f"p_{c}" for c in examples.classes] if examples.task is Task.CLASSIFICATION else []


def _shares(table: pl.DataFrame, examples: Examples, at: str) -> Array:
    """Probabilities as given, or 1 for the class that is said."""
    names = _shares_of(examples)
    if set(names) <= set(table.columns):
        return np.asarray(
            table.select(pl.col(names).cast(pl.Float64, strict=False).fill_null(np.nan)).to_numpy(), np.float64
        )
    said = _names(table["prediction"], examples.classes)
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


def _names(column: pl.Series, classes: tuple[str, ...]) -> list[str | None]:
    """Class names as the data has them: 1.0 is class 1 where no class is called 1.0."""
    said = column.cast(pl.String).str.strip_chars().to_list()
    if not column.dtype.is_float():
        return said
    whole = {f"{float(c)!r}": c for c in classes if c.lstrip("-").isdigit()}
    return [s if s is None or s in classes else whole.get(s, s) for s in said]


def _columns(table: pl.DataFrame) -> Text:
    """What the table has instead."""
    names = [c for c in table.columns if c != ROW][:20]
    return Text(
        f"name it so, commas between columns; there are: {', '.join(names)}",
        f"请如此命名该列，列间用逗号；现有：{'、'.join(names)}",
    )
