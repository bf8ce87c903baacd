"""Clauses in front of a question that say what it is for or how it came about: they ask nothing and bound nothing."""

import re

from diapason.engines.grounding import wording

__all__ = ["SLOT", "without_asides"]

SLOT = r"\s{2,}"
"""Where a name was cut out."""
_END = re.compile(r"[,.;:!?，。；：！？](?=\D|$)|\s[-–—]\s")
_SENTENCE = re.compile(r"^\W*(?:the|a|an|this|that|it|he|she)\s\w+.*[.!]$", re.IGNORECASE)
"""A whole sentence about something."""
_SAYS = re.compile(
    r"^\W*(?:(?:on|for|about)\s+)?(?:so\s)?(?:we|i|our|my|they|there (?:was|were|is|are)|some(?:one|body))(?:'\w+)?\s\w"
    r"|^\W*(?:as )?(?:per|following|regarding|re) (?:the|your|our|my|a) (?:\w+ ){0,2}"
    r"(?:request|e-?mail|call|query|note|question|discussion)\W*$"
    r"|^\W*(?:plan|prepar|fill|writ|work|review|investigat|finish|updat|audit|check|draft|document)\w*ing\b"
    r"|用\W*$|(?:检查|审查|分析|汇报|评审|核查|复盘|会议|比一下|看一下)\W*$|发现|安排|准备|怀疑|担心|盘点|正在|有人|^\W*(?:因为|由于|为了)|太[多大高低]|差点|有点",
    re.IGNORECASE,
)
"""A statement: someone and what they do; in Chinese a purpose, or something that was found or arranged."""
_BOUNDS = re.compile(
    r"\b(?:only|solely|exclud\w*|includ\w*|ignor\w*|omit\w*|skip\w*|leav\w* out|left out"
    r"|without|except\w*|unless|if|when\w*|while"
    r"|ones|those|(?:was|were|is|are|ran|run|been) (?:on|at|under|in|off|down|up)"
    r"|during|after|before|once|since|filter\w*|remov\w*|correct\w*|convert\w*|with|running|load|count\w*|consider\w*|assum\w*)\b"
    r"|[只仅除剔]|不[算计含包]|别[算计]|去掉|扣|过滤|忽略|换算|如果|要是|假设|(?:时|期间|后|下|前|班|段|侧)\W*$",
    re.IGNORECASE,
)
"""With one of these a clause may say which readings are meant."""
_ASKS = re.compile(
    r"\b(?:needs?|wants?|like|know|get|give|tell|show|find|looking|please|what|which|how|when)\b|(?<!不)[要想]|多少|几|什么|哪",
    re.IGNORECASE,
)
_DENIES = re.compile(
    r"^\W*(?:not|no|forget|never mind)\s(?:\w+\s?){1,4}\W*$|^\W*(?:不要|不看|不是|别看|不用)[^\d]{1,8}$", re.IGNORECASE
)
_NAMED = tuple(p for _, p in (*wording.STATISTIC, *wording.KINDS))


def without_asides(text: str, *, named: bool) -> str:
    """A question without the statements in front of it.

    A clause in which something is asked for goes only where it asks for nothing itself, or denies it, and what
    follows asks for something too.

    Args:
        text: a question, its names cut out.
        named: clauses in which a name stood go as well; else these stay, and those with a figure.

    >>> without_asides("We had complaints. What was the peak of", named=False).strip()
    'What was the peak of'
    >>> without_asides("We had the pump on only. What was the peak of", named=False)
    'We had the pump on only. What was the peak of'
    """
    while (end := _END.search(text)) is not None and _aside(text[: end.end()], text[end.end() :], named=named):
        text = text[end.end() :]
    return text


def _aside(clause: str, rest: str, *, named: bool) -> bool:
    if not rest.strip() or (not named and re.search(rf"\S{SLOT}\S|\d|\S{SLOT}$|^{SLOT}\S", clause)):
        return False
    whole, clause = clause.strip(), _END.sub("", clause)
    asks, goes_on = _lists(clause), _lists(rest)
    if _DENIES.search(clause):
        return asks and goes_on
    if not (_SAYS.search(clause) or _SENTENCE.search(whole)) or _BOUNDS.search(clause):
        return False
    return not asks or (goes_on and not _ASKS.search(clause) and not named)


def _lists(text: str) -> bool:
    return any(re.search(p, text, re.IGNORECASE) for p in _NAMED)
