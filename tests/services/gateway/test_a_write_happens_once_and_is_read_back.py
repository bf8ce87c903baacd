"""Proposed, approved by a second person, written once, read back, taken back: all of it in the ledger, in order."""

import asyncio
from collections.abc import Callable

from diapason.ports.workspace import Workspace
from diapason.services import gateway
from diapason.vocabulary.acting import Proposal
from tests.services.gateway.conftest import ASSET, TAG, CellLine

As = Callable[[str], Workspace]
Make = Callable[..., Proposal]
Up = Callable[..., Workspace]


def test_an_approved_action_is_written_once_read_back_and_undone(
    ws: Workspace, as_person: As, line: CellLine, propose: Make, raised: Up
) -> None:
    raised(3)
    asked = asyncio.run(gateway.submit(ws, propose("k1"), line))
    assert (asked.state, line.writes) == ("waiting", []), asked.said
    assert "set TIC-201.SP from 120.0 to 121.0 Cel until" in asked.said.en
    assert gateway.approve(as_person("li"), "k1", seen=asked.digest[:12])["digest"] == asked.digest
    done = asyncio.run(gateway.carry_out(ws, "k1", line))
    assert (done.state, done.read, line.writes) == ("written", 121.0, [(TAG, 121.0)]), done.said
    assert asyncio.run(gateway.carry_out(ws, "k1", line)).state == "written"
    assert asyncio.run(gateway.submit(ws, propose("k1"), line)).state == "refused"
    assert len(line.writes) == 1
    kinds = [e.kind for e in ws.ledger.entries(run="action:k1")]
    assert kinds == ["proposal", "verdict", "asked", "approval", "verdict", "write-intent", "written", "read-back"]
    back = asyncio.run(gateway.undo(as_person("zhao"), "k1", line, because="too warm"))
    assert (back.state, line.writes[-1], line.cell.tic201.target) == ("undone", (TAG, 120.0), 120.0)
    assert ws.ledger.check() > 0
    assert ASSET == "R-101"
