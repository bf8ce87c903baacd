"""A rule accepts when every criterion is met; takes one away and it accepts no more."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from diapason.engines.acceptance.criteria import Met, State, Verdict
from diapason.engines.acceptance.records import Evidence, Record
from diapason.engines.acceptance.rules import COUNTERS, RULES, newest
from diapason.vocabulary.language import Text

TODAY = date(2026, 11, 22)


def _run(verb: str, about: str, result: Mapping[str, Any], seq: int, **more: Any) -> Record:
    facts = {"result": dict(result), **more}
    on = (f"dataset:{about}",) if verb in ("learn", "assess") else ()
    return Record(f"run:{verb}-1", "run", about, verb, "2026-11-01T08:00", seq, "", on, "wang", facts)


def _records() -> list[Record]:
    """A whole plant: person, ingest, dataset, licence, assessment, model, approval, publication, use, effect."""
    honest = {"metric": {"name": "rmse"}, "score": {"value": 1.0, "low": 0.9, "high": 1.1}}
    kept = {"honest": {"scores": {"r2": 0.5}, "columns": ["truth", "prediction"]}}
    gates = [{"gate": "acceptance", "facts": {"test": "rmse<=2", "bound": 1.1}}]
    effect = {"value": -3.0, "low": -4.0, "high": -2.0, "unit": "kWh"}
    return [
        Record("person:wang", "person", "person:wang", facts={"roles": ["trainer"]}),
        Record("person:li", "person", "person:li", facts={"roles": ["approver"]}),
        replace(_run("ingest", "furnace", {"contract": {"columns": [{"name": "t"}]}}, 4), on=()),
        Record("dataset:furnace@1", "dataset", "furnace@1", seq=5, on=("run:ingest-1",), facts={"digest": "ab" * 32}),
        Record("paper:licence-furnace-1", "paper", "dataset:furnace", "licence", person="li"),
        _run("assess", "furnace@1", {"scores": {"completeness": {"low": 0.97}, "accuracy": {"low": 0.95}}}, 7),
        _run("learn", "furnace@1", {"honest": honest}, 9, kept=kept),
        Record("model:furnace@1", "model", "furnace@1", on=("run:learn-1",), facts={"trainer": "wang"}),
        Record("entry:11", "approval", "furnace@1", seq=11, person="li", facts={"digest": "cd"}),
        Record("entry:12", "publication", "furnace@1", at="2026-11-02", seq=12, facts={
            "digest": "cd", "approval": {"seq": 11, "until": "2027-01-01"}, "gates": gates}),
        _run("predict", "furnace@1", {"rows": 9, "model": "furnace@1", "standing": "published"}, 14),
        _run("effect", "furnace@1", {"effect": effect, "better": "lower", "shown": True}, 16),
        _run("appraise", "maturity:annex2", {"model": "annex2"}, 18),
        replace(_run("appraise", "maturity:dcmm", {"model": "dcmm"}, 19), id="run:appraise-2"),
    ]  # fmt: skip


def _judged(counter: str, records: list[Record]) -> list[Verdict]:
    return list(newest(counter).judge(Evidence("plant", TODAY, tuple(records))))


def _without(name: str) -> list[Record]:
    return [r for r in _records() if r.id != name]


def _changed(name: str, **more: Any) -> list[Record]:
    return [replace(r, **more) if r.id == name else r for r in _records()]


@pytest.mark.parametrize("counter", ["dataset", "scenario", "enterprise"])
def test_what_proves_everything_is_accepted_and_says_on_what_it_stands(counter: str) -> None:
    """Each criterion met, each with its grounds."""
    (found,) = _judged(counter, _records())
    assert found.state is State.ACCEPTED, found
    assert found.on
    assert {a.criterion for a in found.answers} == {c.id for c in newest(counter).criteria}
    assert all(a.met is Met.YES for a in found.answers)


CASES: list[tuple[str, str, list[Record], State, str]] = [
    ("dataset", "no licence", _without("paper:licence-furnace-1"), State.UNTESTED, "licence"),
    ("dataset", "not assessed", _without("run:assess-1"), State.UNTESTED, "assessed"),
    ("dataset", "no model", _without("run:learn-1"), State.UNTESTED, "used"),
    ("dataset", "nobody known", _without("person:wang"), State.UNTESTED, "owner"),
    ("dataset", "origin not shown", _without("run:ingest-1"), State.UNTESTED, "real documented owner"),
    (
        "dataset",
        "simulated",
        _changed("run:ingest-1", facts={"result": {"contract": {"columns": [1]}, "assumed": [
            {"what": "source", "value": "simulated"}]}}),
        State.REFUSED,
        "real",
    ),
    (
        "dataset",
        "worse than the gate",
        _changed("run:assess-1", facts={"result": {"scores": {"completeness": {"low": 0.89}}}}),
        State.REFUSED,
        "assessed",
    ),
    (
        "dataset",
        "no better than the mean",
        _changed("run:learn-1", facts={"result": {"honest": {"metric": {"name": "rmse"}, "score": {
            "value": 1.0, "low": 0.9, "high": 1.5}}}, "kept": {"honest": {"scores": {"r2": 0.5}}}}),
        State.REFUSED,
        "used",
    ),
    ("scenario", "nobody used it", _without("run:predict-1"), State.UNTESTED, "used"),
    ("scenario", "no effect", _without("run:effect-1"), State.UNTESTED, "effect"),
    ("scenario", "approval not shown", _without("entry:11"), State.UNTESTED, "approved"),
    ("scenario", "approved by the trainer", _changed("entry:11", person="wang"), State.REFUSED, "approved"),
    ("scenario", "another model approved", _changed("entry:11", facts={"digest": "ef"}), State.REFUSED, "approved"),
    (
        "scenario",
        "an effect that may be zero",
        _changed("run:effect-1", facts={"result": {"effect": {"value": -1, "low": -2, "high": 1}, "better": "lower"}}),
        State.REFUSED,
        "effect",
    ),
    (
        "scenario",
        "an effect the wrong way",
        _changed("run:effect-1", facts={"result": {"effect": {"value": 2, "low": 1, "high": 3}, "better": "lower"}}),
        State.REFUSED,
        "effect",
    ),
    (
        "scenario",
        "which way is better is not said",
        _changed("run:effect-1", facts={"result": {"effect": {"value": 2, "low": 1, "high": 3}, "better": ""}}),
        State.UNTESTED,
        "effect",
    ),
    ("enterprise", "no appraisal", _without("run:appraise-1"), State.UNTESTED, "appraised"),
    ("enterprise", "no scenario", _without("run:effect-1"), State.UNTESTED, "scenario"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("counter", "what", "records", "state", "criterion"), CASES, ids=[f"{c[0]}: {c[1]}" for c in CASES]
)
def test_what_lacks_one_proof_is_not_accepted(
    counter: str, what: str, records: list[Record], state: State, criterion: str
) -> None:
    """Refused where evidence says no, not tested where there is none; the criterion is named."""
    found = _judged(counter, records)[0]
    assert found.state is state
    short = {a.criterion for a in found.answers if a.met is not Met.YES}
    assert short == set(criterion.split()), what


DEAD: list[tuple[str, list[Record], State]] = [
    ("dataset", _changed("dataset:furnace@1", fallen=Text("recalled", "已召回")), State.FALLEN),
    ("dataset", _changed("dataset:furnace@1", fallen=Text("x", "x"), facts={"expired": True}), State.EXPIRED),
    ("dataset", _changed("dataset:furnace@1", fallen=Text("x", "x"), facts={"erased": True}), State.WITHDRAWN),
    ("scenario", _changed("entry:12", fallen=Text("recalled", "已召回")), State.FALLEN),
    (
        "scenario",
        _changed("entry:12", facts={"digest": "cd", "approval": {"seq": 11, "until": "2026-11-21"}}),
        State.EXPIRED,
    ),
    (
        "scenario",
        [*_records(), Record("entry:20", "withdrawal", "furnace@0", seq=20, facts={"withdrawn": ["furnace@1"]})],
        State.WITHDRAWN,
    ),
]


@pytest.mark.parametrize(("counter", "records", "state"), DEAD, ids=[f"{d[0]} {d[2].value}" for d in DEAD])
def test_what_once_was_and_is_no_more_is_dead(counter: str, records: list[Record], state: State) -> None:
    """Fallen, expired, withdrawn: listed, never counted."""
    assert [v.state for v in _judged(counter, records)] == [state]
    assert state.dead


def test_of_two_versions_the_newest_that_is_accepted_counts_and_the_older_is_superseded() -> None:
    """A newer version that proves nothing yet does not take the place of one that does."""
    second = Record("dataset:furnace@2", "dataset", "furnace@2", seq=30, on=("run:ingest-1",), facts={"digest": "ff"})
    found = {v.name: v.state for v in _judged("dataset", [*_records(), second])}
    assert found == {"furnace@1": State.ACCEPTED}
    found = {v.name: v.state for v in _judged("dataset", [*_without("run:assess-1"), second])}
    assert found == {"furnace@2": State.UNTESTED, "furnace@1": State.SUPERSEDED}


def test_agents_and_general_models_need_evidence_of_their_own() -> None:
    """Without a registry entry there is no candidate; a registered one without tests is not tested."""
    assert _judged("agent", _records()) == []
    assert _judged("general_model", _records()) == []
    facts = {"owner": "li", "grade": "2", "keyid": "ab"}
    agent = Record("agent:dosing", "agent", "dosing", until="2027-01-01", facts=facts)
    (found,) = _judged("agent", [*_records(), agent])
    assert found.state is State.UNTESTED
    assert {a.criterion for a in found.answers if a.met is Met.UNKNOWN} == {"qualified", "stop"}
    passed = [_run("qualify", "dosing", {"passed": True}, 40), _run("drill", "dosing", {"passed": True}, 41)]
    (found,) = _judged("agent", [*_records(), agent, *passed])
    assert found.state is State.ACCEPTED
    (found,) = _judged("agent", [*_records(), replace(agent, until="2026-11-21"), *passed])
    assert found.state is State.EXPIRED
    (found,) = _judged("agent", [*_records(), agent, passed[0], _run("drill", "dosing", {"passed": False}, 41)])
    assert found.state is State.REFUSED


def test_every_criterion_is_said_in_both_languages_with_its_basis() -> None:
    """So that `--why` can print it."""
    assert set(COUNTERS) == {"agent", "dataset", "scenario", "enterprise", "general_model"}
    for name, rule in RULES.items():
        assert name == rule.name
        for criterion in rule.criteria:
            assert criterion.said.en != criterion.said.zh
            assert "ours" in criterion.basis.en
            assert "本系统" in criterion.basis.zh
