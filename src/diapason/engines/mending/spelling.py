"""Rare values that are a slip away from a frequent one: against the dictionary that the column itself is."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from diapason.engines.mending.clues import Clue
from diapason.engines.mending.coded import Coded
from diapason.engines.mending.distance import near, signs

__all__ = ["typos"]

FREQUENT = 3
"""Rows from which a value counts as one of the column's words."""
TIMES = 4
"""How much more frequent the right spelling is than the slip."""
MOST_WORDS, MOST_RARE = 3_000, 12_000

_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class _Slip:
    rare: str
    word: str
    edits: int
    sure: float
    trust: float


def typos(column: Coded) -> Iterator[Clue]:
    """Clues for values, and for the words around numbers ("33 patxents" among "41 patients").

    How often frequent values lie near each other by nature (P-101A and P-101B, Meier and Meyer) is counted for each
    kind of difference; a rare value is a slip as far as more rare values lie near a frequent one than that.

    Source: the share of false discoveries from a comparison set (target-decoy, Elias & Gygi 2007), with frequent
    values as the comparison.
    """
    if column.numeric():
        return
    rows = column.rows()
    place = {value: k for k, value in enumerate(column.values)}
    found = {}
    for slip in _slips({v: int(c) for v, c in zip(column.values, column.counts, strict=True)}):
        found[slip.rare] = slip
        for row in rows[place[slip.rare]]:
            facts = {"word": slip.word, "rows": str(int(column.counts[place[slip.word]]))}
            yield Clue(int(row), column.name, "typo", slip.sure, slip.word, slip.trust, facts)
    yield from _around_numbers(column, set(found))


def _around_numbers(column: Coded, known: set[str]) -> Iterator[Clue]:
    """The same for values with their numbers taken out, where that leaves few words."""
    frames: dict[str, list[int]] = defaultdict(list)
    for k, value in enumerate(column.values):
        frames[_DIGITS.sub("\0", value)].append(k)
    if not 0 < len(frames) <= 0.5 * len(column.values):
        return
    rows = column.rows()
    counts = {frame: int(column.counts[k].sum()) for frame, k in frames.items() if "\0" in frame}
    for slip in _slips(counts):
        if slip.rare.count("\0") != slip.word.count("\0"):
            continue
        for k in frames[slip.rare]:
            value = column.values[k]
            if value in known:
                continue
            parts = iter(_DIGITS.findall(value))
            right = "".join(next(parts) if c == "\0" else c for c in slip.word)
            facts = {"word": slip.word.replace("\0", "…"), "rows": str(counts[slip.word])}
            for row in rows[k]:
                yield Clue(int(row), column.name, "typo", slip.sure, right, slip.trust, facts)


def _slips(counts: dict[str, int]) -> Iterator[_Slip]:
    words = sorted((v for v, c in counts.items() if c >= FREQUENT), key=lambda v: -counts[v])[:MOST_WORDS]
    rare = [v for v, c in counts.items() if c * TIMES <= max(counts.values()) and c <= FREQUENT and len(v) > 1]
    rare = rare[:MOST_RARE]
    if not words or not rare:
        return
    by_nature: Counter[str] = Counter()
    for _, kind in {(i, _difference(words[i], words[j])) for i, j, _ in near(words, words)}:
        by_nature[kind] += 1
    near_by: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for i, j, distance in near(rare, words):
        if counts[words[j]] >= TIMES * counts[rare[i]]:
            near_by[i].append((distance, j))
    of_kind: Counter[str] = Counter()
    best = {}
    for i, options in near_by.items():
        options.sort(key=lambda o: (o[0], -counts[words[o[1]]]))
        best[i] = _difference(rare[i], words[options[0][1]])
        of_kind[best[i]] += 1
    pieces = _pieces(words, counts)
    for i, options in near_by.items():
        distance, j = options[0]
        natural = (by_nature[best[i]] + 0.5) / (len(words) + 1)
        seen = (of_kind[best[i]] + 0.5) / (len(rare) + 1)
        odd = _odd(rare[i], words[j], pieces)
        sure = max(0.0, 1 - natural / seen) if natural < seen else 0.0
        sure = _shifted(sure, odd)
        ties = sum(counts[words[o[1]]] for o in options if o[0] == distance)
        yield _Slip(rare[i], words[j], distance, sure, sure**0.2 * counts[words[j]] / ties)


def _difference(first: str, second: str) -> str:
    """Kind of the difference: of numbers, of signs that make words, or of something else."""
    left, right = signs(first, second)
    both = left + right
    if both and all(c.isdecimal() for c in both):
        return "number"
    if any(c.isdecimal() for c in left) != any(c.isdecimal() for c in right):
        return "mixed"
    short = max(len(first), len(second)) <= 3 or (len(both) <= 2 and (first[-1:] != second[-1:]) and " " in both)
    return "short" if short else "letters"


def _pieces(words: list[str], counts: dict[str, int]) -> Counter[str]:
    """How many words of the column each run of three signs stands in."""
    del counts
    return Counter(piece for word in words for piece in {f"^{word}$"[k : k + 3] for k in range(len(word))})


def _odd(rare: str, word: str, pieces: Counter[str]) -> float:
    """Share of the runs of three signs that the slip has made and no word of the column has."""
    made = {f"^{rare}$"[k : k + 3] for k in range(len(rare))} - {f"^{word}$"[k : k + 3] for k in range(len(word))}
    return sum(pieces[m] == 0 for m in made) / len(made) if made else 0.0


def _shifted(sure: float, odd: float) -> float:
    """Less sure where the slip has made nothing that words do not have anyway."""
    lift = 4.0 ** (2 * odd - 1)
    return sure * lift / (sure * lift + 1 - sure) if 0 < sure < 1 else sure
