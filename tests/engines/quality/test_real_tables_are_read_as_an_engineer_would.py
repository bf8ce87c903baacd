"""Clean real sets stay quiet, and what is said about them is what is known to be wrong with them."""

import gzip
import io
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from diapason.engines.quality import Report, examine
from diapason.vocabulary.tables import Column, Contract, Role


def _bytes(path: Path) -> bytes:
    with gzip.open(path) as file:
        return file.read()


def _kinds(report: Report) -> set[str]:
    return {f.kind for f in report.findings if f.harm != "know"}


def test_ccpp_has_its_41_copies_and_a_few_odd_rows(data: Path) -> None:
    """41 exact duplicates are in the original; at most a dozen cells contradict the rest."""
    frame = pl.read_csv(_bytes(data / "ccpp" / "Folds5x2_pp.csv.gz"))
    report = examine([frame], Contract("ccpp", (Column("energy", "number", Role.TARGET),)))
    found = {f.kind: f.where.count for f in report.findings}
    assert found.pop("duplicate_rows") == 41
    assert set(found) <= {"wrong_value"}
    assert found.get("wrong_value", 0) <= 12


def test_ai4i_has_its_label_faults_and_its_leaks(data: Path) -> None:
    """9 failures without a cause, 18 causes without a failure, four flags that are the label, and nothing else."""
    frame = pl.read_csv(_bytes(data / "ai4i2020" / "ai4i2020.csv.gz"))
    flags = ["Machine.failure", "TWF", "HDF", "PWF", "OSF", "RNF"]
    columns = [Column(c, "flag", Role.TARGET if c == flags[0] else Role.FEATURE) for c in flags]
    report = examine([frame], Contract("ai4i", (*columns, Column("Product_ID", "text", Role.IGNORED))))
    counts = {f.kind: f.where.count for f in report.findings if f.kind != "leak"}
    assert counts == {"label_without_cause": 9, "cause_without_label": 18}
    assert {f.where.columns for f in report.findings if f.kind == "leak"} == {("TWF",), ("HDF",), ("PWF",), ("OSF",)}


def test_fd001_has_constant_columns_and_nothing_else(data: Path) -> None:
    """A hundred engines that wear out: wear is no drift of a sensor, the last cycles are no errors."""
    values = np.loadtxt(io.BytesIO(_bytes(data / "cmapss-fd001" / "train_FD001.txt.gz")))
    frame = pl.DataFrame(values, schema=["unit", "cycle", *(f"x{i}" for i in range(24))])
    contract = Contract("fd", (Column("unit", "number", Role.ASSET), Column("cycle", "number", Role.TIME)))
    report = examine([frame], contract)
    assert _kinds(report) == set()
    assert sum(f.kind == "constant" for f in report.findings) == 7


@pytest.mark.parametrize("timed", [True, False])
def test_a_process_under_control_is_quiet(data: Path, timed: bool) -> None:
    """Tennessee Eastman without faults: 52 columns, analysers that hold for several rows, valves, no finding."""
    values = np.loadtxt(io.BytesIO(_bytes(data / "tep" / "d00_te.dat.gz")))
    frame = pl.DataFrame(values, schema=[f"x{i}" for i in range(values.shape[1])])
    contract = Contract("tep", ())
    if timed:
        frame = frame.with_columns(minute=pl.int_range(pl.len()) * 3)
        contract = Contract("tep", (Column("minute", "number", Role.TIME),))
    assert _kinds(examine([frame], contract)) == set()


def test_a_test_bed_without_anomalies_is_quiet(data: Path) -> None:
    """SKAB: a pressure of nine levels is no stuck sensor, a warming motor no drift."""
    raw = _bytes(data / "skab" / "anomaly-free" / "anomaly-free.csv.gz")
    frame = pl.read_csv(raw, separator=";", try_parse_dates=True)
    report = examine([frame], Contract("skab", (Column("datetime", "time", Role.TIME),)))
    assert _kinds(report) == set()


def test_the_clock_and_the_leak_of_steel_energy_are_found(data: Path) -> None:
    """Midnight carries the date of the day before, 365 times; the emission is computed from the target."""
    frame = pl.read_csv(_bytes(data / "steel-energy" / "Steel_industry_data.csv.gz"), infer_schema_length=None)
    frame = frame.with_columns(pl.col("date").str.to_datetime("%d/%m/%Y %H:%M"))
    contract = Contract("steel", (Column("date", "time", Role.TIME), Column("Usage_kWh", "number", Role.TARGET)))
    found = {f.kind: f for f in examine([frame], contract).findings if f.harm != "know"}
    assert set(found) == {"clock_backwards", "leak"}
    assert found["clock_backwards"].where.count == 365
    assert found["leak"].where.columns == ("CO2(tCO2)",)


def _typed(table: pl.DataFrame) -> pl.DataFrame:
    """Columns of whole numbers as numbers, as a reader of files would make them."""
    out = []
    for column in table:
        numbers = column.cast(pl.Int64, strict=False)
        out.append(numbers if numbers.null_count() == column.null_count() else column)
    return pl.DataFrame(out)


def test_hospital_gives_its_errors_away_without_a_label(data: Path) -> None:
    """Of 509 wrong cells, most are named, and hardly a right one; the clean table gives none."""
    dirty, clean = (
        pl.read_csv(_bytes(data / "dirty-hospital" / f"{n}.csv.gz"), infer_schema=False) for n in ("dirty", "clean")
    )
    truth = {(r, c) for c in dirty.columns for r in np.flatnonzero((dirty[c] != clean[c]).to_numpy()).tolist()}
    aside = {"missing", "missing_word", "constant"}
    named = [
        {(r, c) for f in examine([_typed(t)], Contract("h", ())).findings if f.kind not in aside
         for r in f.where.rows for c in f.where.columns}
        for t in (dirty, clean)
    ]  # fmt: skip
    assert len(named[0] & truth) >= 0.88 * len(truth)
    assert len(named[0] & truth) >= 0.97 * len(named[0])
    assert len(named[1]) <= 3


def test_beers_in_several_units_are_found(data: Path) -> None:
    """Ounces with and without a dot, percentages with and without a sign."""
    dirty = pl.read_csv(_bytes(data / "dirty-beers" / "dirty.csv.gz"), infer_schema=False)
    found = {f.where.columns for f in examine([dirty], Contract("b", ())).findings if f.kind == "mixed_format"}
    assert found == {("ounces",), ("abv",)}
