"""What a historian left out is read in the way that explains most; one event alone is no relation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diapason.engines.alignment.compression import deadband
from diapason.engines.alignment.dead_times import Asset, dead_times
from diapason.engines.alignment.lag import Search, Status
from diapason.engines.alignment.series import readings, series, value_at

N = 3000
SEARCH = Search(-10.0, 70.0, 1.0)


def walk(rng: np.random.Generator, memory: float, n: int = N) -> np.ndarray:
    """A forgetting walk of unit spread."""
    keep, x = np.exp(-1 / memory), np.zeros(n)
    for k, fresh in enumerate(rng.normal(size=n - 1), start=1):
        x[k] = keep * x[k - 1] + np.sqrt(1 - keep**2) * fresh
    return x


@settings(deadline=None, max_examples=60)
@given(values=st.lists(st.floats(-100, 100), min_size=3, max_size=60), deviation=st.floats(0.01, 20))
def test_every_reading_says_what_was_kept(values: list[float], deviation: float) -> None:
    """At each kept moment its value; between two of them nothing beyond both."""
    kept = deadband(series(np.arange(len(values)), values), deviation)
    for way in readings(kept):
        assert value_at(way, kept.time) == pytest.approx(kept.value)
        assert np.all(np.diff(way.time) > 0)
        between = value_at(way, np.arange(kept.time[0], kept.time[-1] + 0.25, 0.25))
        before = np.searchsorted(kept.time, np.arange(kept.time[0], kept.time[-1] + 0.25, 0.25), side="right") - 1
        after = np.minimum(before + 1, len(kept) - 1)
        low, high = np.minimum(kept.value[before], kept.value[after]), np.maximum(kept.value[before], kept.value[after])
        assert np.all((between >= low - 1e-6) & (between <= high + 1e-6))


def test_a_record_that_runs_from_value_to_value_has_one_reading() -> None:
    """Only one that is said to hold has more."""
    assert len(readings(series([0, 1, 5], [0, 1, 2]))) == 1
    assert len(readings(series([0, 1, 2], [0, 1, 2], stepped=True))) == 2
    assert len(readings(series([0, 1, 5], [0, 1, 2], stepped=True))) == 5


@pytest.mark.parametrize("seed", range(3))
def test_a_fast_tag_said_to_hold_but_kept_at_every_sample_is_read_as_it_ran(seed: int) -> None:
    """Read as steps, a signal that swings from sample to sample explains little of what follows it."""
    rng = np.random.default_rng(seed)
    fresh = rng.normal(size=N + 1)
    signal, lag = fresh[1:] - 0.8 * fresh[:-1], float(rng.integers(5, 55)) + 0.6
    at = np.sort(rng.uniform(80, N - 2, 300))
    result = series(at, np.interp(at - lag, np.arange(N), signal) + 0.3 * rng.normal(size=len(at)))
    runs, holds = series(np.arange(N), signal), series(np.arange(N), signal, stepped=True)
    (straight,), (held,) = (dead_times([Asset({"speed": tag}, result)], SEARCH) for tag in (runs, holds))
    assert held.share >= 0.9 * straight.share
    assert abs(held.lag - lag) <= 1


@pytest.mark.parametrize("seed", range(2))
def test_a_reading_is_chosen_again_once_the_other_tags_are_known(seed: int) -> None:
    """A small tag kept by a deadband beside a large one: both lags within a sample."""
    rng = np.random.default_rng(seed)
    large, small = walk(rng, 8.0), walk(rng, 15.0)
    lags, at = rng.uniform(0, 60, 2), np.sort(rng.uniform(80, N - 2, 500))
    parts = [np.interp(at - lag, np.arange(N), s) for lag, s in zip(lags, (large, small), strict=True)]
    result = series(at, parts[0] + 0.6 * parts[1] + 0.15 * rng.normal(size=len(at)))
    clock = np.arange(N)
    tags = {"large": series(clock, large), "small": deadband(series(clock, small), 0.2)}
    for lag, found in zip(lags, dead_times([Asset(tags, result)], SEARCH), strict=True):
        assert found.status is Status.IDENTIFIED
        assert abs(found.lag - lag) <= 1


def test_a_slow_relation_that_lasts_is_more_than_one_event() -> None:
    """Few results over a slow signal: it shows between stretches of the record, and without any of them."""
    right = 0
    for seed in range(6):
        rng = np.random.default_rng(seed)
        signal = walk(rng, 60.0, 700)
        at = np.arange(80, 698, 6) + rng.uniform(-1, 1, 103)
        value = np.interp(at - 30, np.arange(700), signal) + 0.25 * rng.normal(size=len(at))
        (found,) = dead_times([Asset({"level": series(np.arange(700), signal)}, series(at, value))], SEARCH)
        right += found.status is not Status.UNKNOWN
    assert right >= 5


def test_one_step_in_both_records_is_one_event() -> None:
    """Wherever it lies, beside it the two have nothing in common; at most one in sixteen gets a lag."""
    claimed = 0
    for seed in range(16):
        rng = np.random.default_rng(seed)
        when, clock = rng.uniform(300, 2700), np.arange(N)
        tag = np.where(clock >= when, 4.0, 0.0) + 0.5 * rng.normal(size=N)
        at = np.sort(rng.uniform(80, N - 2, 240))
        value = np.where(at >= when + 25, 4.0, 0.0) + 0.5 * rng.normal(size=len(at))
        (found,) = dead_times([Asset({"valve": series(clock, tag)}, series(at, value))], SEARCH)
        assert found.status is not Status.UNKNOWN or found.why in {"one event", "unrelated"}
        claimed += found.status is Status.IDENTIFIED
    assert claimed <= 1
