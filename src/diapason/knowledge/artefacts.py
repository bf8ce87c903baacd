"""What must be shown: every artefact that a rule or the crosswalk names, once."""

from functools import cache

from diapason.knowledge.loader import Both, Titled, load
from diapason.knowledge.sourced import Entry

__all__ = ["FILE", "Artefact", "ArtefactFile", "Role", "artefacts", "people"]

FILE = "programme/artefacts.yaml"


class Role(Entry, frozen=True, kw_only=True):
    """Who does the work."""


class Artefact(Entry, frozen=True, kw_only=True):
    """One thing to show; `days` is our estimate of the work to make it the first time, in person-days."""

    what: Both
    who: str
    days: float


class ArtefactFile(Titled, frozen=True, kw_only=True):
    """The whole file; `ours` names the fields that are always our proposal."""

    ours: tuple[str, ...]
    roles: tuple[Role, ...]
    entries: tuple[Artefact, ...]


@cache
def artefacts() -> dict[str, Artefact]:
    """All artefacts by id."""
    return {artefact.id: artefact for artefact in load(FILE, ArtefactFile).entries}


@cache
def people() -> dict[str, Role]:
    """Who makes artefacts, by the id of the role."""
    return {role.id: role for role in load(FILE, ArtefactFile).roles}
