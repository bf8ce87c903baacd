"""TC609's documents on high-quality datasets: indicators, gates, classes and record fields."""

from functools import cache
from typing import Literal

from diapason.knowledge.loader import Both, Titled, load
from diapason.knowledge.sourced import Entry, Mark, Marked

__all__ = ["FILE", "TC609", "DatasetClass", "Dimension", "Indicator", "RecordField", "Step", "SubIndicator", "tc609"]

FILE = "programme/tc609.yaml"


class Dimension(Entry, frozen=True, kw_only=True):
    """One of the three dimensions; `gate` is the score each must reach, known from third parties only."""

    gate: float
    gate_mark: Mark


class Indicator(Marked, frozen=True, kw_only=True):
    """One of the 17 indicators, and what a program can check of it."""

    code: str
    dimension: str
    title: Both
    checks: Both


class SubIndicator(Marked, frozen=True, kw_only=True):
    """A finer indicator for sensor data; the document has none, so these are ours and say so."""

    code: str
    parent: str
    title: Both
    checks: Both
    ours: Literal[True]


class DatasetClass(Entry, frozen=True, kw_only=True):
    """One of the three classes and when a dataset is in it; asked in the file's order, the first that holds wins."""

    decision: Both


class RecordField(Marked, frozen=True, kw_only=True):
    """One field of a record."""

    name: str
    kind: Literal["text", "list", "object", "day", "number"]
    meaning: Both


class Step(Entry, frozen=True, kw_only=True):
    """One step of a dataset's life in the building guide."""


class TC609(Titled, frozen=True, kw_only=True):
    """The whole file; `ours` names the fields that are always our proposal."""

    ours: tuple[str, ...]
    steps: tuple[Step, ...]
    dimensions: tuple[Dimension, ...]
    indicators: tuple[Indicator, ...]
    sub_indicators: tuple[SubIndicator, ...]
    classes: tuple[DatasetClass, ...]
    fields: tuple[RecordField, ...]


@cache
def tc609() -> TC609:
    """Everything of TC609-5-2025-01 to -04 that we know."""
    return load(FILE, TC609)
