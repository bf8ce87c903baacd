"""What the words of a question may mean: units, quantities, and what they are called in the other language."""

from collections.abc import Sequence
from difflib import get_close_matches

from diapason.engines.schema.units import unit_code
from diapason.engines.schema.wording import named
from diapason.engines.search import Asked, Piece, build, search
from diapason.knowledge.columns import lexicon
from diapason.knowledge.terms import terms
from diapason.vocabulary.line import Point

__all__ = ["asked", "by_meaning"]

_LEAST, _CLOSE = 5, 0.85
"""Letters of a word that may be misspelt, and how alike it must be to a quantity's (Ratcliff and Obershelp)."""


def asked(words: str) -> list[Asked]:
    """The words of a question with units, quantities and other names that they may mean."""
    return [_meant(word) for word in dict.fromkeys(words.replace("，", " ").replace(",", " ").split())]


def by_meaning(points: Sequence[Point], words: str, *, most: int) -> list[Point]:
    """Tags that answer every word of a question, by name, title, asset, unit or what they measure; the best first."""
    question = asked(words)
    pieces = [piece for i, point in enumerate(points) for piece in _pieces(str(i), point)]
    hits = search(build(pieces), question, most=max(most, 1) + 1, reasons=1) if pieces and question else []
    return [points[int(hit.of)] for hit in hits if len(hit.asked) == len(question)]


def _pieces(of: str, point: Point) -> list[Piece]:
    measured = [q.name for q in lexicon().quantities if named(f"{point.tag} {point.title}", q.words)]
    by_unit = [u.quantity for u in lexicon().units if point.unit and u.code == point.unit]
    meaning = tuple(dict.fromkeys(by_unit or measured))
    texts = {"title": point.title, "keywords": point.asset}
    return [Piece(of, "name", point.tag, point.unit, meaning), *(Piece(of, f, t) for f, t in texts.items() if t)]


def _meant(word: str) -> Asked:
    known, low = lexicon(), word.casefold()
    unit = unit_code(word, known)
    said = {q.name for q in known.quantities if low in (q.name, *map(str.casefold, q.words)) or named(word, q.words)}
    said = said or _nearly(low)
    units = {u.code for u in known.units if u.quantity in said}
    others = {w for q in known.quantities if q.name in said for w in (q.name, *q.words)} - {word}
    for term in terms().values():
        pair = (term.title.en.casefold(), term.title.zh.casefold())
        others |= set(pair) - {low} if low in pair else set()
    return Asked(word, tuple(sorted(units | ({unit} if unit else set()))), tuple(sorted(said)), tuple(sorted(others)))


def _nearly(word: str) -> set[str]:
    """The quantity that a word of five letters and more nearly spells."""
    spelt = {w.casefold(): q.name for q in lexicon().quantities for w in (q.name, *q.words)}
    return {spelt[w] for w in get_close_matches(word, spelt, n=1, cutoff=_CLOSE)} if len(word) >= _LEAST else set()
