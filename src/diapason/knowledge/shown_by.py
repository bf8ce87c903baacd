"""Which runs and entries of the ledger show a measure or an item of Annex 2, and what only a person can say."""

from functools import cache
from typing import Literal

import msgspec

from diapason.knowledge.loader import Both, Strict, Titled, load
from diapason.knowledge.sourced import Marked

__all__ = ["FILE", "Asked", "Shown", "ShownByFile", "items", "measures", "safeguards", "shown_by_file"]

FILE = "programme/shown_by.yaml"

Verb = Literal[
    "adopt", "appraise", "assess", "comply", "count", "effect", "evaluate", "feasible", "ingest", "join", "learn",
    "mend", "order", "predict", "publish", "resonate", "score", "undo", "visit",
]  # fmt: skip
"""Verbs whose signed runs can show something."""

Kind = Literal["approve", "commit", "model", "publish", "recall", "rollback", "vouch"]
"""Entries of the ledger that show something by themselves."""


class Asked(Strict, frozen=True, kw_only=True):
    """What a person must say, since nothing here can compute it: the fact they declare, and the question."""

    name: str  # of the fact
    question: Both


class Shown(Marked, frozen=True, kw_only=True):
    """How one measure, safeguard or item is answered; at least one of the ways is there."""

    id: str  # number of the measure or item, or the safeguard's id
    verbs: tuple[Verb, ...] = ()
    kinds: tuple[Kind, ...] = ()
    by: Both | None = None  # what these runs show of it
    asked: tuple[Asked, ...] = ()
    not_for_software: Both | None = None  # why nothing of it, or a part, is not for software
    least: dict[str, float] = msgspec.field(
        default_factory=dict
    )  # what a run's result must reach to show it: {workspaces: 2}
    next: str = ""  # the command that would show it

    def __post_init__(self) -> None:
        if not (self.verbs or self.kinds or self.asked or self.not_for_software):
            raise ValueError(f"nothing is said of how {self.id} is answered")
        if (self.verbs or self.kinds) and self.by is None:
            raise ValueError(f"{self.id} does not say what its runs show")


class ShownByFile(Titled, frozen=True, kw_only=True):
    """The whole file; all of it is ours."""

    measures: tuple[Shown, ...]
    safeguards: tuple[Shown, ...]
    annex2: tuple[Shown, ...]


@cache
def shown_by_file() -> ShownByFile:
    """Everything in the file, with its source."""
    return load(FILE, ShownByFile)


def measures() -> dict[int, Shown]:
    """By the measure's number."""
    return {int(s.id): s for s in shown_by_file().measures}


def safeguards() -> dict[str, Shown]:
    """By the safeguard's id."""
    return {s.id: s for s in shown_by_file().safeguards}


def items() -> dict[int, Shown]:
    """By the item's number in Annex 2."""
    return {int(s.id): s for s in shown_by_file().annex2}
