"""One verb: rows in, contract agreed, refused rows beside, evidence signed; twice is once."""

import asyncio
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from diapason.errors import DataError, NotFound, Unsure
from diapason.ports.connector import Batch
from diapason.services import attest
from diapason.services.ingest import contract, run
from diapason.services.ingest.deriving import Derived, ends_of
from diapason.services.workspace import Workspace, init, open_workspace
from diapason.vocabulary.tables import Role, VersionRef

ENGINES = "unit;cycle;T [°C];p\n" + "".join(
    f"{u};{c};{20 + c},5;{u * c}\n" for u in (1, 2, 3) for c in range(1, 10 + u)
)


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    """An empty workspace."""
    init(tmp_path / "plant", person="li")
    return open_workspace(tmp_path / "plant")


def put(ws: Workspace, text: str, name: str = "turbofan", file: str = "data.csv", **said: Any) -> dict[str, Any]:
    """Ingest a text."""
    path = ws.folder.parent / file
    path.write_text(text)
    return asyncio.run(run(ws, str(path), name=name, **said))


def rows(ws: Workspace, ref: str) -> pl.DataFrame:
    """What the lake holds."""
    return ws.lake.scan(VersionRef.parse(ref)).collect()


def test_rows_contract_and_evidence_go_together(ws: Workspace) -> None:
    """The result says what is where; the ledger has it signed."""
    done = put(ws, ENGINES + "1;99;abc;1\n1;2\n")
    assert (done["dataset"], done["rows"], done["rejected"], done["seen"]) == ("turbofan@1", 33, 2, 35)
    assert rows(ws, "turbofan@1").height == 33
    beside = rows(ws, done["rejected_dataset"])
    assert beside["line"].to_list() == [35, 36]
    assert beside["raw"].to_list() == ["1;99;abc;1", "1;2"]
    assert beside["reason_zh"][0] == "T [°C]：“abc”不是数"
    agreed = contract(ws, "turbofan")
    assert (agreed.first(Role.ASSET), agreed.first(Role.TIME)) == ("unit", "cycle")
    assert agreed.column("T [°C]").unit == "Cel"
    kept = attest.result(ws, "ingest", "turbofan")
    assert kept is not None
    assert kept["result"]["rows"] == 33
    assert kept["subjects"]["dataset/turbofan@1"] == done["digest"]
    assert kept["subjects"]["file/data.csv"] == done["source"]["digest"]
    assert [r["state"] for r in attest.runs(ws)] == ["finished"]


def test_the_same_bytes_twice_are_one_version(ws: Workspace) -> None:
    """Said so, and nothing is written; under another name of the file too."""
    first = put(ws, ENGINES)
    again, renamed = put(ws, ENGINES), put(ws, ENGINES, file="copy.csv")
    assert first["same"] is False
    assert again["same"] is renamed["same"] is True
    assert again["dataset"] == "turbofan@1"
    assert len(ws.lake.versions("turbofan")) == 1


def test_other_bytes_or_another_way_to_read_are_a_new_version(ws: Workspace) -> None:
    """With the same contract."""
    put(ws, ENGINES)
    other = put(ws, ENGINES.replace("20,5", "21,5") + "9;1;5,5;1\n")
    typed = put(ws, ENGINES + "9;1;5,5;1\n", options={"types": {"p": "number"}})
    assert (other["version"], typed["version"]) == (2, 3)
    assert rows(ws, "turbofan@3").schema["p"] == pl.Float64


def test_changed_columns_are_shown_and_asked_about(ws: Workspace) -> None:
    """A clear difference; accepted, it is a new version."""
    put(ws, ENGINES)
    changed = ENGINES.replace("T [°C]", "T_out").replace("p\n", "p;F\n", 1).replace("\n", ";x\n").replace("F;x", "F")
    with pytest.raises(Unsure) as asked:
        put(ws, changed)
    assert "- T [°C], + T_out, + F" in str(asked.value)
    assert "changes=accept" in asked.value.said()["fix"]
    done = put(ws, changed, options={"changes": "accept"})
    assert done["version"] == 2
    assert done["changes"] == ["- T [°C]", "+ T_out", "+ F"]
    assert [c.name for c in contract(ws, "turbofan").columns] == ["unit", "cycle", "T_out", "p", "F"]


def test_a_number_that_became_text_is_a_change(ws: Workspace) -> None:
    """Not silently another table."""
    put(ws, ENGINES)
    with pytest.raises(Unsure, match="~ p: number -> text"):
        put(ws, ENGINES.replace(";1\n", ";low\n").replace(";2\n", ";mid\n").replace(";3\n", ";high\n"))


def test_appended_rows_are_added_once(ws: Workspace) -> None:
    """Numbered on from those that are there; the same file is not added twice; refused rows are kept of both."""
    put(ws, ENGINES + "broken\n")
    more = ENGINES.replace("1;1;21,5;1\n", "") + "also broken\n"
    done, again = put(ws, more, append=True), put(ws, more, append=True)
    assert (done["version"], done["rows"], done["rows_in_all"]) == (2, 32, 65)
    assert again["same"] is True
    table = rows(ws, "turbofan")
    assert table["_row"].n_unique() == table.height == 65
    assert rows(ws, "turbofan.rejected")["raw"].to_list() == ["broken", "also broken"]


