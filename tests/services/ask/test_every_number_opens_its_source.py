"""Asked about a plant's records: numbers with their source, a question back, or nothing; never a guess."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import diapason


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> diapason.Plant:
    """Two days of an oven, minute by minute, with a gap and a state; four pumps."""
    folder = tmp_path_factory.mktemp("asked")
    at = pl.datetime_range(pl.datetime(2026, 3, 1), pl.datetime(2026, 3, 3), "1m", closed="left", eager=True)
    heat = 150 + np.sin(np.arange(at.len()) / 50.0)
    heat[700] = 163.25
    table = pl.DataFrame({"time": at, "TI-101": np.round(heat, 3), "state": ["normal"] * 2000 + ["leak"] * 880})
    table = table.with_columns(
        pl.when(pl.col("time").dt.hour() == 5).then(None).otherwise(pl.col("TI-101")).alias("TI-101")
    )
    table.write_csv(folder / "oven.csv")
    pumps = pl.DataFrame({"asset": ["P-1A", "P-1B"] * 30, "bearing": [60.0, 70.0] * 30})
    pumps.write_csv(folder / "pumps.csv")
    made = diapason.init(folder / "plant", person="wang")
    made.ingest(str(folder / "oven.csv"), name="oven", time="time")
    made.ingest(str(folder / "pumps.csv"), name="pumps", asset="asset")
    return made


ASKED = [
    ("What was the highest TI-101 on 2026-03-01?", 163.25),
    ("2026年3月1日 TI-101 最高是多少？", 163.25),
    ("What was TI-101 at 2026-03-01 11:40?", 163.25),
    ("How many readings of TI-101 are missing on 2026-03-01?", 60),
    ("How many readings of TI-101 were above 160 on 2026-03-01?", 1),
    ("What is the mean bearing of asset P-1B?", 70),
    ("How many rows has oven?", 2880),
]


@pytest.mark.parametrize(("question", "value"), ASKED)
def test_a_number_is_what_the_rows_say_and_names_them(plant: diapason.Plant, question: str, value: float) -> None:
    said = plant.ask(question)
    assert said["state"] == "answered", said
    first = said["numbers"][0]
    assert first["value"] == value
    ref, digest = first["source"]["ref"], first["source"]["digest"]
    versions = plant.datasets(ref.partition("@")[0])["datasets"]
    assert digest in {v.get("digest", digest) for v in versions}
    assert f"{value:g}" in said["said"]["en"]
    assert f"{value:g}" in said["said"]["zh"]


def test_when_it_was_and_which_state(plant: diapason.Plant) -> None:
    assert plant.ask("When did TI-101 peak on 2026-03-01?")["words"] == ["2026-03-01T11:40+00:00"]
    assert plant.ask("When did leak begin?")["words"] == ["2026-03-02T09:20+00:00"]
    states = plant.ask("Which faults were there on 2026-03-02?")["numbers"]
    assert {n["name"]: n["value"] for n in states} == {"leak": 880, "normal": 560}


HELD = [
    ("What was the mean TI-101 on 2026-04-01?", "abstains"),
    ("What was TI-101 at 2026-03-01 05:30?", "abstains"),
    ("What is the mean bearing?", "asks"),
    ("Set TI-101 to 150", "abstains"),
    ("What was the mean TI-101 of the night shift?", "asks"),
]


@pytest.mark.parametrize(("question", "state"), HELD)
def test_what_the_rows_do_not_say_is_not_said(plant: diapason.Plant, question: str, state: str) -> None:
    before = plant.workspace.ledger.head()
    said: dict[str, Any] = plant.ask(question)
    assert (said["state"], said["numbers"]) == (state, [])
    assert plant.workspace.ledger.head() == before


def test_agents_and_models_answer_from_the_ledger(shown: Path, tmp_path: Path) -> None:
    shutil.copytree(shown, tmp_path / "plant")
    plant = diapason.open_plant(tmp_path / "plant", person="wang")
    plant.agent_new("kiln-watch", model="furnace@1", asset="kiln", expires="2027-06-30")
    assert plant.ask("Who answers for kiln-watch?")["words"] == ["wang"]
    assert plant.ask("kiln-watch 的有效期到什么时候？")["words"] == ["2027-06-30"]
    assert plant.ask("Which agents watch kiln?")["words"] == ["kiln-watch"]
    score = plant.ask("What is the score of furnace@1?")
    assert score["numbers"][0]["source"]["kind"] == "model"
    assert score["numbers"][0]["name"] == "rmse"
