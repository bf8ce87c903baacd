"""Duties decided on facts, regime by regime, with what is missing and what that blocks."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from diapason.engines.compliance.truth import Facts, Need, Truth, every, holds, open_facts, some

__all__ = ["Block", "Duty", "Verdict", "blocks", "condition", "decided", "falling_due", "to_ask"]


@dataclass(frozen=True, slots=True)
class Duty:
    """One rule: it applies where all of `when` and, if `any_of` stands, all of one of its groups hold."""

    id: str
    when: tuple[Need, ...]
    artefacts: tuple[str, ...]
    any_of: tuple[tuple[Need, ...], ...] = ()
    regimes: tuple[str, ...] = ()
    before: str = ""  # the action that waits, "" = none
    due: date | None = None
    later: tuple[tuple[tuple[Need, ...], date], ...] = ()  # a later day where these hold
    hours: tuple[float, ...] = ()
    forbids: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a duty applies, and where it cannot be told, which facts to ask."""

    duty: Duty
    applies: Truth
    regimes: Mapping[str, Truth]
    ask: tuple[str, ...] = ()
    because: tuple[str, ...] = ()  # facts that decided it
    due: date | None = None

    def binding(self, today: date) -> bool:
        """Whether it applies and its day, if it has one, has come."""
        return self.applies is True and (self.due is None or self.due <= today)


@dataclass(frozen=True, slots=True)
class Block:
    """An action that a duty refuses now."""

    verdict: Verdict
    action: str
    missing: tuple[str, ...]  # none where the duty forbids the action altogether


def condition(when: Iterable[Need], any_of: Sequence[Sequence[Need]], facts: Facts) -> Truth:
    """All of `when`, and where groups are given all of at least one group."""
    parts = [holds(t, facts) for t in when]
    if any_of:
        parts.append(some(every(holds(t, facts) for t in group) for group in any_of))
    return every(parts)


def to_ask(when: Iterable[Need], any_of: Sequence[Sequence[Need]], facts: Facts) -> tuple[str, ...]:
    """Facts that would decide a condition that cannot be told; groups that are ruled out ask nothing."""
    tests = list(when)
    tests += [t for group in any_of if every(holds(t, facts) for t in group) is None for t in group]
    return open_facts(tests, facts)


def decided(duties: Iterable[Duty], facts: Facts, homes: Mapping[str, Need]) -> tuple[Verdict, ...]:
    """A verdict for each duty.

    Args:
        facts: what is known.
        homes: regime → the fact that brings a system under it; a regime without one binds everywhere.

    >>> home = {"cn": Need("in_china", among=(True,))}
    >>> duty = Duty("R", (Need("ai_system", among=(True,)),), ("card",), regimes=("cn",))
    >>> found = decided([duty], {"ai_system": True}, home)[0]
    >>> found.applies, found.ask
    (None, ('in_china',))
    """
    return tuple(_verdict(d, facts, homes) for d in duties)


def blocks(verdicts: Iterable[Verdict], shown: Collection[str], today: date, actions: Collection[str]) -> list[Block]:
    """What is refused now: by a duty that forbids, or that waits for artefacts that are not shown.

    Args:
        shown: artefacts that are proven.
        actions: those that are asked about, such as "use", "transfer".
    """
    found = []
    for v in verdicts:
        if v.duty.before not in actions or not v.binding(today):
            continue
        missing = tuple(a for a in v.duty.artefacts if a not in shown)
        if v.duty.forbids or missing:
            found.append(Block(v, v.duty.before, () if v.duty.forbids else missing))
    return found


def falling_due(verdicts: Iterable[Verdict], today: date, days: int) -> list[Verdict]:
    """Duties that apply or may apply, whose day comes within so many days, soonest first."""
    last = today + timedelta(days=days)
    coming = [v for v in verdicts if v.applies is not False and v.due is not None and today <= v.due <= last]
    return sorted(coming, key=lambda v: (v.due or today, v.duty.id))


def _verdict(duty: Duty, facts: Facts, homes: Mapping[str, Need]) -> Verdict:
    own = condition(duty.when, duty.any_of, facts)
    regimes = {r: every([own, holds(homes[r], facts) if r in homes else True]) for r in duty.regimes}
    applies = some(regimes.values()) if regimes else own
    tests = (*duty.when, *(t for group in duty.any_of for t in group), *(homes[r] for r in duty.regimes if r in homes))
    ask: tuple[str, ...] = ()
    if applies is None or None in regimes.values():
        rest = [homes[r] for r, truth in regimes.items() if truth is None and r in homes]
        ask = tuple(dict.fromkeys((*to_ask(duty.when, duty.any_of, facts), *open_facts(rest, facts))))
    return Verdict(duty, applies, regimes, ask, _because(tests, facts, applies), _due(duty, facts))


def _because(tests: Iterable[Need], facts: Facts, applies: Truth) -> tuple[str, ...]:
    """The facts whose tests came out as the whole did."""
    return tuple(dict.fromkeys(t.fact for t in tests if applies is not None and holds(t, facts) is applies))


def _due(duty: Duty, facts: Facts) -> date | None:
    """Its day; the later one only where it is known to be for this case."""
    for when, day in duty.later:
        if every(holds(t, facts) for t in when) is True:
            return day
    return duty.due
