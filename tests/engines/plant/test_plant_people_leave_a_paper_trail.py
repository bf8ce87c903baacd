"""Shifts, campaigns, laboratory, maintenance and genealogy hang together as in a plant."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from diapason.engines.plant import Settings, simulate
from diapason.engines.plant.grades import GRADES
from diapason.engines.plant.orders import CAUSES


@pytest.fixture(scope="module")
def plant():
    """Four months."""
    return simulate(Settings(seed=7, days=120))


def test_crews_change_at_six_fourteen_and_twenty_two(plant):
    """And nowhere else; each of four crews works."""
    rows = plant.history.filter(pl.col("crew") != pl.col("crew").shift())
    assert set(rows["time"].dt.hour()) == {6, 14, 22}
    assert set(plant.history["crew"]) == set("ABCD")


def test_crews_have_habits(plant):
    """The same grade is run hotter by some crews than by others."""
    running = plant.history.filter((pl.col("mode") == "run") & (pl.col("grade") == GRADES[0].name))
    means = running.group_by("crew").agg(pl.col("TIC-301.SP").mean())["TIC-301.SP"]
    assert means.max() - means.min() > 0.3


def test_campaigns_change_the_recipe(plant):
    """Grades last days and differ in pressure set point."""
    rows = plant.history.filter(pl.col("mode") == "run")
    assert set(rows["grade"]) == {g.name for g in GRADES}
    changes = plant.history.filter(pl.col("grade") != pl.col("grade").shift()).height
    assert 15 < changes < 60
    for grade in GRADES:
        assert rows.filter(pl.col("grade") == grade.name)["PIC-201.SP"].median() == grade.pressure


def test_the_laboratory_is_late_incomplete_and_not_exact(plant):
    """Results come hours later, some never; errors are small and have no mean beyond a week's bias."""
    lab, truth = plant.lab, plant.lab_true
    delay = (lab["reported"] - lab["time"]).dt.total_seconds() / 3600
    assert delay.min() > 0.5
    assert 1.5 < delay.median() < 4
    assert delay.max() > 6
    assert set(lab["time"].dt.hour()) == {2, 6, 10, 14, 18, 22}
    assert 0.003 < lab["residual"].null_count() / lab.height < 0.05
    assert lab.height < 120 * 6 * 0.99
    both = lab.join(truth, on="sample", suffix="_true").drop_nulls("residual")
    error = (both["residual"] - both["residual_true"]).to_numpy()
    assert 0.05 < error.std() < 0.15
    assert abs(error.mean()) < 0.04
    total = both["purity"] + both["residual"] + both["by_product"]
    assert ((total - 100).abs() < 0.3).all()


def test_lots_batches_and_drums_add_up(plant):
    """Shares of each batch add up to 1, masses too; drums hold the batch; product made is product batched."""
    links, batches = plant.genealogy, plant.batches
    into = links.filter(pl.col("relation") == "lot-batch").group_by("child").agg(pl.col("share", "mass").sum())
    joined = batches.join(into, left_on="batch", right_on="child", suffix="_in")
    assert joined.height == batches.height
    assert ((joined["share"] - 1).abs() < 2e-3).all()
    assert ((joined["mass"] - joined["mass_in"]).abs() <= 0.5 + 1e-3 * joined["mass"]).all()
    drums = links.filter(pl.col("relation") == "batch-drum").group_by("parent").agg(pl.col("mass").sum(), pl.len())
    filled = batches.join(drums, left_on="batch", right_on="parent", suffix="_drums")
    assert ((filled["mass"] - filled["mass_drums"]).abs() < 0.6).all()
    assert (filled["drums"] == filled["len"]).all()
    made = plant.history.filter(pl.col("mode") == "run")["FI-301"].sum() / 60 * 1000
    assert batches["mass"].sum() == pytest.approx(made, rel=0.02)
    known = set(plant.lots["lot"])
    assert set(links.filter(pl.col("relation") == "lot-batch")["parent"]) <= known


def test_feed_delivered_is_feed_used(plant):
    """Lots less the change of the tank are what the feed meter has counted."""
    delivered = plant.lots.filter(pl.col("time") < plant.history["time"][-1] - timedelta(hours=3))["mass"][1:].sum()
    used = plant.history["FIC-101.PV"].sum() / 60 * 1000
    assert delivered == pytest.approx(used, rel=0.02)


def test_machines_run_to_failure_or_are_renewed_in_time(plant):
    """Vibration rises before, and is low after; a failure stops the cell, and an order tells of it."""
    log = plant.maintenance
    ended = log.filter(pl.col("cause").is_in(["bearing", "bearing_planned", "valve", "valve_planned"]))
    assert ended.height >= 3
    vibration = {"P-101": "VI-101", "P-301": "VI-301", "K-201": "VI-211"}
    running = plant.history.filter(pl.col("mode") == "run")
    for order in ended.to_dicts():
        tag, day = vibration[order["asset"]], timedelta(days=1)
        before = running.filter(pl.col("time").is_between(order["opened"] - day, order["opened"]))[tag].mean()
        later = running.filter(pl.col("time").is_between(order["opened"] + 2 * day, order["opened"] + 3 * day))[
            tag
        ].mean()
        assert before > 1.4 * later
        stopped = plant.history.filter(pl.col("time").is_between(order["opened"], order["opened"] + timedelta(hours=2)))
        assert "stop" in set(stopped["mode"])


def test_the_maintenance_log_is_written_by_people(plant):
    """Both languages, causes of many kinds, closed after opened; every cause has words in both languages."""
    log = plant.maintenance
    assert set(log["language"]) == {"en", "zh"}
    chinese = log.filter(pl.col("language") == "zh")["text"].str.contains(r"\p{Han}")
    assert chinese.all()
    assert log["cause"].n_unique() >= 5
    assert (log["closed"].drop_nulls() > log.drop_nulls("closed")["opened"]).all()
    assert log["text"].n_unique() > 40
    assert all(len(ways[1]) > 1 and len(ways[2]) > 1 for ways in CAUSES.values())


def test_equipment_ages_and_seasons_pass(plant):
    """Exchangers foul, catalyst decays, both are renewed; April is warmer than January."""
    true = plant.conditions
    for name in ("ua_preheater", "ua_flash", "catalyst"):
        change = true[name].diff().drop_nulls()
        assert change[:2000].mean() < 0, name
        assert change.max() > 0.1 * true[name].mean(), name
    days = true["time"].dt.month()
    ambient = plant.history["TI-001"].to_numpy()
    assert ambient[-30 * 1440 :].mean() > ambient[: 30 * 1440].mean() + 5
    assert days.n_unique() == 4
    assert np.isfinite(true.select(pl.col(pl.Float64)).to_numpy()).all()
