"""Forecasts on recorded history beside what came: how many lay in their interval, and how far off they were."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diapason.engines.quality.tails import wilson
from diapason.services.operate.foreseeing import STEPS, ahead_of
from diapason.services.operate.watched import Watch

__all__ = ["hindsight"]

Array = NDArray[np.float64]

_MADE = 200
"""Forecasts that are made of one history at most, evenly spread, no two over the same stretch."""
_ROWS = 128
_FEWEST = 48
_MOST = 200_000
"""Stretches that are looked at; of a longer history the last ones."""


def hindsight(w: Watch, moments: Array, values: Array) -> dict[str, Any]:
    """What would have been foreseen of one tag, at its end and all along.

    Args:
        moments: shape (n,), s or a count, ascending.
        values: shape (n,), nan = missing.

    Returns:
        spacing_s; seen_s, forecast, reach at the end, as `Outlook.told`; made (forecasts that can be compared), inside
        (share in their interval, with low and high, 95 %), error and as_now (mean absolute; None = none was made);
        limits (told of, and how many of them came within the interval).
    """
    rows, spacing = _even(w, moments, values)
    end = ahead_of(w, rows[-_ROWS:], spacing) if len(rows) else {"seen_s": 0.0, "forecast": None, "reach": None}
    number = min(_MADE, (len(rows) - _FEWEST) // (2 * STEPS))
    at = np.linspace(_FEWEST, len(rows) - 2, number).astype(int) if number > 0 else ()
    said = [(int(i), ahead_of(w, rows[max(0, i + 1 - _ROWS) : i + 1], spacing)) for i in at]
    return end | {"spacing_s": spacing} | _compared(rows, said, spacing) | {"limits": _limits(w, rows, said, spacing)}


def _even(w: Watch, moments: Array, values: Array) -> tuple[Array, float]:
    """Means over even stretches, as long as the line would have them in the end."""
    if len(moments) < 2:
        return np.empty(0), 1.0
    usual = float(np.median(np.diff(moments)))
    spacing = max(usual, min(w.ahead / STEPS, (moments[-1] - moments[0]) / _ROWS))
    place = np.floor((moments - moments[-1]) / spacing).astype(np.int64)
    place -= max(int(place[0]), -_MOST)
    kept = (place >= 0) & np.isfinite(values)
    total = np.bincount(place[kept], values[kept], minlength=int(place[-1]) + 1)
    number = np.bincount(place[kept], minlength=int(place[-1]) + 1)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan), spacing


def _compared(rows: Array, said: Sequence[tuple[int, Mapping[str, Any]]], spacing: float) -> dict[str, Any]:
    inside, errors, as_now = [], [], []
    for i, told in said:
        f = told["forecast"]
        then = i + round(f["ahead_s"] / spacing) if f else len(rows)
        if f and then < len(rows) and np.isfinite(rows[then]) and np.isfinite(rows[i]):
            inside.append(f["low"] <= rows[then] <= f["high"])
            errors.append(abs(rows[then] - f["value"]))
            as_now.append(abs(rows[then] - rows[i]))
    if not inside:
        return {"made": 0, "inside": None, "error": None, "as_now": None}
    low, high = wilson(sum(inside), len(inside))
    share = {"value": sum(inside) / len(inside), "low": low, "high": high}
    return {
        "made": len(inside),
        "inside": share,
        "error": float(np.mean(errors)),
        "as_now": float(np.mean(as_now)),
    }


def _limits(w: Watch, rows: Array, said: Sequence[tuple[int, Mapping[str, Any]]], spacing: float) -> dict[str, int]:
    """Of limits that were told and whose time is over: how many came, and how many when they were told to."""
    beyond = np.flatnonzero(rows <= w.limit if w.kind == "below" else rows >= w.limit)
    told = came = right = 0
    for i, one in said:
        reach = one["reach"]
        if reach is None or reach["high_s"] is None or i + reach["high_s"] / spacing >= len(rows):
            continue
        after = beyond[beyond > i]
        when = (float(after[0]) - i) * spacing if len(after) else np.inf
        told, came = told + 1, came + int(np.isfinite(when))
        right += int(reach["low_s"] - spacing <= when <= reach["high_s"] + spacing)
    return {"told": told, "came": came, "right": right}
