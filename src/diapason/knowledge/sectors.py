"""The 18 sector headings of Annex 1 and the 20 fields of the resonance notice."""

from functools import cache
from typing import Literal

from diapason.knowledge.loader import Both, load
from diapason.knowledge.sourced import Marked, Sourced

__all__ = ["FIELDS", "SECTORS", "Field", "FieldFile", "Group", "Sector", "SectorFile", "fields", "sectors"]

SECTORS = "programme/sectors.yaml"
FIELDS = "programme/fields.yaml"

Group = Literal["raw_materials", "equipment", "consumer_goods", "electronics", "software"]


class Sector(Marked, frozen=True, kw_only=True):
    """One heading of Annex 1; the code is ours, the paragraph the document's."""

    code: str
    group: Group
    title: Both
    paragraph: str
    stresses: Both


class Field(Marked, frozen=True, kw_only=True):
    """One field of the notice of 2026; `mark` is for its name, the sectors it maps to are our reading."""

    id: str
    title: Both
    sectors: tuple[str, ...]
    note: Both | None = None


SectorFile = Sourced[Sector]
FieldFile = Sourced[Field]


@cache
def sectors() -> dict[str, Sector]:
    """The headings of Annex 1 by code, in the document's order."""
    return {sector.code: sector for sector in load(SECTORS, SectorFile).entries}


@cache
def fields() -> tuple[Field, ...]:
    """The 20 fields in the notice's order."""
    return load(FIELDS, FieldFile).entries
