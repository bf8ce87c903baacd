"""Values at which a plant rests: stopped, closed, held. Nothing is wrong with them, and relations do not hold there."""

import numpy as np
from numpy.typing import NDArray

from diapason.engines.quality.layout import Floats, Longs
from diapason.engines.quality.runs import Held, lengths
from diapason.engines.quality.survey import Survey
from diapason.engines.quality.thresholds import Thresholds

__all__ = ["NATURAL", "longest_natural", "resting", "resting_values"]


NATURAL = (0.0, 1.0, -1.0, 100.0, 360.0)
"""Ends that quantities have by nature: closed, open, none, all."""


def longest_natural(counts: Longs, rows: int, limits: Thresholds) -> float:
    """The length of run that chance hardly reaches, from how long values usually hold.

    Runs end with a constant chance, estimated where nine tenths of the runs end; the longest natural run among `rows`
    follows from it.

    Args:
        counts: runs by bin of length, as `Runs.finish` gives.
        rows: rows of the table.
    """
    size, total = lengths(), float(counts.sum())
    if total < 8:
        return np.inf
    inside = np.cumsum(counts) / total
    typical = max(float(size[np.searchsorted(inside, 0.9)]), 2.0)
    short = size <= typical
    repeat = max(1 - float(counts[short].sum()) / max(float((counts * size)[short].sum()), 1.0), 0.02)
    geometric = np.log(rows / limits.stuck_alpha) / -np.log(repeat)
    tail = float(size[np.searchsorted(inside, 0.995)])
    return float(max(limits.stuck_rows, geometric, 4 * tail if total > 200 else 6 * tail))


def resting_values(survey: Survey, limits: Thresholds) -> tuple[Floats, ...]:
    """Per column, the values at which it rests.

    A value rests if it is held long again and again, or if it is held together with another column of which one of the
    two stands at an end of its range, at zero, or at a value held again and again.
    """
    counts, longest = survey.runs.finish()
    held = [r[r["length"] >= longest_natural(c, survey.rows, limits)] for c, r in zip(counts, longest, strict=True)]
    typical = [_again(r, limits) | _extreme(r, survey.census.range(j)) for j, r in enumerate(held)]
    out = []
    for j, runs in enumerate(held):
        alone = _extreme(runs, survey.census.range(j)) & ~np.isin(runs["value"], NATURAL)
        rests = _again(runs, limits) & ~alone  # a lone end that comes again and again may be a full scale
        for other, ends in zip(held, typical, strict=True):
            if other is not runs and runs.size and other.size:
                together = _together(runs, other)
                rests |= (together & (ends[None, :] | typical[j][:, None])).any(axis=1)
        out.append(np.unique(runs["value"][rests]))
    return tuple(out)


def _again(runs: Held, limits: Thresholds) -> NDArray[np.bool_]:
    values, back, counts = np.unique(runs["value"], return_inverse=True, return_counts=True)
    return np.asarray(counts[back] >= limits.stuck_rest) if values.size else np.zeros(0, dtype=bool)


def _extreme(runs: Held, ends: tuple[float, float]) -> NDArray[np.bool_]:
    return np.asarray(np.isin(runs["value"], (*ends, 0.0)))


def _together(runs: Held, other: Held) -> NDArray[np.bool_]:
    """(a, b) whether a run, with the others of its value, fills a good part of another column's run, or the reverse."""
    first = np.maximum(runs["first"][:, None], other["first"][None, :])
    last = np.minimum(runs["last"][:, None], other["last"][None, :])
    same = runs["asset"][:, None] == other["asset"][None, :]
    shared = np.where(same, np.maximum(last - first + 1, 0), 0)
    mine, theirs = runs["last"] - runs["first"] + 1, other["last"] - other["first"] + 1
    return np.asarray(_fills(runs, mine, theirs, shared) | _fills(other, theirs, mine, shared.T).T)


def _fills(runs: Held, mine: Longs, theirs: Longs, shared: Longs) -> NDArray[np.bool_]:
    """(a, b) runs that lie in a run of another column, where all of their value together fill 40 % of it."""
    inside = np.where(shared > 0.8 * mine[:, None], shared, 0)
    values, at = np.unique(runs["value"], return_inverse=True)
    together = np.zeros((values.size, theirs.size))
    np.add.at(together, at, inside)
    return np.asarray((inside > 0) & (together[at] > 0.4 * theirs[None, :]))


def resting(X: Floats, values: tuple[Floats, ...]) -> NDArray[np.bool_]:
    """(n,) rows in which two columns and more stand at a resting value."""
    at = np.zeros(X.shape[1], dtype=np.int64)
    for x, rest in zip(X, values, strict=True):
        if rest.size:
            at += np.isin(x, rest) if rest.size > 1 else x == rest[0]
    return at >= 2
