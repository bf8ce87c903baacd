"""The ladder: up only with evidence and a signature, down at once by anybody and by the gateway itself."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from diapason.errors import DataError, NotFound, Refused
from diapason.ports.workspace import Workspace
from diapason.services import gateway
from diapason.services.gateway.envelopes import read_envelopes
from diapason.vocabulary.acting import Autonomy, Proposal, Shadow
from tests.services.gateway.conftest import ASSET, ENVELOPE, TAG, CellLine

As = Callable[[str], Workspace]
Make = Callable[..., Proposal]
Up = Callable[..., Workspace]
Call = Callable[..., Any]


def test_without_evidence_nobody_raises_and_the_owner_never(ws: Workspace, as_person: As) -> None:
    chen = as_person("chen")
    with pytest.raises(Refused, match="can't go to A3") as refused:
        gateway.promote(chen, "advice", ASSET, TAG, Autonomy.A3)
    assert "nothing was tried in shadow" in refused.value.said("en")["fix"]
    now = round(time.time() * 1e6)
    shown = Shadow("advice", ASSET, TAG, "of another manifest", 900, 0, 0, now, "operators", 1, 1, 1, 0)
    gateway.note_shadow(ws, shown)
    assert gateway.shadow_of(ws, "advice", ASSET, TAG) is None
    with pytest.raises(Refused, match="is not"):
        gateway.promote(ws, "advice", ASSET, TAG, Autonomy.A2)
    with pytest.raises(NotFound):
        gateway.promote(chen, "nobody", ASSET, TAG, Autonomy.A2)
    assert gateway.promote(chen, "advice", ASSET, TAG, Autonomy.A2)["level"] == 2
    with pytest.raises(DataError, match="at A2"):
        gateway.promote(chen, "advice", ASSET, TAG, Autonomy.A1)


def test_a_violation_attempt_returns_to_shadow_and_a_bad_sensor_asks_a_person_again(
    ws: Workspace, line: CellLine, propose: Make, raised: Up
) -> None:
    raised(4)
    line.trust = 2
    assert asyncio.run(gateway.submit(ws, propose("k1"), line)).verdict["refused_by"] == "interlocks"
    assert gateway.level(ws, "advice", ASSET, TAG) == 3
    line.trust = 0
    assert asyncio.run(gateway.submit(ws, propose("k2"), line)).state == "waiting"
    assert asyncio.run(gateway.submit(ws, propose("k3", new=125.0), line)).verdict["refused_by"] == "step"
    assert gateway.level(ws, "advice", ASSET, TAG) == 0
    assert line.writes == []


def test_alone_only_after_thirty_approved_writes_that_stood(
    ws: Workspace, as_person: As, line: CellLine, propose: Make, raised: Up
) -> None:
    raised(3)
    chen, li = as_person("chen"), as_person("li")
    with pytest.raises(Refused, match="A4") as refused:
        gateway.promote(chen, "advice", ASSET, TAG, Autonomy.A4)
    assert "0 approved writes stood; 30 are needed" in refused.value.said("en")["fix"]

    async def thirty() -> None:
        for i in range(30):
            old, new = (120.0, 120.1) if i % 2 == 0 else (120.1, 120.0)
            assert (await gateway.submit(ws, propose(f"k{i}", old=old, new=new), line)).state == "waiting", i
            gateway.approve(li, f"k{i}")
            assert (await gateway.carry_out(ws, f"k{i}", line)).state == "written"

    asyncio.run(thirty())
    assert gateway.promote(chen, "advice", ASSET, TAG, Autonomy.A4)["level"] == 4
    assert asyncio.run(gateway.submit(ws, propose("k30"), line)).state == "written"


def test_the_command_raises_takes_down_and_shows(ws: Workspace, call: Call, raised: Up) -> None:
    raised(3)
    place = ("-w", str(ws.folder))
    said = call("agent", "level", "advice", *place)
    assert said.exit_code == 0
    assert "A3" in said.stdout
    assert "300 decisions, 0 outside" in said.stdout
    down = call("agent", "level", "advice", "--tag", TAG, "--to", "A1", "--as", "zhao", *place)
    assert "advice is taken down to A1" in down.stdout
    assert gateway.level(ws, "advice", ASSET, TAG) == 1
    up = call("agent", "level", "advice", "--tag", TAG, "--to", "A4", "--as", "chen", *place)
    assert up.exit_code == 1
    assert "can't go to A4" in up.stderr
    assert call("agent", "level", "advice", "--to", "A1", *place).exit_code == 2
    assert call("agent", "level", "advice", "--tag", "X", "--to", "A1", *place).exit_code == 1


WRONG = [
    ("high: 130", "high: 100", "low < high"),
    ("high: 130", "high: .inf", "finite"),
    ("high: 130", "high: .nan", "finite"),
    ("step: 2", "step: 0", "> 0"),
    ("daily: 200", "daily: 5000", "<= 1000"),
    ("daily: 200", "daily: 2.5", ""),
    ("dwell: 0", "dwell: -1", ">= 0"),
    ("near: 0.01", "near: 1.5", "near <= step / 2"),
    ("fallback: 118", "fallback: 150", "110 … 130"),
    ("settle: 0.3", "sudo: yes", ""),
    ("unit: Cel", "unit: 5", ""),
    ('relation: "<"', 'relation: "~"', ""),
    ("connection: plant", "connection: plant\nconnection: other", "docs/gateway.md"),
    ("beat: 30", "beat: 0", "> 0"),
    ("beat: 30", "stop: maybe", "hold, fallback"),
    ("tags:", "tags: [", "docs/gateway.md"),
    ("freshest: 10", "freshest: .inf", "finite"),
    ("low: 110", "low: 110\n  kind: text", "number, whole, switch"),
]


@pytest.mark.parametrize(("old", "new", "fix"), WRONG)
def test_an_envelope_that_cannot_be_is_refused_with_the_field(old: str, new: str, fix: str, tmp_path: Path) -> None:
    path = tmp_path / "R-101.yaml"
    path.write_text(ENVELOPE.replace(old, new, 1))
    with pytest.raises(DataError) as refused:
        read_envelopes(path)
    assert "R-101.yaml" in refused.value.at
    assert fix in refused.value.said("en")["fix"]


def test_the_commands_of_the_persons_side_tell_what_happens(
    ws: Workspace, line: CellLine, propose: Make, raised: Up, call: Call, beats: Callable[[], None]
) -> None:
    raised(3)
    beats()
    place = ("-w", str(ws.folder))
    asyncio.run(gateway.submit(ws, propose("k1"), line))
    asyncio.run(gateway.submit(ws, propose("k0", tag="PIC-201.SP"), line))
    assert "set TIC-201.SP from 120.0 to 121.0 Cel until" in call("inbox", "--as", "li", *place).stdout
    said = call("approve", "action:k1", "--as", "li", *place)
    assert "li approves: set TIC-201.SP from 120.0 to 121.0 Cel" in said.stdout
    assert "diapason agent watch" in said.stdout
    assert "declined" not in call("refuse", "action:k1", "--because", "no", "--as", "li", *place).stdout
    assert call("approve", "action:k1", "--as", "li", *place).exit_code == 1
    assert call("undo", "action:k1", "--as", "li", *place).exit_code == 1
    assert "maintenance" in call("mode", ASSET, "maintenance", "--as", "zhao", *place).stdout
    assert "maintenance" in call("mode", ASSET, *place).stdout
    shown = call("envelope", ASSET, *place)
    assert "Signed by chen; it binds." in shown.stdout
    assert "TIC-201.PV < 140 Cel" in shown.stdout
    assert call("stop", ASSET, "--because", "leak", *place).exit_code == 0
    assert "Still stopped: -" in call("release", ASSET, "--because", "fixed", "--as", "chen", *place).stdout
    assert call("envelope", ASSET, "--sign", "--as", "zhao", *place).exit_code == 1
    assert "Signed" in call("envelope", ASSET, "--sign", "--as", "chen", *place).stdout
    assert replace(ws).name == "plant"
