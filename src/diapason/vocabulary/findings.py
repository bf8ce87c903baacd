"""What is wrong with data: where, what, how sure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Finding", "Where"]


@dataclass(frozen=True, slots=True)
class Where:
    """The rows, columns and window of a finding."""

    columns: tuple[str, ...] = ()
    rows: tuple[int, ...] = ()  # values of the `_row` column; at most 10,000 are kept
    count: int = 0  # all rows or cells concerned
    of: int = 0  # rows or cells looked at
    window: tuple[str, str] = ("", "")  # first and last time, ISO 8601 or as stored
    asset: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found in data; its sentence in both languages comes from `knowledge/findings.yaml` by `kind`."""

    kind: str  # "missing", "stuck", "spike", "honesty_gap", …
    where: Where
    sure: float  # 0..1
    harm: str = "look"  # "act" now, "look", "know"
    facts: Mapping[str, float | str] = field(default_factory=dict)  # what the sentence needs, units in the key's text
