"""Which columns determine which, learnt from a table that has errors in it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

from diapason.engines.mending.coded import Coded

__all__ = ["Dependency", "dependencies", "joint"]

STRONG = 0.9
"""Agreement beyond chance from which one column is held to determine another."""
WEAK = 0.5
"""The same where nearly every group has one clear favourite: several sources that say the same thing badly."""
CLEAR = 0.85
"""Share of rows in groups with one clear favourite that makes up for a weak agreement."""
OPEN = 0.25
"""The same holds only where chance would hit less often than this: of few values, a favourite is no news."""
LEAST_ROWS, LEAST_GROUPS, LEAST_AGAINST_CHANCE = 20, 5, 10.0
LEAST_SETTLED, LEAST_SETTLED_OF_SEVERAL = 0.88, 0.6
"""Share of the rows whose values are somewhere the favourite of a group, for a strong and for a weak dependency."""
SEVERAL = 3.0
"""Log odds that a weak dependency can bring against one cell; a strong one brings 1 (agreement 0.90) to 5 (0.98)."""
SAMPLE = 20_000
"""Rows that are looked at for dependencies; votes are taken from all."""

Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Dependency:
    """`given` determines `column`, up to errors."""

    given: tuple[str, ...]
    column: str
    strength: float  # agreement beyond chance, 0..1
    noise: float  # share of cells that disagree with the others of their group
    most: float  # log odds that it can bring against one cell


@dataclass(frozen=True, slots=True)
class _Agreement:
    rows: int
    groups: int
    hits: float  # share of rows foretold by the others of their group
    clear: float  # share of rows, in groups of four or more, whose favourite is three times as frequent as the next


def dependencies(table: Mapping[str, Coded], seed: int = 0) -> list[Dependency]:
    """Minimal determinants of one or two columns.

    A value is foretold by the majority of the *other* rows with the same determinant; the share of hits is set against
    the share that the same groups reach on a column that was shuffled, or by always naming the commonest value.

    Args:
        table: columns as codes, all of one length.
        seed: of the shuffle.

    Returns:
        Dependencies, strongest first for each column.

    Source: leave-one-out form of g3 (Kivinen & Mannila, 1995) with a correction for chance as in kappa (Cohen, 1960).
    """
    size = len(next(iter(table.values())).codes) if table else 0
    rng = np.random.default_rng(seed)
    part = np.sort(rng.choice(size, SAMPLE, replace=False)) if size > SAMPLE else np.arange(size)
    codes = {name: c.codes[part] for name, c in table.items()}
    shuffled = {name: rng.permutation(c) for name, c in codes.items()}
    found = list(_singles(codes, shuffled))
    return found + list(_pairs(codes, shuffled, found))


def joint(first: Codes, second: Codes) -> Codes:
    """One code for two columns; -1 where either is empty."""
    both = first * (int(second.max(initial=0)) + 1) + second
    return np.where((first < 0) | (second < 0), -1, both)


def _singles(codes: Mapping[str, Codes], shuffled: Mapping[str, Codes]) -> Iterator[Dependency]:
    usable = [name for name, c in codes.items() if _repeats(c)]
    for column, given in product(codes, usable):
        if given != column:
            found = _tested((given,), codes[given], column, codes[column], shuffled[column])
            if found is not None:
                yield found


def _pairs(
    codes: Mapping[str, Codes], shuffled: Mapping[str, Codes], singles: list[Dependency]
) -> Iterator[Dependency]:
    known = {(d.given[0], d.column) for d in singles}
    usable = [name for name, c in codes.items() if _repeats(c)]
    for first, second in combinations(usable, 2):
        if (first, second) in known or (second, first) in known:
            continue
        both = _dense(joint(codes[first], codes[second]))
        if not _repeats(both):
            continue
        for column in codes:
            if column in (first, second) or {(first, column), (second, column)} & known:
                continue
            found = _tested((first, second), both, column, codes[column], shuffled[column])
            if found is not None and found.strength >= STRONG:
                yield found


def _dense(codes: Codes) -> Codes:
    """The same groups, numbered without gaps."""
    names, dense = np.unique(codes, return_inverse=True)
    return dense - 1 if len(names) and names[0] == -1 else dense


def _repeats(codes: Codes) -> bool:
    """Whether enough rows share a value with another, in enough groups, to learn from."""
    counts = np.bincount(codes[codes >= 0])
    more = counts[counts > 1]
    return len(more) >= LEAST_GROUPS and int(more.sum()) >= LEAST_ROWS


def _tested(given: tuple[str, ...], groups: Codes, column: str, values: Codes, shuffled: Codes) -> Dependency | None:
    every, settled = _agreement(groups, values), _settled(groups, values)
    found = _agreement(groups, settled)
    if every is None or found is None or found.rows < LEAST_SETTLED_OF_SEVERAL * every.rows:
        return None
    filled = settled[settled >= 0]
    commonest = np.bincount(filled).max() / len(filled)
    if (1 - commonest) * found.rows < LEAST_AGAINST_CHANCE:
        return None
    by_chance = _agreement(groups, _settled(groups, shuffled))
    chance = max(commonest, by_chance.hits * min(by_chance.rows / every.rows, 1.0) if by_chance is not None else 0.0)
    if (1 - chance) * found.rows < LEAST_AGAINST_CHANCE:
        return None
    strength = float((found.hits - chance) / (1 - chance))
    noise = float(max(1 - every.hits, 1 / (every.rows + 2)))
    if strength >= STRONG and found.rows >= LEAST_SETTLED * every.rows:
        return Dependency(given, column, strength, noise, float(np.clip(50 * (strength - 0.88), 1, 5)))
    if strength >= WEAK and found.clear >= CLEAR and chance < OPEN:
        return Dependency(given, column, strength, noise, SEVERAL)
    return None


def _settled(groups: Codes, values: Codes) -> Codes:
    """The values without those that are nowhere the favourite of a group: slips and strangers, which say nothing about
    whether the others are determined.
    """
    use = (groups >= 0) & (values >= 0)
    wide = int(values.max(initial=0)) + 1
    cells, counts = np.unique(groups[use] * wide + values[use], return_counts=True)
    most = np.zeros(int(groups.max(initial=0)) + 1, np.int64)
    np.maximum.at(most, cells // wide, counts)
    top = (counts == most[cells // wide]) & (counts > 1)
    at_home = np.zeros(wide, bool)
    at_home[cells[top] % wide] = True
    return np.where((values >= 0) & at_home[np.maximum(values, 0)], values, -1)


def _agreement(groups: Codes, values: Codes) -> _Agreement | None:
    """How well the other rows of a group foretell a row; None where too few rows share a group."""
    use = (groups >= 0) & (values >= 0)
    x, y = groups[use], values[use]
    if not len(x):
        return None
    cells, counts = np.unique(x * (int(values.max()) + 1) + y, return_counts=True)
    owner = cells // (int(values.max()) + 1)
    order = np.lexsort((-counts, owner))
    counts, owner = counts[order], owner[order]
    start = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
    size, top = np.add.reduceat(counts, start), counts[start]
    after = np.minimum(start + 1, len(counts) - 1)
    second = np.where(np.r_[np.diff(start), len(counts) - start[-1]] > 1, counts[after], 0)
    shared = size > 1
    rows = int(size[shared].sum())
    if rows < LEAST_ROWS or int(shared.sum()) < LEAST_GROUPS:
        return None
    hit = np.where(top - 1 > second, top, np.where(top - 1 == second, top / 2, 0.0))
    hit = np.where((top - 1 == second) & (second == 0), 0.0, hit)
    big = size >= 4
    clear = float(size[big & (top >= 3 * second)].sum() / max(int(size[big].sum()), 1))
    return _Agreement(rows, int(shared.sum()), float(hit[shared].sum() / rows), clear)
