"""The state of a pass as plain facts: a line per column, with the error of what is estimated."""

from typing import Any

import numpy as np

from diapason.engines.scan.column import Column
from diapason.engines.scan.table import Scan
from diapason.engines.scan.words import Words

__all__ = ["SHARES", "lines"]

SHARES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
_SHOWN = 20


def lines(scan: Scan) -> list[dict[str, Any]]:
    """A line per column: counts, extremes, moments, quantiles and distinct values with their errors."""
    told = [_number(name, column, scan.shape.limits(name)) for name, column in scan.columns.items()]
    return told + [_word(name, words) for name, words in scan.words.items()]


def _number(name: str, column: Column, limits: tuple[float, float] | None) -> dict[str, Any]:
    known = column["known"]
    spread, skewness, kurtosis = _form(column)
    distinct, error = column.distinct()
    quantiles = dict(zip(SHARES, column.quantiles(np.array(SHARES)), strict=True)) if known else {}
    said = {} if limits is None else {"outside": int(column["below"] + column["above"])}
    return {
        "name": name,
        "kind": "number",
        **said,
        "rows": int(column["rows"]),
        "missing": int(column["missing"]),
        "infinite": int(column["infinite"]),
        "zeros": int(column["zeros"]),
        "low": column["low"] if known else None,
        "high": column["high"] if known else None,
        "mean": _finite(np.float64(column["mean"])) if known else None,
        "deviation": spread,
        "skewness": skewness,
        "kurtosis": kurtosis,
        "distinct": {"value": distinct, "error": error},
        "quantiles": {f"{share:g}": {"value": q.value, "error": q.error} for share, q in quantiles.items()},
        "repeats": int(column["repeats"]),
        "longest_run": int(column.longest()["length"][0]) if len(column.longest()) else 1,
    }


def _form(column: Column) -> tuple[float | None, float | None, float | None]:
    """Standard deviation, skewness and excess kurtosis, of the sample; None where they mean nothing."""
    n, m2, m3, m4 = (np.float64(column[name]) for name in ("known", "m2", "m3", "m4"))
    if n < 2 or not m2 > 0:
        return (0.0 if n > 1 else None), None, None
    with np.errstate(all="ignore"):
        return _finite(np.sqrt(m2 / (n - 1))), _finite(np.sqrt(n) * m3 / m2**1.5), _finite(n * m4 / m2**2 - 3)


def _finite(value: np.float64) -> float | None:
    """A number that can be said; sums of the largest ones there are can't."""
    return float(value) if np.isfinite(value) else None


def _word(name: str, words: Words) -> dict[str, Any]:
    distinct, error = words.distinct()
    return {
        "name": name,
        "kind": "words",
        "rows": words.known + words.missing,
        "missing": words.missing,
        "distinct": {"value": distinct, "error": error},
        "top": [{"value": value, "count": count} for value, count in words.top(_SHOWN)],
    }
