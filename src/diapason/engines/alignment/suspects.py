"""Joins that went well and are wrong all the same: rows shifted against each other, hours that slipped, ages."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from diapason.engines.alignment.series import Series, series
from diapason.engines.alignment.windows import look, path

__all__ = ["Hours", "Shift", "hours_apart", "hours_between", "shifted"]

Array = NDArray[np.float64]
REACH = 4  # rows by which a table may have slipped
FEWEST = 40  # pairs of values
ENOUGH = 35.0  # evidence that must speak for a shift
HOUR = 3600.0
MOST_HOURS = 14  # of a time zone
CLOSE = 300.0  # seconds from a whole hour


@dataclass(frozen=True, slots=True)
class Shift:
    """A stretch of rows whose joined values fit the rows `rows` further on (negative: before) better than their own."""

    joined: str
    beside: str
    rows: int
    first: int  # positions of the stretch, last included
    last: int
    evidence: float  # twice the log-likelihood that speaks for the shift


@dataclass(frozen=True, slots=True)
class Hours:
    """Two times of the same thing that differ by whole hours."""

    hours: int
    count: int  # rows that differ so
    of: int
    first: int  # positions in order of time, where only a part of the record is off
    last: int


def shifted(left: Mapping[str, Array], joined: Mapping[str, Array]) -> tuple[Shift, ...]:
    """Stretches where joined values follow the left ones of neighbouring rows, not of their own.

    Args:
        left: columns (n,) of the left table in the order of production, nan where missing.
        joined: columns (n,) that came with the join, in the same rows.

    Returns:
        One Shift per joined column and stretch, judged by the left column that shows it most clearly.
    """
    found: list[Shift] = []
    for name, values in joined.items():
        stretches = [s for beside, tag in left.items() for s in _slips((name, values), (beside, tag))]
        if stretches:
            best = max(stretches, key=lambda s: s.evidence).beside
            found += [s for s in stretches if s.beside == best]
    return tuple(found)


def _slips(result: tuple[str, Array], tag: tuple[str, Array]) -> list[Shift]:
    place = np.arange(len(result[1]), dtype=np.float64)
    follower, leader = series(place, result[1]), series(place, tag[1])
    if min(len(follower), len(leader)) < FEWEST or np.ptp(follower.value) == 0 or np.ptp(leader.value) == 0:
        return []
    windows = look(leader.scored(), follower.scored(), np.arange(-REACH, REACH + 1.0), np.inf)
    at, evidence = path(windows, drifts=False)
    own = float(windows.evidence[:, REACH].sum())
    if evidence < own + ENOUGH:
        return []
    offset = windows.offsets[at].astype(int)
    edges = np.append(windows.first, len(follower))
    cuts = [0, *(np.flatnonzero(np.diff(offset)) + 1).tolist(), len(offset)]
    found = []
    for a, b in pairwise(cuts):
        if offset[a] and abs(offset[a]) < REACH:
            rows = follower.time[edges[a] : edges[b]]
            gained = float(windows.evidence[a:b, at[a]].sum() - windows.evidence[a:b, REACH].sum())
            if gained >= ENOUGH:
                found.append(Shift(result[0], tag[0], -int(offset[a]), int(rows[0]), int(rows[-1]), gained))
    return found


def hours_between(here: Array, there: Array) -> Hours | None:
    """Whether two times (n,) of the same rows, in seconds, differ by whole hours: all along, or in a part.

    A constant delay of exactly some hours looks the same; only a person can say.
    """
    both = np.flatnonzero(np.isfinite(here) & np.isfinite(there))
    if len(both) < FEWEST:
        return None
    both = both[np.argsort(here[both], kind="stable")]
    apart = there[both] - here[both]
    level = np.array([np.median(part) for part in np.array_split(apart, min(len(both) // 10, 50))])
    usual = float(np.median(level))
    spread = float(np.median(np.abs(apart - usual)))
    hours = round(usual / HOUR)
    if 1 <= abs(hours) <= MOST_HOURS and abs(usual - hours * HOUR) <= CLOSE and spread <= CLOSE:
        same = np.abs(apart - hours * HOUR) <= 2 * CLOSE
        return Hours(hours, int(same.sum()), len(both), int(both[same][0]), int(both[same][-1]))
    jump = np.round((apart - usual) / HOUR)
    off = (np.abs(jump) == 1) & (np.abs(apart - usual - jump * HOUR) <= max(CLOSE, 4 * spread))
    if spread <= HOUR / 8 and 0.05 <= off.mean() <= 0.5 and _together(off):
        rows = both[off]
        return Hours(int(np.median(jump[off])), int(off.sum()), len(both), int(rows[0]), int(rows[-1]))
    return None


def hours_apart(reference: Series, other: Series) -> tuple[Hours, ...]:
    """Stretches of the other record that follow the reference better when moved by whole hours, not by quarters.

    Args:
        reference: a signal by the clock that counts as right, in seconds.
        other: the same, or a strongly related, signal; positions in the result are its records.
    """
    if min(len(reference), len(other)) < FEWEST or np.ptp(reference.value) == 0 or np.ptp(other.value) == 0:
        return ()
    own, quarters = 4 * MOST_HOURS, np.arange(-4.0 * MOST_HOURS, 4 * MOST_HOURS + 1)
    windows = look(reference.scored(), other.scored(), np.asarray(HOUR / 4 * quarters), np.inf)
    at, evidence = path(windows, drifts=False)
    if evidence < float(windows.evidence[:, own].sum()) + ENOUGH:
        return ()
    edges = np.append(windows.first, len(other))
    cuts = [0, *(np.flatnonzero(np.diff(at)) + 1).tolist(), len(at)]
    gained = [float((windows.evidence[a:b, at[a]] - windows.evidence[a:b, own]).sum()) for a, b in pairwise(cuts)]
    return tuple(
        Hours(int(quarters[at[a]] // 4), int(edges[b] - edges[a]), len(other), int(edges[a]), int(edges[b]) - 1)
        for (a, b), more in zip(pairwise(cuts), gained, strict=True)
        if at[a] != own and quarters[at[a]] % 4 == 0 and more > ENOUGH
    )


def _together(flags: NDArray[np.bool_]) -> bool:
    """Whether most flags stand in one stretch."""
    where = np.flatnonzero(flags)
    return bool(flags[where[0] : where[-1] + 1].mean() > 0.8)
