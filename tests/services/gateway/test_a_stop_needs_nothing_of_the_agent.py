"""Stops by hand, by command, while the ledger is held, right before a write; and the watch that leads back."""

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from diapason.errors import NotFound, Refused
from diapason.ports.workspace import Workspace
from diapason.services import gateway
from diapason.services.desk import inbox
from diapason.vocabulary.acting import Effect, Proposal
from diapason.vocabulary.language import Text
from tests.services.gateway.conftest import ASSET, ENVELOPE, TAG, CellLine

As = Callable[[str], Workspace]
Make = Callable[..., Proposal]
Up = Callable[..., Workspace]
Call = Callable[..., Any]


@pytest.mark.parametrize("name", ["all", "R-101", "r-101", "R-10l"])
def test_a_file_made_by_hand_stops(name: str, ws: Workspace, line: CellLine, propose: Make, raised: Up) -> None:
    """Also one whose name is that of no asset: whoever wrote it meant something."""
    raised(4)
    (ws.folder / "stops").mkdir()
    (ws.folder / "stops" / name).touch()
    done = asyncio.run(gateway.submit(ws, propose("k1"), line))
    assert (done.verdict["refused_by"], line.writes) == ("stop", [])


def test_a_stop_of_another_asset_leaves_this_one_alone(
    ws: Workspace, as_person: As, line: CellLine, propose: Make, raised: Up
) -> None:
    (ws.folder / "envelopes" / "K-201.yaml").write_text(ENVELOPE.replace("asset: R-101", "asset: K-201"))
    gateway.sign_envelope(as_person("chen"), "K-201")
    raised(4)
    gateway.stop(ws, "K-201")
    assert asyncio.run(gateway.submit(ws, propose("k1"), line)).state == "written"


def test_stops_that_cannot_be_read_stop_everything(ws: Workspace, line: CellLine, propose: Make, raised: Up) -> None:
    raised(4)
    (ws.folder / "stops").write_text("a file where the folder should be")
    assert asyncio.run(gateway.submit(ws, propose("k1"), line)).verdict["refused_by"] == "stop"


def test_a_stop_between_verdict_and_write_is_heeded(ws: Workspace, line: CellLine, propose: Make, raised: Up) -> None:
    """The file is looked at after the intent is in the ledger, right before the write."""
    raised(4)

    class Watched:
        def __getattr__(self, name: str) -> Any:
            return getattr(ws.ledger, name)

        def append(self, kind: str, **named: Any) -> Any:
            made = ws.ledger.append(kind, **named)
            if kind == "write-intent":
                gateway.stop_here(ws.folder, ASSET)
            return made

    done = asyncio.run(gateway.submit(replace(ws, ledger=Watched()), propose("k1"), line))
    assert (done.state, line.writes) == ("not written", []), done.said


def test_a_stop_holds_at_once_while_another_holds_the_ledger(ws: Workspace, call: Call) -> None:
    held = sqlite3.connect(ws.folder / "ledger.db", isolation_level=None)
    held.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    said = call("stop", "R-101", "--because", "smell of solvent", "-w", str(ws.folder))
    took = time.monotonic() - began
    held.execute("ROLLBACK")
    held.close()
    assert said.exit_code == 0
    assert "No agent writes there" in said.stdout
    assert "The ledger could not be told yet" in said.stderr
    assert gateway.stops(ws.folder) == ("R-101",)
    assert took < 12


def test_a_stop_is_released_by_who_may_and_both_are_in_the_ledger(ws: Workspace, as_person: As) -> None:
    assert gateway.stop(as_person("zhao"), because="leak")["noted"]
    assert gateway.stops(ws.folder) == ("all",)
    with pytest.raises(Refused, match="safety officer"):
        gateway.release(as_person("zhao"), because="fine")
    with pytest.raises(NotFound, match="not stopped"):
        gateway.release(as_person("chen"), ASSET, because="fine")
    assert gateway.release(as_person("chen"), because="repaired")["left"] == []
    assert [e.body["what"] for e in ws.ledger.entries(kind="stop")] == ["stop", "release"]


def test_a_person_may_undo_while_everything_is_stopped(
    ws: Workspace, as_person: As, line: CellLine, propose: Make, raised: Up
) -> None:
    raised(4)
    asyncio.run(gateway.submit(ws, propose("k1"), line))
    gateway.stop(ws)
    assert asyncio.run(gateway.undo(as_person("zhao"), "k1", line)).state == "undone"
    assert line.writes[-1] == (TAG, 120.0)


