"""The words of the programme and of this house, in both languages."""

from functools import cache

from diapason.knowledge.loader import Both, load
from diapason.knowledge.sourced import Entry, Sourced

__all__ = ["FILE", "Term", "TermFile", "terms"]

FILE = "programme/terms.yaml"


class Term(Entry, frozen=True, kw_only=True):
    """One word and what it means here, in our own words."""

    meaning: Both


TermFile = Sourced[Term]


@cache
def terms() -> dict[str, Term]:
    """All terms by id."""
    return {term.id: term for term in load(FILE, TermFile).entries}
