"""Text in the columns of a terminal, where a Chinese character takes two."""

import re
from collections.abc import Sequence
from unicodedata import east_asian_width

__all__ = ["padded", "width", "wrapped"]

LINE = 80
_CLOSING = "，。；：、！？）】》”’%"
"""Marks that never begin a line."""


def width(text: str) -> int:
    """Columns that a text takes.

    >>> width("row 行")
    6
    """
    return len(text) if text.isascii() else sum(2 if east_asian_width(c) in "WF" else 1 for c in text)


def padded(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Cells side by side, each filled up to its width.

    >>> padded(["行", "row"], [4, 3])
    '行    row'
    """
    return "  ".join(c + " " * (w - width(c)) for c, w in zip(cells, widths, strict=True)).rstrip()


def wrapped(text: str, indent: int = 0, line: int = LINE) -> str:
    """Lines of at most `line` columns; those after the first begin after `indent` spaces.

    English breaks between words, Chinese between characters; what is in the first line before the text is the caller's.

    >>> print(wrapped("one two three", indent=2, line=9))
    one two
      three
    >>> print(wrapped("at most 16 %", line=10))
    at most
    16 %
    """
    lines, current = [], ""
    for piece in re.findall(rf"\s+|[\u2e80-\uffef][{_CLOSING}]*|[^\s\u2e80-\uffef]+(?: %)?[{_CLOSING}]*", text):
        if current and width(current + piece.rstrip()) > line - indent:
            lines.append(current.rstrip())
            current = ""
        current += piece if current else piece.lstrip()
    return ("\n" + " " * indent).join([*lines, current.rstrip()])
