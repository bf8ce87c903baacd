"""Runs and rotations of tags and assets are taken in as turns; what is told is what rows one after another tell."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diapason.engines.scan import Scan, Shape, lines
from diapason.engines.scan.names import numbered
from diapason.engines.scan.table import floats

ROLES = {"time": "time", "asset": "asset", "tag": "tag", "value": "value"}
SECTION = st.tuples(
    st.permutations("abc").map(lambda names: names[:2]) | st.permutations("abc"),
    st.permutations("pqr").map(lambda names: names[:1]) | st.permutations("pqr"),
    st.sampled_from(["tag by tag", "all in turn", "runs"]),
    st.integers(1, 40),
    st.sampled_from([1, 60, 4_000, 0, -1]),
)


def rows_of(section: tuple[Any, ...], start: int) -> list[tuple[int, str, str]]:
    """Time, asset and tag of each row of a stretch."""
    assets, tags, layout, times, step = section
    at = [start + step * i for i in range(times)]
    if layout == "tag by tag":
        return [(t, a, g) for g in tags for t in at for a in assets]
    if layout == "all in turn":
        return [(t, a, g) for t in at for a in assets for g in tags]
    return [(t, a, g) for a in assets for g in tags for t in at]


def table(sections: list[tuple[Any, ...]], dropped: set[int], timeless: set[int]) -> pl.DataFrame:
    """A long table of all stretches, without some rows; some have no time."""
    rows = [row for k, section in enumerate(sections) for row in rows_of(section, 100_000 * k)]
    value = np.random.default_rng(len(rows)).integers(0, 4, len(rows)) * 1.5
    frame = pl.DataFrame(rows, schema={"time": pl.Int64, "asset": pl.String, "tag": pl.String}, orient="row")
    at = pl.int_range(pl.len())
    frame = frame.with_columns(
        value=pl.Series(value),
        time=pl.when(at.is_in(list(timeless))).then(None).otherwise(pl.col("time") * 1_000_000).cast(pl.Datetime("us")),
    )
    return frame.filter(~pl.int_range(pl.len()).is_in(list(dropped)))


def taken_in(frame: pl.DataFrame, size: int) -> Scan:
    """The state after batches of so many rows."""
    scan = Scan.new(Shape.of(dict(frame.schema), **ROLES))
    for begin in range(0, frame.height, size):
        scan.update(frame[begin : begin + size])
    return scan


def clock(scan: Scan) -> list[object]:
    """What is known of times, by the names of tags and assets."""
    assets, tags = list(scan.assets.numbers), list(scan.tags.numbers)
    named = {k: (tags[int(p.split()[0])], assets[int(p.split()[1])]) for k, p in enumerate(scan.pairs.numbers)}
    first, last = ({named[k]: int(x[k]) for k in named} for x in (scan.clock.first, scan.clock.last))
    steps, longest = scan.clock.steps, [(int(g["step"]), int(g["row"]), int(g["before"])) for g in scan.clock.longest]
    counts = [steps[name] for name in ("rows", "known", "zeros", "below", "low", "high")]
    return [first, last, longest, scan.clock.unknown, counts]


def alike(one: Scan, two: Scan) -> None:
    """Equal in all that is counted, and in the rest to rounding."""
    for a, b in zip(
        sorted(lines(one), key=lambda c: c["name"]), sorted(lines(two), key=lambda c: c["name"]), strict=True
    ):
        assert a == {k: pytest.approx(v, rel=1e-9, abs=1e-9) if isinstance(v, float) else v for k, v in b.items()}
    assert (one.rows, one.level, one.base, one.span, one.assets) == (
        two.rows,
        two.level,
        two.base,
        two.span,
        two.assets,
    )
    assert clock(one) == clock(two)
    assert one.columns.keys() == two.columns.keys()
    for name, column in one.columns.items():
        other = two.columns[name]
        assert column.longest()["length"].tolist() == other.longest()["length"].tolist()  # of equal ones any
        assert column.spikes()["size"].tolist() == other.spikes()["size"].tolist()  # of equal ones any
        assert column.lengths().tolist() == other.lengths().tolist()
        mine = min(len(column.windows), len(other.windows))  # one that met fewer assets has no room for the rest
        for field in ("n", "low", "high"):
            assert column.windows[field][:mine].tolist() == other.windows[field][:mine].tolist()
            assert column.slots[field].tolist() == other.slots[field].tolist()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(SECTION, min_size=1, max_size=4),
    st.sets(st.integers(0, 900), max_size=3),
    st.sets(st.integers(0, 900), max_size=3),
)
def test_rows_in_turns_are_as_rows_one_after_another(sections, dropped, timeless):
    """Whatever rotates, also where rows are missing in between, times go backward, or there is none."""
    frame = table(sections, dropped, timeless)
    if frame.height:
        alike(taken_in(frame, frame.height), taken_in(frame, 5))


@pytest.mark.parametrize("step", [1, -1])
@pytest.mark.parametrize("layout", ["tag by tag", "all in turn", "runs"])
def test_a_long_history_in_turns_is_cut_at_the_right_rows(layout, step):
    """Some two thousand rows over many windows and hours, forward, and backward all along."""
    frame = table([(("a", "b", "c"), ("p", "q"), layout, 300, 700 * step)], set(), set())
    alike(taken_in(frame, frame.height), taken_in(frame, 9))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(["a", "b", "long enough to lie elsewhere", "", None]), min_size=1, max_size=5),
    st.integers(1, 60),
    st.integers(0, 7),
)
def test_texts_that_come_again_and_again_are_numbered_as_they_are_met(turn, times, begin):
    """From anywhere in a turn on, and with another text at last."""
    column = pl.Series([*turn * times, "z", *turn], dtype=pl.String)[begin % len(turn) :]
    place, met = numbered(column)
    assert [met[int(i)] for i in place] == column.to_list()
    assert met.to_list() == list(dict.fromkeys(column.to_list()))


@pytest.mark.parametrize(
    "kind",
    [
        pl.Float64,
        pl.Float32,
        pl.Int64,
        pl.UInt64,
        pl.Int32,
        pl.UInt32,
        pl.Int16,
        pl.UInt16,
        pl.Int8,
        pl.UInt8,
        pl.Boolean,
        pl.Decimal(10, 2),
    ],
)
@pytest.mark.parametrize("gaps", [False, True])
def test_numbers_of_any_kind_are_read_as_polars_casts_them(kind, gaps):
    """Whole, from the middle of a byte of the bitmap on, in two pieces of memory, and none at all."""
    given_ = [0, 1, 1, 0] * 30 if kind == pl.Boolean else [*range(60), *range(60)]
    values = [None if gaps and i % 11 == 3 else v for i, v in enumerate(given_)]
    whole = pl.Series(values).cast(kind)
    if kind.is_float():
        whole = pl.concat([whole, pl.Series([np.nan, np.inf, -np.inf, -0.0], dtype=kind)])
    for column in (whole, whole[13:], whole[5:50], pl.concat([whole[3:], whole[:9]], rechunk=False), whole[:0]):
        told = floats(column)
        assert (told.dtype, told.flags.c_contiguous) == (np.float64, True)
        np.testing.assert_array_equal(told, column.cast(pl.Float64).to_numpy())
