"""A treatment of data, tried in four arms on the same folds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from diapason.vocabulary.estimates import Estimate
from diapason.vocabulary.findings import Finding

__all__ = ["Arm", "Candidate", "Cell", "Kind", "TrialRow", "Verdict"]


class Kind(StrEnum):
    """What a treatment may touch."""

    CURATION = "curation"  # training rows only
    CONDITIONING = "conditioning"  # a function that travels with the model to the line


class Arm(StrEnum):
    """The four arms of a trial."""

    NOTHING = "nothing"
    PLACEBO = "placebo"  # same action and size on matched rows
    ROBUST = "robust"  # the most robust learner, data untouched
    TREATMENT = "treatment"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A treatment with its parameters, proposed because of findings."""

    id: str
    treatment: str  # name of the plug-in: "drop", "relabel", "repair_cell", …
    kind: Kind
    parameters: Mapping[str, Any] = field(default_factory=dict)  # JSON only
    because: str = ""
    ask: bool = False  # no gain can prove it: a person must say so


@dataclass(frozen=True, slots=True)
class Cell:
    """One training of the grid: cached by what it is, so that an interrupted run resumes."""

    candidate: str  # Candidate.id, "" for the arms nothing and robust
    arm: Arm
    fold: int
    stage: str  # "screen" or "confirm": different folds
    draw: int = 0  # placebo draw
    recipe: str = ""  # the learner trained in this cell


@dataclass(frozen=True, slots=True)
class TrialRow:
    """One candidate's line in the trial table: gains in the deployment metric, positive = better."""

    candidate: Candidate
    over_nothing: Estimate
    over_placebo: Estimate
    over_robust: Estimate
    guardrail: Estimate | None  # gain on the other of the pair, or on the rarest slice
    screened_out: bool
    adopted: bool
    why: str  # the reason in English; faces translate by `reason`
    reason: str  # key into knowledge/findings.yaml
    touched: int = 0  # rows or cells touched in training data
    learner: str = ""  # with which learner it was confirmed, the best of the screening folds
    alone: Estimate | None = None  # with the usual learner, over nothing: the repair without a better learner
    parts: Mapping[str, Estimate] = field(default_factory=dict)  # of a bundle: its gain over itself without that member


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a resonance run ended."""

    adopted: tuple[str, ...]  # ids; empty is a first-class result
    rows: tuple[TrialRow, ...]
    findings: tuple[Finding, ...]
    ruled_out: str  # "gains above 2.1 % are ruled out at 80 % power"
    audit: tuple[int, ...] = ()  # `_row` numbers a person should look at, most useful first
    audit_gain: Estimate | None = None
