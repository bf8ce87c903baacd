"""The same settings give the same bytes; a longer history begins like a shorter one."""

import hashlib
from datetime import UTC, datetime

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from diapason.engines.plant import TAGS, Fault, Settings, fault_menu, months, simulate
from diapason.errors import DataError

SHORT = Settings(seed=5, days=6, faults=(Fault("leak", "R-101", 2.0, 1.0, 0.2),))
RECORDS = ("history", "lab", "maintenance", "batches", "lots", "genealogy", "truth", "conditions", "lab_true")


@pytest.fixture(scope="module")
def short():
    """Six days with a leak."""
    return simulate(SHORT)


def _digest(frame: pl.DataFrame) -> str:
    return hashlib.sha256(frame.write_csv().encode()).hexdigest()


def test_the_same_seed_gives_the_same_bytes(short):
    """In every table; another seed gives others."""
    again = simulate(SHORT)
    assert [_digest(getattr(again, t)) for t in RECORDS] == [_digest(getattr(short, t)) for t in RECORDS]
    assert _digest(simulate(Settings(seed=6, days=1)).history) != _digest(short.history.head(1440))


def test_more_days_only_add_rows(short):
    """The first six of ten days are the six days."""
    longer = simulate(Settings(seed=5, days=10, faults=SHORT.faults))
    for table in ("history", "lots", "conditions", "lab_true"):
        shorter = getattr(short, table)
        assert_frame_equal(getattr(longer, table).head(shorter.height), shorter)
    assert set(short.lab["sample"]) <= set(longer.lab["sample"])
    assert_frame_equal(
        longer.maintenance.head(short.maintenance.height).drop("closed"), short.maintenance.drop("closed")
    )
    assert_frame_equal(pl.concat(months(SHORT, 4)), short.history)


def test_the_history_is_a_typed_table_of_a_plant(short):
    """Minutes without a gap, some forty numeric tags in their ranges, words for grade, crew and mode."""
    rows = short.history
    assert rows["time"].dtype == pl.Datetime("us", "UTC")
    assert rows["time"][0] == datetime(2025, 1, 1, tzinfo=UTC)
    assert (rows["time"].diff().drop_nulls().dt.total_seconds() == 60).all()
    assert rows.columns == ["time", *(t.name for t in TAGS), "grade", "crew", "mode"]
    assert 40 <= len(TAGS) <= 50
    assert len({t.asset for t in TAGS}) >= 8
    assert all(t.unit and t.title.en and t.title.zh for t in TAGS)
    for tag in TAGS:
        assert rows[tag.name].is_between(tag.low, tag.high).all(), tag.name
        assert rows[tag.name].null_count() == 0


def test_another_step_is_the_same_plant():
    """Rows every 20 s: three times as many, the same levels of everything within a few noises."""
    minute, third = (simulate(Settings(seed=5, days=2, step=step)) for step in (60.0, 20.0))
    assert third.history.height == 3 * minute.history.height
    for tag in ("TIC-201.PV", "PIC-201.PV", "LIC-201.PV", "TIC-301.PV"):
        assert third.history[tag].mean() == pytest.approx(minute.history[tag].mean(), rel=0.02)


def test_the_fault_menu_does_not_depend_on_the_horizon():
    """A longer menu begins like a shorter one."""
    assert fault_menu(3, 60) == fault_menu(3, 365)[: len(fault_menu(3, 60))]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [({"days": 0}, "0 days"), ({"days": 5000}, "5000 days"), ({"step": 7.0}, "step of 7 s"), ({"seed": -1}, "seed -1")],
)
def test_settings_that_cannot_be_are_refused(wrong, says):
    """With what, where and the fix, in both languages."""
    with pytest.raises(DataError, match=says) as caught:
        Settings(**wrong)
    assert caught.value.said("zh")["fix"]


@pytest.mark.parametrize(
    "wrong", [("nonsense", "R-101", 1, 1, 1), ("leak", "P-101", 1, 1, 1), ("leak", "R-101", 1, 0, 1)]
)
def test_faults_that_cannot_be_are_refused(wrong):
    """An unknown kind, a place where it cannot be, no duration."""
    with pytest.raises(DataError):
        Fault(*wrong)
