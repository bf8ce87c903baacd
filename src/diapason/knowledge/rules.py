"""Rules of the regimes: if these facts hold, this must be shown, by then, or that action is blocked."""

from datetime import date
from functools import cache
from typing import Literal

from diapason.knowledge.facts import Condition
from diapason.knowledge.loader import Both, Strict, load
from diapason.knowledge.sourced import Entry, Regime, Sourced

__all__ = ["FILE", "Before", "Later", "Rule", "RuleFile", "rules"]

FILE = "programme/rules.yaml"

Before = Literal["use", "training", "release", "transfer", "import", "processing", "output", "research", ""]
"""Which action is blocked until the artefacts stand; empty where the rule blocks none."""


class Later(Strict, frozen=True, kw_only=True):
    """A later due date for those of whom these facts hold."""

    when: tuple[Condition, ...]
    due: date


class Rule(Entry, frozen=True, kw_only=True):
    """One rule. It applies where all of `when` hold and, if `any_of` stands, all of at least one of its groups.

    `hours` are clock hours in the order of the reports; `clocks` names the clocks in `incidents.yaml` that also tell
    days and months. `forbids` says that the action is refused altogether and the artefact is the record of refusal.
    """

    when: tuple[Condition, ...]
    any_of: tuple[tuple[Condition, ...], ...] = ()
    artefacts: tuple[str, ...]
    threshold: Both
    due: date | None = None
    later: tuple[Later, ...] = ()
    hours: tuple[float, ...] = ()
    clocks: tuple[str, ...] = ()
    before: Before = ""
    forbids: bool = False
    regimes: tuple[Regime, ...]
    basis: str


RuleFile = Sourced[Rule]


@cache
def rules() -> dict[str, Rule]:
    """All rules by id, in the file's order."""
    return {rule.id: rule for rule in load(FILE, RuleFile).entries}
