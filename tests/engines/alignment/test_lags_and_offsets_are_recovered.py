"""Planted truth comes back within one sample and inside its interval; where there is none, nothing is claimed."""

import numpy as np
import pytest

from diapason.engines.alignment.clock import clock_offset, on_reference, turned
from diapason.engines.alignment.compression import swinging_door
from diapason.engines.alignment.dead_times import Asset, dead_times
from diapason.engines.alignment.lag import Search, Status
from diapason.engines.alignment.pairing import likeliest
from diapason.engines.alignment.series import Series, series
from diapason.engines.alignment.suspects import hours_apart, hours_between, shifted
from diapason.errors import DataError

N = 5000
SEARCH = Search(-20.0, 120.0, 1.0)


def walk(rng: np.random.Generator, n: int = N, memory: float = 10.0) -> np.ndarray:
    """A forgetting walk of unit spread."""
    keep, x = np.exp(-1 / memory), np.zeros(n)
    for k, fresh in enumerate(rng.normal(size=n - 1), start=1):
        x[k] = keep * x[k - 1] + np.sqrt(1 - keep**2) * fresh
    return x


def planted(seed: int) -> tuple[dict[str, Series], Series, float]:
    """A tag kept by a swinging door, one without relation, irregular results, and the lag."""
    rng = np.random.default_rng(seed)
    signal, lag = walk(rng), float(rng.uniform(0, 100))
    at = np.sort(rng.uniform(130, N - 2, 250))
    value = np.exp(np.interp(at - lag, np.arange(N), signal) / 2) + 0.2 * rng.normal(size=len(at))
    tags = {"flow": swinging_door(series(np.arange(N), signal), 0.15), "other": series(np.arange(N), walk(rng))}
    return tags, series(at, value), lag


@pytest.mark.parametrize("seed", range(3))
def test_a_planted_lag_is_recovered_and_a_stranger_gets_none(seed: int) -> None:
    """Irregular results, a bent relation, compressed records."""
    tags, result, lag = planted(seed)
    found = {one.tag: one for one in dead_times([Asset(tags, result)], SEARCH)}
    assert found["flow"].status is Status.IDENTIFIED
    assert abs(found["flow"].lag - lag) <= 1
    assert found["flow"].low - 0.5 <= lag <= found["flow"].high + 0.5
    assert found["other"].status is Status.UNKNOWN
    assert [p.tag for p in likeliest(tags, {"lab": result}, SEARCH, 1)] == ["flow"]


def test_two_assets_share_one_lag() -> None:
    """Their records are looked at together."""
    parts = [planted(seed) for seed in (0, 1)]
    lag = 40.0
    assets = []
    for tags, result, own in parts:
        assets.append(Asset({"flow": tags["flow"]}, Series(result.time + lag - own, result.value)))
    (found,) = dead_times(assets, SEARCH)
    assert abs(found.lag - lag) <= 1


@pytest.mark.parametrize(
    ("why", "count", "value"), [("few", 8, None), ("constant", 100, 3.0), ("unrelated", 200, None)]
)
def test_what_cannot_be_told_says_why(why: str, count: int, value: float | None) -> None:
    """Too few results, a tag that stands still, no relation."""
    rng = np.random.default_rng(11)
    tag = series(np.arange(N), np.full(N, value) if value else walk(rng))
    result = series(np.sort(rng.uniform(100, N, count)), rng.normal(size=count))
    (found,) = dead_times([Asset({"tag": tag}, result)], SEARCH)
    assert (found.status, found.why) == (Status.UNKNOWN, why)


def two_clocks(seed: int, moved: np.ndarray | float) -> tuple[Series, Series]:
    """One signal on two clocks, the second noisy and five times sparser."""
    rng = np.random.default_rng(seed)
    signal = walk(rng)
    at = np.arange(3, N - 3, 5.0)
    seen = np.interp(at, np.arange(N), signal) + 0.2 * rng.normal(size=len(at))
    return series(np.arange(N), signal), series(at + moved, seen)


