"""Nothing predicts that did not pass: data, acceptance, evidence, a second person; and there is a way back."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from diapason.engines.evidence import dsse
from diapason.errors import BrokenEvidence, DataError, DiapasonError, NotFound, Refused
from diapason.ports import find
from diapason.ports.workspace import Workspace
from diapason.services import attest, publish, workspace
from diapason.services.publish import gates, registry
from diapason.vocabulary.evidence import Plan, Statement
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

FINDING = {"kind": "stuck", "harm": "act", "sure": 0.9, "where": {}, "facts": {}}


def _assessed(plant: Workspace, dataset: str, findings: list[dict[str, Any]]) -> None:
    plan = Plan("assess", dataset, "ab" * 32, "", "", "", (), 0, {}, settings={"kinds": [f["kind"] for f in findings]})
    attest.begin(plant, plan).finish({"findings": findings})


def _trained(plant: Workspace, version: int, *, high: float = 11.0) -> str:
    """A real small model, registered as learning does it, with its run and its kept predictions."""
    rng = np.random.default_rng(version)
    x = rng.normal(size=(80, 2))
    y = x @ [2.0, -1.0] + 0.1 * rng.normal(size=80)
    features = pl.DataFrame({"a": x[:, 0], "b": x[:, 1]})
    recipe = find("recipes", "linear")
    settings = recipe.settings(Task.REGRESSION)[0]
    fitted = recipe.fit(Examples(Task.REGRESSION, features, y, np.arange(80)), settings, seed=1)
    parts = {name: plant.vault.put(data) for name, data in fitted.parts().items()}
    dataset = f"mill@{version}"
    if version > len(plant.lake.versions("mill")):
        plant.lake.commit("mill", [features.with_row_index("_row")], run="", note="ingest")
    run = attest.begin(plant, Plan("learn", dataset, "cd" * 32, "", "rmse", "random", ("linear",), version, {}))
    guess = fitted.predict(Examples(Task.REGRESSION, features, y, np.arange(80)))
    run.keep("predictions", pl.DataFrame({"row": np.arange(80), "truth": y, "prediction": guess}))
    for name, sha256 in parts.items():
        run.subject(f"part/{name}", sha256)
    score = {"value": 10.0, "low": 9.0, "high": high, "n": 80}
    others = {
        "mae": {"value": 7.0, "low": 6.0, "high": 8.0, "n": 80},
        "r2": {"value": 0.9, "low": 0.8, "high": 0.95, "n": 80},
    }
    run.finish({"honest": {"metric": {"name": "rmse"}, "score": score, "others": others}})
    body = {"run": run.id, "recipe": "linear", "settings": settings, "task": "regression", "dataset": dataset,
            "parts": parts, "conditioning": [], "trainer": plant.person, "features": ["a", "b"]}  # fmt: skip
    plant.ledger.append("model", run=run.id, subject=f"mill@{version}", body=body)
    return f"mill@{version}"


@pytest.fixture
def plant(tmp_path: Path) -> Workspace:
    """A workspace with a trainer, wang, and two approvers, li and zhao."""
    workspace.init(tmp_path / "plant", person="wang")
    opened = workspace.open_workspace(tmp_path / "plant", person="wang")
    for name in ("li", "zhao"):
        workspace.add_person(opened, name, ["approver"])
    workspace.add_person(opened, "wang", ["administrator", "trainer", "approver"])
    return opened


def _as(plant: Workspace, person: str) -> Workspace:
    return replace(plant, person=person)


def _ready(plant: Workspace, version: int) -> str:
    """A version that has everything."""
    model = _trained(plant, version)
    _assessed(plant, f"mill@{version}", [])
    publish.approve(_as(plant, "li"), model)
    return model


def test_what_is_missing_is_said_at_once_with_the_command_that_supplies_it(plant: Workspace) -> None:
    """Three things missing, three reasons, three commands, in both languages."""
    model = _trained(plant, 1)
    with pytest.raises(Refused) as refused:
        publish.run(plant, model)
    en, zh = refused.value.said("en"), refused.value.said("zh")
    for word in ("data: mill@1 was never assessed", "acceptance: no acceptance test", "approval: nobody has approved"):
        assert word in en["what"]
    for command in ("diapason assess mill@1", 'diapason publish mill@1 --accept "', "diapason approve mill@1 --as"):
        assert command in en["fix"]
    assert "缺 3 项" in zh["what"]
    assert "evidence" not in en["what"]


def test_a_version_that_has_everything_is_published_and_says_why(plant: Workspace) -> None:
    """The publication is signed, names the parts, and stands in the ledger with its run."""
    model = _ready(plant, 1)
    made = publish.run(plant, model, accept=["rmse<=12", "r2>=0.8", "mae ≤ 8.0"])
    assert [g["gate"] for g in made["gates"]] == [
        "data",
        "acceptance",
        "acceptance",
        "acceptance",
        "evidence",
        "approval",
    ]
    found = publish.find(plant, "mill")
    assert publish.standing(plant, found).state == "published"
    entry = plant.ledger.last(kind="publish")
    assert entry is not None
    statement = registry.signed(plant, entry)
    assert {s.name for s in statement.subjects} == {"model/mill@1", *(f"part/{n}" for n in found.facts["parts"])}
    newest = attest.result(plant, "publish", "mill")
    assert newest is not None
    assert newest["run"] == made["run"]
    assert set(publish.parts(plant, found)) == set(found.facts["parts"])


ACCEPTS = {
    "rmse<=11": True,
    "rmse<=10.99": False,  # its middle is 10, its bound 11
    "r2>=0.8": True,
    "r2>=0.85": False,
    "f1>=0.1": False,
}


@pytest.mark.parametrize("test", ACCEPTS)
def test_the_bound_of_the_interval_counts(plant: Workspace, test: str) -> None:
    """Not its middle, and a measure that was not taken is not met."""
    model = publish.find(plant, _ready(plant, 1))
    accepted = [g for g in gates.check(plant, model, (test,), "") if g.name == "acceptance"]
    assert [g.holds for g in accepted] == [ACCEPTS[test]]


@pytest.mark.parametrize("text", ["", "rmse", "rmse<12", "rmse==12", "rmse<=", "rmse<=nan", "12>=rmse", "rmse<=12 or"])
def test_a_threshold_that_is_none_is_refused(text: str) -> None:
    """With an example of one."""
    with pytest.raises(DataError, match="not a threshold"):
        gates.acceptance(text)


def test_findings_to_act_on_need_a_waiver_with_its_reason(plant: Workspace) -> None:
    """Which is signed with the publication."""
    model = _trained(plant, 1)
    publish.approve(_as(plant, "li"), model)
    _assessed(plant, "mill@1", [FINDING, {**FINDING, "harm": "know"}])
    with pytest.raises(Refused, match="1 findings to act on: stuck"):
        publish.run(plant, model, accept=["rmse<=12"])
    with pytest.raises(Refused):
        publish.run(plant, model, accept=["rmse<=12"], waive="  ")
    made = publish.run(plant, model, accept=["rmse<=12"], waive="the sensor was replaced on Monday")
    entry = plant.ledger.last(kind="publish")
    assert entry is not None
    assert registry.signed(plant, entry).predicate["waiver"] == made["waiver"] == "the sensor was replaced on Monday"


def test_findings_about_what_the_model_does_not_use_are_settled(plant: Workspace) -> None:
    """A leak that was left out of the inputs needs no waiver; one of an input does."""
    model = publish.find(plant, _trained(plant, 1))
    for columns, holds in ((["c"], True), (["c", "b"], False), ([], False)):
        _assessed(plant, "mill@1", [{**FINDING, "kind": f"leak {columns}", "where": {"columns": columns}}])
        assert gates.check(plant, model, (), "")[0].holds is holds


def test_an_assessment_of_another_version_is_none(plant: Workspace) -> None:
    """The data gate is about the rows that were learnt from."""
    model = _trained(plant, 2)
    _assessed(plant, "mill@1", [])
    publish.approve(_as(plant, "li"), model)
    with pytest.raises(Refused, match="mill@2 was never assessed"):
        publish.run(plant, model, accept=["rmse<=12"])


def test_who_trained_or_is_no_approver_can_not_approve(plant: Workspace) -> None:
    """Not with the role, not without, not under an unknown name."""
    model = _trained(plant, 1)
    workspace.add_person(plant, "sun", ["operator"])
    with pytest.raises(Refused, match="wang trained"):
        publish.approve(plant, model)
    for nobody in ("sun", "nobody"):
        with pytest.raises(DiapasonError):
            publish.approve(_as(plant, nobody), model)


def _approval(plant: Workspace, by: str, **change: Any) -> None:
    """An approval as somebody with write access might forge it: signed by `by`, saying whatever."""
    model = publish.find(plant, "mill@1")
    now = datetime.now(UTC)
    said = {"model": "mill@1", "digest": model.digest, "person": "li", "at": now.isoformat(),
            "until": (now + timedelta(days=9)).isoformat(), "note": ""} | change  # fmt: skip
    signer = workspace.signer_of(plant, by)
    body = dsse.sign(Statement(model.subjects(), "urn:diapason:predicate:approval:v1", said), signer.keyid, signer.sign)
    plant.ledger.append("approve", subject="mill@1", body=body)


FORGED: dict[str, tuple[str, dict[str, Any], str]] = {
    "signed by the trainer in li's name": ("wang", {}, "not signed by the key"),
    "by the trainer": ("wang", {"person": "wang"}, "trained it"),
    "of another digest": ("li", {"digest": "0" * 64}, "another model"),
    "of another version": ("li", {"model": "mill@2"}, "another model"),
    "ended yesterday": ("li", {"until": (datetime.now(UTC) - timedelta(days=1)).isoformat()}, "ended on"),
    "until nothing": ("li", {"until": "soon"}, "not signed"),
    "by nobody known": ("li", {"person": "ghost"}, "not signed by the key"),
}


@pytest.mark.parametrize("how", FORGED)
def test_a_forged_approval_is_none(plant: Workspace, how: str) -> None:
    """Each says why."""
    model = _trained(plant, 1)
    _assessed(plant, "mill@1", [])
    by, change, why = FORGED[how]
    _approval(plant, by, **change)
    with pytest.raises(Refused, match=why):
        publish.run(plant, model, accept=["rmse<=12"])


def test_an_approver_who_is_none_any_more_takes_the_approval_along(plant: Workspace) -> None:
    """Before the publication."""
    model = _ready(plant, 1)
    workspace.add_person(plant, "li", ["operator"])
    with pytest.raises(Refused, match="no approver any more"):
        publish.run(plant, model, accept=["rmse<=12"])


def test_when_the_approval_ends_the_publication_falls(plant: Workspace) -> None:
    """By itself, with the reason."""
    model = _trained(plant, 1)
    _assessed(plant, "mill@1", [])
    publish.approve(_as(plant, "li"), model, days=30)
    publish.run(plant, model, accept=["rmse<=12"])
    later = replace(plant, clock=lambda: datetime.now(UTC) + timedelta(days=31))
    standing = publish.standing(later, publish.find(later, model))
    assert standing.state == "expired"
    assert "li" in standing.why.en


def test_the_way_back_withdraws_what_came_after(plant: Workspace) -> None:
    """A withdrawn version needs a new approval; a roll-back needs a reason, a role and a published version."""
    for version in (1, 2):
        publish.run(plant, _ready(plant, version), accept=["rmse<=12"])
    _ready(plant, 3)
    assert str(publish.find(plant, "mill").ref) == "mill@2"
    for wrong, reason in (("mill@1", " "), ("mill@3", "x"), ("mill@2", "x")):
        with pytest.raises(Refused):
            publish.rollback(plant, wrong, reason=reason)
    with pytest.raises(DiapasonError):
        publish.rollback(_as(plant, "nobody"), "mill@1", reason="x")
    made = publish.rollback(plant, "mill@1", reason="false alarms since Monday")
    assert made["withdrawn"] == ["mill@2"]
    assert str(publish.find(plant, "mill").ref) == "mill@1"
    states = {v: s.state for v, s in publish.standings(plant, "mill").items()}
    assert states == {1: "published", 2: "withdrawn"}
    with pytest.raises(Refused, match="withdrawn after it was approved"):
        publish.run(plant, "mill@2", accept=["rmse<=12"])
    publish.approve(_as(plant, "zhao"), "mill@2")
    publish.run(plant, "mill@2", accept=["rmse<=12"])
    assert str(publish.find(plant, "mill").ref) == "mill@2"


def _swapped(plant: Workspace, model: registry.Model) -> None:
    blob = plant.vault.path(next(iter(model.facts["parts"].values())))
    blob.write_bytes(blob.read_bytes()[:-1] + b"?")


def _other_parts(plant: Workspace, model: registry.Model) -> None:
    evil = {name: plant.vault.put(b"evil") for name in model.facts["parts"]}
    plant.ledger.append("model", subject=str(model.ref), body={**model.facts, "parts": evil})


SPOILED: dict[str, Callable[[Workspace, registry.Model], None]] = {
    "a file changed on disk": _swapped,
    "another list of parts under the same name": _other_parts,
}


@pytest.mark.parametrize("how", SPOILED)
@pytest.mark.parametrize("published", [True, False])
def test_a_model_that_is_not_the_signed_one_is_never_loaded(plant: Workspace, how: str, published: bool) -> None:
    """Published or not, the parts are refused before anybody reads them."""
    model = _ready(plant, 1)
    if published:
        publish.run(plant, model, accept=["rmse<=12"])
    SPOILED[how](plant, publish.find(plant, model))
    with pytest.raises(BrokenEvidence):
        publish.parts(plant, publish.find(plant, model))
    with pytest.raises(Refused, match="evidence does not hold"):
        publish.run(plant, model, accept=["rmse<=12"])


def test_a_publication_that_the_workspace_did_not_sign_is_none(plant: Workspace) -> None:
    """Somebody who can write the ledger but not sign does not publish."""
    model = publish.find(plant, _ready(plant, 1))
    signer = workspace.signer_of(plant, "wang")
    said = {
        "model": "mill@1",
        "digest": model.digest,
        "approval": {"person": "li", "until": "2999-01-01T00:00:00+00:00"},
    }
    body = dsse.sign(Statement(model.subjects(), registry.MODEL, said), signer.keyid, signer.sign)
    plant.ledger.append("publish", subject="mill@1", body=body)
    with pytest.raises(BrokenEvidence):
        publish.standing(plant, model)


def test_unknown_models_are_told_apart_from_known_ones(plant: Workspace) -> None:
    """And what there is, is named."""
    _trained(plant, 1)
    with pytest.raises(NotFound) as error:
        publish.find(plant, "mill@7")
    assert "mill@1" in error.value.said()["fix"]
    with pytest.raises(NotFound):
        publish.find(plant, "rolls")


def test_a_deleted_model_says_when_and_why(plant: Workspace) -> None:
    """And the name alone leads to what is left."""
    for version in (1, 2):
        publish.run(plant, _ready(plant, version), accept=["rmse<=12"])
    workspace.forget(plant, "mill@2", reason="trained on a wrong tag", model=True)
    with pytest.raises(NotFound, match="was deleted") as error:
        publish.find(plant, "mill@2")
    assert "wrong tag" in error.value.said()["fix"]
    assert str(publish.find(plant, "mill").ref) == "mill@1"
