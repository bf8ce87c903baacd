"""As-of: never a value from the future, never one too old, counts that add up, keys kept apart."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diapason.engines.alignment.asof import AsOf, as_of
from diapason.engines.alignment.matching import attach, coverage
from diapason.errors import DataError

TIMES = st.lists(st.one_of(st.none(), st.integers(0, 60)), min_size=0, max_size=25)


def table(times: list[int | None], assets: list[str], **columns: Any) -> pl.DataFrame:
    """Times in any order, some missing, each of an asset."""
    return pl.DataFrame({"t": times, "asset": assets, **columns}, schema_overrides={"t": pl.Int64, "asset": pl.String})


@settings(deadline=None, max_examples=60)
@given(left=TIMES, other=TIMES, delay=st.integers(0, 20), tolerance=st.integers(0, 40), seed=st.integers(0, 9))
def test_a_value_was_known_fresh_and_of_the_same_asset(
    left: list[int | None], other: list[int | None], delay: int, tolerance: int, seed: int
) -> None:
    """And it is the newest such value; where there is none, the row stays empty."""
    rng = np.random.default_rng(seed)
    here = table(left, list(rng.choice(["a", "b"], len(left))))
    there = table(other, list(rng.choice(["a", "b"], len(other))))
    rule = AsOf("t", "t", (("asset", "asset"),), tolerance=float(tolerance), delay=float(delay))
    found = as_of(here, there, rule)
    counted = coverage(found.match)
    assert counted.left == counted.matched + counted.unmatched == len(left)
    assert counted.other == counted.used + counted.unused == len(other)
    assert not found.looks_ahead
    for (t, asset), at, age in zip(here.rows(), found.match.other, found.age, strict=True):
        due = [s for s, a in there.rows() if t is not None and s is not None and a == asset and s + delay <= t]
        newest = max(due, default=None)
        if newest is None or t - newest > tolerance:
            assert at == -1
            assert np.isnan(age)
        else:
            assert there["t"][int(at)] == newest
            assert age == t - newest <= tolerance


@settings(deadline=None, max_examples=60)
@given(left=TIMES, other=TIMES)
def test_a_result_that_came_after_is_marked_as_looking_ahead(left: list[int | None], other: list[int | None]) -> None:
    """Forward takes the first at or after; nearest takes what is closest; both say so if it was not known."""
    here, there = table(left, ["a"] * len(left)), table(other, ["a"] * len(other))
    known = [s for s in other if s is not None]
    for direction in ("forward", "nearest"):
        found = as_of(here, there, AsOf("t", "t", direction=direction))
        taken = [(t, there["t"][int(k)]) for t, k in zip(left, found.match.other, strict=True) if k >= 0]
        assert found.looks_ahead == any(s > t for t, s in taken)
        for t, s in taken:
            best = min((x for x in known if x >= t), key=lambda x: x - t) if direction == "forward" else s
            assert s == best
            assert direction == "forward" or abs(s - t) == min(abs(x - t) for x in known)


@settings(deadline=None, max_examples=60)
@given(
    sampled=st.lists(st.integers(0, 50), min_size=1, max_size=20),
    late=st.lists(st.integers(0, 30), min_size=20, max_size=20),
)
def test_a_reporting_time_of_its_own_counts_for_each_value(sampled: list[int], late: list[int]) -> None:
    """No value before it was reported."""
    there = pl.DataFrame({"t": sampled, "reported": [s + d for s, d in zip(sampled, late, strict=False)]})
    here = pl.DataFrame({"t": range(0, 90, 7)})
    found = as_of(here, there, AsOf("t", "t", reported="reported"))
    for t, k in zip(here["t"], found.match.other, strict=True):
        assert k == -1 or there["reported"][int(k)] <= t
        assert k >= 0 or t < there["reported"].min()


def test_rows_keep_their_order_and_names_that_clash_are_told() -> None:
    """A name that is there already gets an ending; the other's hidden row column stays out."""
    here = pl.DataFrame({"_row": [0, 1, 2], "t": [9, 1, 5], "v": [1, 2, 3]})
    there = pl.DataFrame({"_row": [0, 1], "t": [0, 4], "v": [10.0, 20.0]})
    joined, names = attach(here, there, as_of(here, there, AsOf("t", "t")).match, suffix="lab")
    assert joined["t"].to_list() == [9, 1, 5]
    assert joined["v_lab"].to_list() == [20.0, 10.0, 20.0]
    assert names == {"t_lab": "t", "v_lab": "v"}


def test_a_column_that_is_no_time_is_refused() -> None:
    """With what it holds."""
    here = pl.DataFrame({"t": ["x", "y"]})
    with pytest.raises(DataError, match="holds String, not times"):
        as_of(here, here, AsOf("t", "t"))
    with pytest.raises(DataError, match="no column 'u'"):
        as_of(here, here, AsOf("u", "t"))