@pytest.mark.parametrize("seed", range(4))
def test_a_clock_offset_is_recovered_from_either_side(seed: int) -> None:
    """Within one sample and its interval; seen from the other clock it is the opposite."""
    true = float(np.random.default_rng(seed + 50).uniform(-80, 80))
    reference, other = two_clocks(seed, true)
    found = clock_offset(reference, other, Search(-120.0, 120.0, 1.0))
    (stretch,) = found.stretches
    assert found.status is Status.IDENTIFIED
    assert abs(stretch.offset - true) <= 1
    assert stretch.low <= true <= stretch.high
    assert turned(found).stretches[0].offset == pytest.approx(-stretch.offset)
    assert turned(turned(found)).stretches[0].drift == pytest.approx(stretch.drift)
    assert np.abs(on_reference(found, other.time) - (other.time - true)).max() <= 1


@pytest.mark.parametrize(("drift", "jump"), [(1e-3, 0.0), (0.0, 60.0)])
def test_a_clock_that_drifts_or_jumps_is_followed(drift: float, jump: float) -> None:
    """At 95 of 100 moments within one sample, turned around too."""
    at = np.arange(3, N - 3, 5.0)
    offset = 20 + drift * (at - N / 2) + jump * (at > 3000)
    reference, other = two_clocks(1, offset)
    found = clock_offset(reference, other, Search(-120.0, 120.0, 1.0))
    true = np.sort(at + offset) * 0 + other.time  # in the order of the other clock
    order = np.argsort(at + offset, kind="stable")
    right = np.abs(on_reference(found, true) - at[order][: len(true)]) <= 1
    assert right.mean() >= 0.95
    assert bool(found.jumps) == bool(jump)


def test_clocks_without_a_common_signal_are_not_compared() -> None:
    """Nothing is claimed on ten seeds."""
    for seed in range(10):
        rng = np.random.default_rng(seed)
        found = clock_offset(
            series(np.arange(2000), walk(rng, 2000)), series(np.arange(0, 2000, 4), walk(rng, 500)), SEARCH
        )
        assert found.status is Status.UNKNOWN
        assert not found.stretches


def test_rows_that_slipped_are_found_and_right_ones_are_left_alone() -> None:
    """A stretch that fits its neighbours, with its place."""
    rng = np.random.default_rng(0)
    speed = rng.normal(size=400)
    result = speed + 0.3 * rng.normal(size=400)
    slipped = np.concatenate([result[:200], result[199:399]])
    (found,) = shifted({"speed": speed}, {"lab": slipped})
    assert (found.joined, found.beside, found.rows) == ("lab", "speed", -1)
    assert abs(found.first - 200) <= 20
    assert found.last == 399
    assert shifted({"speed": speed}, {"lab": result}) == ()


def test_hours_are_told_by_times_and_by_signals() -> None:
    """All along, in a part, and not at all."""
    rng = np.random.default_rng(3)
    here = np.arange(300) * 1800.0
    late = here + rng.uniform(0, 120, 300)
    whole = hours_between(here, late + 7200)
    assert whole is not None
    assert (whole.hours, whole.count) == (2, 300)
    part = hours_between(here, late + 3600 * ((np.arange(300) >= 100) & (np.arange(300) < 140)))
    assert part is not None
    assert (part.hours, part.first, part.last) == (1, 100, 139)
    assert hours_between(here, late) is None
    signal = walk(rng, 6000, 40.0)
    reference, at = series(np.arange(6000) * 60.0, signal), np.arange(0, 6000, 5) * 60.0
    assert hours_apart(reference, series(at, signal[::5])) == ()
    (slip,) = hours_apart(reference, series(at - 3600, signal[::5]))
    assert (slip.hours, slip.count) == (-1, 1200)


def test_a_search_too_narrow_is_refused() -> None:
    """With the fix."""
    with pytest.raises(DataError, match="fewer than three lags"):
        Search(0.0, 1.0, 1.0)
