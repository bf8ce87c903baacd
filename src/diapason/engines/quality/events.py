"""What many columns do at one time is an event of the process, not an error of the data."""

import numpy as np
from numpy.typing import NDArray

from diapason.engines.quality.layout import Longs
from diapason.engines.quality.search import Cells

__all__ = ["lasting", "scattered"]

STATE = 5
"""Suspicious cells in a row from which they are a state of the plant."""
WIDEST = 60
"""Rows before and after a cell in which others may belong to the same event."""
DENSE = 5
"""Rows before and after a cell in which two more of the same column make a state."""
CHANCE = 0.3
"""Expected suspicious cells around one by chance, up to which company means something."""


def lasting(cells: Cells, pace: float) -> NDArray[np.bool_]:
    """Cells in a row of five or more: a state of the plant that was not learnt, not single errors."""
    order = np.lexsort((cells["row"], cells["column"], cells["asset"]))
    row, asset, column = (cells[f][order] for f in ("row", "asset", "column"))
    apart = (np.diff(row) > 2 * pace) | (asset[1:] != asset[:-1]) | (column[1:] != column[:-1])
    breaks = np.concatenate(([True], apart)) if cells.size else np.zeros(0, dtype=bool)
    length = np.bincount(np.cumsum(breaks) - 1)
    out = np.zeros(cells.size, dtype=bool)
    out[order] = (length >= STATE)[np.cumsum(breaks) - 1]
    return out


def scattered(cells: Cells, pace: float, rows: int) -> NDArray[np.bool_]:
    """Cells that stand alone: no suspicious cells of other columns, nor two more of their own, are near.

    How near is near depends on how many suspicious cells there are: where they are so many that company comes by
    chance, it means nothing.
    """
    keep = np.ones(cells.size, dtype=bool)
    for asset in np.unique(cells["asset"]):
        at = np.flatnonzero(cells["asset"] == asset)
        at = at[np.argsort(cells["row"][at], kind="stable")]
        keep[at] = _alone(cells["row"][at] / pace, cells["column"][at].astype(np.int64), rows)
    return keep


def _alone(place: NDArray[np.float64], column: Longs, rows: int) -> NDArray[np.bool_]:
    """For cells of one asset in order of place."""
    share = np.bincount(column) / max(rows, 1)
    keep = np.ones(place.size, dtype=bool)
    for j in np.unique(column):
        mine = np.flatnonzero(column == j)
        for others, company, rate, widest in (
            (np.flatnonzero(column != j), 1, float(share.sum() - share[j]), WIDEST),
            (mine, 3, float(share[j]), DENSE),  # itself and two more
        ):
            width = min(widest, 0.5 * CHANCE / max(rate, 1e-12))
            if width >= 3:
                near = np.searchsorted(place[others], place[mine] + width, side="right")
                near -= np.searchsorted(place[others], place[mine] - width, side="left")
                keep[mine] &= near < company
    return keep
