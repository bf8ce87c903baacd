"""Lines that stand in a table and are no rows of it: titles above, totals and notes below, as reports print them."""

import re
from collections.abc import Sequence
from itertools import pairwise

from diapason.vocabulary.language import Text

__all__ = ["AGAIN", "EMPTY", "LAYOUT", "closing", "is_title"]

_TOTALS = (
    "合计|总计|小计|累计|本页合计|本页小计|平均|平均值|均值|最大值|最小值|最大|最小|total|totals|sum|subtotal|sub-total|grandtotal|"
    "average|avg|mean|max|min|maximum|minimum|count|summe|gesamt|gesamtsumme|zwischensumme|mittelwert|durchschnitt"
)
_WORDS = frozenset(_TOTALS.split("|"))
_NOTE = re.compile(
    r"(?i)^(第\s*\d+\s*页.*|共\s*\d+\s*[页条行].*|page\s*\d+.*|seite\s*\d+.*|\d+ rows.*|"
    r".{0,8}(制表|审核|打印|批准|复核|备注|说明|注).{0,4}[:：].*|"
    r"(notes?|remarks?|printed|prepared|approved|checked|source)\b.{0,12}[:：].*|\*+\s*end.*)$"
)
_LABEL = re.compile(r"[^\d\s:：][^:：]{0,20}\s*[:：](?!\d|//)\s*\S*")


def closing(cells: Sequence[str]) -> Text | None:
    """Why a line at the end of a table or page is no row, if it is none.

    >>> closing(["合 计", "", "81.5"]).en, closing(["审核：", "", ""]).en, closing(["2026-11-03", "1", "2"])
    ('a line of totals', 'a note below the table', None)
    """
    filled = [c for c in (cell.strip() for cell in cells) if c]
    if not filled or len(cells) < 2:
        return None
    word = re.sub(r"[\s:：]", "", filled[0]).casefold()
    if word in _WORDS:
        return _TOTAL
    return _BELOW if _NOTE.match(filled[0]) and len(filled) <= max(1, len(cells) // 2) else None


def is_title(cells: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether a line above a table, padded to its width, is a title or a label with what it says.

    Args:
        cells: of the line.
        below: cells of the lines that follow.

    >>> is_title(["质量日报", "", "", ""], [["时间", "T", "p", "q"], ["1", "2", "3", "4"]])
    True
    """
    filled = [c for c in cells if c]
    counts = sorted(sum(map(bool, row)) for row in below[:40])
    if len(cells) < 3 or not counts or counts[len(counts) // 2] <= len(filled):
        return False
    if len(filled) <= 1:
        return not filled or not _is_number(filled[0])
    if any(_LABEL.fullmatch(c) or c.endswith((":", "：")) for c in filled):
        return len(filled) <= 0.8 * len(cells)
    first_two = all(bool(a) >= bool(b) for a, b in pairwise(cells))
    return len(filled) == 2 and len(cells) >= 5 and first_two and not _is_number(filled[0])


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"[+-]?[\d.,]+", text))


_TOTAL = Text("a line of totals", "合计行")
_BELOW = Text("a note below the table", "表格下方的说明")
AGAIN = Text("the header comes again", "表头重复出现")
EMPTY = Text("no cell has a value", "整行没有值")
LAYOUT = frozenset({_TOTAL, _BELOW, AGAIN, EMPTY})
"""Reasons that say how a report is printed, not that it was misread."""
