"""All clues together, in turns: what was mended supports the next look."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from diapason.engines.mending import blanks, closed, dependencies, fused, outlying, shapes, spelling, units, voting
from diapason.engines.mending.clues import Clue, Doubted
from diapason.engines.mending.coded import Coded, coded

__all__ = ["Mended", "mend"]

TURNS = 5
LEAST = 0.5
"""Probability from which a cell is held to be wrong."""
SETTLES = 0.8
"""Probability of cell and proposal from which the next turn builds on a proposal."""


@dataclass(frozen=True, slots=True)
class Mended:
    """Cells held to be wrong, and what the table is held to obey."""

    cells: tuple[Doubted, ...]  # by column, then row
    dependencies: tuple[dependencies.Dependency, ...]
    turns: int


def mend(
    columns: Mapping[str, Sequence[str]], *, seed: int = 0, told: Callable[[int], None] = lambda _turn: None
) -> Mended:
    """Cells of a table that the rest of the table speaks against.

    Args:
        columns: texts of each column, all of one length; "" is an empty cell.
        seed: of the shuffles that tell chance from dependency.
        told: called at the beginning of each turn, from 1.

    Returns:
        Each cell with the probability that it is wrong, a proposal, and the reason.
    """
    given = {name: list(cells) for name, cells in columns.items()}
    now = {name: list(cells) for name, cells in given.items()}
    doubted: dict[tuple[str, int], Doubted] = {}
    touched: dict[tuple[str, int], int] = defaultdict(int)
    found: list[dependencies.Dependency] = []
    turn = 0
    for turn in range(1, TURNS + 1):
        told(turn)
        table = coded(now)
        found = dependencies.dependencies(table, seed)
        changed = 0
        for cell in _weighed(table, found):
            key = (cell.column, cell.row)
            before = doubted.get(key)
            if before is not None and not _better(cell, before, now[cell.column][cell.row]):
                continue
            doubted[key] = _kept(before, cell, given[cell.column][cell.row])
            settles = cell.proposed is not None and cell.sure * cell.trust >= SETTLES * SETTLES and touched[key] < 2
            if settles and cell.proposed != now[cell.column][cell.row]:
                now[cell.column][cell.row] = str(cell.proposed)
                touched[key] += 1
                changed += 1
        if not changed:
            break
    order = {name: i for i, name in enumerate(columns)}
    cells = (d for d in doubted.values() if d.proposed != d.value)
    return Mended(tuple(sorted(cells, key=lambda d: (order[d.column], d.row))), tuple(found), turn)


_FORMS = frozenset({"unit", "long", "variant", "format"})
"""What concerns how a value is written, and so may follow another mending of the same cell."""


def _better(cell: Doubted, before: Doubted, now: str) -> bool:
    """Whether a later turn may change what was proposed: on better grounds, or to write the mended value properly."""
    if cell.proposed == before.value or cell.kind == before.kind:
        return False
    follows = now == before.proposed and (cell.kind in _FORMS or (cell.kind == "outlier" and before.kind in _FORMS))
    return follows or cell.sure * cell.trust > before.sure * before.trust


def _kept(before: Doubted | None, cell: Doubted, value: str) -> Doubted:
    """A later turn changes what is proposed; the cell was as doubtful as it ever was."""
    sure = max(cell.sure, before.sure) if before is not None else cell.sure
    kind, facts = (before.kind, before.facts) if before is not None else (cell.kind, cell.facts)
    if cell.proposed is None and before is not None and before.proposed is not None:
        return before
    return Doubted(cell.row, cell.column, value, sure, cell.proposed, cell.trust, kind, facts)


def _clues(table: Mapping[str, Coded]) -> Iterator[Clue]:
    for column in table.values():
        yield from units.unit_spellings(column)
        yield from units.long_numbers(column)
        yield from shapes.casing(column)
        yield from shapes.formats(column)
        yield from spelling.typos(column)
        yield from closed.foreign(column)
        yield from outlying.outliers(column)
    yield from blanks.disguised(table)
    yield from fused.fused(table)


def _weighed(table: Mapping[str, Coded], found: Sequence[dependencies.Dependency]) -> Iterator[Doubted]:
    """Clues of one cell together, against what stands behind it."""
    voted = voting.votes(table, found)
    by_cell: dict[tuple[str, int], list[Clue]] = defaultdict(list)
    for clue in chain(voted.clues, _clues(table)):
        by_cell[clue.column, clue.row].append(clue)
    for (column, row), clues in by_cell.items():
        cell = _cell(table[column], row, clues, voted.support[column])
        if cell.sure >= LEAST:
            yield cell


_OF_WORDS = frozenset({"typo", "format", "outlier", "foreign"})
"""Clues that give way where other columns say that the value is right."""


def _cell(column: Coded, row: int, clues: list[Clue], support: NDArray[np.float32]) -> Doubted:
    behind = float(support[row])
    voted = any(c.kind == "dependency" for c in clues)
    right = 1.0
    weighed = []
    for clue in clues:
        sure = clue.sure
        if clue.kind in _OF_WORDS and not voted and behind > 0:
            sure = sure / (sure + (1 - sure) * float(np.exp(min(behind, 5.0)))) if sure < 1 else sure
        weighed.append((sure, clue))
        right *= 1 - min(sure, 0.999)
    ballots: dict[str, float] = defaultdict(float)
    for sure, clue in weighed:
        if clue.proposed is not None:
            ballots[clue.proposed] = 1 - (1 - ballots[clue.proposed]) * (1 - min(sure * clue.trust, 0.999))
    proposed = max(ballots, key=lambda p: (ballots[p], p)) if ballots else None
    trust = ballots[proposed] / max(1.0, sum(ballots.values())) if proposed is not None else 0.0
    strongest = max(weighed, key=lambda w: (w[0], w[1].kind))[1]
    code = int(column.codes[row])
    value = column.values[code] if code >= 0 else ""
    return Doubted(row, column.name, value, 1 - right, proposed, trust, strongest.kind, strongest.facts)
