"""History of the served plant, by real OPC UA: each reading once, as the plant has it, with an account that closes."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from diapason.errors import NotFound
from diapason.services import record
from diapason.services.connect import Chosen, Connection
from diapason.services.connect.file import keep
from diapason.services.serve import Serving, Wishes, serving
from diapason.services.workspace import Workspace, init, open_workspace
from diapason.vocabulary.line import Point
from diapason.vocabulary.tables import VersionRef
from tests.conftest import Said

TAGS = ("TIC-201.PV", "TI-204", "VI-101")


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    init(tmp_path / "plant", person="wang")
    return open_workspace(tmp_path / "plant")


def connected(ws: Workspace, address: str, tags: tuple[str, ...] = TAGS) -> None:
    chosen = tuple(Chosen(Point(tag, tag), tag) for tag in tags)
    keep(ws, Connection("plant", address, chosen, "wide", every=1.0))


def with_plant(ws: Workspace, tmp_path: Path, story: Callable[[Serving], Any]) -> Any:
    """Do something while the plant, with some hours of history, is served."""

    async def go() -> Any:
        wishes = Wishes(tmp_path / "keys", only=("opcua",), days=0.2, ports={"": 0})
        async with serving(wishes) as made:
            connected(ws, made.addresses["opcua"])
            return await story(made)

    return asyncio.run(go())


def stored(ws: Workspace) -> pl.DataFrame:
    return ws.lake.scan(VersionRef("past")).collect().sort("time")


def test_the_history_of_a_server_becomes_rows(ws: Workspace, tmp_path: Path) -> None:
    """Every reading of three hours, across windows, at its own time; again it is stored once, and a longer stretch adds
    what is new; the account says where each went."""
    now = datetime.now(UTC)
    since, until = now - timedelta(hours=3), now - timedelta(minutes=30)

    async def story(made: Serving) -> tuple[Any, ...]:
        first = await record.run(ws, "plant", to="past", since=since, until=until)
        rows = stored(ws)
        again = await record.run(ws, "plant", since=since, until=until)
        longer = await record.run(ws, "plant", since=since - timedelta(hours=1), until=until)
        moments = [round(m.timestamp() * 1e6) for m in (since, until)]
        truth = {tag: made.plant.past(tag, *moments, 10**6) for tag in TAGS}
        return first, rows, again, longer, truth

    first, rows, again, longer, truth = with_plant(ws, tmp_path, story)
    count = sum(len(at) for at, _ in truth.values())
    assert count > 100
    totals = first["account"]["totals"]
    assert first["history"]["readings"] == totals["sent"] == count
    assert totals["stored"] + totals["rejected"] + totals["dropped"] == totals["sent"]
    assert totals["stored"] == count
    assert first["history"]["without"] == []
    assert all(not clock["steps"] for clock in first["account"]["clocks"].values()), "history says nothing of a clock"
    for tag, (at, values) in truth.items():
        mine = rows.select("time", tag).drop_nulls()
        assert mine["time"].dt.epoch("us").to_list() == at.tolist()
        np.testing.assert_allclose(mine[tag].to_numpy(), values)
    assert len(rows) == len({m for at, _ in truth.values() for m in at.tolist()}), "one row for each moment"
    assert again["account"]["totals"]["stored"] == count
    assert again["account"]["totals"]["duplicates"] == count
    assert again["rows"] == 0
    more = longer["account"]["totals"]
    assert more["stored"] > count
    assert stored(ws)["time"].n_unique() == len(stored(ws))


def test_what_nobody_remembers_is_said(ws: Workspace, tmp_path: Path) -> None:
    """A stretch before the plant began is refused with its ends; a tag without a history is named."""
    now = datetime.now(UTC)

    async def story(made: Serving) -> Any:
        with pytest.raises(NotFound, match="remembers nothing of that stretch") as caught:
            await record.run(
                ws, "plant", to="past", since=now - timedelta(days=900), until=now - timedelta(days=899, hours=12)
            )
        connected_anew = (*TAGS, "R-101.MODE")
        (ws.folder / "connections" / "plant.toml").unlink()
        connected(ws, made.addresses["opcua"], connected_anew)
        done = await record.run(ws, "plant", to="past", since=now - timedelta(hours=1))
        return caught.value, done

    error, done = with_plant(ws, tmp_path, story)
    assert "have the server keep a history" in str(error.fix)
    assert set(done["history"]["without"]) <= {"R-101.MODE"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--until", "2026-01-01"), "--until goes with --since"),
        (("--since", "yesterday"), "is no time"),
        (("--since", "2026-01-02", "--until", "2026-01-01"), "has no length"),
        (("--since", "8h", "--for", "10m"), "--for listens"),
    ],
)
def test_a_stretch_that_cannot_be_is_refused(
    ws: Workspace, call: Callable[..., Said], words: tuple[str, ...], said: str
) -> None:
    """Before anything is opened."""
    connected(ws, "opc.tcp://127.0.0.1:1")
    found = call("record", "plant", "--to", "past", *words, "-w", str(ws.folder))
    assert found.exit_code != 0
    assert said in found.stderr
