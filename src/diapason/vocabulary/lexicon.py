"""The words by which plants name columns: units and their spellings, quantities, roles."""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Lexicon", "Quantity", "Unit"]


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as plants write it."""

    code: str  # UCUM: "Cel", "bar", "t/h"
    quantity: str
    spellings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a column may measure, by the words in its name, and units whose values lie in a range."""

    name: str
    words: tuple[str, ...]
    likely: tuple[tuple[str, float, float], ...] = ()  # unit, least and greatest usual value


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All words, as a file of knowledge gives them."""

    units: tuple[Unit, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # "time", "asset", … -> words, strongest first
