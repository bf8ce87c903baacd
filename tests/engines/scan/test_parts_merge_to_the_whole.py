"""The state of any parts, merged, is the state of the whole; also after it was kept as bytes."""

import io
import itertools
import math
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diapason.engines.scan import Scan, Shape, faults, lines, packed, sampled, unpacked
from diapason.errors import DataError

VALUES = st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, 1.5, math.nan, math.inf, -math.inf, 1e300, -1e-300]),
    st.floats(allow_nan=True, allow_infinity=True, width=64),
)
ROW = st.tuples(VALUES, st.integers(0, 3), st.sampled_from(["a", "b", None]), st.sampled_from("pq"))


def table(rows: list[tuple[float, int, str | None, str]]) -> pl.DataFrame:
    """Values, integers and words of two assets at uneven times."""
    start, at, times = datetime(2026, 1, 1, tzinfo=UTC), 0, []
    for _, step, _, _ in rows:
        at += [60, 60, 0, -30][step]
        times.append(start + timedelta(seconds=at))
    schema = {"time": pl.Datetime("us", "UTC"), "asset": pl.String, "x": pl.Float64, "n": pl.Int64, "word": pl.String}
    columns = {
        "time": times,
        "asset": [r[3] for r in rows],
        "x": [r[0] for r in rows],
        "n": [r[1] for r in rows],
        "word": [r[2] for r in rows],
    }
    return pl.DataFrame(columns, schema=schema)


def scanned(frame: pl.DataFrame, first: int = 0, **roles: Any) -> Scan:
    """The state of one piece, whose first row has a number."""
    scan = Scan.new(Shape.of(dict(frame.schema), **roles))
    scan.update(frame, first=first)
    return scan


def same(a: object, b: object) -> None:
    """Equal, numbers to rounding."""
    if isinstance(a, dict) and isinstance(b, dict):
        assert a.keys() == b.keys()
        for key in a:
            same(a[key], b[key])
    elif isinstance(a, list) and isinstance(b, list):
        assert len(a) == len(b)
        for one, two in zip(a, b, strict=True):
            same(one, two)
    elif isinstance(a, float) and isinstance(b, float):
        assert a == pytest.approx(b, rel=1e-9, abs=1e-9, nan_ok=True)
    else:
        assert a == b


def alike(one: Scan, two: Scan) -> None:
    """The same in every statistic, fault, run, leap and window."""
    same(lines(one), lines(two))
    assert [(f.kind, f.where) for f in faults(one)] == [(f.kind, f.where) for f in faults(two)]
    assert (one.rows, one.level, one.base, one.span) == (two.rows, two.level, two.base, two.span)
    assert one.clock.longest.tolist() == two.clock.longest.tolist()
    assert one.told_of_keys() == two.told_of_keys()
    assert one.relations == two.relations
    assert sampled(one.sample, one.shape) == sampled(two.sample, two.shape)
    assert [f.to_dicts() for f in one.sample.frames()].__repr__() == [
        f.to_dicts() for f in two.sample.frames()
    ].__repr__()
    assert one.regimes.numbers == two.regimes.numbers
    for name, column in one.columns.items():
        other = two.columns[name]
        assert column.longest().tolist() == other.longest().tolist()
        assert column.spikes().tolist() == other.spikes().tolist()
        assert column.lengths().tolist() == other.lengths().tolist()
        assert column.state["sizes"].tolist() == other.state["sizes"].tolist()
        assert column.tracks["known"].tolist() == other.tracks["known"].tolist()
        assert column.windows["n"].tolist() == other.windows["n"].tolist()
        assert column.slots["n"].tolist() == other.slots["n"].tolist()


MODEST = st.tuples(
    st.one_of(st.sampled_from([0.0, 1.0, 1.5, math.nan, math.inf]), st.floats(-1e3, 1e3)),
    st.integers(0, 3),
    st.sampled_from(["a", "b", None]),
    st.sampled_from("pq"),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(MODEST, min_size=1, max_size=60), st.data())
def test_any_parts_merged_in_any_grouping_are_the_whole(rows, data):
    """Cut anywhere, also into single rows, merged as a tree of any shape."""
    frame = table(rows)
    cuts = sorted(data.draw(st.sets(st.integers(1, len(rows)), max_size=8)) | {0, len(rows)})
    roles = {"asset": "asset", "time": "time", "regime": "word", "key": ("asset", "n", "word")}
    roles |= {"relations": ("x >= n - 1", "x < 900 or n > 1")}
    parts = [scanned(frame[a:b], a, **roles) for a, b in itertools.pairwise(cuts) if b > a]
    while len(parts) > 1:
        at = data.draw(st.integers(0, len(parts) - 2))
        parts[at : at + 2] = [parts[at].merge(parts[at + 1])]
    alike(parts[0], scanned(frame, **roles))


