"""Words that stand where nothing is known."""

from collections.abc import Iterator, Mapping

from diapason.engines.mending.clues import Clue
from diapason.engines.mending.coded import Coded, number

__all__ = ["disguised"]

_FIRM = "na|n/a|n.a.|n.a|nan|null|nil|#n/a|#value!|#ref!|<null>|(null)|no data|not available|无数据|缺失"
_MORE = "none|-|--|---|?|??|.|missing|no value|undefined|unknown|tbd|n.k.|无|空|未知|暂无"
FIRM = frozenset(_FIRM.split("|"))
"""Words for "no value" that are no value of any text column either."""
WORDS = FIRM | frozenset(_MORE.split("|"))
"""Words for "no value" in a column of numbers."""


def disguised(table: Mapping[str, Coded]) -> Iterator[Clue]:
    """Words for "no value": in a column of numbers any of them; elsewhere only firm ones.

    A word that the whole table uses in place of empty cells, several columns alike and no cell empty, is its way of
    saying so and no error in a text column.
    """
    empties = any((c.codes < 0).any() for c in table.values())
    for column in table.values():
        numbers = _numbers(column)
        known = [k for k, v in enumerate(column.values) if v.strip().casefold() in WORDS]
        rows = column.rows()
        for k in known:
            word = column.values[k].strip().casefold()
            if not numbers and not (word in FIRM and empties):
                continue
            for row in rows[k]:
                facts = {"word": column.values[k], "rows": str(int(column.counts[k]))}
                yield Clue(int(row), column.name, "blank", 0.95 if numbers else 0.85, "", 0.95, facts)


def _numbers(column: Coded) -> bool:
    """Whether what is no word for nothing is numbers."""
    said = [(v, int(c)) for v, c in zip(column.values, column.counts, strict=True) if v.strip().casefold() not in WORDS]
    total = sum(c for _, c in said)
    return total >= 10 and sum(c for v, c in said if number(v.rstrip("%")) is not None) >= 0.9 * total
