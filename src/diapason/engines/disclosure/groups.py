"""Groups of rows whose counts are to be told, and the rules that each must meet by itself."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["Group", "Rules", "Shown", "objection"]

Index = NDArray[np.int64]
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rules:
    """When a group of rows is safe by itself."""

    k: int = 10  # fewest rows
    top: int = 1  # this many of the largest assets …
    share: float = 0.85  # … may hold at most this share of a group's rows
    p: float = 0.1  # nobody may estimate the largest asset's rows more closely than this share of them


@dataclass(frozen=True, slots=True)
class Group:
    """Some rows, by numbers that stay the same from release to release, and how many each asset gave."""

    name: str
    rows: Index  # shape (n,), distinct
    contributions: Array = field(default_factory=lambda: np.empty(0))  # rows of each asset; empty = no assets


@dataclass(frozen=True, slots=True)
class Shown:
    """What is told of a group: its count, or why it is withheld."""

    name: str
    count: int | None
    why: str = ""  # "small", "dominated", "near" an earlier group, "derivable"


def objection(group: Group, rules: Rules) -> str:
    """Why a group may not be told whatever else is told: "small", "dominated", or "" for none.

    >>> objection(Group("a", np.arange(9)), Rules(k=10))
    'small'
    """
    if len(group.rows) < rules.k:
        return "small"
    return "dominated" if len(group.contributions) and dominated(group.contributions, rules) else ""


def dominated(contributions: Sequence[float] | Array, rules: Rules) -> bool:
    """Whether so few contributors make up a total that it tells of them.

    (n, k) rule: the `top` largest hold more than `share` of it. p % rule: the total less the two largest is below `p`
    times the largest, so that the second could estimate the first too closely.

    Source: Hundepool et al., Statistical Disclosure Control, Wiley 2012, section 4.2.
    """
    held = np.sort(np.asarray(contributions, np.float64))[::-1]
    total = float(held.sum())
    if total <= 0:
        return False
    close = total - float(held[:2].sum()) < rules.p * float(held[0])
    return bool(held[: rules.top].sum() > rules.share * total or close)
