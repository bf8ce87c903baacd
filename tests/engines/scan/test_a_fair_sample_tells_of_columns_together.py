"""Stretches drawn while the pass goes by tell states at rest, dependencies and filled-in readings, with limits."""

import numpy as np
import polars as pl
import pytest

from diapason.engines.scan import Scan, Shape, faults, packed, sampled, unpacked
from diapason.engines.scan.sample import KEPT, STRETCH, Sample

N = 200_000


def scanned(frame: pl.DataFrame, size: int = 30_000) -> Scan:
    scan = Scan.new(Shape.of(dict(frame.schema)))
    for begin in range(0, frame.height, size):
        scan.update(frame[begin : begin + size])
    return scan


def plant(seed: int = 0, stops: float = 0.15) -> pl.DataFrame:
    """A line that stands still now and then; the grade decides the furnace, but for a few slips."""
    rng = np.random.default_rng(seed)
    rest = np.repeat(rng.random(N // 500) < stops, 500)
    grade = np.repeat(rng.integers(0, 5, N // 100), 100)
    furnace = np.where(rng.random(N) < 0.004, rng.integers(0, 3, N), grade % 3)
    corners = np.interp(np.arange(N), np.arange(0, N + 20, 20), np.cumsum(rng.normal(size=N // 20 + 1)))
    return pl.DataFrame(
        {
            "speed": np.where(rest, 0.0, 80 + 3 * rng.normal(size=N)),
            "current": np.where(rest, 1.5 + 0.01 * rng.normal(size=N), 40 + 2 * rng.normal(size=N)),
            "ambient": 20 + rng.normal(size=N),
            "level": corners,
            "grade": np.array(list("ABCDE"))[grade],
            "furnace": np.array(["f1", "f2", "f3"])[furnace],
            "rest": rest,
        }
    )


def test_states_at_rest_are_found_with_their_share():
    """By the columns that change together; the true share lies within the limits in most plants."""
    inside = 0
    for seed in range(20):
        frame = plant(seed)
        told = sampled(scanned(frame.drop("rest")).sample, Shape.of(dict(frame.drop("rest").schema)))
        (regime,) = told["regimes"]
        assert [c["name"] for c in regime["columns"]] == ["speed", "current"]
        assert 1.6 < regime["columns"][1]["border"] < 40
        inside += regime["share"]["low"] <= frame["rest"].mean() <= regime["share"]["high"]
    assert inside >= 17


def test_a_dependency_is_told_with_its_exceptions():
    """The grade tells the furnace, not the other way; the true share lies within the limits."""
    told = sampled(scanned(plant()).sample, Shape.of(dict(plant().schema)))["dependencies"]
    assert [(d["by"], d["what"]) for d in told] == [("grade", "furnace")]
    assert told[0]["low"] < 1 - 0.004 * 2 / 3 < told[0]["high"]


def test_readings_on_a_line_were_filled_in():
    """A historian's corners; measured ones and a plain counter are not."""
    frame = plant().with_columns(count=pl.int_range(N))
    told = sampled(scanned(frame).sample, Shape.of(dict(frame.schema)))["compressed"]
    assert [c["name"] for c in told] == ["level"]
    assert told[0]["low"] > 0.85


@pytest.mark.parametrize("seed", range(5))
def test_a_plant_without_structure_is_told_none(seed):
    """Measured values and words drawn at random."""
    rng = np.random.default_rng(seed)
    frame = pl.DataFrame({f"x{i}": rng.normal(size=N) for i in range(6)} | {"w": rng.choice(list("abc"), N)})
    told = sampled(scanned(frame).sample, Shape.of(dict(frame.schema)))
    assert (told["regimes"], told["dependencies"], told["compressed"]) == ([], [], [])


def test_a_stop_is_no_stuck_sensor():
    """Held while the line stands still; the same value held while it runs is stuck."""
    rng = np.random.default_rng(2)
    frame = plant(2, stops=0.0)
    long = slice(50_000, 58_000)
    speed, current = frame["speed"].to_numpy().copy(), frame["current"].to_numpy().copy()
    speed[long], current[long] = 0.0, 1.5
    ambient = frame["ambient"].to_numpy().copy()
    ambient[90_000:90_300] = 20.125
    told = faults(
        scanned(pl.DataFrame({"speed": speed, "current": current, "ambient": ambient, "x": rng.normal(size=N)}))
    )
    assert {f.where.columns for f in told if f.kind == "stuck"} == {("ambient",)}


def test_the_sample_is_fair_bounded_and_kept():
    """As many stretches as are kept, each whole, spread over the table; the same after it was stored."""
    frame = pl.DataFrame({"n": np.arange(N)})
    scan = scanned(frame)
    numbers = np.array(sorted(scan.sample.stretches))
    assert len(numbers) == KEPT
    assert {f.height for f in scan.sample.frames()} <= {STRETCH, N % STRETCH}
    assert abs(numbers.mean() - N / STRETCH / 2) < 3 * N / STRETCH / np.sqrt(12 * KEPT)
    again = unpacked(packed(scan)).sample
    assert [f["n"].to_list() for f in again.frames()] == [f["n"].to_list() for f in scan.sample.frames()]
    other = Sample()
    other.update(frame, 0)
    assert sorted(other.stretches) == numbers.tolist()


def test_spikes_do_not_hide_a_state_at_rest():
    """Single readings far out lie farther apart than the two states do."""
    frame = plant(3)
    rng = np.random.default_rng(9)
    at = rng.choice(N, N // 500, replace=False)
    speed, current = frame["speed"].to_numpy().copy(), frame["current"].to_numpy().copy()
    speed[at], current[at] = 4000.0, -900.0
    spiked = frame.with_columns(speed=speed, current=current).drop("rest")
    (regime,) = sampled(scanned(spiked).sample, Shape.of(dict(spiked.schema)))["regimes"]
    assert [c["name"] for c in regime["columns"]] == ["speed", "current"]


def test_of_a_long_table_and_of_two_rows_nothing_is_told():
    """No rows are drawn of the one, too few of the other; neither is an error."""
    long = pl.DataFrame({"tag": ["a", "b"] * 50, "value": np.arange(100.0), "note": ["x"] * 100})
    shape = Shape.of(dict(long.schema), tag="tag", value="value")
    scan = Scan.new(shape)
    scan.update(long)
    short = scanned(pl.DataFrame({"x": [1.0, 2.0], "w": ["a", "b"]}))
    for one in (scan, short):
        told = sampled(one.sample, one.shape)
        assert (told["regimes"], told["dependencies"], told["compressed"]) == ([], [], [])
        assert faults(unpacked(packed(one))) == faults(one)
