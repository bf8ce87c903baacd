"""Budgets of a manifest: counted from the ledger, whatever process, version or midnight comes between."""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from diapason.errors import Conflict, DataError
from diapason.services import agent, gateway
from diapason.services.gateway import spending
from diapason.services.workspace import Workspace, open_workspace
from diapason.vocabulary.acting import Proposal
from diapason.vocabulary.line import Packet
from tests.services.gateway.conftest import ASSET, TAG, CellLine

As = Callable[[str], Workspace]
Make = Callable[..., Proposal]
Up = Callable[..., Workspace]

OTHER = "PIC-201.SP"


@pytest.fixture
def bounded(ws: Workspace, as_person: As) -> Workspace:
    """The agent may write twice a day, on both of its tags together."""
    path = ws.folder / "agents" / "advice.yaml"
    path.write_text(path.read_text().replace("budget: {", "budget: {writes_per_day: 2, "))
    agent.create(ws, "advice")
    both = ws.folder / "envelopes" / f"{ASSET}.yaml"
    second = "- {tag: PIC-201.SP, unit: bar, low: 15, high: 25, step: 1, rate: 1000, dwell: 0, daily: 200, near: 0.01, "
    second += "settle: 0.3, responses: [{tag: PIC-201.PV, unit: bar, gain: 1, doubt: 0.2, lag: 60, noise: 1}]}\n"
    both.write_text(both.read_text() + second)
    gateway.sign_envelope(as_person("chen"), ASSET)
    return ws


def wish(
    propose: Make, key: str, line: CellLine, by: float = 1.0, tag: str = TAG, at: datetime | None = None
) -> Proposal:
    old = line._value(tag)
    made = propose(key, tag=tag, unit="Cel" if tag == TAG else "bar", old=old, new=old + by)
    if at is None:
        return made
    now = int(at.timestamp() * 1e6)
    return replace(made, made=now, expires=now + 900_000_000)


def test_writes_of_all_tags_count_and_the_refusal_says_when(
    bounded: Workspace, line: CellLine, propose: Make, raised: Up
) -> None:
    """Two are written, on two tags; the third is refused with the minute at which the first is a day old."""
    raised(4)
    raised(4, OTHER)
    first = asyncio.run(gateway.submit(bounded, wish(propose, "k1", line), line))
    second = asyncio.run(gateway.submit(bounded, wish(propose, "k2", line, 0.5, OTHER), line))
    assert (first.state, second.state) == ("written", "written"), (first.said, second.said)
    third = asyncio.run(gateway.submit(bounded, wish(propose, "k3", line), line))
    assert third.verdict["refused_by"] == "budget"
    begun = next(iter(bounded.ledger.entries(kind="write-intent"))).body["at"] / 1e6
    free = (datetime.fromtimestamp(begun, UTC) + timedelta(days=1)).astimezone()
    assert f"free again at {free:%Y-%m-%d %H:%M}" in third.said.en
    assert "2 writes in 24 h are spent" in third.said.en
    assert "恢复" in third.said.zh
    assert len(line.writes) == 2


