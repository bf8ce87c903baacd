"""A grade lowered, a licence changed, graded data mended, a dear order: asked by one, signed by another, exactly."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest

from diapason.engines.evidence import dsse
from diapason.errors import Conflict, DataError, NotFound, Refused
from diapason.ports.workspace import Workspace
from diapason.services import approve, describe, facts, mend, order, standing, workspace
from diapason.services.desk import inbox
from diapason.services.mend import texts
from diapason.vocabulary.evidence import Statement
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import VersionRef

As = Callable[[str], Workspace]
WORDS = Text("do it", "执行")


def _asked(ws: Workspace, thing: dict[str, object]) -> approve.Change:
    with pytest.raises(Refused) as refused:
        approve.demand(ws, "adopt", "furnace", thing, WORDS)
    assert "diapason approve change-" in refused.value.said("en")["fix"]
    return approve.changes(ws)[-1]


def test_a_signature_holds_for_exactly_one_thing(ws: Workspace, as_person: As) -> None:
    change = _asked(ws, {"rows": 5})
    assert _asked(ws, {"rows": 5}) == change, "asked once, however often it is called"
    approve.sign(as_person("li"), change.id, seen=change.digest[:12])
    assert approve.demand(ws, "adopt", "furnace", {"rows": 5}, WORDS) == f"entry:{approve.changes(ws)[-1].seq}"
    assert _asked(ws, {"rows": 6}).id != change.id
    with pytest.raises(Conflict, match="signed"):
        approve.sign(as_person("li"), change.id)


def test_nobody_signs_what_they_asked_for_or_did_not_see(ws: Workspace, as_person: As) -> None:
    workspace.add_person(ws, "wang", ["administrator", "trainer", "approver"])
    change = _asked(ws, {"rows": 5})
    with pytest.raises(Refused, match="asked for"):
        approve.sign(ws, change.id)
    workspace.add_person(ws, "chen", ["operator"])
    with pytest.raises(Refused, match="not approver"):
        approve.sign(as_person("chen"), change.id)
    for seen in ("0" * 12, change.digest[:6]):
        with pytest.raises(Refused, match="not what was seen"):
            approve.sign(as_person("li"), change.id, seen=seen)
    with pytest.raises(NotFound):
        approve.sign(as_person("li"), "change-99")
    assert approve.changes(ws)[-1].state == "open"


def test_a_refusal_has_a_reason_and_stays(ws: Workspace, as_person: As) -> None:
    change = _asked(ws, {"rows": 5})
    with pytest.raises(DataError, match="reason"):
        approve.refuse(as_person("li"), change.id, because=" ")
    approve.refuse(as_person("li"), change.id, because="meter was off")
    with pytest.raises(Refused, match="meter was off"):
        approve.demand(ws, "adopt", "furnace", {"rows": 5}, WORDS)
    assert [c["state"] for c in inbox(ws)["asked"]] == ["refused"]
    assert facts.facts(ws)["share_changes_signed_at_first"].value == 0


def test_a_signature_ends_with_its_day_its_role_or_its_recall(ws: Workspace, as_person: As) -> None:
    change = _asked(ws, {"rows": 5})
    made = approve.sign(as_person("li"), change.id, days=10)
    later = ws.clock() + timedelta(days=11)
    assert [c.state for c in approve.changes(replace(ws, clock=lambda: later))] == ["ended"]
    standing.recall(ws, f"entry:{made['seq']}", because="signed by mistake")
    assert [(c.state, "mistake" in c.why) for c in approve.changes(ws)] == [("ended", True)]
    assert _asked(ws, {"rows": 5}).id == "change-2", "it may be asked for again"
    approve.sign(as_person("li"), "change-2")
    workspace.add_person(ws, "li", ["operator"])
    assert approve.changes(ws)[-1].state == "ended"


def test_a_signature_by_another_key_counts_for_nothing(ws: Workspace, as_person: As) -> None:
    change = _asked(ws, {"rows": 5})
    signer = workspace.signer_of(ws)  # wang's key, in li's name
    until = (ws.clock() + timedelta(days=9)).isoformat()
    said = {"change": change.id, "digest": change.digest, "verdict": "sign", "person": "li", "until": until}
    forged = dsse.sign(Statement((), "urn:diapason:predicate:change-signature:v1", said), signer.keyid, signer.sign)
    ws.ledger.append("signature", subject="furnace", body=forged)
    assert approve.changes(ws)[-1].state == "open"


def test_a_grade_falls_and_a_licence_changes_only_by_two(ws: Workspace, as_person: As) -> None:
    """Raising a grade and saying a first licence need one person only; taking a word back is a change too."""
    describe.run(ws, "furnace", {"grade": "important", "licence": "internal"})
    describe.run(ws, "furnace", {"grade": "core"})
    for key, value in (("grade", "general"), ("grade", "-"), ("licence", "CC0"), ("licence", "-")):
        with pytest.raises(Refused, match="second person"):
            describe.run(ws, "furnace", {key: value})
    assert describe.describe(ws, "furnace") == {"grade": "core", "licence": "internal"}
    assert len(approve.changes(ws)) == 4
    approve.sign(as_person("li"), "change-1")
    describe.run(ws, "furnace", {"grade": "general"})
    assert describe.describe(ws, "furnace")["grade"] == "general"
    describe.run(ws, "furnace", {"grade": "core"})
    with pytest.raises(Refused, match="change-5"):
        describe.run(ws, "furnace", {"grade": "general"})


def test_graded_data_is_mended_by_two_and_falls_with_the_signature(ws: Workspace, as_person: As) -> None:
    frame = ws.lake.scan(ws.lake.version(VersionRef("furnace")).ref).collect()
    value = texts.said(frame["speed"])[0]
    changes = pl.DataFrame({"row": [int(frame["_row"][0])], "column": ["speed"], "value": [value], "proposed": ["1.5"]})
    describe.run(ws, "furnace", {"grade": "important"})
    later = ws.clock() + timedelta(days=800)
    with pytest.raises(Refused, match="graded important"):
        mend.adopt(replace(ws, clock=lambda: later), "furnace", changes)  # a grade whose day has passed protects still
    assert len(ws.lake.versions("furnace")) == 1
    approve.sign(as_person("li"), "change-1", days=3000)
    done = mend.adopt(ws, "furnace", changes)
    seq = approve.changes(ws)[-1].seq
    assert done["on"] == [f"entry:{seq}"]
    standing.recall(ws, f"entry:{seq}", because="not looked at")
    assert f"dataset:{done['dataset']}" in standing.fallen(ws)


def test_an_order_above_the_sum_needs_two(ws: Workspace, as_person: As) -> None:
    strict = replace(ws, settings={**ws.settings, "approve": {"order_above": 100}})
    assert approve.before_ordering(strict, "furnace", {"proposal": "rows"}, 99.0) == ()
    assert approve.before_ordering(ws, "furnace", {"proposal": "rows"}, 10**9) == ()
    for cost in (101.0, None):
        with pytest.raises(Refused, match="needs two"):
            approve.before_ordering(strict, "furnace", {"proposal": "rows", "cost": cost}, cost)
    with pytest.raises(DataError, match="order_above"):
        approve.order_limit(replace(ws, settings={"approve": {"order_above": "much"}}))
    assert order.orders(ws) == []


def test_the_inbox_shows_what_would_be_signed(ws: Workspace, as_person: As) -> None:
    change = _asked(ws, {"rows": 5})
    mine = inbox(as_person("li"))
    line = next(s for s in mine["sign"] if s["what"] == change.id)
    assert (line["digest"], line["thing"], line["person"]) == (change.digest, {"rows": 5}, "wang")
    assert change.digest[:12] in line["command"]
    assert inbox(ws)["sign"] == []
    assert [c["id"] for c in inbox(ws)["asked"]] == [change.id]
    assert facts.facts(ws)["changes_waiting"].value == 1