def test_fractions_may_be_appended_to_whole_numbers(ws: Workspace) -> None:
    """A valve that stood at 0 and 100 for a month may stand at 37.5 the next."""
    put(ws, "t;valve\n1;0\n2;100\n")
    done = put(ws, "t;valve\n3;37,5\n", append=True)
    assert done["rows_in_all"] == 3
    assert rows(ws, "turbofan")["valve"].to_list() == [0.0, 100.0, 37.5]
    assert rows(ws, "turbofan")["_row"].to_list() == [0, 1, 2]
    assert put(ws, "t;valve\n4;50\n", append=True)["rows_in_all"] == 4


def test_a_source_that_gives_nothing_is_refused(ws: Workspace) -> None:
    """Whatever the connector."""

    class Empty:
        async def batches(self, source: str, options: Any) -> Any:
            for batch in ():
                yield batch

    with pytest.raises(DataError, match="there are no rows"):
        asyncio.run(run(ws, "nothing", name="x", connector=Empty()))


def test_a_connector_that_loses_rows_is_found_out(ws: Workspace) -> None:
    """Rows seen must be rows read and rows refused; nothing is stored, and the run is counted as abandoned."""

    class Leaky:
        async def batches(self, source: str, options: Any) -> Any:
            frame = pl.DataFrame({"_row": [0, 1], "x": [1.5, 2.5]})
            yield Batch(frame, pl.DataFrame(), 3, {"digest": "0" * 64})

    with pytest.raises(DataError, match="lost rows: 3 seen, 2 read, 0 refused"):
        asyncio.run(run(ws, "leaky", name="x", connector=Leaky()))
    assert ws.lake.datasets() == ()
    assert [r["state"] for r in attest.runs(ws)] == ["abandoned"]


def test_nothing_is_appended_to_nothing(ws: Workspace) -> None:
    """The first time there is nothing there."""
    with pytest.raises(NotFound, match="to append to"):
        put(ws, ENGINES, append=True)


def test_a_clean_file_after_a_dirty_one_leaves_no_refused_rows_behind(ws: Workspace) -> None:
    """Those of the older version stay with it."""
    put(ws, ENGINES + "broken\n")
    done = put(ws, ENGINES)
    assert done["rejected"] == 0
    assert rows(ws, "turbofan.rejected").height == 0
    assert rows(ws, "turbofan.rejected@1").height == 1


def test_run_to_failure_derives_the_remaining_life(ws: Workspace) -> None:
    """Last time of the asset minus time, in cycles; recorded as derived; the rows stay in the order of the file."""
    done = put(ws, ENGINES, run_to_failure=True)
    agreed, table = contract(ws, "turbofan"), rows(ws, "turbofan")
    assert agreed.run_to_failure
    assert agreed.derived == ("rul",)
    assert agreed.first(Role.TARGET) == "rul"
    assert table["rul"].to_list() == [9 + u - c for u in (1, 2, 3) for c in range(1, 10 + u)]
    assert done["made"]["derived"] == {"rul": {"last_minus": "cycle", "of": "unit"}}
    assert put(ws, ENGINES)["same"] is True, "what was agreed holds for the next ingest"


def test_remaining_life_of_calendar_time_is_in_seconds(ws: Workspace) -> None:
    """With its unit in the contract."""
    text = "pump,t,x\n" + "".join(f"{p},2026-01-0{d} 00:00,{d}.5\n" for p in "AB" for d in range(1, 9))
    put(ws, text, asset="pump", run_to_failure=True)
    assert contract(ws, "turbofan").column("rul").unit == "s"
    assert rows(ws, "turbofan")["rul"][0] == 7 * 86400


def test_a_given_target_is_not_derived_again(ws: Workspace) -> None:
    """The files know better."""
    put(ws, ENGINES.replace(";p\n", ";rul\n"), run_to_failure=True)
    agreed = contract(ws, "turbofan")
    assert agreed.derived == ()
    assert agreed.first(Role.TARGET) == "rul"


def test_run_to_failure_without_an_asset_says_what_to_name(ws: Workspace) -> None:
    """The option that is missing."""
    with pytest.raises(DataError, match="--asset is not known"):
        put(ws, "x,y\n1.5,2\n2.5,3\n", run_to_failure=True)


def test_rows_of_an_asset_that_is_there_already_are_not_appended_to_its_life(ws: Workspace) -> None:
    """Its remaining life would change."""
    put(ws, ENGINES, run_to_failure=True)
    with pytest.raises(DataError, match="1 are in turbofan already"):
        put(ws, "unit;cycle;T [°C];p\n1;50;20,5;3\n1;51;20,5;3\n", append=True)
    new = "unit;cycle;T [°C];p\n" + "".join(f"7;{c};20,5;3\n" for c in range(1, 5))
    assert put(ws, new, append=True)["rows_in_all"] == 37


