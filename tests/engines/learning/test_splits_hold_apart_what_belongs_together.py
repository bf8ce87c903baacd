"""No asset, batch, copy or later moment stands on both sides of an honest fold."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diapason.engines.learning.ladder import apart
from diapason.engines.learning.splits import honest, random, together
from diapason.errors import DataError
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.splits import SplitKind
from diapason.vocabulary.tasks import Task


def rows(n, *, seed=0, **known):
    draw = np.random.default_rng(seed)
    X = draw.normal(size=(n, 2)).round(3)
    target = X[:, 0] + 0.1 * draw.normal(size=n)
    return Examples(Task.REGRESSION, pl.DataFrame(X, schema=["a", "b"]), target, np.arange(n), **known)


def shared(codes, fold):
    return np.intersect1d(codes[fold.train], codes[fold.test])


@settings(deadline=None, max_examples=40)
@given(n=st.integers(40, 300), units=st.integers(3, 20), folds=st.integers(2, 6), seed=st.integers(0, 99))
def test_an_asset_is_learnt_from_or_judged_never_both(n, units, folds, seed):
    asset = np.sort(np.random.default_rng(seed).integers(0, units, n))
    split = honest(rows(n, asset=asset), seed=seed, folds=folds)
    if len(np.unique(asset)) < 3:
        return
    assert split.kind is SplitKind.ASSET
    assert all(not len(shared(asset, fold)) for fold in split.folds)
    judged = np.concatenate([fold.test for fold in split.folds])
    assert np.array_equal(np.sort(judged), np.arange(n))


@settings(deadline=None, max_examples=40)
@given(n=st.integers(60, 400), folds=st.integers(2, 6), seed=st.integers(0, 99))
def test_time_runs_forward(n, folds, seed):
    time = np.random.default_rng(seed).permutation(n).astype(float)
    split = honest(rows(n, time=time), seed=seed, folds=folds)
    assert all(time[fold.train].max() < time[fold.test].min() for fold in split.folds)
    judged = np.concatenate([fold.test for fold in split.folds])
    assert len(np.unique(judged)) == len(judged)


@settings(deadline=None, max_examples=30)
@given(n=st.integers(60, 300), seed=st.integers(0, 99))
def test_copies_stay_on_one_side_where_rows_are_independent(n, seed):
    one = rows(n, seed=seed)
    copied = one.take(np.random.default_rng(seed).integers(0, n // 2, n))
    codes = np.unique(copied.features.to_numpy(), axis=0, return_inverse=True)[1].ravel()
    for split in (together(copied, seed=seed), honest(copied, seed=seed)):
        if split.kind is SplitKind.STRATIFIED:
            assert all(not len(shared(codes, fold)) for fold in split.folds)


@settings(deadline=None, max_examples=30)
@given(n=st.integers(20, 300), folds=st.integers(2, 8), seed=st.integers(0, 99))
def test_every_split_learns_from_no_row_that_it_judges(n, folds, seed):
    examples = rows(n, asset=np.arange(n) * 5 // n, time=np.arange(n, dtype=float))
    if n < 2 * folds:
        with pytest.raises(DataError):
            honest(examples, seed=seed, folds=folds)
        return
    for split in (honest, random, together, apart):
        for fold in split(examples, seed=seed, folds=folds).folds:
            assert not len(np.intersect1d(fold.train, fold.test))
            assert len(fold.train)
            assert len(fold.test)


def test_blocks_of_the_files_order_are_held_out_where_the_target_wanders():
    """Neighbours resemble each other although no column says when they were taken."""
    n, draw = 600, np.random.default_rng(0)
    target = np.cumsum(draw.normal(size=n))
    examples = Examples(Task.REGRESSION, pl.DataFrame({"a": draw.normal(size=n)}), target, np.arange(n))
    split = honest(examples, seed=0)
    assert split.kind is SplitKind.CONTIGUOUS
    for fold in split.folds:
        near = np.abs(fold.test[:, None] - fold.train[None, :]).min(axis=1)
        assert near.min() > 1
    assert honest(examples.take(draw.permutation(n)), seed=0).kind is SplitKind.CONTIGUOUS


def test_the_same_seed_gives_the_same_folds():
    examples = rows(200, asset=np.arange(200) // 10)
    one, two = honest(examples, seed=3), honest(examples, seed=3)
    other = honest(examples, seed=4)
    assert all(np.array_equal(a.test, b.test) for a, b in zip(one.folds, two.folds, strict=True))
    assert any(not np.array_equal(a.test, b.test) for a, b in zip(one.folds, other.folds, strict=True))
