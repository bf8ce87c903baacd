"""Columns that know few words: what is none of them is a mistake."""

from collections.abc import Iterator

import numpy as np

from diapason.engines.mending.clues import Clue
from diapason.engines.mending.coded import Coded
from diapason.engines.mending.distance import edits
from diapason.engines.mending.spelling import in_company

__all__ = ["foreign"]

WORDS = 8
"""Most words of a closed column."""
WORD = 0.01
"""Share of the rows from which a value is one of its words, and at least ten rows."""
COVER = 0.9
LEAST = 100


def foreign(column: Coded) -> Iterator[Clue]:
    """Cells with a rare value in a column of few frequent ones and hardly anything between.

    A value is rare in up to 3 rows, or in a few more where there are many such; between rare and frequent lies at
    most one value for three words. How many edits lie between the cell and the nearest word says what is proposed,
    and whether it is a slip or a new word.
    """
    if column.filled < LEAST or column.numeric():
        return
    floor = max(10, WORD * column.filled)
    words = [k for k, c in enumerate(column.counts) if c >= floor]
    few = [int(c) for c in column.counts if c < floor]
    rare = [k for k, c in enumerate(column.counts) if c <= 3 or (c < floor and in_company(int(c), few))]
    between = len(column.values) - len(words) - len(rare)
    cover = int(column.counts[words].sum()) / column.filled if words else 0.0
    if not 0 < len(words) <= WORDS or 3 * between > len(words) or cover < COVER:
        return
    rows = column.rows()
    for k in rare:
        value = column.values[k]
        far = {w: edits(value, column.values[w], len(value) + 8) for w in words}
        least = min(far.values())
        ties = [w for w in words if far[w] == least]
        best = max(ties, key=lambda w: int(column.counts[w]))
        close = least <= max(1, len(column.values[best]) // 3)
        share = int(column.counts[best]) / sum(int(column.counts[w]) for w in ties)
        sure = float(np.clip((0.93 if close else 0.7) - 0.02 * len(words), 0.5, 0.95))
        facts = {"words": str(len(words)), "share": f"{cover:.0%}"}
        for row in rows[k]:
            right = column.values[best] if close else None
            yield Clue(int(row), column.name, "foreign", sure, right, 0.8 * share if close else 0.0, facts)
