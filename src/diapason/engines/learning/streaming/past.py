"""Causal windows of `rolling.Sums`, one row of each asset at a time, to the last bit."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from diapason.engines.learning.rolling import AGAIN, afresh, over, slope_of, spread_of

__all__ = ["Past"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_K, _Z, _ZZ, _T, _TT, _TZ = range(6)
"""Sums over a window: known rows, values, squares, time, its square, time times value; the newest row has time 0."""


class Past:
    """The last rows of each asset and what windows over them need; `mean`, `std`, `slope` as those of `Sums`.

    Args:
        assets: how many.
        width: columns.
        widths: of the windows, rows; 0 (since the asset began) is always there.
        base: rows at an asset's start that `base` is of.
    """

    def __init__(self, assets: int, width: int, widths: Sequence[int], *, base: int) -> None:
        self.widths, self._base_width = tuple(sorted(set(widths))), base
        self._ring = np.full((assets, self.widths[-1], width), np.nan)
        self._count = np.zeros(assets, np.int64)
        self._reference = np.full((assets, width), np.nan)  # taken off before summing; the first known value
        self._sums = {w: np.zeros((6, assets, width)) for w in self.widths}
        self._since = np.zeros((2, assets, width))  # known rows and their sum since the asset began
        self._start = np.zeros((2, assets, width))  # known rows and their sum among the first `base`
        self._now: Index = np.arange(0)

    @property
    def rows(self) -> Index:
        """How many rows each asset of the last step had before."""
        return np.asarray(self._count[self._now] - 1)

    def step(self, x: Array, who: Index) -> None:
        """One more row, shape (n, width), of these assets; all windows below are theirs."""
        self._now = who
        reference = self._reference[who]
        reference = np.where(np.isnan(reference) & np.isfinite(x), x, reference)
        self._reference[who] = reference
        known = np.isfinite(x)
        z, k = np.where(known, x - reference, 0.0), known.astype(np.float64)
        for width in self.widths:
            self._slide(width, who, z, k)
        self._begun(who, z, k)
        self._ring[who, self._count[who] % self.widths[-1]] = x
        self._count[who] += 1
        again = who[self._count[who] % AGAIN == 0]
        if len(again):
            self._afresh(again)

    def mean(self, width: int) -> Array:
        """Mean of the last `width` rows, nan where none is known; width 0 = since the asset began."""
        k, z = self._since[:, self._now] if width == 0 else self._sums[width][:2, self._now]
        return np.asarray(over(z, k) + self._reference[self._now])

    def base(self, width: int) -> Array:
        """Mean of the asset's first rows, as far as they have come; only the width that was asked for at the start."""
        if width != self._base_width:
            raise ValueError(f"base of {width} rows, kept are {self._base_width}")
        k, z = self._start[:, self._now]
        return np.asarray(over(z, k) + self._reference[self._now])

    def std(self, width: int) -> Array:
        """Standard deviation of the last `width` rows."""
        k, z, zz = self._sums[width][:3, self._now]
        return spread_of(over(zz, k), over(z, k))

    def slope(self, width: int) -> Array:
        """Least-squares slope per row of the last `width` rows; 0 with fewer than 3 known."""
        k, z, _, t, tt, tz = self._sums[width][:, self._now]
        return slope_of(k, z, t, tt, tz)

    def before(self, rows: int) -> Array:
        """The row so many rows ago, the first where there is none."""
        at = np.maximum(self._count[self._now] - 1 - rows, 0)
        return np.asarray(self._ring[self._now, at % self.widths[-1]])

    def state(self) -> dict[str, Array]:
        """What is remembered, the first axis over assets."""
        kept = {"ring": self._ring.copy(), "count": self._count.astype(np.float64), "reference": self._reference.copy()}
        kept |= {f"sums{w}": np.moveaxis(s, 1, 0).copy() for w, s in self._sums.items()}
        return kept | {name: np.moveaxis(getattr(self, f"_{name}"), 1, 0).copy() for name in ("since", "start")}

    def restore(self, state: Mapping[str, Array]) -> None:
        """Take up a state."""
        self._ring[:], self._reference[:] = state["ring"], state["reference"]
        self._count[:] = state["count"].astype(np.int64)
        for width, held in self._sums.items():
            held[:] = np.moveaxis(state[f"sums{width}"], 0, 1)
        self._since[:] = np.moveaxis(state["since"] if "since" in state else _summed(state["whole"]), 0, 1)
        self._start[:] = np.moveaxis(state["start"], 0, 1)

    def _slide(self, width: int, who: Index, z: Array, k: Array) -> None:
        """Move a window on by one row: all others grow older by one, the oldest leaves, the new one has time 0."""
        sums = self._sums[width]
        s = sums[:, who]
        at = self._count[who] - width
        old = self._ring[who, at % self.widths[-1]] - self._reference[who]
        left = np.isfinite(old) & (at >= 0)[:, None]
        gone, old = left.astype(np.float64), np.where(left, old, 0.0)
        steps = (
            k - gone,
            z - old,
            z * z - old * old,
            width * gone - s[_K],
            s[_K] - 2 * s[_T] - width * width * gone,
            width * old - s[_Z],
        )
        sums[:, who] = s + np.stack(steps)

    def _begun(self, who: Index, z: Array, k: Array) -> None:
        self._since[:, who] += np.stack([k, z])
        young = self._count[who] < self._base_width
        if young.any():
            self._start[:, who[young]] += np.stack([k[young], z[young]])

    def _afresh(self, who: Index) -> None:
        """The sums of assets from their rows."""
        for width, sums in self._sums.items():
            at = (self._count[who, None] - width + np.arange(width)) % self.widths[-1]
            rows = self._ring[who[:, None], at] - self._reference[who, None]
            known = np.isfinite(rows)
            k, z = known.astype(np.float64), np.where(known, rows, 0.0)
            sums[:, who] = np.stack([afresh(a, p) for a, p in ((k, 0), (z, 0), (z * z, 0), (k, 1), (k, 2), (z, 1))])


def _summed(whole: Array) -> Array:
    """Known rows and their sum from known rows and their mean, which decisions of earlier ledgers keep."""
    return np.stack([whole[:, 0], whole[:, 0] * whole[:, 1]], axis=1)
