"""Agents on a broker: they decide, the journal has it before anybody hears it, and every reading is accounted for."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diapason.engines.evidence import merkle
from diapason.errors import BrokenEvidence, DataError, NotFound
from diapason.services import operate
from diapason.services.operate import keeping
from diapason.services.operate.journal import leaf
from diapason.services.workspace import Workspace
from diapason.vocabulary.acting import Manifest
from tests.services.operate.conftest import TAGS, signals

Publish = Callable[..., None]
SOON = 3.0


def manifest(name: str, asset: str, **other: Any) -> Manifest:
    return Manifest(name, 1, "", "wang", "2099-01-01T00:00:00+00:00", asset, other.pop("model", ""), (), **other)


async def ran(
    ws: Workspace, wish: operate.Wish, feed: Callable[[], None], **other: Any
) -> tuple[dict[str, Any], list[Any]]:
    """Run all agents of the workspace while something is published; the last state and what was told."""
    told: list[dict[str, Any]] = []

    async def later() -> None:
        await asyncio.sleep(1.0)
        await asyncio.to_thread(feed)

    task = asyncio.create_task(later())
    manifests = other.get("manifests") or operate.chosen(ws, ())
    last = await operate.attend(ws, manifests, wish, tell=told.append)
    await task
    return last, told


def wish(broker: int, options: dict[str, Any], **other: Any) -> operate.Wish:
    return operate.Wish(f"mqtt://127.0.0.1:{broker}", options, seconds=other.pop("seconds", SOON), **other)


def test_rules_strike_and_every_reading_is_accounted_for(
    ws: Workspace, broker: int, publish: Publish, options: dict[str, Any]
) -> None:
    """An alarm begins and ends with its reason; the ledger has it; taken = used + late + unknown + waiting."""

    def feed() -> None:
        for i, t in enumerate((60, 82, 85, 78, 74)):
            publish("K-1", (t, 40, 10), 100.0 + i)
        publish("K-2", (60, 40, 10), 100.0)
        publish("K-2", (60, 40, 10), 100.0)  # again: late
        publish("K-9", (60, 40, 10), 100.0)  # nobody's

    last, told = asyncio.run(ran(ws, wish(broker, options), feed))
    assert [(d["agent"], d["what"]) for d in told] == [("k-1-rules", "alarm"), ("k-1-rules", "clear")]
    assert told[0]["why"] == {"en": "hot: T has reached 80", "zh": "hot: T 已达 80"}
    assert told[0]["at"] == 101_000_000
    kept = operate.status(ws, "k-1-rules")["decisions"]
    assert [(d["what"], d["why"]) for d in kept] == [(d["what"], d["why"]) for d in told]
    readings = last["readings"]
    assert readings["taken"] == 8 * 3
    assert readings["late"] == 2
    assert readings["unknown"] == 3 + 7  # all of K-9, and F, which is in no rule
    assert readings["taken"] == sum(readings[n] for n in ("used", "late", "unknown", "waiting"))
    assert operate.status(ws)["fleet"]["rows"] == last["rows"] == 6
    assert ws.ledger.check()


def test_the_root_of_a_second_is_that_of_its_rows(
    ws: Workspace, broker: int, publish: Publish, options: dict[str, Any]
) -> None:
    """Whoever has the recorded rows can recompute what the ledger says the agents saw; one bit off shows."""
    rows = [(60.5, 40.25), (61.5, 41.0)]

    def feed() -> None:
        for i, (t, p) in enumerate(rows):
            publish("K-1", (t, p, 10), 50.0 + i)

    asyncio.run(ran(ws, wish(broker, options), feed))
    entries = [e.body for e in ws.ledger.entries(kind="observed")]
    seen = [leaf("k-1-rules", int((50 + i) * 1e6), np.array(r)) for i, r in enumerate(rows)]
    assert sum(e["rows"] for e in entries) == 2
    if len(entries) == 1:
        assert entries[0]["root"] == merkle.root(sorted(seen))
        changed = [leaf("k-1-rules", 50_000_000, np.array((60.5, 40.26))), seen[1]]
        assert entries[0]["root"] != merkle.root(sorted(changed))


def test_a_learnt_monitor_decides_on_the_line_as_on_its_history(
    ws: Workspace, broker: int, publish: Publish, options: dict[str, Any]
) -> None:
    """The alarm names the tag that parted, and comes out again from what was kept; a changed copy does not."""
    from diapason.services import agent as agents

    x = signals(80, 7, hot=30)
    one = manifest("k-1-watch", "K-1", model="station@1")

    def feed() -> None:
        for i, row in enumerate(x):
            publish("K-1", row, 1000.0 + i)

    last, told = asyncio.run(ran(ws, wish(broker, options, unpublished=True), feed, manifests=[one]))
    assert last["rows"] == 80
    alarm = next(d for d in told if d["what"] == "alarm")
    assert alarm["tags"][0]["tag"] == "T"
    assert "made by T" in alarm["why"]["en"]
    assert 1_050_000_000 <= alarm["at"] <= 1_058_000_000
    (entry,) = [e for e in ws.ledger.entries(kind="decided") if e.body["what"] == "alarm"]
    squad = operate.squads.gathered(ws, [one], operate.Pace(), unpublished=True)[0]
    kept = operate.journal.unpacked(ws.vault.get(entry.body["again"]["sha256"]), entry.body["again"]["place"])
    scores, _ = squad.crew.again(0, kept)
    assert scores[-1] == pytest.approx(alarm["score"], rel=1e-9)
    assert kept.rows == alarm["rows"]
    with pytest.raises(NotFound):
        agents.registered(ws, "k-1-watch")


def test_a_decision_replays_or_it_is_said_why(
    ws: Workspace, broker: int, publish: Publish, options: dict[str, Any]
) -> None:
    """The same output from the ledger alone; another number in the entry is found."""

    def feed() -> None:
        publish("K-1", (60, 40, 10), 1.0)
        publish("K-1", (90, 40, 10), 2.0)

    asyncio.run(ran(ws, wish(broker, options), feed))
    (entry,) = ws.ledger.entries(kind="decided")
    made = operate.replay(ws, "k-1-rules", decision=entry.seq)
    assert made["same"]
    assert made["again"] == pytest.approx(entry.body["score"])
    with pytest.raises(NotFound, match="no decision of k-2-rules"):
        operate.replay(ws, "k-2-rules", decision=entry.seq)
    forged = dict(entry.body) | {"score": entry.body["score"] + 0.5}
    other = ws.ledger.append("decided", run=entry.run, subject=entry.subject, body=forged)
    with pytest.raises(BrokenEvidence, match="does not come out again"):
        operate.replay(ws, "k-1-rules", decision=other.seq)


def test_a_killed_fleet_goes_on_where_it_was(
    ws: Workspace, broker: int, publish: Publish, options: dict[str, Any]
) -> None:
    """kill -9 right after an alarm was told: the ledger has it, the next process knows it and does not repeat it."""
    words = [sys.executable, "-m", "diapason", "agent", "run", "--all", "--json", "-w", str(ws.folder), "--as", "wang"]
    words += ["--at", f"mqtt://127.0.0.1:{broker}", *[w for k, v in options.items() for w in ("-o", f"{k}={v}")]]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=dict(os.environ))
    assert process.stdout is not None
    told, at = None, 10.0
    while told is None:
        said = json.loads(process.stdout.readline())
        told = said.get("decision")
        publish("K-1", (82, 40, 10), at)
        at += 1
    process.send_signal(signal.SIGKILL)
    process.wait()
    (entry,) = ws.ledger.entries(kind="decided")
    assert entry.body["at"] == told["at"]

    def feed() -> None:
        publish("K-1", (82, 40, 10), at + 1)
        publish("K-1", (70, 40, 10), at + 2)

    last, more = asyncio.run(ran(ws, wish(broker, options), feed))
    assert [d["what"] for d in more] == ["clear"]
    assert ws.ledger.check()
    assert last["went_on"] in (0, 2)  # killed before its first state was written, or after


def test_a_shadow_proposes_nothing_and_says_what_it_would_have(
    ws: Workspace, broker: int, publish: Publish, options: dict[str, Any]
) -> None:
    """A rule with a wish, in shadow: recorded, inside the agent's own envelope, and not submitted."""
    from diapason.vocabulary.acting import Envelope

    bounds = Envelope("K-1", "K-1/F", "t/h", low=0, high=12, step=1.5, rate=2, dwell=60, daily=4)
    rule = {"kind": "above", "tag": "T", "limit": 80, "then": {"tag": "F", "by": 5, "unit": "t/h"}}
    one = manifest("k-1-cool", "K-1", rules=(rule,), envelopes=(bounds,))

    def feed() -> None:
        publish("K-1", (60, 40, 10), 1.0)
        publish("K-1", (90, 40, 10), 2.0)

    asyncio.run(ran(ws, wish(broker, options, shadow=True), feed, manifests=[one]))
    (entry,) = ws.ledger.entries(kind="wish")
    assert entry.body["state"] == "shadow"
    assert entry.body["why"]["en"] == "would set 11.5"
    assert not list(ws.ledger.entries(kind="proposal"))


