"""What may be resampled: assets, batches, days or blocks, never single rows of a series."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diapason.vocabulary.estimates import Estimate
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.splits import SplitKind

__all__ = ["Clusters", "clusters", "resampled"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]

FEWEST, BLOCKS, DRAWS, DAY = 8, 40, 300, 86_400.0
"""Clusters below which time blocks are taken instead; blocks of a series; bootstrap draws; seconds of a day."""


@dataclass(frozen=True, slots=True)
class Clusters:
    """A cluster code per row, and what the clusters are."""

    codes: Index  # shape (n,)
    word: str  # "assets", "batches", "days", "blocks", "rows"

    @property
    def count(self) -> int:
        """How many there are."""
        return len(np.unique(self.codes))


def clusters(examples: Examples, kind: SplitKind) -> Clusters:
    """The units that are independent under that split.

    Args:
        kind: of the honest split; where rows are independent, rows with their copies.
    """
    for codes, word in ((examples.asset, "assets"), (examples.batch, "batches")):
        if codes is not None and len(np.unique(codes)) >= FEWEST:
            return Clusters(codes, word)
    if kind in (SplitKind.STRATIFIED, SplitKind.RANDOM):
        return Clusters(np.arange(len(examples)), "rows")
    time = examples.time
    if time is not None and examples.time_unit == "s":
        days = np.unique(np.floor(np.nan_to_num(time) / DAY), return_inverse=True)[1]
        if days.max() + 1 >= FEWEST:
            return Clusters(days.astype(np.int64), "days")
    place = examples.rows if time is None else np.nan_to_num(time)
    rank = np.argsort(np.argsort(place, kind="stable"), kind="stable")
    return Clusters((rank * min(BLOCKS, len(rank)) // max(len(rank), 1)).astype(np.int64), "blocks")


def resampled(measure: Callable[[Array], float], units: Clusters, *, unit: str, seed: int, n: int) -> Estimate:
    """A measure with its 95 % interval, by bootstrap over clusters.

    Args:
        measure: takes how often each row counts, shape (n,), and gives the measure.
        unit: of the measure.

    Returns:
        The measure on all rows, percentile interval; the interval is the point where nothing can be resampled.

    Source: cluster bootstrap; Davison & Hinkley, Bootstrap Methods and their Application (1997), ch. 3.8.
    """
    value = measure(np.ones(n))
    codes = np.unique(units.codes, return_inverse=True)[1]
    k = int(codes.max()) + 1 if len(codes) else 0
    if k < 2:
        return Estimate(value, value, value, n, unit, clusters=k)
    counts = np.random.default_rng(seed).multinomial(k, np.full(k, 1 / k), size=DRAWS).astype(np.float64)
    drawn = np.array([measure(row[codes]) for row in counts])
    drawn = drawn[np.isfinite(drawn)]
    low, high = np.quantile(drawn, (0.025, 0.975)) if len(drawn) else (value, value)
    return Estimate(value, float(min(low, value)), float(max(high, value)), n, unit, clusters=k)
