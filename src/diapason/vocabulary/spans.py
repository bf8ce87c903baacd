"""Lengths of time as people write them."""

from math import isfinite

from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["seconds"]


def seconds(span: str | float, *, at: str = "budget") -> float:
    """Seconds of a span such as 600, "90s", "10m" or "1h".

    >>> seconds("10m")
    600.0

    Raises:
        DataError: it is no time.
    """
    text = str(span).strip().lower()
    unit = {"s": 1.0, "m": 60.0, "h": 3600.0}.get(text[-1:], 0.0)
    try:
        value = float(text[:-1]) * unit if unit else float(text)
    except ValueError:
        value = float("nan")
    if not (isfinite(value) and value > 0):
        raise DataError(
            Text(f"'{span}' is no time", f"“{span}”不是时间"),
            at=at,
            fix=Text("write 90s, 10m or 1h", "请写 90s、10m 或 1h"),
        )
    return value
