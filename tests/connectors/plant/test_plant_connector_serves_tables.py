"""The embedded plant is a source like any other: named tables, counted rows, units, errors that help."""

import asyncio
import re
from pathlib import Path

import polars as pl
import pytest

from diapason import connectors
from diapason.engines.plant import Settings, simulate
from diapason.errors import DataError
from diapason.ports import find
from diapason.roles.plant import SimulatedPlant
from diapason.testing.connectors import check_connector, check_folder
from diapason.vocabulary.tables import ROW

FOLDER = Path(connectors.__path__[0]) / "plant"


def read(source, **options):
    """All batches of a source."""

    async def story():
        return [batch async for batch in find("connectors", "plant").batches(source, options)]

    return asyncio.run(story())


PLANT = find("plants", "hydrogenation")()


@pytest.mark.parametrize("table", PLANT.tables)
def test_every_table_is_served_and_its_rows_are_counted(table):
    """Rows numbered from 0, rows seen = rows handed out, nothing refused, a unit for numbers, roles that exist."""
    batches = read(f"plant:{table}?days=12&seed=3&pumps=3")
    rows = pl.concat([batch.rows for batch in batches])
    assert rows[ROW].to_list() == list(range(rows.height))
    assert sum(batch.seen for batch in batches) == rows.height
    assert all(batch.rejected.height == 0 for batch in batches)
    facts = batches[0].facts
    assert len(facts["digest"]) == 64
    assert set(facts["roles"].values()) <= set(rows.columns)
    assert batches[-1].facts["share"] == 1.0


def test_the_plant_is_a_simulated_plant_with_every_table_explained():
    """In both languages."""
    assert isinstance(PLANT, SimulatedPlant)
    assert all(text.en and text.zh for text in PLANT.tables.values())


def test_every_number_of_the_history_has_a_unit():
    """UCUM codes for each tag."""
    batches = read("plant:history?days=1")
    numbers = [name for name, kind in batches[0].rows.schema.items() if kind == pl.Float64]
    assert all(batches[0].facts["units"][name] for name in numbers)


def test_the_connector_hands_out_what_the_engine_makes():
    """The same rows, and options count like words of the source."""
    rows = pl.concat([b.rows for b in read("plant:history?seed=9&days=2")]).drop(ROW)
    assert rows.equals(simulate(Settings(seed=9, days=2)).history)
    again = read("plant:", table="history", seed=9, days=2)
    assert again[0].facts["digest"] == read("plant:history?days=2&seed=9")[0].facts["digest"]
    assert again[0].facts["digest"] != read("plant:history?days=2&seed=8")[0].facts["digest"]


def test_faults_and_defects_can_be_ordered():
    """By menu, by kind, or one by one."""
    one = read("plant:truth?days=6&faults=leak:R-101:2:1:0.2&defects=unit:history:TIC-201.PV:3:1:1")[0].rows
    assert one["kind"].to_list() == ["leak", "unit"]
    two = read("plant:truth?days=20&defects=stuck,gap")[0].rows
    assert two["kind"].to_list() == ["stuck", "gap"]
    menu = read("plant:truth?days=60&faults=yes")[0].rows
    assert menu.height >= 3


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("plant:unheard", "soft_sensor"),
        ("plant:lab?day=3", "days"),
        ("plant:lab?days=many", "whole number"),
        ("plant:lab?days=0", "1 to 3660"),
        ("plant:lab?start=soon", "date"),
        ("plant:lab?faults=leak:P-101:1:1:0.1", "R-101"),
        ("plant:lab?faults=leak:R-101", "kind:place"),
        ("plant:lab?defects=dragons", "stuck"),
        ("plant:soft_sensor?target=colour", "purity"),
        ("factory.csv", "plant:soft_sensor"),
    ],
)
def test_a_wrong_request_names_what_is_possible(source, says):
    """What, and the fix, in both languages."""
    with pytest.raises(DataError) as caught:
        read(source)
    assert says in caught.value.said("en")["fix"]
    assert re.search("[一-鿿]", caught.value.said("zh")["fix"])


def test_long_histories_come_in_pieces():
    """A year and more is handed out a month at a time, with the share that is done; checked on its beginning."""
    pieces = PLANT.rows("history", {"days": "401", "step": "600"})
    frame, share = next(pieces)
    assert frame.height == 30 * 144
    assert share == pytest.approx(30 / 401)
    assert frame.equals(simulate(Settings(days=30, step=600.0)).history)


def test_it_keeps_the_promises_of_every_connector():
    """The public check, and the folder that can be copied."""
    plant = find("connectors", "plant")
    check_connector(plant, "plant:lab?days=5", columns=("sample", "residual"), absent="plant:unheard")
    check_connector(plant, "plant:history?days=2", rows=2880)
    assert check_folder(FOLDER)["repeatable"] == "done"


def test_clean_means_without_defects():
    """Whatever the table's default; the cells that differ from it are those the truth lists."""
    clean, dirty = (
        pl.concat([b.rows for b in read(f"plant:soft_sensor?days=30{word}")]) for word in ("&clean=yes", "")
    )
    cells = read("plant:soft_sensor_cells?days=30")[0].rows
    assert (clean["residual"] != dirty["residual"]).sum() == cells.filter(pl.col("column") == "residual").height > 10
