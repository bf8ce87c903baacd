"""Each fault does to the readings what a process engineer expects, while it lasts, and nothing before."""

from datetime import timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from diapason.engines.plant import FAULTS, Fault, Settings, simulate

START, LENGTH, SEED = 1.0, 2.0, 11

# kind, place, strength, tag, statistic, least change in units of the tag (sign says direction)
CASES = [
    ("fouling", "E-101", 0.5, "TIC-103.OP", "mean", 5.0),
    ("fouling", "R-101", 0.5, "FI-203", "mean", 1.0),
    ("fouling", "R-101", 0.5, "TI-202", "mean", -8.0),
    ("fouling", "E-301", 0.4, "TIC-301.OP", "mean", 5.0),
    ("bearing_wear", "P-101", 0.8, "VI-101", "mean", 1.0),
    ("bearing_wear", "P-101", 0.8, "II-101", "mean", 0.4),
    ("bearing_wear", "P-301", 0.8, "VI-301", "mean", 1.0),
    ("valve_leak", "K-201", 0.7, "TI-212", "mean", 5.0),
    ("valve_leak", "K-201", 0.7, "PIC-211.OP", "mean", -5.0),
    ("stiction", "FIC-101", 6.0, "FIC-101.PV", "swing", 0.1),
    ("stiction", "LIC-201", 6.0, "LIC-201.PV", "spread", 0.2),
    ("stiction", "TIC-201", 6.0, "TIC-201.PV", "swing", 0.1),
    ("stiction", "LIC-301", 6.0, "LIC-301.PV", "spread", 0.2),
    ("leak", "R-101", 0.15, "FI-204", "mean", 20.0),
    ("poisoning", "R-101", 0.4, "FI-204", "mean", -5.0),
    ("mistuning", "FIC-101", 0.95, "FIC-101.PV", "swing", 0.03),
    ("mistuning", "TIC-103", 0.95, "TIC-103.PV", "swing", 0.1),
    ("mistuning", "TIC-201", 1.0, "TIC-201.OP", "swing", 5.0),
    ("mistuning", "PIC-201", 0.95, "PIC-201.PV", "swing", 0.05),
    ("mistuning", "TIC-301", 1.0, "TIC-301.OP", "swing", 5.0),
    ("feed_change", "TK-101", 0.04, "FI-204", "mean", 15.0),
    ("feed_change", "TK-101", -0.04, "FI-204", "mean", -15.0),
    ("feed_change", "TK-101", 0.04, "DI-101", "mean", 3.0),
    ("cooling_loss", "R-101", 0.6, "TIC-201.OP", "mean", 8.0),
    ("transmitter_drift", "TIC-201", 4.0, "TI-204", "mean", -1.5),
    ("transmitter_drift", "FIC-101", 4.0, "FI-301", "mean", -0.03),
    ("transmitter_drift", "TIC-301", 4.0, "DI-301", "mean", 0.5),
]


@pytest.fixture(scope="module")
def well():
    """Four days without a fault."""
    return simulate(Settings(seed=SEED, days=4))


@pytest.fixture(scope="module")
def ill():
    """Four days with one fault, simulated once."""
    made = {}

    def give(kind, place, strength):
        key = (kind, place, strength)
        if key not in made:
            made[key] = simulate(Settings(seed=SEED, days=4, faults=(Fault(kind, place, START, LENGTH, strength),)))
        return made[key]

    return give


def _late(history) -> pl.DataFrame:
    """The last six hours of the fault."""
    end = history.settings.start + timedelta(days=START + LENGTH)
    return history.history.filter((pl.col("time") >= end - timedelta(hours=6)) & (pl.col("time") < end))


def _statistic(rows: pl.DataFrame, tag: str, kind: str) -> float:
    if kind == "mean":
        return rows[tag].mean()
    if kind == "spread":
        return rows[tag].std()
    return (rows[tag] - rows[tag].rolling_mean(61, center=True)).std()


@pytest.mark.parametrize(("kind", "place", "strength", "tag", "statistic", "least"), CASES)
def test_a_fault_shows_where_it_should(well, ill, kind, place, strength, tag, statistic, least):
    """The tag moves in the right direction by at least so much."""
    change = _statistic(_late(ill(kind, place, strength)), tag, statistic) - _statistic(_late(well), tag, statistic)
    assert change * (1 if least > 0 else -1) >= abs(least), change


@pytest.mark.parametrize(("kind", "place", "strength"), sorted({c[:3] for c in CASES}))
def test_a_fault_is_where_truth_says(well, ill, kind, place, strength):
    """Not a byte differs before it starts; the truth names place, window, rows and strength."""
    history = ill(kind, place, strength)
    begin = history.settings.start + timedelta(days=START)
    before = pl.col("time") < begin
    assert_frame_equal(history.history.filter(before), well.history.filter(before))
    (truth,) = history.truth.to_dicts()
    assert (truth["kind"], truth["layer"], truth["strength"]) == (kind, "fault", strength)
    assert (truth["start"], truth["end"]) == (begin, begin + timedelta(days=LENGTH))
    assert truth["rows"] == LENGTH * 1440
    assert place in (truth["asset"], truth["tag"])


def test_poisoning_spoils_the_product_and_drift_hides_from_its_own_loop(well, ill):
    """Residual A rises by 1 % and more; the drifting transmitter itself stays on its set point."""
    end = well.settings.start + timedelta(days=START + LENGTH)
    last = (pl.col("time") >= end - timedelta(hours=6)) & (pl.col("time") < end)
    residual = [h.conditions.filter(last)["residual"].mean() for h in (well, ill("poisoning", "R-101", 0.4))]
    assert residual[1] > residual[0] + 1.0
    late = _late(ill("transmitter_drift", "TIC-201", 4.0))
    assert abs((late["TIC-201.PV"] - late["TIC-201.SP"]).mean()) < 0.3


def test_every_fault_of_the_menu_is_tried_here():
    """In each of its places."""
    tried = {(c[0], c[1]) for c in CASES}
    assert tried == {(kind, place) for kind, known in FAULTS.items() for place in known.places}


def test_maintenance_ends_a_fault_before_its_time():
    """A bearing worn to failure is replaced; the truth ends there, and so does the vibration."""
    fault = Fault("bearing_wear", "P-301", 1.0, 6.0, 1.6)
    history = simulate(Settings(seed=SEED, days=7, faults=(fault,)))
    (truth,) = history.truth.to_dicts()
    assert truth["end"] < history.settings.start + timedelta(days=6.9)
    broken = history.maintenance.filter((pl.col("asset") == "P-301") & (pl.col("cause") == "bearing"))
    assert broken.height == 1
    after = history.history.filter((pl.col("time") > truth["end"]) & (pl.col("mode") == "run"))
    before = history.history.filter((pl.col("time") < broken["opened"][0]) & (pl.col("mode") == "run"))
    assert after["VI-301"].max() < 0.5 * before["VI-301"].max()
