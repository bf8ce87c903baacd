"""Which rows a person should look at: drawn with known probabilities, never the most suspicious alone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["AuditRow", "sheet"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_EVEN = 0.1
"""Share of the sheet that is spread over all rows alike, so that nothing is out of reach."""


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One row to look at, and with what probability it came onto the sheet."""

    row: int  # `_row`
    position: int
    inclusion: float
    doubt: float


def sheet(
    rows: Index, doubt: Array, split: Array, size: int, *, seed: int, asset: Index | None = None
) -> tuple[AuditRow, ...]:
    """Draw a sheet without replacement, probabilities proportional to how much an answer would settle.

    Args:
        rows: `_row` of each row, shape (n,).
        doubt: how surely each is wrong, 0..1.
        split: how far the arms disagree on each row, any scale; 0 where they agree.
        size: rows on the sheet.
        asset: where a whole asset is right or wrong, its code, shape (n,): one row, the last, is drawn for each.

    Returns:
        Rows with their inclusion probabilities (they sum to `size`), those that settle most first. With them a sum
        over all rows is estimated without bias by the sum of answers / inclusion (Horvitz and Thompson, 1952).

    Source: systematic sampling with unequal probabilities, Madow, Annals of Mathematical Statistics 20 (1949).
    """
    if asset is not None:
        return _by_asset(rows, doubt, split, size, seed, asset)
    n = len(rows)
    size = min(size, n)
    if not size:
        return ()
    open_ = np.sqrt(np.clip(doubt, 0, 1) * (1 - np.clip(doubt, 0, 1)))
    wish = open_ / max(float(open_.mean()), 1e-12) + 0.5 * doubt / max(float(doubt.mean()), 1e-12)
    top = float(np.quantile(split, 0.99)) if len(split) else 0.0
    wish = wish + (np.minimum(split, top) / max(float(split.mean()), 1e-12) if top > 0 else 0)
    inclusion = _scaled(_EVEN + (1 - _EVEN) * wish / max(float(wish.mean()), 1e-12), size)
    order = np.random.default_rng(seed).permutation(n)
    total = np.cumsum(inclusion[order])
    start = np.random.default_rng(seed + 1).random()
    hit = np.searchsorted(total, start + np.arange(size) * total[-1] / size, side="right")
    chosen = np.unique(order[np.minimum(hit, n - 1)])
    chosen = chosen[np.argsort(-wish[chosen], kind="stable")]
    return tuple(AuditRow(int(rows[i]), int(i), float(inclusion[i]), float(doubt[i])) for i in chosen)


def _by_asset(rows: Index, doubt: Array, split: Array, size: int, seed: int, asset: Index) -> tuple[AuditRow, ...]:
    codes, group = np.unique(asset, return_inverse=True)
    count = np.bincount(group)
    doubted, parted = (np.bincount(group, weights=x) / count for x in (doubt, np.nan_to_num(split)))
    last = np.zeros(len(codes), np.int64)
    last[group] = np.arange(len(rows))
    drawn = sheet(rows[last], doubted, parted, size, seed=seed)
    return tuple(AuditRow(r.row, int(last[r.position]), r.inclusion, r.doubt) for r in drawn)


def _scaled(wish: Array, size: int) -> Array:
    """Probabilities that sum to `size`, none above one."""
    inclusion = wish * size / wish.sum()
    for _ in range(20):
        sure = inclusion >= 1
        if not (inclusion > 1).any():
            break
        inclusion[sure] = 1
        rest = size - sure.sum()
        inclusion[~sure] *= max(rest, 0) / max(float(inclusion[~sure].sum()), 1e-12)
    return np.asarray(np.clip(inclusion, 0, 1))
