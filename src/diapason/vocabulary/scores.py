"""How good a model is: metrics, intervals, slices."""

from dataclasses import dataclass, field
from typing import Any

from diapason.vocabulary.estimates import Estimate
from diapason.vocabulary.findings import Finding
from diapason.vocabulary.splits import SplitKind
from diapason.vocabulary.tasks import Task

__all__ = ["Metric", "Scorecard", "Slice"]


@dataclass(frozen=True, slots=True)
class Metric:
    """A named measure; `better` is "lower" or "higher"."""

    name: str  # "rmse", "mae", "macro_f1", "accuracy", "misses", "false_alarms", "nasa_score", …
    unit: str
    better: str


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of the rows where the model is weak, in the user's words."""

    rule: str  # "grade = B and line_speed > 3.2"
    n: int
    score: Estimate
    rest: Estimate  # the same metric on all other rows


@dataclass(frozen=True, slots=True)
class Scorecard:
    """What one recipe reaches under one split."""

    task: Task
    recipe: str
    split: SplitKind
    metric: Metric  # the deployment metric
    score: Estimate
    others: dict[str, Estimate] = field(default_factory=dict)  # misses and false alarms always as a pair
    slices: tuple[Slice, ...] = ()
    findings: tuple[Finding, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
