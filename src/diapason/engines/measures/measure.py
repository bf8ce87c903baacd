"""One measure of a dataset: its value with doubt and what it stands on, or why there is none."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from diapason.vocabulary.language import Text

__all__ = [
    "Element", "Measure", "State", "counted", "elements", "estimated", "not_for", "together", "untested", "whole",
]  # fmt: skip


class State(StrEnum):
    """How a measure was come by; the last two have no value."""

    COUNTED = "counted"  # every row or cell was counted
    ESTIMATED = "estimated"  # by a method with a known error
    SAMPLED = "sampled"  # from a sample that people looked at
    STATED = "stated"  # from what stands in the ledger and the contract
    UNTESTED = "not_tested"
    NOT_FOR = "not_applicable"


@dataclass(frozen=True, slots=True)
class Element:
    """One thing asked for in a measure that counts things said or done."""

    name: Text
    there: bool
    todo: str = ""  # the command that brings it
    on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Measure:
    """A share from 0 to 1 unless `unit` says otherwise; `low` and `high` are equal where everything was counted."""

    state: State
    said: Text  # how it was found, or why not
    value: float | None = None
    low: float | None = None
    high: float | None = None
    met: float | None = None  # A of A/B
    of: float | None = None  # B
    on: tuple[str, ...] = ()  # grounds: "run:assess-…", "paper:…", "dataset:furnace@1"
    todo: str = ""  # the command that would get it, or better it
    elements: tuple[Element, ...] = ()
    lacking: int = 0  # parts of it that nobody has tested

    @property
    def known(self) -> bool:
        """Whether it has a value."""
        return self.value is not None


def counted(met: float, of: float, said: Text, on: Sequence[str] = (), *, state: State = State.COUNTED) -> Measure:
    """A/B where every one was counted; does not apply where there is nothing to count.

    >>> counted(3, 4, Text("", "")).value
    0.75
    """
    if not of:
        return not_for(Text(f"nothing to count: {said.en}", f"无可计数对象：{said.zh}"))
    share = float(met) / float(of)
    return Measure(state, said, share, share, share, float(met), float(of), tuple(on))


def estimated(
    interval: tuple[float, float, float], of: float, said: Text, on: Sequence[str] = (), *, todo: str = ""
) -> Measure:
    """A share with its interval (value, low, high) among so many."""
    value, low, high = interval
    return Measure(State.ESTIMATED, said, value, low, high, value * of, float(of), tuple(on), todo)


def untested(said: Text, todo: str = "") -> Measure:
    """Nothing is known; never the same as good."""
    return Measure(State.UNTESTED, said, todo=todo)


def not_for(said: Text) -> Measure:
    """It means nothing for this kind of data."""
    return Measure(State.NOT_FOR, said)


def elements(parts: Iterable[Element], said: Text) -> Measure:
    """How many of the things asked for are there; each names what it stands on or how to get it."""
    asked = tuple(parts)
    there = [e for e in asked if e.there]
    made = counted(len(there), len(asked), said, tuple(dict.fromkeys(g for e in there for g in e.on)))
    todo = next((e.todo for e in asked if not e.there and e.todo), "")
    return Measure(State.STATED, said, made.value, made.low, made.high, made.met, made.of, made.on, todo, asked)


def together(told: Sequence[Measure], said: Text) -> Measure:
    """Several measures as their mean; what is not tested stays open within its bounds, and is counted as lacking.

    >>> made = together([counted(1, 1, Text("", "")), untested(Text("", ""))], Text("", ""))
    >>> made.value, made.low, made.high, made.lacking
    (1.0, 0.5, 1.0, 1)
    """
    mine = [m for m in told if m.state is not State.NOT_FOR]
    if len(mine) < 2:
        return (mine or list(told))[0]
    value, low, high, _ = whole([(m, 1.0) for m in mine])
    if value is None:
        return mine[0]
    on = tuple(dict.fromkeys(g for m in mine for g in m.on))
    todo = next((m.todo for m in mine if not m.known and m.todo), "") or next((m.todo for m in mine if m.todo), "")
    lacking = sum(max(m.lacking, int(not m.known)) for m in mine)
    known = sum(m.known for m in mine)
    full = Text(f"{said.en}: {known} of {len(mine)} parts tested", f"{said.zh}：{len(mine)} 个部分中已测 {known} 个")
    return Measure(State.ESTIMATED, full, value, low, high, on=on, todo=todo, lacking=lacking)


def whole(parts: Sequence[tuple[Measure, float]]) -> tuple[float | None, float, float, float]:
    """The weighted mean of measures; what is not tested counts as anything between nothing and all.

    What does not apply takes no part.

    Args:
        parts: measures from 0 (bad) to 1 (good) with their weights.

    Returns:
        Mean over those tested (None where none is), lowest and highest possible mean, share of the weight tested.

    >>> whole([(counted(1, 1, Text("", "")), 1.0), (untested(Text("", "")), 1.0)])
    (1.0, 0.5, 1.0, 0.5)
    """
    mine = [(m, w) for m, w in parts if m.state is not State.NOT_FOR and w > 0]
    total = sum(w for _, w in mine)
    if not total:
        return None, 0.0, 1.0, 0.0
    known = [(m, w) for m, w in mine if m.known]
    tested = sum(w for _, w in known)
    value = sum(_of(m.value) * w for m, w in known) / tested if tested else None
    low = sum(_of(m.low) * w for m, w in known) / total
    high = (sum(_of(m.high) * w for m, w in known) + (total - tested)) / total
    return value, low, high, tested / total


def _of(value: float | None) -> float:
    return min(max(float(value or 0.0), 0.0), 1.0)
