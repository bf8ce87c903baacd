"""Whatever table is written as records, in whatever batches and windows, comes back to the last digit."""

import json
import tracemalloc
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from diapason.engines.cards import Card, Frame, record_schema, records, table
from diapason.errors import DataError
from diapason.vocabulary.tables import ROW, Column, Role

ROLES = {"t": Role.TIME, "asset": Role.ASSET, "y": Role.TARGET}
LATEST = datetime(9000, 1, 1)  # noqa: DTZ001  # a column without a zone
MOMENTS = st.datetimes(min_value=datetime(1000, 1, 1), max_value=LATEST)  # noqa: DTZ001
COLUMNS: dict[str, tuple[Any, Any]] = {
    "t": (pl.Datetime("us"), MOMENTS),
    "asset": (pl.String(), st.sampled_from(["a", "b", "丙"])),
    "f": (pl.Float64(), st.floats()),
    "g": (pl.Float32(), st.floats(width=32)),
    "i": (pl.Int64(), st.integers(-(2**63), 2**63 - 1)),
    "b": (pl.Boolean(), st.booleans()),
    "s": (pl.String(), st.text(st.characters(exclude_categories=("Cs",)), max_size=8)),
    "d": (pl.Date(), st.dates(min_value=date(1000, 1, 1), max_value=date(9000, 1, 1))),
    "z": (pl.Datetime("us", "UTC"), MOMENTS.map(lambda at: at.replace(tzinfo=UTC))),
    "y": (pl.Int8(), st.integers(-128, 127)),
}


def _card(frame: pl.DataFrame) -> Card:
    columns = tuple(Column(n, "number", ROLES.get(n, Role.FEATURE)) for n in frame.columns)
    types = {n: str(k) for n, k in frame.schema.items()}
    at = "2026-01-02T03:04:05+00:00"
    return Card("plant", "line", 3, "ab" * 32, frame.height, columns, types, at, at, {})


@st.composite
def tables(draw: st.DrawFn) -> pl.DataFrame:
    """Any of the columns, with gaps, in any order."""
    names = draw(st.lists(st.sampled_from(sorted(COLUMNS)), min_size=1, unique=True))
    size = draw(st.integers(0, 12))
    data = {}
    for name in names:
        kind, values = COLUMNS[name]
        cells = draw(st.lists(st.none() | values, min_size=size, max_size=size))
        data[name] = pl.Series(name, cells, kind, strict=False)
    return pl.DataFrame(data)


def _batches(frame: pl.DataFrame, size: int) -> list[pl.DataFrame]:
    numbered = frame.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).mul(2).add(5).alias(ROW))
    return list(numbered.iter_slices(size))


@settings(max_examples=60, deadline=None)
@given(tables(), st.integers(1, 5), st.integers(0, 5))
def test_any_table_in_any_cut(frame: pl.DataFrame, size: int, window: int) -> None:
    """Infinities, nan, nulls, zones and odd texts included; each line satisfies the schema; every id is its own."""
    cut = Frame(_card(frame), window)
    lines = list(records(cut, _batches(frame, size)))
    judge = Draft202012Validator(record_schema(cut))
    for line in lines:
        judge.validate(json.loads(line))
    assert len({json.loads(line)["id"] for line in lines}) == len(lines)
    if frame.height:
        assert table(record_schema(cut), lines).equals(frame, null_equal=True)


