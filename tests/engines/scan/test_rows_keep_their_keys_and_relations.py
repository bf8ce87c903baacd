"""Keys met twice are counted, or estimated with limits that hold; relations between columns are told by row."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diapason.engines.scan import Scan, Shape, faults
from diapason.engines.scan.keys import KEPT, Keys
from diapason.errors import DataError
from diapason.knowledge.findings import sentence


def scanned(frame: pl.DataFrame, size: int = 50_000, **said) -> Scan:
    """The state of a frame, taken in by pieces."""
    scan = Scan.new(Shape.of(dict(frame.schema), **said))
    for begin in range(0, frame.height, size):
        scan.update(frame[begin : begin + size])
    return scan


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["a", "b", None])), min_size=1, max_size=60))
def test_repeats_are_counted_as_a_table_library_counts_them(rows):
    """Any small keys; rows that lack a part are told apart."""
    frame = pl.DataFrame(rows, schema={"n": pl.Int64, "w": pl.String}, orient="row")
    told = scanned(frame, 7, key=("n", "w")).told_of_keys()
    whole = frame.drop_nulls()
    assert told["missing"] == frame.height - whole.height
    assert told["repeated"]["value"] == whole.height - whole.unique().height
    assert told["how"] == "counted"


@pytest.mark.parametrize("share", [0.0, 0.001, 0.05, 0.5])
def test_of_more_keys_than_are_kept_the_limits_hold(share):
    """A million rows in any order; the true number lies within, and memory does not grow."""
    rng = np.random.default_rng(int(share * 1000))
    n = 1_000_000
    key = np.arange(n)
    twice = rng.choice(n, int(share * n), replace=False)
    key[twice] = rng.choice(n, twice.size)
    key = rng.permutation(key)
    truth = n - len(np.unique(key))
    scan = scanned(pl.DataFrame({"id": key}), 200_000, key=("id",))
    told = scan.told_of_keys()
    assert told["how"] == "sampled"
    assert told["repeated"]["low"] <= truth <= told["repeated"]["high"]
    assert told["repeated"]["high"] - told["repeated"]["low"] <= 0.02 * n
    assert len(scan.keys.digests) == KEPT
    for first, last in told["examples"]:
        assert key[first] == key[last]
        assert first != last


def test_a_key_with_a_time_that_only_goes_forward_needs_no_count():
    """More rows than keys are kept, none twice, and that is certain."""
    n = KEPT + 50_000
    start = pl.Series(np.arange(n) // 2 * 1_000_000).cast(pl.Datetime("us"))
    frame = pl.DataFrame({"time": start, "unit": np.array(["a", "b"])[np.arange(n) % 2], "x": np.arange(n) * 1.0})
    told = scanned(frame, asset="unit", key=("unit", "time")).told_of_keys()
    assert (told["how"], told["repeated"]["high"]) == ("ordered", 0)
    again = pl.concat([frame, frame[-1:]])
    assert scanned(again, asset="unit", key=("unit", "time")).told_of_keys()["how"] == "sampled"


def test_states_of_parts_keep_the_same_keys_as_the_whole():
    """Also where only one part has met too many."""
    rng = np.random.default_rng(3)
    frame = pl.DataFrame({"id": rng.integers(0, 10**9, 2 * KEPT)})
    whole, one, two = Keys(), Keys(), Keys()
    rows = np.arange(frame.height)
    cut = KEPT + 70_000
    whole.update(frame, rows)
    one.update(frame[:cut], rows[:cut])
    two.update(frame[cut:], rows[cut:])
    one.merge(two)
    assert np.array_equal(one.digests, whole.digests)
    assert np.array_equal(one.counts, whole.counts)
    assert np.array_equal(one.first, whole.first)


def test_rows_that_break_a_relation_are_named():
    """Missing cells decide nothing; not a number is no number."""
    frame = pl.DataFrame({"t_in": [1.0, 5.0, None, 3.0, 9.0], "t_out": [2.0, 4.0, 7.0, float("nan"), 9.5]})
    scan = scanned(frame, relations=("t_out >= t_in",))
    told = scan.relations["t_out >= t_in"]
    assert (told.held, told.broken, told.unknown, told.rows) == (2, 1, 2, (1,))
    found = next(f for f in faults(scan) if f.kind == "relation_broken")
    assert found.where.columns == ("t_out", "t_in")
    assert "t_out >= t_in" in sentence(found, "zh")


@pytest.mark.parametrize(
    "said",
    ["a >", "c > 1", "1 = 1", "a + 1", "a > avg(a)", "sum(a) > 1", "a > lag(a) over (order by b)", "a > (select 3)"],
)
def test_what_is_no_condition_on_one_row_is_refused(said):
    """With what was said and what to write."""
    with pytest.raises(DataError) as refused:
        Shape.of({"a": pl.Float64(), "b": pl.Float64()}, relations=(said,))
    assert refused.value.at == said
    assert refused.value.fix


def test_a_column_named_like_a_word_of_sql_may_be_spoken_of():
    """Names are names, also those that mean something else to a library."""
    frame = pl.DataFrame({"Agg": [1.0, 2.0], "温度": [3.0, 1.0]})
    assert scanned(frame, relations=('"Agg" <= "温度"',)).relations['"Agg" <= "温度"'].broken == 1
