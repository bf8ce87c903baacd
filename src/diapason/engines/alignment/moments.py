"""Columns of time as plain numbers, and back."""

from datetime import timedelta

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["column_like", "duration", "seconds", "spoken"]

Array = NDArray[np.float64]
UNITS = {"ms": 1e-3, "s": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}


def seconds(column: pl.Series) -> Array:
    """A time column as float64: seconds since 1970 for calendar time, the plain number for a count; nan = missing.

    Raises:
        DataError: neither a time nor a number.

    >>> seconds(pl.Series(["1970-01-01 00:01:00"]).str.to_datetime())
    array([60.])
    """
    kind = column.dtype
    if kind == pl.Date:
        column = column.cast(pl.Datetime("us"))
        kind = column.dtype
    if isinstance(kind, pl.Datetime):
        micro = column.dt.convert_time_zone("UTC") if kind.time_zone else column
        return micro.dt.epoch("us").cast(pl.Float64).fill_null(float("nan")).to_numpy() / 1e6
    if isinstance(kind, pl.Duration):
        return column.dt.total_microseconds().cast(pl.Float64).fill_null(float("nan")).to_numpy() / 1e6
    if kind.is_numeric():
        return column.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    raise DataError(
        Text(f"'{column.name}' holds {kind}, not times", f"“{column.name}”是 {kind}，不是时间"),
        fix=Text("name a column of times or counts", "请指定时间列或计数列"),
    )


def column_like(values: ArrayLike, pattern: pl.Series) -> pl.Series:
    """Plain numbers as a column of the pattern's type: the inverse of `seconds`."""
    at = np.asarray(values, dtype=np.float64)
    plain = pl.Series(pattern.name, at).fill_nan(None)
    kind = pl.Datetime("us") if pattern.dtype == pl.Date else pattern.dtype
    if isinstance(kind, pl.Datetime):
        micro = (plain * 1e6).round().cast(pl.Int64).cast(pl.Datetime("us"))
        return micro.dt.replace_time_zone("UTC").dt.convert_time_zone(kind.time_zone) if kind.time_zone else micro
    if isinstance(kind, pl.Duration):
        return (plain * 1e6).round().cast(pl.Int64).cast(pl.Duration("us"))
    return plain if kind.is_float() or np.any(at[np.isfinite(at)] % 1) else plain.cast(pl.Int64)


def duration(text: "str | float | timedelta") -> float:
    """A time span in seconds; a bare number is a count in the column's own unit.

    Raises:
        DataError: not a span.

    >>> [duration(t) for t in ("6h", "90 min", "1.5d", "30")]
    [21600.0, 5400.0, 129600.0, 30.0]
    """
    if isinstance(text, timedelta):
        return text.total_seconds()
    if isinstance(text, int | float):
        return float(text)
    words = text.strip().lower().replace(" ", "")
    number = words.rstrip("abcdefghijklmnopqrstuvwxyz")
    unit = words[len(number) :]
    try:
        return float(number) * (UNITS[unit] if unit else 1.0)
    except (KeyError, ValueError):
        raise DataError(
            Text(f"'{text}' is not a span of time", f"“{text}”不是一段时间"),
            fix=Text("write a number and a unit: 30s, 15min, 6h, 2d", "请写数字加单位：30s、15min、6h、2d"),
        ) from None


def spoken(span: float, *, counted: bool = False) -> str:
    """A time span as people say it; `counted`: a count in the column's own unit.

    >>> spoken(2112.0), spoken(-90.0), spoken(21600.0), spoken(259200.0), spoken(7.25, counted=True)
    ('35.2 min', '-1.5 min', '6 h', '3 d', '7.25')
    """
    unit = next((u for u in ("d", "h") if abs(span) >= 2 * UNITS[u]), "min" if abs(span) >= 60 else "s")
    size = UNITS[unit]
    return f"{span:.4g}" if counted else f"{span / size:.4g} {unit}"
