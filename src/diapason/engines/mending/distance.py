"""How far two texts are apart, and which of many lie near."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["allowed", "edits", "near", "signs"]

_WIDE = 64
_BLOCK = 4_000_000


def allowed(text: str) -> int:
    """Edits that a slip may take in a text of that length.

    >>> allowed("ab"), allowed("hall number 3"), allowed("a" * 90)
    (1, 2, 11)
    """
    return 1 if len(text) < 8 else max(2, len(text) // 8)


def edits(first: str, second: str, most: int) -> int:
    """Edits (a sign put in, left out, changed, or two exchanged) between two texts; `most + 1` for more than `most`.

    >>> edits("Bremen", "Brmeen", 2), edits("Bremen", "Brxmxn", 2), edits("Bremen", "Dresden", 1)
    (1, 2, 2)

    Source: optimal string alignment, Damerau (1964), without common ends.
    """
    while first and second and first[0] == second[0]:
        first, second = first[1:], second[1:]
    while first and second and first[-1] == second[-1]:
        first, second = first[:-1], second[:-1]
    if not first or not second or abs(len(first) - len(second)) > most:
        return min(max(len(first), len(second)), most + 1)
    if len(first) == len(second):
        changed = sum(a != b for a, b in zip(first, second, strict=True))
        if changed <= 1:
            return changed
    return min(_aligned(first, second), most + 1)


def _aligned(first: str, second: str) -> int:
    before: list[int] = []
    row = list(range(len(second) + 1))
    for i, a in enumerate(first, 1):
        new = [i]
        for j, b in enumerate(second, 1):
            cost = min(row[j] + 1, new[j - 1] + 1, row[j - 1] + (a != b))
            if i > 1 and j > 1 and a == second[j - 2] and b == first[i - 2]:
                cost = min(cost, before[j - 2] + 1)
            new.append(cost)
        before, row = row, new
    return row[-1]


def signs(first: str, second: str) -> tuple[str, str]:
    """What remains of both without their common ends.

    >>> signs("P-101A", "P-101B")
    ('A', 'B')
    """
    while first and second and first[0] == second[0]:
        first, second = first[1:], second[1:]
    while first and second and first[-1] == second[-1]:
        first, second = first[:-1], second[:-1]
    return first, second


def near(some: Sequence[str], others: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """Pairs (position in `some`, position in `others`, edits) that lie within what is allowed; equal texts left out."""
    if not some or not others:
        return
    right, lengths = _bags(others), np.array([len(o) for o in others])
    step = max(1, _BLOCK // max(len(others), 1) // 8)
    for begin in range(0, len(some), step):
        block = some[begin : begin + step]
        left = _bags(block)
        most = np.array([allowed(t) for t in block])
        apart = np.abs(np.array([len(t) for t in block])[:, None] - lengths[None, :]) <= most[:, None]
        for i, j in np.argwhere(apart):
            if np.abs(left[i] - right[j]).sum() > 2 * most[i] or block[i] == others[j]:
                continue
            found = edits(block[i], others[j], int(most[i]))
            if found <= most[i]:
                yield begin + int(i), int(j), found


def _bags(texts: Sequence[str]) -> NDArray[np.int16]:
    """How often each sign stands in each text, shape (n, 64), signs folded."""
    bags = np.zeros((len(texts), _WIDE), np.int16)
    for i, text in enumerate(texts):
        for sign in text:
            bags[i, ord(sign) % _WIDE] += 1
    return bags
