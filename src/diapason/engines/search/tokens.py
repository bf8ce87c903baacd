"""A text as the words by which it is found: parts of names, numbers apart, Chinese as pairs of characters."""

import re
import unicodedata
from functools import lru_cache

__all__ = ["folded", "pieces"]

_PARTS = re.compile(r"[A-ZÄÖÜ]+(?![a-zäöüß])|[A-ZÄÖÜ]?[a-zäöüß]+|[\u4e00-\u9fff]+|\d+|[^\W\d_A-Za-z\u4e00-\u9fff]+")
_HAN = re.compile(r"[\u4e00-\u9fff]")


@lru_cache(maxsize=1 << 16)
def pieces(text: str) -> tuple[str, ...]:
    """The words of a text in lower case; Chinese of more than two characters as overlapping pairs.

    >>> pieces("T_in [°C]"), pieces("FlowRate2"), pieces("进料温度")
    (('t', 'in', 'c'), ('flow', 'rate', '2'), ('进料', '料温', '温度'))
    """
    found: list[str] = []
    for part in _PARTS.findall(unicodedata.normalize("NFKC", text)):
        if _HAN.match(part):
            found += [part] if len(part) <= 2 else [part[i : i + 2] for i in range(len(part) - 1)]
        else:
            found.append(part.lower())
    return tuple(found)


def folded(text: str) -> str:
    """A text as it is compared whole: one width, no case, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
