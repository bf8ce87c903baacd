"""A contract is proposed from data, written as ODCS, taken in again, and kept or broken by files and versions."""

import asyncio
import json
from pathlib import Path

import polars as pl
import pytest

from diapason.errors import DataError
from diapason.ports.workspace import Workspace
from diapason.services import contract, ingest, workspace
from diapason.services.scan import datasets, files

FRAME = pl.DataFrame({"flow": [20.0 + i % 7 for i in range(400)], "grade": ["A", "B"] * 200, "hour": list(range(400))})


@pytest.fixture
def plant(tmp_path: Path) -> Workspace:
    """A workspace with one dataset."""
    workspace.init(tmp_path / "plant", person="wang")
    ws = workspace.open_workspace(tmp_path / "plant", person="wang")
    FRAME.write_csv(tmp_path / "line.csv")
    asyncio.run(ingest.run(ws, str(tmp_path / "line.csv"), name="line", time="hour"))
    return ws


def test_proposed_rules_hold_on_the_data_and_break_on_worse(plant: Workspace, tmp_path: Path) -> None:
    """From the data to a file, from the file to the next delivery."""
    made = contract.run(plant, "line", proposed=True, to=tmp_path / "line.odcs.yaml")
    assert set(made["changed"]) == {"flow", "grade"}
    assert datasets.run(plant, "line")["contract"]["broken"] == []
    worse = FRAME.with_columns(
        pl.when(pl.int_range(400) < 9).then(None).otherwise("flow").alias("flow"),
        pl.when(pl.int_range(400) == 5).then(pl.lit("Z")).otherwise("grade").alias("grade"),
    )
    worse.write_parquet(tmp_path / "next.parquet")
    judged = files.run(str(tmp_path / "next.parquet"), time="hour", contract=tmp_path / "line.odcs.yaml")["contract"]
    assert {(b["column"], b["rule"], b["count"]) for b in judged["broken"]} == {
        ("flow", "missing", 9),
        ("grade", "values", 1),
    }
    assert contract.run(plant, "line", take=tmp_path / "line.odcs.yaml")["changed"] == []


def test_a_range_that_a_kept_state_never_counted_is_not_tested(plant: Workspace, tmp_path: Path) -> None:
    """A state begun without the contract, or with another, does not make its ranges kept."""
    contract.run(plant, "line", proposed=True, to=tmp_path / "line.odcs.yaml")
    FRAME.with_columns(pl.col("flow") * 100).write_parquet(tmp_path / "far.parquet")
    kept = tmp_path / "kept.scan"
    files.run(str(tmp_path / "far.parquet"), time="hour", keep=kept)
    FRAME.write_parquet(tmp_path / "next.parquet")
    rules = tmp_path / "line.odcs.yaml"
    judged = files.run(str(tmp_path / "next.parquet"), time="hour", after=kept, contract=rules)["contract"]
    assert [(b["column"], b["rule"]) for b in judged["untested"]] == [("flow", "range")]


def test_rules_of_another_tool_win_and_what_is_not_looked_at_is_named(plant: Workspace, tmp_path: Path) -> None:
    """A suite with a column that is not there, and an expectation that is not looked at."""
    suite = {
        "expectations": [
            {
                "type": "expect_column_values_to_be_between",
                "kwargs": {"column": "flow", "min_value": 0, "max_value": 24},
            },
            {"type": "expect_column_values_to_be_between", "kwargs": {"column": "flux", "min_value": 0}},
            {"type": "expect_column_median_to_be_between", "kwargs": {"column": "flow", "min_value": 0}},
        ]
    }
    (tmp_path / "suite.json").write_text(json.dumps(suite), encoding="utf-8")
    made = contract.run(plant, "line", take=tmp_path / "suite.json")
    assert (made["form"], made["changed"]) == ("great_expectations", ["flow"])
    assert made["aside"] == ["flow: expect_column_median_to_be_between", "flux: no such column"]
    broken = datasets.run(plant, "line")["contract"]["broken"]
    assert [(b["column"], b["rule"], b["count"]) for b in broken] == [
        ("flow", "range", int((FRAME["flow"] > 24).sum()))
    ]


@pytest.mark.parametrize("text", ["", "just words", "kind: [", "kind: DataContract\nschema: 7\n", "\x00"])
def test_a_file_that_is_no_contract_changes_nothing(plant: Workspace, tmp_path: Path, text: str) -> None:
    """Refused with the file's name."""
    file = tmp_path / "notes.yaml"
    file.write_text(text, encoding="utf-8")
    before = (plant.folder / "contracts" / "line.yaml").read_bytes()
    with pytest.raises(DataError) as met:
        contract.run(plant, "line", take=file)
    assert "notes.yaml" in str(met.value.at)
    assert (plant.folder / "contracts" / "line.yaml").read_bytes() == before
