"""Tallies of many ledgers: they add in any order, twice the same changes nothing, and one thing counts once."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import pairwise

from diapason.engines.acceptance.criteria import State, Verdict
from diapason.vocabulary.language import Text

__all__ = ["Counted", "Duplicate", "Item", "Source", "Tally", "settled", "tallied"]

_RANK = (State.ACCEPTED, State.REFUSED, State.UNTESTED)
_ALONE = ("enterprise",)
"""What there is once per workspace, whatever it is called."""


@dataclass(frozen=True, slots=True)
class Source:
    """One ledger as it was read once: whose, how long, and what the rules said of it."""

    id: str  # digest of what was read
    key: str  # key id of the workspace
    workspace: str
    day: str  # on which it was judged, ISO 8601
    seq: int = 0  # entries of the ledger
    marks: tuple[str, ...] = ()  # the beginning of each entry's hash, to see whether two ledgers are one
    verdicts: tuple[Verdict, ...] = ()
    whole: bool = False  # the workspace itself, not a bundle about one name
    broken: Text | None = None  # why it counts as nothing
    file: str = ""
    sector: str = ""  # code of Annex 1; "" = not said
    region: str = ""
    levels: tuple[tuple[str, int], ...] = ()  # proven level of each appraised item

    @property
    def weight(self) -> tuple[str, str]:
        """Of two readings of the same bytes the later one is kept."""
        said = (self.verdicts, self.broken and self.broken.en, self.file, self.sector, self.region, self.levels)
        return self.day, sha256(repr(said).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Tally:
    """What was read from many ledgers, by what was read: a set that only grows."""

    sources: Mapping[str, Source] = field(default_factory=dict)

    def __add__(self, other: "Tally") -> "Tally":
        """Both together; the order does not matter, and what is in both is in it once.

        >>> one = tallied([Source("a", "key", "plant", "2026-11-22")])
        >>> (one + one) == one
        True
        """
        merged = dict(self.sources)
        for name, source in other.sources.items():
            known = merged.get(name)
            merged[name] = source if known is None else max(known, source, key=lambda s: s.weight)
        return Tally(dict(sorted(merged.items())))


@dataclass(frozen=True, slots=True)
class Item:
    """One candidate in one ledger."""

    source: Source
    verdict: Verdict

    @property
    def identity(self) -> tuple[str, str, str]:
        """Counter, workspace and name, without a version: what may count once."""
        bare = "" if self.verdict.counter in _ALONE else self.verdict.name.partition("@")[0]
        return self.verdict.counter, self.source.key, bare


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The same thing claimed again, and where it is counted."""

    item: Item
    of: Item
    why: Text


@dataclass(frozen=True, slots=True)
class Counted:
    """What a tally comes to; every candidate is in exactly one of these."""

    accepted: tuple[Item, ...] = ()
    untested: tuple[Item, ...] = ()
    refused: tuple[Item, ...] = ()
    dead: tuple[Item, ...] = ()
    duplicates: tuple[Duplicate, ...] = ()
    broken: tuple[Source, ...] = ()
    forked: tuple[tuple[Source, Source], ...] = ()  # two ledgers under one key that contradict each other

    def number(self, counter: str) -> int:
        """How many of one kind count."""
        return sum(i.verdict.counter == counter for i in self.accepted)


def tallied(sources: Iterable[Source]) -> Tally:
    """The tally of some ledgers."""
    made = Tally()
    for source in sources:
        made = made + Tally({source.id: source})
    return made


def settled(tally: Tally) -> Counted:
    """Count: broken ledgers as nothing, forked ones as not tested, one thing once.

    Of several readings of one workspace the longest ledger speaks; of equal content in several workspaces the one that
    had it first counts, the others are named as duplicates.
    """
    read = [s for s in tally.sources.values() if s.broken is None]
    forks = tuple(_forks(read))
    torn = {s.key for pair in forks for s in pair}
    items = [Item(s, v) for s in read for v in s.verdicts]
    chosen, again = _once_each(items)
    alive = [i for i in chosen if not i.verdict.state.dead]
    good = [i for i in alive if i.verdict.state is State.ACCEPTED and i.source.key not in torn]
    firsts, same = _first_of_equals(good)
    return Counted(
        accepted=tuple(firsts),
        untested=tuple(i for i in alive if i.verdict.state is State.UNTESTED or _torn(i, torn)),
        refused=tuple(i for i in alive if i.verdict.state is State.REFUSED),
        dead=tuple(i for i in chosen if i.verdict.state.dead),
        duplicates=(*again, *same),
        broken=tuple(s for s in tally.sources.values() if s.broken is not None),
        forked=forks,
    )


def _torn(item: Item, torn: set[str]) -> bool:
    return item.source.key in torn and item.verdict.state is State.ACCEPTED


def _once_each(items: list[Item]) -> tuple[list[Item], list[Duplicate]]:
    """Of each identity what the longest ledger says; accepted ones of shorter ledgers are named."""
    groups: dict[tuple[str, str, str], list[Item]] = {}
    for item in items:
        groups.setdefault(item.identity, []).append(item)
    chosen: list[Item] = []
    again: list[Duplicate] = []
    for group in groups.values():
        best = min(group, key=_order)
        said = [i for i in group if i.source.id == best.source.id]
        chosen += said
        why = Text("the same workspace and name in a bundle read before", "同一工作区同名，已在另一证据文件中计入")
        lead = next((i for i in said if not i.verdict.state.dead), best)
        others = [i for i in group if i.source.id != best.source.id and i.verdict.state is State.ACCEPTED]
        again += [Duplicate(i, lead, why) for i in sorted(others, key=_order)]
    return chosen, again


def _order(item: Item) -> tuple[object, ...]:
    """Longest ledger first, the whole workspace before a part of it, the best verdict of equals."""
    state = item.verdict.state
    rank = _RANK.index(state) if state in _RANK else len(_RANK)
    return -item.source.seq, not item.source.whole, rank, item.source.id, item.verdict.name


def _first_of_equals(items: list[Item]) -> tuple[list[Item], list[Duplicate]]:
    """Of things with a digest in common the oldest."""
    known: dict[str, Item] = {}
    firsts: list[Item] = []
    same: list[Duplicate] = []
    for item in sorted(items, key=lambda i: (i.verdict.at, i.source.key, i.verdict.name)):
        digests = [f"{item.verdict.counter} {d}" for d in item.verdict.same_as]
        of = next((known[d] for d in digests if d in known), None)
        if of is None:
            firsts.append(item)
            known |= dict.fromkeys(digests, item)
        else:
            said = Text("the same content as in", "内容相同于")
            same.append(Duplicate(item, of, said + f" {of.source.workspace} {of.verdict.name}"))
    return firsts, same


def _forks(sources: list[Source]) -> Iterator[tuple[Source, Source]]:
    """Pairs under one key of which neither continues the other; one pair per key is enough to say so."""
    groups: dict[str, list[Source]] = {}
    for source in sources:
        groups.setdefault(source.key, []).append(source)
    for group in groups.values():
        ordered = sorted(group, key=lambda s: (len(s.marks), s.id))
        for shorter, longer in pairwise(ordered):
            if longer.marks[: len(shorter.marks)] != shorter.marks:
                yield shorter, longer
                break
