"""Discovery, the record before use, the identity document, the signed A2A card over HTTP, and the count."""

import base64
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import jwt
import pytest

from diapason.engines.evidence.canonical import canonical
from diapason.errors import DataError
from diapason.faces import a2a
from diapason.services import agent, attest, count
from diapason.services.workspace import Workspace
from diapason.vocabulary.evidence import Plan

ADVICE = """name: advice
owner: wang
expires: 2027-06-30
asset: R-101
permissions:
- {right: read, asset: R-101, tag: '*', autonomy: A1}
- {right: write, asset: R-101, tag: TIC-201.SP, autonomy: A3}
envelopes:
- {asset: R-101, tag: TIC-201.SP, unit: Cel, low: 110, high: 130, step: 1, rate: 2, dwell: 0, daily: 24}
rules: [{kind: above, tag: TIC-201.PV, limit: 128, name: hot}]
"""


@pytest.fixture
def two(ws: Workspace) -> Workspace:
    """An agent of a model that reads, and one by rules that may move a set point."""
    agent.create(ws, "kiln-watch", model="furnace@1", asset="kiln")
    (ws.folder / "agents" / "advice.yaml").write_text(ADVICE)
    agent.create(ws, "advice")
    return ws


FOUND = [
    ({}, ["advice", "kiln-watch"]),
    ({"asset": "kiln"}, ["kiln-watch"]),
    ({"tag": "TIC-201.SP"}, ["advice"]),
    ({"tag": "speed"}, ["advice", "kiln-watch"]),
    ({"right": "write"}, ["advice"]),
    ({"right": "write", "asset": "kiln"}, []),
    ({"grade": "basic"}, []),
]


@pytest.mark.parametrize(("said", "names"), FOUND)
def test_agents_are_found_by_what_they_may(two: Workspace, said: dict[str, str], names: list[str]) -> None:
    assert [a["name"] for a in agent.listed(two, **said)] == names


def test_a_word_that_nobody_knows_is_refused(two: Workspace) -> None:
    for said in ({"right": "administer"}, {"grade": "expert"}):
        with pytest.raises(DataError):
            agent.listed(two, **said)
    agent.retire(two, "advice", because="over")
    assert [a["name"] for a in agent.listed(two)] == ["kiln-watch"]
    assert [a["state"] for a in agent.listed(two, everything=True)] == ["retired", "in force"]


def test_the_record_before_use_has_all_that_r_080_names(two: Workspace) -> None:
    said = agent.record(two, "advice")
    assert said["agent_id"].startswith("did:key:z6Mk")
    assert [p["class"] for p in said["permission_list"]] == ["human only", "user authorised"]
    assert (said["decision_class"], said["kill_test"], said["complete"]) == ("user authorised", None, False)
    assert agent.show(two, "advice")["edited"] is False
    path = two.folder / "agents" / "advice.yaml"
    path.write_text(ADVICE.replace("high: 130", "high: 129"))
    assert agent.show(two, "advice")["edited"] is True


def test_the_identity_is_the_key_itself(two: Workspace) -> None:
    said = agent.document(two, "advice")
    key = agent.signer(two, "advice")
    assert said["id"] == agent.did(key.public)
    assert said["verificationMethod"][0]["publicKeyMultibase"] == said["id"].removeprefix("did:key:")
    assert said["diapason"]["keyid"] == key.keyid


def test_the_card_is_signed_so_that_another_library_agrees(two: Workspace) -> None:
    """JWS by PyJWT over the canonical card without its signatures."""
    made = agent.card(two, "advice")
    one = made.pop("signatures")[0]
    payload = base64.urlsafe_b64encode(canonical(made)).decode().rstrip("=")
    public = _public(agent.signer(two, "advice").public)
    token = f"{one['protected']}.{payload}.{one['signature']}"
    assert jwt.api_jws.decode(token, public, algorithms=["EdDSA"]) == canonical(made)
    assert agent.verified(made | {"signatures": [one]}, agent.signer(two, "advice").public)
    changed = made | {"description": "trust me", "signatures": [one]}
    assert not agent.verified(changed, agent.signer(two, "advice").public)
    needed = {"name", "description", "supportedInterfaces", "version", "capabilities", "skills"}
    assert needed | {"defaultInputModes", "defaultOutputModes"} <= set(made)


