"""The index: each distinct word once, with the pieces of text that hold it, as flat arrays."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diapason.engines.search.tokens import pieces

__all__ = ["Index", "Numbers", "Piece", "build", "letters"]

Numbers = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Piece:
    """One text of one thing: its name, or that of a column; `unit` and `meaning` are compared whole."""

    of: str  # the thing that is found: a dataset
    field: str  # "name", "title", "column", …
    text: str
    unit: str = ""  # UCUM code
    meaning: tuple[str, ...] = ()  # quantities that it measures: "temperature"


@dataclass(frozen=True, slots=True)
class Index:
    """Pieces of text by number, and the words, units and quantities by which they are found."""

    names: tuple[str, ...]  # of things
    of: Numbers  # shape (pieces,): which thing a piece belongs to
    fields: tuple[str, ...]
    field: Numbers  # shape (pieces,): which field it is
    texts: tuple[str, ...]  # of each piece
    words: tuple[str, ...]  # sorted
    starts: Numbers  # shape (words + 1,): where the places of a word begin in `places`
    places: Numbers  # numbers of pieces
    units: Mapping[str, Numbers]
    meanings: Mapping[str, Numbers]
    masks: NDArray[np.uint64]  # shape (words,): which letters a word has

    def having(self, word: int) -> Numbers:
        """The pieces with a word, by its number."""
        return self.places[self.starts[word] : self.starts[word + 1]]


def build(texts: Iterable[Piece]) -> Index:
    """An index of pieces of text, in the order given."""
    listed = tuple(texts)
    found: dict[str, list[int]] = {}
    units: dict[str, list[int]] = {}
    meanings: dict[str, list[int]] = {}
    for number, piece in enumerate(listed):
        for word in dict.fromkeys(pieces(piece.text)):
            found.setdefault(word, []).append(number)
        if piece.unit:
            units.setdefault(piece.unit, []).append(number)
        for meaning in piece.meaning:
            meanings.setdefault(meaning, []).append(number)
    words = tuple(sorted(found))
    starts = np.cumsum([0, *(len(found[w]) for w in words)], dtype=np.int32)
    places = np.fromiter((n for w in words for n in found[w]), dtype=np.int32, count=int(starts[-1]))
    names, of = _coded([p.of for p in listed])
    fields, field = _coded([p.field for p in listed])
    told = tuple(p.text for p in listed)
    return Index(names, of, fields, field, told, words, starts, places, _flat(units), _flat(meanings), letters(words))


def letters(words: Iterable[str]) -> NDArray[np.uint64]:
    """For each word the set of its letters as bits: two words one slip apart differ in two bits at most."""
    return np.array([_bits(word) for word in words], dtype=np.uint64)


def _bits(word: str) -> int:
    bits = 0
    for letter in word:
        bits |= 1 << (ord(letter) % 64)
    return bits


def _coded(values: list[str]) -> tuple[tuple[str, ...], Numbers]:
    known = {value: code for code, value in enumerate(dict.fromkeys(values))}
    return tuple(known), np.array([known[v] for v in values], dtype=np.int32)


def _flat(found: Mapping[str, list[int]]) -> dict[str, Numbers]:
    return {name: np.array(numbers, dtype=np.int32) for name, numbers in found.items()}
