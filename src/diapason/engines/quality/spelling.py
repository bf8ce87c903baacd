"""Values of a category that are another one misspelt: case, spaces, width of letters, single letters, odd formats."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.quality import codes
from diapason.engines.quality.census import Words
from diapason.engines.quality.thresholds import Thresholds
from diapason.vocabulary.distance import distance

__all__ = ["Misspelt", "misspelt"]

MOST = 3_000
"""Distinct values of a column that are compared with one another."""


@dataclass(frozen=True, slots=True)
class Misspelt:
    """One value and what it should be; `right` is "" where only the format is odd."""

    column: int
    value: str
    right: str
    how: str  # "case", "space", "width", "letters", "format", "unit"
    count: int
    sure: float


def misspelt(words: Words, limits: Thresholds) -> tuple[Misspelt, ...]:
    """All misspelt values of all text columns."""
    found: list[Misspelt] = []
    for column, counted in enumerate(words.counts):
        table = counted.filter(~_absent(pl.col("value")))
        total = int(table["count"].sum())
        if not total or words.thinned[column]:
            continue
        repeated = table.height <= 0.5 * total
        odd = list(_formats(column, table, total))
        known = {m.value for m in odd}
        variants = [m for m in (_variants(column, table) if repeated else ()) if m.value not in known]
        known |= {m.value for m in variants}
        rest = table.filter(~pl.col("value").is_in(list(known)))
        letters = list(_letters(column, rest, limits)) if repeated and rest.height <= MOST else []
        found += variants + odd + letters
    return tuple(found)


def _absent(value: pl.Expr) -> pl.Expr:
    text = value.str.strip_chars().str.to_lowercase()
    return (text == "") | text.is_in(list(codes.WORDS))


def _variants(column: int, table: pl.DataFrame) -> Iterator[Misspelt]:
    """Values that become equal without regard to spaces, width and case: all but the most frequent."""
    groups: dict[str, list[tuple[int, str]]] = {}
    for value, count, _ in table.iter_rows():
        groups.setdefault(_plain(value), []).append((count, value))
    for members in groups.values():
        if len(members) < 2:
            continue
        members.sort(reverse=True)
        right_count, right = members[0]
        for count, value in members[1:]:
            sure = 0.97 if right_count >= 3 * count else 0.85
            yield Misspelt(column, value, right, _how(value, right), count, sure)


def _plain(value: str) -> str:
    """Half-width, lower case, single inner spaces, no spaces around punctuation."""
    text = unicodedata.normalize("NFKC", value).casefold()
    text = re.sub(r"\s*([-_/,.;:()])\s*", r"\1", text)
    return re.sub(r"\s+", " ", text).strip()


def _how(value: str, right: str) -> str:
    if re.sub(r"\s+", "", value) == re.sub(r"\s+", "", right):
        return "space"
    return "case" if value.casefold() == right.casefold() else "width"


def _shape(value: str) -> str:
    """Letters as a, digits as 9, repeats once."""
    text = re.sub(r"[^\W\d_]+", "a", unicodedata.normalize("NFKC", value))
    return re.sub(r"\d+", "9", text)


def _formats(column: int, table: pl.DataFrame, total: int) -> Iterator[Misspelt]:
    """Values of a rare shape in a column where nearly all have one shape with digits; numbers with several units."""
    shapes: dict[str, list[tuple[str, int]]] = {}
    for value, count, _ in table.iter_rows():
        shapes.setdefault(_shape(value), []).append((value, count))
    sizes = {shape: sum(c for _, c in members) for shape, members in shapes.items()}
    usual = max(sizes, key=lambda s: sizes[s])
    if total < 50:
        return
    tails = list(_tails(column, table, total))
    if tails or "9" not in usual or sizes[usual] < 0.9 * total:
        yield from tails
        return
    for shape, members in shapes.items():
        if shape != usual and sizes[shape] <= 0.03 * total:
            yield from (Misspelt(column, v, "", "format", c, 0.8) for v, c in members)


def _tails(column: int, table: pl.DataFrame, total: int) -> Iterator[Misspelt]:
    """Numbers that are followed by different words or signs: all but those with the most frequent one."""
    groups: dict[str, list[tuple[str, int]]] = {}
    for value, count, _ in table.iter_rows():
        number = re.fullmatch(r"\s*[-+]?\d+(?:[.,]\d+)?\s*(\D{0,20})", value)
        if number:
            groups.setdefault(number.group(1), []).append((value, count))
    sizes = {tail: sum(c for _, c in members) for tail, members in groups.items()}
    if sum(sizes.values()) < 0.9 * total or len(sizes) < 2:
        return
    usual = max(sizes, key=lambda t: sizes[t])
    for tail, members in groups.items():
        if tail != usual:
            yield from (Misspelt(column, v, f"… {usual}".strip(), "unit", c, 0.9) for v, c in members)


def _letters(column: int, table: pl.DataFrame, limits: Thresholds) -> Iterator[Misspelt]:
    """Rare values within few letters of a frequent one; digits are never taken for a slip of letters.

    The same change of letters at the same place in three pairs and more is a code, not a slip. How sure: the share of
    rare values that are near a frequent one, for in a list of names some are near by chance.
    """
    values, counts = table["value"].to_list(), table["count"].to_numpy()
    if len(values) < 2:
        return
    plain = [_plain(v) for v in values]
    pairs = list(_near(plain, counts, limits))
    edits = Counter(_edit(plain[i], plain[j]) for i, j, _ in pairs)
    pairs = [p for p in pairs if edits[_edit(plain[p[0]], plain[p[1]])] < 3]
    rare = counts <= max(counts.max() / limits.typo_ratio, 1)
    long = np.array([len(p) >= limits.typo_length for p in plain])
    share = len(pairs) / max(int((rare & long).sum()), len(pairs), 1)
    for i, j, far in pairs:
        sure = 0.35 + 0.55 * min(1.0, 1.5 * share) - (0.1 if far > 1 and counts[j] <= 20 * counts[i] else 0.0)
        yield Misspelt(column, values[i], values[j], "letters", int(counts[i]), sure)


def _near(plain: list[str], counts: NDArray[np.int64], limits: Thresholds) -> Iterator[tuple[int, int, int]]:
    """Rare value, the frequent one nearest to it, and their distance."""
    length = np.array([len(p) for p in plain])
    letters = _signature(plain)
    total = counts.sum()
    for i in np.argsort(counts, kind="stable"):
        short = length[i] < limits.typo_length
        if length[i] < 3 or (short and counts[i] > 0.01 * total):
            continue
        reach = 1 if short else _reach(int(length[i]))
        ratio = limits.typo_ratio * (5 if short else 1)
        near = np.flatnonzero((np.abs(length - length[i]) <= reach) & (counts >= ratio * counts[i]))
        near = near[np.abs(letters[near] - letters[i]).sum(axis=1) <= 2 * reach]
        best = min(((distance(plain[i], plain[int(j)], reach), -counts[j], int(j)) for j in near), default=None)
        if best is not None and best[0] <= reach and _slip(plain[int(i)], plain[best[2]]):
            yield int(i), best[2], best[0]


def _edit(a: str, b: str) -> tuple[int, str, str]:
    """Where two texts begin to differ, and by what."""
    at = next((k for k, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    return at, a[at : at + 1], b[at : at + 1]


def _reach(length: int) -> int:
    """Letters that may be wrong: one in short words, a tenth of long texts."""
    return 1 if length < 8 else 2 if length < 20 else max(2, length // 8)


def _signature(texts: list[str]) -> NDArray[np.int16]:
    """Counts of each letter, hashed to 64 bins: never further apart than twice the edit distance."""
    out = np.zeros((len(texts), 64), dtype=np.int16)
    for i, text in enumerate(texts):
        np.add.at(out[i], [ord(c) % 64 for c in text], 1)
    return out


def _slip(a: str, b: str) -> bool:
    """Whether only letters differ: codes that differ in a digit, or a lone number or letter, are different things."""
    if re.sub(r"\D", "", a) != re.sub(r"\D", "", b):
        return False
    different = set(a.split()) ^ set(b.split())
    return a.isalpha() or not all(len(w) < 3 for w in different)
