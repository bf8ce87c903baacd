"""Sealed plans, signed statements, the chain, and the three grades of proof."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

__all__ = ["Entry", "Grade", "Plan", "Statement", "Subject"]


class Grade(StrEnum):
    """How far a claim was rechecked; each includes the ones before."""

    INTACT = "intact"  # signatures, chain and digests hold
    RESCORED = "re-scored"  # the score follows from the kept predictions
    REPRODUCED = "reproduced"  # the plan was run again, within its tolerance


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done, sealed before it is done; the same plan always has the same digest."""

    verb: str  # "learn", "resonate", …
    dataset: str  # "turbofan@1"
    dataset_digest: str  # content digest of that version
    hypothesis: str
    metric: str
    split: str
    candidates: tuple[str, ...]
    seed: int
    budget: Mapping[str, float | str]  # {"seconds": 600, "trainings": 84}
    tolerance: float = 0.0  # of the score, relative, at which a repetition counts as the same
    settings: Mapping[str, Any] = field(default_factory=dict)  # JSON only; enough to run it again


@dataclass(frozen=True, slots=True)
class Subject:
    """A thing a statement speaks of, by digest."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Statement:
    """An in-toto statement (v1): subjects and a typed predicate."""

    subjects: tuple[Subject, ...]
    predicate_type: str
    predicate: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger. `hash` covers everything else and the hash before it."""

    seq: int  # 1..
    at: str  # UTC, ISO 8601
    kind: str  # "plan", "result", "commit", "person", "adopt", "publish", "approve", …
    run: str  # id of the run it belongs to, "" if none
    subject: str  # what it is about: "turbofan@1", "person:li"
    body: Mapping[str, Any]  # JSON; for signed entries the DSSE envelope
    before: str  # hash of the entry before, 64 zeros for the first
    hash: str
