"""Rows by slice, as they may leave: bands with fixed rounded edges, names only where the contract lists them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diapason.engines.disclosure.auditing import near
from diapason.engines.disclosure.groups import Group, Rules
from diapason.engines.disclosure.noise import noisy, spent
from diapason.engines.disclosure.publishing import publish
from diapason.engines.disclosure.rounding import to_base, to_digits
from diapason.services.visit.account import Account, Numbers
from diapason.services.visit.contract import Slicing, Terms
from diapason.vocabulary.examples import Examples

__all__ = ["Cell", "Counted", "cells", "counted", "refused_whole", "values_of"]

Mask = NDArray[np.bool_]

TOTAL = "all"
_WORD = ""
"""The cell of all values that have no name outside."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One slice: what is said of it, and its rows."""

    column: str
    said: Mapping[str, Any]
    mask: Mask


@dataclass(frozen=True, slots=True)
class Counted:
    """What leaves of the counts, and what the account must remember."""

    section: Mapping[str, Any]
    withheld: tuple[Mapping[str, Any], ...]  # slices that are not told, and why: for the plant alone
    told: tuple[Numbers, ...]
    edges: Mapping[str, list[float]]
    epsilon: float


def values_of(examples: Examples, name: str) -> NDArray[Any] | None:
    """The values of a column under the provider's name: numbers, or texts with None; None where there is none."""
    if name in examples.features.columns:
        column = examples.features[name]
        return np.asarray(column.to_numpy() if column.dtype.is_numeric() else column.to_list(), dtype=None)
    if name != examples.target_name:
        return None
    if not examples.classes:
        return examples.target
    return np.array([examples.classes[int(c)] for c in examples.target], dtype=object)


def cells(examples: Examples, slicing: Slicing, terms: Terms, fixed: Sequence[float] | None) -> list[Cell]:
    """The slices of one column: every row is in exactly one of them."""
    values = values_of(examples, slicing.column)
    if values is None:
        return []
    if values.dtype == object or values.dtype.kind in "US":
        named = [w for w in terms.words if (values == w).any()]
        if not named:
            return []
        rest = ~np.isin(values.astype(str), named)
        made = [Cell(slicing.column, {"value": w}, np.asarray(values == w)) for w in named]
        return [*made, Cell(slicing.column, {"value": _WORD}, rest)]
    edges = list(fixed) if fixed is not None else _edges(values, slicing.bands, terms)
    band = np.where(np.isfinite(values), np.searchsorted(edges, values, side="right"), len(edges) + 1)
    limits: list[float | None] = [None, *edges, None]
    made = [
        Cell(slicing.column, {"from": limits[i], "below": limits[i + 1]}, np.asarray(band == i))
        for i in range(len(edges) + 1)
    ]
    missing = Cell(slicing.column, {"from": None, "below": None, "missing": True}, np.asarray(band == len(edges) + 1))
    return [*made, missing] if missing.mask.any() else made


def counted(
    examples: Examples, slices: Mapping[str, Slicing], terms: Terms, ids: Numbers, before: Account, secret: bytes
) -> Counted:
    """Count, withhold, blur: what may be told of the rows by slice, given all that was told before.

    Args:
        slices: the columns to count by, under a name that means the same column and unit in every release.
        ids: the two numbers of each row of `examples`.
        before: the account of this dataset.
        secret: bytes that only the plant can make, for the noise.
    """
    parts: list[Cell] = [Cell(TOTAL, {}, np.ones(len(examples), bool))]
    edges: dict[str, list[float]] = {}
    for key, one in slices.items():
        made = cells(examples, one, terms, before.edges.get(key))
        parts += made
        inner = [c.said["below"] for c in made if c.said.get("below") is not None]
        edges |= {key: inner} if inner else {}
    shown = _shown(examples, parts, terms, ids, before)
    blurred, epsilon = _blurred(parts, shown, terms, secret)
    lines = [{"column": c.column, **c.said, "rows": blurred[i]} for i, c in enumerate(parts) if i > 0]
    silent = tuple({"column": c.column, **c.said, "why": w} for c, w in zip(parts, shown, strict=True) if w)
    section = {"total": blurred[0], "slices": lines, "base": terms.rounding.counts, "fewest": terms.smallest_group}
    told = tuple(ids.take(c.mask) for i, c in enumerate(parts) if not shown[i])
    return Counted(section | ({"epsilon": epsilon} if terms.noise else {}), silent, told, edges, epsilon)


def _edges(values: NDArray[Any], bands: int, terms: Terms) -> list[float]:
    """Inner quantiles, rounded; at least the smallest group lies beyond each."""
    known = np.asarray(values, np.float64)
    known = known[np.isfinite(known)]
    if len(known) < 2 * terms.smallest_group or known.min() == known.max():
        return []
    spread = float(np.subtract(*np.quantile(known, (0.9, 0.1))))
    at = [float(np.quantile(known, i / bands)) for i in range(1, bands)]
    rounded = {to_digits(x, terms.rounding.digits, scale=spread or abs(x)) for x in at}
    fewest = terms.smallest_group
    return sorted(e for e in rounded if e is not None and min((known < e).sum(), (known >= e).sum()) >= fewest)


def _shown(examples: Examples, parts: Sequence[Cell], terms: Terms, ids: Numbers, before: Account) -> list[str]:
    """Why each cell is withheld, "" for those told: safe in both numberings, together with all told before."""
    rule = Rules(terms.smallest_group, terms.dominance.top, terms.dominance.share, terms.dominance.p)

    def group(i: int, number: NDArray[np.int64]) -> Group:
        asset = np.empty(0) if examples.asset is None else np.bincount(examples.asset[parts[i].mask]).astype(np.float64)
        return Group(str(i), number[parts[i].mask], asset)

    first = publish([group(i, ids.content) for i in range(len(parts))], [n.content for n in before.groups], rule)
    why = [s.why for s in first]
    left = [i for i, w in enumerate(why) if not w]
    second = publish([group(i, ids.place) for i in left], [n.place for n in before.groups], rule)
    for i, s in zip(left, second, strict=True):
        why[i] = s.why
    return why


def _blurred(
    parts: Sequence[Cell], shown: Sequence[str], terms: Terms, secret: bytes
) -> tuple[list[int | None], float]:
    """Counts with noise where the contract has it, then rounded; each column is one partition of the rows."""
    exact = [int(c.mask.sum()) for c in parts]
    columns = list(dict.fromkeys(c.column for c in parts))
    if terms.noise is not None:
        for at, column in enumerate(columns):
            own = [i for i, c in enumerate(parts) if c.column == column]
            drawn = noisy([exact[i] for i in own], terms.noise.each, secret + bytes([at]))
            for i, value in zip(own, drawn, strict=True):
                exact[i] = value
    epsilon = spent(terms.noise.each, len(columns)) if terms.noise is not None else 0.0
    base = terms.rounding.counts
    return [None if shown[i] else to_base(n, base) for i, n in enumerate(exact)], epsilon


def refused_whole(ids: Numbers, before: Account, k: int) -> bool:
    """Whether these rows differ from those of an earlier release by so few that two results could be subtracted."""
    return any(near(ids.place, w.place, k) or near(ids.content, w.content, k) for w in before.whole)
