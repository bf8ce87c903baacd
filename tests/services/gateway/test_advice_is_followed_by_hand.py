"""A2: the inbox says what to set and how to answer; what was set is read, what nobody answered is expired."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from diapason.errors import Conflict, Refused
from diapason.services import gateway
from diapason.services.desk import inbox
from diapason.services.workspace import Workspace
from diapason.vocabulary.acting import Autonomy, Effect, Proposal
from tests.conftest import Said
from tests.services.gateway.conftest import ASSET, TAG, CellLine

As = Callable[[str], Workspace]
Make = Callable[..., Proposal]


@pytest.fixture
def advised(ws: Workspace, as_person: As, line: CellLine, propose: Make) -> CellLine:
    """The agent at A2 has advised k1: from 120 to 121 Cel."""
    gateway.promote(as_person("chen"), "advice", ASSET, TAG, Autonomy(2))
    expected = Effect("TIC-201.PV", 110.0, 130.0, "Cel", 600.0)
    done = asyncio.run(gateway.submit(ws, propose("k1", effect=expected), line))
    assert done.state == "recommended"
    return line


@pytest.mark.usefixtures("advised")
def test_the_inbox_says_what_to_set_and_how_to_answer(ws: Workspace, as_person: As, call: Callable[..., Said]) -> None:
    """The exact set point, what is expected, and two commands that exist."""
    (one,) = [d for d in inbox(as_person("zhao"))["do"] if d["what"] == "action:k1"]
    assert "set TIC-201.SP from 120.0 to 121.0 Cel" in one["said"]["en"]
    assert "TIC-201.PV 110 … 130 Cel" in one["said"]["en"]
    assert one["command"] == "diapason approve action:k1 --by-hand --as zhao"
    assert one["otherwise"] == 'diapason refuse action:k1 --because "…" --as zhao'
    said = call("inbox", "-w", str(ws.folder), "--as", "zhao")
    assert one["command"] in said.stdout
    assert "or " + one["otherwise"] in said.stdout
    done = call("refuse", "action:k1", "--because", "the lab is not ready", "-w", str(ws.folder), "--as", "zhao")
    assert done.exit_code == 0
    assert gateway.find(ws, "k1").state == "declined"  # type: ignore[union-attr]
    assert not inbox(as_person("zhao"))["do"]


def test_what_was_set_by_hand_is_read_before_it_counts(ws: Workspace, as_person: As, advised: CellLine) -> None:
    """Nothing is written; another value than the advised one is refused; then the ledger has who and what."""
    zhao = as_person("zhao")
    with pytest.raises(Refused, match=r"not set yet: TIC-201\.SP reads 120"):
        asyncio.run(gateway.follow(zhao, "k1", advised))
    advised.cell.tic201.target = 121.0
    done = asyncio.run(gateway.follow(zhao, "k1", advised, note="at the panel"))
    assert (done.state, done.read, advised.writes) == ("followed", 121.0, [])
    assert done.said.en == "zhao set it by hand; it reads 121 Cel"
    (entry,) = ws.ledger.entries(kind="by-hand")
    assert (entry.body["person"], entry.body["note"]) == ("zhao", "at the panel")
    with pytest.raises(Conflict, match="does not wait: followed"):
        asyncio.run(gateway.follow(zhao, "k1", advised))
    assert asyncio.run(gateway.carry_out(ws, "k1", advised)).state == "followed"
    assert advised.writes == []


@pytest.mark.usefixtures("advised")
def test_where_nothing_can_be_read_a_persons_word_counts_and_is_called_that(
    ws: Workspace, as_person: As, call: Callable[..., Said]
) -> None:
    """The connection of the envelope can't be opened here."""
    said = call("approve", "action:k1", "--by-hand", "-w", str(ws.folder), "--as", "zhao")
    assert said.exit_code == 0, said.output
    assert "zhao says to have set it by hand; it was not read" in said.stdout
    assert "It could not be read" in said.stdout
    assert gateway.find(ws, "k1").read is None  # type: ignore[union-attr]


@pytest.mark.usefixtures("advised")
def test_approving_advice_says_what_to_do_instead(as_person: As) -> None:
    """The gateway doesn't write at A2; an action that it will write can't be followed by hand."""
    with pytest.raises(Conflict, match="advice") as caught:
        gateway.approve(as_person("li"), "k1")
    assert "--by-hand" in str(caught.value.fix)


def test_an_action_that_waits_is_no_advice(
    ws: Workspace, as_person: As, line: CellLine, propose: Make, raised: Callable[..., Workspace]
) -> None:
    """At A3 the gateway writes it once it is approved."""
    raised(3)
    assert asyncio.run(gateway.submit(ws, propose("k1"), line)).state == "waiting"
    with pytest.raises(Conflict, match="no advice"):
        asyncio.run(gateway.follow(as_person("zhao"), "k1", line))


@pytest.mark.parametrize("level", [2, 3])
def test_what_nobody_answered_in_time_is_expired(
    ws: Workspace, as_person: As, line: CellLine, propose: Make, raised: Callable[..., Workspace], level: int
) -> None:
    """Listed as that for a day and nowhere else; it can be followed or refused no more."""
    if level == 2:
        gateway.promote(as_person("chen"), "advice", ASSET, TAG, Autonomy(2))
    else:
        raised(3)
    asyncio.run(gateway.submit(ws, propose("k1"), line))
    later = _later(as_person("zhao"), minutes=16)
    found = gateway.find(later, "k1")
    assert found is not None
    assert found.state == "expired"
    box = inbox(later)
    assert not [d for d in (*box["do"], *box["sign"]) if d["what"] == "action:k1"]
    (one,) = box["over"]
    assert (one["what"], one["state"]) == ("action:k1", "expired")
    assert "in time" in one["said"]["en"]
    assert list(gateway.waiting(later)) == []
    with pytest.raises(Conflict, match="expired"):
        gateway.refuse(later, "k1", because="late")
    assert inbox(_later(as_person("zhao"), minutes=60 * 25))["over"] == []


def _later(ws: Workspace, minutes: float) -> Workspace:
    """The same workspace with a clock that is ahead."""
    now: Callable[[], datetime] = ws.clock
    return replace(ws, clock=lambda: now() + timedelta(minutes=minutes))
