"""Stretches of a normal part that are a fault are doubted as a whole; a normal part that is normal is left alone."""

import numpy as np
import polars as pl
import pytest

from diapason.engines.resonance.diagnosis import abnormal
from diapason.engines.resonance.episodes import episodes
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

N, COLUMNS = 600, 6


def record(seed, *, assets=1):
    """Columns that follow two hidden states with a memory, and noise; each asset has levels of its own."""
    draw = np.random.default_rng(seed)
    fixed = np.random.default_rng(7)
    hidden = np.zeros((N, 2))
    for i in range(1, N):
        hidden[i] = 0.9 * hidden[i - 1] + 0.44 * draw.normal(size=2)
    asset = np.arange(N) * assets // N
    x = hidden @ fixed.normal(size=(2, COLUMNS)) + 0.4 * draw.normal(size=(N, COLUMNS))
    return x + 5 * draw.normal(size=(assets, COLUMNS))[asset], asset


def watched(x, asset):
    frame = pl.DataFrame({f"t{i}": column for i, column in enumerate(x.T)})
    names = tuple(f"M{a}" for a in range(int(asset.max()) + 1))
    time = np.arange(len(x), dtype=float)
    normal = np.ones(len(x), bool)
    return Examples(
        Task.MONITORING, frame, np.zeros(N), np.arange(N), asset=asset, time=time, assets=names, normal=normal
    )


def shifted(x, here, draw):
    x[here, :2] += 2.5


def spread(x, here, draw):
    x[here, :2] += 2 * draw.normal(size=x[here, :2].shape)


def broken(x, here, draw):
    x[here, :2] = x[here, :2].mean(axis=0) + 2.5 * draw.normal(size=x[here, :2].shape)


@pytest.mark.parametrize("fault", [shifted, spread, broken])
@pytest.mark.parametrize("assets", [1, 3])
def test_a_fault_in_the_normal_part_is_doubted_from_end_to_end(fault, assets):
    x, asset = record(3, assets=assets)
    fault(x, slice(310, 370), np.random.default_rng(0))
    doubted = episodes(watched(x, asset), np.ones(N, bool)) > 0.5
    assert doubted[310:370].mean() > 0.9
    assert doubted[:280].sum() + doubted[400:].sum() == 0


@pytest.mark.parametrize("seed", range(8))
def test_a_normal_part_that_is_normal_is_left_alone(seed):
    x, asset = record(seed, assets=1 + seed % 3)
    assert not (episodes(watched(x, asset), np.ones(N, bool)) > 0.5).any()


def test_too_few_rows_or_no_numbers_say_nothing():
    x, asset = record(0)
    few = watched(x, asset)
    assert not episodes(few, np.arange(N) < 20).any()
    words = few.features.select(pl.lit("a").alias("word"), pl.lit(1.0).repeat_by(1).explode().alias("still"))
    still = Examples(Task.MONITORING, words.head(1)[[0] * N], np.zeros(N), np.arange(N), normal=np.ones(N, bool))
    assert not episodes(still, np.ones(N, bool)).any()


def test_the_finding_says_how_many_rows_are_in_stretches():
    x, asset = record(3)
    x[310:370, :2] += 2.5
    doubt, (found,) = abnormal(watched(x, asset), seed=0)
    assert found.kind == "normal_contaminated"
    assert found.where.count == (doubt > 0.5).sum() >= found.facts["in_stretches"] >= 54
