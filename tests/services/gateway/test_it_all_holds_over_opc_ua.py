"""The embedded plant behind a real OPC UA server: approve, write, read back, undo, stop, and a kill in the middle."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from diapason.ports.workspace import Workspace
from diapason.services import agent, gateway
from diapason.services.workspace import open_workspace
from diapason.vocabulary.acting import Effect, Proposal
from tests.services.gateway.conftest import ASSET, TAG

As = Callable[[str], Workspace]
Up = Callable[..., Workspace]
Call = Callable[..., Any]

ENVELOPE = """asset: R-101
connection: plant
twin: hydrogenation
horizon: 300
mode_tag: R-101.MODE
stop: fallback
tags:
- tag: TIC-201.SP
  unit: Cel
  low: 100
  high: 135
  step: 2
  rate: 20
  dwell: 0
  daily: 50
  near: 0.05
  settle: 5
  fallback: 118
  interlocks:
  - {tag: TIC-201.PV, relation: "<", value: 145, unit: Cel, freshest: 10, low: 0, high: 200}
  - {tag: XS-201, relation: "==", value: 0, unit: "", freshest: 30}
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What `diapason plant serve --json` says, while it runs."""
    keys = tmp_path_factory.mktemp("keys")
    words = f"plant serve --only opcua --port 0 --days 0.2 --every 0.25 --keys {keys} --json".split()
    with subprocess.Popen([sys.executable, "-m", "diapason", *words], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = ""
        while not said.endswith("}\n") or said.count("{") != said.count("}"):
            line = process.stdout.readline()
            assert line, f"the server has ended: {said}"
            said += line
        yield {**json.loads(said), "password": keys / "opcua" / "password"}
        process.terminate()
        process.wait(10)


@pytest.fixture
def live(ws: Workspace, served: dict[str, Any], as_person: As) -> Workspace:
    """The workspace, connected to it."""
    path = ws.folder / "connections" / "plant.toml"
    path.parent.mkdir(exist_ok=True)
    options = f'options = {{ user = "engineer", password_file = {json.dumps(str(served["password"]))} }}\n'
    path.write_text(f'format = 1\naddress = "{served["addresses"]["opcua"]}"\ntags = []\n{options}')
    (ws.folder / "envelopes" / "R-101.yaml").write_text(ENVELOPE)
    gateway.sign_envelope(as_person("chen"), ASSET)
    manifest = ws.folder / "agents" / "advice.yaml"
    manifest.write_text(manifest.read_text().replace("low: 105, high: 135", "low: 95, high: 140"))
    agent.create(ws, "advice")
    return ws


async def _present(ws: Workspace) -> float:
    async with gateway.reached(ws, ["plant"], writes=False) as lines:
        return float((await lines["plant"].read([TAG])).values[0])


def _wish(key: str, old: float, new: float, **other: Any) -> Proposal:
    now = time.time_ns() // 1000
    return Proposal(key, "advice", ASSET, TAG, old, new, "Cel", now, now + 900_000_000, **other)


@contextmanager
def watching(ws: Workspace) -> Iterator[subprocess.Popen[str]]:
    """`diapason agent watch` in a process of its own, once it says that it reaches the plant."""
    words = ["agent", "watch", "--every", "0.3", "--as", "zhao", "-w", str(ws.folder), "--json"]
    with subprocess.Popen([sys.executable, "-m", "diapason", *words], stdout=subprocess.PIPE, text=True) as process:
        until = time.monotonic() + 30
        while not gateway.watched(ws, "plant"):
            assert process.poll() is None
            assert time.monotonic() < until, "the watch gives no sign"
            time.sleep(0.1)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


ACTS = """
import asyncio, os, signal, sys, time
from diapason.services import gateway
from diapason.services.workspace import open_workspace
from diapason.vocabulary.acting import Proposal
ws, old = open_workspace(sys.argv[1], person="wang"), float(sys.argv[2])
gateway.beat(ws, ["advice"])
now = time.time_ns() // 1000
p = Proposal("dying", "advice", "R-101", "TIC-201.SP", old, old + 1, "Cel", now, now + 900_000_000)
async def act():
    async with gateway.reached(ws, ["plant"], writes=False) as lines:
        return await gateway.submit(ws, p, lines["plant"])
