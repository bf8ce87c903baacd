"""Forged, expired, replayed, swapped, tampered: each is refused, and the plant itself has seen nothing."""

import asyncio
import base64
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from diapason.engines.evidence import dsse
from diapason.errors import Conflict, DataError, NotFound, Refused
from diapason.ports.workspace import Workspace
from diapason.services import agent, gateway, workspace
from diapason.services.gateway import ladder, sealed
from diapason.services.gateway.approving import APPROVAL
from diapason.services.gateway.wire import tag_subject
from diapason.vocabulary.acting import Autonomy, Proposal
from diapason.vocabulary.evidence import Statement, Subject
from tests.services.gateway.conftest import ASSET, ENVELOPE, TAG, CellLine

As = Callable[[str], Workspace]
Make = Callable[..., Proposal]
Up = Callable[..., Workspace]


def _asked(ws: Workspace, line: CellLine, wish: Proposal) -> gateway.Action:
    return asyncio.run(gateway.submit(ws, wish, line))


def _forged(ws: Workspace, signer: Workspace, **changes: Any) -> None:
    """An approval of k1 that is not what it says."""
    action = gateway.find(ws, "k1")
    assert action is not None
    now = round(time.time() * 1e6)
    said = {"key": "k1", "digest": action.digest, "person": "li", "made": now, "expires": now + 10**9, "note": ""}
    key = workspace.signer_of(signer)
    made = Statement((Subject("action/k1", action.digest),), APPROVAL, said | changes)
    body = dsse.sign(made, key.keyid, key.sign)
    ws.ledger.append("approval", run="action:k1", subject=tag_subject(ASSET, TAG), body=body)


FORGED = [
    ("signed by the agent's own person in li's name", "wang", {}),
    ("signed by who runs the agent", "wang", {"person": "wang"}),
    ("of another digest", "li", {"digest": "0" * 64}),
    ("of another key", "li", {"key": "k2"}),
    ("expired", "li", {"expires": 1}),
    ("from the future", "li", {"made": 1 << 60}),
    ("with no time", "li", {"expires": "never"}),
    ("by somebody unknown", "li", {"person": "nobody"}),
]


@pytest.mark.parametrize(("what", "signer", "changes"), FORGED, ids=[f[0] for f in FORGED])
def test_a_forged_approval_moves_nothing(
    what: str,
    signer: str,
    changes: dict[str, Any],
    ws: Workspace,
    as_person: As,
    line: CellLine,
    propose: Make,
    raised: Up,
) -> None:
    raised(3)
    _asked(ws, line, propose("k1"))
    _forged(ws, as_person(signer), **changes)
    done = asyncio.run(gateway.carry_out(ws, "k1", line))
    assert (done.state, done.verdict["refused_by"], line.writes) == ("refused", "approval", []), what


def test_a_genuine_approval_of_another_action_or_of_one_who_may_no_more_moves_nothing(
    ws: Workspace, as_person: As, line: CellLine, propose: Make, raised: Up
) -> None:
    raised(3)
    _asked(ws, line, propose("k1"))
    gateway.approve(as_person("li"), "k1")
    workspace.add_person(ws, "li", ["trainer"])
    assert asyncio.run(gateway.carry_out(ws, "k1", line)).verdict["refused_by"] == "approval"
    assert line.writes == []


def test_nobody_approves_what_they_run_own_or_did_not_see(
    ws: Workspace, as_person: As, line: CellLine, propose: Make, raised: Up
) -> None:
    raised(3)
    asked = _asked(ws, line, propose("k1"))
    workspace.add_person(ws, "wang", ["administrator", "approver"])
    with pytest.raises(Refused, match="can't approve"):
        gateway.approve(ws, "k1")
    for seen in ("0" * 12, asked.digest[:6]):
        with pytest.raises(Refused, match="not what was seen"):
            gateway.approve(as_person("li"), "k1", seen=seen)
    with pytest.raises(NotFound, match="no action"):
        gateway.approve(as_person("li"), "k9")
    with pytest.raises(DataError, match="reason"):
        gateway.refuse(as_person("li"), "k1", because=" ")
    gateway.refuse(as_person("li"), "k1", because="valve in repair")
    with pytest.raises(Conflict, match="declined"):
        gateway.approve(as_person("li"), "k1")
    assert asyncio.run(gateway.carry_out(ws, "k1", line)).state == "declined"
    assert line.writes == []


