"""The facts by which rules are decided, and the condition over them."""

from functools import cache
from typing import Literal

import msgspec

from diapason.knowledge.loader import Both, Strict, load
from diapason.knowledge.sourced import Entry, Sourced

__all__ = ["FILE", "Choice", "Condition", "Fact", "FactFile", "facts"]

FILE = "programme/facts.yaml"


class Choice(Strict, frozen=True, kw_only=True):
    """One answer a person may choose."""

    id: str
    title: Both


class Fact(Entry, frozen=True, kw_only=True):
    """One thing to know about a system, a dataset, a transfer or an incident, and how to ask a person for it."""

    kind: Literal["flag", "choice", "number"]
    question: Both
    choices: tuple[Choice, ...] = ()
    unit: str = ""


class Condition(Strict, frozen=True, kw_only=True):
    """One fact that must hold: among values (`is` in the file), or a number at least, or below, a bound."""

    fact: str
    among: tuple[bool | str, ...] = msgspec.field(name="is", default=())
    at_least: float | None = None
    below: float | None = None


FactFile = Sourced[Fact]


@cache
def facts() -> dict[str, Fact]:
    """All facts by id."""
    return {fact.id: fact for fact in load(FILE, FactFile).entries}
