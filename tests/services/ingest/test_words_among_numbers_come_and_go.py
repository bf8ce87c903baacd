"""A laboratory writes <0.01 on some days and not on others: both deliveries belong to the same dataset."""

import asyncio
from pathlib import Path

import polars as pl
import pytest

from diapason.services import ingest, workspace
from diapason.services.workspace import Workspace
from diapason.vocabulary.tables import VersionRef

HEAD = "time,machine,lead,zinc\n"
PLAIN = HEAD + "".join(f"2026-11-01 08:{m:02d},M{m % 2},{m / 10:.1f},{m / 7:.2f}\n" for m in range(40))
WORDS = HEAD + "".join(
    f"2026-11-02 08:{m:02d},M{m % 2},{'<0.1' if m % 9 == 0 else m / 10},{m / 7:.2f}\n" for m in range(40)
)


@pytest.fixture
def plant(tmp_path: Path) -> Workspace:
    """An empty workspace."""
    workspace.init(tmp_path / "plant", person="wang")
    return workspace.open_workspace(tmp_path / "plant", person="wang")


@pytest.mark.parametrize("first", ["plain", "words"])
def test_deliveries_with_and_without_words_are_one_dataset(plant: Workspace, tmp_path: Path, first: str) -> None:
    """In either order, twice; no word is lost, and nothing is asked."""
    texts = [PLAIN, WORDS] if first == "plain" else [WORDS, PLAIN]
    for i, text in enumerate([*texts, texts[0].replace("2026-11", "2026-12")]):
        path = tmp_path / f"{i}.csv"
        path.write_text(text, encoding="utf-8")
        done = asyncio.run(ingest.run(plant, str(path), name="lab", time="time", asset="machine", append=i > 0))
        assert (done["rows"], done["rejected"]) == (40, 0)
    table = plant.lake.scan(VersionRef("lab")).collect()
    expected = sum(text.count("<0.1") for text in [*texts, texts[0]])
    assert table["lead.flag"].drop_nulls().to_list() == ["<0.1"] * expected
    assert table.filter(pl.col("lead.flag").is_not_null())["lead"].null_count() == expected
    assert table["lead"].null_count() == expected
    assert table.height == 120
    columns = [c.name for c in ingest.contract(plant, "lab").columns]
    assert sorted(columns) == sorted(["time", "machine", "lead", "lead.flag", "zinc"])
