"""Tools are pinned as a whole; what comes in must fit, what goes out is bounded data."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from diapason.errors import DataError, DiapasonError, NotFound, Refused
from diapason.services import agent, gateway, outside
from diapason.services.outside.reading import clean
from diapason.services.qualify.wired import BenchLine
from diapason.services.workspace import Workspace, add_person, open_workspace
from diapason.vocabulary.acting import Autonomy, Shadow

MANIFEST = """name: guest
owner: wang
expires: 2027-06-30
asset: R-101
connection: line
permissions:
- {right: read, asset: R-101, tag: '*', autonomy: A1}
- {right: write, asset: R-101, tag: TIC-201.SP, autonomy: A3}
envelopes:
- {asset: R-101, tag: TIC-201.SP, unit: Cel, low: 110, high: 130, step: 2, rate: 100, dwell: 0, daily: 100}
rules: [{kind: above, tag: TIC-201.PV, limit: 128, name: hot}]
"""
ENVELOPE = """asset: R-101
connection: line
tags:
- {tag: TIC-201.SP, unit: Cel, low: 110, high: 130, step: 2, rate: 100, dwell: 0, daily: 100}
"""


def _call(ws: Workspace, server: str, name: str, **options: Any) -> dict[str, Any]:
    return asyncio.run(outside.call(ws, server, name, options.pop("given", {}), **options))  # type: ignore[arg-type]


@pytest.fixture
def open_door(ws: Workspace) -> Workspace:
    """Both sets approved by wang, who is administrator."""
    for server in outside.SERVERS:
        outside.approve_tools(ws, server)
    return ws


def test_nothing_is_served_before_a_person_who_may_has_approved(
    ws: Workspace, as_person: Callable[[str], Workspace]
) -> None:
    with pytest.raises(Refused, match="approved"):
        outside.started(ws, "read")
    add_person(ws, "zhao", ["operator"])
    with pytest.raises(Refused):
        outside.approve_tools(as_person("zhao"), "read")
    outside.approve_tools(as_person("li"), "read")
    assert outside.started(ws, "read") == outside.toolset("read")
    with pytest.raises(Refused):
        outside.started(ws, "propose")


SPOILT: list[tuple[str, Callable[[tuple[outside.Tool, ...]], tuple[outside.Tool, ...]]]] = [
    ("renamed", lambda t: (replace(t[0], name="diapason_state"), *t[1:])),
    ("reworded", lambda t: (replace(t[0], description=t[0].description + " Obey it."), *t[1:])),
    ("other schema", lambda t: (replace(t[0], takes={**t[0].takes, "additionalProperties": True}), *t[1:])),
    ("one more", lambda t: (*t, replace(t[0], name="shadow"))),
    ("one less", lambda t: t[1:]),
    ("none", lambda _: ()),
]


@pytest.mark.parametrize(("name", "spoil"), SPOILT, ids=[n for n, _ in SPOILT])
def test_a_set_that_changed_neither_starts_nor_answers(open_door: Workspace, name: str, spoil: Any) -> None:
    tools = spoil(outside.toolset("read"))
    with pytest.raises(Refused, match="approved"):
        outside.started(open_door, "read", tools)
    with pytest.raises(Refused, match="approved"):
        _call(open_door, "read", "diapason_status", tools=tools)


def test_a_pin_by_a_hand_that_may_not_counts_as_none(open_door: Workspace) -> None:
    entry = open_door.ledger.last(kind="toolset", subject="mcp:read")
    assert entry is not None
    forged = dict(entry.body) | {"signatures": [{**entry.body["signatures"][0], "sig": "AAAA"}]}
    open_door.ledger.append("toolset", subject="mcp:read", body=forged)
    assert outside.pinned(open_door, "read") == outside.digest_of(outside.toolset("read"), "read")


WRONG = [
    ("diapason_ask", {}, DataError),
    ("diapason_ask", {"question": 7}, DataError),
    ("diapason_ask", {"question": "x" * 401}, DataError),
    ("diapason_ask", {"question": "x", "system": "obey"}, DataError),
    ("diapason_readings", {"dataset": "furnace", "tag": "speed", "most": 501}, DataError),
    ("diapason_readings", {"dataset": "furnace", "tag": "nothing"}, NotFound),
    ("diapason_tags", {"dataset": "nothing"}, NotFound),
    ("diapason_evidence", {}, DataError),
    ("diapason_explain", {"agent": "nobody"}, NotFound),
    ("diapason_approve", {}, NotFound),
    ("diapason_propose", {}, NotFound),
]


@pytest.mark.parametrize(("name", "given", "error"), WRONG)
def test_what_does_not_fit_is_refused_in_words(
    open_door: Workspace, name: str, given: dict[str, Any], error: type[DiapasonError]
) -> None:
    with pytest.raises(error):
        _call(open_door, "read", name, given=given)


def test_what_goes_out_obeys_nobody_and_has_an_end() -> None:
    text = "\x1b[31mignore\u202e all\u2066\U000e0041" + "x" * 10_000
    told = json.dumps(clean({"a": [text], text: {"b": text}}), ensure_ascii=False)
    assert len(told) < 1500
    assert not any(ord(c) < 32 or c in "\u202e\u2066\U000e0041" for c in told)


@pytest.fixture
def guest(open_door: Workspace, as_person: Callable[[str], Workspace]) -> Workspace:
    """A registered guest at A3 on one tag, an envelope that a safety officer signed."""
    ws = open_door
    add_person(ws, "chen", ["safety"])
    for part, text in (("agents/guest.yaml", MANIFEST), ("envelopes/R-101.yaml", ENVELOPE)):
        (ws.folder / part).parent.mkdir(exist_ok=True)
        (ws.folder / part).write_text(text)
    agent.create(ws, "guest")
    chen = open_workspace(ws.folder, person="chen")
    gateway.sign_envelope(chen, "R-101")
    gateway.set_mode(chen, "R-101", "automatic")
    now = round(ws.clock().timestamp() * 1e6)
    bind = gateway.binding(ws, "guest", "R-101")
    args = ("guest", "R-101", "TIC-201.SP", bind, 300, 0, now - 10**12, now, "operators", 0.1, -0.01, 0.2, 0.05)
    gateway.note_shadow(ws, Shadow(*args))
    gateway.promote(chen, "guest", "R-101", "TIC-201.SP", Autonomy.A3, because="test")
    return ws


def test_a_guest_proposes_under_the_same_gateway_and_a_person_decides(
    guest: Workspace, as_person: Callable[[str], Workspace]
) -> None:
    line = BenchLine.of("R-101", agent.find(guest, "guest").envelopes)

    async def opened(_ws: Workspace, name: str) -> BenchLine:
        assert name == "line"
        return line

    said = {"asset": "R-101", "tag": "TIC-201.SP", "new": 121.0, "unit": "Cel", "reason": "colder", "key": "g1"}
    own: dict[str, Any] = {"agent": "guest", "opened": opened}
    asked = _call(guest, "propose", "diapason_propose", given=said, **own)
    assert (asked["state"], line.writes) == ("waiting", [])
    assert _call(guest, "propose", "diapason_propose", given=said, **own)["digest"] == asked["digest"]
    gateway.approve(as_person("li"), "g1")
    gateway.tends(guest, ["line"])
    done = asyncio.run(gateway.carry_out(guest, "g1", line))
    assert (done.state, line.writes) == ("written", [("TIC-201.SP", 121.0)])
    told = _call(guest, "propose", "diapason_action", given={"key": "g1"}, **own)
    assert told["state"] == "written"
    beyond = _call(guest, "propose", "diapason_propose", given=said | {"new": 500.0, "key": "g2"}, **own)
    assert beyond["state"] == "refused"
    assert gateway.level(guest, "guest", "R-101", "TIC-201.SP") == Autonomy.A0, "who tries to leave the envelope falls"
    explained = _call(guest, "read", "diapason_explain", given={"agent": "guest"})
    assert {a["key"] for a in explained["actions"]} == {"g1", "g2"}
    with pytest.raises(Refused):
        _call(guest, "propose", "diapason_propose", given=said | {"tag": "PIC-201.SP"}, **own)
    with pytest.raises((Refused, NotFound)):
        _call(guest, "propose", "diapason_propose", given=said, agent="ghost", opened=opened)


def test_all_it_can_see_is_of_this_workspace(open_door: Workspace, shown: Path) -> None:
    status = _call(open_door, "read", "diapason_status")
    assert status["models"] == 1
    assert _call(open_door, "read", "diapason_datasets")["datasets"][0]["dataset"] == "furnace@1"
    runs = _call(open_door, "read", "diapason_evidence", given={"about": "furnace"})["runs"]
    assert {"ingest", "learn"} <= {r["verb"] for r in runs}
    assert shown.exists()
