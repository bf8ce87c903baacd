"""A question taken apart: names, times, bounds and the words of the lists; what was understood is cut out."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from diapason.engines.grounding import wording
from diapason.engines.grounding.asides import without_asides
from diapason.engines.grounding.framing import WHO
from diapason.engines.grounding.hearing import Heard
from diapason.engines.grounding.moments import Found, windows
from diapason.engines.grounding.plans import Known, Table
from diapason.engines.grounding.spelling import asks, meant, voiced

__all__ = ["Hearing"]

_HAN = re.compile(r"[\u3400-\u9fff]")
_DIGIT = re.compile(r"[\w.-]*\d[\w.-]*", re.ASCII)
_BARE = re.compile(r"(?<![\w.-])[-+]?\d+(?:\.\d+)?(?![\w%-]|\.\d)", re.ASCII)
_CHANGE = dict(wording.KINDS)["change"]


@dataclass(slots=True)
class Hearing:
    """A question while it is taken apart: what was understood is cut out of `rest`."""

    rest: str
    known: Known
    tags: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    models: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    assets: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    vague: tuple[str, ...] = ()  # tags that one word may mean

    def names(self) -> None:
        """Find what is named: models and agents before datasets, whole tags before their loops."""
        self.models = self.cut(self.known.models)
        self.agents = self.cut(self.known.agents)
        named = {n: t for t in self.known.tables for n in (f"{t.name}@{t.version}", t.name)}
        tags = {tag for t in self.known.tables for tag in t.tags}
        self.tags = self.cut({tag for tag in tags if self._names(tag)})
        self.tables = tuple({named[n].name: named[n] for n in self.cut(named)}.values())
        if not self.models and not self.tags:
            bare = {m.partition("@")[0]: m for m in self.known.models}
            self.models = tuple(bare[n] for n in (t.name for t in self.tables) if n in bare)
        self._loops(tags)
        self._titles()
        self.assets = self.cut(self.known.assets)
        self.states = self.cut({w for t in self.known.tables for w in t.words})

    def spelt(self) -> None:
        """Take asides out, and words with one slip of the keys for what they were meant to be."""
        for aside in (WHO, wording.ASIDE):
            self.rest = re.sub(aside, " ", self.rest, flags=re.IGNORECASE)
        for spelling, word in wording.SPELT:
            self.rest = re.sub(spelling, word, self.rest, flags=re.IGNORECASE)
        self.rest = voiced(without_asides(self.rest, named=False))
        self.rest = re.sub(r"\b[a-z]{4,}\b", lambda m: meant(m.group()), self.rest, flags=re.IGNORECASE | re.ASCII)

    def hear(self, tables: Sequence[Table]) -> Heard:
        """Times and bounds, and the words of the lists; what names nothing of these stays as the wording."""
        first = next((t for t in tables if t.start is not None), None)
        time, pair, said = Found(), Found(), self.rest
        if not (self.agents or self.models) or self.tags:  # what is registered has no windows
            record = (None, None) if first is None else (first.start, first.end)
            time, self.rest = windows(said, *record, pair=re.search(_CHANGE, said, re.IGNORECASE) is not None)
            pair, _ = windows(said, *record, pair=True)
        beyond = self._limit()
        rest, number = self._number(tables)
        beyond = self._beyond() if beyond is None else beyond
        statistic, kinds = self._words(wording.STATISTIC), self._words(wording.KINDS)
        pair = pair if len(pair.windows) == 2 else time
        odd = any(w not in self._assets(tables) for w in _DIGIT.findall(rest if number is not None else self.rest))
        number = None if beyond is not None else number
        return Heard(
            pair if time.odd else time,
            pair,
            beyond,
            tuple(statistic),
            tuple(kinds),
            without_asides(rest, named=True),
            number,
            odd,
            self._slots(),
        )

    def _assets(self, tables: Sequence[Table]) -> frozenset[str]:
        return frozenset(a for t in tables for a in t.assets)

    def _number(self, tables: Sequence[Table]) -> tuple[str, float | None]:
        """The wording without the one number that stands alone, and that number."""
        found = [m for m in _BARE.finditer(self.rest) if m.group() not in self._assets(tables)]
        if len(found) != 1 or not self.tags:
            return self.rest, None
        return _BARE.sub(" ", self.rest), float(found[0].group())

    def _slots(self) -> frozenset[str]:
        there = {
            "tag": self.tags,
            "agent": self.agents,
            "model": self.models,
            "state": self.states,
            "data": self.tables,
        }
        return frozenset(n for n, v in there.items() if v)

    def _names(self, tag: str) -> bool:
        """Whether a tag is named by its bare word: one that is also a word of questions must be in quotes."""
        own = asks(tag.lower())
        return not own or f'"{tag.lower()}"' in self.rest.lower()

    def cut(self, names: Iterable[str]) -> tuple[str, ...]:
        """Names that stand in the rest, in the order in which they stand; they are cut out."""
        found: list[tuple[int, str]] = []
        for name in sorted(names, key=lambda n: (-len(n), n)):
            pattern = re.compile(rf"(?<![\w.@-]){re.escape(name)}(?![\w@-]|\.\w)", re.IGNORECASE | re.ASCII)
            if (match := pattern.search(self.rest)) is not None:
                found.append((match.start(), name))
                self.rest = pattern.sub(lambda m: " " * len(m.group()), self.rest)
        return tuple(name for _, name in sorted(found))

    def _loops(self, tags: set[str]) -> None:
        """A loop named without its part means the part that is said, else it is asked back."""
        stems: dict[str, list[str]] = {}
        for tag in sorted(tags):
            stem, dot, _ = tag.rpartition(".")
            stems.setdefault(stem, []).append(tag) if dot else None
        for stem in self.cut(stems):
            part = self._part()
            whole = [t for t in stems[stem] if t.endswith(part)] if part else stems[stem]
            self._mean(whole or stems[stem])

    def _titles(self) -> None:
        titles = {title.lower(): tags for title, tags in self.known.titles.items()}
        for title in sorted(titles, key=lambda t: (-len(t), t)):
            pattern = re.compile(re.escape(title) if _HAN.search(title) else rf"\b{re.escape(title)}\b", re.IGNORECASE)
            if (match := pattern.search(self.rest)) is None:
                continue
            self.rest = self.rest[: match.start()] + " " * len(match.group()) + self.rest[match.end() :]
            self._mean(titles[title])

    def _mean(self, tags: Sequence[str]) -> None:
        if len(tags) == 1:
            self.tags = tuple(dict.fromkeys((*self.tags, *tags)))
        elif not set(tags) & set(self.tags):
            self.vague = (*self.vague, *tags)

    def _part(self) -> str:
        for suffix, pattern in wording.SUFFIX:
            if (match := re.search(pattern, self.rest, re.IGNORECASE)) is not None:
                self.rest = self.rest[: match.start()] + " " + self.rest[match.end() :]
                return suffix
        return ""

    def _beyond(self) -> tuple[bool, float] | None:
        for above, pattern in wording.BEYOND:
            if (match := re.search(pattern, self.rest, re.IGNORECASE)) is not None:
                self.rest = self.rest[: match.start()] + " " + self.rest[match.end() :]
                return above, float(match["n"])
        return None

    def _limit(self) -> tuple[bool, float] | None:
        """A bound that is told as a limit; its side is what is said to be passed, else that of the limit."""
        match = re.search(wording.LIMIT, self.rest, re.IGNORECASE)
        if match is None or not self.tags:
            return None
        got = {k: v for k, v in match.groupdict().items() if v is not None}
        number = next(v for k, v in got.items() if k.startswith("n"))
        rest = self.rest[: match.start()] + " " + self.rest[match.end() :]
        passed = [re.search(p, rest, re.IGNORECASE) is not None for p in wording.PASSED]
        side = next((v for k, v in got.items() if k.startswith("s")), "")
        if passed[0] == passed[1] and not side:
            return None
        self.rest = rest
        low = side[0].lower() in "l低下" if passed[0] == passed[1] else passed[1]
        return not low, float(number)

    def _words(self, patterns: Sequence[tuple[str, str]]) -> list[str]:
        found = []
        for name, pattern in patterns:
            new, n = re.subn(pattern, " ", self.rest, flags=re.IGNORECASE)
            if n:
                found.append(name)
                self.rest = new
        return list(dict.fromkeys(found))

    def placed_in(self) -> list[Table]:
        """Datasets that can be meant: the one that is named, else those that have the tag."""
        if self.tables:
            return list(self.tables)
        if self.tags:
            return [t for t in self.known.tables if set(self.tags) <= set(t.tags)]
        return [t for t in self.known.tables if t.states] or list(self.known.tables)
