"""Every way to join two files: counts add up, what is found is said in both languages, what is wrong is refused."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from diapason.errors import DataError, DiapasonError, NotFound, Refused
from diapason.services import attest, ingest, join
from diapason.services.workspace import Workspace, init, open_workspace
from diapason.vocabulary.tables import Role, VersionRef

START = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    """An empty workspace."""
    init(tmp_path / "plant", person="li")
    return open_workspace(tmp_path / "plant")


Put = Callable[..., str]


@pytest.fixture
def put(ws: Workspace) -> Put:
    """Write a table as CSV; with a name, also bring it in."""

    def put(file: str, columns: dict[str, Any], **said: Any) -> str:
        path = ws.folder.parent / f"{file}.csv"
        pl.DataFrame(columns).write_csv(path)
        if said.pop("bring", False):
            asyncio.run(ingest.run(ws, str(path), name=file, **said))
        return str(path)

    return put


def minutes(count: int, every: float = 1.0, first: float = 0.0) -> list[str]:
    """Times as a file has them."""
    return [(START + timedelta(minutes=first + every * k)).isoformat(sep=" ") for k in range(count)]


def rows(ws: Workspace, done: dict[str, Any]) -> pl.DataFrame:
    """What the lake holds of the result."""
    return ws.lake.scan(VersionRef.parse(done["dataset"])).collect()


def kinds(done: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Findings by kind."""
    return {f["kind"]: f for f in done["findings"]}


def holds(done: dict[str, Any]) -> None:
    """Counts add up, and every finding is said in both languages with nothing left open."""
    c = done["coverage"]
    assert c["left"] == c["matched"] + c["unmatched"]
    assert c["other"] == c["used"] + c["unused"]
    assert len(done["sentences"]) == len(done["findings"]) > 0
    for words in done["sentences"]:
        assert not any(sign in words["en"] + words["zh"] for sign in "?{}")
        assert any("\u4e00" <= sign <= "\u9fff" for sign in words["zh"])


def walk(count: int, seed: int, memory: float = 12.0) -> np.ndarray:
    """A forgetting walk of unit spread."""
    rng, keep, x = np.random.default_rng(seed), np.exp(-1 / memory), 0.0
    values = []
    for fresh in rng.normal(size=count):
        x = keep * x + np.sqrt(1 - keep**2) * fresh
        values.append(x)
    return np.round(values, 4)


def test_rows_of_one_key_meet_and_an_unmatched_tail_is_named(ws: Workspace, put: Put) -> None:
    """Every left row stays; the last ones, which the other table does not know, are a finding with rows."""
    put("coils", {"coil": [f"C{k:03d}" for k in range(50)], "width": range(50)}, bring=True)
    lab = put("lab", {"coil": [f"C{k:03d}" for k in range(44)], "hardness": np.linspace(1, 2, 44)})
    done = join.run(ws, "coils", lab, on=["coil"])
    holds(done)
    assert (done["coverage"]["matched"], done["coverage"]["unmatched"]) == (44, 6)
    assert kinds(done)["join_tail"]["where"]["rows"] == [44, 45, 46, 47, 48, 49]
    table = rows(ws, done)
    assert table.height == 50
    assert table["hardness"].null_count() == 6
    assert ingest.contract(ws, "coils").column("hardness").why == "joined: hardness"


def test_repeated_keys_would_multiply_rows_and_are_refused(ws: Workspace, put: Put) -> None:
    """With the number of rows it would make; the run is kept as abandoned, no version is made."""
    put("coils", {"coil": ["A", "B", "C"], "width": [1, 2, 3]}, bring=True)
    lab = put("lab", {"coil": ["A", "A", "B"], "hardness": [1.0, 2.0, 3.0]})
    with pytest.raises(Refused, match="3 rows would become 4"):
        join.run(ws, "coils", lab, on=["coil"])
    assert len(ws.lake.versions("coils")) == 1
    assert [r["state"] for r in attest.runs(ws, "coils") if r["verb"] == "join"] == ["abandoned"]


def test_keys_written_otherwise_are_named(ws: Workspace, put: Put) -> None:
    """With an example of either side."""
    put("coils", {"coil": ["h-101", "h-102", "x-9"], "width": [1, 2, 3]}, bring=True)
    lab = put("lab", {"coil": ["H-101", "H-102"], "hardness": [1.0, 2.0]})
    done = join.run(ws, "coils", lab, on=["coil"])
    holds(done)
    assert kinds(done)["join_near_keys"]["where"]["count"] == 2
    assert any("大小写" in words["zh"] for words in done["sentences"])