def test_windows_follow_each_asset_and_say_their_step() -> None:
    """Assets in turn: no window mixes them, each names the one before, and the step is that of the clock."""
    at = [datetime(2026, 1, 1, 0, i // 2) for i in range(20)]  # noqa: DTZ001
    frame = pl.DataFrame({"t": at, "asset": ["a", "b"] * 10, "f": [float(i) for i in range(20)]})
    told = [json.loads(line) for line in records(Frame(_card(frame), 4), _batches(frame, 3))]
    by_asset = {a: [r for r in told if r["data_content"][0]["content"]["asset"] == a] for a in "ab"}
    for found in by_asset.values():
        assert [sum(c for _, c in r["data_content"][0]["content"]["rows"]) for r in found] == [4, 4, 2]
        assert found[0]["rid"] == []
        assert all(after["rid"] == [before["id"]] for before, after in pairwise(found))
        assert {r["data_content"][0]["content"]["step"] for r in found} == {60.0}
    first = by_asset["a"][0]["data_content"][0]["content"]
    assert (first["start"], first["end"]) == ("2026-01-01T00:00:00.000000", "2026-01-01T00:03:00.000000")
    assert first["time"] is None, "start and step say it"
    cut = Frame(_card(frame), 4)
    assert table(record_schema(cut), records(cut, _batches(frame, 3))).equals(frame)


@settings(max_examples=40, deadline=None)
@given(MOMENTS, st.lists(st.integers(-(10**7), 10**7), min_size=1, max_size=3), st.sampled_from([None, "UTC"]))
def test_a_clock_comes_back_whether_it_is_even_or_not(first: datetime, steps: list[int], zone: str | None) -> None:
    """Steps of microseconds, backwards too, and days without hours."""
    at = [first + timedelta(microseconds=sum(steps[i % len(steps)] for i in range(n))) for n in range(9)]
    frame = pl.DataFrame({"t": pl.Series(at, dtype=pl.Datetime("us")).dt.replace_time_zone(zone), "f": [1.0] * 9})
    for one in (frame, frame.with_columns(pl.col("t").dt.date())):
        cut = Frame(_card(one), 5)
        assert table(record_schema(cut), records(cut, _batches(one, 4))).equals(one)


def test_memory_holds_a_bounded_number_of_rows_whatever_the_order() -> None:
    """Thousands of assets in turn, windows that would never fill: they are closed early, and nothing is lost."""
    frame = pl.DataFrame({"asset": [f"a{i % 97}" for i in range(970)], "f": [float(i) for i in range(970)]})
    cut = Frame(_card(frame), 1000, held=50)
    lines = list(records(cut, _batches(frame, 10)))
    assert len(lines) > 97
    assert table(record_schema(cut), lines).equals(frame)


@pytest.mark.parametrize("window", [0, 3])
def test_the_schema_refuses_what_is_no_record(window: int) -> None:
    """Each of the eleven fields taken away, one too many, a text for a number, a label of another column."""
    frame = pl.DataFrame({"f": [1.0, 2.0], "y": [1, 2]})
    cut = Frame(_card(frame), window)
    good = json.loads(next(records(cut, _batches(frame, 2))))
    judge = Draft202012Validator(record_schema(cut))
    assert judge.is_valid(good)
    assert len(good) == 11
    for name in good:
        assert not judge.is_valid({k: v for k, v in good.items() if k != name}), name
    assert not judge.is_valid({**good, "note": ""})
    text = json.dumps(good)
    for right, wrong in (("1.0", '"one"'), ('"name": "y"', '"name": "z"'), ('"version": "3.0.0"', '"version": "3"')):
        assert right in text
        assert not judge.is_valid(json.loads(text.replace(right, wrong))), wrong


@pytest.mark.parametrize("window", [0, 64])
def test_memory_does_not_grow_with_the_table(window: int) -> None:
    """Four times the rows, the same peak, in rows and in windows."""

    def peak(batches: int) -> int:
        one = pl.DataFrame({"asset": ["a", "b"] * 500, "f": [0.5] * 1000})
        cut = Frame(_card(one), window)
        told = (one.with_columns(pl.int_range(1000).add(1000 * i).alias(ROW)) for i in range(batches))
        tracemalloc.start()
        for _ in records(cut, told):
            pass
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(2)
    assert peak(16) < 1.5 * peak(4)


@pytest.mark.parametrize(
    "line",
    [
        b"no json",
        b"{}",
        b"[1]",
        b'{"data_content":[{"media_type":"application/vnd.diapason.row+json","content":{"row":1,"values":{"q":1}}}],'
        b'"annotation":{"label":[]}}',
    ],
)
def test_a_line_that_is_no_record_is_named(line: bytes) -> None:
    """By its number, with what is wrong."""
    frame = pl.DataFrame({"f": [1.0]})
    cut = Frame(_card(frame), 0)
    good = list(records(cut, _batches(frame, 1)))
    with pytest.raises(DataError) as told:
        table(record_schema(cut), [*good, line])
    assert told.value.at == "line 2"


def test_a_column_that_no_record_can_hold_is_refused_by_name() -> None:
    """A list in a cell."""
    frame = pl.DataFrame({"f": [[1.0]]})
    with pytest.raises(DataError) as told:
        list(records(Frame(_card(frame), 0), _batches(frame, 1)))
    assert told.value.at == "column f"
