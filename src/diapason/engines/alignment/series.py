"""A tag as recorded: moments and values, and its value at any other moment."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri
from scipy.stats import rankdata

from diapason.errors import DataError

__all__ = ["Series", "normal_scores", "readings", "series", "value_at"]

Array = NDArray[np.float64]
RARE = 2e-3  # share of values at either end
WANDERS = (1.0, 0.5, 0.0)  # how far to its band's edge a held signal may have gone unseen


@dataclass(frozen=True, slots=True)
class Series:
    """Recorded values in time order: `time` (n,) in seconds (or another even count), `value` (n,) without gaps."""

    time: Array
    value: Array
    stepped: bool = False  # the value holds until the next one; else it runs straight to it

    def __len__(self) -> int:
        return len(self.time)

    @property
    def step(self) -> float:
        """Median time from one record to the next; nan for fewer than two."""
        return float(np.median(np.diff(self.time))) if len(self) > 1 else float("nan")

    def scored(self) -> "Series":
        """The same tag on the scale of normal scores."""
        return replace(self, value=normal_scores(self.value))

    def scaled(self) -> "Series":
        """The same tag centred, in its own spreads, the rarest values pulled in: what moves in bursts keeps them."""
        if not len(self):
            return self
        low, high = np.quantile(self.value, [RARE, 1 - RARE])
        kept = np.clip(self.value, low, high)
        return replace(self, value=(kept - kept.mean()) / (kept.std() or 1.0))

    def backwards(self) -> "Series":
        """The same record run backwards in time."""
        ends = self.time[0] + self.time[-1] if len(self) else 0.0
        return replace(self, time=ends - self.time[::-1], value=self.value[::-1])

    @property
    def uneven(self) -> bool:
        """Whether records come at changing intervals, as a historian that leaves records out has them."""
        gaps = np.diff(self.time)
        return len(gaps) > 2 and bool(np.quantile(gaps, 0.9) > 1.5 * np.quantile(gaps, 0.1))


def series(time: ArrayLike, value: ArrayLike, *, stepped: bool = False) -> Series:
    """Records in time order; missing ones are left out, of several at one moment the mean counts.

    Raises:
        DataError: the lengths differ.

    >>> series([3, 1, 2, 1], [30, 10, float("nan"), 12]).value
    array([11., 30.])
    """
    at, values = np.asarray(time, dtype=np.float64), np.asarray(value, dtype=np.float64)
    if at.shape != values.shape or at.ndim != 1:
        raise DataError(f"times have shape {at.shape}, values {values.shape}", fix="give two lists of one length")
    good = np.isfinite(at) & np.isfinite(values)
    at, values = at[good], values[good]
    if len(at) > 1 and np.all(np.diff(at) > 0):
        return Series(at, values, stepped)
    moments, inverse, counts = np.unique(at, return_inverse=True, return_counts=True)
    return Series(moments, np.bincount(inverse, values, len(moments)) / np.maximum(counts, 1), stepped)


def readings(tag: Series) -> tuple[Series, ...]:
    """The ways in which a record may be read: as it says, and, where its value is said to hold, as it may have moved.

    A signal that moves steadily and is recorded whenever it has left a band, read as steps, would seem to come late;
    so would one of which every sample is kept. It may have run straight from record to record, or wandered to the
    band's edge, half way to it where noise pushed it out, or not at all, and gone the rest within the last sample.
    """
    steps = np.abs(np.diff(tag.value))
    if not (tag.stepped and (steps > 0).any()):
        return (tag,)
    gaps = np.diff(tag.time)
    soon, band = float(gaps.min()), float(np.quantile(steps[steps > 0], 0.05))
    chord = replace(tag, stepped=False)
    if not (gaps > 1.5 * soon).any():
        return chord, tag
    return chord, *(_left_out(tag, share * band, soon) for share in WANDERS), tag


def _left_out(tag: Series, band: float, soon: float) -> Series:
    """A held record with the way to the band's edge in each long gap, and the jump in the gap's last sample."""
    late, moved = np.diff(tag.time) > 1.5 * soon, np.clip(np.diff(tag.value), -band, band)
    time = np.concatenate([tag.time, tag.time[1:][late] - soon])
    order = np.argsort(time, kind="stable")
    return Series(time[order], np.concatenate([tag.value, (tag.value[:-1] + moved)[late]])[order])


def value_at(tag: Series, times: ArrayLike, limit: float = np.inf) -> Array:
    """The tag's value at these moments; nan outside its record and inside gaps longer than `limit`.

    >>> value_at(series([0, 10, 100], [0, 1, 2]), [5, 50, 101], limit=60)
    array([0.5, nan, nan])
    """
    at = np.asarray(times, dtype=np.float64)
    if len(tag) == 0:
        return np.full(at.shape, np.nan)
    after = np.clip(np.searchsorted(tag.time, at, side="right"), 1, max(len(tag) - 1, 1))
    before = after - 1
    after = np.minimum(after, len(tag) - 1)
    gap = tag.time[after] - tag.time[before]
    if tag.stepped:
        value = tag.value[np.where(at >= tag.time[after], after, before)]
    else:
        share = np.divide(at - tag.time[before], gap, out=np.zeros_like(at), where=gap > 0)
        value = tag.value[before] + share * (tag.value[after] - tag.value[before])
    known = (at >= tag.time[0]) & (at <= tag.time[-1]) & ((gap <= limit) | (at == tag.time[before]))
    return np.where(known, value, np.nan)


def normal_scores(value: ArrayLike) -> Array:
    """Ranks mapped to a normal scale (n,): blind to units, outliers and any rising transformation; nan stays nan.

    >>> normal_scores([1, 100, 10]).round(2)
    array([-0.87,  0.87,  0.  ])

    Source: Blom (1958), (rank - 3/8) / (n + 1/4).
    """
    values = np.asarray(value, dtype=np.float64)
    good = np.isfinite(values)
    scores = np.full(values.shape, np.nan)
    scores[good] = ndtri((rankdata(values[good]) - 0.375) / (good.sum() + 0.25))
    return scores