def test_a_value_counts_once_it_is_reported_and_not_when_too_old(ws: Workspace, put: Put) -> None:
    """The delay may be a time or a column; both give the newest result known by then."""
    put("tags", {"time": minutes(10, 30), "flow": range(10)}, bring=True)
    sampled, reported = minutes(3, 60), minutes(3, 60, first=45)
    lab = put("lab", {"sampled": sampled, "reported": reported, "purity": [1.0, 2.0, 3.0]})
    said = {"as_of": "2h", "name": "both"}
    by_time = join.run(ws, "tags", lab, delay="45min", **said)
    holds(by_time)
    expected = [None, None, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 3.0, None]
    assert rows(ws, by_time)["purity"].to_list() == expected
    assert kinds(by_time)["join_beyond_tolerance"]["where"]["rows"] == [9]
    assert any("beyond 2 h" in words["en"] for words in by_time["sentences"])
    by_column = join.run(ws, "tags", "lab", delay="reported", **said)
    assert rows(ws, by_column)["purity"].to_list() == expected


def test_what_is_known_only_later_is_no_input(ws: Workspace, put: Put) -> None:
    """Joined forward, its role is leak and a finding says so."""
    put("tags", {"time": minutes(10), "flow": range(10)}, bring=True)
    lab = put("lab", {"time": minutes(2, 5, first=3), "purity": [1.0, 2.0]})
    done = join.run(ws, "tags", lab, as_of="10min", direction="forward")
    holds(done)
    assert "join_looks_ahead" in kinds(done)
    assert ingest.contract(ws, "tags").column("purity").role is Role.LEAK


@pytest.mark.parametrize("levels", ["two files", "two files, youngest first", "one table"])
def test_a_coil_inherits_from_its_heats_by_mass(ws: Workspace, put: Put, levels: str) -> None:
    """Heat to slab to coil, in several files in any order or in one."""
    put("coils", {"coil": ["C1", "C2", "C3"], "width": [1, 2, 3]}, bring=True)
    heats = put("heats", {"heat": ["H1", "H2"], "carbon": [0.10, 0.20]})
    older = {"parent": ["H1", "H1", "H2"], "child": ["S1", "S2", "S2"], "mass": [10.0, 5.0, 15.0]}
    younger = {"parent": ["S1", "S1", "S2"], "child": ["C1", "C2", "C2"], "mass": [4.0, 3.0, 1.0]}
    if levels == "one table":
        files = [put("links", {k: older[k] + younger[k] for k in older})]
    else:
        files = [put("melt", older), put("roll", younger)]
    files = files[::-1] if "youngest" in levels else files
    done = join.run(ws, "coils", heats, on=["coil=heat"], genealogy=files)
    holds(done)
    assert rows(ws, done)["carbon"].to_list() == pytest.approx(
        [0.10, 0.75 * 0.10 + 0.25 * (0.25 * 0.1 + 0.75 * 0.2), None]
    )
    assert (done["coverage"]["matched"], done["coverage"]["used"]) == (2, 2)


def test_a_table_about_slabs_is_found_in_the_middle_of_the_chain(ws: Workspace, put: Put) -> None:
    """What is known of is what counts as ancestor."""
    put("coils", {"coil": ["C1", "C2"], "width": [1, 2]}, bring=True)
    slabs = put("slabs", {"slab": ["S1", "S2"], "thick": [200.0, 220.0]})
    links = put("links", {"parent": ["H1", "H1", "S1", "S2"], "child": ["S1", "S2", "C1", "C2"]})
    done = join.run(ws, "coils", slabs, on=["coil=slab"], genealogy=[links])
    assert rows(ws, done)["thick"].to_list() == [200.0, 220.0]


