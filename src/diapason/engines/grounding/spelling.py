"""Words of questions as they come from a hurried keyboard.

Source: insertion, deletion, substitution and transposition are 80 % of all slips; Damerau, CACM 7 (1964).
"""

import re
from functools import lru_cache

from diapason.engines.grounding import wording

__all__ = ["asks", "meant", "slipped", "voiced"]

_WORDS = (*wording.STATISTIC, *wording.KINDS)
_SOUNDS = {
    "差": "茶叉察岔",
    "值": "直植职质",
    "均": "君军钧",
    "低": "抵底",
    "高": "搞糕",
    "数": "树术",
    "位": "为味",
    "极": "级集",
}
"""Signs that a keyboard by sound offers for one another."""
_SPELT = (
    "标准差",
    "平均值",
    "平均",
    "均值",
    "最大值",
    "最小值",
    "最高值",
    "最低值",
    "中位数",
    "极差",
    "峰值",
    "平均数",
    "标准偏差",
)


def _heard(word: str) -> str:
    return "".join(f"[{c}{_SOUNDS[c]}]" if c in _SOUNDS else c for c in word)


_VOICED = [(re.compile(_heard(w)), w) for w in sorted(_SPELT, key=len, reverse=True)]


def voiced(text: str) -> str:
    """Chinese words of statistics, where a sign of the same sound stands for one of theirs.

    >>> voiced("标准茶")
    '标准差'
    """
    for pattern, word in _VOICED:
        text = pattern.sub(word, text)
    return text


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