def test_what_cannot_run_says_so(ws: Workspace, broker: int, options: dict[str, Any]) -> None:
    """No such agent, no connection, nobody at the address, a rule that can't be."""
    with pytest.raises(NotFound, match="no agent 'k-3'"):
        operate.chosen(ws, ["k-3"])
    with pytest.raises(DataError, match="listens to nothing"):
        asyncio.run(operate.run(ws, ["k-1-rules"], operate.Wish(seconds=1)))
    odd = manifest("odd", "K-1", rules=({"kind": "above", "tag": "T"},))
    with pytest.raises(DataError, match="lacks 'limit'") as caught:
        asyncio.run(operate.attend(ws, [odd], wish(broker, options, seconds=1)))
    assert caught.value.at == "odd@1, rules[0]"


def test_history_through_the_line_is_the_whole_history(ws: Workspace) -> None:
    """Replay of the dataset that the model comes from: the same scores, judged with doubt; in words for a person."""
    begin = time.monotonic()
    one = manifest("k-1-watch", "K-1", model="station@1")
    past = operate.replaying.history(ws, one, "station")
    squad = operate.squads.gathered(ws, [one], operate.Pace(hold=0.0), unpublished=True)[0]
    said = operate.replaying.replayed(squad, past)
    assert squad.model is not None
    whole = squad.model.model.predict(past.examples)
    np.testing.assert_allclose(said.score, whole, rtol=1e-9)
    found = operate.replaying.told(operate.replaying.judged(past, said.alarm))
    assert found["events"] == 1
    assert found["misses"] == 0
    assert found["delay_s"] < 10
    assert found["false_per_asset_day"]["low"] <= found["false_per_asset_day"]["value"]
    assert squad.columns == TAGS
    assert time.monotonic() - begin < 30


