"""Who an agent is, what it may, who answers for it, until when: written by a person, signed, and it ends by itself."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from diapason.errors import BrokenEvidence, Conflict, DataError, DiapasonError, NotFound, Refused
from diapason.services import agent, standing
from diapason.services.workspace import Workspace, people
from diapason.vocabulary.acting import Autonomy, Right

WRITES = """name: advice
owner: wang
expires: 2027-06-30
asset: R-101
permissions:
- {right: read, asset: R-101, tag: '*', autonomy: A1}
- {right: write, asset: R-101, tag: TIC-201.SP, autonomy: A3}
envelopes:
- {asset: R-101, tag: TIC-201.SP, unit: Cel, low: 110, high: 130, step: 1, rate: 2, dwell: 300, daily: 24}
rules:
- {kind: above, tag: TIC-201.PV, limit: 128, name: hot}
budget: {proposals_per_day: 24}
"""


def _file(ws: Workspace, text: str = WRITES, name: str = "advice") -> Path:
    path = ws.folder / "agents" / f"{name}.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def test_an_agent_of_a_published_model_may_read_what_the_model_reads(ws: Workspace) -> None:
    made = agent.create(ws, "watch", model="furnace@1", asset="furnace-1", connection="line", expires="2027-06-30")
    found = agent.find(ws, "watch")
    assert made["state"] == "registered"
    assert (found.name, found.version, found.owner, found.expires[:10]) == ("watch", 1, "wang", "2027-06-30")
    assert (found.model, found.connection, found.grade) == ("furnace@1", "line", "")
    assert [(p.right, p.tag, p.autonomy) for p in found.permissions] == [
        (Right.READ, "flow_t_h", Autonomy.A1),
        (Right.READ, "speed", Autonomy.A1),
    ]
    assert agent.all(ws) == (found,)
    assert agent.signer(ws, "watch").keyid == found.keyid != people(ws)["wang"]["keyid"]


def test_each_change_of_the_file_is_a_new_version_and_no_change_is_none(ws: Workspace) -> None:
    path = _file(ws)
    first = agent.create(ws, "advice")
    assert agent.create(ws, "advice")["state"] == "unchanged"
    path.write_text(path.read_text().replace("high: 130", "high: 128"))
    second = agent.create(ws, "advice")
    assert (first["version"], second["version"]) == (1, 2)
    assert first["keyid"] == second["keyid"]
    assert [one.state for one in agent.versions(ws, "advice")] == ["replaced", "in force"]
    assert agent.find(ws, "advice").envelopes[0].high == 128
    with pytest.raises(Refused, match="replaced"):
        agent.find(ws, "advice@1")


CANNOT = [
    ("right: write", "right: administer", "permissions[1].right", "read, propose, write"),
    ("autonomy: A3", "autonomy: A9", "permissions[1].autonomy", "A0, A1"),
    ("budget: {proposals_per_day: 24}", "sudo: yes", "", "permissions"),
    ("tag: TIC-201.SP, autonomy", "tag: TIC-*, autonomy", "permissions[1].tag", "one permission for each tag"),
    ("right: write", "right: propose, pattern: yes", "permissions[1]", "autonomy"),
    ("low: 110", "low: .nan", "envelopes[0].low", "number"),
    ("low: 110", "low: 140", "envelopes[0].high", "low < high"),
    ("step: 1", "step: 0", "envelopes[0].step", "step"),
    ("daily: 24", "daily: 0", "envelopes[0].daily", "daily"),
    ("tag: TIC-201.SP, unit", "tag: TIC-202.SP, unit", "permissions[1].tag", "envelopes"),
    ("'*', autonomy: A1", "'*', autonomy: A4", "permissions[0].autonomy", "A1"),
    ("proposals_per_day", "lives", "budget.lives", "proposals_per_day"),
    ("expires: 2027-06-30", "expires: 2020-01-01", "expires", "2027"),
    ("expires: 2027-06-30", "expires: soon", "expires", "registry"),
    ("owner: wang", "owner: [wang", "", "mend"),
]


@pytest.mark.parametrize(("right", "wrong", "where", "fix"), CANNOT)
def test_what_nobody_knows_or_nothing_bounds_is_refused_with_its_place(
    ws: Workspace, right: str, wrong: str, where: str, fix: str
) -> None:
    path = _file(ws, WRITES.replace(right, wrong, 1))
    before = ws.ledger.head()
    with pytest.raises(DataError) as refused:
        agent.create(ws, "advice")
    said = refused.value.said("en")
    assert str(path) in said["at"]
    assert where in said["at"]
    assert fix in said["fix"]
    assert refused.value.said("zh")["what"] != said["what"]
    assert ws.ledger.head() == before


def test_only_its_owner_signs_it(ws: Workspace, as_person: Callable[[str], Workspace]) -> None:
    _file(ws)
    assert agent.create(as_person("li"), "advice")["state"] == "waits for its owner"
    with pytest.raises(NotFound):
        agent.find(ws, "advice")
    agent.create(ws, "advice")
    _file(ws, WRITES.replace("owner: wang", "owner: li"))
    with pytest.raises(Refused, match="li is not administrator"):
        agent.create(as_person("li"), "advice")
    assert agent.find(ws, "advice").owner == "wang"


def test_another_hand_under_the_entry_makes_it_no_agent(ws: Workspace) -> None:
    _file(ws)
    agent.create(ws, "advice")
    entry = next(ws.ledger.entries(kind="agent"))
    body = dict(entry.body) | {"signatures": [{**entry.body["signatures"][0], "sig": "AAAA"}]}
    ws.ledger.append("agent", subject="ghost@1", body=body)
    with pytest.raises(BrokenEvidence, match="ghost"):
        agent.find(ws, "ghost")
    assert [m.name for m in agent.all(ws)] == ["advice"]


def test_it_ends_by_itself_by_a_word_and_with_its_model(ws: Workspace, as_person: Callable[[str], Workspace]) -> None:
    _file(ws)
    agent.create(ws, "advice")
    agent.create(ws, "watch", model="furnace@1", asset="furnace-1")
    later = replace(ws, clock=lambda: ws.clock() + timedelta(days=1000))
    with pytest.raises(Refused, match="expired"):
        agent.find(later, "advice")
    assert agent.all(later) == ()
    standing.recall(as_person("li"), "model:furnace@1", because="wrong lab values")
    with pytest.raises(Refused, match="wrong lab values"):
        agent.find(ws, "watch")
    assert [m.name for m in agent.all(ws)] == ["advice"]
    with pytest.raises(DataError):
        agent.retire(ws, "advice", because=" ")
    with pytest.raises(Refused):
        agent.retire(as_person("li"), "advice", because="mine")
    agent.retire(ws, "advice", because="no longer needed")
    with pytest.raises(Refused, match="no longer needed"):
        agent.find(ws, "advice")
    with pytest.raises(Conflict):
        agent.retire(ws, "advice", because="again")
    assert agent.all(ws) == ()
    assert agent.create(ws, "advice")["version"] == 2


@pytest.mark.parametrize(
    ("name", "said", "error"),
    [
        ("a/b", {"asset": "x", "model": "furnace@1"}, DataError),
        ("x", {"model": "furnace@1"}, DataError),
        ("x", {"model": "furnace@9", "asset": "x"}, NotFound),
        ("x", {"asset": "x"}, DataError),
        ("x", {"asset": "x", "model": "furnace@1", "expires": "June"}, DataError),
        ("x", {"asset": "x", "model": "furnace@1", "owner": "nobody"}, NotFound),
        ("x", {"asset": "x", "rules": "none.yaml"}, NotFound),
        ("x", {}, NotFound),
    ],
)
def test_what_can_not_be_is_told(ws: Workspace, name: str, said: dict[str, str], error: type[DiapasonError]) -> None:
    with pytest.raises(error):
        agent.create(ws, name, **said)
    assert not agent.all(ws)


def test_a_model_that_was_never_published_makes_no_agent(taught: Path, furnace: Path) -> None:
    from diapason.services.workspace import open_workspace

    plain = open_workspace(furnace / "plant", person="wang")
    with pytest.raises(Refused, match="never published"):
        agent.create(plain, "watch", model="furnace@1", asset="furnace-1")


def test_a_rule_that_asks_for_advice_is_registered_or_refused_with_its_place(ws: Workspace) -> None:
    """`kind: advise` is asked of the model, not judged on readings; a wrong field shows when it is signed."""
    good = WRITES + "- {kind: advise, aim: low, gain: 0.5}\n"
    text = good.replace("budget: {proposals_per_day: 24}\n", "") + "budget: {proposals_per_day: 24}\n"
    path = _file(ws, text)
    assert agent.create(ws, "advice")["state"] == "registered"
    assert agent.find(ws, "advice").rules[-1]["aim"] == "low"
    path.write_text(text.replace("aim: low", "aim: sideways"))
    with pytest.raises(DataError, match="advice needs an aim") as caught:
        agent.create(ws, "advice")
    assert str(caught.value.at).endswith("field rules[1]")
