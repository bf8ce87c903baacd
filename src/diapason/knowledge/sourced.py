"""Files whose entries share one source and one date, each entry with its own mark."""

from typing import Generic, Literal, TypeVar

from diapason.knowledge.loader import Both, Strict, Titled

__all__ = ["Entry", "Mark", "Marked", "Regime", "Sourced"]

Mark = Literal["seen", "recalled", "inferred"]
"""How we know: read in a public text; general knowledge, not checked again; our own reading or proposal."""

Regime = Literal["cn", "eu", "iso"]
"""Whose rule: China's, the European Union's, or an international standard's."""

E = TypeVar("E")


class Marked(Strict, frozen=True, kw_only=True):
    """A record that says how we know it."""

    mark: Mark


class Entry(Marked, frozen=True, kw_only=True):
    """A marked record with a name by which others refer to it, and a title."""

    id: str
    title: Both


class Sourced(Titled, Generic[E], frozen=True, kw_only=True):
    """A file of entries of one kind; source and date stand once, at its head.

    `ours` names the fields that are our proposal in every entry, whatever the entry's own mark says of the rest.
    """

    entries: tuple[E, ...]
    ours: tuple[str, ...] = ()
