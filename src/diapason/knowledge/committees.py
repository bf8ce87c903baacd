"""The five standards bodies the opinion names, and how to reach them."""

from functools import cache

from diapason.knowledge.loader import Both, Titled, load
from diapason.knowledge.sourced import Entry, Mark, Marked

__all__ = ["FILE", "Committee", "CommitteeFile", "Door", "Work", "committees", "doors"]

FILE = "programme/committees.yaml"


class Door(Entry, frozen=True, kw_only=True):
    """One way in; `foreign_invested` says what firms with foreign capital may do there, where we know."""

    how: Both
    foreign_invested: Both | None = None


class Work(Marked, frozen=True, kw_only=True):
    """One piece of work to watch."""

    what: Both
    standards: tuple[str, ...] = ()


class Committee(Entry, frozen=True, kw_only=True):
    """One body; the secretariat is missing where we do not know it."""

    remit: Both
    facts: tuple[Both, ...] = ()
    secretariat: Both | None = None
    secretariat_mark: Mark | None = None
    doors: tuple[str, ...]
    watch: tuple[Work, ...]


class CommitteeFile(Titled, frozen=True, kw_only=True):
    """The whole file."""

    doors: tuple[Door, ...]
    entries: tuple[Committee, ...]
    overlap: Both


@cache
def _file() -> CommitteeFile:
    return load(FILE, CommitteeFile)


def committees() -> dict[str, Committee]:
    """The five bodies by code."""
    return {committee.id: committee for committee in _file().entries}


def doors() -> dict[str, Door]:
    """Ways in, by id."""
    return {door.id: door for door in _file().doors}