def test_a_line_that_gives_packets_one_by_one_is_no_slower() -> None:
    """While agents look at some, others gather; the end of the line, and its trouble, come through."""

    class Ones:
        async def listen(self, tags: Any) -> Any:
            for i in range(500):
                yield i
                await asyncio.sleep(0)
            if tags:
                raise NotFound("no such tag")

    async def taken(tags: Any) -> list[list[int]]:
        found = []
        async for packets in operate.running.many(Ones(), tags):  # type: ignore[arg-type]
            found.append(packets)
            await asyncio.sleep(0.02)
        return found

    lists = asyncio.run(taken(()))
    assert [p for each in lists for p in each] == list(range(500))
    assert len(lists) < 20
    with pytest.raises(NotFound):
        asyncio.run(taken(("t",)))


def test_a_state_of_another_form_is_not_taken_up(ws: Workspace) -> None:
    """Numbers that meant something else would be believed; begin anew rather than that. Rules have none such."""
    for one, left in ((manifest("k-1-watch", "K-1", model="station@1"), 0), (operate.chosen(ws, ["k-1-rules"])[0], 1)):
        squad = operate.squads.gathered(ws, [one], operate.Pace(hold=0.0), unpublished=True)[0]
        state = keeping.kept(squad, 0)
        keeping.keep(ws, squad, state)
        assert keeping.taken_up(ws, squad) == 1
        keeping.keep(ws, squad, {n: a for n, a in state.items() if n != "form"})
        assert keeping.taken_up(ws, squad) == left
