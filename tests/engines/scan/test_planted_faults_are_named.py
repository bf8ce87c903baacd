"""Faults planted into clean signals are found where they lie; clean ones give none of that kind."""

import numpy as np
import polars as pl
import pytest

from diapason.engines.scan import Scan, Shape, faults, packed, unpacked
from diapason.knowledge.findings import sentence

N = 50_000


def clean(kind: str, seed: int) -> np.ndarray:
    """Signals of plants: a slow cycle with noise, a rounded one, one with steps."""
    rng = np.random.default_rng(seed)
    cycle = 10 * np.sin(np.arange(N) / 700)
    steps = np.repeat(rng.normal(0, 5, N // 500), 500)
    return {
        "cycle": 100 + cycle + rng.normal(size=N),
        "rounded": (100 + cycle + rng.normal(size=N)).round(1),
        "steps": steps + 0.2 * rng.normal(size=N),
        "skewed": 50 + np.exp(rng.normal(0, 0.8, N)),
        "walk": np.cumsum(rng.normal(size=N)) * 0.05 + 0.2 * rng.normal(size=N),
    }[kind]


def scanned(values: np.ndarray, time: np.ndarray | None = None, **more: pl.Series) -> Scan:
    """The state after one pass in pieces; `more` columns beside the time and the values."""
    start = np.datetime64("2026-01-01", "us") + (np.arange(len(values)) * 1_000_000).astype("timedelta64[us]")
    frame = pl.DataFrame({"time": start if time is None else time, "x": values, **more})
    scan = Scan.new(Shape.of(dict(frame.schema), asset="unit" if "unit" in more else ""))
    for begin in range(0, frame.height, 16_384):
        scan.update(frame[begin : begin + 16_384])
    return scan


def found(values: np.ndarray, time: np.ndarray | None = None) -> dict[str, tuple[int, ...]]:
    """Kinds of faults with the rows they name."""
    told = faults(scanned(values, time))
    assert all("?" not in sentence(f, lang) for f in told for lang in ("en", "zh"))
    return {f.kind: f.where.rows for f in told}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", ["cycle", "rounded", "steps", "skewed", "walk"])
def test_clean_signals_are_clean(kind, seed):
    """No finding of any kind."""
    assert found(clean(kind, seed)) == {}


@pytest.mark.parametrize("kind", ["cycle", "rounded", "steps", "walk"])
def test_spikes_are_named_by_row(kind):
    """Single readings twelve deviations of the noise away."""
    values = clean(kind, 11)
    rows = np.random.default_rng(3).choice(N - 2, 20, replace=False) + 1
    noise = np.median(np.abs(np.diff(values))) / 0.95
    values[rows] += 15 * noise
    told = set(found(values)["spike"])
    assert len(told & set(rows.tolist())) >= 19
    assert len(told - set(rows.tolist())) <= 1


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5, 6])
def test_outliers_of_independent_lots_are_named_though_they_stretch_the_tail(seed):
    rng = np.random.default_rng(seed)
    values = 50 + 20 * rng.normal(size=6000)
    at = np.sort(rng.choice(np.arange(5, 5995, 5), 24, replace=False))
    values[at] += rng.choice([-1, 1], 24) * rng.uniform(8, 12, 24) * 20
    told = [f for f in faults(scanned(values)) if f.kind == "spike"]
    assert sum(len(set(f.where.rows) & set(at.tolist())) for f in told) >= 18
    assert sum(f.where.count for f in told) <= 25


