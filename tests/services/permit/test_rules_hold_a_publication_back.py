"""Rules that people's answers make apply hold a publication back, say what is missing, and take it down again."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from diapason.engines.evidence import dsse
from diapason.errors import Refused
from diapason.knowledge.facts import facts as questions
from diapason.ports.workspace import Workspace
from diapason.services import attest, evidence, learn, permit, predict, publish, standing
from diapason.services import workspace as workspaces
from diapason.services.comply.questions import Answer, store
from diapason.services.facts import DECLARATION
from diapason.services.permit.answers import fits
from diapason.vocabulary.evidence import Statement, Subject
from diapason.vocabulary.facts import Fact

QUIET = {"in_china": True, "in_eu": False, "scene": "process_setpoint", "autonomy": "advise"}
QUIET |= {"society_scale": False, "can_stop_plant": False, "cross_border": False, "personal_data": False}
QUIET |= {"acts_on_controller": False, "uses_tools": False, "ot_connection": False, "third_party_model": False}
"""A system of level 2 in China."""
LEVEL_2 = {"R-001", "R-002", "R-010"}


@pytest.fixture
def plant(furnace: Path) -> Workspace:
    """Opened by the approver."""
    return workspaces.open_workspace(furnace / "plant", person="li")


def _declared(plant: Workspace, **values: Any) -> None:
    store(plant, [Answer(n, v, None, None, "") for n, v in values.items()])


def _publish(plant: Workspace) -> dict[str, Any]:
    return publish.run(plant, "furnace@1", accept=["rmse<=5"], waive="a test bench")


def _vouch(plant: Workspace, furnace: Path, kind: str, about: str = "model:furnace@1", **more: Any) -> dict[str, Any]:
    return standing.vouch(plant, about, furnace / "paper.pdf", kind=kind, **more)


def test_without_an_answer_there_is_no_such_gate(plant: Workspace) -> None:
    """Who has declared nothing publishes as before."""
    assert "permission" not in {g["gate"] for g in _publish(plant)["gates"]}


def test_a_blocking_rule_names_itself_the_artefact_and_the_command(plant: Workspace) -> None:
    """In both languages, one line for each missing thing."""
    _declared(plant, **QUIET)
    with pytest.raises(Refused) as refused:
        _publish(plant)
    en, zh = refused.value.said("en"), refused.value.said("zh")
    for rule, artefact in (("R-001", "ai-system-card"), ("R-002", "risk-file"), ("R-010", "licence-proof")):
        assert f"permission: {rule} " in en["what"]
        assert f"diapason vouch model:furnace@1 --paper FILE --kind {artefact} " in en["fix"]
        assert artefact in zh["what"]
    assert "许可：R-001 " in zh["what"]
    assert "dataset-card" not in en["what"], "the signed assessment is one"


def test_with_every_paper_it_is_published_and_a_recalled_paper_takes_it_down(plant: Workspace, furnace: Path) -> None:
    """The permission drops by itself, prediction with it, and comes back with the paper."""
    _declared(plant, **QUIET)
    papers = {k: _vouch(plant, furnace, k) for k in ("ai-system-card", "risk-file", "dataset-records", "licence-proof")}
    made = _publish(plant)
    gate = next(g for g in made["gates"] if g["gate"] == "permission")
    assert set(gate["facts"]["rules"].split(", ")) == LEVEL_2
    rows = furnace / "furnace.csv"

    def run() -> dict[str, Any]:
        return asyncio.run(predict.run(plant, str(rows), model="furnace@1", out=furnace / "out.csv"))

    assert run()["rows"] == 120
    standing.recall(plant, papers["risk-file"]["id"], because="it was copied from another plant")
    with pytest.raises(Refused, match="fallen"):
        run()
    standing.restored(plant, papers["risk-file"]["id"], because="it was ours")
    assert run()["rows"] == 120


def test_an_answer_that_changes_later_holds_a_publication_until_what_it_asks_for_is_there(
    plant: Workspace, furnace: Path
) -> None:
    """Published as a system that advises; declared to act, it may not predict until level 4 is shown."""
    _declared(plant, **QUIET)
    for kind in ("ai-system-card", "risk-file", "dataset-records", "licence-proof"):
        _vouch(plant, furnace, kind)
    _publish(plant)
    found = publish.find(plant, "furnace@1")
    assert publish.standing(plant, found).state == "published"
    _declared(plant, autonomy="act_within_limits")
    held = publish.standing(plant, found)
    assert held.state == "held"
    assert held.why.en.startswith("R-003 ")
    with pytest.raises(Refused, match="may not predict: R-003"):
        asyncio.run(predict.run(plant, str(furnace / "furnace.csv"), model="furnace@1", out=furnace / "out.csv"))
    _declared(plant, autonomy="advise")
    assert publish.standing(plant, found).state == "published"


def test_training_waits_for_what_a_rule_asks_before_it_and_a_waiver_is_sealed(plant: Workspace, furnace: Path) -> None:
    """Where somebody has declared what makes a rule apply; without an answer it trains as before."""
    _declared(plant, **QUIET)
    with pytest.raises(Refused) as refused:
        learn.run(plant, "furnace", "regression")
    assert "furnace may not be learnt from yet: R-010 " in refused.value.said("en")["what"]
    assert "diapason card furnace --form tc609; " in refused.value.said("en")["fix"]
    assert "尚不可用于训练" in refused.value.said("zh")["what"]
    made = learn.run(plant, "furnace", "regression", waive="a test bench")
    plan = attest.finished(plant, made["run"])["plan"]
    assert plan["settings"]["waived"] == "a test bench"
    for kind in ("dataset-records", "licence-proof"):
        _vouch(plant, furnace, kind, about="furnace")
    made = learn.run(plant, "furnace", "regression", seed=1)
    assert "waived" not in attest.finished(plant, made["run"])["plan"]["settings"]


def test_data_that_are_declared_to_leave_wait_for_their_route(plant: Workspace, furnace: Path) -> None:
    """Evidence alone goes; data and models do with the assessment, or on the word that they stay, which is kept."""
    _declared(plant, **QUIET | {"outbound": True, "data_grade": "important"})
    out = furnace / "furnace.evidence"
    evidence.export(plant, "furnace", out)
    for more in ({"data": True}, {"models": True}):
        with pytest.raises(Refused, match="furnace may not leave yet: R-022"):
            evidence.export(plant, "furnace", out, **more)
    assert plant.ledger.last(kind="handout") is None
    made = evidence.export(plant, "furnace", out, data=True, stays="the auditor's room on our site")
    entry = plant.ledger.last(kind="handout")
    assert entry is not None
    assert entry.body["stays"] == "the auditor's room on our site"
    assert entry.body["sha256"] == sha256(out.read_bytes()).hexdigest()
    assert made["file"] == str(out)
    for kind in ("outbound-assessment", "export-screening"):
        _vouch(plant, furnace, kind, about="furnace")
    evidence.export(plant, "furnace", out, data=True, models=True)


def test_a_paper_about_another_model_or_that_has_run_out_does_not_count(plant: Workspace, furnace: Path) -> None:
    """About the data, the model or a person it does; about the wrong thing or yesterday it does not."""
    _declared(plant, **QUIET)
    standing.vouch(plant, "furnace", furnace / "paper.pdf", kind="licence-proof")
    _vouch(plant, furnace, "risk-file", until=plant.clock().date().isoformat())
    _vouch(plant, furnace, "ai-system-card", about="person:wang")

    def missing(ws: Workspace) -> set[str]:
        grounds = ("model:furnace@1", "dataset:furnace@1", "dataset:furnace")
        found = permit.permission(ws, "furnace@1", grounds)
        assert found is not None
        return {w.artefact for w in found.wants}

    assert missing(plant) == {"dataset-records"}
    later = replace(plant, clock=lambda: plant.clock() + timedelta(days=2))
    assert missing(later) == {"dataset-records", "risk-file"}
    other = permit.permission(plant, "mill@1", ("model:mill@1", "dataset:mill@1", "dataset:mill"))
    assert other is not None
    assert {w.artefact for w in other.wants} >= {"risk-file", "licence-proof", "dataset-card"}


def test_a_graver_system_asks_for_more(plant: Workspace) -> None:
    """Level 4: approval is there, stop, limiter, red team and plan are not."""
    _declared(plant, **QUIET | {"autonomy": "act_within_limits"})
    found = permit.permission(plant, "furnace@1", ("model:furnace@1", "dataset:furnace@1"))
    assert found is not None
    wanted = {w.artefact: w.supply for w in found.wants if w.rule in ("R-003", "R-004")}
    assert set(wanted) >= {"rollback-plan", "stop-test", "limiter-proof", "red-team-report", "monitoring-plan"}
    assert "approval-record" not in wanted
    assert wanted["stop-test"] == "diapason incident drill --model furnace@1 --as NAME"


def test_an_answer_that_is_recalled_ran_out_or_is_forged_counts_no_more(plant: Workspace) -> None:
    """The one before it counts again; of a forged one nothing is taken."""
    _declared(plant, in_china=True)
    _declared(plant, in_china=False)
    assert permit.answers(plant)["in_china"].value is False
    newest = plant.ledger.last(kind="declare")
    assert newest is not None
    standing.recall(plant, f"entry:{newest.seq}", because="a mistake")
    assert permit.answers(plant)["in_china"].value is True
    later = replace(plant, clock=lambda: plant.clock() + timedelta(days=400))
    assert permit.answers(later) == {}
    said = {"fact": "in_eu", "value": True, "person": "wang", "at": "", "note": "", "until": "", "evidence": None}
    forged = workspaces.signer_of(plant, "li")
    body = dsse.sign(Statement((Subject("fact:in_eu", "0" * 64),), DECLARATION, said), forged.keyid, forged.sign)
    plant.ledger.append("declare", subject="fact:in_eu", body=body)
    assert "in_eu" not in permit.answers(plant)


def test_a_word_that_is_taken_back_is_not_known_any_more(plant: Workspace) -> None:
    """Not no: not known."""
    _declared(plant, in_china=True)
    signer = workspaces.signer_of(plant, "li")
    said = {"fact": "in_china", "value": None, "person": "li", "until": "", "withdrawn": True}
    body = dsse.sign(Statement((Subject("fact:in_china", "0" * 64),), DECLARATION, said), signer.keyid, signer.sign)
    plant.ledger.append("declare", subject="fact:in_china", body=body)
    assert permit.answers(plant) == {}


def test_who_has_no_role_declares_nothing(plant: Workspace) -> None:
    """A retired person's word is not taken."""
    wang = replace(plant, person="wang")
    workspaces.add_person(wang, "sun", [])
    with pytest.raises(Refused):
        _declared(replace(plant, person="sun"), in_china=True)