def test_what_changed_between_proposal_and_writing_is_refused(
    ws: Workspace, as_person: As, line: CellLine, propose: Make, raised: Up
) -> None:
    """The whole list again: the value was moved, a sensor went bad, the time is over."""
    raised(3)
    _asked(ws, line, propose("k1"))
    gateway.approve(as_person("li"), "k1")
    line.cell.tic201.target = 120.5
    assert asyncio.run(gateway.carry_out(ws, "k1", line)).verdict["refused_by"] == "old value"
    line.cell.tic201.target = 120.0
    _asked(ws, line, propose("k2"))
    gateway.approve(as_person("li"), "k2")
    later = replace(ws, clock=lambda: ws.clock() + timedelta(minutes=16))
    assert asyncio.run(gateway.carry_out(later, "k2", line)).state == "expired"
    assert asyncio.run(gateway.carry_out(ws, "k2", line)).state == "written", "not yet over by the clock of the plant"


IMPOSTORS = [
    ("another's name", {"agent": "wang"}),
    ("a look-alike", {"agent": "аdvice"}),
    ("name and version", {"agent": "advice@1"}),
    ("nobody", {"agent": ""}),
    ("no text", {"agent": 7}),
    ("a look-alike tag", {"tag": "TIС-201.SP"}),
    ("another asset", {"asset": "K-201"}),
    ("an asset of dots", {"asset": "../R-101"}),
    ("a tag of nothing", {"tag": ""}),
    ("a surrogate", {"tag": "\ud800"}),
    ("a surrogate in its key", {"key": "\ud800"}),
    ("a surrogate in the asset", {"asset": "\ud800"}),
    ("a surrogate in the agent", {"agent": "\ud800"}),
    ("a zero in the asset", {"asset": "R-101\0"}),
    ("no key", {"key": None}),
    ("ten thousand letters", {"tag": "T" * 10_000}),
    ("a huge whole number", {"new": 10**400}),
    ("not a number", {"new": float("nan")}),
    ("a text as a number", {"new": "121"}),
    ("a list as a unit", {"unit": ["Cel"]}),
    ("times of another kind", {"expires": "tomorrow"}),
    ("an effect of another kind", {"effect": "warm"}),
]


@pytest.mark.parametrize(("what", "changes"), IMPOSTORS, ids=[i[0] for i in IMPOSTORS])
def test_a_strange_proposal_is_refused_and_kept(
    what: str, changes: dict[str, Any], ws: Workspace, line: CellLine, propose: Make, raised: Up
) -> None:
    raised(4)
    done = _asked(ws, line, propose(changes.get("key", "k1"), **{n: v for n, v in changes.items() if n != "key"}))
    assert (done.state, line.writes) == ("refused", []), what
    assert gateway.find(ws, "k1") is not None or ws.ledger.last(kind="stray") is not None
    assert ws.ledger.check() > 0


def test_only_the_gateway_writes_to_a_line() -> None:
    """Nobody else in the house calls the one method that moves equipment."""
    house = Path(gateway.__file__).parents[1]
    rooms = [house, house.parent / "faces"]
    calls = {
        p.relative_to(house.parent) for r in rooms for p in r.rglob("*.py") if "line.write(" in p.read_text("utf-8")
    }
    assert {str(p) for p in calls} == {"services/gateway/writing.py"}


@pytest.mark.parametrize("signature", ["", "x", "00:AA==", f"{'0' * 64}:{base64.b64encode(b'0' * 64).decode()}"])
def test_a_proposal_that_the_agent_did_not_sign_is_refused(
    signature: str, ws: Workspace, line: CellLine, propose: Make, raised: Up
) -> None:
    raised(4)
    done = asyncio.run(gateway.submit(ws, propose("k1"), line, signature=signature))
    assert (done.verdict["refused_by"], line.writes) == ("identity", [])


def test_a_signature_of_another_proposal_or_another_key_is_refused(
    ws: Workspace, line: CellLine, propose: Make, raised: Up
) -> None:
    raised(4)
    signed = gateway.sign(ws, propose("k1"))
    done = asyncio.run(gateway.submit(ws, propose("k2"), line, signature=signed))
    assert done.verdict["refused_by"] == "identity"
    from diapason.services.gateway.wire import signature_of

    done = asyncio.run(gateway.submit(ws, propose("k3"), line, signature=signature_of(propose("k3"), ws.signer)))
    assert (done.verdict["refused_by"], line.writes) == ("identity", [])


def test_a_retired_agent_and_one_with_another_version_may_nothing(
    ws: Workspace, line: CellLine, propose: Make, raised: Up
) -> None:
    raised(4)
    path = ws.folder / "agents" / "advice.yaml"
    path.write_text(path.read_text().replace("high: 135", "high: 134"))
    agent.create(ws, "advice")
    assert gateway.level(ws, "advice", ASSET, TAG) == 0, "any change returns to shadow"
    assert _asked(ws, line, propose("k1")).verdict["refused_by"] == "level"
    agent.retire(ws, "advice", because="sold")
    assert _asked(ws, line, propose("k2")).verdict["refused_by"] == "identity"
    assert line.writes == []


