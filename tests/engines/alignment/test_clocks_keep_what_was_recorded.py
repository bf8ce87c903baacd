"""Resampling: the stated error bound of a historian holds, nothing too old is bridged, nothing looks ahead unasked."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diapason.engines.alignment.compression import deadband, swinging_door
from diapason.engines.alignment.historian import Layout, resample
from diapason.engines.alignment.resampling import Rule, TagRule, on_clock, proposed
from diapason.engines.alignment.series import Series, readings, series, value_at
from diapason.errors import DataError

VALUES = st.lists(st.floats(-100, 100), min_size=3, max_size=80)


@settings(deadline=None, max_examples=60)
@given(values=VALUES, deviation=st.floats(0.01, 20), seed=st.integers(0, 99))
def test_a_swinging_door_is_undone_within_its_deviation(values: list[float], deviation: float, seed: int) -> None:
    """At every moment that the historian saw, read as a line from record to record."""
    time = np.cumsum(np.random.default_rng(seed).uniform(0.1, 5, len(values)))
    tag = series(time, values)
    kept = swinging_door(tag, deviation)
    assert set(kept.time) <= set(tag.time)
    back, _ = on_clock(kept, tag.time, 1.0, TagRule(Rule.INTERPOLATE))
    assert np.abs(back - tag.value).max() <= deviation * (1 + 1e-9) + 1e-9


@settings(deadline=None, max_examples=60)
@given(values=VALUES, deviation=st.floats(0.01, 20))
def test_a_deadband_is_undone_within_its_width(values: list[float], deviation: float) -> None:
    """Read as steps; read otherwise, it still says what was kept."""
    tag = series(np.arange(len(values)), values)
    kept = deadband(tag, deviation)
    back, _ = on_clock(kept, tag.time, 1.0, TagRule(Rule.HOLD))
    assert np.abs(back - tag.value).max() <= deviation + 1e-9
    for way in readings(kept):
        seen = value_at(way, kept.time)
        assert seen == pytest.approx(kept.value)


@settings(deadline=None, max_examples=60)
@given(values=VALUES, every=st.floats(0.5, 20), seed=st.integers(0, 99))
def test_a_proposed_rule_never_looks_ahead(values: list[float], every: float, seed: int) -> None:
    """What comes after a tick changes nothing at it."""
    time = np.cumsum(np.random.default_rng(seed).uniform(0.1, 5, len(values)))
    tag = series(time, values)
    clock = np.arange(time[0], time[-1], every)
    rule = proposed(tag, every)
    whole, _ = on_clock(tag, clock, every, rule)
    for k in range(0, len(clock), 5):
        past = tag.time <= clock[k]
        cut, _ = on_clock(Series(tag.time[past], tag.value[past]), clock[: k + 1], every, rule)
        last = cut[-1]
        if rule.rule is not Rule.TIME_WEIGHTED_MEAN:  # after the last record a line is not known
            assert last == pytest.approx(whole[k], nan_ok=True)


@settings(deadline=None, max_examples=60)
@given(gap=st.floats(1, 200), limit=st.floats(1, 200))
def test_a_gap_longer_than_the_limit_is_not_bridged(gap: float, limit: float) -> None:
    """By any rule; what is too old becomes missing."""
    tag = series([0.0, gap], [1.0, 2.0])
    middle = [gap * 0.99]
    held, age = on_clock(tag, middle, 1.0, TagRule(Rule.HOLD, limit))
    assert np.isnan(held[0]) == (age[0] > limit)
    line, _ = on_clock(tag, middle, 1.0, TagRule(Rule.INTERPOLATE, limit))
    assert np.isnan(line[0]) == (gap > limit)


def test_a_time_weighted_mean_weighs_by_time() -> None:
    """Not by records: a burst of them counts for its seconds."""
    tag = series([0, 9.0, 9.2, 9.4, 9.6, 9.8, 10], [0, 0, 10, 10, 10, 10, 10], stepped=True)
    weighed, _ = on_clock(tag, [10.0], 10.0, TagRule(Rule.TIME_WEIGHTED_MEAN))
    plain, _ = on_clock(tag, [10.0], 10.0, TagRule(Rule.MEAN))
    assert weighed[0] == pytest.approx(0.8)
    assert plain[0] == pytest.approx(50 / 6)


def test_long_and_wide_tables_give_the_same_ticks() -> None:
    """Per asset; ticks are whole multiples; texts are held."""
    start = datetime(2026, 1, 1, 0, 0, 30, tzinfo=UTC)
    wide = pl.DataFrame(
        {
            "at": [start + timedelta(seconds=40 * k) for k in range(9)] * 2,
            "asset": ["a"] * 9 + ["b"] * 9,
            "x": [float(k) for k in range(18)],
            "mode": (["run", None, "stop"] * 6),
        }
    )
    long = wide.select("at", "asset", pl.lit("x").alias("tag"), pl.col("x").alias("value"))
    rules = {"x": TagRule(Rule.HOLD)}
    one = resample(wide, Layout("at", ("asset",), columns=("x", "mode")), 60.0, rules)
    two = resample(long, Layout("at", ("asset",), "tag", "value"), 60.0, rules)
    assert one.table.select("at", "asset", "x").equals(two.table.select("at", "asset", "x"))
    assert one.table["at"].dt.second().unique().to_list() == [0]
    assert one.table["mode"].to_list()[:3] == ["run", "stop", "run"]
    assert one.records["x"] == 18


def test_a_clock_without_end_is_refused() -> None:
    """As is one without a step."""
    frame = pl.DataFrame({"t": [0.0, 1e9], "x": [1.0, 2.0]})
    with pytest.raises(DataError, match="ticks"):
        resample(frame, Layout("t", columns=("x",)), 1.0)
    with pytest.raises(DataError, match="above 0"):
        resample(frame, Layout("t", columns=("x",)), 0.0)
