"""What laboratories write in place of a number: `<0.01`, `>2000`, 未检出, ND, 不合格. No value, but not nothing."""

import re
import unicodedata
from functools import lru_cache

from diapason.vocabulary.language import Text

__all__ = ["FLAGGED", "is_bound", "is_flag"]

_NUMBER = r"[+-]?(?:\d[\d,]*(?:[.,]\d+)?|\.\d+)(?:[eE][+-]?\d+)?"
_BOUND = re.compile(
    r"(?i)(?:<=?|>=?|≤|≥|≦|≧|⩽|⩾|小于等于|大于等于|小于|大于|低于|高于|不大于|不小于|less than|greater than)"
    rf"\s*{_NUMBER}\s*(?:[^\d\s<>][^\d<>]{{0,11}})?"
)
_SPELT = (
    "nd|n.d.|n.d|n.n.|n. n.|not detected|none detected|nicht nachweisbar|bdl|bql|bloq|<lod|<loq|<mdl|<rl|< lod|< loq|"
    "below detection|below lod|below loq|below detection limit|trace|traces|tr.|spuren|over range|overrange|"
    "out of range|overflow|underflow|>uloq|未检出|未检测|未检|不得检出|低于检出限|低于检测限|检出限以下|小于检出限|"
    "痕量|微量|超量程|超限|超标|超范围|溢出|合格|不合格|通过|不通过|pass|fail|passed|failed|ok|nok|"
    "待检|免检|作废|复检|停机|检修"
)
_WORDS = frozenset(_SPELT.split("|"))
FLAGGED = Text(
    "words such as <0.01, 未检出 or 不合格 among numbers: the number is missing, and what was written stands beside it",
    "数值列中的“<0.01”“未检出”“不合格”等：数值记为缺失，原文保留在旁边的列",
)


@lru_cache(maxsize=1 << 14)
def is_bound(text: str) -> bool:
    """Whether a cell gives only a limit: the value is below or above what can be measured.

    >>> [is_bound(t) for t in ("<0.01", "＜０．０１", "≥ 2000 mg/L", "小于5", "a<b", "5")]
    [True, True, True, True, False, False]
    """
    text = unicodedata.normalize("NFKC", text).strip()
    return _BOUND.fullmatch(text) is not None


@lru_cache(maxsize=1 << 14)
def is_flag(text: str) -> bool:
    """Whether a cell among numbers says something of the value without giving it.

    >>> is_flag("未检出"), is_flag("<0.01"), is_flag("sample lost")
    (True, True, False)
    """
    return text.strip().casefold() in _WORDS or is_bound(text)
