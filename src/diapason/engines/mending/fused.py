"""Two values in one cell: what belongs into the next column was written behind."""

import re
from collections.abc import Iterator, Mapping

from diapason.engines.mending.clues import Clue
from diapason.engines.mending.coded import Coded

__all__ = ["fused"]

FEW = 0.2
"""Distinct values of the second column, as a share of its rows, below which it is a dictionary."""
_SPLIT = re.compile(r"^(.*\S)[ ,;/|_-]+(\S+)$")


def fused(table: Mapping[str, Coded]) -> Iterator[Clue]:
    """Cells `a b` where `b` is a word of another column that is empty there or says `b` too.

    `a` must be a value of the column elsewhere, or the other cell must be empty.
    """
    for other in table.values():
        if not 2 <= len(other.values) <= FEW * max(other.filled, 1):
            continue
        known = {v: k for k, v in enumerate(other.values)}
        for column in table.values():
            if column.name != other.name and not column.numeric():
                yield from _into(column, other, known)


def _into(column: Coded, other: Coded, known: Mapping[str, int]) -> Iterator[Clue]:
    rows, own = column.rows(), {v: int(c) for v, c in zip(column.values, column.counts, strict=True)}
    found = []
    for k, value in enumerate(column.values):
        parts = _SPLIT.match(value)
        if parts is None or parts[2] not in known:
            continue
        there = other.codes[rows[k]]
        empty, same = there < 0, there == known[parts[2]]
        if empty.all() or ((empty | same).all() and own.get(parts[1], 0) > own[value]):
            found.append((k, parts[1], parts[2], rows[k][empty | same], own.get(parts[1], 0)))
    gaps = int((other.codes < 0).sum())
    filled_by = sum(int((other.codes[r] < 0).sum()) for _, _, _, r, _ in found)
    for _, first, second, where, seen in found:
        empty = other.codes[where] < 0
        if not seen and (filled_by < 3 or filled_by < 0.5 * gaps):
            continue
        sure = 0.97 if seen else 0.9
        for row, gap in zip(where, empty, strict=True):
            if not gap and not seen > 1:
                continue
            facts = {"second": second, "other": other.name}
            yield Clue(int(row), column.name, "fused", sure if gap else 0.9, first, 0.95, facts)
            if gap:
                back = {"second": second, "other": column.name}
                yield Clue(int(row), other.name, "fused", sure, second, 0.95, back)
