"""What the other rows of the same group say of a cell, and which cell of a contradiction is to blame."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from diapason.engines.mending.clues import Clue
from diapason.engines.mending.coded import Coded
from diapason.engines.mending.dependencies import Dependency, joint

__all__ = ["Votes", "votes"]

MOST = 5.0
"""No single dependency says more than this (log odds)."""
TARGET = 1.0
"""Log odds by which the determined cell is suspected rather than the determining one: a mistyped determinant forms
no group and so contradicts nothing."""

Codes = NDArray[np.int64]
_Law = tuple[tuple[str, ...], str]


@dataclass(frozen=True, slots=True)
class _Against:
    """A contradiction: in this row, `column` should be `wanted` according to `given`."""

    given: tuple[str, ...]  # those that may be to blame
    names: tuple[str, ...]  # all determinants, for the sentence
    column: str
    odds: float
    wanted: int
    agree: int
    of: int
    rarity: float  # log odds against an error, by the dependency's noise


@dataclass(slots=True)
class Votes:
    """Clues by dependencies, and how far they stand behind each cell."""

    clues: list[Clue] = field(default_factory=list)
    support: dict[str, NDArray[np.float32]] = field(default_factory=dict)  # log odds for each cell, shape (n,)


@dataclass(frozen=True, slots=True)
class _Group:
    """For each row, what the others of its group say."""

    rows: Codes
    wanted: Codes  # the favourite of the others
    agree: Codes  # how many of them say it
    same: Codes  # how many of them say what this row says
    of: Codes  # how many others there are


def votes(table: Mapping[str, Coded], found: Sequence[Dependency]) -> Votes:
    """Clues from all dependencies together.

    In each row that contradicts some, the cell is blamed that explains most of it and has the least behind it; what it
    explains is taken away, and so on. The clue's probability comes from its lead over the next suspect.

    Args:
        table: columns as codes.
        found: dependencies between them.
    """
    size = len(next(iter(table.values())).codes) if table else 0
    out = Votes(support={name: np.zeros(size, np.float32) for name in table})
    against: dict[int, list[_Against]] = defaultdict(list)
    for dependency in found:
        _collect(table, dependency, out, against)
    laws = {(d.given, d.column): d.noise for d in found}
    for row, said in against.items():
        out.clues.extend(_blame(row, said, table, out.support, laws))
    return out


def _collect(
    table: Mapping[str, Coded], dependency: Dependency, out: Votes, against: dict[int, list[_Against]]
) -> None:
    given = [table[g].codes for g in dependency.given]
    groups = given[0] if len(given) == 1 else joint(given[0], given[1])
    column = table[dependency.column]
    said = _others(groups, column.codes)
    weight = float(np.log((1 - dependency.noise) / dependency.noise)) if dependency.noise < 0.5 else 0.1
    lead = np.clip((said.agree - 2 * said.same - 1) * weight, 0, dependency.most)
    other = said.wanted != column.codes[said.rows]
    behind = np.where(other, 0, np.clip(said.same * weight, 0, dependency.most)).astype(np.float32)
    for name in (*dependency.given, dependency.column):
        out.support[name][said.rows] += behind
    favourites = set(said.wanted[~other].tolist())
    breaks = other & (lead > 0) & (said.wanted >= 0)
    breaks &= ~_regular(table, dependency, said.rows, breaks)
    for k in np.flatnonzero(breaks):
        own = int(column.codes[said.rows[k]])
        suspects = dependency.given if own in favourites else ()
        row, wanted = int(said.rows[k]), int(said.wanted[k])
        facts = (float(lead[k]), wanted, int(said.agree[k]), int(said.of[k]), weight)
        against[row].append(_Against(suspects, dependency.given, dependency.column, *facts))


def _regular(
    table: Mapping[str, Coded], dependency: Dependency, rows: Codes, breaks: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Breaks that are the rule for some value of another column, and so are no errors: one customer who is exempt.

    A value of another column counts where at least three of its rows break the dependency, three in four do, and
    chance would bring that about for less than one value in a hundred.
    """
    excused = np.zeros(len(rows), bool)
    rate = float(breaks.mean()) if len(rows) else 0.0
    if not 0 < rate < 0.2:
        return excused
    for name, other in table.items():
        if name in (*dependency.given, dependency.column):
            continue
        codes = other.codes[rows]
        known = codes >= 0
        whole = np.bincount(codes[known], minlength=len(other.values))
        broken = np.bincount(codes[known & breaks], minlength=len(other.values))
        rule = (broken >= 3) & (broken >= 0.75 * whole)
        for value in np.flatnonzero(rule):
            if binom.sf(broken[value] - 1, whole[value], rate) * len(other.values) < 0.01:
                excused |= codes == value
    return excused


