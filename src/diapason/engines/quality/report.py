"""What an examination hands back."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from diapason.vocabulary.estimates import Estimate
from diapason.vocabulary.findings import Finding

__all__ = ["HARM", "KINDS", "ColumnProfile", "Report", "harm", "ranked"]

HARM = {"act": 3, "look": 2, "know": 1}
KINDS = frozenset(
    {
        "category_typo", "category_variant", "cause_without_label", "clock_backwards", "clock_gap", "clock_missing",
        "clock_repeated", "clock_unsteady", "constant", "contradictory_labels", "dependency_break", "drift",
        "duplicate_keys", "duplicate_rows", "empty", "label_without_cause", "leak", "level_shift", "missing",
        "missing_blank", "missing_by_plan", "missing_code", "missing_word", "mixed_format", "near_constant",
        "not_a_number", "not_finite", "odd_format", "outlier", "pair_disagrees", "range", "resolution_change",
        "saturation", "spike", "stuck", "swapped_columns", "swapped_digits", "unit_cells", "unit_shift",
        "value_for_missing", "wrong_value",
    }
)  # fmt: skip
"""Every kind of finding that the engine can make; each has its sentence in `knowledge/findings/quality.yaml`."""


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """One column in a line; quantities in the column's own unit, None where they mean nothing."""

    name: str
    kind: str  # "number", "flag", "category", "text", "time"
    role: str
    unit: str
    rows: int
    missing: int
    distinct: int  # exact up to `Thresholds.word_values`, for numbers counted in the sample
    low: float | None = None
    q05: float | None = None
    median: float | None = None
    q95: float | None = None
    high: float | None = None
    mean: float | None = None
    resolution: float | None = None  # smallest step of its values
    smooth: float | None = None  # median step / median deviation; below 0.75 neighbours resemble each other
    explained: float | None = None  # share of its variance that the other columns explain
    top: tuple[tuple[str, int], ...] = ()  # most frequent values of a category


@dataclass(frozen=True, slots=True)
class Report:
    """Findings by weight, a profile per column, and the share of good cells per dimension with its doubt."""

    findings: tuple[Finding, ...]
    profile: tuple[ColumnProfile, ...]
    scores: Mapping[str, Estimate]
    rows: int
    columns: int
    facts: Mapping[str, float | str] = field(default_factory=dict)  # what was looked at, and how


def harm(count: float, of: float, *, act: float = 0.001) -> str:
    """From a share of `act` on "act", below it "look".

    >>> harm(5, 10_000), harm(50, 10_000)
    ('look', 'act')
    """
    return "act" if of and count / of >= act else "look"


def ranked(findings: list[Finding]) -> tuple[Finding, ...]:
    """Findings by harm times sureness, heaviest first; ties by size, kind and column."""
    return tuple(
        sorted(
            findings,
            key=lambda f: (-HARM[f.harm] * f.sure, -f.where.count, f.kind, f.where.columns, f.where.asset),
        )
    )