def test_two_irregular_historians_meet_on_one_clock(ws: Workspace, put: Put) -> None:
    """One wide, one long; the method is named for each, and the plan is sealed with it."""
    rng = np.random.default_rng(0)
    at = np.sort(rng.uniform(0, 120, 90))
    wide = {"time": [(START + timedelta(minutes=float(t))).isoformat(sep=" ") for t in at], "flow": walk(90, 1)}
    put("flows", wide, bring=True)
    long = put(
        "levels",
        {"time": minutes(60, 2) * 2, "tag": ["LI-1"] * 60 + ["LI-2"] * 60, "value": [*range(60), *range(100, 160)]},
    )
    done = join.run(ws, "flows", long, every="5min", rule=["mean", "LI-2=hold"])
    holds(done)
    assert done["dataset"] == "flows-5min@1"
    table = rows(ws, done)
    assert table["time"].diff().drop_nulls().unique().to_list() == [timedelta(minutes=5)]
    assert table.filter(pl.col("time") == START + timedelta(minutes=10))["LI-1"].to_list() == [4.0]
    assert table.filter(pl.col("time") == START + timedelta(minutes=10))["LI-2"].to_list() == [105]
    assert "join_shifted" not in kinds(done)
    said = [f["facts"]["rules"] for f in done["findings"] if f["kind"] == "resampled"]
    assert said == ["mean × 1, hold × 1", "mean × 1"]
    kept = attest.finished(ws, done["run"])["plan"]["settings"]
    assert (kept["every"], kept["rule"]) == ("5min", ["mean", "LI-2=hold"])
    assert kept["with"][0]["digest"] == ws.lake.version(VersionRef("levels")).digest


def test_readings_one_below_the_other_need_a_clock(ws: Workspace, put: Put) -> None:
    """As of a time they would bring any tag's value; the error names the option."""
    put("lab", {"time": minutes(5, 10), "purity": range(5)}, bring=True)
    long = put("levels", {"time": minutes(30) * 2, "tag": ["A"] * 30 + ["B"] * 30, "value": range(60)})
    with pytest.raises(DataError, match="--every"):
        join.run(ws, "lab", long, as_of="10min")
    done = join.run(ws, "lab", long, as_of="10min", every="1min")
    assert rows(ws, done)["B"].to_list()[:3] == [30, 40, 50]


def tags_and_results(put: Put, lag: float, seed: int = 3) -> str:
    """A lab that follows one of two tags after so many minutes; left is the lab."""
    n = 6000
    flow, heat = walk(n, seed), walk(n, seed + 100)
    rng = np.random.default_rng(seed)
    at = np.sort(rng.uniform(200, n - 10, 240)).round(2)
    value = np.interp(at - lag, np.arange(n), flow) + 0.2 * rng.normal(size=len(at))
    stamps = [(START + timedelta(minutes=float(t))).isoformat(sep=" ") for t in at]
    put("lab", {"time": stamps, "purity": value.round(4)}, bring=True, target="purity")
    return put("tags", {"time": minutes(n), "flow": flow, "heat": heat})


def test_a_lag_is_estimated_with_an_interval_and_applied(ws: Workspace, put: Put) -> None:
    """Within one sample; a tag without relation gets none; applied, the tag explains the result."""
    tags = tags_and_results(put, lag=37.0)
    told = join.run(ws, "lab", tags, as_of="10min", lag="estimate", name="told")
    holds(told)
    found = {entry["tag"]: entry for entry in told["lag"]["lags"]}
    assert abs(found["flow"]["lag"] - 37 * 60) <= 60
    assert found["flow"]["low"] <= 37 * 60 <= found["flow"]["high"]
    assert found["heat"]["status"] == "not identifiable"
    assert {"lag_found", "lag_unrelated"} <= set(kinds(told))
    done = join.run(ws, "lab", "tags", as_of="10min", lag="apply", name="set")
    holds(done)
    before, after = (rows(ws, d).select(pl.corr("purity", "flow")).item() for d in (told, done))
    assert abs(after) > 0.9 > abs(before)
    again = join.run(ws, "lab", "tags", as_of="10min", lag="apply", name="set")
    assert (
        ws.lake.version(VersionRef.parse(again["dataset"])).digest
        == ws.lake.version(VersionRef.parse(done["dataset"])).digest
    )


def test_results_move_to_the_tags_that_they_follow(ws: Workspace, put: Put) -> None:
    """With the tags on the left, the other way round; a lag that is given is taken as it is."""
    tags_and_results(put, lag=37.0)
    asyncio.run(ingest.run(ws, str(ws.folder.parent / "tags.csv"), name="tags"))
    done = join.run(ws, "tags", "lab", as_of="30s", direction="nearest", lag="apply", name="one")
    assert abs(rows(ws, done).drop_nulls("purity").select(pl.corr("purity", "flow")).item()) > 0.9
    given = join.run(ws, "tags", "lab", as_of="30s", direction="nearest", lag="37min", name="two")
    assert abs(rows(ws, given).drop_nulls("purity").select(pl.corr("purity", "flow")).item()) > 0.9
    assert "lag_said" in kinds(given)


