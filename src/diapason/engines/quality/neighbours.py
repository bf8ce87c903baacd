"""What the rows before and after say about a cell."""

from collections.abc import Iterable, Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.quality.layout import Floats, Layout, Longs, Rows, segments

__all__ = ["JUDGED", "aloof", "with_neighbours"]

REACH = 3
JUDGED = "\x00judged"


def aloof(x: Floats, starts: Longs, unit: float) -> tuple[Floats, Floats]:
    """How far each value stands off both sides of it, and how lively its surroundings are.

    A value's sides are the medians of the three before and of the three after it. It stands off where it is above both
    or below both; a step, a ramp or a slow wave does not. Up to two values in a row are told apart.

    Args:
        x: (n,) values without nan.
        starts: first positions of the assets.
        unit: the usual step of the column, > 0.

    Returns:
        (n,) signed distance to the nearer side, 0 near an asset's edges; (n,) usual step around it, at least `unit`.
    """
    n = x.size
    off = np.zeros(n)
    if n < 2 * REACH + 1:
        return off, np.full(n, unit)
    a, b, c = x[:-2], x[1:-1], x[2:]
    middle = np.maximum(np.minimum(a, b), np.minimum(np.maximum(a, b), c))  # of i-1, i, i+1 at i-1
    inner = x[REACH:-REACH]
    left, right = inner - middle[: n - 2 * REACH], inner - middle[2 * REACH - 2 :]
    low, high = np.minimum(left, right), np.maximum(left, right)
    off[REACH:-REACH] = np.maximum(low, 0.0) + np.minimum(high, 0.0)
    for shift in range(REACH):
        off[np.minimum(starts + shift, n - 1)] = 0.0
        off[np.maximum(starts - 1 - shift, 0)] = 0.0
    return off, np.maximum(_lively(x, unit), unit)


def _lively(x: Floats, unit: float) -> Floats:
    """Mean step in blocks of 32 values, each step bounded to eight usual ones."""
    steps = np.minimum(np.abs(np.diff(x, prepend=x[0])), 8 * unit)
    edges = np.arange(0, x.size, 32)
    size = np.diff(np.append(edges, x.size))
    return np.repeat(np.add.reduceat(steps, edges) / size, size)


def with_neighbours(frames: Iterable[pl.DataFrame], layout: Layout) -> Iterator[tuple[Rows, NDArray[np.bool_]]]:
    """Batches with some rows of the same asset before and after; each row is to be judged exactly once.

    Yields:
        The rows, and a mask (n,) of those to judge in this batch.
    """
    carry: pl.DataFrame | None = None
    for frame in frames:
        fresh = frame.with_columns(pl.lit(value=False).alias(JUDGED))
        rows = Rows.of(fresh if carry is None else pl.concat([carry, fresh]), layout)
        ahead = _from_end(rows)
        ended = ~np.isin(rows.asset, Rows.of(frame, layout).asset) if layout.asset else np.zeros(len(rows), dtype=bool)
        before = rows.frame[JUDGED].to_numpy()
        now = (ahead > REACH) | ended  # an asset that is not in this batch is not waited for
        yield rows, ~before & now
        carry = rows.frame.with_columns(pl.Series(JUDGED, before | now)).filter(
            pl.Series((ahead <= 2 * REACH) & ~ended)
        )
    if carry is not None:
        rows = Rows.of(carry, layout)
        yield rows, ~rows.frame[JUDGED].to_numpy()


def _from_end(rows: Rows) -> Longs:
    """For each row, 1 for the last of its asset in the batch, 2 for the one before, and so on."""
    starts, size = segments(rows.asset)
    return np.asarray(np.repeat(starts + size, size) - np.arange(len(rows)))
