"""Annex 2, the guide for one enterprise: nine parts, 29 items, and the indicators of item 13."""

from functools import cache
from typing import Literal

from diapason.knowledge.loader import Both, Titled, load
from diapason.knowledge.sourced import Entry, Marked

__all__ = ["FILE", "Annex2", "Item", "KeyIndicator", "Part", "ScenarioClass", "annex2", "indicators", "items", "parts"]

FILE = "programme/annex2.yaml"


class Part(Marked, frozen=True, kw_only=True):
    """One of the nine parts."""

    number: int
    title: Both


class Item(Marked, frozen=True, kw_only=True):
    """One of the 29 items: what it asks of the enterprise, and what would prove it (ours)."""

    number: int
    part: int
    title: Both
    asks: Both
    evidence: Both


class ScenarioClass(Entry, frozen=True, kw_only=True):
    """One of the five classes of scenarios in items 12 and 13."""


class KeyIndicator(Entry, frozen=True, kw_only=True):
    """One indicator of item 13; `how` is our way of computing it."""

    scenario_class: str
    how: Both
    unit: str
    better: Literal["higher", "lower"]


class Annex2(Titled, frozen=True, kw_only=True):
    """The whole file; `ours` names the fields that are always our proposal."""

    ours: tuple[str, ...]
    parts: tuple[Part, ...]
    items: tuple[Item, ...]
    classes: tuple[ScenarioClass, ...]
    indicators: tuple[KeyIndicator, ...]


@cache
def annex2() -> Annex2:
    """Everything in the file, with its source."""
    return load(FILE, Annex2)


def parts() -> tuple[Part, ...]:
    """The nine parts in order."""
    return annex2().parts


def items() -> tuple[Item, ...]:
    """The 29 items in order."""
    return annex2().items


def indicators() -> tuple[KeyIndicator, ...]:
    """The indicators of item 13, class by class."""
    return annex2().indicators
