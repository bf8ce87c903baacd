"""Files and datasets of every layout are scanned in one pass; what can't be is refused with the place and the fix."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from diapason.errors import DataError, NotFound
from diapason.ports.workspace import Workspace
from diapason.services import ingest, workspace
from diapason.services.scan import datasets, files

ROWS = 3_000


def history(seed: int = 0, rows: int = ROWS, begin: int = 0) -> pl.DataFrame:
    """Two machines in turn, a row a second each; one value was never possible."""
    rng = np.random.default_rng(seed)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    at = pl.Series(np.arange(rows) // 2 + begin).cast(pl.Int64) * 1_000_000 + int(start.timestamp() * 1e6)
    return pl.DataFrame(
        {
            "time": at.cast(pl.Datetime("us", "UTC")),
            "machine": np.array(["a", "b"])[np.arange(rows) % 2],
            "flow": (20 + rng.normal(size=rows)).round(3),
            "state": np.array(["run", "idle"])[(np.arange(rows) // 500) % 2],
        }
    ).with_columns(pl.when(pl.int_range(rows) == 77).then(None).otherwise("flow").alias("flow"))


@pytest.fixture
def plant(tmp_path: Path) -> Workspace:
    """An empty workspace."""
    workspace.init(tmp_path / "plant", person="wang")
    return workspace.open_workspace(tmp_path / "plant", person="wang")


@pytest.mark.parametrize("form", ["parquet", "csv", "folder"])
def test_a_file_is_told_the_same_in_every_form(tmp_path: Path, form: str) -> None:
    """Parquet, text and a folder of parts."""
    frame = history()
    if form == "parquet":
        source = tmp_path / "history.parquet"
        frame.write_parquet(source, row_group_size=700)
    elif form == "csv":
        source = tmp_path / "history.csv"
        frame.with_columns(pl.col("time").dt.strftime("%Y-%m-%d %H:%M:%S")).write_csv(source)
    else:
        source = tmp_path / "parts"
        source.mkdir()
        for i, begin in enumerate(range(0, ROWS, 1_000)):
            frame[begin : begin + 1_000].write_parquet(source / f"{i}.parquet")
    told = files.run(str(source), asset="machine")
    flow = next(c for c in told["columns"] if c["name"] == "flow")
    assert (told["rows"], told["assets"], told["roles"]["time"]) == (ROWS, 2, "time")
    assert flow["missing"] == 1
    assert flow["mean"] == pytest.approx(frame["flow"].mean())
    assert {f["kind"] for f in told["findings"]} == {"missing"}
    assert all(words["en"] and words["zh"] for words in told["sentences"] + told["advice"])


def test_rows_that_follow_cost_only_themselves_and_tell_the_whole(tmp_path: Path) -> None:
    """A kept state and a second file are as one file."""
    whole, first, second = (tmp_path / f"{name}.parquet" for name in ("whole", "first", "second"))
    frame = history()
    frame.write_parquet(whole)
    frame[:2_900].write_parquet(first)
    frame[2_900:].write_parquet(second)
    state = tmp_path / "kept.scan"
    files.run(str(first), asset="machine", keep=state)
    told = files.run(str(second), asset="machine", after=state)
    assert told["rows"] == ROWS
    both = files.run(str(whole), asset="machine")
    for one, two in zip(told["columns"], both["columns"], strict=True):
        assert {k: v for k, v in one.items() if isinstance(v, int | dict)} == {
            k: v for k, v in two.items() if isinstance(v, int | dict)
        }


def test_a_dataset_that_grows_is_read_from_where_it_ended(plant: Workspace, tmp_path: Path) -> None:
    """All rows once, then those that were added, then none."""
    for name, frame in (("one", history()), ("two", history(1, 200, ROWS // 2))):
        frame.write_parquet(tmp_path / f"{name}.parquet")
    said = {"name": "line", "asset": "machine", "time": "time"}
    asyncio.run(ingest.run(plant, str(tmp_path / "one.parquet"), **said))
    assert datasets.run(plant, "line")["read"] == ROWS
    asyncio.run(ingest.run(plant, str(tmp_path / "two.parquet"), append=True, **said))
    grown = datasets.run(plant, "line")
    assert (grown["rows"], grown["read"], grown["dataset"]) == (ROWS + 200, 200, "line@2")
    assert datasets.run(plant, "line")["read"] == 0
    with pytest.raises(NotFound, match="neither a file nor a dataset"):
        datasets.run(plant, "lime")


def test_the_range_of_the_contract_is_looked_at(plant: Workspace, tmp_path: Path) -> None:
    """A person has said what is possible; what lies outside is counted."""
    history().write_csv(tmp_path / "line.csv")
    asyncio.run(ingest.run(plant, str(tmp_path / "line.csv"), name="line", asset="machine", time="time"))
    file = plant.folder / "contracts" / "line.yaml"
    lines = file.read_text(encoding="utf-8").splitlines()
    lines = [x.replace("role: feature,", "role: feature, high: 21.5,") if "name: flow" in x else x for x in lines]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = {f["kind"]: f for f in datasets.run(plant, "line")["findings"]}
    assert found["range"]["where"]["count"] == int((history()["flow"] > 21.5).sum())


def broken(path: Path, kind: str) -> Path:
    """A file that can't be scanned."""
    whole = path / "whole.parquet"
    history().write_parquet(whole)
    data = whole.read_bytes()
    file = path / f"{kind}.parquet"
    if kind == "cut":
        file.write_bytes(data[: len(data) // 2])
    elif kind == "damaged":
        file.write_bytes(data[:4] + bytes(60) + data[64:])  # the head of a page
    elif kind == "empty":
        file.write_bytes(b"")
    elif kind == "no_rows":
        history()[:0].write_parquet(file)
    elif kind == "turns":
        folder = path / "turns"
        folder.mkdir()
        history().write_parquet(folder / "1.parquet")
        history().with_columns(pl.col("flow").cast(pl.String)).write_parquet(folder / "2.parquet")
        return folder
    elif kind == "other":
        folder = path / "other"
        folder.mkdir()
        history().write_parquet(folder / "1.parquet")
        history().drop("flow").write_parquet(folder / "2.parquet")
        return folder
    return file


@pytest.mark.parametrize("kind", ["cut", "damaged", "empty", "no_rows", "turns", "other"])
def test_what_cannot_be_scanned_is_refused_with_the_place_and_the_fix(tmp_path: Path, kind: str) -> None:
    """Never a traceback, never a silent pass; no state is left behind."""
    state = tmp_path / "kept.scan"
    with pytest.raises(DataError) as met:
        files.run(str(broken(tmp_path, kind)), asset="machine", keep=state)
    assert met.value.at
    assert met.value.fix
    assert not state.exists()


@pytest.mark.parametrize(
    ("roles", "said"),
    [({"asset": "machin"}, "no column 'machin'"), ({"tag": "state"}, "both a tag and a value")],
)
def test_columns_that_are_not_there_are_named(tmp_path: Path, roles: dict[str, str], said: str) -> None:
    """With those that are."""
    history().write_parquet(tmp_path / "h.parquet")
    with pytest.raises(DataError, match=said):
        files.run(str(tmp_path / "h.parquet"), **roles)


def test_a_kept_state_of_something_else_is_refused(tmp_path: Path) -> None:
    """Bytes that are none, and a state of other columns."""
    history().write_parquet(tmp_path / "h.parquet")
    history().rename({"flow": "flux"}).write_parquet(tmp_path / "other.parquet")
    (tmp_path / "junk.scan").write_bytes(b"PK\x03\x04 junk")
    for after in ("junk.scan", "absent.scan"):
        with pytest.raises(DataError):
            files.run(str(tmp_path / "h.parquet"), after=tmp_path / after)
    files.run(str(tmp_path / "other.parquet"), asset="machine", keep=tmp_path / "kept.scan")
    with pytest.raises(DataError, match="as --asset"):
        files.run(str(tmp_path / "other.parquet"), asset="state", after=tmp_path / "kept.scan")
    with pytest.raises(DataError, match="not there any more"):
        files.run(str(tmp_path / "h.parquet"), asset="machine", after=tmp_path / "kept.scan")


def test_new_rows_are_compared_with_a_kept_reference(tmp_path: Path, plant: Workspace) -> None:
    """Files with a kept state, versions of a dataset with one another; the same is told."""
    one, two = history(rows=20_000), history(seed=5, rows=6_000, begin=20_000)
    two = two.with_columns(pl.col("flow") * 1.8 + 32)
    kept = tmp_path / "one.scan"
    for name, frame in (("one", one), ("two", two)):
        frame.write_parquet(tmp_path / f"{name}.parquet")
    said = {"asset": "machine", "regime": "state"}
    files.run(str(tmp_path / "one.parquet"), keep=kept, **said)
    told = files.run(str(tmp_path / "two.parquet"), against=kept, **said)
    assert [(d["column"], d["verdict"], d["change"]) for d in told["drift"]] == [("flow", "drifted", "°C → °F")]
    assert told["findings"][0]["kind"] == "drifted"
    for name in ("one", "two"):
        asyncio.run(ingest.run(plant, str(tmp_path / f"{name}.parquet"), name=name, asset="machine", time="time"))
    stored = datasets.run(plant, "two", against="one")
    assert [(d["column"], d["verdict"]) for d in stored["drift"]] == [("flow", "drifted")]
    with pytest.raises(DataError, match="two"):
        datasets.run(plant, "two", against="two@1")


def test_a_contract_with_a_key_relations_and_a_regime_is_kept_and_judged(tmp_path: Path, plant: Workspace) -> None:
    """Said in the file of the contract; each is kept, broken, or not tested; a later version keeps them."""
    frame = history().with_columns(limit=pl.lit(22.0))
    frame.write_parquet(tmp_path / "line.parquet")
    asyncio.run(ingest.run(plant, str(tmp_path / "line.parquet"), name="line", asset="machine", time="time"))
    path = plant.folder / "contracts" / "line.yaml"
    extra = "key: [machine, time]\nrelations: ['flow <= \"limit\"', 'flow > 0']\nregime: state\ncolumns:"
    path.write_text(path.read_text(encoding="utf-8").replace("columns:", extra, 1), encoding="utf-8")
    told = datasets.run(plant, "line")
    above = int((frame["flow"] > 22).sum())
    assert told["key"]["how"] == "counted"
    assert told["roles"]["regime"] == "state"
    assert [(b["rule"], b["count"]) for b in told["contract"]["broken"]] == [("relation", above)]
    more = pl.concat([history(seed=2, begin=ROWS, rows=100), history()[:3]]).with_columns(limit=pl.lit(99.0))
    more.write_parquet(tmp_path / "more.parquet")
    asyncio.run(ingest.run(plant, str(tmp_path / "more.parquet"), name="line", append=True))
    again = datasets.run(plant, "line")
    assert again["read"] == 103
    assert {(b["rule"], b["count"]) for b in again["contract"]["broken"]} == {("relation", above), ("key", 3)}


@pytest.mark.parametrize("said", ["time", "flow"])
def test_a_regime_of_many_states_is_refused(tmp_path: Path, said: str) -> None:
    """A column with more than eight texts is none; measured values are zero or not."""
    history().with_columns(time=pl.col("time").cast(pl.String)).write_parquet(tmp_path / "h.parquet")
    if said == "flow":
        assert files.run(str(tmp_path / "h.parquet"), regime=said)["roles"]["regime"] == "flow"
        return
    with pytest.raises(DataError) as refused:
        files.run(str(tmp_path / "h.parquet"), regime=said)
    assert refused.value.at == said
