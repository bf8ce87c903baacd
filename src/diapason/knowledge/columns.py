"""The words by which plants name columns, from `columns.yaml`."""

from functools import cache

import msgspec

from diapason.knowledge.loader import Strict, Titled, load
from diapason.vocabulary.lexicon import Lexicon, Quantity, Unit

__all__ = ["FILE", "Columns", "lexicon"]

FILE = "columns.yaml"


class _Unit(Strict, frozen=True):
    code: str
    quantity: str
    spellings: list[str]


class _Likely(Strict, frozen=True):
    unit: str
    low: float
    high: float


class _Quantity(Strict, frozen=True):
    name: str
    words: list[str]
    likely: list[_Likely] = msgspec.field(default_factory=list)


class _Roles(Strict, frozen=True):
    time: list[str]
    count: list[str]
    asset: list[str]
    batch: list[str]
    target: list[str]
    perhaps_target: list[str]
    calendar: list[str]


class Columns(Titled, frozen=True):
    """The whole file."""

    units: list[_Unit]
    quantities: list[_Quantity]
    roles: _Roles


@cache
def lexicon() -> Lexicon:
    """Units, quantities and roles with their words."""
    known = load(FILE, Columns)
    return Lexicon(
        tuple(Unit(u.code, u.quantity, tuple(u.spellings)) for u in known.units),
        tuple(
            Quantity(q.name, tuple(q.words), tuple((x.unit, x.low, x.high) for x in q.likely)) for q in known.quantities
        ),
        {name: tuple(getattr(known.roles, name)) for name in _Roles.__struct_fields__},
    )
