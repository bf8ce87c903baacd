"""Rows held to be normal that are not like the rest of the normal ones."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.resonance.matrix import floats
from diapason.vocabulary.examples import Examples

__all__ = ["running_median", "strangers"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_WIDTH = 11
"""Rows of a running median."""
_REACH = 8.0
"""Robust standard deviations beyond which a cell is strange."""


def strangers(examples: Examples, normal: Mask, *, seed: int) -> Array:
    """Doubt of each row, shape (n,): 0 outside of the normal part, above one half where a cell leaps out of it.

    A leap is measured from the running median of its column inside the asset, in robust spreads of such leaps, and
    from the middle of its column, in robust spreads of the column: both must be beyond 8.
    """
    del seed
    doubt = np.zeros(len(examples))
    if normal.sum() < 30:
        return doubt
    worst = np.zeros(len(examples))
    for name in examples.features.columns:
        column = examples.features[name]
        if column.dtype.is_numeric():
            values = floats(column)
            worst = np.fmax(worst, _strange(values, normal, examples.asset))
    doubt[normal] = 1 - np.exp(-np.log(2) * np.square(worst[normal] / _REACH))
    return doubt


def running_median(values: Array, width: int, asset: NDArray[np.int64] | None) -> Array:
    """Median of the last `width` rows up to and including the row, inside its asset; shape (n,)."""
    frame = pl.DataFrame({"v": values, "a": np.zeros(len(values), np.int64) if asset is None else asset})
    rolled = pl.col("v").fill_nan(None).rolling_median(width, min_samples=1).over("a")
    return frame.select(rolled.fill_null(np.nan)).to_series().to_numpy().astype(np.float64)


def _strange(values: Array, normal: Mask, asset: NDArray[np.int64] | None) -> Array:
    known = values[normal & np.isfinite(values)]
    if len(known) < 30:
        return np.zeros(len(values))
    low, middle, high = np.quantile(known, (0.25, 0.5, 0.75))
    spread = float(high - low) / 1.349
    leap = values - running_median(values, _WIDTH, asset)
    usual = 1.4826 * float(np.nanmedian(np.abs(leap[normal])))
    usual = max(usual, 0.05 * spread)
    if spread <= 0 or usual <= 0:
        return np.zeros(len(values))
    both = np.minimum(np.abs(leap) / usual, np.abs(values - middle) / spread)
    return np.asarray(np.nan_to_num(both))
