"""A dataset larger than one batch is assessed in one run, whose findings are told, returned, kept and signed alike."""

import asyncio
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from diapason.errors import NotFound
from diapason.ports.workspace import Workspace
from diapason.services import assess, attest, ingest, workspace
from diapason.services.assess import BATCH
from diapason.vocabulary.findings import Finding

ROWS = BATCH + 6_000
GONE = tuple(range(40, ROWS, 4_001))
SCALED = tuple(range(700, ROWS, 5_003))


def _line() -> pl.DataFrame:
    """A slow load and two tags that follow it; some cells are missing, some a thousand times too large."""
    rng = np.random.default_rng(3)
    load = 50 + 8 * np.sin(np.arange(ROWS) / 400) + rng.normal(size=ROWS)
    pressure = (0.05 * load + 1 + 0.02 * rng.normal(size=ROWS)).round(3)
    pressure[list(SCALED)] *= 1_000
    frame = pl.DataFrame(
        {
            "minute": np.arange(ROWS),
            "load": load.round(2),
            "current": (2 * load + rng.normal(size=ROWS)).round(2),
            "pressure": pressure,
        }
    )
    return frame.with_columns(pl.when(~pl.int_range(ROWS).is_in(GONE)).then("current").alias("current"))


@dataclass(frozen=True)
class Assessed:
    """A workspace in which a dataset was assessed, what that gave, and what was told on the way."""

    plant: Workspace
    result: dict[str, Any]
    told: list[tuple[Finding, str]]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Assessed:
    folder = tmp_path_factory.mktemp("line")
    _line().write_csv(folder / "line.csv")
    workspace.init(folder / "plant", person="wang")
    plant = workspace.open_workspace(folder / "plant", person="wang")
    asyncio.run(ingest.run(plant, str(folder / "line.csv"), name="line", time="minute"))
    told: list[tuple[Finding, str]] = []
    result = assess.run(plant, "line", on_finding=lambda f, words: told.append((f, words)))
    return Assessed(plant, result, told)


def _kept(done: Assessed, name: str) -> pl.DataFrame:
    statement = attest.finished(done.plant, done.result["run"])
    return pl.read_csv(BytesIO(done.plant.vault.get(statement["kept"][name]["sha256"])))


def test_defects_of_every_batch_are_found_where_they_are(done: Assessed) -> None:
    """Rows of the first batch and rows of the second, by their number in the table."""
    found = {f["kind"]: f["where"] for f in done.result["findings"]}
    assert done.result["rows"] == ROWS
    assert set(found) == {"missing", "unit_cells"}
    assert (found["missing"]["columns"], found["missing"]["rows"]) == (["current"], list(GONE))
    assert (found["unit_cells"]["columns"], found["unit_cells"]["rows"]) == (["pressure"], list(SCALED))
    assert min(max(GONE), max(SCALED)) > BATCH


def test_each_finding_is_told_in_words_and_said_in_both_languages(done: Assessed) -> None:
    """The ear hears every kind once, in the language of the workspace; the result has both."""
    kinds = [f.kind for f, _ in done.told]
    assert sorted(kinds) == sorted(f["kind"] for f in done.result["findings"])
    spoken = {s[done.plant.language] for s in done.result["sentences"]}
    assert {words for f, words in done.told if f.kind == "unit_cells"} <= spoken
    assert all(s["en"] != s["zh"] for s in done.result["sentences"])


def test_what_was_found_is_signed_and_can_be_read_back(done: Assessed) -> None:
    """The ledger's statement holds the same findings, and names the version they are about."""
    statement = attest.finished(done.plant, done.result["run"])
    assert statement["result"]["findings"] == done.result["findings"]
    assert statement["plan"]["dataset"] == done.result["dataset"] == "line@1"
    assert attest.result(done.plant, "assess", "line") is not None
    assert done.plant.ledger.check() > 0


def test_findings_and_their_rows_are_kept_as_tables(done: Assessed) -> None:
    """One line per finding, and one per finding and row, which add up."""
    findings, rows = _kept(done, "findings"), _kept(done, "rows")
    assert findings["kind"].to_list() == [f["kind"] for f in done.result["findings"]]
    counted = rows.group_by("finding").len().sort("finding")["len"].to_list()
    assert counted == findings["count"].to_list()


def test_an_unknown_dataset_is_refused_with_those_there_are(done: Assessed) -> None:
    """And nothing is sealed for it."""
    before = done.plant.ledger.head()
    with pytest.raises(NotFound) as caught:
        assess.run(done.plant, "lime")
    assert "lime" in str(caught.value)
    assert "line" in str(caught.value.fix)
    assert done.plant.ledger.head() == before


def test_an_unknown_version_is_refused(done: Assessed, tmp_path: Path) -> None:
    """A dataset that is there, in a version that is not; and a workspace without any dataset says how to get one."""
    with pytest.raises(NotFound):
        assess.run(done.plant, "line@7")
    workspace.init(tmp_path / "empty", person="wang")
    with pytest.raises(NotFound) as caught:
        assess.run(workspace.open_workspace(tmp_path / "empty", person="wang"), "line")
    assert "diapason ingest" in str(caught.value.fix)