print(asyncio.run(act()).state, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_agent_is_looked_after_and_a_killed_watch_ends_all_writing(
    live: Workspace, as_person: As, raised: Up, beats: Callable[[], None]
) -> None:
    """kill -9 of the agent after its write: the watch, a process of its own, leads the tag to its fallback, the agent
    to A0. kill -9 of the watch: within ten seconds an agent that may act alone is refused, and nothing moves."""
    path = live.folder / "envelopes" / "R-101.yaml"
    path.write_text(path.read_text().replace("stop: fallback\n", "stop: fallback\nbeat: 2\n"))
    gateway.sign_envelope(as_person("chen"), ASSET)
    raised(4)
    beats()
    old = asyncio.run(_present(live))
    assert asyncio.run(_again(live, "k0", old)).verdict["refused_by"] == "watch"
    with watching(live) as watch:
        words = [sys.executable, "-c", ACTS, str(live.folder), str(old)]
        said = subprocess.run(words, capture_output=True, text=True, check=False)
        assert (said.stdout, said.returncode) == ("written\n", -signal.SIGKILL), said.stderr
        until = time.monotonic() + 20
        while asyncio.run(_present(live)) != pytest.approx(118.0) and time.monotonic() < until:
            time.sleep(0.2)
        assert asyncio.run(_present(live)) == pytest.approx(118.0)
        assert gateway.level(live, "advice", ASSET, TAG) == 0
        raised(4)
        watch.send_signal(signal.SIGKILL)
        watch.wait()
    until = time.monotonic() + 11
    while gateway.watched(live, "plant") and time.monotonic() < until:
        time.sleep(0.2)
    assert not gateway.watched(live, "plant")
    refused = asyncio.run(_again(live, "k9", 118.0)).verdict["refused_by"]
    assert refused in ("watch", "rate")  # the way to the fallback may have used up the minute
    assert asyncio.run(_present(live)) == pytest.approx(118.0)


def test_approve_write_read_back_undo_and_stop(live: Workspace, as_person: As, raised: Up, call: Call) -> None:
    raised(3)
    old = asyncio.run(_present(live))
    promise = Effect("TIC-201.PV", old - 5, old + 5, "Cel", 0.5)

    async def propose() -> gateway.Action:
        async with gateway.reached(live, ["plant"]) as lines:
            return await gateway.submit(live, _wish("k1", old, old + 1, effect=promise), lines["plant"])

    asked = asyncio.run(propose())
    assert asked.state == "waiting", asked.said
    gateway.beat(live, ["advice"])
    with watching(live):
        approved = call("approve", "action:k1", "--as", "li", "-w", str(live.folder))
    assert "written: TIC-201.SP reads" in approved.stdout, approved.stdout + approved.stderr
    done: list[gateway.Tended] = []
    asyncio.run(gateway.watch(live, every=0.6, cycles=2, told=done.append))
    found = gateway.find(live, "k1")
    assert found is not None
    assert (found.state, found.read, found.effect) == ("written", old + 1, "came"), (found.said, done)
    assert asyncio.run(_present(live)) == pytest.approx(old + 1)
    said = call("undo", "action:k1", "--reason", "too warm", "--as", "zhao", "-w", str(live.folder))
    assert said.exit_code == 0, said.stderr
    assert asyncio.run(_present(live)) == pytest.approx(old)
    raised(4)
    assert asyncio.run(_again(live, "k2", old)).state == "written"
    stopped = call("stop", ASSET, "--because", "leak", "-w", str(live.folder))
    assert "reads 118 Cel" in stopped.stdout, stopped.stdout + stopped.stderr
    assert asyncio.run(_present(live)) == pytest.approx(118.0)
    refused = asyncio.run(_again(live, "k3", 118.0)).verdict["refused_by"]
    assert refused in ("stop", "rate")  # the plant's set point follows the day: the way to 118 may use up the minute
    assert gateway.stopped(live.folder, ASSET) == (ASSET,)
    assert asyncio.run(_present(live)) == pytest.approx(118.0)


async def _again(ws: Workspace, key: str, old: float) -> gateway.Action:
    """As an agent does: its own line is for reading, the gateway writes by another."""
    async with gateway.reached(ws, ["plant"], writes=False) as lines:
        return await gateway.submit(ws, _wish(key, old, old + 1), lines["plant"])


KILLED = """
import asyncio, os, signal, sys
from diapason.services import gateway
from diapason.services.gateway import writing
from diapason.services.workspace import open_workspace
ws, at = open_workspace(sys.argv[1], person="wang"), sys.argv[2]
noted = writing.note
def note(ws, kind, p, body):
    if kind == "written":
        os.kill(os.getpid(), signal.SIGKILL)
    noted(ws, kind, p, body)
    if kind == "write-intent" and at == "before":
        os.kill(os.getpid(), signal.SIGKILL)
writing.note = note
async def go():
    async with gateway.reached(ws, ["plant"]) as lines:
        await gateway.carry_out(ws, sys.argv[3], lines["plant"])
asyncio.run(go())
"""


@pytest.mark.parametrize(("at", "state", "moved"), [("before", "not written", 0.0), ("after", "written", 0.5)])
def test_killed_in_the_middle_it_is_told_and_never_written_again(
    at: str, state: str, moved: float, live: Workspace, as_person: As, raised: Up
) -> None:
    raised(3)
    old, key = asyncio.run(_present(live)), f"kill-{at}"

    async def propose() -> gateway.Action:
        async with gateway.reached(live, ["plant"]) as lines:
            return await gateway.submit(live, _wish(key, old, old + 0.5), lines["plant"])

    assert asyncio.run(propose()).state == "waiting"
    gateway.approve(as_person("li"), key)
    call = [sys.executable, "-c", KILLED, str(live.folder), at, key]
    assert subprocess.run(call, check=False, env=dict(os.environ)).returncode == -9
    again = open_workspace(live.folder, person="wang")
    assert gateway.find(again, key).state == "writing"  # type: ignore[union-attr]
    told = asyncio.run(gateway.recover_now(again))
    assert [(one["key"], one["state"]) for one in told] == [(key, state)]
    gateway.beat(again, ["advice"])
    asyncio.run(gateway.watch(again, every=0.2, cycles=2))
    assert asyncio.run(_present(again)) == pytest.approx(old + moved)
    assert sum(e.kind == "write-intent" for e in again.ledger.entries(run=f"action:{key}")) == 1
    assert Path(again.folder / "ledger.db").exists()
    assert again.ledger.check()