def test_a_restart_and_a_new_version_forget_nothing(
    bounded: Workspace, line: CellLine, propose: Make, raised: Up
) -> None:
    """Another process counts the same; so does this one after its memory is gone, and under the next version."""
    raised(4)
    for key in ("k1", "k2"):
        assert asyncio.run(gateway.submit(bounded, wish(propose, key, line), line)).state == "written"
    code = (
        "import sys, time; from diapason.services.gateway.spending import spent;"
        "from diapason.services.workspace import open_workspace;"
        "print(len(spent(open_workspace(sys.argv[1], person='wang'), 'advice', round(time.time() * 1e6))))"
    )
    said = subprocess.run([sys.executable, "-c", code, str(bounded.folder)], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "2"
    spending._seen.clear()
    path = bounded.folder / "agents" / "advice.yaml"
    path.write_text(path.read_text().replace("limit: 128", "limit: 127"))
    again = open_workspace(bounded.folder, person="wang")
    assert agent.create(again, "advice")["state"] == "registered"
    raised(4)
    third = asyncio.run(gateway.submit(again, wish(propose, "k3", line), line))
    assert (third.verdict["refused_by"], len(line.writes)) == ("budget", 2)


def test_midnight_frees_no_write_and_a_day_does(
    bounded: Workspace,
) -> None:
    """Writes at 23:59 local time are not forgotten at 00:00; each comes back 24 h after it began, to the second."""
    tonight = datetime.now().astimezone().replace(hour=23, minute=59, second=0, microsecond=0) + timedelta(days=1)
    now = int(tonight.timestamp() * 1e6)
    for key, at in (("a", now), ("b", now + 30_000_000)):
        body = {
            "agent": "advice",
            "asset": ASSET,
            "tag": TAG,
            "key": key,
            "at": at,
            "old": 1.0,
            "new": 2.0,
            "recent": [],
        }
        bounded.ledger.append("write-intent", run=f"action:{key}", subject="line:elsewhere", body=body)
    assert len(spending.spent(bounded, "advice", now + 60_000_000)) == 2
    after_midnight = now + 120_000_000
    assert len(spending.spent(bounded, "advice", after_midnight)) == 2
    day = 86_400_000_000
    assert len(spending.spent(bounded, "advice", now + day - 1)) == 2
    assert len(spending.spent(bounded, "advice", now + day)) == 1
    assert len(spending.spent(bounded, "advice", now - day)) == 2, "a clock that went back frees nothing"
    assert spending.spent(bounded, "another", now) == ()


def test_what_was_approved_is_counted_when_it_is_written(
    bounded: Workspace, as_person: As, line: CellLine, propose: Make, raised: Up
) -> None:
    """At A3: the budget may be spent between the approval and the write; then nothing is written."""
    raised(3)
    assert asyncio.run(gateway.submit(bounded, wish(propose, "k1", line), line)).state == "waiting"
    gateway.approve(as_person("li"), "k1")
    raised(4, OTHER)
    for key in ("k2", "k3"):
        done = asyncio.run(gateway.submit(bounded, wish(propose, key, line, 0.5, OTHER), line))
        assert done.state == "written", done.said
    done = asyncio.run(gateway.carry_out(bounded, "k1", line))
    assert (done.state, done.verdict["refused_by"]) == ("refused", "budget")
    assert [tag for tag, _ in line.writes] == [OTHER, OTHER]


def test_two_tags_side_by_side_get_no_more_than_there_is(
    bounded: Workspace, line: CellLine, propose: Make, raised: Up
) -> None:
    """One write is left; both tags are judged before either is written; only the earlier in the ledger is."""
    raised(4)
    raised(4, OTHER)
    assert asyncio.run(gateway.submit(bounded, wish(propose, "k0", line), line)).state == "written"

    class Slow(CellLine):
        async def read(self, tags: Sequence[str]) -> Packet:
            await asyncio.sleep(0.1)  # both are looked at before either is written
            return await super().read(tags)

    slow = Slow(cell=line.cell)

    async def both() -> list[gateway.Action]:
        wishes = (wish(propose, "k1", line), wish(propose, "k2", line, 0.5, OTHER))
        return list(await asyncio.gather(*(gateway.submit(bounded, one, slow) for one in wishes)))

    done = asyncio.run(both())
    assert sorted(a.state for a in done) == ["not written", "written"]
    assert all(a.verdict["allowed"] for a in done), "the list alone would have let both through"
    (late,) = [a for a in done if a.state == "not written"]
    assert "2 writes in 24 h are spent" in late.said.en
    assert len(slow.writes) == 1


def test_a_ledger_that_cannot_be_read_allows_nothing(
    bounded: Workspace, line: CellLine, propose: Make, raised: Up, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No count, no write."""
    raised(4)

    def lost(*_: object) -> tuple[int, ...]:
        raise Conflict("the ledger is locked")

    monkeypatch.setattr("diapason.services.gateway.seen.spent", lost)
    with pytest.raises(Conflict):
        asyncio.run(gateway.submit(bounded, wish(propose, "k1", line), line))
    assert line.writes == []


def test_a_budget_that_nobody_keeps_is_refused_when_it_is_signed(ws: Workspace) -> None:
    """With the names of those that are kept."""
    path = ws.folder / "agents" / "advice.yaml"
    path.write_text(path.read_text().replace("budget: {", "budget: {seconds_per_day: 2, "))
    with pytest.raises(DataError, match="bounds nothing") as caught:
        agent.create(ws, "advice")
    assert "writes_per_day" in str(caught.value.fix)
