"""`rules`: the same verdict on a contract as the whole pass gives, from the columns that its rules speak of alone."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml

from diapason.engines.contracts import to_odcs
from diapason.errors import DataError
from diapason.faces.cli.app import called
from diapason.services.scan import files
from diapason.vocabulary.tables import Column, Contract

ROWS = 20_000
RULED = Contract(
    "line",
    (
        Column("flow", "number", low=0.0, high=100.0, missing=0.0),
        Column("heat", "number", low=-50.0, missing=0.01),
        Column("count", "number", high=250.0),
        Column("grade", "category", values=("A", "B"), missing=0.5),
        Column("gone", "number", low=0.0),
    ),
    key=("grade", "count"),
    relations=("flow >= heat",),
)


def table() -> pl.DataFrame:
    """Each rule is broken somewhere; a column that no rule speaks of would be refused if it were read."""
    rng = np.random.default_rng(3)
    flow, heat = rng.normal(50, 5, ROWS), rng.normal(20, 5, ROWS)
    flow[[5, 700, 19_999]], flow[[8, 9]], heat[40], heat[41] = [-1.0, 101.0, np.inf], np.nan, -60.0, -np.inf
    grade = np.array(["A", "B"], object)[np.arange(ROWS) % 2]
    grade[[3, 4, 5]], grade[100] = None, "C"
    frame = pl.DataFrame({"flow": flow, "heat": heat, "count": np.arange(ROWS) % 300, "grade": grade.tolist()})
    return frame.with_columns(pl.when(pl.int_range(ROWS) == 77).then(None).otherwise("flow").alias("flow"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A table of several row groups, also as text, and its contract."""
    table().write_parquet(tmp_path / "table.parquet", row_group_size=3_000)
    table().with_columns(pl.col("flow", "heat").fill_nan(None)).write_csv(tmp_path / "table.csv")
    document = to_odcs(RULED, version="1.0.0", identity="line")
    (tmp_path / "contract.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    return tmp_path


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_the_verdict_is_that_of_the_whole_pass(folder: Path, form: str) -> None:
    """Broken and untested rules with their counts, kind by kind."""
    source, rules = str(folder / f"table.{form}"), folder / "contract.yaml"
    alone = files.run(source, contract=rules, rules=True)
    assert alone["rows"] == ROWS
    assert alone["contract"] == files.run(source, contract=rules)["contract"]
    told = {(b["column"], b["rule"]): b["count"] for b in alone["contract"]["broken"]}
    if form == "csv":  # which does not know what is infinite
        return
    assert told[("gone", "there")] == 0
    assert told[("flow", "missing")] == 3
    assert told[("flow", "range")] == 2
    assert told[("heat", "range")] == 1
    assert told[("grade", "values")] == 1
    assert told[("", "relation")] >= 1


def test_columns_that_no_rule_speaks_of_are_not_read(folder: Path) -> None:
    """One whose bytes are damaged in the file does no harm."""
    wide = table().with_columns(pl.Series("other", np.random.default_rng(1).integers(0, 2**62, ROWS)))
    wide.write_parquet(folder / "wide.parquet", compression="zstd", statistics=False)
    raw = bytearray((folder / "wide.parquet").read_bytes())
    end = len(raw) - 4_000
    raw[end - 60_000 : end - 20_000] = b"\0" * 40_000  # the last column of the only row group
    (folder / "hurt.parquet").write_bytes(raw)
    with pytest.raises(DataError):
        files.run(str(folder / "hurt.parquet"), contract=folder / "contract.yaml")
    alone = files.run(str(folder / "hurt.parquet"), contract=folder / "contract.yaml", rules=True)
    whole = files.run(str(folder / "table.parquet"), contract=folder / "contract.yaml", rules=True)
    assert alone["contract"] == whole["contract"]


def test_without_a_contract_there_is_nothing_to_judge(folder: Path) -> None:
    with pytest.raises(DataError) as told:
        files.run(str(folder / "table.parquet"), rules=True)
    assert "--contract" in told.value.said("en")["fix"]


def test_a_column_that_turns_to_text_half_way_is_refused(folder: Path) -> None:
    parts = folder / "parts"
    parts.mkdir()
    table().write_parquet(parts / "0.parquet")
    table().with_columns(pl.col("flow").cast(pl.String)).write_parquet(parts / "1.parquet")
    with pytest.raises(DataError) as told:
        files.run(str(parts), contract=folder / "contract.yaml", rules=True)
    assert told.value.at == f"row {ROWS}"


def test_the_command_says_which_rules_are_broken(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["scan", str(folder / "table.parquet"), "--contract", str(folder / "contract.yaml"), "--rules"]
    assert called(words) == 0
    assert "rules kept" in capsys.readouterr().out
    assert called([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == ROWS