@pytest.mark.parametrize("kind", ["cycle", "rounded", "steps", "walk"])
def test_many_spikes_do_not_hide_themselves(kind):
    """One row in two hundred and fifty: so many that they are the tail; each is counted, those named are right."""
    values = clean(kind, 11)
    rows = np.arange(100, N - 100, 250) + np.random.default_rng(4).integers(0, 100, (N - 200) // 250 + 1)[: N // 250]
    noise = np.median(np.abs(np.diff(values))) / 0.95
    values[rows] += 15 * noise
    told = next(f for f in faults(scanned(values)) if f.kind == "spike")
    assert told.where.count == pytest.approx(len(rows), rel=0.05)
    assert set(told.where.rows) <= set(rows.tolist())


def test_a_rounded_signal_has_no_spikes_where_its_grid_is_wide():
    """The empty sizes between one step of the grid, and two, and three are no gap."""
    rng = np.random.default_rng(5)
    values = (18 + 6 * np.sin(np.arange(N) / 900) + 0.12 * rng.normal(size=N)).round(1)
    assert found(values) == {}


@pytest.mark.parametrize("kind", ["cycle", "rounded", "steps", "walk"])
def test_a_held_value_is_stuck(kind):
    """Eighty rows of one value."""
    values = clean(kind, 12)
    values[20_000:20_080] = values[20_000]
    first, last = found(values)["stuck"]
    assert abs(first - 20_000) <= 2
    assert abs(last - 20_079) <= 2


def test_a_clipped_signal_piles_up_at_its_end():
    """Readings above a limit show the limit."""
    values = clean("cycle", 13)
    assert "saturation" in found(np.minimum(values, np.quantile(values, 0.97)))


def test_a_value_apart_from_all_others_is_no_saturation():
    """A machine that stops reads what it reads at rest, each time; it hasn't reached the end of its sensor."""
    values = clean("skewed", 13)
    for begin in range(1_000, N, 7_000):
        values[begin : begin + 300] = 5.0
    assert "saturation" not in found(values)
    assert values.min() == 5.0
    assert "saturation" in found(np.maximum(clean("skewed", 13), 50.4))


@pytest.mark.parametrize("mixed", [False, True])
def test_a_held_value_is_named_by_the_rows_of_its_asset(mixed):
    """Its last row is named where rows of other assets do not lie between."""
    values = np.concatenate([clean("cycle", 15), clean("cycle", 16)])
    values[20_000:20_080] = values[20_000]
    unit = np.repeat(["a", "b"], N)
    time = np.tile(np.datetime64("2026-01-01", "us") + (np.arange(N) * 1_000_000).astype("timedelta64[us]"), 2)
    order = np.argsort(np.tile(np.arange(N), 2), kind="stable") if mixed else np.arange(2 * N)
    told = faults(scanned(values[order], time[order], unit=pl.Series(unit[order])))
    stuck = next(f for f in told if f.kind == "stuck")
    assert (stuck.where.asset, stuck.where.count) == ("a", 80)
    assert stuck.where.rows == ((40_000,) if mixed else (20_000, 20_079))


def test_gaps_repeats_and_backward_steps_of_the_clock_are_told_apart():
    """Each planted alone."""
    values = clean("cycle", 14)
    steps = np.full(N, 1_000_000)

    def with_step(at: int, step: int) -> dict[str, tuple[int, ...]]:
        changed = steps.copy()
        changed[at] = step
        return found(values, np.datetime64("2026-01-01", "us") + np.cumsum(changed).astype("timedelta64[us]"))

    assert with_step(30_000, 3_600_000_000)["clock_gap"] == (30_000,)
    assert "clock_repeated" in with_step(30_000, 0)
    assert "clock_backwards" in with_step(30_000, -5_000_000)
    assert with_step(30_000, 1_000_000) == {}


@pytest.mark.parametrize(
    ("offset", "kind", "harm"),
    [
        (np.zeros(N), "", ""),
        (np.full(N, 8 * 3600.0), "clock_offset", "look"),
        (np.full(N, 0.4), "clock_offset", "know"),
        (np.where(np.arange(N) < N // 2, 3600.0, 7200.0), "clock_wanders", "act"),
        (np.arange(N) * 1e-3, "clock_wanders", "act"),
    ],
)
def test_a_second_clock_is_compared_with_the_first(offset, kind, harm):
    """The same, a time zone away, a little late, changed for summer, slow."""
    start = np.datetime64("2026-01-01", "us") + (np.arange(N) * 1_000_000).astype("timedelta64[us]")
    logged = start + (offset * 1e6).astype("timedelta64[us]")
    frame = pl.DataFrame({"time": start, "logged": logged, "x": clean("cycle", 3)})
    whole = Scan.new(Shape.of(dict(frame.schema)))
    for begin in range(0, N, 16_384):
        part = Scan.new(Shape.of(dict(frame.schema)))
        part.update(frame[begin : begin + 16_384], first=begin)
        whole.merge(part)
    told = list(faults(unpacked(packed(whole))))
    assert [(f.kind, f.harm) for f in told] == ([(kind, harm)] if kind else [])
    assert all("?" not in sentence(f, lang) for f in told for lang in ("en", "zh"))
