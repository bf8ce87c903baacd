"""Joins in time: the newest value known by then, or the result that came after."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.alignment.keys import key_codes
from diapason.engines.alignment.matching import Match, need
from diapason.engines.alignment.moments import seconds

__all__ = ["AsOf", "InTime", "as_of"]

Array = NDArray[np.float64]
Positions = NDArray[np.int64]
Codes = NDArray[np.int64] | None
Direction = Literal["backward", "forward", "nearest"]


@dataclass(frozen=True, slots=True)
class AsOf:
    """How rows meet in time.

    "backward" gives an input: the newest value that was known by the left row's time. "forward" and "nearest" give a
    result: the value that describes the left row's time, known only later.
    """

    left: str  # time column of each table
    other: str
    by: tuple[tuple[str, str], ...] = ()  # pairs of columns that must be equal
    direction: Direction = "backward"
    tolerance: float = np.inf  # between the left row's time and the moment the value describes
    delay: float = 0.0  # from sampling to reporting
    reported: str = ""  # column of the other table that says when each value was known; replaces `delay`


@dataclass(frozen=True, slots=True)
class InTime:
    """The match, and for each left row its age: its time less the moment the value describes (nan = no match)."""

    match: Match
    age: Array
    looks_ahead: bool  # values were not known yet at the left row's time
    beyond: Positions  # left rows whose nearest value lay beyond the tolerance


def as_of(left: pl.DataFrame, other: pl.DataFrame, rule: AsOf) -> InTime:
    """Find for every left row the other row that is due in time; left rows keep their order and number.

    Raises:
        DataError: a column is absent or holds no times.
    """
    need(left, [rule.left, *(a for a, _ in rule.by)], "left")
    need(other, [rule.other, *(b for _, b in rule.by), *filter(None, [rule.reported])], "other")
    here, sampled = seconds(left[rule.left]), seconds(other[rule.other])
    known = seconds(other[rule.reported]) if rule.reported else sampled + rule.delay
    due = known if rule.direction == "backward" else sampled
    codes = key_codes(left, other, rule.by) if rule.by else (None, None)
    at = _nearest(here, due, codes, rule.direction)
    age = here - np.append(sampled, np.nan)[at]  # the last, at -1, stands for no match
    far = (at >= 0) & (np.abs(age) > rule.tolerance)
    at = np.where(far, -1, at)
    age = np.where(far, np.nan, age)
    found = at >= 0
    ahead = bool(np.any(known[at[found]] > here[found] + 1e-9))
    match = Match(np.arange(left.height), at, (left.height, other.height))
    return InTime(match, age, ahead, np.flatnonzero(far))


def _nearest(here: Array, due: Array, codes: tuple[Codes, Codes], direction: Direction) -> Positions:
    """Position in `due` for each of `here`, -1 if there is none on that side."""
    back = _before(here, due, codes) if direction != "forward" else None
    ahead = _before(-here, -due, codes) if direction != "backward" else None
    if back is None or ahead is None:
        return ahead if back is None and ahead is not None else np.asarray(back)
    padded = np.append(due, np.nan)  # the last, at -1, stands for none
    late = np.where(back >= 0, here - padded[back], np.inf)
    early = np.where(ahead >= 0, padded[ahead] - here, np.inf)
    return np.where(late <= early, back, ahead)


def _before(here: Array, due: Array, codes: tuple[Codes, Codes]) -> Positions:
    """Position of the greatest `due` that is not above `here`, within equal codes; of equal ones the last row."""
    if not len(due):
        return np.full(len(here), -1)
    mine, theirs = codes
    if mine is None or theirs is None:
        order = np.argsort(due, kind="stable")
        usable = int(np.isfinite(due).sum())
        at = np.searchsorted(due[order[:usable]], here, side="right") - 1
        return np.where((at >= 0) & np.isfinite(here), order[np.maximum(at, 0)], -1)
    time, code = np.concatenate([due, here]), np.concatenate([theirs, mine])
    ours = np.concatenate([np.zeros(len(due)), np.ones(len(here))])
    order = np.lexsort((ours, time, code))
    usable = (order < len(due)) & np.isfinite(time[order]) & (code[order] >= 0)
    newest = np.maximum.accumulate(np.where(usable, np.arange(len(order)), -1))
    candidate = np.where(newest >= 0, order[np.maximum(newest, 0)], -1)
    fits = (candidate >= 0) & (code[np.maximum(candidate, 0)] == code[order]) & np.isfinite(time[order])
    result = np.full(len(order), -1)
    result[order] = np.where(fits, candidate, -1)
    return result[len(due) :]
