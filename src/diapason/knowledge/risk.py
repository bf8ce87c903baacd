"""Risk classes: Framework 2.0's checklist and our table of levels, the AI Act's classes, and those of machinery."""

from functools import cache

from diapason.knowledge.facts import Condition
from diapason.knowledge.loader import Both, Strict, Titled, load
from diapason.knowledge.sourced import Entry, Marked

__all__ = ["FILE", "Grading", "LegalClass", "Level", "Raise", "RiskClass", "RiskFile", "Tier", "risk"]

FILE = "programme/risk.yaml"


class Tier(Entry, frozen=True, kw_only=True):
    """One of the three tiers of risk."""


class RiskClass(Entry, frozen=True, kw_only=True):
    """One class of risk; the R-number is a third party's, used as our id."""

    tier: str
    risks: Both


class Level(Marked, frozen=True, kw_only=True):
    """One of the five levels; official names of the levels were not confirmed."""

    number: int
    title: Both


class Raise(Strict, frozen=True, kw_only=True):
    """So many levels more where any one of these facts holds."""

    any_of: tuple[Condition, ...]
    by: int
    why: Both


class Grading(Marked, frozen=True, kw_only=True):
    """Our table: the level by scene, a column per autonomy, then raises and a cap; no official formula exists."""

    columns: tuple[str, ...]
    rows: dict[str, tuple[int, ...]]
    raises: tuple[Raise, ...]
    cap: int


class LegalClass(Entry, frozen=True, kw_only=True):
    """One class of a regime. It holds where all of `when` and, if `any_of` stands, one of its groups hold.

    An empty `when` without `any_of` holds where no other class of its list does.
    """

    when: tuple[Condition, ...]
    any_of: tuple[tuple[Condition, ...], ...] = ()
    means: Both
    basis: str


class RiskFile(Titled, frozen=True, kw_only=True):
    """The whole file."""

    tiers: tuple[Tier, ...]
    classes: tuple[RiskClass, ...]
    levels: tuple[Level, ...]
    grading: Grading
    ai_act: tuple[LegalClass, ...]
    machinery: tuple[LegalClass, ...]


@cache
def risk() -> RiskFile:
    """Everything in the file, with its source."""
    return load(FILE, RiskFile)
