"""Proposed, approved by a second person, written once, read back, taken back: all of it in the ledger, in order."""

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from diapason.errors import Conflict, Missing, Refused
from diapason.ports.workspace import Workspace
from diapason.services import gateway
from diapason.services.workspace import open_workspace
from diapason.vocabulary.acting import Proposal
from tests.services.gateway.conftest import ASSET, TAG, CellLine

As = Callable[[str], Workspace]
Make = Callable[..., Proposal]
Up = Callable[..., Workspace]


def _kinds(ws: Workspace, key: str) -> list[str]:
    return [e.kind for e in ws.ledger.entries(run=f"action:{key}")]


def test_an_approved_action_is_written_once_read_back_and_undone(
    ws: Workspace, as_person: As, line: CellLine, propose: Make, raised: Up
) -> None:
    raised(3)
    wish = propose("k1")
    asked = asyncio.run(gateway.submit(ws, wish, line))
    assert (asked.state, line.writes) == ("waiting", []), asked.said
    assert "set TIC-201.SP from 120.0 to 121.0 Cel until" in asked.said.en
    assert "将 TIC-201.SP 由 120.0 设为 121.0 Cel" in asked.said.zh
    assert gateway.approve(as_person("li"), "k1", seen=asked.digest[:12])["digest"] == asked.digest
    done = asyncio.run(gateway.carry_out(ws, "k1", line))
    assert (done.state, done.read, line.writes) == ("written", 121.0, [(TAG, 121.0)]), done.said
    assert asyncio.run(gateway.carry_out(ws, "k1", line)).state == "written"
    assert asyncio.run(gateway.submit(ws, wish, line)).state == "written", "the same again is answered, not done"
    assert asyncio.run(gateway.submit(ws, replace(wish, new=121.5), line)).state == "refused", "another under its key"
    assert len(line.writes) == 1
    order = ["proposal", "verdict", "asked", "approval", "verdict", "write-intent", "written", "read-back"]
    assert _kinds(ws, "k1") == order
    back = asyncio.run(gateway.undo(as_person("zhao"), "k1", line, because="too warm"))
    assert (back.state, line.writes[-1], line.cell.tic201.target) == ("undone", (TAG, 120.0), 120.0)
    with pytest.raises(Refused, match="not in force"):
        asyncio.run(gateway.undo(as_person("zhao"), "k1", line))
    line.live(60)
    assert abs(line.cell.tic201.sp - 120.0) < 1, "the plant itself is back"
    assert ws.ledger.check() > 0


def test_an_agent_that_acts_alone_is_written_at_once(ws: Workspace, line: CellLine, propose: Make, raised: Up) -> None:
    raised(4)
    done = asyncio.run(gateway.submit(ws, propose("k1"), line))
    assert (done.state, line.writes) == ("written", [(TAG, 121.0)]), done.said
    assert _kinds(ws, "k1") == ["proposal", "verdict", "write-intent", "written", "read-back"]


def test_at_a2_it_only_advises_and_below_nothing_is_asked(
    ws: Workspace, as_person: As, line: CellLine, propose: Make
) -> None:
    assert asyncio.run(gateway.submit(ws, propose("k0"), line)).state == "refused"
    gateway.promote(as_person("chen"), "advice", ASSET, TAG, gateway.level(ws, "advice", ASSET, TAG).__class__(2))
    done = asyncio.run(gateway.submit(ws, propose("k1"), line))
    assert (done.state, done.verdict["refused_by"], line.writes) == ("recommended", "level", [])
    with pytest.raises(Conflict, match="recommended"):
        gateway.approve(as_person("li"), "k1")


class _Shared(CellLine):
    """The plant outside: its value is a file, and every write is a line of another."""

    place: Path = Path()

    def _value(self, tag: str) -> float:
        lines = (self.place / "plant.txt").read_text().split()
        return float(lines[-1]) if tag == TAG and lines else super()._value(tag)

    async def write(self, tag: str, value: float, unit: str) -> None:
        self.before_write()
        with (self.place / "plant.txt").open("a") as file:
            file.write(f"{value}\n")
            file.flush()
            os.fsync(file.fileno())
        self.after_write()


def _shared(tmp_path: Path) -> _Shared:
    line = _Shared()
    line.place = tmp_path
    (tmp_path / "plant.txt").touch()
    return line


