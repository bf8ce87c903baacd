"""What is asked, as words and what they stand for; hits ranked, each with its reasons."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from diapason.engines.search.index import Index, Numbers, letters
from diapason.engines.search.tokens import pieces
from diapason.vocabulary.distance import distance

__all__ = ["Asked", "Hit", "Why", "search"]

FIELDS = {"name": 6.0, "title": 5.0, "keywords": 4.0, "column": 2.0, "scene": 3.0, "description": 2.0}
"""What a word is worth by where it stands; elsewhere 1. The order is ours."""
_WORTH = {"exact": 1.0, "unit": 0.9, "meaning": 0.8, "begins": 0.7, "other": 0.7, "slip": 0.5}
_LEAST_BEGIN, _LEAST_SLIP, _LONG = 3, 4, 8
"""Letters of a word from which on it may be the beginning of another, may have one slip, may have two."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One word that was asked for, and what else it may be called."""

    word: str
    units: tuple[str, ...] = ()  # UCUM codes that it names or that measure what it names
    meanings: tuple[str, ...] = ()  # quantities
    others: tuple[str, ...] = ()  # the same in another language or spelling


@dataclass(frozen=True, slots=True)
class Why:
    """Why something was found: which word, in which field, in which text, how."""

    word: str
    field: str
    text: str
    how: str  # "exact", "begins", "slip", "other", "unit", "meaning"
    by: str  # the word of the index, the unit or the quantity that it was found by


@dataclass(slots=True)
class Hit:
    """One thing that was found."""

    of: str
    score: float = 0.0
    asked: set[str] = field(default_factory=set)  # words of the question that it answers
    why: list[Why] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Found:
    """Pieces that one word of the question leads to."""

    numbers: Numbers
    how: str
    by: str


def search(index: Index, question: Sequence[Asked], *, most: int = 20, reasons: int = 3) -> list[Hit]:
    """Things that answer a question, the best first: those that answer more of its words come before all others.

    Args:
        most: so many hits at most.
        reasons: so many reasons each, the strongest.
    """
    worth = np.array([FIELDS.get(f, 1.0) for f in index.fields])
    total, answered = np.zeros(len(index.names)), np.zeros(len(index.names), dtype=np.int64)
    ways = [list(_ways(index, asked)) for asked in question]
    for found in ways:
        best = np.zeros(len(index.names))
        for way in found:
            gain = worth[index.field[way.numbers]] * _rarity(index, way)
            np.maximum.at(best, index.of[way.numbers], gain)
        total += best
        answered += best > 0
    order = np.lexsort((np.array(index.names, dtype=str), -total, -answered))[:most].tolist()
    return [_hit(index, int(i), float(total[i]), question, ways, reasons) for i in order if answered[i]]


def _rarity(index: Index, way: _Found) -> float:
    """What a way is worth: less where it leads nearly everywhere."""
    share = len(way.numbers) / max(len(index.texts), 1)
    return _WORTH[way.how] * (1.0 - 0.5 * share)


def _ways(index: Index, asked: Asked) -> Iterator[_Found]:
    """Every way from one word of the question into the index, the surest first."""
    own = pieces(asked.word)
    yield from _written(index, own, "exact")
    for unit in asked.units:
        if unit in index.units:
            yield _Found(index.units[unit], "unit", unit)
    for meaning in asked.meanings:
        if meaning in index.meanings:
            yield _Found(index.meanings[meaning], "meaning", meaning)
    for other in asked.others:
        yield from _written(index, pieces(other), "other")
    if len(own) == 1:
        yield from _beginning(index, own[0])
        yield from _slipped(index, own[0])


def _written(index: Index, parts: Sequence[str], how: str) -> Iterator[_Found]:
    """Pieces that hold all parts of a word."""
    numbers = None
    for part in parts:
        i = bisect_left(index.words, part)
        if i == len(index.words) or index.words[i] != part:
            return
        here = index.having(i)
        numbers = here if numbers is None else np.intersect1d(numbers, here)
    if numbers is not None and len(numbers):
        yield _Found(numbers, how, " ".join(parts))


def _beginning(index: Index, word: str) -> Iterator[_Found]:
    if len(word) < _LEAST_BEGIN:
        return
    i = bisect_left(index.words, word)
    while i < len(index.words) and index.words[i].startswith(word):
        if index.words[i] != word:
            yield _Found(index.having(i), "begins", index.words[i])
        i += 1


def _slipped(index: Index, word: str) -> Iterator[_Found]:
    """Words that are one slip away, two where the word is long; only where the word itself is not there."""
    i = bisect_left(index.words, word)
    known = i < len(index.words) and index.words[i] == word
    if known or len(word) < _LEAST_SLIP or not len(index.words):
        return
    most = 2 if len(word) >= _LONG else 1
    apart = np.bitwise_count(index.masks ^ letters([word])[0])
    for j in np.flatnonzero(apart <= 2 * most):
        other = index.words[j]
        if other[0].isalpha() and distance(word, other, most) <= most:
            yield _Found(index.having(int(j)), "slip", other)


def _hit(  # roomy: a hit is drawn from all of these
    index: Index, of: int, score: float, question: Sequence[Asked], ways: Sequence[Sequence[_Found]], reasons: int
) -> Hit:
    """One hit with its strongest reasons, at least one for each word that it answers."""
    hit, others = Hit(index.names[of], round(score, 3)), list[tuple[float, Why]]()
    for asked, found in zip(question, ways, strict=True):
        told = [
            (_worth(index, n, way), n, way) for way in found for n in way.numbers[index.of[way.numbers] == of].tolist()
        ]
        if told:
            told.sort(key=lambda t: -t[0])
            hit.asked.add(asked.word)
            best = [(worth, _why(index, n, asked.word, way)) for worth, n, way in told[: 2 * reasons]]
            hit.why.append(best[0][1])
            others += best[1:]
    seen = {(w.field, w.text) for w in hit.why}
    for _, why in sorted(others, key=lambda t: -t[0]):
        if len(hit.why) >= max(reasons, len(hit.asked)):
            break
        if (why.field, why.text) not in seen:
            seen.add((why.field, why.text))
            hit.why.append(why)
    return hit


def _worth(index: Index, number: int, way: _Found) -> float:
    return FIELDS.get(index.fields[index.field[number]], 1.0) * _WORTH[way.how]


def _why(index: Index, number: int, word: str, way: _Found) -> Why:
    return Why(word, index.fields[index.field[number]], index.texts[number], way.how, way.by)
