"""The public sets come in from their files as they are: row counts, roles and units."""

import asyncio
import gzip
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from diapason.services.ingest import contract, run
from diapason.services.workspace import Workspace, init, open_workspace
from diapason.vocabulary.tables import Role, VersionRef


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """One workspace for all sets."""
    folder = tmp_path_factory.mktemp("plant") / "p"
    init(folder, person="li")
    return open_workspace(folder)


def put(ws: Workspace, source: Path | str, name: str, **said: Any) -> tuple[dict[str, Any], pl.DataFrame]:
    """Ingest; the result and the rows."""
    done = asyncio.run(run(ws, str(source), name=name, **said))
    assert done["seen"] == done["rows"] + done["rejected"]
    return done, ws.lake.scan(VersionRef.parse(done["dataset"])).collect()


def roles(ws: Workspace, name: str) -> dict[str, str]:
    """Columns that are no features."""
    return {c.name: c.role.value for c in contract(ws, name).columns if c.role is not Role.FEATURE}


def guesses(done: dict[str, Any]) -> dict[str, str]:
    """Units that are suggested, not taken."""
    return {q["column"]: q["choices"][0]["value"] for q in done["questions"] if q["key"].startswith("units.")}


def test_fd001_needs_no_word_at_all(ws: Workspace, data: Path) -> None:
    """No header: asset and time are seen in the values; the remaining life is derived."""
    done, rows = put(ws, data / "cmapss-fd001" / "train_FD001.txt.gz", "fd001", run_to_failure=True)
    assert (done["rows"], done["rejected"], rows.width) == (20631, 0, 28)
    assert roles(ws, "fd001") == {"column_1": "asset", "column_2": "time", "rul": "target"}
    assert rows.group_by("column_1").agg(pl.col("rul").min())["rul"].to_list() == [0] * 100
    expected = [
        float(c) for c in gzip.decompress((data / "cmapss-fd001" / "train_FD001.txt.gz").read_bytes()).split()[:26]
    ]
    assert [float(c) for c in rows.row(0)[1:27]] == expected
    test, _ = put(ws, data / "cmapss-fd001" / "test_FD001.txt.gz", "fd001test", asset="1", time="2")
    assert test["rows"] == 13096


def test_ai4i_names_its_target(ws: Workspace, data: Path) -> None:
    """Running numbers are no inputs; units by range are only suggested."""
    done, rows = put(ws, data / "ai4i2020" / "ai4i2020.csv.gz", "ai4i")
    assert (done["rows"], done["rejected"]) == (10000, 0)
    assert roles(ws, "ai4i") == {"UDI": "ignored", "Product_ID": "ignored", "Machine.failure": "target"}
    assert guesses(done)["Air_temperature"] == "K"
    assert guesses(done)["Rotational_speed"] == "/min"
    assert rows["Machine.failure"].sum() == 339
    assert "Process_temperature" in rows.columns, "blanks around a name do not count"


def test_ccpp_is_all_inputs_until_a_person_says(ws: Workspace, data: Path) -> None:
    """Units are suggested by name and range."""
    done, rows = put(ws, data / "ccpp" / "Folds5x2_pp.csv.gz", "ccpp", target="energy", units={"pressure": "mbar"})
    assert (done["rows"], done["rejected"], rows.columns[1]) == (9568, 0, "temperature")
    assert roles(ws, "ccpp") == {"energy": "target"}
    assert guesses(done) == {"temperature": "Cel", "humidity": "%"}
    assert contract(ws, "ccpp").column("pressure").unit == "mbar"


def test_tep_comes_in_as_a_folder_with_one_file_on_its_side(ws: Workspace, data: Path) -> None:
    """d00.dat is transposed; each file is a run of its own."""
    done, rows = put(ws, data / "tep", "tep", options={"transpose": "d00.dat*"})
    assert (done["rows"], done["rejected"], rows.width) == (500 + 480 * 6 + 960 * 7, 0, 54)
    assert roles(ws, "tep") == {"file": "batch"}
    assert rows["file"].unique().sort().to_list()[:3] == ["d00", "d00_te", "d01"]
    lines = gzip.decompress((data / "tep" / "d00.dat.gz").read_bytes()).split(b"\n")
    normal = rows.filter(pl.col("file") == "d00")
    assert normal["column_2"].to_list() == [float(c) for c in lines[1].split()]


def test_skab_is_a_folder_of_recordings(ws: Workspace, data: Path) -> None:
    """Semicolons, times, the anomaly as target; a folder of folders says what is in it."""
    done, rows = put(ws, data / "skab" / "other", "skab")
    assert (done["rows"], done["rejected"]) == (7245, 0)
    assert roles(ws, "skab") == {"file": "batch", "datetime": "time", "anomaly": "target"}
    assert guesses(done) == {"Current": "A", "Temperature": "Cel", "Thermocouple": "Cel", "Voltage": "V"}
    assert rows["datetime"].dtype == pl.Datetime("us", "UTC")
    every, _ = put(ws, data / "skab" / "**" / "*.csv.gz", "skaball", options={"union": "yes"})
    assert every["rows"] == 20962


def test_steel_energy_tells_days_from_months_and_units_from_names(ws: Workspace, data: Path) -> None:
    """01/01/2018 to 31/12/2018."""
    done, rows = put(ws, data / "steel-energy", "energy", target="Usage_kWh")
    assert done["rows"] == 35040
    assert (rows["date"].min().month, rows["date"].max().month) == (1, 12)  # type: ignore[union-attr]
    agreed = contract(ws, "energy")
    assert (agreed.first(Role.TIME), agreed.first(Role.TARGET)) == ("date", "Usage_kWh")
    assert agreed.column("Usage_kWh").unit == "kW.h"
    assert agreed.column("CO2(tCO2)").unit == "t"


def test_the_seven_faults_of_steel_plates_become_one_class(ws: Workspace, data: Path) -> None:
    """They are suggested together; taken, the flags become leaks."""
    done, _ = put(ws, data / "steel-plates", "plates")
    (joined,) = [q["choices"][0]["value"] for q in done["questions"] if q["key"] == "target"]
    assert joined.count("+") == 6
    done, rows = put(ws, data / "steel-plates", "plates", target=joined)
    assert rows["class"].n_unique() == 7
    assert rows["class"].null_count() == 0
    assert len(contract(ws, "plates").names(Role.LEAK)) == 7


@pytest.mark.parametrize(("name", "count"), [("dirty-hospital", 1000), ("dirty-beers", 2410)])
def test_dirty_tables_come_in_with_all_their_dirt(name: str, count: int, ws: Workspace, data: Path) -> None:
    """It is not for the reader to clean."""
    done, rows = put(ws, data / name / "dirty.csv.gz", name)
    assert (done["rows"], done["rejected"], rows.height) == (count, 0, count)
