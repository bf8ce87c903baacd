"""Units from names, from what the file gives, and from names with the range of the values."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from diapason.engines.schema.wording import head, named
from diapason.vocabulary.findings import Finding, Where
from diapason.vocabulary.lexicon import Lexicon, Quantity

__all__ = ["Measured", "unit_code", "unit_of"]

_BRACKET = re.compile(r"[\[(（【{]((?:[^\[\](){}（）【】]|\([^()]*\)){1,24})[\])）】}]")
_SLASH = re.compile(r"\s/\s?([^/\s]{1,12})$")
_TAIL = re.compile(r"(?:_|\s|\.|-)in[_\s]([^_\s]{1,10})$|(?:_|\s|\.)([^_\s]{1,10})$")


@dataclass(frozen=True, slots=True)
class Measured:
    """A unit with why and how sure; `unit` is "" where none was found, `guess` may still hold one to ask about."""

    unit: str = ""
    sure: float = 1.0
    why: Finding | None = None
    guess: str = ""


def unit_code(written: str, lexicon: Lexicon) -> str:
    """The UCUM code of a unit as written; "" where it is not known.

    >>> from diapason.vocabulary.lexicon import Unit
    >>> unit_code(" ℃ ", Lexicon((Unit("Cel", "temperature", ("°C", "℃")),)))
    'Cel'
    """
    found = _found(written, lexicon)
    return found[0] if found else ""


def _found(written: str, lexicon: Lexicon) -> tuple[str, str] | None:
    """Code and quantity: as written first, else without regard to case where only one unit fits."""
    text = " ".join(written.strip().split())
    for unit in lexicon.units:
        if text in (unit.code, *unit.spellings):
            return unit.code, unit.quantity
    folded = _folded(text)
    fits = {(u.code, u.quantity) for u in lexicon.units for s in (u.code, *u.spellings) if _folded(s) == folded}
    return fits.pop() if len(fits) == 1 and len(folded) > 1 else None


@lru_cache(maxsize=1 << 12)
def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def unit_of(name: str, given: str, low: float, high: float, lexicon: Lexicon) -> Measured:
    """The unit of a column of numbers.

    Args:
        name: of the column.
        given: what the file says below the name or behind the numbers, "" if nothing.
        low: least value.
        high: greatest value.
        lexicon: units and quantities with their words.
    """
    where = Where((name,))
    if given:
        code = unit_code(given, lexicon)
        facts = {"written": given, "unit": code}
        told = "schema_unit_same" if code == given else "schema_unit_given"
        kind = told if code else "schema_unit_strange"
        return Measured(code, 0.95 if code else 0.3, Finding(kind, where, 0.95 if code else 0.3, facts=facts))
    quantities = [q for q in lexicon.quantities if named(name, q.words)]
    written, found = _in_name(name, quantities, lexicon)
    if found:
        facts = {"written": written, "unit": found}
        return Measured(found, 0.9, Finding("schema_unit_named", where, 0.9, facts=facts))
    return _by_range(name, [q for q in quantities if head(name, q.words)], low, high)


def _in_name(name: str, quantities: list[Quantity], lexicon: Lexicon) -> tuple[str, str]:
    """A unit in brackets, behind a slash, or as the last part; a short last part needs the quantity to agree."""
    for pattern in (_BRACKET, _SLASH):
        for written in reversed(pattern.findall(name)):
            code = unit_code(written, lexicon)
            if code:
                return written, code
    tail = _TAIL.search(name)
    spoken, written = (tail.group(1), tail.group(1) or tail.group(2)) if tail else ("", "")
    exact = [u for u in lexicon.units if written in (u.code, *u.spellings)]
    for unit in exact:
        agrees = any(q.name == unit.quantity for q in quantities)
        plain = len(written) > 1 and written.lower() not in _WORDS
        if agrees or plain or spoken or not written.isalnum():
            return written, unit.code
    return "", ""


_WORDS = {"min", "ton", "tons", "count", "counts", "day", "days", "hour", "hours", "minute", "minutes", "deg", "second"}
"""Spellings of units that are words in names as well: `T_min`, `day`."""


def _by_range(name: str, quantities: list[Quantity], low: float, high: float) -> Measured:
    for quantity in quantities:
        for unit, least, most in quantity.likely:
            if least <= low and high <= most and low < high:
                facts: dict[str, float | str] = {"word": quantity.name, "low": low, "high": high, "unit": unit}
                return Measured("", 0.5, Finding("schema_unit_range", Where((name,)), 0.5, facts=facts), unit)
    return Measured()
