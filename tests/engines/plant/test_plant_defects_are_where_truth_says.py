"""Every data defect is in the cells that the truth names, and nowhere else."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from diapason.engines.plant import DEFECTS, Defect, Settings, defect_menu, plant_defects, simulate
from diapason.errors import DataError

CLOCKS = {"history": "time", "lab": "time", "batches": "started"}


@pytest.fixture(scope="module")
def clean():
    """Thirty days of a well plant with a good record."""
    return simulate(Settings(seed=4, days=30))


def _one(clean, kind, table="history", column="TIC-201.PV", strength=1.0, start=5.0, days=2.0):
    damaged, truth = plant_defects(clean, [Defect(kind, table, column, start, days, strength)], seed=9)
    (told,) = truth.to_dicts()
    window = (pl.col(CLOCKS[table]) >= told["start"]) & (pl.col(CLOCKS[table]) < told["end"])
    return damaged, told, window


def near(value, expected, by):
    """Within so much."""
    return abs(value - expected) <= by


def _rising(change, least):
    """Never falls, and ends so much higher."""
    return (np.diff(change) > -1e-3).all() and np.ptp(change) > least


# kind, table, column, strength, what the damaged values d must be, given the clean ones c
VALUES = [
    ("stuck", "history", "TIC-201.PV", 1.0, lambda c, d: (d == c[0]).all()),
    ("spike", "history", "TIC-201.PV", 0.02, lambda c, d: near((abs(d - c) > 1.4).mean(), 0.02, 0.001)),
    ("unit", "history", "TIC-201.PV", 1.0, lambda c, d: np.allclose(d, c * 1.8 + 32, atol=1e-3)),
    ("unit", "history", "PIC-201.PV", 1.0, lambda c, d: np.allclose(d, c * 14.503774, atol=1e-3)),
    ("scale", "history", "FI-204", 1000.0, lambda c, d: np.allclose(d, c * 1000)),
    ("bias", "history", "PI-102", 3.0, lambda c, d: np.ptp((d - c).round(3)) <= 0.0011 and (d > c).all()),
    ("drift", "history", "DI-101", 5.0, lambda c, d: near(d[0], c[0], 1e-3) and _rising(d - c, 5.0)),
    ("noise", "history", "II-101", 2.0, lambda c, d: np.std(d - c) > 1.0 and abs(np.mean(d - c)) < 0.2),
    ("saturation", "history", "TI-212", 0.3, lambda c, d: (d <= c).all() and near((d < c).mean(), 0.3, 0.02)),
    ("missing", "history", "VI-301", 1.0, lambda c, d: np.isnan(d).all()),
    ("missing", "lab", "solvent", 1.0, lambda c, d: np.isnan(d).all()),
    ("wrong_lab", "lab", "residual", 0.25, lambda c, d: (d != c).mean() == pytest.approx(0.25, abs=0.05)),
    ("swapped_lab", "lab", "residual", 0.3, lambda c, d: sorted(d) == sorted(c) and 0.1 < (d != c).mean() <= 0.34),
    ("lab_unit", "lab", "residual", 0.01, lambda c, d: np.allclose(d, c / 100, atol=1e-4)),
    ("lab_shift", "lab", "residual", 1.0, lambda c, d: np.allclose(d[1:], c[:-1])),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "table", "column", "strength", "holds"), VALUES, ids=[f"{v[0]}-{v[2]}" for v in VALUES]
)
def test_a_value_defect_does_what_it_says(clean, kind, table, column, strength, holds):
    """Within its window, to its column."""
    damaged, told, window = _one(clean, kind, table, column, strength, days=2.0 if table == "history" else 12.0)
    before, after = (getattr(h, table).filter(window)[column].to_numpy() for h in (clean, damaged))
    real = ~np.isnan(before)
    assert holds(before[real], after[real])
    assert told["rows"] == int((before[real] != after[real]).sum())
    _only(clean, damaged, table)


def _only(clean, damaged, table):
    """Cells that differ are those listed, for tables whose rows stand where they stood."""
    listed = set(damaged.cells.filter(pl.col("table") == table).select("row", "column").iter_rows())
    before, after = getattr(clean, table), getattr(damaged, table)
    found = {
        (row, name) for name in before.columns for row in before[name].ne_missing(after[name]).arg_true().to_list()
    }
    assert found == listed
    for other in CLOCKS:
        if other != table:
            assert_frame_equal(getattr(clean, other), getattr(damaged, other))


def test_swapped_tags_change_places(clean):
    """Each shows the other within the window."""
    damaged, told, window = _one(clean, "swapped_tags", column="TI-202|TI-203")
    before, after = clean.history.filter(window), damaged.history.filter(window)
    assert (before["TI-202"] == after["TI-203"]).all()
    assert (before["TI-203"] == after["TI-202"]).all()
    assert told["rows"] == 2880
    _only(clean, damaged, "history")


def test_a_wrong_grade_is_another_grade(clean):
    """Some labels, in the lab or on the batch."""
    for table in ("lab", "batches"):
        damaged, told, _ = _one(clean, "wrong_grade", table, "grade", 0.3, days=20.0)
        assert told["rows"] == (getattr(clean, table)["grade"] != getattr(damaged, table)["grade"]).sum() > 3
        _only(clean, damaged, table)


def test_a_leaking_column_knows_the_target(clean):
    """It is new, and follows the residual almost exactly."""
    damaged, *_ = _one(clean, "leak", "lab", "LIMS.INDEX", 0.03, 0.0, 30.0)
    both = damaged.lab.drop_nulls("residual")
    assert abs(np.corrcoef(both["LIMS.INDEX"], both["residual"])[0, 1]) > 0.99
    assert "LIMS.INDEX" not in clean.lab.columns


@pytest.mark.parametrize(("kind", "minutes"), [("clock_offset", 30.0), ("dst", 60.0)])
def test_a_clock_runs_ahead_within_its_window(clean, kind, minutes):
    """Times jump there and back; readings stay."""
    damaged, told, window = _one(clean, kind, column="", strength=minutes)
    inside = clean.history.select(window.alias("in"))["in"]
    moved = damaged.history["time"] - clean.history["time"]
    assert (moved.filter(inside) == timedelta(minutes=minutes)).all()
    assert (moved.filter(~inside) == timedelta(0)).all()
    assert_frame_equal(damaged.history.drop("time"), clean.history.drop("time"))
    assert (damaged.history["time"].diff().drop_nulls() < timedelta(0)).sum() == 1
    assert damaged.cells.height == told["rows"] == 2880


def test_rows_out_of_order_are_the_same_rows(clean):
    """Sorting by time restores the table; the rows listed are those that moved."""
    damaged, told, _ = _one(clean, "clock_disorder", column="", strength=0.5, days=0.2)
    assert_frame_equal(damaged.history.sort("time"), clean.history)
    moved = damaged.history["time"].ne_missing(clean.history["time"]).arg_true().to_list()
    assert sorted(damaged.cells["row"]) == moved
    assert told["rows"] == len(moved) == 144


def test_a_gap_has_no_rows(clean):
    """They are gone; listed with row -1."""
    damaged, told, window = _one(clean, "gap", column="", days=0.5)
    assert_frame_equal(damaged.history, clean.history.filter(~window))
    assert told["rows"] == 720
    assert damaged.cells["row"].to_list() == [-1] * 720


def test_duplicates_lie_behind_their_original(clean):
    """Taking the listed rows out restores the table."""
    damaged, told, _ = _one(clean, "duplicates", column="", strength=0.2, days=0.5)
    listed = damaged.cells["row"].to_list()
    assert told["rows"] == len(listed) == 144
    rows = damaged.history.with_row_index("n")
    assert_frame_equal(rows.filter(~pl.col("n").is_in(listed)).drop("n"), clean.history)
    originals = rows.filter(pl.col("n").is_in([n - 1 for n in listed])).drop("n")
    assert_frame_equal(rows.filter(pl.col("n").is_in(listed)).drop("n"), originals)


@pytest.mark.parametrize("seed", range(6))
def test_the_whole_menu_at_once_is_accounted_for(clean, seed):
    """One of each kind: every difference is listed, every listed cell differs, whatever moved the rows."""
    damaged, truth = plant_defects(clean, seed=seed)
    assert sorted(truth["kind"]) == sorted(DEFECTS)
    assert (truth["rows"] > 0).all()
    assert truth["id"].is_unique().all()
    cells = damaged.cells.join(truth.select("id", "kind"), on="id")
    moving = [kind for kind, known in DEFECTS.items() if known.rows]
    for table in CLOCKS:
        before, after = getattr(clean, table), getattr(damaged, table)
        listed = cells.filter((pl.col("table") == table) & ~pl.col("kind").is_in([*moving, "leak"]))
        moved = cells.filter((pl.col("table") == table) & pl.col("kind").is_in(moving))
        touched = set(listed.filter(pl.col("row") >= 0)["row"]) | set(moved["row"])
        untouched = (
            after.with_row_index("n").filter(~pl.col("n").is_in(list(touched))).drop("n", "LIMS.INDEX", strict=False)
        )
        kept = untouched.join(before, on=before.columns, how="semi", nulls_equal=True)
        assert kept.height == untouched.height, table
        gone = cells.filter((pl.col("table") == table) & (pl.col("kind") == "gap")).height
        again = cells.filter((pl.col("table") == table) & (pl.col("kind") == "duplicates")).height
        assert after.height == before.height - gone + again


def test_the_same_seed_plants_the_same_defects(clean):
    """In the same cells."""
    one, two = (plant_defects(clean, seed=3) for _ in range(2))
    assert_frame_equal(one[1], two[1])
    assert_frame_equal(one[0].cells, two[0].cells)
    assert defect_menu(1, 30) != defect_menu(2, 30)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda _: Defect("nonsense", "history", "TI-101", 1, 1, 1),
        lambda _: Defect("stuck", "lab", "residual", 1, 1, 1),
        lambda clean: plant_defects(clean, [Defect("stuck", "history", "TI-999", 1, 1, 1)]),
        lambda clean: plant_defects(clean, [Defect("stuck", "history", "TI-101", 99, 1, 1)]),
    ],
)
def test_defects_that_cannot_be_are_refused(clean, wrong):
    """An unknown kind, a table where it cannot be, no such column, no row in the window."""
    with pytest.raises(DataError) as caught:
        wrong(clean)
    assert caught.value.said("zh")["fix"]
