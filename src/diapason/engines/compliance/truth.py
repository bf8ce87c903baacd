"""Conditions over facts with three answers: yes, no, and not known. What is not known is never a no."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

__all__ = ["Facts", "Need", "Span", "Truth", "every", "holds", "open_facts", "some"]

Truth = bool | None
"""True, False, or None where it cannot be told."""


@dataclass(frozen=True, slots=True)
class Span:
    """A number of which only its bounds are known, both included."""

    low: float
    high: float


Facts = Mapping[str, bool | str | float | Span | frozenset[str] | None]
"""Values by the name of the fact: an answer, bounds of a number, or the choices that are left; absent or None is not
known."""


@dataclass(frozen=True, slots=True)
class Need:
    """One fact that must hold: among values, or a number at least, or below, a bound."""

    fact: str
    among: tuple[bool | str, ...] = ()
    at_least: float | None = None
    below: float | None = None


def holds(test: Need, facts: Facts) -> Truth:
    """Whether a test holds; None where its fact is not known, or is not of the kind that the test asks for.

    >>> holds(Need("risk_level", at_least=3), {"risk_level": Span(2, 4)}) is None
    True
    >>> holds(Need("outbound", among=(True,)), {"outbound": False})
    False
    """
    value = facts.get(test.fact)
    if test.among:
        return _among(value, test.among)
    if isinstance(value, Span):
        span = value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        span = Span(value, value)
    else:
        return None
    sides = []
    if test.at_least is not None:
        sides.append(_side(span.low >= test.at_least, span.high < test.at_least))
    if test.below is not None:
        sides.append(_side(span.high < test.below, span.low >= test.below))
    return every(sides)


def every(parts: Iterable[Truth]) -> Truth:
    """All of them (Kleene): one no is a no, else one unknown is unknown; nothing asked is a yes.

    >>> every([True, None]), every([False, None])
    (None, False)
    """
    listed = list(parts)
    return False if False in listed else None if None in listed else True


def some(parts: Iterable[Truth]) -> Truth:
    """One of them (Kleene): one yes is a yes, else one unknown is unknown; nothing offered is a no.

    >>> some([True, None]), some([False, None])
    (True, None)
    """
    listed = list(parts)
    return True if True in listed else None if None in listed else False


def open_facts(tests: Iterable[Need], facts: Facts) -> tuple[str, ...]:
    """Facts to ask: those of the tests that cannot be told, each once, in their order."""
    return tuple(dict.fromkeys(t.fact for t in tests if holds(t, facts) is None))


def _among(value: object, wanted: tuple[bool | str, ...]) -> Truth:
    """Membership among answers of one kind; an answer of another kind is no answer.

    Where several choices are left, it is sure if all of them are wanted, or none.
    """
    if isinstance(value, frozenset):
        inside = value & set(wanted)
        return _side(bool(value) and inside == value, bool(value) and not inside)
    if not isinstance(value, bool | str) or not any(type(value) is type(w) for w in wanted):
        return None
    return any(type(value) is type(w) and value == w for w in wanted)


def _side(yes: bool, no: bool) -> Truth:
    return True if yes else False if no else None
