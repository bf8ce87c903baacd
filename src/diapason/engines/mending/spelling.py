"""Rare values that are a slip away from a frequent one: against the dictionary that the column itself is."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from diapason.engines.mending.clues import Clue
from diapason.engines.mending.coded import Coded
from diapason.engines.mending.distance import near, signs

__all__ = ["in_company", "typos"]

FREQUENT = 3
"""Rows from which a value counts as one of the column's words."""
TIMES = 4
"""How much more frequent the right spelling is than the slip."""
RARER = 30
"""The same for a slip that stands in more than `FREQUENT` rows."""
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
    most = max(counts.values(), default=0)
    rare = [v for v, c in counts.items() if c * TIMES <= most and c <= max(FREQUENT, most / RARER) and len(v) > 1]
    near_by = _near_by(rare[:MOST_RARE], words, counts)
    slipped = set(near_by)
    natural = [w for w in words if w not in slipped]
    by_nature: Counter[str] = Counter()
    for _, kind in {(i, _difference(natural[i], natural[j])) for i, j, _ in near(natural, natural)}:
        by_nature[kind] += 1
    kinds = {v: _difference(v, options[0][1]) for v, options in near_by.items()}
    of_kind, pieces = Counter(kinds.values()), _pieces(natural)
    for v, options in near_by.items():
        distance, word = options[0]
        by_chance = (by_nature[kinds[v]] + 0.5) / (len(natural) + 1)
        seen = (of_kind[kinds[v]] + 0.5) / (len(rare) + 1)
        sure = _shifted(max(0.0, 1 - by_chance / seen), _odd(v, word, pieces))
        ties = sum(counts[w] for d, w in options if d == distance)
        yield _Slip(v, word, distance, sure, sure**0.2 * counts[word] / ties)


def _near_by(rare: list[str], words: list[str], counts: dict[str, int]) -> dict[str, list[tuple[int, str]]]:
    """Words that each rare value may be a slip of, nearest and most frequent first.

    One that stands in more than a few rows is a slip only in company: a word that is mistyped often is mistyped in
    many ways, and none of them stands out.
    """
    near_by: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for i, j, distance in near(rare, words):
        if counts[words[j]] >= (TIMES if counts[rare[i]] <= FREQUENT else RARER) * counts[rare[i]]:
            near_by[rare[i]].append((distance, words[j]))
    company: dict[str, list[int]] = defaultdict(list)
    for v, options in near_by.items():
        options.sort(key=lambda o: (o[0], -counts[o[1]]))
        company[options[0][1]].append(counts[v])
    return {v: o for v, o in near_by.items() if counts[v] <= FREQUENT or in_company(counts[v], company[o[0][1]])}


def in_company(count: int, others: list[int]) -> bool:
    """Whether so frequent a slip is one of many: at least five, and it not four times as frequent as their middle.

    >>> in_company(8, [1, 2, 3, 4, 8]), in_company(30, [30])
    (True, False)
    """
    return len(others) >= 5 and count <= 4 * sorted(others)[len(others) // 2]


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


def _pieces(words: list[str]) -> Counter[str]:
    """How many words of the column each run of three signs stands in."""
    return Counter(piece for word in words for piece in {f"^{word}$"[k : k + 3] for k in range(len(word))})


def _odd(rare: str, word: str, pieces: Counter[str]) -> float:
    """Share of the runs of three signs that the slip has made and no word of the column has."""
    made = {f"^{rare}$"[k : k + 3] for k in range(len(rare))} - {f"^{word}$"[k : k + 3] for k in range(len(word))}
    return sum(pieces[m] == 0 for m in made) / len(made) if made else 0.0


def _shifted(sure: float, odd: float) -> float:
    """Less sure where the slip has made nothing that words do not have anyway."""
    lift = 4.0 ** (2 * odd - 1)
    return sure * lift / (sure * lift + 1 - sure) if 0 < sure < 1 else sure