@settings(max_examples=60, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=40), st.integers(1, 40))
def test_batches_of_any_size_give_the_same_and_no_value_breaks_it(rows, size):
    """Also with the largest and smallest numbers there are, none, and both zeros."""
    frame = table(rows)
    whole, pieces = scanned(frame), Scan.new(Shape.of(dict(frame.schema)))
    for begin in range(0, frame.height, size):
        pieces.update(frame[begin : begin + size])
    for one, two in zip(lines(whole), lines(pieces), strict=True):
        for key in ("rows", "missing", "infinite", "zeros", "low", "high", "distinct", "repeats", "longest_run"):
            assert one.get(key) == two.get(key)


@pytest.mark.parametrize("kind", ["normal", "far", "walk", "heavy", "rounded", "mixed"])
def test_histograms_of_many_values_do_not_depend_on_the_order_they_came_in(kind):
    """Ranges and counts, once more than 4,096 values were met; the rows in another order give the same ones."""
    rng = np.random.default_rng(1)
    n = 30_000
    values = {
        "normal": rng.normal(size=n),
        "far": 300 + 0.1 * rng.normal(size=n),
        "walk": np.cumsum(rng.normal(size=n)),
        "heavy": rng.standard_cauchy(n),
        "rounded": rng.normal(size=n).round(4),
        "mixed": np.where(rng.random(n) < 0.5, 0.0, rng.normal(size=n) * 10.0 ** rng.integers(-9, 9, n)),
    }[kind]
    frame = pl.DataFrame({"x": values})
    whole = scanned(frame).columns["x"]
    parts = [scanned(frame[a : a + 7_000], a) for a in range(0, n, 7_000)]
    merged = parts[0]
    for part in parts[1:]:
        merged = merged.merge(part)
    shuffled = scanned(frame.sample(fraction=1.0, shuffle=True, seed=3)).columns["x"]
    for other in (merged.columns["x"], shuffled):
        for one, two in zip(whole.ranges(), other.ranges(), strict=True):
            assert np.array_equal(one, two)
        assert whole.distinct() == other.distinct()


def test_a_kept_state_goes_on_as_if_it_had_never_stopped():
    """State to bytes and back, then the rows that follow."""
    rng = np.random.default_rng(2)
    frame = table([(float(v), 0, "a", "p") for v in rng.normal(size=500).round(1)])
    roles = {"asset": "asset"}
    half = unpacked(packed(scanned(frame[:300], **roles)))
    half.update(frame[300:])
    alike(half, scanned(frame, **roles))


def test_a_kept_state_is_read_as_numpy_reads_it_and_refused_where_a_byte_has_changed():
    """Wherever the byte lies: in an array, its head, or the facts."""
    data = packed(scanned(table([(float(i % 7), 0, "a", "p") for i in range(300)]), asset="asset"))
    again = np.load(io.BytesIO(packed(unpacked(data))), allow_pickle=False)
    with np.load(io.BytesIO(data), allow_pickle=False) as first:
        assert all(first[name].tobytes() == again[name].tobytes() for name in first.files if name != "sample")
    for share in (0.001, 0.3, 0.6, 0.9):
        broken = bytearray(data)
        broken[int(share * len(data))] ^= 0x10
        with pytest.raises(DataError, match="no kept state"):
            unpacked(bytes(broken))


@pytest.mark.parametrize("long", [False, True])
def test_windows_belong_to_their_assets_however_many_there_are(long):
    """A hundred assets, of which 64 are followed: each window has the values of its own asset and time."""
    units, steps = 100, 200
    unit = np.tile(np.arange(units), steps)
    frame = pl.DataFrame({"at": np.repeat(np.arange(steps), units), "unit": unit.astype(str), "x": unit * 1.0})
    roles = {"time": "at", "asset": "unit"}
    if long:
        frame, roles = frame.with_columns(tag=pl.lit("t")), roles | {"tag": "tag", "value": "x"}
    scan = Scan.new(Shape.of(dict(frame.schema), **roles))
    for begin in range(0, frame.height, 7_000):
        scan.update(frame[begin : begin + 7_000], first=begin)
    column = scan.columns["t" if long else "x"]
    windows = column.windows
    assert (column["known"], len(windows)) == (units * steps, 64)
    for k in range(64):
        met = windows[k][windows[k]["n"] > 0]
        assert met["n"].sum() == steps
        assert set(met["mean"]) == {float(k)}