def _others(groups: Codes, values: Codes) -> _Group:
    """The favourite among the other rows of each row's group; an empty cell counts as a value of its own."""
    rows = np.flatnonzero(groups >= 0)
    x, y = groups[rows], values[rows] + 1
    wide = int(y.max(initial=0)) + 1
    cells, inverse, counts = np.unique(x * wide + y, return_inverse=True, return_counts=True)
    owner = cells // wide
    order = np.lexsort((-counts, owner))
    start = np.flatnonzero(np.r_[True, owner[order][1:] != owner[order][:-1]])
    _, which = np.unique(owner, return_inverse=True)
    size = np.add.reduceat(counts[order], start)
    first = order[start]
    after = np.minimum(start + 1, len(order) - 1)
    alone = np.r_[np.diff(start), len(order) - start[-1]] == 1
    second = np.where(alone, -1, order[after])
    mine, group = inverse, which[inverse]
    leads = mine == first[group]
    ahead = np.where(second[group] >= 0, counts[np.maximum(second[group], 0)], 0)
    stays = ~leads | (counts[mine] - 1 >= ahead)
    wanted_cell = np.where(stays, first[group], second[group])
    agree = counts[wanted_cell] - (leads & stays)
    wanted = cells[wanted_cell] % wide - 1
    return _Group(rows, wanted, agree, counts[mine] - 1, size[group] - 1)


def _blame(
    row: int,
    said: list[_Against],
    table: Mapping[str, Coded],
    support: Mapping[str, NDArray[np.float32]],
    laws: Mapping[_Law, float],
) -> Iterator[Clue]:
    open_, found = list(said), []
    while open_:
        charge: dict[str, float] = defaultdict(float)
        for one in open_:
            charge[one.column] += one.odds
            for name in one.given:
                charge[name] += one.odds
        for name in {one.column for one in open_}:
            charge[name] += TARGET
        score = {name: c - float(support[name][row]) for name, c in charge.items()}
        culprit = max(score, key=lambda name: (score[name], name))
        mine = [one for one in open_ if culprit == one.column or culprit in one.given]
        rivals = {n for one in mine for n in (one.column, *one.given)} - {culprit}
        lead = min([score[culprit], *(score[culprit] - max(score[n], -MOST) for n in rivals)])
        if lead > 0:
            found.append((culprit, lead, mine))
        open_ = [one for one in open_ if one not in mine]
    for culprit, lead, mine in found:
        others = {name: m for name, _, m in found if name != culprit}
        doubt = lead - _at_once(culprit, mine, others, said, laws)
        if doubt > 0:
            yield _clue(row, culprit, doubt, said, table)


def _at_once(
    culprit: str,
    mine: list[_Against],
    others: Mapping[str, list[_Against]],
    said: list[_Against],
    laws: Mapping[_Law, float],
) -> float:
    """What to take off where one determinant holds several cells of the row to be wrong at once.

    That takes as many errors, or one row of a kind of its own. It is the latter where the accused cells vouch for each
    other, by a dependency with less than half of the accuser's noise, and hardly more determinants accuse them than
    they are.
    """
    by = {one.names for one in mine if one.column == culprit}
    shared = [name for name, m in others.items() if by & {one.names for one in m}]
    if not shared:
        return 0.0
    rarity = max(one.rarity for one in mine)
    noise = 1 / (1 + np.exp(rarity))
    apart = {(one.names, one.column) for one in said}
    agree = 0
    for other in shared:
        both: tuple[_Law, _Law] = (((culprit,), other), ((other,), culprit))
        firm = any(laws.get(law, 1.0) < noise / 2 for law in both)
        agree += firm and not apart.intersection(both)
    own_kind = agree > 0 and len(by) <= agree + 1
    return float(np.inf) if own_kind else rarity * len(shared)


def _clue(row: int, column: str, lead: float, said: list[_Against], table: Mapping[str, Coded]) -> Clue:
    sure = float(1 / (1 + np.exp(-min(lead, MOST))))
    ballots: dict[int, float] = defaultdict(float)
    for one in said:
        if one.column == column:
            ballots[one.wanted] += one.odds
    if not ballots:
        names = ", ".join(sorted({one.column for one in said if column in one.given}))
        return Clue(row, column, "dependency", sure, None, 0.0, {"given": names, "agree": "0", "others": "0"})
    best = max(ballots, key=lambda b: (ballots[b], -b))
    total = sum(ballots.values())
    trust = ballots[best] / total * float(1 / (1 + np.exp(-ballots[best])))
    witness = max((one for one in said if one.column == column and one.wanted == best), key=lambda one: one.odds)
    facts = {"given": " + ".join(witness.names), "agree": str(witness.agree), "others": str(witness.of)}
    return Clue(row, column, "dependency", sure, table[column].values[best], trust, facts)
