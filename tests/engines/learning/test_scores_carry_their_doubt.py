"""Intervals resample clusters, bands hold, weak slices are real, the race survives gross errors, gaps have causes."""

from dataclasses import replace

import numpy as np
import polars as pl

from diapason.engines.learning.clusters import Clusters, clusters, resampled
from diapason.engines.learning.conformal import band, coverage
from diapason.engines.learning.evaluating import table
from diapason.engines.learning.metrics import score
from diapason.engines.learning.recipes.robust import recipe as robust
from diapason.engines.learning.sampling import sample
from diapason.engines.learning.slices import weak
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.splits import SplitKind
from diapason.vocabulary.tasks import Task


def made(n: int = 800, seed: int = 0, *, assets: int = 0, noise: float = 0.3) -> Examples:
    """A smooth function of three tags, perhaps over assets with an offset each."""
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(n, 3))
    asset = np.sort(draw.integers(0, assets, n)) if assets else None
    y = 2 * x[:, 0] + np.sin(2 * x[:, 1]) + noise * draw.normal(size=n)
    columns = {"flow": x[:, 0], "speed": x[:, 1], "load": x[:, 2]}
    if asset is not None:
        offset = draw.normal(size=assets)
        columns["serial"] = offset[asset] + 0.01 * draw.normal(size=n)
        y = y + 3 * draw.normal(size=assets)[asset]
    names = tuple(f"P{i}" for i in range(assets))
    return Examples(Task.REGRESSION, pl.DataFrame(columns), y, np.arange(n), asset=asset, assets=names)


def test_rows_of_one_asset_are_not_independent() -> None:
    """The interval by asset is wider than the one by row, and says how many clusters it stands on."""
    examples = made(assets=20)
    error = np.repeat(np.random.default_rng(1).normal(size=20), 40)
    narrow = Clusters(np.arange(800), "rows")
    wide = Clusters(np.repeat(np.arange(20), 40), "assets")
    a, b = (
        resampled(lambda w: float(np.average(error, weights=w)), c, unit="1", seed=0, n=800) for c in (narrow, wide)
    )
    assert b.high - b.low > 2 * (a.high - a.low)
    assert b.clusters == 20
    assert clusters(examples, SplitKind.ASSET).word == "assets"


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    """Nine in ten at least of 95 % intervals for a mean hold it, over 60 draws."""
    held = 0
    for seed in range(60):
        x = np.random.default_rng(seed).normal(1.0, 1.0, 200)
        e = resampled(
            lambda w, x=x: float(np.average(x, weights=w)), Clusters(np.arange(200), "rows"), unit="1", seed=seed, n=200
        )
        held += e.low <= 1.0 <= e.high
    assert held >= 54


def test_a_band_covers_what_it_promises() -> None:
    """90 % bands of new assets hold between 85 and 96 %."""
    draw = np.random.default_rng(3)
    codes = np.repeat(np.arange(60), 20)
    truth = draw.normal(size=1200) + draw.normal(size=60)[codes]
    units = Clusters(codes, "assets")
    share = coverage(truth, np.zeros(1200), codes % 5, units)
    assert 0.85 <= share <= 0.96
    assert band(truth, np.zeros(1200), units).low < 0 < band(truth, np.zeros(1200), units).high


def test_the_race_is_not_decided_by_gross_errors() -> None:
    """With a tenth of targets off by a factor of thousand, the robust learner predicts like on clean data."""
    examples = made(900)
    wrong = examples.target.copy()
    wrong[np.random.default_rng(5).random(900) < 0.1] *= 1000
    settings = robust.settings(Task.REGRESSION)[0]
    train, test = np.arange(700), np.arange(700, 900)
    model = robust.fit(replace(examples, target=wrong).take(train), settings, 0)
    assert score("rmse", examples.target[test], model.predict(examples.take(test))) < 1.2
    again = robust.fit(examples.take(train), {**settings, "members": model.chosen()}, 0)
    assert [m[0] for m in again.members] == [m[0] for m in model.members]


def test_a_planted_weak_slice_is_named() -> None:
    """And an even model has none."""
    examples = made(3000)
    grade = np.where(np.arange(3000) % 5 == 0, "B", "A")
    named = Examples(
        Task.REGRESSION, examples.features.with_columns(grade=pl.Series(grade)), examples.target, examples.rows
    )
    draw = np.random.default_rng(2)
    even = named.target + 0.3 * draw.normal(size=3000)
    units = Clusters(np.arange(3000), "rows")
    assert not [s for s in weak(named, even, units, seed=0) if s.rule.startswith("grade")]
    worse = even + np.where(grade == "B", 2.0, 0.0) * draw.normal(size=3000)
    found = weak(named, worse, units, seed=0)
    assert found[0].rule == "grade = B"
    assert found[0].score.value > 2 * found[0].rest.value


def test_kept_predictions_name_classes_and_assets() -> None:
    """A stranger reads words, not codes."""
    frame = pl.DataFrame({"x": [0.1, 0.2]})
    examples = Examples(
        Task.CLASSIFICATION,
        frame,
        np.array([0.0, 1.0]),
        np.arange(2),
        np.array([1, 0]),
        classes=("bad", "good"),
        assets=("P1", "P2"),
    )
    kept = table(examples, np.array([[0.9, 0.1], [0.6, 0.4]]), np.array([0, 1]))
    assert kept["truth"].to_list() == ["bad", "good"]
    assert kept["prediction"].to_list() == ["bad", "bad"]
    assert kept["asset"].to_list() == ["P2", "P1"]
    assert kept.columns[-2:] == ["p_bad", "p_good"]


def test_a_sample_takes_whole_assets() -> None:
    """Where there are many, none is cut."""
    examples = made(2000, assets=40)
    kept = sample(examples, 500, seed=0)
    whole = np.bincount(examples.asset, minlength=40)
    part = np.bincount(kept.asset, minlength=40)
    assert all(p in (0, w) for p, w in zip(part, whole, strict=True))
    assert 250 <= len(kept) <= 600