def test_a_changed_envelope_binds_nothing_and_a_signed_one_returns_to_shadow(
    ws: Workspace, as_person: As, line: CellLine, propose: Make, raised: Up
) -> None:
    raised(4)
    path = ws.folder / "envelopes" / "R-101.yaml"
    path.write_text(ENVELOPE.replace("high: 130", "high: 300"))
    done = _asked(ws, line, propose("k1"))
    assert done.state == "refused"
    assert gateway.bound(ws, ASSET)[0] is None
    assert "changed after it was signed" in gateway.bound(ws, ASSET)[1].en
    path.write_text(ENVELOPE)
    assert _asked(ws, line, propose("k2")).state == "written", "the signed bytes are back"
    with pytest.raises(Refused, match="not safety officer"):
        gateway.sign_envelope(as_person("li"), ASSET)
    gateway.sign_envelope(as_person("chen"), ASSET)
    assert gateway.level(ws, "advice", ASSET, TAG) == 0
    workspace.add_person(ws, "chen", ["trainer"])
    assert gateway.bound(ws, ASSET)[0] is None, "who is no safety officer any more binds nothing"


def test_what_was_signed_once_counts_in_one_place(ws: Workspace, as_person: As, raised: Up) -> None:
    """An old signature put into the ledger again brings back neither a level, nor a mode, nor an envelope."""
    raised(4)
    rise = ws.ledger.last(kind="autonomy")
    assert rise is not None
    gateway.demote(ws, "advice", ASSET, TAG, because="drift")
    assert gateway.level(ws, "advice", ASSET, TAG) == 0
    ws.ledger.append("autonomy", subject=rise.subject, body=rise.body)
    assert gateway.level(ws, "advice", ASSET, TAG) == 0
    free = ws.ledger.last(kind="mode")
    assert free is not None
    gateway.set_mode(as_person("zhao"), ASSET, "locked")
    ws.ledger.append("mode", subject=free.subject, body=free.body)
    assert gateway.mode_of(ws, ASSET) == "locked"
    with pytest.raises(Refused, match="safety officer"):
        gateway.set_mode(as_person("zhao"), ASSET, "automatic")
    assert gateway.set_mode(as_person("chen"), ASSET, "automatic")["mode"] == gateway.mode_of(ws, ASSET) == "automatic"


def test_a_level_that_nobody_may_give_is_none(ws: Workspace, as_person: As) -> None:
    """Forged by the agent's owner, by an operator, by the workspace's key, without a signature, for another tag."""
    subject = ladder.subject("advice", ASSET, TAG)
    bind = gateway.binding(ws, "advice", ASSET)
    said = {"agent": "advice", "asset": ASSET, "tag": TAG, "level": 4, "from": 0, "binding": bind}
    for who in ("wang", "zhao"):
        sealed.seal(as_person(who), "autonomy", subject, said)
        assert gateway.level(ws, "advice", ASSET, TAG) == 0
    ws.ledger.append("autonomy", subject=subject, body=said)
    ws.ledger.append("autonomy", subject=subject, body={**said, "to": 4})
    ws.ledger.append("autonomy", subject=subject, body={**said, "to": "4"})
    assert gateway.level(ws, "advice", ASSET, TAG) == 0
    sealed.seal(as_person("chen"), "autonomy", subject, {**said, "tag": "PIC-201.SP"})
    sealed.seal(as_person("chen"), "autonomy", subject, {**said, "binding": "0" * 64})
    sealed.seal(as_person("chen"), "autonomy", subject, {**said, "level": 9})
    assert gateway.level(ws, "advice", ASSET, TAG) == Autonomy.A0


def test_a_clock_that_goes_back_stops_everything(ws: Workspace, line: CellLine, propose: Make, raised: Up) -> None:
    raised(4)
    early = replace(ws, clock=lambda: ws.clock() - timedelta(hours=2))
    made = round(early.clock().timestamp() * 1e6)
    done = _asked(early, line, propose("k1", made=made, expires=made + 900_000_000))
    assert (done.state, line.writes) == ("refused", [])
    late = replace(ws, clock=lambda: ws.clock() + timedelta(hours=2))
    made = round(late.clock().timestamp() * 1e6)
    done = _asked(late, line, propose("k2", made=made, expires=made + 900_000_000))
    assert (done.verdict["refused_by"], line.writes) == ("interlocks", []), "all readings are old by then"
