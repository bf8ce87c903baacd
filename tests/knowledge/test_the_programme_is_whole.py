"""The programme's files hold what the documents count, in both languages, each entry with its mark."""

from collections.abc import Iterator
from typing import get_args

import msgspec
import pytest

from diapason.knowledge.annex2 import annex2, indicators, items, parts
from diapason.knowledge.artefacts import artefacts, people
from diapason.knowledge.committees import committees
from diapason.knowledge.crosswalk import crosswalk
from diapason.knowledge.dates import dates
from diapason.knowledge.dcmm import dcmm
from diapason.knowledge.facts import facts
from diapason.knowledge.incidents import clocks, grades, playbook
from diapason.knowledge.loader import Both, load
from diapason.knowledge.measures import measures, safeguards, tasks
from diapason.knowledge.risk import risk
from diapason.knowledge.rules import rules
from diapason.knowledge.schemas import shapes
from diapason.knowledge.sectors import fields, sectors
from diapason.knowledge.sourced import Mark
from diapason.knowledge.standards import standards
from diapason.knowledge.targets import targets
from diapason.knowledge.tc609 import tc609
from diapason.knowledge.terms import terms
from diapason.knowledge.topics import topics

PROGRAMME = sorted(path for path in shapes() if path.startswith("programme/"))

RULES = (
    "001 002 003 004 005 006 007 010 011 012 013 014 020 021 022 023 024 025 030 031 032 033 "
    "040 041 042 043 044 045 050 051 052 053 060 061 070 071 080 081 090 091"
)

UNMARKED = {"Asked", "Both", "Condition", "Choice", "Evidence", "Later", "Raise"}
"""Parts of an entry that share its mark; a part named in `ours` is inferred."""


def _structs(value: object, at: str = "") -> Iterator[tuple[str, msgspec.Struct]]:
    """Every record in a value, with where it stands."""
    if isinstance(value, msgspec.Struct):
        yield at, value
        for name in value.__struct_fields__:
            yield from _structs(getattr(value, name), f"{at}.{name}")
    elif isinstance(value, tuple | list):
        for place, entry in enumerate(value):
            yield from _structs(entry, f"{at}[{place}]")
    elif isinstance(value, dict):
        for name, entry in value.items():
            yield from _structs(entry, f"{at}.{name}")


def _chinese(text: str) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)


def test_the_documents_numbers_are_met() -> None:
    """Seven tasks and 21 measures in their split, 29 items in nine parts, and what else is counted."""
    assert [t.number for t in tasks()] == list(range(1, 8))
    assert [m.number for m in measures()] == list(range(1, 22))
    assert [sum(m.task == t.number for m in measures()) for t in tasks()] == [3, 5, 3, 3, 3, 2, 2]
    assert [s.id for s in safeguards()] == [f"S{n}" for n in range(1, 7)]
    assert [p.number for p in parts()] == list(range(1, 10))
    assert [i.number for i in items()] == list(range(1, 30))
    assert [sum(i.part == p.number for i in items()) for p in parts()] == [2, 2, 4, 3, 6, 2, 4, 3, 3]
    assert len(sectors()) == 18
    assert len(fields()) == 20
    assert len(crosswalk()) == 18
    assert len(committees()) == 5
    assert len(standards()) == 149
    assert len(terms()) >= 60


@pytest.mark.parametrize(("edition", "domains", "wanted"), [("2018", 8, 28), ("2025", 9, 33)])
def test_both_editions_of_data_management_are_whole(edition: str, domains: int, wanted: int) -> None:
    """Domains, items, five levels; what carries over does so in both directions."""
    known = dcmm(edition)  # type: ignore[arg-type]
    other = {i.code: i for i in dcmm("2018" if edition == "2025" else "2025").items}
    assert (len(known.domains), len(known.items), len(known.levels)) == (domains, wanted, 5)
    assert all(other[i.carries].carries == i.code for i in known.items if i.carries)
    assert 0 < sum(bool(i.carries) for i in known.items) < wanted


def test_the_items_that_changed_need_new_answers() -> None:
    """7.3, 9.x, 10.2, 10.3, 12.1, 12.2 and 14.x of 2025 start afresh; no other does."""
    fresh = {i.code for i in dcmm("2025").items if not i.carries}
    assert fresh == {"7.3", "9.1", "9.2", "9.3", "10.2", "10.3", "12.1", "12.2", "14.1", "14.2", "14.3", "14.4"}


def test_datasets_have_seventeen_indicators_and_eleven_fields() -> None:
    """4 + 8 + 5 indicators, a gate of 90 per dimension, three classes; finer indicators say that they are ours."""
    known = tc609()
    assert [sum(i.dimension == d.id for i in known.indicators) for d in known.dimensions] == [4, 8, 5]
    assert all(i.code[:2] == i.dimension for i in known.indicators)
    assert {d.gate for d in known.dimensions} == {90}
    assert (len(known.classes), len(known.fields)) == (3, 11)
    assert {s.mark for s in known.sub_indicators} == {"inferred"}


def test_every_rule_of_the_table_is_there() -> None:
    """Forty ids, each with an artefact, a basis and a condition that can fail."""
    assert " ".join(r.removeprefix("R-") for r in rules()) == RULES
    for rule in rules().values():
        assert rule.artefacts
        assert rule.basis
        assert rule.regimes
        for condition in (*rule.when, *(c for group in rule.any_of for c in group)):
            bounded = condition.at_least is not None or condition.below is not None
            assert bool(condition.among) != bounded, f"{rule.id} {condition.fact}"