def _public(raw: bytes) -> Any:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    return Ed25519PublicKey.from_public_bytes(raw)


@pytest.fixture
def door(two: Workspace) -> Iterator[str]:
    """The A2A endpoint of the agent, on loopback."""
    server = a2a.listening(two, "advice", token="sesame")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def _post(door: str, said: Any, **headers: str) -> Any:
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    with urlopen(Request(f"{door}/", body, {"Authorization": "Bearer sesame", **headers})) as answer:
        return json.load(answer)


def test_a_message_is_answered_with_evidence_and_nothing_else_is_done(door: str) -> None:
    with urlopen(f"{door}/.well-known/agent-card.json") as answer:
        card = json.load(answer)
    assert card["supportedInterfaces"][0]["url"] == f"{door}/"
    asked = {"role": "user", "messageId": "1", "parts": [{"kind": "text", "text": "How many rows has furnace?"}]}
    call = {"jsonrpc": "2.0", "id": 7, "method": "message/send", "params": {"message": asked}}
    reply = _post(door, call)
    assert (reply["id"], reply["result"]["kind"]) == (7, "message")
    assert reply["result"]["parts"][1]["data"]["numbers"][0]["value"] == 120
    assert _post(door, call | {"method": "SendMessage"})["result"]["message"]["role"] == "ROLE_AGENT"


WRONG: list[tuple[Any, int]] = [
    (b"{", -32700),
    ([1], -32600),
    ({"jsonrpc": "2.0", "id": 1, "method": "tasks/cancel"}, -32601),
    ({"jsonrpc": "2.0", "id": 1, "method": "message/send", "params": {}}, -32602),
    (
        {"jsonrpc": "2.0", "id": 1, "method": "message/send", "params": {"message": {"parts": [{"kind": "file"}]}}},
        -32005,
    ),
]


@pytest.mark.parametrize(("said", "code"), WRONG)
def test_an_odd_request_is_told_its_number(door: str, said: Any, code: int) -> None:
    assert _post(door, said)["error"]["code"] == code


def test_without_the_token_or_from_a_page_in_a_browser_nobody_is_heard(door: str) -> None:
    for headers in ({"Authorization": "Bearer x"}, {"Origin": "http://evil.example"}, {"Host": "evil.example:80"}):
        with pytest.raises(HTTPError) as refused:
            _post(door, {}, **headers)
        assert refused.value.code == 401


def test_an_agent_counts_when_it_is_qualified_and_drilled_and_not_before(
    two: Workspace, as_person: Callable[[str], Workspace]
) -> None:
    def counted() -> dict[str, Any]:
        made: dict[str, Any] = count.run(two)["counts"]["agent"]
        return {k: made[k] for k in ("accepted", "not_tested", "refused")}

    assert counted() == {"accepted": 0, "not_tested": 2, "refused": 0}
    for verb in ("qualify", "drill"):
        run = attest.begin(two, Plan(verb, "advice@1", "", "", "", "", (), 0, {}))
        run.finish({"agent": "advice@1", "passed": True, "grade": "high-level", "on": ["agent:advice@1"]})
    assert counted() == {"accepted": 1, "not_tested": 1, "refused": 0}
    assert agent.find(two, "advice").grade == "high-level"
    assert [a["name"] for a in agent.listed(two, grade="advisory")] == ["advice"]
    path = two.folder / "agents" / "advice.yaml"
    path.write_text(ADVICE.replace("high: 130", "high: 129"))
    agent.create(two, "advice")
    assert counted() == {"accepted": 0, "not_tested": 2, "refused": 0}, "another version is to be proven again"
    assert agent.find(two, "advice").grade == ""


def test_a_quick_run_gives_no_grade(two: Workspace) -> None:
    run = attest.begin(two, Plan("qualify", "advice@1", "", "", "", "", (), 0, {}))
    run.finish({"agent": "advice@1", "passed": False, "grade": "high-level", "quick": True})
    assert agent.find(two, "advice").grade == ""


def test_the_card_can_be_a_file(two: Workspace, tmp_path: Path) -> None:
    for form in ("a2a", "identity", "record"):
        made = agent.carded(two, "advice", form=form, to=tmp_path / f"{form}.json", url="http://127.0.0.1:1/")
        assert json.loads((tmp_path / f"{form}.json").read_text()) == json.loads(json.dumps(made))
