"""Words that leave: each belongs to a list that was fixed without looking at the data."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

__all__ = ["data_words", "strange", "texts"]

_DIGEST = re.compile(r"[0-9a-f]{64}|\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(\+00:00|Z)?)?")
"""Fingerprints and moments: shapes that carry no free text."""
_SHORT = 4
"""Texts of the data below this length are looked for as whole words only."""


def texts(value: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a JSON value, keys too, with its place.

    >>> list(texts({"a": ["b"]}))
    [('a', 'a'), ('a.0', 'b')]
    """
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            here = f"{at}.{key}" if at else str(key)
            yield here, str(key)
            yield from texts(inner, here)
    elif isinstance(value, Sequence):
        for i, inner in enumerate(value):
            yield from texts(inner, f"{at}.{i}")


def strange(value: Any, allowed: Iterable[str]) -> list[tuple[str, str]]:
    """Texts of a JSON value that are on no list: place and text.

    Args:
        allowed: the words of the format, of the provider's own plan, and those that the contract lists.
    """
    known = set(allowed)
    return [(at, text) for at, text in texts(value) if text not in known and not _DIGEST.fullmatch(text)]


def data_words(value: Any, data: Iterable[str], allowed: Iterable[str]) -> list[tuple[str, str]]:
    """Texts of the plant's data that occur in a JSON value, as a whole or inside of another text: place and text.

    Args:
        data: every text that stands in the columns of the data.
        allowed: words that may leave whatever the data says.
    """
    known = set(allowed)
    secret = {d for d in data if d.strip() and d not in known}
    long = sorted((d for d in secret if len(d) >= _SHORT), key=len)
    found = []
    for at, text in texts(value):
        if text in known or _DIGEST.fullmatch(text):
            continue
        inside = set(re.split(r"[^\w.]+", text)) & secret | ({text} & secret)
        found += [(at, d) for d in sorted(inside | {d for d in long if d in text})]
    return found