def test_hours_of_a_rule_are_those_of_its_clocks() -> None:
    """A rule and the clocks it names tell one time."""
    for rule in rules().values():
        hours = tuple(clocks()[name].within for name in rule.clocks if clocks()[name].unit == "hour")
        assert hours == rule.hours, rule.id


def test_due_days_of_rules_stand_in_the_calendar() -> None:
    """No rule falls due on a day that the calendar does not know."""
    known = {day.date for day in dates()}
    wanted = [r.due for r in rules().values() if r.due] + [x.due for r in rules().values() for x in r.later]
    assert wanted
    assert set(wanted) <= known
    assert [d.date for d in dates()] == sorted(d.date for d in dates())


def test_no_artefact_is_idle_and_no_fact_is_asked_for_nothing() -> None:
    """Each artefact is named by a rule or a row; each fact decides a rule or a class."""
    named = {a for rule in rules().values() for a in rule.artefacts} | {a for row in crosswalk() for a in row.artefacts}
    assert named == set(artefacts())
    assert {a.who for a in artefacts().values()} == set(people())
    assert all(a.days > 0 for a in artefacts().values())
    deciding = {s.fact for path in PROGRAMME for _, s in _structs(load(path, shapes()[path])) if hasattr(s, "fact")}
    assert deciding | {"scene", "autonomy"} == set(facts())
    for fact in facts().values():
        assert (fact.kind == "choice") == bool(fact.choices), fact.id
        assert (fact.kind == "number") == bool(fact.unit), fact.id


def test_the_table_of_levels_has_no_hole() -> None:
    """One row per scene, one column per autonomy, levels 1 to 5, never lower for more autonomy."""
    known = risk()
    assert set(known.grading.rows) == {choice.id for choice in facts()["scene"].choices}
    assert known.grading.columns == tuple(choice.id for choice in facts()["autonomy"].choices)
    for row in known.grading.rows.values():
        assert len(row) == len(known.grading.columns)
        assert list(row) == sorted(row)
        assert set(row) <= {level.number for level in known.levels}
    assert [c.id for c in known.classes] == [f"R{n}" for n in range(1, 9)]
    assert known.grading.cap == 5


def test_grades_fall_in_order_and_say_what_is_unknown() -> None:
    """Bounds shrink with the grade; a bound that is missing from a reportable grade is named as unknown."""
    graded = [g for g in grades() if g.personal_records_at_least]
    assert [g.rank for g in grades()] == [1, 2, 3, 4]
    assert [g.personal_records_at_least for g in graded] == [100_000_000, 10_000_000, 1_000_000]
    assert [g.loss_yuan_at_least for g in graded] == [100_000_000, 20_000_000, 5_000_000]
    for grade in graded:
        missing = {n for n in grade.__struct_fields__ if n.endswith("at_least") and getattr(grade, n) is None}
        assert missing == set(grade.unknown)
    assert [p.id for p in playbook()] == ["detect", "contain", "recover", "report"]


def test_what_is_not_for_software_says_why() -> None:
    """A measure without software has a reason; one with software says what can be checked."""
    for asked in (*measures(), *safeguards()):
        if asked.software_can:
            assert asked.software
            assert asked.evidence
        else:
            assert asked.not_for_software
    partly = {m.number for m in measures() if m.not_for_software}
    assert partly >= {1, 7, 10, 12, 13, 17, 21}


def test_targets_of_2027_are_the_opinions() -> None:
    """3 to 5 general models, 1,000 agents, 100 datasets, 500 scenarios, 1,000 enterprises."""
    counted = {t.counter: (t.low, t.high) for t in targets() if t.document == "工信部联科〔2025〕279号" and t.low}
    assert counted == {
        "general_model": (3, 5), "agent": (1000, None), "dataset": (100, None), "scenario": (500, None),
        "enterprise": (1000, None), "none": (2, 3),
    }  # fmt: skip


def test_each_class_of_scenario_has_its_indicators() -> None:
    """Item 13 names 3, 2, 4, 2 and 2."""
    classes = [c.id for c in annex2().classes]
    assert [sum(i.scenario_class == c for i in indicators()) for c in classes] == [3, 2, 4, 2, 2]


@pytest.mark.parametrize("path", PROGRAMME)
def test_every_text_stands_in_both_languages(path: str) -> None:
    """English and Chinese, neither empty, the Chinese one Chinese, the English one without Chinese letters."""
    texts = [(at, s) for at, s in _structs(load(path, shapes()[path])) if isinstance(s, Both)]
    assert texts
    for at, text in texts:
        assert text.en.strip(), at
        assert not _chinese(text.en), at
        assert _chinese(text.zh), at


@pytest.mark.parametrize("path", PROGRAMME)
def test_every_entry_has_its_mark_and_every_file_its_source(path: str) -> None:
    """Seen, recalled or inferred, on each record that is not a part of one; `ours` names fields that exist."""
    file = load(path, shapes()[path])
    every = [s for _, s in _structs(file)]
    for at, struct in _structs(file):
        if struct is not file and type(struct).__name__ not in UNMARKED:
            assert getattr(struct, "mark", None) in get_args(Mark), at
    assert file.source
    assert file.checked
    have = {name for struct in every for name in struct.__struct_fields__}
    assert {part for name in getattr(file, "ours", ()) for part in name.split(".")} <= have


def test_each_artefact_of_a_rule_has_one_row_on_the_suppliers_page() -> None:
    """Twelve rows at most, none hides a duty, none shows one twice."""
    asked = {a for rule in rules().values() for a in rule.artefacts}
    shown = [a for topic in topics() for a in topic.artefacts]
    assert len(topics()) <= 12
    assert len(shown) == len(set(shown))
    assert set(shown) == asked
