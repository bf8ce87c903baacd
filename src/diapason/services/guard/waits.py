"""How long rows of a stream have waited, from being read to being stored."""

from collections.abc import Iterable
from math import ceil, log2

__all__ = ["waited"]

_PARTS = 4
"""Bins for each doubling."""


def waited(read: Iterable[tuple[float, int]], now: float) -> list[tuple[float, int]]:
    """Rows by the longest that they may have waited, in seconds; each bin ends a fifth above the one before.

    Args:
        read: moments at which the oldest row of each batch was read, and how many rows it had, in seconds since 1970.
        now: the moment at which they are stored.

    >>> waited([(10.0, 3), (10.9, 2)], 12.0)
    [(1.1892, 2), (2.0, 3)]
    """
    bins: dict[int, int] = {}
    for at, rows in read:
        bin_ = ceil(_PARTS * log2(max(now - at, 1e-3)) - 1e-9)
        bins[bin_] = bins.get(bin_, 0) + rows
    return [(float(f"{2 ** (b / _PARTS):.5g}"), rows) for b, rows in sorted(bins.items())]
