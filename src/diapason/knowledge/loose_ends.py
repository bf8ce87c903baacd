"""References between knowledge files that lead nowhere, and names that stand twice."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from diapason.knowledge import (
    annex2,
    artefacts,
    committees,
    crosswalk,
    dcmm,
    facts,
    incidents,
    measures,
    risk,
    rules,
    scoring,
    sectors,
    shown_by,
    standards,
    targets,
    tc609,
    topics,
)
from diapason.knowledge.facts import Condition
from diapason.knowledge.loader import load
from diapason.knowledge.schemas import shapes

__all__ = ["Reference", "doubles", "loose_ends", "names", "references", "twice", "unresolved"]


class Reference(NamedTuple):
    """Somewhere a name of some kind is used."""

    at: str
    kind: str
    name: str


def loose_ends() -> tuple[str, ...]:
    """Every reference that does not resolve, such as `rules R-001: no artefact 'x'`; empty when all is whole."""
    return unresolved(references(), names())


def unresolved(used: Iterable[Reference], known: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """Those references whose name is not known for their kind.

    >>> unresolved([Reference("rules R-9", "artefact", "card"), Reference("rules R-9", "fact", "f")],
    ...            {"artefact": frozenset({"card"}), "fact": frozenset()})
    ("rules R-9: no fact 'f'",)
    """
    return tuple(f"{at}: no {kind} '{name}'" for at, kind, name in used if name not in known[kind])


def names() -> dict[str, frozenset[str]]:
    """What may be referred to, by kind."""
    known: dict[str, Iterable[object]] = {
        "answer": _answers(),
        "area": standards.areas(),
        "artefact": artefacts.artefacts(),
        "clock": incidents.clocks(),
        "crossing": (row.id for row in crosswalk.crosswalk()),
        "counter": [*targets.counters(), "none"],
        "dimension": (d.id for d in tc609.tc609().dimensions),
        "door": committees.doors(),
        "fact": facts.facts(),
        "item of Annex 2": (i.number for i in annex2.items()),
        "measure": (m.number for m in measures.measures()),
        "safeguard": (s.id for s in measures.safeguards()),
        "indicator": (i.code for i in tc609.tc609().indicators),
        "sub-indicator": (i.code for i in tc609.tc609().sub_indicators),
        "group of measures": (f"{f.id} {g.id}" for f in scoring.measures() for g in f.groups),
        "number": (f.id for f in facts.facts().values() if f.kind == "number"),
        "part": (p.number for p in annex2.parts()),
        "role": artefacts.people(),
        "scenario class": (c.id for c in annex2.annex2().classes),
        "sector": sectors.sectors(),
        "standard": standards.standards(),
        "task": (t.number for t in measures.tasks()),
        "tier": (t.id for t in risk.risk().tiers),
    }
    for edition in dcmm.FILES:
        known[f"domain of {edition}"] = (d.code for d in dcmm.dcmm(edition).domains)
        known[f"item of {edition}"] = (i.code for i in dcmm.dcmm(edition).items)
    return {kind: frozenset(str(name) for name in found) for kind, found in known.items()}


def _answers() -> Iterator[str]:
    for fact in facts.facts().values():
        if fact.kind == "flag":
            yield from (f"{fact.id}=True", f"{fact.id}=False")
        yield from (f"{fact.id}={choice.id}" for choice in fact.choices)


def references() -> Iterator[Reference]:
    """Every use of a name in every file of the programme."""
    yield from _rules()
    yield from _risk()
    yield from _incidents()
    yield from _programme()
    yield from _shown()
    yield from _datasets()
    yield from _scores()
    yield from _maturity()
    yield from _documents()


def _conditions(at: str, conditions: Iterable[Condition]) -> Iterator[Reference]:
    for condition in conditions:
        yield Reference(at, "fact", condition.fact)
        yield from (Reference(at, "answer", f"{condition.fact}={value}") for value in condition.among)
        if not condition.among:
            yield Reference(at, "number", condition.fact)


def _rules() -> Iterator[Reference]:
    for rule in rules.rules().values():
        at = f"rules {rule.id}"
        for group in (rule.when, *rule.any_of, *(later.when for later in rule.later)):
            yield from _conditions(at, group)
        yield from (Reference(at, "artefact", name) for name in rule.artefacts)
        yield from (Reference(at, "clock", name) for name in rule.clocks)
    for row in crosswalk.crosswalk():
        yield from (Reference(f"crosswalk {row.id}", "artefact", name) for name in row.artefacts)
    for topic in topics.topics():
        yield from (Reference(f"topics {topic.id}", "crossing", name) for name in topic.crossings)
        yield from (Reference(f"topics {topic.id}", "artefact", name) for name in topic.artefacts)
    for artefact in artefacts.artefacts().values():
        yield Reference(f"artefacts {artefact.id}", "role", artefact.who)


def _risk() -> Iterator[Reference]:
    known = risk.risk()
    for kind in known.classes:
        yield Reference(f"risk {kind.id}", "tier", kind.tier)
    yield from (Reference("risk grading", "answer", f"scene={scene}") for scene in known.grading.rows)
    yield from (Reference("risk grading", "answer", f"autonomy={column}") for column in known.grading.columns)
    for step in known.grading.raises:
        yield from _conditions("risk grading", step.any_of)
    for group in (*known.ai_act, *known.machinery):
        for conditions in (group.when, *group.any_of):
            yield from _conditions(f"risk {group.id}", conditions)


def _incidents() -> Iterator[Reference]:
    for grade in incidents.grades():
        yield Reference(f"incidents {grade.id}", "answer", f"incident_grade={grade.id}")
    for clock in incidents.clocks().values():
        yield from _conditions(f"incidents {clock.id}", clock.when)
        if clock.begins not in incidents.MOMENTS:
            yield Reference(f"incidents {clock.id}", "clock", clock.begins)


def _programme() -> Iterator[Reference]:
    for measure in measures.measures():
        yield Reference(f"measures {measure.number}", "task", str(measure.task))
    for target in targets.targets():
        yield Reference(f"targets {target.id}", "counter", target.counter)
    for field in sectors.fields():
        yield from (Reference(f"fields {field.id}", "sector", code) for code in field.sectors)
    for item in annex2.items():
        yield Reference(f"annex2 {item.number}", "part", str(item.part))
    for indicator in annex2.indicators():
        yield Reference(f"annex2 {indicator.id}", "scenario class", indicator.scenario_class)


def _shown() -> Iterator[Reference]:
    known = shown_by.shown_by_file()
    lists = (("measure", known.measures), ("safeguard", known.safeguards), ("item of Annex 2", known.annex2))
    for kind, shown in lists:
        yield from (Reference(f"shown_by {kind} {one.id}", kind, one.id) for one in shown)


def _datasets() -> Iterator[Reference]:
    known = tc609.tc609()
    for indicator in known.indicators:
        yield Reference(f"tc609 {indicator.code}", "dimension", indicator.dimension)
    for finer in known.sub_indicators:
        yield Reference(f"tc609 {finer.code}", "indicator", finer.parent)


def _scores() -> Iterator[Reference]:
    for family in scoring.measures():
        for one in family.measures:
            yield Reference(f"data_measures {one.id}", "group of measures", f"{family.id} {one.group}")
    known = scoring.points()
    for part in known.indicators:
        yield Reference("points", "indicator", part.code)
        yield from (Reference(f"points {part.code}", "sub-indicator", code) for code in part.sub)
    yield from (Reference("points", "sub-indicator", finer.code) for finer in known.sub_indicators)
    yield from (Reference(f"points {r.treatment}", "indicator", r.indicator) for r in known.repairs)


def _maturity() -> Iterator[Reference]:
    for edition in dcmm.FILES:
        other = "2018" if edition == "2025" else "2025"
        for item in dcmm.dcmm(edition).items:
            at = f"dcmm {edition} {item.code}"
            yield Reference(at, f"domain of {edition}", item.domain)
            if item.carries:
                yield Reference(at, f"item of {other}", item.carries)


def _documents() -> Iterator[Reference]:
    for standard in standards.standards().values():
        at = f"standards {standard.id}"
        yield Reference(at, "area", standard.area)
        yield from (Reference(at, "standard", name) for name in standard.related)
    for committee in committees.committees().values():
        at = f"committees {committee.id}"
        yield from (Reference(at, "door", name) for name in committee.doors)
        yield from (Reference(at, "standard", name) for work in committee.watch for name in work.standards)


def doubles() -> tuple[str, ...]:
    """Names that stand twice in one list of one file, such as `programme/terms.yaml entries: run`."""
    return tuple(line for path, shape in shapes().items() for line in twice(path, load(path, shape)))


def twice(path: str, content: object) -> list[str]:
    """Names that stand twice in one list of a file's content.

    Args:
        path: for the lines that come back.
        content: the file as its record.
    """
    found: list[str] = []
    for part in getattr(content, "__struct_fields__", ()):
        counted = Counter(_names_in(getattr(content, part)))
        found += [f"{path} {part}: {name}" for name, times in counted.items() if times > 1]
    return found


def _names_in(value: object) -> Iterator[str]:
    """How the entries of a list are called; nothing for what is no list of entries."""
    for entry in value if isinstance(value, tuple) else ():
        for key in ("id", "code", "number", "name"):
            if hasattr(entry, key):
                yield str(getattr(entry, key))
                break