def test_flags_are_joined_to_one_class(ws: Workspace) -> None:
    """The flags themselves would tell the answer: they become leaks."""
    text = "x,a,b,c\n" + "".join(f"{i}.5,{int(i % 3 == 0)},{int(i % 3 == 1)},{int(i % 3 == 2)}\n" for i in range(30))
    done = put(ws, text)
    assert [q["choices"][0]["value"] for q in done["questions"] if q["key"] == "target"] == ["a+b+c"]
    done = put(ws, text, target="a+b+c")
    agreed = contract(ws, "turbofan")
    assert done["version"] == 2
    assert agreed.names(Role.TARGET) == ("class",)
    assert agreed.names(Role.LEAK) == ("a", "b", "c")
    assert rows(ws, "turbofan")["class"].to_list()[:4] == ["a", "b", "c", "a"]
    assert put(ws, text + "31.5,1,0,0\n")["version"] == 3
    assert rows(ws, "turbofan")["class"][-1] == "a"


def test_what_is_unsure_stays_a_feature_and_is_said(ws: Workspace) -> None:
    """Two columns could be the target: neither is, and the question is there with the option to give."""
    done = put(ws, "x,is_anomaly,defect\n" + "".join(f"{i}.5,{i % 2},{int(i % 5 == 0)}\n" for i in range(30)))
    agreed = contract(ws, "turbofan")
    assert agreed.first(Role.TARGET) is None
    assert agreed.column("defect").sure < 0.5
    (question,) = [q for q in done["questions"] if q["key"] == "target"]
    assert question["say"] == "--target is_anomaly"
    assert "defect" in question["text"]["zh"]


def test_units_are_said_by_a_person_in_any_spelling(ws: Workspace) -> None:
    """And kept as UCUM codes."""
    put(ws, ENGINES, units={"p": "bar(g)", "3": "℉"})
    assert contract(ws, "turbofan").column("p").unit == "bar"
    assert contract(ws, "turbofan").column("T [°C]").unit == "[degF]"


def test_columns_may_be_named_by_number_and_given_names(ws: Workspace) -> None:
    """For files without a header."""
    put(ws, ENGINES.split("\n", 1)[1], asset="1", time="cycle", columns="unit,cycle,T,p")
    agreed = contract(ws, "turbofan")
    assert (agreed.first(Role.ASSET), agreed.first(Role.TIME)) == ("unit", "cycle")


def test_an_error_on_the_way_leaves_nothing_behind(ws: Workspace) -> None:
    """No version, no contract that counts, no refused rows; the run is counted as abandoned where it had begun."""
    with pytest.raises(DataError, match="the header names 2 columns, the rows have 1"):
        put(ws, "a,b\n" + "1\n" * 50)
    with pytest.raises(DataError, match="50 of 51 rows cannot be read"):
        put(ws, "a,b\n1,2\n" + "1\n" * 50, options={"separator": ","})
    assert ws.lake.datasets() == ()
    assert list((ws.folder / "contracts").iterdir()) == []
    assert attest.runs(ws) == []


def test_the_last_time_of_each_asset_is_found_over_all_batches() -> None:
    """Assets may be spread over batches."""
    frames = [
        pl.DataFrame({"_row": [0, 1], "a": ["x", "y"], "t": [1, 5]}),
        pl.DataFrame({"_row": [2], "a": ["x"], "t": [9]}),
    ]
    ends = ends_of([Batch(f, pl.DataFrame(), f.height) for f in frames], "a", "t")
    assert ends == {"x": 9, "y": 5}
    assert Derived("rul", "a", "t", ends=ends).add(frames[0])["rul"].to_list() == [8, 0]


def test_what_a_source_states_of_its_columns_counts_until_a_person_says_otherwise(ws: Workspace) -> None:
    """The embedded plant knows its target; a person may want another one."""
    source = "plant:batch_release?seed=3&days=20"
    asyncio.run(run(ws, source, name="release"))
    stated = contract(ws, "release")
    assert [c.name for c in stated.columns if c.role is Role.TARGET] == ["disposition"]
    assert [c.name for c in stated.columns if c.role is Role.TIME] == ["time"]
    asyncio.run(run(ws, source, name="other", target="share_a"))
    assert [c.name for c in contract(ws, "other").columns if c.role is Role.TARGET] == ["share_a"]


def test_a_column_known_only_afterwards_is_said_to_leak(ws: Workspace) -> None:
    """It stays in the table and out of every model; it cannot be the target as well."""
    put(ws, ENGINES, leak=("p",))
    assert [c.name for c in contract(ws, "turbofan").columns if c.role is Role.LEAK] == ["p"]
    assert "p" in rows(ws, "turbofan@1").columns
    with pytest.raises(DataError, match="both"):
        put(ws, ENGINES, name="other", leak=("p",), target="p")
    with pytest.raises(DataError, match="no column"):
        put(ws, ENGINES, name="other", leak=("q",))