def test_a_lag_that_is_not_there_is_not_guessed(ws: Workspace, put: Put) -> None:
    """Estimated it is said to be unknown; applied it is refused and nothing is stored."""
    rng = np.random.default_rng(1)
    put("lab", {"time": minutes(200, 20), "purity": rng.normal(size=200).round(3)}, bring=True)
    tags = put("tags", {"time": minutes(4000), "flow": walk(4000, 9)})
    told = join.run(ws, "lab", tags, as_of="10min", lag="estimate")
    assert "lag_unrelated" in kinds(told)
    with pytest.raises(Refused, match="no lag is identifiable"):
        join.run(ws, "lab", "tags", as_of="10min", lag="apply")


def test_a_clock_that_is_ahead_is_found_by_what_both_record(ws: Workspace, put: Put) -> None:
    """Within one sample, with an interval; applied, the same column agrees."""
    flow = walk(3000, 5)
    put("left", {"time": minutes(3000), "flow": flow}, bring=True)
    seen = (flow[::5] + 0.1 * np.random.default_rng(0).normal(size=600)).round(4)
    other = put("other", {"time": minutes(600, 5, first=23), "flow": seen, "level": walk(600, 6)})
    done = join.run(ws, "left", other, as_of="5min", offset="apply", name="set")
    holds(done)
    stretch = done["offset"]["clock"]["stretches"][0]
    assert abs(stretch["offset"] - 23 * 60) <= 60
    assert stretch["low"] <= 23 * 60 <= stretch["high"]
    near = rows(ws, done).filter(pl.col("age") < 60)
    assert abs(near.select(pl.corr("flow", "flow_joined")).item()) > 0.95


def test_a_clock_is_compared_by_rows_of_one_key(ws: Workspace, put: Put) -> None:
    """Rows that name the same batch tell the offset even where no column is shared."""
    batches = [f"B{k:03d}" for k in range(60)]
    put("left", {"batch": batches, "time": minutes(60, 30), "flow": walk(60, 1)}, bring=True)
    other = put("other", {"batch": batches, "time": minutes(60, 30, first=-60), "level": walk(60, 2)})
    done = join.run(ws, "left", other, on=["batch"], as_of="1h", offset="apply")
    holds(done)
    assert done["offset"]["clock"]["stretches"][0]["offset"] == -3600
    assert done["coverage"]["matched"] == 60


def test_nothing_in_common_tells_no_offset(ws: Workspace, put: Put) -> None:
    """It is said, and refused where it should be applied; a given one is taken."""
    put("left", {"time": minutes(800), "flow": walk(800, 1)}, bring=True)
    other = put("other", {"time": minutes(800), "level": walk(800, 2)})
    assert "offset_unknown" in kinds(join.run(ws, "left", other, as_of="1min", offset="estimate", name="told"))
    with pytest.raises(Refused, match="not identifiable"):
        join.run(ws, "left", "other", as_of="1min", offset="apply")
    given = join.run(ws, "left", "other", as_of="1min", offset="7min", name="given")
    assert "offset_said" in kinds(given)
    assert rows(ws, given)["level"][0] == walk(800, 2)[7]


def test_rows_that_slipped_by_one_are_suspected_with_their_rows(ws: Workspace, put: Put) -> None:
    """From row 200 on every coil carries its neighbour's result."""
    coils, speed = [f"C{k}" for k in range(400)], walk(400, 4, memory=1.0)
    result = speed + 0.2 * np.random.default_rng(2).normal(size=400)
    slipped = np.concatenate([result[:200], result[199:399]])
    put("coils", {"coil": coils, "speed": speed}, bring=True)
    lab = put("lab", {"coil": coils, "hardness": slipped})
    done = join.run(ws, "coils", lab, on=["coil"])
    holds(done)
    found = kinds(done)["join_shifted"]
    assert found["facts"]["rows"] == -1
    assert 180 <= found["where"]["rows"][0] <= 220
    assert found["where"]["rows"][-1] == 399
    right = put("right", {"coil": coils, "hardness": result})
    assert "join_shifted" not in kinds(join.run(ws, "coils", right, on=["coil"], name="right2"))


