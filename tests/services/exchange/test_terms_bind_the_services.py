"""A dataset under terms is used only as they say, by whichever service; lists travel signed, without data."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import diapason
from diapason.errors import BrokenEvidence, DataError, NotFound, Refused
from diapason.ports.workspace import Workspace
from diapason.services import approve, exchange, permit
from diapason.services.desk import catalogue, inbox

BASE = {"@context": "http://www.w3.org/ns/odrl.jsonld", "@type": "Agreement", "profile": "urn:diapason:odrl:profile:1"}


def _limit(left: str, operator: str, right: object) -> dict[str, object]:
    return {"leftOperand": left, "operator": operator, "rightOperand": right}


def _policy(tmp_path: Path, *limits: dict[str, object], **more: Any) -> Path:
    told = {**BASE, "permission": [{"action": "use", "constraint": list(limits)}], **more}
    file = tmp_path / "terms.json"
    file.write_text(json.dumps(told), encoding="utf-8")
    return file


def test_every_use_is_decided_counted_and_written_down(ws: Workspace, tmp_path: Path) -> None:
    made = exchange.bind(ws, "furnace", _policy(tmp_path, _limit("count", "lteq", 2)))
    assert len(made["contract"]) == 47
    assert permit.used(ws, "learn", "furnace@1") == ()
    permit.may(ws, "learn", "furnace@1")
    permit.used(ws, "evaluate", "furnace")
    with pytest.raises(Refused, match="2 uses are used up"):
        permit.used(ws, "learn", "furnace")
    uses = exchange.shown(ws, "furnace")["uses"]
    assert [(u["service"], u["granted"]) for u in uses] == [("learn", True), ("evaluate", True), ("learn", False)]
    assert all(u["person"] == "wang" and u["contract"] == made["contract"] for u in uses)


def test_the_services_ask_before_they_begin(furnace: Path, tmp_path: Path) -> None:
    """Learning, judging, trying, publishing and handing out, each refused, and nothing is sealed."""
    plant = diapason.open_plant(furnace / "plant", person="wang")
    file = _policy(tmp_path, _limit("purpose", "eq", "trial"), prohibition=[{"action": "distribute"}])
    plant.offer("furnace", bind=file)
    sealed = sum(1 for _ in plant.workspace.ledger.entries(kind="plan"))
    for call in (
        lambda: plant.learn("furnace", task="regression", seed=7),
        lambda: plant.feasible("furnace", task="regression"),
        lambda: plant.resonate("furnace", budget="1s"),
        lambda: plant.evaluate("furnace", task="regression", predictions=furnace / "new.csv"),
        lambda: plant.publish("furnace@1", accept=["rmse<=9"], waive="a test"),
        lambda: plant.evidence("furnace", to=tmp_path / "x.evidence", data=True),
        lambda: plant.join("furnace", "furnace", on=("speed",), name="twice"),
        lambda: plant.card("furnace", to=tmp_path / "cards"),
    ):
        with pytest.raises(Refused, match="under terms"):
            call()
    assert sum(1 for _ in plant.workspace.ledger.entries(kind="plan")) == sealed
    assert not (tmp_path / "x.evidence").exists()
    assert plant.evidence("furnace", to=tmp_path / "y.evidence")["file"]
    assert plant.assess("furnace")["rows"] == 120


def test_terms_travel_to_what_is_made_from_the_data(ws: Workspace, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("id,a\n" + "".join(f"{i},{i * 2}\n" for i in range(40)))
    (tmp_path / "theirs.csv").write_text("id,b\n" + "".join(f"{i},{i * 3}\n" for i in range(40)))
    plant = diapason.open_plant(ws.folder, person="wang")
    for name in ("other", "theirs"):
        plant.ingest(str(tmp_path / f"{name}.csv"), name=name)
    duty = {"action": "attribute", "attributedParty": "Works 9"}
    file = _policy(tmp_path, permission=[{"action": "use", "duty": [duty]}])
    plant.offer("theirs", bind=file)
    plant.join("other", "theirs", on=("id",), name="both")
    assert [b.of for b in exchange.bound(ws, "both")] == ["theirs"]
    assert permit.used(ws, "learn", "both") == ("Works 9",)
    assert catalogue(ws, "both")["datasets"][0]["terms"][0]["name"] == "Works 9"
    assert exchange.bound(ws, "other") == []


def test_place_and_day_are_kept_and_a_deletion_falls_due(ws: Workspace, tmp_path: Path) -> None:
    gone = {"action": "delete", "constraint": [_limit("dateTime", "lteq", "2099-01-31")]}
    exchange.bind(ws, "furnace", _policy(tmp_path, _limit("spatial", "eq", "CN"), obligation=[gone]))
    with pytest.raises(Refused, match=r"CN only, and this is \?"):
        permit.used(ws, "learn", "furnace")
    here = replace(ws, settings={**ws.settings, "exchange": {"place": "CN-31"}})
    permit.used(here, "learn", "furnace")
    assert [(d["what"], d["late"]) for d in inbox(here)["do"]] == [("furnace", False)]
    late = replace(here, clock=lambda: ws.clock() + timedelta(days=365 * 80))
    assert [d["late"] for d in exchange.due(late)] == [True]
    with pytest.raises(Refused, match="to be deleted by"):
        permit.used(late, "learn", "furnace")
    with pytest.raises(DataError, match="place"):
        permit.used(replace(ws, settings={"exchange": {"place": "Shanghai"}}), "learn", "furnace")


def test_terms_are_replaced_only_by_two(ws: Workspace, tmp_path: Path, as_person: Any) -> None:
    exchange.bind(ws, "furnace", _policy(tmp_path, _limit("count", "lteq", 1)))
    assert not exchange.bind(ws, "furnace", _policy(tmp_path, _limit("count", "lteq", 1)))["new"]
    with pytest.raises(Refused, match="second person"):
        exchange.bind(ws, "furnace", _policy(tmp_path, _limit("count", "lteq", 9)))
    approve.sign(as_person("li"), "change-1")
    assert exchange.bind(ws, "furnace", _policy(tmp_path, _limit("count", "lteq", 9)))["new"]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 1, "a": 2}', "null", "\x00", '{"@type": "Offer"}', "[" * 5000])
def test_a_policy_that_is_none_is_refused(ws: Workspace, tmp_path: Path, text: str) -> None:
    file = tmp_path / "p.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DataError):
        exchange.bind(ws, "furnace", file)
    with pytest.raises(NotFound):
        exchange.bind(ws, "furnace", tmp_path / "none.json")
    assert exchange.bound(ws, "furnace") == []


@pytest.fixture
def lists(ws: Workspace, tmp_path: Path) -> tuple[diapason.Plant, diapason.Plant, Path]:
    """A plant that offers its furnace, one that looks for such data, and the first one's list."""
    mine = diapason.open_plant(ws.folder, person="wang")
    file = _policy(tmp_path, _limit("purpose", "eq", "train"), **{"@type": "Offer"})
    offered = mine.offer("furnace", terms=file)
    assert not mine.offer("furnace", terms=file)["new"]
    assert offered["rows"] == 120
    theirs = diapason.init(tmp_path / "other", person="zhao")
    mine.exchange(export=tmp_path / "list.json")
    return mine, theirs, tmp_path / "list.json"


