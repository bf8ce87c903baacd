"""Standards, laws and formats that matter to the programme, from `programme/standards.yaml`."""

from functools import cache
from typing import Literal

from diapason.knowledge.loader import Both, Titled, load
from diapason.knowledge.sourced import Entry
from diapason.vocabulary.language import Language

__all__ = ["FILE", "Area", "Standard", "StandardFile", "areas", "standards"]

FILE = "programme/standards.yaml"

Status = Literal[
    "in_force", "in_use", "published", "technical_document", "draft", "announced", "phased", "replaced", "doubtful"
]
Kind = Literal["standard", "law", "regulation", "policy", "guideline", "group_standard"]


class Area(Entry, frozen=True, kw_only=True):
    """What a standard is about."""


class Standard(Entry, frozen=True, kw_only=True):
    """One document by its number; `own_title` names the languages in which the title is our rendering.

    Days are as precise as we know them: "2025", "2025-12" or "2025-12-25"; `dated` is the day a catalogue gives,
    for most the day of publication.
    """

    body: Both
    committee: str = ""
    kind: Kind = "standard"
    status: Status
    mandatory: bool = False
    dated: str | None = None
    in_force: str | None = None
    area: str
    related: tuple[str, ...] = ()
    related_elsewhere: tuple[str, ...] = ()
    own_title: tuple[Language, ...] = ()
    note: Both | None = None


class StandardFile(Titled, frozen=True, kw_only=True):
    """The whole file."""

    areas: tuple[Area, ...]
    entries: tuple[Standard, ...]


@cache
def standards() -> dict[str, Standard]:
    """All documents by their number."""
    return {standard.id: standard for standard in load(FILE, StandardFile).entries}


@cache
def areas() -> dict[str, Area]:
    """The areas by id."""
    return {area.id: area for area in load(FILE, StandardFile).areas}
