"""What a monitor sees: columns without lone spikes, scaled by the normal part, smoothed, each segment on its own."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

__all__ = ["Scale", "learn_scale", "segments", "smooth"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Scale:
    """Median and robust standard deviation of each column in the normal part."""

    centre: Array
    spread: Array

    def apply(self, x: Array, clip: float) -> Array:
        """Scaled and clipped; a missing value stands at the centre."""
        return np.asarray(np.nan_to_num(np.clip((x - self.centre) / self.spread, -clip, clip)))


def learn_scale(x: Array) -> Scale:
    """Medians and robust spreads of columns, shape (n, d), missing values left out.

    A column that never varies gets a spread of a millionth of its level, so that any later change is seen.
    """
    known = np.isfinite(x).any(axis=0)
    filled = np.where(known, x, 0.0)
    low, middle, high = np.nanquantile(filled, (0.25, 0.5, 0.75), axis=0)
    spread = (high - low) / 1.349
    spread = np.where(spread > 1e-9 * np.abs(middle), spread, np.nanstd(filled, axis=0))
    return Scale(middle, np.where(spread > 0, spread, np.maximum(1e-6 * np.abs(middle), 1e-12)))


def segments(asset: Index | None, keep: NDArray[np.bool_]) -> Iterator[Index]:
    """Positions of each run of kept rows that lie together in one asset.

    >>> [s.tolist() for s in segments(np.array([0, 0, 1, 1]), np.array([True, True, True, False]))]
    [[0, 1], [2]]
    """
    asset = np.zeros(len(keep), np.int64) if asset is None else asset
    at = np.flatnonzero(keep)
    if not len(at):
        return
    cut = np.flatnonzero((np.diff(at) != 1) | (np.diff(asset[at]) != 0)) + 1
    yield from np.split(at, cut)


def smooth(x: Array, *, spike: int, forget: float) -> Array:
    """A running median against lone spikes, then an exponentially weighted mean that begins at 0.

    Args:
        x: scaled columns of one segment, shape (n, d).
        spike: rows of the running median, odd; 1 = none. It looks back only: a step is seen (spike - 1) / 2 rows late.
        forget: weight of the newest row, 0..1.

    Source: multivariate EWMA chart; Lowry, Woodall, Champ & Rigdon, Technometrics 34 (1992).
    """
    if spike > 1:
        padded = np.vstack([np.repeat(x[:1], spike - 1, axis=0), x])
        x = np.median(np.lib.stride_tricks.sliding_window_view(padded, spike, axis=0), axis=-1)
    return np.asarray(lfilter([forget], [1, forget - 1], x, axis=0))
