"""A model of maturity: dimensions, items, levels, clauses; each clause says how it is tested."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from diapason.vocabulary.language import Text

__all__ = ["Clause", "Dimension", "Item", "Maturity", "Rollup", "Test"]


@dataclass(frozen=True, slots=True)
class Test:
    """How a clause is answered: by a fact that a machine counts, or by a person's declared fact."""

    fact: str  # "datasets_assessed"; of an asked clause the clause's own code, unless it names another
    ask: Text | None = None  # the question to a person; None = a machine counts
    scale: str = "number"  # "number" is held against the limits below; else a named scale: "yes-no", "dcmm", "share"
    at_least: float | None = None  # in the unit of the fact
    at_most: float | None = None
    equals: bool | str | None = None
    graded: tuple[tuple[float, float], ...] = ()  # (from this value on, this score), ascending


@dataclass(frozen=True, slots=True)
class Clause:
    """One demand of a level of an item."""

    code: str  # "dcmm_2025.6.1.a"
    level: int
    text: Text
    test: Test
    weight: float = 1.0
    effort: float = 1.0  # d, days of work of one person to fulfil it
    mark: str = "inferred"  # "seen", "recalled" or "inferred": how we know that this is asked
    do: Text | None = None  # what to do; None = fulfil the text
    wait: float = 0.0  # d, calendar days that must pass beside the work


@dataclass(frozen=True, slots=True)
class Item:
    """What is appraised; every level above the model's base up to the highest one asked has a clause."""

    code: str  # "6.1"
    title: Text
    clauses: tuple[Clause, ...]
    weight: float = 1.0
    mark: str = "seen"

    def at(self, level: int) -> tuple[Clause, ...]:
        """The clauses of one level."""
        return tuple(c for c in self.clauses if c.level == level)

    @property
    def top(self) -> int:
        """The highest level that is asked; nothing above it can be reached."""
        return max(c.level for c in self.clauses)


@dataclass(frozen=True, slots=True)
class Dimension:
    """Items that belong together."""

    code: str
    title: Text
    items: tuple[Item, ...]
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Rollup:
    """By which named operators scores come together, and when a level counts as met."""

    item: str = "ladder"
    dimension: str = "mean"
    model: str = "mean"
    met: float = 0.8  # least mean of a level's clauses; none of them may be 0
    cuts: tuple[float, ...] = ()  # least score of each level above the base; () = whole numbers


@dataclass(frozen=True, slots=True)
class Maturity:
    """A whole model."""

    id: str  # "dcmm_2025"
    title: Text
    levels: tuple[Text, ...]  # names from the base up
    dimensions: tuple[Dimension, ...]
    base: int = 1  # the level of whoever shows nothing
    rollup: Rollup = field(default_factory=Rollup)
    source: str = ""
    checked: str = ""
    note: Text | None = None  # what a reader must know first: whose levels these are

    @property
    def top(self) -> int:
        """The highest level that has a name."""
        return self.base + len(self.levels) - 1

    def items(self) -> Iterator[Item]:
        """All items in order."""
        return (item for dimension in self.dimensions for item in dimension.items)

    def clauses(self) -> Iterator[Clause]:
        """All clauses in order."""
        return (clause for item in self.items() for clause in item.clauses)

    def called(self, level: int) -> Text:
        """The name of a level."""
        return self.levels[min(max(level, self.base), self.top) - self.base]