def _killed(ws: Workspace, line: _Shared, at: int) -> bool:
    """Carry out k1 in another process and kill it at its n-th step; False if it had ended by then."""
    child = os.fork()
    if child == 0:
        try:
            _stepped(ws, line, at)
        finally:
            os._exit(0)
    return os.waitpid(child, 0)[1] == signal.SIGKILL


def _stepped(ws: Workspace, line: _Shared, at: int) -> None:
    count = 0

    def step() -> None:
        nonlocal count
        count += 1
        if count == at:
            os.kill(os.getpid(), signal.SIGKILL)

    class Watched:
        def __getattr__(self, name: str) -> Any:
            return getattr(ws.ledger, name)

        def append(self, *values: Any, **named: Any) -> Any:
            step()
            made = ws.ledger.append(*values, **named)
            step()
            return made

    line.before_write = line.after_write = step
    asyncio.run(gateway.carry_out(replace(ws, ledger=Watched()), "k1", line))


@pytest.mark.parametrize("at", range(1, 11))
def test_a_kill_at_any_moment_writes_at_most_once_and_recovery_tells(
    at: int, ws: Workspace, as_person: As, tmp_path: Path, propose: Make, raised: Up
) -> None:
    """Before and after each entry and the write itself; what the line has is told, and nothing is written again."""
    raised(3)
    line = _shared(tmp_path)
    asyncio.run(gateway.submit(ws, propose("k1"), line))
    gateway.approve(as_person("li"), "k1")
    killed = _killed(ws, line, at)
    assert killed == (at < 11)
    again = open_workspace(ws.folder, person="wang")
    before = (tmp_path / "plant.txt").read_text().split()
    told = asyncio.run(gateway.recover(again, {"plant": line}))
    assert (tmp_path / "plant.txt").read_text().split() == before, "recovery never writes"
    found = gateway.find(again, "k1")
    assert found is not None
    begun = any(kind == "write-intent" for kind in _kinds(again, "k1"))
    if not begun:
        assert (found.state, told, before) == ("approved", [], [])
    else:
        assert found.state == ("written" if before else "not written"), found.said
    asyncio.run(gateway.carry_out(again, "k1", line))
    assert len((tmp_path / "plant.txt").read_text().split()) <= 1, "never a second time"
    assert gateway.find(again, "k1").state in ("written", "not written")  # type: ignore[union-attr]
    assert again.ledger.check() > 0


def test_many_processes_do_one_action_once(
    ws: Workspace, as_person: As, tmp_path: Path, propose: Make, raised: Up
) -> None:
    raised(3)
    line = _shared(tmp_path)
    asyncio.run(gateway.submit(ws, propose("k1"), line))
    gateway.approve(as_person("li"), "k1")
    children = []
    for _ in range(4):
        child = os.fork()
        if child == 0:
            try:
                asyncio.run(gateway.carry_out(ws, "k1", line))
            finally:
                os._exit(0)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
    assert (tmp_path / "plant.txt").read_text().split() == ["121.0"]
    assert _kinds(ws, "k1").count("write-intent") == 1


def test_what_reads_otherwise_is_led_back_and_takes_the_agent_down(
    ws: Workspace, line: CellLine, propose: Make, raised: Up
) -> None:
    raised(4)
    line.skewed = 0.5

    def straight() -> None:
        line.skewed = 0.0

    line.after_write = straight
    done = asyncio.run(gateway.submit(ws, propose("k1"), line))
    assert (done.state, line.writes) == ("rolled back", [(TAG, 121.0), (TAG, 120.0)]), done.said
    assert gateway.level(ws, "advice", ASSET, TAG) == 0
    assert not gateway.stops(ws.folder)


def test_what_cannot_be_led_back_stops_the_asset(ws: Workspace, line: CellLine, propose: Make, raised: Up) -> None:
    raised(4)
    line.skewed = 0.5
    done = asyncio.run(gateway.submit(ws, propose("k1"), line))
    assert done.state == "differs"
    assert "is stopped" in done.said.en
    assert gateway.stops(ws.folder) == ("R-101",)


def test_a_write_without_effect_is_told_and_not_repeated(
    ws: Workspace, line: CellLine, propose: Make, raised: Up
) -> None:
    raised(4)
    line.deaf = True
    done = asyncio.run(gateway.submit(ws, propose("k1"), line))
    assert (done.state, len(line.writes), gateway.level(ws, "advice", ASSET, TAG)) == ("no effect", 1, 0)


