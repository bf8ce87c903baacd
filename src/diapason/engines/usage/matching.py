"""What is asked for against what is offered: what fits, what does not, and what is not known."""

from dataclasses import dataclass
from datetime import date

from diapason.engines.usage.policy import PURPOSES, Terms
from diapason.vocabulary.language import Text

__all__ = ["Match", "Offered", "Wanted", "match"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody asks for; empty = does not matter."""

    meanings: tuple[str, ...] = ()  # quantities: "temperature"
    purposes: tuple[str, ...] = ()
    sector: str = ""
    rows: int = 0  # so many at least
    derive: bool = False  # versions or models are to be made
    until: date | None = None  # so long it must be usable


@dataclass(frozen=True, slots=True)
class Offered:
    """What is told of a dataset that is offered; no row of it."""

    meanings: tuple[str, ...]
    sector: str
    rows: int
    terms: Terms


@dataclass(frozen=True, slots=True)
class Match:
    """How well an offer answers a request: `fits` is False where its terms forbid what is wanted."""

    fits: bool
    share: float  # of what was asked for, 0..1
    why: tuple[Text, ...]


def match(wanted: Wanted, offered: Offered, today: date) -> Match:
    """Hold an offer against a request."""
    against, points, why = _forbidden(wanted, offered.terms, today), list[float](), list[Text]()
    if wanted.meanings:
        there = [m for m in wanted.meanings if m in offered.meanings]
        points.append(len(there) / len(wanted.meanings))
        lacking = ", ".join(m for m in wanted.meanings if m not in there)
        if lacking:
            why.append(Text(f"does not measure {lacking}", f"未测量 {lacking}"))
    if wanted.sector:
        points.append(float(wanted.sector == offered.sector))
        if wanted.sector != offered.sector:
            other = offered.sector or "?"
            why.append(Text(f"sector {other}, not {wanted.sector}", f"行业为 {other}，而非 {wanted.sector}"))
    if wanted.rows:
        points.append(min(1.0, offered.rows / wanted.rows))
        if offered.rows < wanted.rows:
            why.append(Text(f"{offered.rows:,} rows of {wanted.rows:,}", f"{offered.rows:,} 行，需 {wanted.rows:,} 行"))
    return Match(not against, sum(points) / len(points) if points else 1.0, (*against, *why))


def _forbidden(wanted: Wanted, terms: Terms, today: date) -> list[Text]:
    """What the terms forbid of what is wanted."""
    why = []
    lacking = [p for p in wanted.purposes if terms.purposes and p not in terms.purposes]
    if lacking:
        en, zh = ", ".join(PURPOSES[p].en for p in lacking), "、".join(PURPOSES[p].zh for p in lacking)
        why.append(Text(f"may not be used to {en}", f"不得用于：{zh}"))
    if wanted.derive and not terms.derive:
        why.append(Text("nothing may be made from it", "不得派生"))
    if terms.until and terms.until < (wanted.until or today):
        why.append(Text(f"usable until {terms.until} only", f"仅可使用至 {terms.until}"))
    return why
