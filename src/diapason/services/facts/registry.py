"""Every fact that a workspace can show: declared by name beside the function that counts it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import msgspec

from diapason.errors import BrokenEvidence
from diapason.services.facts.book import Book, Done
from diapason.vocabulary.facts import Fact, ground
from diapason.vocabulary.language import Text

__all__ = ["Known", "Value", "by_person", "counted", "counts", "known", "on_runs", "share"]

Value = tuple[float | bool | str, tuple[str, ...]]
"""What was counted, and the names of its grounds."""
_Counting = Callable[[Book], Mapping[str, Value | None]]


@dataclass(frozen=True, slots=True)
class Known:
    """A fact that can be counted here: its meaning, its unit, and the command that betters it."""

    name: str
    said: Text
    unit: str = "1"
    by: str = ""  # "diapason assess NAME"


_FAMILIES: list[tuple[tuple[Known, ...], _Counting]] = []


def counts(*facts: Known) -> Callable[[_Counting], _Counting]:
    """Declare which facts a function counts; it returns those that exist, by name."""

    def told(count: _Counting) -> _Counting:
        _FAMILIES.append((facts, count))
        return count

    return told


def known() -> dict[str, Known]:
    """Every fact that can be counted, by name."""
    return {fact.name: fact for facts, _ in _FAMILIES for fact in facts}


def counted(book: Book) -> Iterator[Fact]:
    """Every fact that this ledger gives; one whose evidence does not hold is unknown, and says why."""
    for facts, count in _FAMILIES:
        try:
            found = count(book)
        except BrokenEvidence as error:
            why = Text(error.said("en")["what"], error.said("zh")["what"])
            yield from (Fact(f.name, None, f.unit, (error.at,), "machine", why) for f in facts)
            continue
        except (KeyError, TypeError, ValueError, msgspec.DecodeError) as error:
            why = Text(f"a signed result has another form: {error}", f"某个已签名结果的形式不同：{error}")
            yield from (Fact(f.name, None, f.unit, (), "machine", why) for f in facts)
            continue
        for fact in facts:
            if (value_on := found.get(fact.name)) is not None:
                value, on = value_on
                yield Fact(fact.name, value, fact.unit, tuple(dict.fromkeys(on)), "machine", fact.said)


def on_runs(found: Iterable[Done]) -> tuple[str, ...]:
    """Grounds: these runs."""
    return tuple(ground("run", run.run) for run in found)


def share(part: float, whole: float, on: Iterable[str]) -> Value | None:
    """A share between 0 and 1; None where there is nothing to take it of."""
    return (part / whole, tuple(on)) if whole else None


def by_person(book: Book) -> dict[str, tuple[str, ...]]:
    """The roles of everybody who was ever added, as they are now."""
    return {str(e.body["person"]): tuple(e.body["roles"]) for e in book.entries("person")}
