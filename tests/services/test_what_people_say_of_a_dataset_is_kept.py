"""What people say of a dataset is signed, checked, ends on its day, and is never filled in by a machine."""

import asyncio
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diapason.errors import DataError, NotFound, Refused
from diapason.ports.workspace import Workspace
from diapason.services import declare, describe, ingest, standing, workspace


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with two datasets, one with a name of several words."""
    folder = tmp_path_factory.mktemp("made")
    workspace.init(folder / "plant", person="wang")
    ws = workspace.open_workspace(folder / "plant", person="wang")
    pl.DataFrame({"flow": [1.0, 2.0, 3.5]}).write_csv(folder / "line.csv")
    for name in ("line", "二号炉 v1.2"):
        asyncio.run(ingest.run(ws, str(folder / "line.csv"), name=name))
    return folder


@pytest.fixture
def plant(made: Path, tmp_path: Path) -> Workspace:
    """A copy of it, opened by wang; the table lies beside it."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return workspace.open_workspace(tmp_path / "plant", person="wang")


def test_what_was_said_is_read_by_key_and_nothing_else_is_there(plant: Workspace) -> None:
    """Sector and grade by their names in either language; keywords once each; the rest as it was written."""
    done = describe.run(
        plant,
        "line@1",
        {"title": "2024", "grade": "重要", "sector": "钢铁", "keywords": "flow，heat, flow", "licence": "yes"},
    )
    said = {"title": "2024", "licence": "yes", "grade": "important", "sector": "RM1", "keywords": "flow, heat"}
    assert describe.describe(plant, "line") == said
    assert set(done["missing"]) == set(describe.KEYS) - set(said)
    assert describe.described(plant) == {"line": said, "二号炉 v1.2": {}}


def test_the_newest_word_counts_and_can_be_taken_back(plant: Workspace) -> None:
    """A name of several words has words of its own."""
    describe.run(plant, "二号炉 v1.2", {"owner": "one"})
    describe.run(plant, "二号炉 v1.2", {"owner": "two"})
    assert describe.describe(plant, "二号炉 v1.2") == {"owner": "two"}
    assert describe.run(plant, "二号炉 v1.2", {"owner": "-"})["withdrawn"] == ["owner"]
    assert describe.describe(plant, "二号炉 v1.2") == {}
    with pytest.raises(NotFound):
        describe.run(plant, "二号炉 v1.2", {"owner": "-"})


def test_a_word_ends_on_its_day_and_falls_when_it_is_recalled(plant: Workspace) -> None:
    """It is shown as not holding then, and why."""
    made = describe.run(plant, "line", {"licence": "CC-BY-4.0", "owner": "li"}, until="2999-01-01")
    assert all(one["holds"] for one in made["said"].values())
    entry = plant.ledger.last(kind="declare", subject="fact:dataset.line.licence")
    assert entry
    standing.recall(plant, f"entry:{entry.seq}", because="a test")
    assert describe.describe(plant, "line") == {"owner": "li"}
    later = replace(plant, clock=lambda: plant.clock() + timedelta(days=366_000))
    assert describe.describe(later, "line") == {}
    shown = describe.run(later, "line")
    assert not shown["said"]["owner"]["holds"]
    assert "last day has passed" in shown["said"]["owner"]["words"]["en"]
    assert "owner" in shown["missing"]


def test_words_of_an_erased_dataset_are_not_those_of_its_namesake(plant: Workspace, tmp_path: Path) -> None:
    """One that is erased in part keeps them."""
    pl.DataFrame({"flow": [9.0]}).write_csv(tmp_path / "next.csv")
    asyncio.run(ingest.run(plant, str(tmp_path / "next.csv"), name="line"))
    describe.run(plant, "line", {"title": "Line 1"})
    workspace.forget(plant, "line@1", reason="a test")
    assert describe.describe(plant, "line") == {"title": "Line 1"}
    workspace.forget(plant, "line", reason="a test")
    with pytest.raises(NotFound):
        describe.describe(plant, "line")
    asyncio.run(ingest.run(plant, str(tmp_path / "line.csv"), name="line"))
    assert describe.describe(plant, "line") == {}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"colour": "red"}, "title"),
        ({"grade": "high"}, "core"),
        ({"sector": "cheese"}, "RM1"),
        ({"language": "Chinese!"}, "zh-CN"),
        ({"title": "  "}, "characters"),
        ({"title": "a\x07b"}, "characters"),
        ({"title": "x" * 4001}, "characters"),
        ({"keywords": ", ,"}, "characters"),
    ],
)
def test_a_word_that_is_no_answer_is_refused_with_the_way_and_none_is_kept(
    plant: Workspace, said: dict[str, str], why: str
) -> None:
    """The good one beside it is not kept either."""
    with pytest.raises(DataError) as told:
        describe.run(plant, "line", {"owner": "li", **said})
    assert why in told.value.said("en")["fix"]
    assert describe.describe(plant, "line") == {}


def test_only_who_has_a_role_speaks_and_only_here(plant: Workspace) -> None:
    """`declare` does not take words about one dataset: nothing would check them."""
    workspace.add_person(plant, "li", [])
    with pytest.raises(Refused):
        describe.run(replace(plant, person="li"), "line", {"owner": "li"})
    with pytest.raises(Refused):
        declare.declare(plant, "dataset.line.grade", "high")
    with pytest.raises(NotFound):
        describe.run(plant, "nothing", {"owner": "li"})


@given(st.text(max_size=60))
def test_any_title_is_kept_as_it_was_written_or_refused(text: str) -> None:
    """Numbers, yes and no included: a title is a text."""
    try:
        kept = describe.checked_value("line", "title", text)
    except DataError:
        return
    assert kept == text.strip()
