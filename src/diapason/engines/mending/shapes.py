"""Values that are built otherwise than the rest of their column."""

import re
from collections import Counter
from collections.abc import Iterator

import numpy as np

from diapason.engines.mending.clues import Clue
from diapason.engines.mending.coded import Coded

__all__ = ["casing", "formats", "shape"]

COMMON = 0.03
"""Share of a column from which a shape is one of its own."""
COVER = 0.88
"""What its own shapes must cover for another to be a mistake."""
MOST_SHAPES = 4
LEAST = 40

_RUNS = (re.compile(r"[^\W\d_]+"), re.compile(r"\d+"))
_SEPARATORS = re.compile(r"[-/. :]+")


def shape(text: str) -> str:
    """Letters and digits in runs; every other sign as it is.

    >>> shape("P-101A"), shape("33 patients"), shape("2023-05-01")
    ('A-9A', '9 A', '9-9-9')
    """
    return _RUNS[1].sub("9", _RUNS[0].sub("A", text))


def formats(column: Coded) -> Iterator[Clue]:
    """Cells whose shape is rare in a column of a few shapes with digits in them.

    A cell that becomes one of the column's own shapes when its separators are exchanged is proposed so.
    """
    shapes = [shape(v) for v in column.values]
    total: Counter[str] = Counter()
    for s, count in zip(shapes, column.counts, strict=True):
        total[s] += int(count)
    main = max(total, key=lambda s: total[s], default="")
    own = {s for s, c in total.items() if c >= max(COMMON * column.filled, 3)}
    own -= {s for s in own if s != main and total[s] < 0.25 * total[main] and _exchanged(s, main)}
    cover = sum(total[s] for s in own) / max(column.filled, 1)
    with_digits = sum(total[s] for s in own if "9" in s)
    if column.filled < LEAST or not own or len(own) > MOST_SHAPES or cover < COVER or with_digits < 0.5 * column.filled:
        return
    foreign = [s for s in total if s not in own]
    sure = 1 - len(own) * 0.03 - 0.5 * max(0.0, len(foreign) / column.filled - 0.02)
    rows = column.rows()
    for k, s in enumerate(shapes):
        if s in own or (total[s] > 2 and not _exchanged(column.values[k], main)):
            continue
        right = _exchanged(column.values[k], main)
        for row in rows[k]:
            facts = {"shape": main, "share": f"{total[main] / column.filled:.0%}"}
            yield Clue(int(row), column.name, "format", min(sure, 0.95), right, 0.9 if right else 0.0, facts)


def _exchanged(text: str, main: str) -> str | None:
    """The text with the separators of the main shape, if its parts are those of the main shape."""
    parts, wanted = _SEPARATORS.split(text), _SEPARATORS.split(main)
    if len(parts) != len(wanted) or len(parts) < 2 or any(shape(p) != w for p, w in zip(parts, wanted, strict=True)):
        return None
    signs = _SEPARATORS.findall(main)
    return "".join(p + s for p, s in zip(parts, [*signs, ""], strict=True))


def casing(column: Coded) -> Iterator[Clue]:
    """Cells that differ from a more frequent spelling in case, width of signs or blanks only."""
    groups: dict[str, list[int]] = {}
    for k, value in enumerate(column.values):
        groups.setdefault(_folded(value), []).append(k)
    rows = column.rows()
    for same in groups.values():
        if len(same) < 2:
            continue
        first, *others = sorted(same, key=lambda k: -int(column.counts[k]))
        for k in others:
            ratio = int(column.counts[first]) / int(column.counts[k])
            if ratio < 3:
                continue
            sure = float(1 - 0.5 / np.sqrt(ratio * max(int(column.counts[first]) - 1, 1)))
            facts = {"word": column.values[first], "rows": str(int(column.counts[first]))}
            for row in rows[k]:
                yield Clue(int(row), column.name, "variant", min(sure, 0.97), column.values[first], 0.97, facts)


def _folded(text: str) -> str:
    import unicodedata

    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