def test_the_ledger_outvotes_a_person_and_says_so(plant: Workspace) -> None:
    """Who denies an AI system beside a trained model is contradicted."""
    from diapason.services.standing.drawing import fall_now

    _declared(plant, ai_system=False)
    index, _ = fall_now(plant)
    words, shown = permit.answers(plant), permit.seen(plant, index)
    assert permit.known(words, shown).facts["ai_system"] is True
    assert [c["fact"] for c in permit.conflicts(words, shown)] == ["ai_system"]


LEVELS = [
    ({}, {}, None),
    (
        {
            "scene": "office",
            "autonomy": "advise",
            "society_scale": False,
            "can_stop_plant": False,
            "cross_border": False,
        },
        {},
        1,
    ),
    ({"scene": "safety_function", "autonomy": "act_free"}, {}, 5),
    ({"scene": "safety_function", "autonomy": "act_free", "risk_level": 2.0}, {}, 5),
    ({"risk_level": 3.0}, {}, 3),
]


@pytest.mark.parametrize(("said", "seen", "level"), LEVELS)
def test_a_declared_level_never_hides_a_graver_one(said: dict[str, Any], seen: dict[str, Any], level: float) -> None:
    """It counts where the table says less or nothing; a level that is not known stays a span."""
    known = permit.known({n: Fact(n, v) for n, v in said.items()}, seen)
    found = known.facts["risk_level"]
    assert found == level if level else not isinstance(found, float)


