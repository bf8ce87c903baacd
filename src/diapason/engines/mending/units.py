"""Numbers that many hands have written: with a unit, without it, with it in several spellings."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from diapason.engines.mending.clues import Clue
from diapason.engines.mending.coded import Coded, number

__all__ = ["Quantity", "long_numbers", "quantity", "unit_spellings"]

SETTLED = 0.95
"""Share of one spelling from which it is the column's own and the others are slips."""
LEAST = 20
MOSTLY = 0.9
"""Share of cells that must be numbers, with or without something behind them."""

_QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(\s*)([^\d\s+\-.,;:/()].{0,23})?")
_SAME = (
    {"oz", "ounce", "ounces"},
    {"lb", "lbs", "pound", "pounds"},
    {"g", "gr", "gram", "grams", "gramme"},
    {"kg", "kgs", "kilo", "kilos", "kilogram", "kilograms"},
    {"t", "to", "ton", "tons", "tonne", "tonnes"},
    {"l", "ltr", "liter", "litre", "liters", "litres"},
    {"in", "inch", "inches"},
    {"ft", "foot", "feet"},
    {"m", "meter", "metre", "meters", "metres"},
    {"s", "sec", "secs", "second", "seconds"},
    {"min", "mins", "minute", "minutes"},
    {"h", "hr", "hrs", "hour", "hours"},
    {"d", "day", "days"},
    {"%", "pct", "percent"},
    {"pc", "pcs", "piece", "pieces", "st", "stk"},
    {"degc", "celsius", "°c", "℃"},
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number and what stands behind it."""

    value: float
    digits: str  # as written
    gap: str
    unit: str  # as written, "" = none


def quantity(text: str) -> Quantity | None:
    """The number and unit of a text.

    >>> quantity("12.0 oz.").unit, quantity("0.045%").value, quantity("hall 3")
    ('oz.', 0.045, None)
    """
    found = _QUANTITY.fullmatch(text.strip())
    if found is None:
        return None
    return Quantity(float(found[1]), found[1], found[2], (found[3] or "").strip())


def unit_spellings(column: Coded) -> Iterator[Clue]:
    """One way of writing a quantity for a column in which there are several.

    Where one spelling stands in 95 % of the filled cells, the others are brought to it. Where none does, the plain
    number is proposed, at its shortest, since the unit belongs to the column. Nothing is done where the signs behind
    the numbers are different units, by word or by the size of their numbers.
    """
    read = [quantity(v) for v in column.values]
    count = dict(enumerate(column.counts.tolist()))
    known = [k for k, q in enumerate(read) if q is not None]
    rows_known = sum(count[k] for k in known)
    if rows_known < max(LEAST, MOSTLY * column.filled):
        return
    spelled: Counter[str] = Counter()
    for k in known:
        spelled[_tail(read[k])] += count[k]
    if len(spelled) < 2 or not _one_unit(read, count, spelled):
        return
    main, of_main = spelled.most_common(1)[0]
    settled = of_main >= SETTLED * rows_known
    minority = not settled and spelled[""] >= 0.5 * rows_known
    plainly = _plainly(read, count)
    place = column.rows()
    for k in known:
        quantity_ = read[k]
        assert quantity_ is not None  # noqa: S101  # `known` says so
        if settled and quantity_.unit and not _meant(quantity_.unit, main, spelled[_tail(quantity_)]):
            continue  # a slip of another kind
        if settled or minority:
            form = main if settled else ""
            digits = _shortest(quantity_.digits) if plainly and minority else quantity_.digits
            right = digits + form if _tail(quantity_) != form else column.values[k]
        else:
            right = _shortest(quantity_.digits)
        if right == column.values[k]:
            continue
        facts = {"unit": quantity_.unit or "-", "spellings": str(len(spelled)), "share": f"{of_main / rows_known:.0%}"}
        for row in place[k]:
            yield Clue(int(row), column.name, "unit", 0.95, right, 0.95, facts)


def _tail(q: Quantity | None) -> str:
    return "" if q is None or not q.unit else q.gap + q.unit


def _shortest(digits: str) -> str:
    """A number without signs that say nothing.

    >>> _shortest("12.0"), _shortest("8.40"), _shortest("+3")
    ('12', '8.4', '3')
    """
    whole, point, part = digits.lstrip("+").partition(".")
    part = part.rstrip("0")
    return (whole or "0") + (point + part if part else "")


def _plainly(read: list[Quantity | None], count: dict[int, int]) -> bool:
    """Whether numbers without a unit are written at their shortest in this column."""
    plain = [(q.digits, count[k]) for k, q in enumerate(read) if q is not None and not q.unit]
    short = sum(c for digits, c in plain if digits == _shortest(digits))
    return short >= SETTLED * sum(c for _, c in plain)


def _word(unit: str) -> str:
    """The unit itself, without points, case and what is said beside it."""
    words = re.split(r"[\s.]+", unit.casefold().strip(". "))
    first = words[0] if words else ""
    return next((min(same, key=lambda w: (len(w), w)) for same in _SAME if first in same), first)


def _one_unit(read: list[Quantity | None], count: dict[int, int], spelled: Counter[str]) -> bool:
    """Whether all that stands behind the numbers is one unit, by its word and by the size of the numbers."""
    total = sum(spelled.values())
    words: Counter[str] = Counter()
    sizes: dict[str, list[float]] = defaultdict(list)
    for k, q in enumerate(read):
        if q is not None and q.unit:
            words[_word(q.unit)] += count[k]
        if q is not None and q.value > 0:
            sizes[_word(q.unit) if q.unit else ""].extend([q.value] * min(count[k], 50))
    if not words:
        return False
    main = words.most_common(1)[0][0]
    if any(c > 0.02 * total and not _alike(w, main) for w, c in words.items()):
        return False
    middles = [float(np.median(s)) for w, s in sizes.items() if len(s) >= 5 and w in ("", main)]
    return not middles or max(middles) <= 3 * min(middles)


def _alike(word: str, main: str) -> bool:
    return word == main or (min(len(word), len(main)) >= 2 and (word.startswith(main) or main.startswith(word)))


def _meant(unit: str, main: str, count: int) -> bool:
    """Whether a rare spelling is a unit, and that of the column, rather than a slip of the keyboard."""
    if main:
        return _alike(_word(unit), _word(main))
    return count >= 3 or any(_word(unit) in same for same in _SAME)


def long_numbers(column: Coded) -> Iterator[Clue]:
    """Numbers with far more decimals than the column has, that are a short number but for the last digits."""
    if not column.numeric(0.7):
        return
    decimals = np.array([len(v.partition(".")[2]) if number(v) is not None else 0 for v in column.values])
    usual = int(np.quantile(np.repeat(decimals, np.minimum(column.counts, 50)), 0.8)) if len(decimals) else 0
    rows = column.rows()
    for k, value in enumerate(column.values):
        found = number(value)
        if found is None or decimals[k] < usual + 4:
            continue
        short = _shortest(f"{found:.{max(usual, 1)}f}")
        if abs(float(short) - found) <= 1e-5 * max(abs(found), 1e-12) and value != short:
            for row in rows[k]:
                yield Clue(int(row), column.name, "long", 0.95, short, 0.95, {"decimals": str(usual)})
