"""New rows are compared under like conditions: steady ones are not called drifted, moved ones are."""

import numpy as np
import polars as pl
import pytest
from scipy.signal import lfilter

from diapason.engines.scan import Scan, Shape, changes, drifts, faults
from diapason.errors import DataError
from diapason.knowledge.findings import sentence

DAY = 24 * 60


def plant(days: float, *, begin: int = 0, seed: int = 0, memory: float = 0.98, units: int = 1) -> pl.DataFrame:
    """Tags with a daily cycle, a memory and noise; a row a minute, the process on or off by shifts."""
    n, frames = int(days * DAY), []
    for unit in range(units):
        rng = np.random.default_rng([seed, unit])
        at = begin * DAY + np.arange(n)
        on = (at // (3 * DAY) + unit) % 4 > 0
        cols = {"time": np.datetime64("2026-01-01", "us") + at * np.timedelta64(60, "s").astype("timedelta64[us]")}
        for k, name in enumerate(["flow", "temp", "power"]):
            slow = lfilter([1], [1, -memory], rng.normal(size=n) * np.sqrt(1 - memory**2))
            cycle = 8 * np.sin(2 * np.pi * at / DAY + k)
            cols[name] = 100 + 20 * unit + cycle + 2 * slow + 0.3 * rng.normal(size=n)
        cols["power"] = np.where(on, cols["power"], 5 + 0.1 * rng.normal(size=n))
        frames.append(pl.DataFrame(cols).with_columns(unit=pl.lit(f"u{unit}"), state=np.where(on, "run", "idle")))
    return pl.concat(frames)


def scanned(frame: pl.DataFrame, **roles) -> Scan:
    scan = Scan.new(Shape.of(dict(frame.schema), **roles))
    for begin in range(0, frame.height, 20_000):
        scan.update(frame[begin : begin + 20_000])
    return scan


def verdicts(reference: pl.DataFrame, new: pl.DataFrame, **roles) -> dict[str, str]:
    return {d.column: d.verdict for d in drifts(scanned(reference, **roles), scanned(new, **roles))}


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("hours", [(0, 23), (0, 5), (12, 15)])
def test_a_steady_plant_has_not_drifted_at_any_hour(seed, hours):
    """Nights are compared with nights."""
    later = plant(3, begin=40, seed=seed + 50).filter(pl.col("time").dt.hour().is_between(*hours))
    told = verdicts(plant(30, seed=seed), later, regime="state")
    assert "drifted" not in told.values()


@pytest.mark.parametrize("hours", [(0, 23), (0, 11)])
def test_a_moved_tag_has_drifted_and_the_others_have_not(hours):
    """By two deviations."""
    later = plant(3, begin=40, seed=9).filter(pl.col("time").dt.hour().is_between(*hours))
    told = drifts(scanned(plant(30), regime="state"), scanned(later.with_columns(pl.col("temp") + 4), regime="state"))
    assert [d.column for d in told if d.verdict == "drifted"] == ["temp"]
    assert told[0].low < 4 < told[0].high


def test_a_stop_is_judged_by_stops():
    """Three idle days against idle days of the reference; without the state of the process little can be said."""
    reference, later = plant(30), plant(3, begin=48, seed=8)
    assert set(later["state"]) == {"idle"}

    def power(**roles):
        without = [] if roles else ["state"]
        parts = (scanned(frame.drop(without), **roles) for frame in (reference, later))
        return next(d for d in drifts(*parts) if d.column == "power")

    told, blind = power(regime="state"), power()
    assert told.verdict != "drifted"
    assert (told.high - told.low) < 0.1 * (blind.high - blind.low)
    assert (blind.verdict, abs(blind.difference) > 50) == ("unsure", True)


@pytest.mark.parametrize("seed", range(4))
def test_another_mix_of_states_and_plants_is_neither_drift_nor_noise(seed):
    """Plants that are not at rest at the same time: a column has a deviation, and stops leap less than runs."""
    reference, later = plant(30, seed=seed, units=6), plant(3, begin=40, seed=seed + 70, units=6)
    one, two = (scanned(frame, asset="unit", regime="state") for frame in (reference, later))
    told = drifts(one, two)
    power = next(d for d in told if d.column == "power")
    assert 1.5 < power.difference / power.effect < 2.5  # made with 2.02 when running, 0.1 at rest
    assert changes(one, two, told) == ()


def test_conditions_that_the_reference_never_saw_are_not_judged():
    """Neither drifted nor steady: it can't be told."""
    reference = plant(30).filter(pl.col("state") == "run")
    later = plant(3, begin=48, seed=8)
    told = drifts(scanned(reference, regime="state"), scanned(later, regime="state"))
    assert {(d.verdict, d.why, d.matched) for d in told} == {("unsure", "conditions", 0.0)}


def test_assets_are_compared_with_themselves():
    """Another mix of assets is no drift; one that moved is."""
    reference = plant(20, units=6)
    some = plant(5, begin=40, seed=7, units=6).filter(pl.col("unit").is_in(["u4", "u5"]))
    roles = {"asset": "unit", "regime": "state"}
    assert "drifted" not in verdicts(reference, some, **roles).values()
    assert verdicts(reference, some.with_columns(pl.col("flow") - 5), **roles)["flow"] == "drifted"


@pytest.mark.parametrize(("change", "said"), [((1.8, 32), "°C → °F"), ((1, 273.15), "°C → K"), ((10, 0), "× 10")])
def test_a_change_of_unit_is_named(change, said):
    """By the quantiles of both."""
    later = plant(3, begin=40, seed=9).with_columns(pl.col("temp") * change[0] + change[1])
    reference, new = scanned(plant(30), regime="state"), scanned(later, regime="state")
    told = drifts(reference, new)
    assert (told[0].column, told[0].verdict, told[0].change) == ("temp", "drifted", said)
    found = changes(reference, new, told)[0]
    for language in ("en", "zh"):
        assert said in sentence(found, language)
        assert "?" not in sentence(found, language)


def test_other_roles_are_refused():
    """A reference without regimes can't judge rows with them."""
    with pytest.raises(DataError, match="regime"):
        drifts(scanned(plant(30)), scanned(plant(3), regime="state"))


def test_new_texts_missing_cells_and_noise_are_told():
    """Each planted alone into rows that are like the reference."""
    reference, later = plant(20), plant(5, begin=40, seed=4)
    rng = np.random.default_rng(1)
    later = later.with_columns(
        pl.when(pl.int_range(pl.len()) % 5 == 0).then(None).otherwise("flow").alias("flow"),
        temp=pl.col("temp") + rng.normal(0, 3, later.height),
        unit=pl.when(pl.int_range(pl.len()) == 3).then(pl.lit("u9")).otherwise("unit"),
    )
    one, two = scanned(reference, regime="state"), scanned(later, regime="state")
    told = {(f.kind, f.where.columns[0]) for f in changes(one, two, drifts(one, two))}
    assert told == {("missing_more", "flow"), ("noise_changed", "temp"), ("new_words", "unit")}


@pytest.mark.parametrize(
    ("name", "factor", "offset"), [("°C → °F", 1.8, 32.0), ("× 10", 10.0, 0.0), ("bar → psi", 14.503774, 0.0)]
)
def test_a_stretch_in_another_unit_is_found_in_the_table_itself(name, factor, offset):
    """With its time; nothing else is."""
    frame = plant(30)
    inside = pl.int_range(pl.len()).is_between(12 * DAY, 16 * DAY)
    frame = frame.with_columns(pl.when(inside).then(pl.col("temp") * factor + offset).otherwise("temp").alias("temp"))
    found = [f for f in faults(scanned(frame)) if f.kind.startswith("unit_shift")]
    assert [(f.where.columns, f.facts["change"]) for f in found] == [(("temp",), name)]
    assert found[0].where.window[0].startswith("2026-01-1")
    assert found[0].where.count == pytest.approx(4 * DAY, rel=0.1)


def test_a_stretch_in_another_unit_ends_where_it_ends():
    """To a window of the state, half a day at most, though the process stops within it."""
    frame = plant(30)
    inside = pl.int_range(pl.len()).is_between(12 * DAY + 600, 17 * DAY + 900)
    stopped = pl.int_range(pl.len()).is_between(14 * DAY, 14 * DAY + 100)
    frame = frame.with_columns(pl.when(inside).then(pl.col("temp") * 10).otherwise("temp").alias("temp"))
    frame = frame.with_columns(pl.when(stopped).then(20.0).otherwise("temp").alias("temp"))
    found = [f for f in faults(scanned(frame)) if f.kind.startswith("unit_shift")]
    assert [(f.where.columns, f.facts["change"]) for f in found] == [(("temp",), "× 10")]
    begin, end = (np.datetime64(t[:19]) for t in found[0].where.window)
    assert abs(begin - np.datetime64("2026-01-13T10:00")) < np.timedelta64(12, "h")
    assert abs(end - np.datetime64("2026-01-18T15:00")) < np.timedelta64(12, "h")


def test_an_asset_in_another_unit_is_found_among_the_others():
    """One of six."""
    frame = plant(10, units=6).with_columns(temp=pl.col("temp") - 20 * pl.col("unit").str.slice(1).cast(pl.Float64))
    frame = frame.with_columns(
        pl.when(pl.col("unit") == "u3").then(pl.col("temp") * 1.8 + 32).otherwise("temp").alias("temp")
    )
    found = [f for f in faults(scanned(frame, asset="unit")) if f.kind == "unit_shift_asset"]
    assert [(f.where.columns, f.where.asset, f.facts["change"]) for f in found] == [(("temp",), "u3", "°C → °F")]


def test_an_asset_that_never_stopped_is_known_by_its_noise():
    """Its spread over all is another than that of assets that stop; within windows it isn't."""
    now_and_then = (pl.int_range(pl.len()) % 8 == 0) & (pl.col("unit") != "u3")
    frame = plant(10, units=6).filter((pl.col("state") == "run") | now_and_then)
    level = pl.col("power") - 20 * pl.col("unit").str.slice(1).cast(pl.Float64) * (pl.col("state") == "run")
    frame = frame.with_columns(power=pl.when(pl.col("unit") == "u3").then(level * 1000).otherwise(level))
    found = [f for f in faults(scanned(frame, asset="unit")) if f.kind == "unit_shift_asset"]
    assert [(f.where.columns, f.where.asset) for f in found] == [(("power",), "u3")]


@pytest.mark.parametrize("seed", range(8))
def test_a_plant_in_its_units_has_no_shift(seed):
    """Also one that starts and stops, and assets of unlike levels."""
    assert not [f for f in faults(scanned(plant(20, seed=seed, units=3), asset="unit")) if "shift" in f.kind]
