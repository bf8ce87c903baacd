"""What a report consists of, before it is a page: sentence, picture, table, and the run behind each number."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from diapason.engines.drawing.svg import number
from diapason.vocabulary.estimates import Estimate

__all__ = [
    "Block",
    "Blocks",
    "Cell",
    "Content",
    "Figure",
    "Line",
    "Runs",
    "Section",
    "estimate",
    "figure_cell",
    "gain_cell",
    "said",
]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table; `run` makes it a link to the run that the number comes from."""

    text: str
    unit: str = ""
    run: str = ""
    kind: str = ""  # CSS classes: "n", "state act", "untested"
    more: str = ""  # a second line in small grey


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart and the sentence under it."""

    svg: str
    caption: str
    narrow: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One arm in a block: against what, its interval drawn on the common scale, the figure."""

    label: str
    strip: str  # SVG
    cell: Cell


@dataclass(frozen=True, slots=True)
class Block:
    """One candidate of the trial table: what it does, how it ended, its gains, what else is to be known."""

    title: str
    state: Cell
    facts: tuple[str, ...]
    lines: tuple[Line, ...]
    notes: tuple[tuple[str, str], ...]  # word, sentence


@dataclass(frozen=True, slots=True)
class Blocks:
    """Blocks on one scale."""

    made: tuple[Block, ...]
    scale: str  # SVG
    words: str  # what the scale measures
    heads: tuple[str, str]  # of the arms and of the figures


@dataclass(frozen=True, slots=True)
class Section:
    """First the sentence, then the picture, then the table."""

    id: str
    title: str
    lead: str
    figures: tuple[Figure, ...] = ()
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    note: str = ""
    code: str = ""
    blocks: Blocks | None = None  # above the table


@dataclass(frozen=True, slots=True)
class Content:
    """A whole report in one language."""

    title: str
    facts: tuple[str, ...]  # the line above the verdict: workspace, version, date
    verdict: str
    lead: str
    hero: Figure | None
    sections: tuple[Section, ...]
    runs: tuple[Mapping[str, Any], ...] = ()
    opening: Blocks | None = None  # instead of a chart


@dataclass(frozen=True, slots=True)
class Runs:
    """The newest finished result of each verb for one dataset, as the ledger has them."""

    dataset: str
    by_verb: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def result(self, verb: str) -> Mapping[str, Any]:
        """The result part, empty when the verb has not run."""
        found: Mapping[str, Any] = self.by_verb.get(verb, {}).get("result", {})
        return found

    def run(self, verb: str) -> str:
        """The id of the run, empty when the verb has not run."""
        return str(self.by_verb.get(verb, {}).get("run", ""))


def estimate(value: Mapping[str, Any] | None) -> Estimate | None:
    """An Estimate out of its plain form; None where there is none or a bound is missing."""
    if not value or any(value.get(part) is None for part in ("value", "low", "high")):
        return None
    known = {k: value[k] for k in ("value", "low", "high", "n", "unit", "level", "clusters") if k in value}
    return Estimate(**{"n": 0, **known})


def said(e: Estimate | None) -> str:
    """`0.87 (0.84 … 0.90)`; a dash when not known."""
    return f"{number(e.value)} ({number(e.low)} … {number(e.high)})" if e else "–"


def figure_cell(e: Estimate | None, run: str, untested: str) -> Cell:
    """A number with its doubt, linked to its run, or a dotted box with words."""
    return (
        Cell(said(e), "" if e is None or e.unit == "1" else e.unit, run, "n") if e else Cell(untested, kind="untested")
    )


def gain_cell(e: Estimate | None, run: str, untested: str) -> Cell:
    """A gain with its sign, its interval and its unit, to two digits of its doubt: `+3.1 (1.2 … 5.0) %`."""
    if e is None:
        return Cell(untested, kind="untested")
    half = (e.high - e.low) / 2
    digits = min(max(1 - math.floor(math.log10(half)), 0), 6) if half > 0 else 3
    value, low, high = (f"{x:.{digits}f}".replace("-", "−") for x in (e.value, e.low, e.high))
    plus = "+" if e.value > 0 else ""
    return Cell(f"{plus}{value} ({low} … {high})", "" if e.unit == "1" else e.unit, run, "n")
