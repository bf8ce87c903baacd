"""Groups of flags of which exactly one is set in every row: a class, spread over columns."""

from collections.abc import Sequence

import polars as pl

__all__ = ["one_of_many"]


def one_of_many(sample: pl.DataFrame, flags: Sequence[str]) -> list[tuple[str, ...]]:
    """Runs of neighbouring flags of which exactly one is set in every row, the longest first found.

    >>> frame = pl.DataFrame({"a": [1, 0, 0], "b": [0, 1, 0], "c": [0, 0, 1], "d": [1, 0, 1]})
    >>> one_of_many(frame, ["a", "b", "c", "d"])
    [('a', 'b', 'c')]
    """
    found: list[tuple[str, ...]] = []
    for block in _neighbours(sample.columns, flags):
        start = 0
        while start < len(block):
            group = _longest(sample, block[start:])
            if group:
                found.append(group)
            start += max(1, len(group))
    return found


def _neighbours(columns: Sequence[str], flags: Sequence[str]) -> list[list[str]]:
    blocks: list[list[str]] = [[]]
    for name in columns:
        if name in flags:
            blocks[-1].append(name)
        elif blocks[-1]:
            blocks.append([])
    return [block for block in blocks if len(block) > 1]


def _longest(sample: pl.DataFrame, block: Sequence[str]) -> tuple[str, ...]:
    """The longest group that begins with the first of these columns."""
    total = pl.Series("total", [0] * sample.height, dtype=pl.Int64)
    group: tuple[str, ...] = ()
    for count, name in enumerate(block[:200], start=1):
        total = total + sample[name].cast(pl.Int64)
        if (total > 1).any():
            break
        if count > 1 and (total == 1).all():
            group = tuple(block[:count])
    return group