@pytest.mark.parametrize(("part", "kind"), [(slice(0, 300), "join_hours"), (slice(200, 240), "join_summer_time")])
def test_hours_that_slipped_are_suspected(ws: Workspace, put: Put, part: slice, kind: str) -> None:
    """All along it is a time zone; for some weeks it is summer time on a wrong day."""
    batches = [f"B{k}" for k in range(300)]
    first = np.zeros(300)
    first[part] = 60.0
    times = [(START + timedelta(minutes=30.0 * k + first[k])).isoformat(sep=" ") for k in range(300)]
    put("left", {"batch": batches, "time": minutes(300, 30), "flow": walk(300, 1)}, bring=True)
    other = put("other", {"batch": batches, "stamp": times, "level": walk(300, 2)})
    done = join.run(ws, "left", other, on=["batch"])
    holds(done)
    found = kinds(done)[kind]
    assert found["facts"]["hours"] == 1
    assert found["where"]["count"] == part.stop - part.start


def test_hours_that_slipped_are_suspected_without_a_key(ws: Workspace, put: Put) -> None:
    """From a column that both carry; the rows are those of the stretch."""
    flow = walk(4000, 8)
    put("left", {"time": minutes(4000), "flow": flow}, bring=True)
    late = np.where((np.arange(800) >= 400) & (np.arange(800) < 560), 60.0, 0.0)
    times = [(START + timedelta(minutes=float(5 * k + late[k]))).isoformat(sep=" ") for k in range(800)]
    other = put("other", {"time": times, "flow": flow[::5]})
    done = join.run(ws, "left", other, as_of="5min")
    holds(done)
    found = kinds(done)["join_summer_time"]
    assert found["facts"]["hours"] == 1
    assert abs(found["where"]["rows"][0] - 2060) < 250


@pytest.mark.parametrize(
    ("said", "error", "words"),
    [
        ({}, DataError, "nothing to join on"),
        ({"on": ["coil"]}, DataError, "no column 'coil'"),
        ({"as_of": "soon"}, DataError, "not a span of time"),
        ({"as_of": "0s"}, DataError, "no time span above 0"),
        ({"as_of": "1h", "direction": "sideways"}, DataError, "'sideways' is not known"),
        ({"as_of": "1h", "rule": ["hold"]}, DataError, "there is none"),
        ({"every": "1min", "rule": ["guess"]}, DataError, "'guess' is not known"),
        ({"every": "1min", "rule": ["XX=hold"]}, DataError, "no tag 'XX'"),
        ({"on": ["time"], "lag": "apply"}, DataError, "need a join in time"),
        ({"genealogy": ["x"]}, DataError, "genealogy needs the key"),
        ({"as_of": "1h", "lag": "perhaps"}, DataError, "not a span of time"),
    ],
)
def test_bad_words_are_refused_with_a_fix_in_both_languages(
    ws: Workspace, put: Put, said: dict[str, Any], error: type[DiapasonError], words: str
) -> None:
    """What, where and the fix; nothing is stored, and nothing is left unfinished."""
    put("left", {"time": minutes(20), "flow": range(20)}, bring=True)
    other = put("other", {"time": minutes(20), "level": range(20)})
    with pytest.raises(error, match=words) as caught:
        join.run(ws, "left", other, **said)
    for language in ("en", "zh"):
        told = caught.value.said(language)  # type: ignore[arg-type]
        assert told["what"]
        assert told["fix"]
    assert len(ws.lake.versions("left")) == 1
    assert "unfinished" not in [r["state"] for r in attest.runs(ws, "left")]


def test_a_file_that_is_not_there_is_said(ws: Workspace, put: Put) -> None:
    """With what there is."""
    put("left", {"time": minutes(20), "flow": range(20)}, bring=True)
    with pytest.raises(NotFound, match="neither a file nor a dataset"):
        join.run(ws, "left", "absent.csv", as_of="1h")
    with pytest.raises(NotFound, match="no dataset 'right'"):
        join.run(ws, "right", "left", as_of="1h")


def test_the_command_says_counts_that_add_up(ws: Workspace, put: Put, call: Callable[..., Any]) -> None:
    """In a sentence in either language, and as JSON."""
    put("left", {"time": minutes(20), "flow": range(20)}, bring=True)
    other = put("other", {"time": minutes(5), "level": range(5)})
    words = ["join", "left", "--with", other, "--as-of", "3min", "-w", str(ws.folder), "--name", "both"]
    for language, said in (("en", "20 rows = 8 matched + 12 not"), ("zh", "20 行 = 8 行匹配 + 12 行未匹配")):
        done = call(*words, "--lang", language)
        assert done.exit_code == 0, done.output
        assert said in done.output
    assert json.loads(call(*words, "--json").stdout)["coverage"]["matched"] == 8
