"""Joins by key: equal keys, keys that are almost equal, keys that come more than once."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.alignment.matching import Match, need

__all__ = ["NearMiss", "Repeats", "by_key", "key_codes", "key_texts", "near_misses", "repeats"]

Positions = NDArray[np.int64]
Pairs = Sequence[tuple[str, str]]
EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Repeats:
    """Keys that come more than once in the other table and are asked for by the left one."""

    keys: int
    rows: int  # rows of the other table with such a key
    grown: int  # rows the result would have if all were taken
    alike: bool  # rows of one key agree in every column
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NearMiss:
    """Unmatched keys of both sides that agree once they are written in one way."""

    kind: str  # "spaces", "case", "punctuation", "leading zeros", "width", "look-alikes", "prefix"
    count: int  # left keys concerned
    examples: tuple[tuple[str, str], ...]


def by_key(left: pl.DataFrame, other: pl.DataFrame, on: Pairs) -> Match:
    """Match rows with equal keys; an empty key matches nothing; of several rows with one key, the first.

    Args:
        on: pairs of column names, left and other.

    >>> a, b = pl.DataFrame({"coil": ["A", "B"]}), pl.DataFrame({"id": ["B"]})
    >>> by_key(a, b, [("coil", "id")]).other.tolist()
    [-1, 0]
    """
    here, there = key_codes(left, other, on)
    order = np.argsort(there, kind="stable")
    begin = np.searchsorted(there[order], here, side="left")
    at = order[np.minimum(begin, len(order) - 1)] if len(order) else np.full(len(here), -1)
    found = (here >= 0) & (there[at] == here) if len(order) else np.zeros(len(here), dtype=bool)
    return Match(np.arange(left.height), np.where(found, at, -1), (left.height, other.height))


def key_codes(left: pl.DataFrame, other: pl.DataFrame, on: Pairs) -> tuple[Positions, Positions]:
    """Equal whole numbers for equal keys in both tables; -1 where a part of the key is empty."""
    need(left, [a for a, _ in on], "left")
    need(other, [b for _, b in on], "other")
    if len(on) == 1 and left[on[0][0]].dtype.is_integer() and other[on[0][1]].dtype.is_integer():
        both = pl.concat([left[on[0][0]].cast(pl.Int64), other[on[0][1]].cast(pl.Int64)])
    else:
        both = pl.concat([key_texts(left, [a for a, _ in on]), key_texts(other, [b for _, b in on])])
    codes = both.rank("dense").cast(pl.Int64).fill_null(0).to_numpy() - 1
    return codes[: left.height], codes[left.height :]


def key_texts(frame: pl.DataFrame, names: Sequence[str]) -> pl.Series:
    """Keys as text; 7.0 and 7 are one key; several columns are joined by " | "; null where a part is empty."""
    parts = [_text(frame[name]).alias(str(i)) for i, name in enumerate(names)]
    return pl.DataFrame(parts).select(pl.concat_str(pl.all(), separator=" | ").alias("key")).to_series()


def _text(column: pl.Series) -> pl.Series:
    if column.dtype.is_float():
        whole = column.is_finite() & (column == column.round())
        ints = column.set(~whole.fill_null(False), None).cast(pl.Int64, strict=False).cast(pl.String)
        return ints.zip_with(whole.fill_null(False), column.cast(pl.String))
    return column.cast(pl.String)


def repeats(left: pl.DataFrame, other: pl.DataFrame, on: Pairs) -> Repeats | None:
    """Keys of the other table that would multiply left rows; None if there are none."""
    here, there = key_codes(left, other, on)
    counts = np.bincount(there[there >= 0], minlength=int(max(here.max(initial=-1), there.max(initial=-1))) + 1)
    asked = np.zeros(len(counts), dtype=bool)
    asked[here[here >= 0]] = True
    many = np.flatnonzero((counts > 1) & asked)
    if not len(many):
        return None
    grown = int(np.where(here >= 0, np.maximum(counts[np.maximum(here, 0)], 1), 1).sum())
    concerned = np.isin(there, many)
    rows = other.filter(pl.Series(concerned)).drop("_row", strict=False)
    texts = key_texts(rows, [b for _, b in on]).unique(maintain_order=True)
    alike = rows.unique().height == len(many)
    return Repeats(len(many), int(concerned.sum()), grown, alike, tuple(texts[:EXAMPLES].to_list()))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _no_zeros(text: str) -> str:
    return re.sub(r"(?<![0-9])0+(?=[0-9])", "", text)


_LOOK_ALIKE = str.maketrans("OIL", "011")
_WAYS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("width", _folded),
    ("spaces", lambda t: re.sub(r"[\s\u200b\ufeff]+", "", t)),
    ("case", str.casefold),
    ("punctuation", lambda t: re.sub(r"[^0-9a-z\u0080-\uffff|]+", "", t)),
    ("look-alikes", lambda t: t.upper().translate(_LOOK_ALIKE)),
    ("leading zeros", _no_zeros),
)


def near_misses(left: Sequence[str], other: Sequence[str]) -> tuple[NearMiss, ...]:
    """Unmatched keys of both sides that differ only in how they are written, by the first way that unites them.

    >>> near_misses(["H-1023", "H7"], ["h1023", "H007"])[0].kind
    'punctuation'
    """
    a, b = {t: t for t in dict.fromkeys(left)}, {t: t for t in dict.fromkeys(other)}
    found = []
    for kind, way in _WAYS:
        a, b = {t: way(w) for t, w in a.items()}, {t: way(w) for t, w in b.items()}
        pairs = _pairs(a, b)
        if pairs:
            found.append(NearMiss(kind, len(pairs), tuple(pairs[:EXAMPLES])))
            a, b = _without(a, {x for x, _ in pairs}), _without(b, {y for _, y in pairs})
    affix = _affixed(a, b)
    return (*found, affix) if affix else tuple(found)


def _pairs(a: dict[str, str], b: dict[str, str]) -> list[tuple[str, str]]:
    """Originals whose written forms are equal; forms that several originals share are left alone."""
    back: dict[str, list[str]] = {}
    for original, form in b.items():
        back.setdefault(form, []).append(original)
    return [(x, back[form][0]) for x, form in a.items() if form and len(back.get(form, ())) == 1]


def _without(texts: dict[str, str], gone: set[str]) -> dict[str, str]:
    return {t: w for t, w in texts.items() if t not in gone}


def _affixed(a: dict[str, str], b: dict[str, str]) -> NearMiss | None:  # roomy: a nested search is what it is
    """One and the same prefix or suffix that one side adds to its keys."""
    for long, short, turned in ((a, b, False), (b, a, True)):
        forms = {w: t for t, w in short.items() if len(w) >= 2}
        tried: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for original, form in list(long.items())[:2000]:
            for k in range(1, len(form) - 1):
                for affix, rest in ((("prefix", form[:k]), form[k:]), (("suffix", form[-k:]), form[:-k])):
                    if rest in forms:
                        tried.setdefault(affix, []).append((original, forms[rest]))
        best = max(tried.values(), key=len, default=[])
        if len(best) >= 3 and 2 * len(best) >= min(len(long), len(short), 2000):
            pairs = [(y, x) if turned else (x, y) for x, y in best]
            return NearMiss("prefix", len(pairs), tuple(pairs[:EXAMPLES]))
    return None
