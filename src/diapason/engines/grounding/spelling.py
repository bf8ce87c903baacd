"""Words of questions as they come from a hurried keyboard.

Source: insertion, deletion, substitution and transposition are 80 % of all slips; Damerau, CACM 7 (1964).
"""

import re
from functools import lru_cache

from diapason.engines.grounding import wording

__all__ = ["asks", "meant", "slipped"]

_WORDS = (*wording.STATISTIC, *wording.KINDS)


@lru_cache(maxsize=10_000)
def meant(word: str) -> str:
    """A word of questions that is one slip away, where there is exactly one; else the word itself."""
    low = word.lower()
    if low in wording.EMPTY or low in wording.KEYWORDS or asks(low):
        return word
    near = [k for k in wording.KEYWORDS if slipped(low, k)]
    return near[0] if len(near) == 1 else word


def slipped(word: str, meant: str) -> bool:
    """Whether one slip lies between two words; below six letters only two letters that change places."""
    swapped = {meant[:i] + meant[i + 1] + meant[i] + meant[i + 2 :] for i in range(len(meant) - 1)}
    if word in swapped or len(meant) < 6 or abs(len(word) - len(meant)) > 1:
        return word in swapped
    i = next((i for i, (a, b) in enumerate(zip(word, meant, strict=False)) if a != b), min(len(word), len(meant)))
    rests = {(word[i + 1 :], meant[i + 1 :]), (word[i + 1 :], meant[i:]), (word[i:], meant[i + 1 :])}
    return any(a == b for a, b in rests)


@lru_cache(maxsize=100_000)
def asks(word: str) -> bool:
    """Whether a word is one of those by which people ask."""
    return word in wording.EMPTY or any(re.fullmatch(p, word, re.IGNORECASE) for _, p in _WORDS)