def test_an_offer_meets_a_request_and_no_data_leaves(lists: Any, ws: Workspace) -> None:
    mine, theirs, file = lists
    text = file.read_text(encoding="utf-8")
    for column in ("hardness", "flow_t_h", "speed"):
        assert column not in text
    signer = mine.status()["signer"]
    assert theirs.exchange(take=file, signer=signer)["known"]
    assert not theirs.exchange(take=file)["known"]
    theirs.exchange(want="furnace flow", meanings=("mass flow", "pressure"), purposes=("train",))
    theirs.exchange(want="to publish", purposes=("publish",))
    found = theirs.exchange()["found"]
    assert [(m["wanted"], m["fits"], m["share"]) for m in found] == [
        ("furnace flow", True, 0.5),
        ("to publish", False, 1),
    ]
    theirs.exchange(export=file)
    mine.exchange(take=file)
    assert {m["wanted"] for m in mine.exchange()["asked_of_us"]} == {"furnace flow", "to publish"}
    mine.offer("furnace", withdraw=True)
    assert mine.exchange()["own"]["offers"] == []
    with pytest.raises(NotFound):
        mine.offer("furnace", withdraw=True)


def test_a_list_that_was_touched_is_not_taken_in(lists: Any, tmp_path: Path) -> None:
    mine, theirs, file = lists
    told = json.loads(file.read_bytes())
    with pytest.raises(BrokenEvidence, match="another key"):
        theirs.exchange(take=file, signer="0" * 64)
    with pytest.raises(DataError, match="this workspace"):
        mine.exchange(take=file)
    payload = told["envelope"]["payload"]
    for broken in ({**told, "public": "00" * 32}, {"envelope": told["envelope"]}, [], {**told, "envelope": {**told["envelope"], "payload": payload[:-8] + "AAAAAAAA"}}):  # fmt: skip  # noqa: E501
        file.write_text(json.dumps(broken), encoding="utf-8")
        with pytest.raises(BrokenEvidence):
            theirs.exchange(take=file)
    assert theirs.exchange()["others"] == []


def test_bad_requests_and_offers_say_why(ws: Workspace, tmp_path: Path, as_person: Any) -> None:
    plant = diapason.open_plant(ws.folder, person="wang")
    with pytest.raises(DataError, match="no purpose"):
        plant.exchange(want="x", purposes=("sell",))
    with pytest.raises(DataError, match="no sector"):
        plant.exchange(want="x", sector="steel")
    with pytest.raises(DataError, match="no offer but a Agreement"):
        plant.offer("furnace", terms=_policy(tmp_path))
    plant.describe("furnace", grade="core")
    with pytest.raises(Refused, match="second person"):
        plant.offer("furnace", terms=_policy(tmp_path, **{"@type": "Offer"}))
    plant.offer("furnace", bind=_policy(tmp_path, prohibition=[{"action": "distribute"}]))
    with pytest.raises(Refused, match="given to others"):
        plant.offer("furnace", terms=_policy(tmp_path, **{"@type": "Offer"}))
