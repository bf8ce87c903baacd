"""Each statistic against an independent, slow way to get it, row by row."""

from itertools import groupby, pairwise

import numpy as np
import polars as pl
import pytest

from diapason.engines.scan import Scan, Shape, lines

KINDS = ("normal", "walk", "rounded", "held", "gappy", "few")


def column(kind: str, n: int, rng: np.random.Generator) -> np.ndarray:
    """Values of a kind that plants have."""
    walk = np.cumsum(rng.normal(size=n)) * 0.1 + rng.normal(size=n)
    return {
        "normal": rng.normal(50, 3, n),
        "walk": walk,
        "rounded": walk.round(1),
        "held": np.repeat(walk, 7)[:n],
        "gappy": np.where(rng.random(n) < 0.1, np.nan, walk),
        "few": rng.integers(0, 5, n).astype(float),
    }[kind]


def slow(values: list[float]) -> dict[str, float]:
    """Everything in plain Python over the known values of one asset, in order."""
    known = [v for v in values if v == v]
    runs = [len(list(g)) for _, g in groupby(known)]
    leaps = [
        min(abs(b - a), abs(b - c))
        for a, b, c in zip(known, known[1:], known[2:], strict=False)
        if (b - a) * (b - c) > 0
    ]
    return {
        "missing": len(values) - len(known),
        "repeats": sum(a == b for a, b in pairwise(known)),
        "runs": len(runs),
        "longest": max(runs),
        "leaps": len(leaps),
        "largest": max(leaps, default=0.0),
    }


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("order", ["together", "interleaved"])
def test_statistics_and_order_of_each_asset_are_those_counted_by_hand(kind, order):
    """Three assets, one after the other and row by row in turn; in batches of an odd size."""
    rng = np.random.default_rng(5)
    n = 9_000
    values = column(kind, n, rng)
    asset = np.arange(n) * 3 // n if order == "together" else np.arange(n) % 3
    frame = pl.DataFrame({"asset": [f"m{a}" for a in asset], "x": values})
    scan = Scan.new(Shape.of(dict(frame.schema), asset="asset"))
    for begin in range(0, n, 1_237):
        scan.update(frame[begin : begin + 1_237])
    told, state = lines(scan)[0], scan.columns["x"]
    known = values[~np.isnan(values)]
    each = [slow(values[asset == a].tolist()) for a in range(3)]
    assert told["missing"] == sum(e["missing"] for e in each)
    assert told["repeats"] == sum(e["repeats"] for e in each)
    assert told["longest_run"] == max(e["longest"] for e in each)
    assert int(state.lengths().sum()) == sum(e["runs"] for e in each)
    assert int(state["extremes"]) == sum(e["leaps"] for e in each)
    if len(state.spikes()):
        assert state.spikes()["size"][0] == max(e["largest"] for e in each)
    assert (told["low"], told["high"]) == (known.min(), known.max())
    assert told["mean"] == pytest.approx(known.mean(), rel=1e-12)
    assert told["deviation"] == pytest.approx(known.std(ddof=1), rel=1e-12)
    centred = known - known.mean()
    assert told["skewness"] == pytest.approx((centred**3).mean() / (centred**2).mean() ** 1.5, rel=1e-9, abs=1e-9)
    assert told["kurtosis"] == pytest.approx((centred**4).mean() / (centred**2).mean() ** 2 - 3, rel=1e-9, abs=1e-9)
    for share, said in told["quantiles"].items():
        exact = np.quantile(known, float(share), method="inverted_cdf")
        assert abs(said["value"] - exact) <= said["error"] + 1e-12 * abs(exact)
    distinct = len(np.unique(known))
    assert abs(told["distinct"]["value"] - distinct) <= 4 * told["distinct"]["error"]


def test_windows_hold_the_mean_and_spread_of_their_stretch_of_time():
    """Each window against the rows whose time lies in it."""
    rng = np.random.default_rng(6)
    n = 20_000
    time = np.datetime64("2026-01-01", "us") + np.cumsum(rng.integers(1, 90, n)).astype("timedelta64[s]")
    values = np.cumsum(rng.normal(size=n))
    scan = Scan.new(Shape.of(dict(pl.DataFrame({"time": time, "x": values}).schema)))
    for begin in range(0, n, 777):
        scan.update(pl.DataFrame({"time": time[begin : begin + 777], "x": values[begin : begin + 777]}))
    micros = time.astype(np.int64)
    place = (micros >> scan.level) - scan.base
    assert place.max() < 256
    assert place.max() >= 128
    windows = scan.columns["x"].windows[0]
    for at in np.unique(place):
        inside = values[place == at]
        assert windows["n"][at] == len(inside)
        assert windows["mean"][at] == pytest.approx(inside.mean())
        assert windows["m2"][at] == pytest.approx(((inside - inside.mean()) ** 2).sum(), rel=1e-6, abs=1e-9)
        assert (windows["low"][at], windows["high"][at]) == (inside.min(), inside.max())
    hour = (micros // 3_600_000_000) % 24
    slots = scan.columns["x"].slots
    assert slots["n"].tolist() == np.bincount(hour, minlength=24).tolist()


def test_a_long_table_tells_the_same_as_the_wide_one():
    """One row per tag and time, tags in turn, against a column per tag."""
    rng = np.random.default_rng(7)
    n = 3_000
    wide = pl.DataFrame({"time": np.arange(n), "a": rng.normal(size=n), "b": rng.normal(size=n).round(1)})
    long = wide.unpivot(index="time", variable_name="tag", value_name="value").sort("time", "tag")
    one = Scan.new(Shape.of(dict(wide.schema), time="time"))
    one.update(wide)
    two = Scan.new(Shape.of(dict(long.schema), time="time", tag="tag", value="value"))
    for begin in range(0, long.height, 1_111):
        two.update(long[begin : begin + 1_111])
    first, second = ({c["name"]: c for c in lines(s)} for s in (one, two))
    assert first.keys() == second.keys() == {"a", "b"}
    for name in first:
        for key in ("missing", "low", "high", "quantiles", "repeats", "longest_run", "distinct"):
            assert first[name][key] == second[name][key]
        assert first[name]["mean"] == pytest.approx(second[name]["mean"])
