"""What a test counted, with its interval and the line that it must reach."""

from dataclasses import dataclass, field
from typing import Any

from diapason.engines.measures.intervals import wilson
from diapason.vocabulary.language import Text
from diapason.vocabulary.wire import plain

__all__ = ["Dimension", "Measure", "at_least", "at_most", "failed", "none_of", "untested", "yes"]


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of a test: its value, interval at 95 %, count, and whether it reaches its line."""

    name: Text
    value: float
    low: float
    high: float
    n: int
    line: str  # "≥ 0.85"
    holds: bool
    unit: str = "1"


@dataclass(frozen=True, slots=True)
class Dimension:
    """One of the ten: what was found, by which protocol, on which data."""

    number: int
    state: str  # "passed", "failed", "not tested"
    measures: tuple[Measure, ...]
    protocol: Text
    data: str = ""  # digest of what it was tested on
    seconds: float = 0.0
    why: Text | None = None  # of "not tested"
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def told(self) -> dict[str, Any]:
        """As plain values."""
        made: dict[str, Any] = plain(self)
        return made


def at_least(name: Text, good: int, of: int, line: float, *, quick: bool = False) -> Measure:
    """A share that must be high: the lower end of its interval counts; of a quick run the share itself."""
    value, low, high = wilson(good, of) if of else (0.0, 0.0, 1.0)
    return Measure(name, value, low, high, of, f"≥ {line:g}", of > 0 and (value if quick else low) >= line)


def at_most(name: Text, bad: int, of: int, line: float, *, quick: bool = False) -> Measure:
    """A share that must be low; where none was seen the rule of three bounds it: 3 / n at 95 %."""
    value, low, high = wilson(bad, of) if of else (1.0, 0.0, 1.0)
    low = low if bad else 0.0
    high = min(1.0, 3.0 / of) if of and not bad else high
    return Measure(name, value, low, high, of, f"≤ {line:g}", of > 0 and (value if quick else high) <= line)


def none_of(name: Text, bad: int, of: int, least: int, *, quick: bool = False) -> Measure:
    """Something that may never happen, looked for often enough; the rule of three says what that bounds."""
    made = at_most(name, bad, of, 1.0)
    return Measure(
        name, made.value, made.low, made.high, of, f"0 / ≥ {least}", bad == 0 and of >= (1 if quick else least)
    )


def yes(name: Text, *, holds: bool, n: int = 1) -> Measure:
    """Something that was shown, or not."""
    value = 1.0 if holds else 0.0
    return Measure(name, value, value, value, n, "= 1", holds)


def untested(number: int, protocol: Text, why: Text) -> Dimension:
    """Not tested is not passed."""
    return Dimension(number, "not tested", (), protocol, why=why)


def failed(number: int, protocol: Text, why: Text) -> Dimension:
    """It broke while it was tested."""
    return Dimension(number, "failed", (), protocol, why=why)