BROKEN = [
    (Missing("no connection; nothing was sent"), "not written", 0),
    (Refused("not this value"), "not written", 0),
    (Conflict("sent, and nobody knows"), "written", 1),
    (OSError("a defect"), "written", 1),
]


@pytest.mark.parametrize(("error", "state", "arrived"), BROKEN, ids=lambda x: type(x).__name__)
def test_an_error_of_the_line_is_told_by_what_the_line_reads(
    error: Exception, state: str, arrived: int, ws: Workspace, line: CellLine, propose: Make, raised: Up
) -> None:
    raised(4)

    def fail() -> None:
        raise error

    if arrived:
        line.after_write = fail
    else:
        line.before_write = fail
    done = asyncio.run(gateway.submit(ws, propose("k1"), line))
    assert (done.state, len(line.writes)) == (state, arrived), done.said


def test_a_line_that_is_lost_after_the_write_leaves_it_open_until_it_can_be_read(
    ws: Workspace, line: CellLine, propose: Make, raised: Up
) -> None:
    raised(4)

    def lost() -> None:
        line.gone = True

    line.after_write = lost
    assert asyncio.run(gateway.submit(ws, propose("k1"), line)).state == "unknown"
    line.gone, line.after_write = False, lambda: None
    raised(4)
    other = asyncio.run(gateway.submit(ws, propose("k2", old=121.0, new=122.0), line))
    assert (other.state, other.verdict["refused_by"]) == ("refused", "exclusion"), "nothing else until it is known"
    told = asyncio.run(gateway.recover(ws, {"plant": line}))
    assert [(one["key"], one["state"]) for one in told] == [("k1", "written")]
    assert len(line.writes) == 1


def test_nobody_undoes_what_somebody_else_has_moved(
    ws: Workspace, as_person: As, line: CellLine, propose: Make, raised: Up
) -> None:
    raised(4)
    asyncio.run(gateway.submit(ws, propose("k1"), line))
    line.cell.tic201.target = 125.0
    with pytest.raises(Refused, match="somebody has moved it since"):
        asyncio.run(gateway.undo(as_person("zhao"), "k1", line))
    assert len(line.writes) == 1


def test_a_busy_ledger_ends_the_write(ws: Workspace, line: CellLine, propose: Make, raised: Up) -> None:
    """The verdict is of the moment: where the ledger took too long to take the intent, nothing is written."""
    raised(4)
    from diapason.services.gateway import writing

    old, writing._OLDEST = writing._OLDEST, 0.0
    try:
        done = asyncio.run(gateway.submit(ws, propose("k1"), line))
    finally:
        writing._OLDEST = old
    assert (done.state, line.writes) == ("not written", [])


@pytest.mark.parametrize("what", ["alarm", "untrusted"])
def test_what_the_agent_tells_against_its_own_write_leads_it_back(
    ws: Workspace, line: CellLine, propose: Make, raised: Up, what: str
) -> None:
    """Its alarm rises after the write, or it can't trust its inputs: the value before is back, the agent is at A0."""
    raised(4)
    assert asyncio.run(gateway.submit(ws, propose("k1"), line)).state == "written"
    gateway.beat(ws, ["advice"])
    assert asyncio.run(gateway.tend(ws, {"plant": line})).idle
    ws.ledger.append("decided", subject="agent:advice", body={"agent": "advice", "what": what, "at": 0})
    (led,) = asyncio.run(gateway.tend(ws, {"plant": line})).acted
    assert (led.state, line.cell.tic201.target) == ("rolled back", 120.0)
    assert gateway.level(ws, "advice", ASSET, TAG) == 0


def test_an_alarm_before_the_write_is_why_it_was_made(ws: Workspace, line: CellLine, propose: Make, raised: Up) -> None:
    """What an agent told before it wrote does not speak against the write."""
    raised(4)
    ws.ledger.append("decided", subject="agent:advice", body={"agent": "advice", "what": "alarm", "at": 0})
    assert asyncio.run(gateway.submit(ws, propose("k1"), line)).state == "written"
    gateway.beat(ws, ["advice"])
    assert asyncio.run(gateway.tend(ws, {"plant": line})).idle
    assert line.cell.tic201.target == 121.0
