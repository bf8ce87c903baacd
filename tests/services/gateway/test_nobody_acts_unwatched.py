"""No agent's write without a watch that is alive and reaches the asset; what people do needs none."""

import asyncio
import os
import time
from collections.abc import Callable

import pytest

from diapason.services import gateway
from diapason.services.gateway.beating import _WATCH
from diapason.services.workspace import Workspace
from diapason.vocabulary.acting import Autonomy, Proposal
from diapason.vocabulary.names import file_name
from tests.conftest import Said
from tests.services.gateway.conftest import ASSET, TAG, CellLine

As = Callable[[str], Workspace]
Make = Callable[..., Proposal]
Up = Callable[..., Workspace]


def _old(ws: Workspace, seconds: float) -> None:
    """The last sign of the watch lies so far back."""
    gateway.tends(ws, ["plant"])
    then = time.time() - seconds
    for name in (_WATCH, f"{_WATCH}/plant"):
        os.utime(ws.folder / "beats" / file_name(name), (then, then))


@pytest.mark.parametrize("case", ["none", "old", "of the future", "reaches another plant"])
def test_who_acts_alone_is_refused(
    ws: Workspace, line: CellLine, propose: Make, raised: Up, beats: Callable[[], None], case: str
) -> None:
    """At A4, whatever is wrong with the signs of life; with them the same proposal is written."""
    raised(4)
    beats()
    if case == "old":
        _old(ws, 11)
    elif case == "of the future":
        _old(ws, -3600)
    elif case == "reaches another plant":
        gateway.tends(ws, ["boiler"])
    done = asyncio.run(gateway.submit(ws, propose("k1"), line))
    assert (done.state, done.verdict["refused_by"], line.writes) == ("refused", "watch", [])
    assert "diapason agent watch" in done.said.en
    assert gateway.level(ws, "advice", ASSET, TAG) == Autonomy.A4, "it is no fault of the agent"
    _old(ws, 0)
    assert asyncio.run(gateway.submit(ws, propose("k2"), line)).state == "written"


def test_what_is_approved_waits_for_a_watch(
    ws: Workspace,
    as_person: As,
    line: CellLine,
    propose: Make,
    raised: Up,
    beats: Callable[[], None],
    call: Callable[..., Said],
) -> None:
    """A person may be asked and may sign; it is done as soon as a watch tends the plant, once."""
    raised(3)
    beats()
    assert asyncio.run(gateway.submit(ws, propose("k1"), line)).state == "waiting"
    said = call("approve", "action:k1", "-w", str(ws.folder), "--as", "li")
    assert "It waits: no watch runs" in said.stdout
    assert "Next: diapason agent watch" in said.stdout
    assert (gateway.find(ws, "k1").state, line.writes) == ("approved", [])  # type: ignore[union-attr]
    gateway.beat(ws, ["advice"])
    for _ in range(2):
        asyncio.run(gateway.tend(as_person("zhao"), {"plant": line}))
    assert (gateway.find(ws, "k1").state, line.writes) == ("written", [(TAG, 121.0)])  # type: ignore[union-attr]


def test_people_undo_and_stop_without_a_watch(
    ws: Workspace, as_person: As, line: CellLine, propose: Make, raised: Up, beats: Callable[[], None]
) -> None:
    """The way back never waits for a process."""
    raised(4)
    assert asyncio.run(gateway.submit(ws, propose("k1"), line)).state == "written"
    beats()
    assert asyncio.run(gateway.undo(as_person("zhao"), "k1", line, because="too warm")).state == "undone"
    assert line.writes[-1] == (TAG, 120.0)


def test_a_watch_that_lost_the_plant_gives_no_sign_for_it(
    ws: Workspace, line: CellLine, beats: Callable[[], None]
) -> None:
    """It is alive, and says so; it does not say that it reaches what it can't read."""
    beats()
    line.gone = True
    asyncio.run(gateway.tend(ws, {"plant": line}))
    assert gateway.watched(ws)
    assert not gateway.watched(ws, "plant")
    line.gone = False
    asyncio.run(gateway.tend(ws, {"plant": line}))
    assert gateway.watched(ws, "plant")