@pytest.mark.parametrize(("way", "writes"), [("hold", 1), ("fallback", 2)])
def test_a_stop_leads_to_the_fallback_where_the_envelope_says_so(
    way: str, writes: int, ws: Workspace, as_person: As, line: CellLine, propose: Make, raised: Up
) -> None:
    path = ws.folder / "envelopes" / "R-101.yaml"
    path.write_text(ENVELOPE + f"stop: {way}\n")
    gateway.sign_envelope(as_person("chen"), ASSET)
    raised(4)
    asyncio.run(gateway.submit(ws, propose("k1"), line))
    gateway.stop(ws, ASSET)
    for _ in range(2):
        asyncio.run(gateway.fall_back(ws, {"plant": line}, ASSET))
    assert len(line.writes) == writes
    assert line.writes[-1][1] == (121.0 if way == "hold" else 118.0)


def test_the_watch_does_what_was_approved(
    ws: Workspace, as_person: As, line: CellLine, propose: Make, raised: Up
) -> None:
    raised(3)
    gateway.beat(ws, ["advice"])
    asyncio.run(gateway.submit(ws, propose("k1"), line))
    assert asyncio.run(gateway.tend(ws, {"plant": line})).idle
    assert gateway.watched(ws)
    waits = inbox(as_person("li"))["sign"]
    assert [one["what"] for one in waits] == ["action:k1"]
    assert "set TIC-201.SP from 120.0 to 121.0 Cel until" in waits[0]["said"]["en"]
    assert inbox(ws)["sign"] == [], "not to who runs the agent"
    gateway.approve(as_person("li"), "k1", seen=waits[0]["digest"][:12])
    for _ in range(2):
        asyncio.run(gateway.tend(ws, {"plant": line}))
    assert line.writes == [(TAG, 121.0)]
    assert gateway.await_end(ws, "k1")["state"] == "written"


def test_an_effect_that_does_not_come_is_led_back(ws: Workspace, line: CellLine, propose: Make, raised: Up) -> None:
    raised(4)
    gateway.beat(ws, ["advice"])
    good = Effect("TIC-201.PV", 119.0, 122.0, "Cel", 1.0)
    asyncio.run(gateway.submit(ws, propose("k1", effect=good), line))
    assert asyncio.run(gateway.tend(ws, {"plant": line})).idle, "not yet due"
    time.sleep(1.0)
    line.odd["TIC-201.PV"] = 118.0
    done = asyncio.run(gateway.tend(ws, {"plant": line}))
    assert [(a.key, a.state) for a in done.acted] == [("k1", "rolled back")]
    assert (line.writes[-1], gateway.level(ws, "advice", ASSET, TAG)) == ((TAG, 120.0), 0)


def test_a_promise_against_the_twin_is_refused(ws: Workspace, line: CellLine, propose: Make, raised: Up) -> None:
    raised(4)
    wild = Effect("TIC-201.PV", 100.0, 101.0, "Cel", 60.0)
    assert asyncio.run(gateway.submit(ws, propose("k1", effect=wild), line)).verdict["refused_by"] == "effect"


def test_an_alarm_of_the_model_leads_back_and_takes_down(
    ws: Workspace, line: CellLine, propose: Make, raised: Up
) -> None:
    raised(4)
    asyncio.run(gateway.submit(ws, propose("k1"), line))
    led = asyncio.run(
        gateway.alarmed(ws, "advice", ASSET, {"plant": line}, because=Text("drift of DI-101", "DI-101 漂移"))
    )
    assert [a.state for a in led] == ["rolled back"]
    assert gateway.level(ws, "advice", ASSET, TAG) == 0


def test_a_silent_agent_goes_down_and_its_tag_to_the_fallback(
    ws: Workspace, line: CellLine, propose: Make, raised: Up
) -> None:
    raised(4)
    gateway.beat(ws, ["advice"])
    asyncio.run(gateway.submit(ws, propose("k1"), line))
    assert asyncio.run(gateway.tend(ws, {"plant": line})).idle
    path = next(p for p in (ws.folder / "beats").iterdir() if p.name == "advice")
    os.utime(path, (time.time() - 31, time.time() - 31))
    done = asyncio.run(gateway.tend(ws, {"plant": line}))
    assert [one["state"] for one in done.fallen] == ["written"]
    assert (line.writes[-1], gateway.level(ws, "advice", ASSET, TAG)) == ((TAG, 118.0), 0)
    assert asyncio.run(gateway.tend(ws, {"plant": line})).idle, "once"


def test_a_tag_is_held_by_one_agent(ws: Workspace, line: CellLine, propose: Make, raised: Up) -> None:
    raised(4)
    gateway.hold(ws, "other", ASSET, TAG, 60)
    assert asyncio.run(gateway.submit(ws, propose("k1"), line)).verdict["refused_by"] == "exclusion"
    gateway.hold(ws, "other", ASSET, TAG, 0)
    assert asyncio.run(gateway.submit(ws, propose("k2"), line)).state == "written"
