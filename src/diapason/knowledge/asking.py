"""Ways in which people ask, by the hand that wrote them: four files to learn from, one held apart to judge by."""

from collections.abc import Mapping
from functools import cache
from typing import Literal

from diapason.knowledge.loader import Strict, Titled, load

__all__ = ["FILES", "LEARNT", "Asked", "Held", "Ways", "Which", "ways"]

Which = Literal["tune", "wide", "stranger1", "stranger2", "blind"]
FILES: Mapping[Which, str] = {
    "tune": "questions/tune.yaml",
    "wide": "questions/wide.yaml",
    "stranger1": "questions/stranger1.yaml",
    "stranger2": "questions/stranger2.yaml",
    "blind": "questions/blind.yaml",
}
LEARNT: tuple[Which, ...] = ("tune", "wide", "stranger1", "stranger2")
"""Files that are learnt from; the two of strangers were blind files that were met. Nobody looks into the last one while
working on what answers."""


class Asked(Strict, frozen=True, kw_only=True):
    """A question with one right plan, in several wordings."""

    tool: str
    statistic: str = ""
    above: bool = True
    fleet: bool = False  # about one asset of several
    en: tuple[str, ...]
    zh: tuple[str, ...]


class Held(Strict, frozen=True, kw_only=True):
    """Questions to which the right answer is none."""

    kind: Literal["unanswerable", "ambiguous", "missing"]
    en: tuple[str, ...]
    zh: tuple[str, ...]


class Ways(Titled, frozen=True, kw_only=True):
    """One file."""

    asked: tuple[Asked, ...]
    held: tuple[Held, ...]


@cache
def ways(which: Which) -> Ways:
    """The wordings of one file."""
    return load(FILES[which], Ways)
