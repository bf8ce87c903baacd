"""The ready-made tables are worth learning from: honest scores in a useful range, repairs that help."""

import lightgbm as lgb
import numpy as np
import polars as pl
import pytest

from diapason.engines.plant import (
    Settings,
    batch_release,
    changed_cells,
    fault_menu,
    fault_watch,
    plant_defects,
    pump_life,
    simulate,
    soft_sensor,
    soft_sensor_menu,
)
from diapason.errors import DataError

DAYS = 180


@pytest.fixture(scope="module")
def plant():
    """Half a year."""
    return simulate(Settings(seed=7, days=DAYS))


@pytest.fixture(scope="module")
def dirty(plant):
    """The same with the soft sensor's defects."""
    return plant_defects(plant, soft_sensor_menu(DAYS), 7)


def _numbers(table: pl.DataFrame, leave: str) -> np.ndarray:
    grade = table["grade"].cast(pl.Enum(sorted(set(table["grade"])))).to_physical()
    numbers = table.select(pl.col(pl.Float64).exclude(leave))
    return np.column_stack([numbers.to_numpy(), grade.to_numpy()])


def _fit(X, y):
    model = lgb.LGBMRegressor(
        n_estimators=150, learning_rate=0.07, num_leaves=15, colsample_bytree=0.5, n_jobs=1, verbose=-1, random_state=0
    )
    return model.fit(X, y)


def _r2(X, y, blocks) -> float:
    """Out of fold, whole blocks held out."""
    guess = np.empty(len(y))
    for block in np.unique(blocks):
        test = blocks == block
        guess[test] = _fit(X[~test], y[~test]).predict(X[test])
    return 1 - np.mean((y - guess) ** 2) / y.var()


def test_the_soft_sensor_is_neither_trivial_nor_hopeless_and_random_folds_flatter(plant):
    """Whole fifths of the half year held out: R2 0.7 to 0.95; random fifths look visibly better."""
    table = soft_sensor(plant)
    X, y = _numbers(table, "residual"), table["residual"].to_numpy()
    honest = _r2(X, y, np.arange(len(y)) * 5 // len(y))
    flattering = _r2(X, y, np.random.default_rng(0).integers(0, 5, len(y)))
    assert 0.7 < honest < 0.95
    assert flattering > honest + 0.03


def test_wrong_lab_values_hurt_and_leaving_them_out_helps(plant, dirty):
    """Judged on the clean last third: dirty training costs over a quarter of the error, repair wins most of it back."""
    clean, spoilt = soft_sensor(plant), soft_sensor(dirty[0])
    late = (np.arange(clean.height) > 0.68 * clean.height).nonzero()[0]
    early = np.arange(int(0.66 * clean.height))
    X, y = _numbers(clean, "residual"), clean["residual"].to_numpy()
    Xd, yd = _numbers(spoilt, "residual"), spoilt["residual"].to_numpy()
    good = early[yd[early] == y[early]]

    def error(features, target, rows):
        guess = _fit(features[rows], target[rows]).predict(X[late])
        return np.sqrt(np.mean((guess - y[late]) ** 2))

    best, spoiled, mended = error(X, y, early), error(Xd, yd, early), error(Xd, yd, good)
    assert spoiled > 1.25 * best
    assert mended < best + 0.5 * (spoiled - best)


def test_the_changed_cells_of_the_soft_sensor_are_those_of_the_menu(plant, dirty):
    """Only the target and the two damaged tags, only in the first two thirds."""
    clean, spoilt = soft_sensor(plant), soft_sensor(dirty[0])
    cells = changed_cells(clean, spoilt, key="sample")
    assert set(cells["column"]) == {"residual", "TIC-201.PV", "DI-101"}
    assert cells["row"].max() < 0.68 * clean.height
    wrong = cells.filter(pl.col("column") == "residual").height
    assert 0.12 < wrong / clean.height < 0.30
    assert set(dirty[1]["kind"]) == {"swapped_lab", "wrong_lab", "lab_unit", "lab_shift", "unit", "drift"}


def test_the_soft_sensor_table_holds_no_other_result(plant):
    """Results of the same sample would leak the target."""
    table = soft_sensor(plant, target="purity", minutes=30)
    assert not {"residual", "by_product", "solvent"} & set(table.columns)
    assert (table["reported"] > table["time"]).all()
    assert table.null_count().to_numpy().sum() == 0
    with pytest.raises(DataError):
        soft_sensor(plant, target="colour")


def test_pumps_run_until_they_fail():
    """Each ends with nothing left and high vibration; lives differ; the same seed gives the same fleet."""
    table, truth = pump_life(3, pumps=20)
    assert truth.height == 0
    ends = table.group_by("asset", maintain_order=True).last()
    assert (ends["remaining"] == 6.0).all()
    assert (ends["vibration"] > 6).all()
    assert (table.group_by("asset", maintain_order=True).first()["vibration"] < 4).all()
    lives = ends["time"].to_numpy()
    assert 0.15 < lives.std() / lives.mean() < 0.6
    assert table.equals(pump_life(3, pumps=20)[0])


def test_wrong_failure_times_are_told():
    """The pumps named in the truth, by so many hours, and no others."""
    right, (wrong, truth) = pump_life(3, pumps=20)[0], pump_life(3, pumps=20, wrong=0.2)
    late = (wrong["remaining"] - right["remaining"]).round(1)
    found = wrong.select("asset", late.alias("late")).filter(pl.col("late") > 0).unique(maintain_order=True)
    assert sorted(found.rows()) == sorted(truth.select("asset", "late").rows())
    assert truth.height == 4
    with pytest.raises(DataError):
        pump_life(3, pumps=0)


def test_faults_can_be_watched():
    """Ten-minute rows carry the planted fault's name, as long as the truth says."""
    history = simulate(Settings(seed=7, days=40, faults=fault_menu(7, 40)))
    table = fault_watch(history)
    assert table.height == 40 * 144
    assert set(table["state"]) == {"normal", *history.truth["kind"]}
    rows = history.truth["rows"].sum() / 10
    assert 0.8 * rows < table["abnormal"].sum() <= rows  # two faults may overlap


def test_batches_can_be_judged(plant):
    """One row per batch with a verdict, at least two kinds of verdict, what its lots brought."""
    table = batch_release(plant)
    assert table["batch"].is_unique().all()
    assert {"released", "rework"} <= set(table["disposition"])
    assert table["share_a"].is_between(42, 47).all()
    assert table.null_count().to_numpy().sum() == 0
