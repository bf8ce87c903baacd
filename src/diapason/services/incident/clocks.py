"""Which clocks run for an incident, when they run out, and how grave it is, as far as the facts say."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from diapason.engines.compliance.duties import Verdict
from diapason.engines.compliance.grades import Bound, Graded, after, graded
from diapason.engines.compliance.grades import Grade as Bounds
from diapason.engines.compliance.truth import Truth, every, holds, open_facts, some
from diapason.knowledge.incidents import Clock as Known
from diapason.knowledge.incidents import clocks, grades
from diapason.knowledge.rules import rules
from diapason.services.incident.record import Clock, Grade, Reason, Stamp, Words
from diapason.services.permit import judged, known
from diapason.services.permit.deciding import HOMES, need
from diapason.vocabulary.facts import Fact

__all__ = ["MEASURES", "Case", "grade_of", "running"]

_END = "_at_least"
MEASURES = tuple(f.removesuffix(_END) for f in grades()[0].__struct_fields__ if f.endswith(_END))
"""Numbers by which an incident is graded: personal records, loss in yuan, hours of stop."""


@dataclass(frozen=True, slots=True)
class Case:
    """What the clocks of one incident depend on."""

    found: datetime
    closed: datetime | None
    regimes: tuple[str, ...]
    facts: Mapping[str, Any]
    numbers: Mapping[str, float]
    stamps: tuple[Stamp, ...]


def grade_of(numbers: Mapping[str, float]) -> Grade:
    """The grade and its reasons; a bound that nobody verified is said to be unknown."""
    told = graded([Bounds(g.id, _bounds(g)) for g in grades()], numbers)
    reasons = tuple(Reason(grade=g, measure=m, reached=truth) for g, m, truth in told.why)
    return Grade(surely=told.surely, perhaps=told.perhaps, why=reasons, ask=_ask(told, numbers))


def running(case: Case, answers: Mapping[str, Fact], now: datetime) -> tuple[Clock, ...]:
    """Every clock that runs or may run, the soonest first; what is ruled out is not told."""
    if not case.regimes:
        return ()
    facts = {"incident": True} | dict(case.facts)
    own = {n: Fact(n, v, "", (), "machine") for n, v in facts.items()}
    what = known(answers, own)
    if "incident_grade" not in own:
        what = replace(what, facts={**what.facts, "incident_grade": _left(case.numbers)})
    verdicts = {v.duty.id: v for v in judged(what)}
    made: dict[str, Clock] = {}
    for clock in clocks().values():
        if clock.regime not in case.regimes:
            continue
        truth, ask = _applies(clock, verdicts, what.facts, case.found)
        if truth is not False:
            made[clock.id] = _clock(clock, truth, what.asks(ask), case, made, now)
    return tuple(sorted(made.values(), key=_soonest))


def _left(numbers: Mapping[str, float]) -> frozenset[str]:
    """The grades that the numbers leave open."""
    grade, order = grade_of(numbers), [g.id for g in grades()]
    return frozenset(order[order.index(grade.perhaps) : order.index(grade.surely) + 1])


def _applies(
    clock: Known, verdicts: Mapping[str, Verdict], facts: Mapping[str, Any], found: datetime
) -> tuple[Truth, tuple[str, ...]]:
    """By the rules that name it and its own conditions; a rule that was not in force then rules it out."""
    naming = [verdicts[r.id] for r in rules().values() if clock.id in r.clocks]
    own = [need(c) for c in clock.when]
    parts: list[Truth] = [holds(n, facts) for n in own]
    if naming:
        parts.append(some(_then(v, clock.regime, found) for v in naming))
    elif clock.regime in HOMES:
        parts.append(holds(HOMES[clock.regime], facts))
    ask = [a for v in naming if v.regimes.get(clock.regime) is None for a in v.ask]
    return every(parts), tuple(dict.fromkeys([*ask, *open_facts(own, facts)]))


def _then(v: Verdict, regime: str, found: datetime) -> Truth:
    return False if v.due is not None and found.date() < v.due else v.regimes.get(regime)


def _clock(  # roomy: one line of the record
    clock: Known, truth: Truth, ask: tuple[str, ...], case: Case, made: Mapping[str, Clock], now: datetime
) -> Clock:
    starts = _starts(clock, case, made)
    until = None if starts is None else after(starts, clock.within, clock.unit)
    met = min((s.at for s in case.stamps if s.step == "report" and s.clock == clock.id), default=None)
    return Clock(
        id=clock.id,
        regime=clock.regime,
        state=_state(truth, starts, until, met, now),
        starts=starts,
        until=until,
        met=met,
        tells=Words(en=clock.tells.en, zh=clock.tells.zh) if clock.tells else None,
        reports=Words(en=clock.reports.en, zh=clock.reports.zh),
        basis=clock.basis,
        ask=ask if truth is None else (),
    )


def _state(truth: Truth, starts: datetime | None, until: datetime | None, met: datetime | None, now: datetime) -> Any:
    """A report that was made in time is met; one that surely is due and was not is late; one may run, or waits."""
    if met is not None:
        return "reported" if until is None or met <= until else "reported late"
    if starts is None or until is None:
        return "waits"
    if truth is None:
        return "may run"
    return "late" if now > until else "runs"


def _starts(clock: Known, case: Case, made: Mapping[str, Clock]) -> datetime | None:
    if clock.begins == "found":
        return case.found
    recovered = min((s.at for s in case.stamps if s.step == "recover"), default=None)
    if clock.begins == "fixed":
        return recovered
    if clock.begins == "handled":
        return recovered or case.closed
    before = made.get(clock.begins)
    return before.met if before is not None else None


def _soonest(clock: Clock) -> tuple[int, str]:
    order = ("late", "runs", "may run", "waits", "reported late", "reported")
    return order.index(clock.state), clock.until.isoformat() if clock.until else ""


def _bounds(grade: Any) -> tuple[Bound, ...]:
    """The bounds of a grade; those that are named as unknown have no number."""
    listed = []
    for measure in MEASURES:
        least = getattr(grade, measure + _END)
        if least is not None or measure + _END in grade.unknown:
            listed.append(Bound(measure, least))
    return tuple(listed)


def _ask(told: Graded, numbers: Mapping[str, float]) -> tuple[str, ...]:
    """Measures to supply; one that is known already hangs on a bound that nobody verified."""
    return tuple(m for m in told.ask if m not in numbers)