@pytest.mark.parametrize("name", sorted(questions()))
def test_only_answers_of_the_right_kind_fit(name: str) -> None:
    """A yes or no, one of the choices, a number not below zero."""
    question = questions()[name]
    good = {"flag": [True, False], "choice": [c.id for c in question.choices], "number": [0, 3, 2.5]}[question.kind]
    bad: list[object] = [None, "", "perhaps", -1, [], {"a": 1}]
    bad += {"flag": [1, "yes"], "choice": [True, 0], "number": [True, "3"]}[question.kind]
    assert all(fits(question, g) for g in good)
    assert not any(fits(question, b) for b in bad)


def test_what_is_no_statement_declares_nothing(plant: Workspace) -> None:
    """A raw body, another type, another subject: nothing is taken, nothing breaks."""
    plant.ledger.append("declare", subject="fact:in_eu", body={"fact": "in_eu", "value": True})
    signer = workspaces.signer_of(plant, "li")
    said = {"fact": "in_eu", "value": True, "person": "li", "until": ""}
    body = dsse.sign(Statement((Subject("x", "0" * 64),), DECLARATION, said), signer.keyid, signer.sign)
    plant.ledger.append("declare", subject="fact:in_china", body=body)
    assert permit.answers(plant) == {}


def test_an_unknown_rule_does_not_hold_a_publication_back_but_is_told(plant: Workspace) -> None:
    """What nobody has answered stands with the publication, to be asked."""
    _declared(plant, in_china=True)
    found = permit.permission(plant, "furnace@1", ("model:furnace@1", "dataset:furnace@1"))
    assert found is not None
    assert {"scene", "autonomy", "personal_data"} <= set(found.unknown)
    assert "R-012" not in found.rules


def test_a_drill_is_no_stop_test_where_more_than_predictions_act(plant: Workspace) -> None:
    """A drill that stops predictions proves nothing about what writes to a controller, or may do so."""
    from diapason.services.permit.proofs import supply

    assert supply("stop-test", "furnace@1", {"acts_on_controller": False, "uses_tools": False}).startswith(
        "diapason incident"
    )
    for facts in ({}, {"acts_on_controller": True, "uses_tools": False}, {"acts_on_controller": False}):
        assert supply("stop-test", "furnace@1", facts).startswith("diapason vouch")
