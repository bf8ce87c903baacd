"""Ways in which people ask, in three files: two for work on the planner, one held apart to judge it."""

from functools import cache
from typing import Literal

from diapason.knowledge.loader import Strict, Titled, load

__all__ = ["FILES", "Asked", "Held", "Ways", "ways"]

FILES = {"tune": "questions/tune.yaml", "wide": "questions/wide.yaml", "blind": "questions/blind.yaml"}
"""Nobody looks into the last while working on what answers; the first two are learnt from."""


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
def ways(which: Literal["tune", "wide", "blind"]) -> Ways:
    """The wordings of one file."""
    return load(FILES[which], Ways)
