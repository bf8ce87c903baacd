"""Texts of any length, none among them, get numbers in the order of first meeting, whatever memory they lie in."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diapason.engines.scan.names import Names, numbered

TEXT = st.one_of(st.none(), st.text(max_size=4), st.text(min_size=11, max_size=14), st.just("n" * 40 + "1"))


@settings(max_examples=200, deadline=None)
@given(st.lists(TEXT, max_size=60), st.integers(0, 20), st.integers(0, 20))
def test_each_row_is_given_back_by_its_number(rows, begin, more):
    """Also of a slice, and of several pieces of memory."""
    whole = pl.concat([pl.Series("x", rows[:begin], dtype=pl.String), pl.Series("x", rows[begin:], dtype=pl.String)])
    part = whole.slice(begin, more)
    for column in (whole, part):
        place, met = numbered(column)
        assert [met[int(i)] for i in place] == column.to_list()
        assert met.to_list() == list(dict.fromkeys(column.to_list()))


@pytest.mark.parametrize("letters", [3, 20], ids=["short", "long"])
def test_more_texts_than_are_numbered_in_the_kernel_are_numbered_all_the_same(letters):
    """Seventy thousand of them, each twice, and none."""
    rows = [f"{i:0{letters}d}" for i in range(70_000)] * 2 + [None, ""]
    place, met = numbered(pl.Series(rows, dtype=pl.String))
    assert len(met) == 70_002
    assert met.gather(place).to_list() == rows


def test_a_name_keeps_its_number_over_batches():
    """None is the empty name."""
    names = Names()
    assert names.of(pl.Series(["b", "a", None, "b"])).tolist() == [0, 1, 2, 0]
    assert names.of(pl.Series(["a", "c", "", "c"])).tolist() == [1, 3, 2, 3]
    assert names.of(pl.Series([5, 5, 6])).tolist() == [4, 4, 5]
